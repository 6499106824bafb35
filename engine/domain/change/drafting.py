"""起草变更: each list by its own unit; nothing while a draw holds the registry.

依据: W3, W5 (object registry by the sections, inspectors and item list by 基金监管), J4 (the province's
list binds all).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain import answers as ask
from engine.domain.change.tables import KINDS, RegistryChange, get
from engine.domain.registry import Inspector, ItemList, RegistryObject, above, opened
from engine.domain.terms import REGISTRY_KINDS, cite
from engine.errors import Refused
from engine.operation import Rules, Step, operation
from engine.people import Bureau
from engine.sentence import Sentence

OBJECT_ACTS: Mapping[str, str] = {
    "add": "新增",
    "update": "变更信息",
    "suspend": "暂停协议",
    "resume": "恢复协议",
    "close": "终止协议或停业",
    "merge": "合并",
}
INSPECTOR_ACTS: Mapping[str, str] = {
    "add": "新增",
    "update": "变更信息",
    "licence": "新发或换发证件",
    "revoke": "注销证件",
    "leave": "休假",
    "return": "返岗",
    "transfer": "调离",
}


def owner_of(session: Session, bureau: Bureau, rules: Rules) -> Bureau:
    """Whose item list binds a bureau: its own, or that of the top of its tree (J4)."""
    if rules["item_list.owner"].value != "province":
        return bureau
    return session.get_one(Bureau, above(session, bureau.id)[-1])


def next_superior(session: Session, row: RegistryChange, rules: Rules) -> tuple[int | None, bool]:
    """Who sees a proposal for the province's list next, and whether another bureau stands before the province.

    It climbs the tree one bureau at a time: 县 → 市 → 省 (J4).
    """
    owner = owner_of(session, session.get_one(Bureau, row.bureau_id), rules)
    ladder = above(session, row.bureau_id)
    here = ladder.index(row.bureau_id) if row.bureau_id in ladder else -1
    rungs = ladder[here + 1 :]
    passed = len(row.endorsements)
    if passed >= len(rungs):
        return None, False
    return rungs[passed], rungs[passed] != owner.id


def propose(session: Session, bureau: Bureau, kind: str, rules: Rules) -> RegistryChange:
    """Open a change: the row a registry case starts from (its data is `{"change_id": change.id}`)."""
    if kind not in KINDS:
        raise Refused(Sentence("没有“{kind}”这种名录库。", kind=kind), slug="registry-kind")
    approval = "leader"
    if kind == "items":
        approval = str(rules["item_list.approval"].value)
        if approval == "province" and owner_of(session, bureau, rules).id == bureau.id:
            approval = "leader"  # the province itself: its own leader has the last word
    year = clock.today().year
    last = session.scalar(
        select(func.max(RegistryChange.serial)).where(
            RegistryChange.bureau_id == bureau.id, RegistryChange.year == year
        )
    )
    serial = (last or 0) + 1
    row = RegistryChange(
        bureau_id=bureau.id,
        year=year,
        serial=serial,
        no=f"{bureau.short_name}名录〔{year}〕{serial}号",
        kind=kind,
        approval=approval,
    )
    session.add(row)
    session.flush()
    return row


@operation("registry.open", clause="J4 J5 W4 W5", gives=("change_kind", "approval"))
def open_change(step: Step, *, change_id: int) -> Mapping[str, Any]:
    """受理变更: which list it is and who has the last word; below the province nobody decides on its list."""
    row = get(step.session, change_id)
    return {"change_kind": row.kind, "approval": row.approval}


@operation("registry.climb", clause="J4", gives=("superior_id", "more_levels"))
def climb(step: Step, *, change_id: int) -> Mapping[str, Any]:
    """逐级上报: the proposal goes to the next bureau above; `more_levels` while that is not yet the province."""
    superior, between = next_superior(step.session, get(step.session, change_id), step.rules)
    return {"superior_id": superior, "more_levels": between}


@operation("registry.draft", clause="J5 W3 W4 W5")
def draft(step: Step, *, change_id: int) -> None:
    """起草变更: cause, basis and rows; refused to another unit, and while a draw holds the registry."""
    row = get(step.session, change_id)
    author = step.person()
    opened(step.session, step.session.get_one(Bureau, row.bureau_id), row.kind, author, step.rules)
    clause = cite("J5 W4 W5", step.pack)
    row.cause = ask.required(step.answers, "cause", "变更原因", clause=clause)
    row.basis = ask.text(step.answers, "basis")
    given = [dict(line) for line in ask.rows(step.answers, "rows")]
    if not given:
        raise Refused(
            "没有填写变更内容。", clause=clause, slug="no-change", fields={"rows": "请填写变更内容"}
        )
    check = {"items": _check_items, "objects": _check_objects, "inspectors": _check_inspectors}[row.kind]
    check(step, row, given)
    row.rows = given
    row.author_id = author.id
    row.legal_id = row.approver_id = None
    row.endorsements = []
    row.return_reason = ""
    row.state = "drafted"


def refuse_taken(step: Step, row: RegistryChange) -> None:
    """Another item list has this version: seen when drafting, and again when approving (slug `version-taken`)."""
    owner = owner_of(step.session, step.session.get_one(Bureau, row.bureau_id), step.rules)
    taken = select(ItemList.id).where(ItemList.bureau_id == owner.id, ItemList.version == row.version)
    if step.session.scalar(taken) is not None:
        raise Refused(
            Sentence("清单版本 {version} 已经存在。", version=row.version),
            slug="version-taken",
            fields={"version": "请换一个版本号"},
        )


def _check_items(step: Step, row: RegistryChange, given: list[dict[str, Any]]) -> None:
    row.version = ask.required(step.answers, "version", "清单版本")
    row.effective_on = ask.day(step.answers, "effective_on") or clock.today()
    refuse_taken(step, row)
    numbers = [ask.required(line, "no", "编号") for line in given]
    if len(set(numbers)) < len(numbers):
        raise Refused("清单中有重复的编号。", slug="duplicate", fields={"rows": "编号不能重复"})
    rule = step.rules["item_list.approval"]
    for line in given:
        ask.required(line, "name", "抽查事项名称")
        ask.required(line, "basis", "抽查依据", clause=cite("J5 W4", step.pack))
        ask.required(line, "content", "抽查内容", clause=cite("J8 W10", step.pack))
        if rule.value == "government":
            ask.required(line, "power_item", "对应权力事项", clause=step.rules.cite(rule.source))


def _check_objects(step: Step, row: RegistryChange, given: list[dict[str, Any]]) -> None:
    for line in given:
        code, act = ask.required(line, "code", "对象编码"), ask.text(line, "act")
        known = object_in(step.session, row.bureau_id, code)
        if act not in OBJECT_ACTS or (known is None) != (act == "add"):
            raise Refused(
                Sentence(
                    "{code}已在检查对象名录库中，不能“{act}”。", code=code, act=OBJECT_ACTS.get(act, act)
                )
                if known
                else Sentence(
                    "{code}不在检查对象名录库中，不能“{act}”。", code=code, act=OBJECT_ACTS.get(act, act)
                ),
                slug="registry-row",
                fields={"rows": Sentence("请核对 {code}", code=code)},
            )
        if act == "add":
            ask.required(line, "name", "名称")
            ask.required(line, "object_kind", "类别")
        if act == "merge" and object_in(step.session, row.bureau_id, ask.text(line, "merged_into")) is None:
            raise Refused(
                Sentence("{code} 并入的对象不在名录库中。", code=code),
                slug="registry-row",
                fields={"rows": Sentence("请核对 {code}", code=code)},
            )


def _check_inspectors(step: Step, row: RegistryChange, given: list[dict[str, Any]]) -> None:
    for line in given:
        number, act = ask.required(line, "staff_no", "工号"), ask.text(line, "act")
        known = inspector_in(step.session, row.bureau_id, number)
        if act not in INSPECTOR_ACTS or (known is None) != (act == "add"):
            raise Refused(
                Sentence(
                    "{number}已在执法检查人员名录库中，不能“{act}”。",
                    number=number,
                    act=INSPECTOR_ACTS.get(act, act),
                )
                if known
                else Sentence(
                    "{number}不在执法检查人员名录库中，不能“{act}”。",
                    number=number,
                    act=INSPECTOR_ACTS.get(act, act),
                ),
                slug="registry-row",
                fields={"rows": Sentence("请核对 {number}", number=number)},
            )
        if act == "add":
            ask.required(line, "name", "姓名")
        if act == "licence":
            ask.required(line, "certificate", "执法证编号")


def object_in(session: Session, bureau_id: int, code: str) -> RegistryObject | None:
    """An object of this bureau's own registry."""
    return session.scalar(
        select(RegistryObject).where(RegistryObject.bureau_id == bureau_id, RegistryObject.code == code)
    )


def inspector_in(session: Session, bureau_id: int, staff_no: str) -> Inspector | None:
    """An inspector of this bureau's own registry."""
    return session.scalar(
        select(Inspector).where(Inspector.bureau_id == bureau_id, Inspector.staff_no == staff_no)
    )


def kind_label(row: RegistryChange) -> str:
    """What people call the list that changes."""
    return REGISTRY_KINDS[row.kind]
