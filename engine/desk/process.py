"""Models and releases as people see them: which version is in force, how each process runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from engine.access.scope import visible_bureaus
from engine.domain import pack as packs
from engine.domain import terms
from engine.domain.pack.words import said
from engine.errors import NotFound
from engine.people import Person
from engine.runtime import picture, release
from engine.runtime.tables import ALIVE, Instance, Release, ReleaseFile, WorkItem
from engine.sentence import Sentence

PAGE = 50


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One release in the list."""

    release: Release
    author: str
    releaser: str
    files: Mapping[str, int]
    running: int
    current: bool
    restores: int  # the version whose content this one puts in force again, 0 for new content


@dataclass(frozen=True, slots=True)
class StepRow:
    """A human step of a process: who, which form, which article, which deadline."""

    id: str
    name: str
    lane: str
    form: str
    clause: str
    deadline: str


@dataclass(frozen=True, slots=True)
class ProcessView:
    """One process of a release, drawn, with its human steps and where cases stand now."""

    release: Release
    id: str
    name: str
    svg: str
    lanes: str
    strips: Sequence[tuple[int, int, int]]
    words: str
    steps: Sequence[StepRow]
    open: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """One release: processes, decision tables, forms, documents."""

    row: ReleaseRow
    processes: Sequence[tuple[str, str, int]]
    files: Sequence[ReleaseFile]


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter of a release: what it settles, its value in words, how strong, by which article, since when."""

    key: str
    meaning: str
    value: Sequence[str]
    strength: str
    clause: str
    pack: str
    valid_from: date
    valid_to: date | None
    note: str


def parameters(session: Session, release_id: int) -> tuple[Release, list[ParameterRow]]:
    """The parameters that the cases of a release obey, in the order of the catalogue. NotFound otherwise."""
    row = view(session, release_id).row.release
    rules = packs.frozen(row.pack, release.load(session, release_id).parameters)
    return row, [
        ParameterRow(
            key=key,
            meaning=packs.CATALOGUE[key].meaning,
            value=said(key, rule.value),
            strength=terms.STRENGTHS[rule.strength],
            clause=rule.source,
            pack=rule.pack,
            valid_from=rule.valid_from,
            valid_to=None if rule.valid_to == packs.FOREVER else rule.valid_to,
            note=rule.note,
        )
        for key, rule in rules.items.items()
    ]


def releases(session: Session) -> list[ReleaseRow]:
    """The latest releases, latest first."""
    return _rows(
        session, select(Release.id).order_by(Release.deployed_at.desc(), Release.id.desc()).limit(PAGE)
    )


def _rows(session: Session, wanted: Select[int]) -> list[ReleaseRow]:
    author, releaser, older = aliased(Person), aliased(Person), aliased(Release)
    query = (
        select(Release, author.name, releaser.name, older.version)
        .outerjoin(author, author.id == Release.author_id)
        .outerjoin(releaser, releaser.id == Release.releaser_id)
        .outerjoin(older, older.id == Release.restores_id)
        .where(Release.id.in_(session.scalars(wanted).all()))
        .order_by(Release.deployed_at.desc(), Release.id.desc())
    )
    found = session.execute(query).all()
    ids = [row.id for row, *_ in found]
    kinds: dict[int, dict[str, int]] = {}
    counted = select(ReleaseFile.release_id, ReleaseFile.kind, func.count()).where(
        ReleaseFile.release_id.in_(ids)
    )
    for release_id, kind, number in session.execute(
        counted.group_by(ReleaseFile.release_id, ReleaseFile.kind)
    ):
        kinds.setdefault(release_id, {})[kind] = number
    running = dict(
        session.execute(
            select(Instance.release_id, func.count())
            .where(Instance.release_id.in_(ids), Instance.state.in_(ALIVE), Instance.case_id == Instance.id)
            .group_by(Instance.release_id)
        ).all()
    )
    newest = select(Release.pack, func.max(Release.version)).group_by(Release.pack)
    latest = dict(session.execute(newest).all())
    return [
        ReleaseRow(
            row,
            who or "",
            by or "",
            kinds.get(row.id, {}),
            running.get(row.id, 0),
            latest[row.pack] == row.version,
            again or 0,
        )
        for row, who, by, again in found
    ]


def named(session: Session, release_id: int) -> Release:
    """The release of a number; NotFound otherwise."""
    found = session.get(Release, release_id)
    if found is None:
        raise NotFound(
            Sentence("没有第 {release_id} 号发布。", release_id=release_id), hint="可从流程列表进入。"
        )
    return found


def view(session: Session, release_id: int) -> ReleaseView:
    """One release; NotFound otherwise."""
    named(session, release_id)
    row = _rows(session, select(Release.id).where(Release.id == release_id))[0]
    compiled = release.load(session, release_id)
    counted = dict(
        session.execute(
            select(Instance.process, func.count())
            .where(Instance.release_id == release_id, Instance.state.in_(ALIVE))
            .group_by(Instance.process)
        ).all()
    )
    processes = [
        (key, each.name or key, counted.get(key, 0))
        for key, each in compiled.processes.items()
        if not each.parent
    ]
    return ReleaseView(row, processes, list(row.release.files))


def process(session: Session, person: Person, release_id: int, name: str) -> ProcessView:
    """One process of a release with the number of open steps in the bureaus the person sees."""
    row = named(session, release_id)
    compiled = release.load(session, release_id)
    definition = compiled.processes.get(name)
    if definition is None:
        raise NotFound(
            Sentence("第 {version} 版没有流程“{name}”。", version=row.version, name=name),
            hint="可从发布页进入。",
        )
    bureaus = visible_bureaus(session, person)
    counted = (
        select(WorkItem.element, func.count())
        .where(
            WorkItem.bureau_id.in_(bureaus),
            WorkItem.state == "open",
            WorkItem.release_id == release_id,
            WorkItem.process == name,
        )
        .group_by(WorkItem.element)
    )
    active = dict(session.execute(counted).all())
    source, posts = compiled.sources[name], packs.parameters(row.pack).posts
    steps = [
        StepRow(
            id=element.id,
            name=element.name,
            lane=element.lane,
            form=element.property("form"),
            clause=element.property("clause"),
            deadline=element.property("deadline"),
        )
        for element in definition.elements.values()
        if element.kind == "userTask"
    ]
    return ProcessView(
        release=row,
        id=name,
        name=definition.name or name,
        svg=picture.svg(source, active=active, posts=posts),
        lanes=picture.lanes(source, posts),
        strips=picture.strips(source),
        words=picture.words(source, active=active, posts=posts),
        steps=steps,
        open=active,
    )
