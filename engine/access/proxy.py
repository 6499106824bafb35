"""代理: for some days another person does the steps of an absent one, under all duties of both.

A proxy stands in for a post, never for a person's own part (a pledge, a vote, an opened envelope), never passes
the proxy on, and approves nothing that either of the two has proposed (`engine/desk/proxy.py`).
依据: 国发〔2019〕5号 (职责分离), 吉 第十三条 (回避).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column, relationship, selectinload

from engine import clock
from engine.access.permission import roles_of
from engine.access.rights import MANAGE_PEOPLE, WORK
from engine.errors import NotAllowed, NotFound, Refused
from engine.people import ADMINISTRATORS, Person, Role
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, text
from engine.storage.known import known

LONGEST = 92  # days: longer absences are a change of posts
DEPUTIES: dict[Role, frozenset[Role]] = {
    Role.LEADER: frozenset({Role.LEADER, Role.HEAD}),
    Role.HEAD: frozenset({Role.LEADER, Role.HEAD}),
}
"""Who may stand in for a post; a post that is not named is stood in for by the same post."""


class Proxy(Base):
    """One absence: who stands in for whom, in which processes and steps (empty: all), from day to day."""

    __tablename__ = "proxy"

    id: Mapped[pk]
    principal_id: Mapped[int] = reference("person.id", index=False)
    proxy_id: Mapped[int] = reference("person.id", index=False)
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    processes: Mapped[list[str]] = mapped_column(default=list)
    steps: Mapped[list[str]] = mapped_column(default=list)  # «process.element»
    reason: Mapped[text]
    appointed_at: Mapped[datetime] = mapped_column(default=clock.now)
    appointed_by_id: Mapped[int] = reference("person.id", index=False)
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = reference("person.id", index=False)
    principal: Mapped[Person] = relationship(foreign_keys=[principal_id])
    proxy: Mapped[Person] = relationship(foreign_keys=[proxy_id])

    __table_args__ = (
        CheckConstraint("principal_id <> proxy_id", name="two_persons"),
        CheckConstraint("appointed_by_id <> proxy_id", name="not_to_oneself"),
        CheckConstraint("valid_from <= valid_to", name="dates"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(revoked_at is null) = (revoked_by_id is null)", name="revoked_by"),
        Index("ix_proxy_principal", "principal_id", "valid_to"),
        Index("ix_proxy_proxy", "proxy_id", "valid_to"),
    )

    def covers(self, process: str, element: str) -> bool:
        """Whether a step is within the scope."""
        root = process.partition(".")[0]
        named = self.steps and f"{process}.{element}" not in self.steps
        return not named and (not self.processes or root in self.processes)

    def runs(self, day: date) -> bool:
        """Whether it holds on a day, both ends included."""
        return self.revoked_at is None and self.valid_from <= day <= self.valid_to


def able_to_stand_in(person: Person, role: Role, bureau_id: int) -> bool:
    """Whether a person holds today a post that may stand in for this one in the bureau."""
    wanted = DEPUTIES.get(role, frozenset({role}))
    return WORK.allows(person) and bool(wanted & roles_of(person, bureau_id))


def able(session: Session, *principals: Person) -> list[Person]:
    """Colleagues of the bureau who hold a post that may stand in for one of the principals', by staff number."""
    bureaus = {each.bureau_id for each in principals}
    query = select(Person).where(Person.bureau_id.in_(bureaus), Person.active)
    found = session.scalars(query.order_by(Person.staff_no).options(selectinload(Person.grants))).all()
    whose: dict[tuple[Role, int], set[int]] = {}
    for each in principals:
        for role in _roles(each):
            whose.setdefault((role, each.bureau_id), set()).add(each.id)
    return [
        each
        for each in found
        if any(able_to_stand_in(each, *post) for post, holders in whose.items() if holders != {each.id})
    ]


def _roles(person: Person) -> set[Role]:
    return roles_of(person, person.bureau_id) - ADMINISTRATORS


def appoint(
    session: Session,
    actor: Person,
    *,
    principal: Person,
    proxy: Person,
    days: tuple[date, date],
    reason: str,
    processes: list[str] | None = None,
    steps: list[str] | None = None,
) -> Proxy:
    """Appoint a proxy: the absent person does, or the security administrator for somebody who cannot.

    Refused (slugs `proxy-oneself`, `proxy-days`, `proxy-post`, `proxy-crossed`, `form-invalid`).
    """
    if actor.id != principal.id:
        MANAGE_PEOPLE.demand(actor, principal)
    if proxy.id in (principal.id, actor.id):
        raise Refused("不能指定自己为代理人。", slug="proxy-oneself", fields={"proxy": "请选另一个人。"})
    first, last = days
    if first > last or last < clock.today() or (last - first).days >= LONGEST:
        raise Refused(
            Sentence("代理起止日期不对：须从先到后、没有过去，最长 {most} 天。", most=LONGEST),
            slug="proxy-days",
            hint="更长的离岗请由安全管理员调整岗位。",
            fields={"valid_to": "请改代理的截止日期。"},
        )
    if not reason.strip():
        raise Refused("请写明代理原因。", slug="form-invalid", fields={"reason": "请写明代理原因。"})
    if proxy.id not in {each.id for each in able(session, principal)}:
        raise Refused(
            Sentence("{proxy}没有可以代理{principal}的岗位。", proxy=proxy.name, principal=principal.name),
            slug="proxy-post",
            hint="代理人须任同一岗位；分管领导和主要负责人可以互相代理。",
            fields={"proxy": "请从列出的人员中选。"},
        )
    if any(row.proxy_id == principal.id for row in _overlapping(session, proxy, first, last)):
        raise Refused(
            Sentence(
                "{proxy}在这段时间也不在岗，并已由{principal}代理。",
                proxy=proxy.name,
                principal=principal.name,
            ),
            slug="proxy-crossed",
            hint="请另选代理人，或者错开日期。",
            fields={"proxy": "请另选代理人。"},
        )
    row = Proxy(
        principal_id=principal.id,
        proxy_id=proxy.id,
        valid_from=first,
        valid_to=last,
        processes=sorted(processes or []),
        steps=sorted(steps or []),
        reason=reason.strip(),
        appointed_by_id=actor.id,
    )
    session.add(row)
    session.flush()
    return row


def revoke(session: Session, actor: Person, proxy_id: int) -> Proxy:
    """End a proxy early: the absent person is back, or the security administrator ends it."""
    row = session.get(Proxy, proxy_id)
    concerned = row is not None and (
        actor.id in (row.principal_id, row.proxy_id) or MANAGE_PEOPLE.allows(actor, row.principal)
    )
    if row is None or not concerned:
        raise NotFound("没有这项代理。")
    if actor.id == row.proxy_id:
        raise NotAllowed("代理由委托人收回。", hint="不能承担代理的，请告知委托人或安全管理员。")
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by_id = clock.now(), actor.id
        session.flush()
    return row


def end_with(session: Session, actor: Person, someone: Person) -> list[Proxy]:
    """A closed account stands in for nobody, and nobody for it: all its proxies end, those to come, too."""
    day = clock.today()
    ended = [
        row
        for whose in (Proxy.principal_id, Proxy.proxy_id)
        for row in _of(session, whose, [someone.id], day)
    ]
    for row in ended:
        row.revoked_at, row.revoked_by_id = clock.now(), actor.id
    session.flush()
    return ended


def standing(session: Session, proxy: Person, day: date | None = None) -> list[Proxy]:
    """Whom a person stands in for on a day (today by default)."""
    on = day or clock.today()
    found = known(
        session, "stands in for", (proxy.id, on), lambda: _of(session, Proxy.proxy_id, [proxy.id], on)
    )
    return [row for row in found if row.runs(on)]


def absences(session: Session, *principals: Person) -> list[Proxy]:
    """Who stands in for these persons, now and later, latest first."""
    found = _of(session, Proxy.principal_id, [each.id for each in principals], clock.today())
    return sorted(found, key=lambda row: -row.id)


def _overlapping(session: Session, principal: Person, first: date, last: date) -> list[Proxy]:
    found = _of(session, Proxy.principal_id, [principal.id], first)
    return [row for row in found if row.valid_from <= last]


def _of(
    session: Session, whose: InstrumentedAttribute[int], person_ids: Sequence[int], day: date
) -> list[Proxy]:
    query = select(Proxy).where(whose.in_(person_ids), Proxy.valid_to >= day, Proxy.revoked_at.is_(None))
    people = (selectinload(Proxy.principal), selectinload(Proxy.proxy))
    return list(session.scalars(query.order_by(Proxy.id).options(*people)))
