"""The permissions of the product, from the table of roles and duties.

Separation of duties that depends on the case (who drew, who drafted, who was on the team) is guarded by the
diagrams' `excludes`, the verbs and the database; here stands what a post as such allows.
依据: 吉 第三、八、十二条, 舞 第三、八条; 等保三员分立.
"""

from __future__ import annotations

from engine.access.permission import Permission, drafted_it, holds
from engine.people import Role

_BUSINESS = holds(
    Role.SECTION, Role.SUPERVISION, Role.LEADER, Role.HEAD, Role.WITNESS, Role.INSPECTOR, Role.REVIEWER,
    Role.LEGAL, Role.OFFICE, Role.ARCHIVIST,
)  # fmt: skip
_WORKERS = _BUSINESS | holds(Role.EXPERT)
_OVERSEERS = holds(Role.SUPERVISION, Role.LEADER, Role.HEAD, Role.WITNESS)
_MODELLERS = holds(Role.MODELLER, Role.RELEASER)

WORK = Permission("inbox.work", "办理待办", _WORKERS)
READ_CASES = Permission("case.read", "查看案件", _BUSINESS)
READ_OWN_CASES = Permission("case.read_own", "查看本人参加的案件", _WORKERS)
READ_BELOW = Permission("case.read_below", "查看下级机构的案件", _OVERSEERS, "J24")
READ_PLANS = Permission("plan.read", "查看计划", _BUSINESS)
DRAFT_PLAN = Permission("plan.draft", "编制抽查计划", holds(Role.SECTION, Role.SUPERVISION), "J7 W8")
APPROVE_PLAN = Permission("plan.approve", "审批抽查计划", holds(Role.LEADER) & ~drafted_it, "J8 W8")
OPEN_LEAD = Permission("lead.open", "登记线索", holds(Role.SUPERVISION), "J9 W7")
READ_DRAWS = Permission("draw.read", "查看抽取", _BUSINESS, "J12")
READ_REGISTRY = Permission("registry.read", "查看名录库", _BUSINESS, "J5 W4")
EDIT_OBJECTS = Permission("registry.edit_objects", "维护检查对象名录库", holds(Role.SECTION), "W3")
EDIT_INSPECTORS = Permission(
    "registry.edit_inspectors", "维护执法检查人员名录库", holds(Role.SUPERVISION), "W3"
)
PUBLISH = Permission("publication.carry", "取公示批量文件", holds(Role.SECTION), "J25 W15")
EDIT_ITEMS = Permission("registry.edit_items", "维护抽查事项清单", holds(Role.SUPERVISION), "J4 W4")
READ_BOARD = Permission("board.read", "查看督办", _OVERSEERS | holds(Role.OFFICE), "W15")
READ_PROCESSES = Permission("process.read", "查看流程", _BUSINESS | _MODELLERS)
EDIT_PROCESSES = Permission("process.edit", "编制流程", holds(Role.MODELLER))
RELEASE = Permission("process.release", "发布流程", holds(Role.RELEASER) & ~drafted_it)
READ_AUDIT = Permission("audit.read", "查看审计日志", holds(Role.AUDIT_ADMIN))
MANAGE_PEOPLE = Permission("people.manage", "管理人员和岗位", holds(Role.SECURITY_ADMIN))
HAND_OVER = Permission("people.hand_over", "移交离岗人员的待办", holds(Role.LEADER, Role.HEAD))
MANAGE_SYSTEM = Permission("system.manage", "管理运行参数", holds(Role.SYSTEM_ADMIN))


def all_permissions() -> list[Permission]:
    """Every permission, by name."""
    found = [value for value in globals().values() if isinstance(value, Permission)]
    return sorted(found, key=lambda permission: permission.name)
