"""Every parameter a pack may set, with its type and its meaning; `pack check` refuses anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.domain.terms import PUBLIC_PLACES, REPEAT_REASONS, SECTION_KINDS, SUBSTITUTION_REASONS
from engine.sentence import Sentence

INT, BOOL, TEXT, CHOICE, LIST = "整数", "是否", "文字", "选项", "多选"


@dataclass(frozen=True, slots=True)
class Definition:
    """One parameter.

    Its type, the values it may take, whether «none» (不规定) is one of them, and what it means.
    """

    key: str
    type: str
    meaning: str
    choices: tuple[str, ...] = ()
    optional: bool = False
    least: int = 0

    def fault(self, value: object) -> str:
        """What is wrong with a value, "" if it fits."""
        if value is None:
            return "" if self.optional else "不能是 none"
        if self.type == LIST:
            return self._list_fault(value)
        if self.type == CHOICE:
            return (
                ""
                if value in self.choices
                else Sentence("应为 {choices} 之一", choices="、".join(self.choices))
            )
        if self.type == INT and (not isinstance(value, int) or isinstance(value, bool) or value < self.least):
            return Sentence("应为不小于 {least} 的整数", least=self.least)
        if self.type == BOOL and not isinstance(value, bool):
            return "应为 true 或 false"
        return "应为文字" if self.type == TEXT and not isinstance(value, str) else ""

    def _list_fault(self, value: object) -> str:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return "应为文字的列表"
        strange = [item for item in value if item not in self.choices]
        if strange:
            return Sentence(
                "含有未知的 {strange}（可用：{choices}）",
                strange="、".join(strange),
                choices="、".join(self.choices),
            )
        return "有重复" if len(set(value)) < len(value) and self.key != "team.roles" else ""


_DEFINITIONS = (
    Definition("object.types", LIST, "检查对象的类型", ("institution", "person", "employer")),
    Definition("item_list.owner", CHOICE, "抽查事项清单由谁制定", ("own", "province")),
    Definition("item_list.approval", CHOICE, "抽查事项清单由谁审定", ("leader", "province", "government")),
    Definition("plan.cycle", CHOICE, "计划周期", ("annual", "quarterly")),
    Definition("plan.approver", CHOICE, "计划由谁审批", ("leader", "head")),
    Definition(
        "plan.content",
        LIST,
        "计划必备内容",
        ("items", "content", "schedule", "ratio", "requirements", "discipline"),
    ),
    Definition("plan.methods", LIST, "抽查可以采取的方式", ("onsite", "online", "visit")),
    Definition("plan.platform_entry", BOOL, "计划审定后录入平台"),
    Definition("plan.amend_with_superior", BOOL, "上级规定改变时调整计划"),
    Definition("draw.engine", CHOICE, "抽取方式：本系统抽取或导入平台结果", ("native", "import")),
    Definition("draw.platform", TEXT, "导入时使用的平台", optional=True),
    Definition("draw.supervisor", BOOL, "抽取须有人监督"),
    Definition(
        "draw.supervisor_units",
        LIST,
        "可以监督抽取的部门（空：任何不经办也不参加的部门）",
        tuple(SECTION_KINDS),
    ),
    Definition("draw.rounding", CHOICE, "抽取数量的取整", ("up", "down", "half-up")),
    Definition(
        "draw.shares", CHOICE, "抽取各方的密值：在本人设备上生成，或者在本系统填写", ("own-device", "typed")
    ),
    Definition("draw.hash", CHOICE, "抽取使用的杂凑算法", ("sha256", "sm3")),
    Definition("cap.per_year", INT, "同一年度对同一对象的抽查次数上限", least=1),
    Definition(
        "cap.exempt",
        LIST,
        "不受次数限制或可提高频次的情形",
        ("blacklist", "complaints", "violations", "credit"),
    ),
    Definition("cap.repeat_reasons", LIST, "重复抽查的正当理由", tuple(REPEAT_REASONS)),
    Definition("exclude.superior_drawn", BOOL, "排除上级本年度已抽查的对象"),
    Definition("risk.uplift", BOOL, "对特殊监管对象提高比例和频次"),
    Definition("team.min", INT, "检查组最少人数", least=1),
    Definition("team.nominal", INT, "检查组通常人数", least=1),
    Definition("team.licensed", INT, "检查组最少持证人数"),
    Definition("team.roles", LIST, "每组抽取的岗位", ("lead", "cert", "spec", "any")),
    Definition("leader.choice", CHOICE, "组长怎样产生", ("bureau_among_drawn", "drawn")),
    Definition("avoidance", BOOL, "有利害关系的回避"),
    Definition("substitution.reasons", LIST, "可以调换人员的原因", tuple(SUBSTITUTION_REASONS)),
    Definition("substitution.approver", CHOICE, "调换由谁审批", ("leader", "head")),
    Definition("substitution.next", CHOICE, "替补怎样产生", ("draw", "platform", "manual")),
    Definition("advance_notice.local_bureau", BOOL, "可以提前通知所在地医保部门"),
    Definition("certificates.shown", BOOL, "出示执法证件"),
    Definition("rights_notice", BOOL, "告知权利和义务"),
    Definition("compulsory_measures", CHOICE, "强制措施", ("basis_and_approval", "forbidden")),
    Definition(
        "method.online_types", LIST, "主要采用线上数据审核的对象类型", ("institution", "person", "employer")
    ),
    Definition("record.form", TEXT, "现场记录的名称"),
    Definition(
        "signature.fallback",
        CHOICE,
        "无法取得签字时",
        ("reason_and_witness", "reason_optional_witness", "forbidden"),
    ),
    Definition("sign.reauth", LIST, "签署前须再次确认是本人的环节", ("signature", "approval")),
    Definition("sign.reauth_minutes", INT, "再次确认本人后在几分钟内有效", least=1),
    Definition("consensus", CHOICE, "检查意见怎样形成", ("required", "majority")),
    Definition("feedback.object", BOOL, "向被检查对象反馈"),
    Definition("feedback.simultaneous", BOOL, "当面同时向对象和所在地医保部门反馈"),
    Definition("report.deadline", INT, "提交抽查情况报告的工作日数", optional=True, least=1),
    Definition("publish.deadline", INT, "公示抽查结果的工作日数", optional=True, least=1),
    Definition("publish.count_from", CHOICE, "公示时限从何时起算", ("object", "task")),
    Definition("publish.channels", LIST, "公示渠道", ("website", "gsxt", "credit", "platform")),
    Definition("publish.office_gate", BOOL, "网站公开由办公室发布"),
    Definition("publish.penalty_result", BOOL, "公示查处结果"),
    Definition("publish.same_unit", BOOL, "公示单位必须是检查单位"),
    Definition("lead.immediate", BOOL, "线索立即检查处置，不执行双随机"),
    Definition("lead.publish", BOOL, "线索检查结果也要公开"),
    Definition("experts", CHOICE, "检查专家", ("advice", "discussion", "hired")),
    Definition("local_handling", BOOL, "问题由统筹区属地处理"),
    Definition("upward_report", BOOL, "对上级移交的结果上报工作报告"),
    Definition("peer_notice", BOOL, "向同级有关部门通报"),
    Definition("followup", BOOL, "后续监管"),
    Definition("credit.record", BOOL, "信用记录"),
    Definition("credit.joint_punishment", CHOICE, "联合惩戒", ("by_decision", "required")),
    Definition("archive.person", CHOICE, "档案由谁管", ("archivist", "section")),
    Definition("registry.objects_by", CHOICE, "检查对象名录库由谁建立", ("section", "supervision")),
    Definition("registry.inspectors_by", CHOICE, "执法检查人员名录库由谁建立", ("section", "supervision")),
    Definition("registry.supervision_staff", BOOL, "日常监管人员也入库（不计入持证人数）"),
    Definition("registry.publish", BOOL, "名录库对外公示"),
    Definition("item_list.channels", LIST, "抽查事项清单必须公开的渠道", tuple(PUBLIC_PLACES)),
    Definition("registry.channels", LIST, "名录库必须录入或公示的渠道", tuple(PUBLIC_PLACES)),
)

CATALOGUE: Mapping[str, Definition] = {definition.key: definition for definition in _DEFINITIONS}
