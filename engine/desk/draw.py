"""A draw as people see it: from the registry to the drawn, the events in their order, the hashes.

Lists are for the people of the bureau until `publish_by`; the public sees number, state and hashes before,
everything after. Where each party brought its own commitment it says “各方自备封签”, where operator
and witness typed their shares on our pages “未经承诺见证”.
依据: 吉 第十一、十二条, 舞 第九条.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, selectinload

from engine import clock
from engine.access.scope import visible_bureaus
from engine.desk.ticket import Explanation, explain
from engine.domain.ceremony import findings
from engine.domain.ceremony.pool import HIGH, stratum_name
from engine.domain.ceremony.tables import Draw, DrawnObject, DrawnPerson
from engine.domain.plan.tables import Plan, PlanTask
from engine.domain.registry import Inspector, RegistryObject
from engine.domain.substitution import alarms_of
from engine.domain.terms import EXCLUSIONS, VOID_REASONS, cite
from engine.errors import NotFound
from engine.people import Bureau, Person
from engine.sentence import Sentence

PAGE = 50
SHOWN = 200
EVENTS = {
    "commit": "名单封存、三方封签",
    "reveal": "启封",
    "objects": "抽出检查对象",
    "route": "对象分组",
    "duty": "排定出勤人员",
    "place": "人员分组",
    "fail": "人员无法排定",
    "sub": "调换人员",
    "replace": "替换对象",
    "close": "结束",
    "void": "作废",
    "import": "导入平台结果",
}
STEPS = (
    ("seals", "各方封签"),
    ("commit", "名单封存"),
    ("reveal", "启封"),
    ("objects", "出号"),
    ("place", "分组"),
    ("signed", "签字"),
    ("close", "结束"),
)
PARTIES = {"bureau": "抽取人", "witness": "见证人", "third": "第三方"}
STATES = {
    "prepared": ("doing", "准备中"),
    "frozen": ("doing", "名单已封存"),
    "placed": ("done", "已抽取"),
    "closed": ("done", "已结束"),
    "failed": ("late", "未能排定"),
    "void": ("idle", "已作废"),
    "abandoned": ("idle", "未进行"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the funnel. `kind`: whole · minus · left · hit; `start`: where the bar begins."""

    label: str
    count: int
    kind: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class Stratum:
    """A stratum: how many could be drawn, at which ratio, how many were."""

    name: str
    eligible: int
    ratio: str
    drawn: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the transcript."""

    n: int
    type: str
    label: str
    hash: str
    prev: str
    detail: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group: who serves, how many objects it visits."""

    id: str
    people: Sequence[tuple[str, str, str]]
    objects: int


@dataclass(frozen=True, slots=True)
class Party:
    """One envelope: whose it is, what was handed over, whether it has been opened and the record signed."""

    name: str
    label: str
    who: str
    commit: str
    revealed: bool
    signs: bool
    signed: bool


@dataclass(frozen=True, slots=True)
class DrawView:
    """The page of a draw."""

    draw: Draw
    bureau: Bureau
    lamp: str
    state: str
    funnel: Sequence[Step]
    strata: Sequence[Stratum]
    events: Sequence[Event]
    reached: Sequence[tuple[str, str, bool]]
    groups: Sequence[Group]
    objects: Sequence[tuple[RegistryObject, str, str]]
    more_objects: int
    parties: Sequence[Party]
    own: bool
    beacon: tuple[str, str, str]
    explained: Explanation | None
    alarms: Sequence[str]
    findings: Sequence[Mapping[str, str]]
    mark: str
    live: bool
    secret: bool
    reason: str


def listing(session: Session, person: Person) -> list[tuple[Draw, str, str, str, str]]:
    """Draws this person may see, latest first: row, bureau, title of the plan, lamp, state."""
    query = (
        select(Draw, Bureau.short_name, Plan.title)
        .join_from(Draw, Bureau, Bureau.id == Draw.bureau_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .where(Draw.bureau_id.in_(visible_bureaus(session, person)))
        .options(defer(Draw.document), defer(Draw.events), defer(Draw.aliases))
        .order_by(Draw.year.desc(), Draw.serial.desc(), Draw.id)
        .limit(PAGE)
    )
    return [(*row, *STATES.get(row[0].state, ("idle", row[0].state))) for row in session.execute(query)]


def find(session: Session, person: Person, draw_id: str) -> Draw:
    """A draw of a visible bureau; NotFound otherwise."""
    draw = session.get(Draw, draw_id)
    if draw is None or draw.bureau_id not in visible_bureaus(session, person):
        raise NotFound("没有这次抽取。", hint="它可能不在你能看的范围内。可从抽取列表进入。")
    return draw


def view(session: Session, draw: Draw, *, public: bool = False, code: str = "") -> DrawView:
    """The page of a draw; for the public without lists before publication."""
    secret = public and not is_public(draw)
    lamp, state = STATES.get(draw.state, ("idle", draw.state))
    document: Mapping[str, Any] = draw.document or {}
    bureau = session.get_one(Bureau, draw.bureau_id)
    events = [_event(event, bureau.pack, secret=secret) for event in draw.events or []]
    types = {event.type for event in events}
    parties = _parties(draw, public=public)
    types |= {"seals"} if parties and all(party.commit for party in parties) else set()
    types |= {"signed"} if draw.operator_signed_at and draw.witness_signed_at else set()
    objects, more = ([], 0) if secret else _objects(session, draw)
    return DrawView(
        draw=draw,
        bureau=bureau,
        lamp=lamp,
        state=state,
        funnel=_funnel(document, draw) if not secret else [],
        strata=_strata(session, document, draw) if not secret else [],
        events=events,
        reached=[(key, label, key in types) for key, label in STEPS] if draw.mode != "import" else [],
        groups=[] if secret else _groups(session, draw),
        objects=objects,
        more_objects=more,
        parties=parties,
        own=draw.settings.get("shares") == "own-device",
        beacon=(
            str(document.get("beacon") or draw.settings.get("beacon") or ""),
            str(draw.settings.get("beacon_value") or ""),
            str(draw.settings.get("beacon_source") or ""),
        ),
        explained=explain(
            session,
            draw,
            stratum_names(session, draw),
            public=public,
            open_to_all=is_public(draw),
            code=code,
        ),
        alarms=alarms_of(session, draw) if draw.events and not public else [],
        findings=[] if public else findings.as_document(findings.of_draw(session, draw.id)),
        mark=mark(draw),
        live=is_live(draw),
        secret=secret,
        reason="" if public else draw.reason,  # typed by people: may tell of an illness or a family
    )


def mark(draw: Draw) -> str:
    """What the page of a draw looks like, in a few characters: changes with every envelope and signature."""
    stand = (
        draw.state,
        draw.roster,
        draw.head,
        draw.operator_commit,
        draw.witness_commit,
        draw.settings.get("third_commit"),
        bool(draw.settings.get("third_secret")),
        bool(draw.operator_secret),
        bool(draw.witness_secret),
        draw.settings.get("beacon_value"),
        draw.operator_signed_at,
        draw.witness_signed_at,
        draw.published_at,
    )
    return hashlib.sha256(repr(stand).encode()).hexdigest()[:16]


def is_live(draw: Draw) -> bool:
    """Whether people in the room still wait for something."""
    return draw.state in ("prepared", "frozen") or (draw.state == "placed" and draw.witness_signed_at is None)


def _parties(draw: Draw, *, public: bool) -> list[Party]:
    if draw.mode == "import":
        return []
    opened = any(event["type"] == "reveal" for event in draw.events or [])
    rows = [
        ("bureau", draw.operator, draw.operator_commit, draw.operator_secret, draw.operator_signed_at),
        ("witness", draw.witness, draw.witness_commit, draw.witness_secret, draw.witness_signed_at),
    ]
    own = draw.settings.get("shares") == "own-device"
    found = [
        Party(
            name,
            PARTIES[name],
            "" if public or person is None else person.name,
            commit,
            opened or (own and bool(secret)),
            signs=True,
            signed=signed_at is not None,
        )
        for name, person, commit, secret, signed_at in rows
    ]
    third = str(draw.settings.get("third") or "")
    if third:
        commit = str(draw.settings.get("third_commit") or "")
        revealed = opened or bool(draw.settings.get("third_secret"))
        who = "" if public else third
        found.append(Party("third", PARTIES["third"], who, commit, revealed, signs=False, signed=False))
    return found


def is_public(draw: Draw) -> bool:
    """Whether the whole transcript may be seen by anybody: published, and the draw has ended."""
    return draw.published_at is not None and draw.published_at <= clock.now()


def _funnel(document: Mapping[str, Any], draw: Draw) -> list[Step]:
    rows = document.get("objects", [])
    if not rows:
        return []
    reasons = Counter(row["excl"] for row in rows)
    left = len(rows)
    steps = [Step("在抽取范围内的名录", left, "whole")]
    for code, number in sorted(reasons.items(), key=lambda entry: -entry[1]):
        if code:
            left -= number
            steps.append(Step(EXCLUSIONS.get(code, code), number, "minus", left))
    steps.append(Step("可以抽取", left, "left"))
    drawn = _drawn_ids(draw)
    if drawn:
        steps.append(Step("抽中", len(drawn), "hit"))
    return steps


def _drawn_ids(draw: Draw) -> list[str]:
    body: Mapping[str, Any] = next(
        (event["body"] for event in draw.events or [] if event["type"] in ("objects", "import")), {}
    )
    return list(body.get("drawn") or body.get("objects") or [])


def _strata(session: Session, document: Mapping[str, Any], draw: Draw) -> list[Stratum]:
    rows = document.get("objects", [])
    eligible = Counter(row["stratum"] for row in rows if not row["excl"])
    drawn = set(_drawn_ids(draw))
    names = stratum_names(session, draw)
    hit = Counter(row["stratum"] for row in rows if row["id"] in drawn)
    return [
        Stratum(names.get(name, name), eligible[name], f"{rule['num']}/{rule['den']}", hit[name])
        for name, rule in document.get("strata", {}).items()
    ]


def stratum_names(session: Session, draw: Draw) -> dict[str, str]:
    """What the strata of a draw are called in the plan."""
    tasks = session.scalars(select(PlanTask).where(PlanTask.plan_id == draw.plan_id))
    names = {stratum_name(task): task.name for task in tasks}
    return names | {f"{key}-{HIGH}": Sentence("{label}（重点监管对象）", label=names[key]) for key in names}


def _event(event: Mapping[str, Any], pack: str, *, secret: bool) -> Event:
    """One event in words; of a substitution the article, never why somebody could not come."""
    body: Mapping[str, Any] = event.get("body", {})
    kind = str(event["type"])
    detail = ""
    if kind == "objects" and not secret:
        rest = sum(len(ids) for ids in body.get("reserve", {}).values())
        detail = Sentence("抽出 {count} 家，候补 {rest} 家", count=len(body.get("drawn", [])), rest=rest)
    elif kind == "commit":
        detail = Sentence("封签 {count} 方", count=len(body.get("parties", [])))
    elif kind == "place" and not secret:
        detail = Sentence("{count} 组", count=len(body.get("groups", [])))
    elif kind == "sub" and not secret:
        out, into, clause = body["out"] or "空缺", body["in"] or "无人", cite("J13 W9", pack)
        detail = Sentence(
            "{group} 组 {out} → {into}，{clause}", group=body["group"], out=out, into=into, clause=clause
        )
    elif kind == "replace" and not secret:
        into, clause = body["in"] or "无候补", cite("J11 W9", pack)
        detail = Sentence("{thing} → {into}，{clause}", thing=body["object"], into=into, clause=clause)
    elif kind == "void":
        detail = VOID_REASONS.get(str(body.get("reason")), str(body.get("reason", "")))
    elif kind == "close":
        detail = Sentence("{publish_by} 前公布全部数据", publish_by=body.get("publish_by", ""))
    return Event(
        int(event["n"]), kind, EVENTS.get(kind, kind), str(event["hash"]), str(event["prev"]), detail
    )


def _groups(session: Session, draw: Draw) -> list[Group]:
    query = (
        select(DrawnPerson, Inspector)
        .join(Inspector, Inspector.id == DrawnPerson.inspector_id)
        .where(DrawnPerson.draw_id == draw.id)
        .options(selectinload(Inspector.certificates))
        .order_by(DrawnPerson.group_id, DrawnPerson.role_index, DrawnPerson.id)
    )
    people: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row, who in session.execute(query):
        licensed = "持证" if who.licensed(draw.day) else ""
        people[row.group_id].append((who.name, licensed, "" if row.state == "serving" else "已调出"))
    counted = Counter(
        session.scalars(
            select(DrawnObject.group_id).where(DrawnObject.draw_id == draw.id, DrawnObject.state == "drawn")
        )
    )
    return [Group(name, people.get(name, []), counted[name]) for name in sorted(set(people) | set(counted))]


def _objects(session: Session, draw: Draw) -> tuple[list[tuple[RegistryObject, str, str]], int]:
    query = (
        select(RegistryObject, DrawnObject.group_id, DrawnObject.state)
        .join(DrawnObject, DrawnObject.object_id == RegistryObject.id)
        .where(DrawnObject.draw_id == draw.id)
        .order_by(DrawnObject.group_id, RegistryObject.code)
    )
    found = [(thing, group, state) for thing, group, state in session.execute(query.limit(SHOWN + 1))]
    return found[:SHOWN], max(0, len(found) - SHOWN)


def transcript(draw: Draw) -> dict[str, Any]:
    """What anybody may recompute: `{document, events, head}`; before publication number, state, hashes."""
    if is_public(draw):
        return {"document": draw.document or None, "events": draw.events, "head": draw.head}
    return {
        "document": None,
        "events": [],
        "draw": draw.id,
        "state": draw.state,
        "roster": draw.roster,
        "commits": (draw.document or {}).get("parties", []),
        "head": draw.head,
        "publish_by": draw.publish_by.isoformat() if draw.publish_by else "",
    }
