"""Views of the inbox that a person keeps and may share with a post or a section; columns and density.

A shared view is an address, never a right: it shows whoever opens it their own work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from engine.access.permission import roles_of
from engine.desk.tables import Layout, View
from engine.domain import terms
from engine.errors import NotFound, Refused
from engine.people import Person, Role, Section, holders
from engine.sentence import Sentence

COLUMNS = ("process", "holder", "bureau", "opened", "clause", "batch")
STANDARD = ("process", "holder", "bureau", "opened")
DENSITIES = ("roomy", "dense")
PARTS = ("tab", "due", "process", "step", "bureau", "q", "cols", "density")
MOST = 30
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Kept:
    """A view as the inbox offers it: own or shared by somebody; `shared` says with whom."""

    id: int
    name: str
    query: Mapping[str, str]
    mine: bool
    who: str
    shared: str


def views(session: Session, person: Person) -> list[Kept]:
    """Own views, and those shared with this person's posts and section, by name."""
    posts = [
        and_(View.bureau_id == grant.bureau_id, View.role == grant.role.value)
        for grant in person.grants
        if grant.role in roles_of(person, grant.bureau_id)
    ]
    wanted = [View.person_id == person.id, *posts]
    if person.section_id is not None:
        wanted.append(View.section_id == person.section_id)
    query = (
        select(View, Person.name, Section.name)
        .join(Person, Person.id == View.person_id)
        .outerjoin(Section, Section.id == View.section_id)
        .where(or_(*wanted))
        .order_by(View.person_id != person.id, View.name)
    )
    return [
        Kept(
            id=view.id,
            name=view.name,
            query=clean(view.query),
            mine=view.person_id == person.id,
            who=who,
            shared=section or (terms.role_label(view.role) if view.role else ""),
        )
        for view, who, section in session.execute(query)
    ]


def clean(given: Mapping[str, Any]) -> dict[str, str]:
    """The parts of an address that a view keeps."""
    return {name: str(given[name])[:200] for name in PARTS if given.get(name)}


def sharing(person: Person) -> list[tuple[str, str]]:
    """With whom this person may share: the posts held, the own section; `(value, label)`."""
    posts = sorted(
        {
            (f"role:{grant.bureau_id}:{grant.role.value}", terms.role_label(grant.role.value))
            for grant in person.grants
            if grant.role in roles_of(person, grant.bureau_id)
        }
    )
    section = [(f"section:{person.section.id}", person.section.name)] if person.section else []
    return [*posts, *section]


def keep(session: Session, actor: Person, name: str, query: Mapping[str, Any], *, share: str = "") -> View:
    """Keep a view under a name, anew where the name is taken by an own one."""
    title = name.strip()
    if not title or len(title) > LONGEST:
        sentence = "请给视图取个名称。" if not title else Sentence("名称不超过 {most} 字。", most=LONGEST)
        raise Refused(sentence, slug="form-invalid", fields={"name": sentence})
    if share and share not in {value for value, _ in sharing(actor)}:
        raise Refused(
            "只能共享给自己的岗位或科室。",
            slug="not-your-post",
            fields={"share": "请从列出的岗位或科室中选。"},
        )
    found = session.scalar(select(View).where(View.person_id == actor.id, View.name == title))
    own = session.scalars(select(View.id).where(View.person_id == actor.id)).all()
    if found is None and len(own) >= MOST:
        raise Refused(
            Sentence("最多保存 {most} 个视图。", most=MOST),
            slug="too-many-views",
            hint="请先删去不用的视图。",
        )
    view = found or View(person_id=actor.id, name=title)
    view.query = dict(clean(query))
    kind, _, rest = share.partition(":")
    view.role, view.bureau_id, view.section_id = "", None, None
    if kind == "role":
        bureau, _, role = rest.partition(":")
        view.bureau_id, view.role = int(bureau), Role(role).value
    elif kind == "section":
        view.section_id = int(rest)
    session.add(view)
    session.flush()
    return view


def forget(session: Session, actor: Person, view_id: int) -> None:
    """Delete an own view; somebody else's is NotFound."""
    found = session.get(View, view_id)
    if found is None or found.person_id != actor.id:
        raise NotFound("没有这个视图。", hint="只能删去自己保存的视图。")
    session.delete(found)
    session.flush()


def shared(session: Session, someone: Person) -> list[View]:
    """The views that somebody shares with a post or a section: others work by them."""
    others = or_(View.role != "", View.section_id.is_not(None))
    return list(session.scalars(select(View).where(View.person_id == someone.id, others).order_by(View.name)))


def heirs(session: Session, view: View) -> list[Person]:
    """Who may keep a shared view from now on: whom it is shared with, by staff number."""
    if view.bureau_id is not None:
        found = holders(session, view.bureau_id, Role(view.role))
    else:
        mates = select(Person).where(Person.section_id == view.section_id, Person.active)
        found = list(session.scalars(mates.order_by(Person.staff_no)))
    return [each for each in found if each.id != view.person_id]


def inherit(session: Session, view: View, receiver: Person) -> None:
    """The view is the receiver's; where they have one of that name, it says whose it was."""
    taken = session.scalar(select(View.id).where(View.person_id == receiver.id, View.name == view.name))
    if taken is not None:
        owner = session.get_one(Person, view.person_id).name
        view.name = f"{view.name[: LONGEST - len(owner) - 2]}（{owner}）"
    view.person_id = receiver.id
    session.flush()


def layout(session: Session, person: Person) -> tuple[Sequence[str], str]:
    """The columns this person chose, and the density."""
    found = session.get(Layout, person.id)
    return (found.columns, found.density) if found is not None else (STANDARD, "roomy")


def lay_out(session: Session, actor: Person, columns: Sequence[str], density: str) -> None:
    """Keep columns (in the order of the table) and density; unknown ones are refused by name."""
    unknown = sorted(set(columns) - set(COLUMNS))
    if unknown or density not in DENSITIES:
        raise Refused(
            Sentence("没有“{column}”这一列。", column=(unknown or [density])[0])
            if unknown
            else "行距只有宽松和紧凑两种。",
            slug="unknown-column",
            hint="请从列出的项目中选。",
        )
    found = session.get(Layout, actor.id)
    if found is None:
        found = Layout(person_id=actor.id, columns=[], density=density)
        session.add(found)
    found.columns = [name for name in COLUMNS if name in columns]
    found.density = density
    session.flush()
