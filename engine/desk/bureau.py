"""机构和科室: the tree of bureaus that one installation hosts, as its operator sets it up and changes it.

A bureau is never deleted: its cases keep it. 依据: 吉 第四条 (分级负责), 舞 第三条.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.domain import pack as packs
from engine.domain.terms import SECTION_KINDS
from engine.errors import NotFound, Refused
from engine.people import Bureau, Section
from engine.sentence import Sentence

TIERS = {"province": "省级", "prefecture": "市级", "county": "县级"}


def find(session: Session, division: str) -> Bureau:
    """A bureau by its code; NotFound."""
    found = session.scalar(select(Bureau).where(Bureau.division == division))
    if found is None:
        raise NotFound(
            Sentence("没有区划代码为 {division} 的机构。", division=division),
            hint="用 bureau list 查看，用 bureau add 新增。",
        )
    return found


def add(
    session: Session, division: str, name: str, *, short_name: str, level: str, pack: str, parent: str = ""
) -> Bureau:
    """Enter a bureau below its superior; Refused for a code or name that is taken, or a superior that is none."""
    division, name, short_name = division.strip(), name.strip(), short_name.strip()
    if not (division and name and short_name):
        raise Refused("机构要有区划代码、名称和简称。", slug="incomplete")
    if level not in TIERS:
        raise Refused(
            Sentence("没有“{level}”这个层级。", level=level), hint="可用 province、prefecture、county。"
        )
    if pack not in packs.names():
        raise NotFound(
            Sentence("没有规则包“{pack}”。", pack=pack),
            hint=Sentence("可用的有：{names}。", names="、".join(packs.names())),
        )
    taken = session.scalar(select(Bureau).where((Bureau.division == division) | (Bureau.name == name)))
    if taken is not None:
        raise Refused(
            Sentence("{name}（{division}）已经存在。", name=taken.name, division=taken.division),
            hint="请核对区划代码和名称，或用 bureau rename 改名。",
            slug="bureau-taken",
        )
    above = find(session, parent) if parent else None
    ranks = list(TIERS)
    if above is not None and ranks.index(above.level) >= ranks.index(level):
        raise Refused(
            Sentence("{name}不能是{level}机构的上级。", name=above.name, level=TIERS[level]),
            slug="bureau-level",
        )
    made = Bureau(
        division=division,
        name=name,
        short_name=short_name,
        level=level,
        pack=pack,
        parent_id=above.id if above else None,
    )
    session.add(made)
    session.flush()
    after = {"division": division, "name": name, "level": level, "pack": pack, "parent": parent}
    audit.record(session, action="bureau.add", subject=f"bureau/{made.id}", bureau_id=made.id, after=after)
    return made


def rename(session: Session, division: str, name: str, *, short_name: str = "") -> Bureau:
    """Another name from now on; what is printed and published already keeps the old one."""
    found, name = find(session, division), name.strip()
    other = session.scalar(select(Bureau.division).where(Bureau.name == name, Bureau.id != found.id))
    if not name or other is not None:
        raise Refused(Sentence("名称“{name}”不能用：为空或者已有机构用了。", name=name), slug="bureau-taken")
    before = {"name": found.name, "short_name": found.short_name}
    found.name, found.short_name = name, short_name.strip() or found.short_name
    session.flush()
    after = {"name": found.name, "short_name": found.short_name}
    audit.record(
        session,
        action="bureau.rename",
        subject=f"bureau/{found.id}",
        bureau_id=found.id,
        before=before,
        after=after,
    )
    return found


def section(session: Session, division: str, name: str, kind: str) -> Section:
    """Enter a section of a bureau, or let one of that name be of another kind."""
    found, name = find(session, division), name.strip()
    if not name:
        raise Refused("科室要有名称。", slug="incomplete")
    if kind not in SECTION_KINDS:
        raise Refused(
            Sentence("没有“{kind}”这种科室。", kind=kind),
            hint=Sentence("可用的有：{kinds}。", kinds="、".join(SECTION_KINDS)),
        )
    row = session.scalar(select(Section).where(Section.bureau_id == found.id, Section.name == name))
    before = {"kind": row.kind} if row is not None else {}
    if row is None:
        row = Section(bureau_id=found.id, name=name, kind=kind)
        session.add(row)
    row.kind = kind
    session.flush()
    audit.record(
        session,
        action="bureau.section",
        subject=f"section/{row.id}",
        bureau_id=found.id,
        before=before,
        after={"name": name, "kind": kind},
    )
    return row


def listed(session: Session) -> list[tuple[Bureau, list[Section]]]:
    """Every bureau by its code, with its sections."""
    sections: dict[int, list[Section]] = {}
    for row in session.scalars(select(Section).order_by(Section.id)):
        sections.setdefault(row.bureau_id, []).append(row)
    return [
        (row, sections.get(row.id, [])) for row in session.scalars(select(Bureau).order_by(Bureau.division))
    ]
