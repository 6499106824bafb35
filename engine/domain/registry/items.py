"""The item list (随机抽查事项清单): its columns, and how a version comes into force.

依据: 吉 第四条、第五条, 舞 第四条.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain.registry.columns import Column, Line, short, words
from engine.domain.registry.queries import above
from engine.domain.registry.tables import InspectionItem, ItemList
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Rules
from engine.people import Bureau, Person
from engine.sentence import Sentence

COLUMNS = (
    Column("编号", "no", short(40), required=True, aliases=("序号",)),
    Column("抽查事项名称", "name", words, required=True, aliases=("抽查事项",)),
    Column("抽查子项", "sub_item", words),
    Column("抽查依据", "basis", words, required=True),
    Column("抽查主体", "subject", words),
    Column("抽查对象", "object_kind", words),
    Column("抽查内容", "content", words),
    Column("抽查比例", "ratio", short(80)),
    Column("抽查频次", "frequency", short(80)),
    Column("抽查方式", "method", words),
    Column("检查人员要求", "staff_requirement", words),
    Column("权力事项编码", "power_item", short(80)),
    Column("备注", "note", words),
)


def check(lines: Iterable[Line]) -> None:
    """Check rows: a number stands once, an item without content is warned."""
    seen: dict[str, int] = {}
    for line in lines:
        no = str(line.values.get("no", ""))
        if no and no in seen:
            line.refuse("编号", Sentence("与第 {line} 行的“{no}”重复", line=seen[no], no=no))
        seen.setdefault(no, line.number)
        if not line.values.get("content"):
            line.warn("抽查内容", "没有填写，检查表将只有事项名称")


def apply(session: Session, bureau: Bureau, lines: Iterable[Line]) -> dict[str, int]:
    """Enter checked rows as a new draft version; it comes into force by `publish` after its approval."""
    drafted = draft(session, bureau)
    rows = list(lines)
    for position, line in enumerate(rows, 1):
        session.add(InspectionItem(list_id=drafted.id, position=position, **line.values))
    session.flush()
    session.expire(drafted, ["items"])
    return {"added": len(rows), "changed": 0, "list_id": drafted.id}


def draft(session: Session, bureau: Bureau, *, cause: str = "", title: str = "") -> ItemList:
    """A new draft version, for who may keep the list (`refuse_owner`)."""
    year = clock.today().year
    number = (
        session.scalar(select(func.count()).select_from(ItemList).where(ItemList.bureau_id == bureau.id)) or 0
    )
    drafted = ItemList(
        bureau_id=bureau.id,
        version=f"{year}-{number + 1}",
        title=title or f"{bureau.name}随机抽查事项清单（{year} 年版）",
        cause=cause,
    )
    session.add(drafted)
    session.flush()
    return drafted


def refuse_owner(session: Session, bureau: Bureau, rules: Rules) -> None:
    """Refuse to keep a list where the rules give it to the province and this bureau is not it (吉 第四条).

    Slug `item-list-owner`.
    """
    if (
        rules["item_list.owner"].value == "province"
        and bureau.level != "province"
        and len(above(session, bureau.id)) > 1
    ):
        raise Refused(
            "抽查事项清单由省级医疗保障部门统一制定，本级只能使用。",
            clause=rules.cite(rules["item_list.owner"].source),
            hint="需要调整时请向省局提出。",
            slug="item-list-owner",
        )


def publish(
    session: Session,
    listed: ItemList,
    *,
    valid_from: date,
    approved_by: str,
    approval_document: str,
    actor: Person | None = None,
) -> ItemList:
    """Put an approved version in force; the version before it ends the day before. Refuses an empty list."""
    if not listed.items:
        raise Refused("清单中没有事项，不能公布。", slug="item-list-empty")
    if not approved_by.strip() or not approval_document.strip():
        bureau = session.get_one(Bureau, listed.bureau_id)
        raise Refused(
            "清单公布前须写明审定机关和文号。",
            clause=cite("W4 J4", bureau.pack),
            slug="item-list-approval",
        )
    earlier = session.scalars(
        select(ItemList).where(
            ItemList.bureau_id == listed.bureau_id,
            ItemList.state == "published",
            ItemList.id != listed.id,
            ItemList.valid_to.is_(None),
        ),
    )
    for old in earlier:
        old.valid_to = valid_from - timedelta(days=1)
    listed.state, listed.valid_from = "published", valid_from
    listed.approved_by, listed.approval_document = approved_by, approval_document
    session.flush()
    audit.record(
        session,
        action="registry.items.publish",
        subject=f"item_list/{listed.id}",
        actor=actor,
        bureau_id=listed.bureau_id,
        after={"version": listed.version, "valid_from": valid_from.isoformat(), "approved_by": approved_by},
        clause="W4 J5",
        chained=True,
    )
    return listed
