"""The registry lock: from the freeze of a draw to its end nobody edits the pools.

And who edits which registry.
依据: 舞 第三条 (业务科室 keep the object registry, 基金监管股 the inspectors).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain.pack import parameters
from engine.domain.registry.tables import RegistryLock
from engine.domain.terms import REGISTRY_KINDS
from engine.errors import NotAllowed, Refused
from engine.operation import Rules
from engine.people import Bureau, Person, Role
from engine.sentence import Sentence

POOLS = ("objects", "inspectors", "conflicts")
"""What a draw freezes."""


def lock(
    session: Session,
    bureau_ids: Iterable[int],
    draw_id: str,
    person: Person,
    kinds: Iterable[str] = POOLS,
) -> list[RegistryLock]:
    """Hold the pools of the bureaus for a draw; refused while another draw holds one of them."""
    held: list[RegistryLock] = []
    for bureau_id in bureau_ids:
        for kind in kinds:
            open_lock = holder(session, bureau_id, kind)
            if open_lock is not None and open_lock.draw_id == draw_id:
                continue
            _refuse(open_lock)
            held.append(RegistryLock(bureau_id=bureau_id, kind=kind, draw_id=draw_id, locked_by_id=person.id))
    session.add_all(held)
    session.flush()
    return held


def release(session: Session, draw_id: str) -> int:
    """Let go of everything a draw holds; how many locks that were."""
    rows = session.scalars(
        select(RegistryLock).where(RegistryLock.draw_id == draw_id, RegistryLock.released_at.is_(None)),
    ).all()
    for row in rows:
        row.released_at = clock.now()
    session.flush()
    return len(rows)


def holder(session: Session, bureau_id: int, kind: str) -> RegistryLock | None:
    """The lock that is open on a registry."""
    return session.scalar(
        select(RegistryLock).where(
            RegistryLock.bureau_id == bureau_id,
            RegistryLock.kind == kind,
            RegistryLock.released_at.is_(None),
        ),
    )


def refuse_locked(session: Session, bureau_id: int, kind: str) -> None:
    """Refuse an edit while a draw holds the registry (slug `registry-locked`).

    Names the draw and who locked it.
    """
    _refuse(holder(session, bureau_id, kind))


def _refuse(row: RegistryLock | None) -> None:
    if row is not None:
        at = clock.local(row.locked_at)
        raise Refused(
            Sentence(
                "{registry}已为抽取 {draw_id} 锁定（{locked_by}，{at:%Y-%m-%d %H:%M}），抽取结束前不能修改。",
                registry=REGISTRY_KINDS[row.kind],
                draw_id=row.draw_id,
                locked_by=row.locked_by.name,
                at=at,
            ),
            hint="请在抽取结束或作废后再改。",
            slug="registry-locked",
        )


def editor_role(kind: str, rules: Rules) -> Role:
    """The role that keeps a registry by these rules; item list and conflicts go with the inspectors."""
    key = "registry.objects_by" if kind == "objects" else "registry.inspectors_by"
    return Role(rules[key].value)


def may_edit(person: Person, bureau: Bureau, kind: str, rules: Rules) -> bool:
    """Whether somebody keeps this registry of this bureau.

    The right role here, and not the other registry's too.
    """
    role = editor_role(kind, rules)
    today = clock.today()
    return any(
        grant.role == role and grant.bureau_id == bureau.id and grant.valid_from <= today <= grant.valid_to
        for grant in person.grants
    )


def refuse_editor(person: Person, bureau: Bureau, kind: str, rules: Rules) -> None:
    """Refuse an edit by another unit than the one that keeps the registry (slug `registry-other-unit`)."""
    if not may_edit(person, bureau, kind, rules):
        keeper = rules.label(editor_role(kind, rules))
        raise NotAllowed(
            Sentence(
                "{registry}由{keeper}维护，{person}不能修改。",
                registry=REGISTRY_KINDS[kind],
                keeper=keeper,
                person=person.name,
            ),
            clause=rules.cite("W3 W5"),
            hint="请由维护单位办理。",
            slug="registry-other-unit",
        )


def opened(
    session: Session, bureau: Bureau, kind: str, person: Person | None, rules: Rules | None = None
) -> None:
    """Before every edit: the right unit, and no draw under way.

    `rules`: of the case's release, or those in force; without, the pack as it ships. Without a person: the
    installation itself (CLI).
    """
    if person is not None:
        refuse_editor(person, bureau, kind, rules or parameters(bureau.pack))
    refuse_locked(session, bureau.id, kind)


def note(session: Session, bureau_id: int, draw_id: str, person: Person, held: int) -> None:
    """Enter in the log that a draw has taken the pools."""
    audit.record(
        session,
        action="registry.lock",
        subject=f"draw/{draw_id}",
        actor=person,
        bureau_id=bureau_id,
        after={"locks": held},
        clause="J12",
    )
