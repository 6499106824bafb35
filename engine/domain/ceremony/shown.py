"""What the forms of a draw show besides their questions.

Pools by stratum, reasons to stay out, hashes, the result.

Before the inspections are over only the people of the draw see lists; the public sees number, state and
hashes. Long because every page of a draw has its own facts here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.ceremony import share, store
from engine.domain.ceremony.pool import Pool, pool_of, quota
from engine.domain.ceremony.preparation import exceptions_of
from engine.domain.ceremony.tables import Draw
from engine.domain.plan.query import get as plan_of
from engine.domain.plan.query import tasks_of
from engine.domain.registry import Inspector, RegistryObject, below, inspectors_of
from engine.domain.terms import EXCLUSIONS, REPEAT_REASONS, SPECIALTIES, VOID_REASONS
from engine.operation import Rules, Step, prefill
from engine.sentence import Sentence

ROWS = 200
PUBLISH_DAYS = 120


def drawn_by(step: Step) -> Draw:
    """The draw that a step is about."""
    return store.get(step.session, str(step.data["draw_id"]))


def headed(draw: Draw) -> list[tuple[str, str]]:
    """Number, round and sealed hash of a draw: the first facts of every form."""
    facts = [("抽取编号", draw.id), ("第几次抽取", str(draw.round))]
    if draw.previous_id:
        facts.append(("上一次抽取", draw.previous_id))
    if draw.roster:
        facts += [("名单哈希", draw.roster), ("哈希前 8 位", draw.roster[:8])]
    return facts


def strata_rows(pool: Pool) -> list[dict[str, Any]]:
    """One row a stratum: registered, eligible, quota, ratio."""
    registered = Counter(thing.stratum for thing in pool.things)
    eligible = Counter(thing.stratum for thing in pool.eligible)
    return [
        {
            "stratum": pool.labels[name],
            "registered": registered[name],
            "eligible": eligible[name],
            "quota": quota(rule, eligible[name]),
            "ratio": f"{rule['num']}/{rule['den']}",
        }
        for name, rule in pool.strata.items()
    ]


def _units(count: int) -> Sentence:
    return Sentence("{count} 户", count=count)


def _people(count: int) -> Sentence:
    return Sentence("{count} 人", count=count)


@prefill("draw/lock")
def show_lock(step: Step) -> dict[str, Any]:
    """How large the registries are and which tasks are drawn."""
    plan = plan_of(step.session, int(step.data["plan_id"]))
    tasks = tasks_of(step.session, plan.id, int(step.data["batch"]))
    return {
        "facts": [
            ("抽查计划", plan.title),
            ("抽查任务", "、".join(task.name for task in tasks)),
            ("检查对象名录库", _units(_registered(step.session, plan.bureau_id))),
            ("执法检查人员名录库", _people(len(inspectors_of(step.session, plan.bureau_id)))),
        ]
    }


def _registered(session: Session, bureau_id: int) -> int:
    query = select(func.count(RegistryObject.id)).where(
        RegistryObject.bureau_id.in_(below(session, bureau_id))
    )
    return session.scalar(query) or 0


@prefill("draw/eligibility")
def show_eligibility(step: Step) -> dict[str, Any]:
    """Every stratum, and every object that stays out with its reason."""
    draw = drawn_by(step)
    pool = pool_of(step, draw)
    excluded = [thing for thing in pool.things if thing.excl]
    names = {thing.object_id: thing.code for thing in pool.things}
    counts = Counter(thing.excl for thing in excluded)
    staff = Counter(servant.excl for servant in pool.servants if servant.excl)
    return {
        "facts": [
            *headed(draw),
            (
                "名录库",
                Sentence(
                    "{count} 户在抽取范围内，{able} 户可抽", count=len(pool.things), able=len(pool.eligible)
                ),
            ),
            *(
                (Sentence("排除：{why}", why=EXCLUSIONS[code]), _units(number))
                for code, number in sorted(counts.items())
            ),
            (
                "执法检查人员",
                Sentence("{count} 人，{able} 人可抽", count=len(pool.servants), able=len(pool.people)),
            ),
            *(
                (Sentence("不参加：{why}", why=EXCLUSIONS[code]), _people(number))
                for code, number in sorted(staff.items())
            ),
            *([("见证人异议", draw.reason)] if draw.reason else []),
        ],
        "options": {"repeat_reasons": repeat_reasons(step.rules)},
        "defaults": {
            "exceptions": [
                {
                    "object_code": names[row.object_id],
                    "reason_code": row.reason_code,
                    "explanation": row.explanation,
                }
                for row in exceptions_of(step, draw)
                if row.object_id in names
            ]
        },
        "rows": {
            "strata": strata_rows(pool),
            "excluded": [
                {"code": thing.code, "name": thing.name, "reason": EXCLUSIONS[thing.excl]}
                for thing in excluded[:ROWS]
            ],
        },
    }


def repeat_reasons(rules: Rules) -> list[tuple[str, str]]:
    """The coded 正当理由 of a rules, with their words."""
    return [(code, REPEAT_REASONS[code]) for code in rules["cap.repeat_reasons"].value or []]


@prefill("draw/groups")
def show_groups(step: Step) -> dict[str, Any]:
    """How many will be drawn, who could serve, and the usual number of groups."""
    draw = drawn_by(step)
    pool = pool_of(step, draw)
    rules = step.rules
    size = int(rules["team.nominal"].value)
    licensed = sum(person.cert for person in pool.people)
    usual = max(
        1, min(len(pool.people) // size, licensed // int(rules["team.licensed"].value), pool.sample())
    )
    return {
        "facts": [
            *headed(draw),
            (
                "可抽对象",
                Sentence("{count} 户，应抽 {sample} 户", count=len(pool.eligible), sample=pool.sample()),
            ),
            (
                "可抽人员",
                Sentence("{count} 人，其中持证 {licensed} 人", count=len(pool.people), licensed=licensed),
            ),
            (
                "每组人数",
                Sentence("原则上 {size} 人，不得少于 {value} 人", size=size, value=rules["team.min"].value),
            ),
            *([("人员情况", str(step.data["team_advice"]))] if step.data.get("team_advice") else []),
        ],
        "options": {
            "specialties": list(SPECIALTIES.items()),
            "ways": list(share.SHARES.items()) if draw.mode == "native" else [],
        },
        "defaults": {
            "shares": share.way_of(draw, step.rules) if draw.mode == "native" else "",
            "groups": usual,
            "team_size": size,
            "publish_by": (clock.today() + timedelta(days=PUBLISH_DAYS)).isoformat(),
        },
    }


@prefill("draw/approve_exceptions")
def show_exceptions(step: Step) -> dict[str, Any]:
    """The objects over their yearly cap and the smaller groups that wait for approval."""
    draw = drawn_by(step)
    asked = exceptions_of(step, draw)
    things = {row.id: row for row in _objects(step.session, [row.object_id for row in asked])}
    rules = step.rules
    size = int(draw.settings.get("team_size", 0))
    small = size < int(rules["team.nominal"].value)
    return {
        "facts": [
            *headed(draw),
            ("年度次数上限", Sentence("原则上 {count} 次", count=rules["cap.per_year"].value)),
            *(
                [
                    (
                        "每组人数",
                        Sentence(
                            "{size} 人，理由：{reason}",
                            size=size,
                            reason=draw.settings.get("principle_reason", ""),
                        ),
                    )
                ]
                if small
                else []
            ),
            *(
                [
                    (
                        "封签方式",
                        Sentence(
                            "{how}，理由：{reason}",
                            how=share.SHARES[share.TYPED],
                            reason=draw.settings.get("typed_reason", ""),
                        ),
                    )
                ]
                if share.departs(draw, step.rules)
                else []
            ),
        ],
        "rows": {
            "exceptions": [
                {
                    "code": things[row.object_id].code,
                    "name": things[row.object_id].name,
                    "visits": row.visits,
                    "reason": REPEAT_REASONS.get(row.reason_code, row.reason_code),
                    "explanation": row.explanation,
                }
                for row in asked
            ]
        },
    }


def _objects(session: Session, ids: list[int]) -> list[RegistryObject]:
    return list(session.scalars(select(RegistryObject).where(RegistryObject.id.in_(ids))))


@prefill("draw/shortage")
def show_shortage(step: Step) -> dict[str, Any]:
    """What is missing, in the words of the table."""
    keys = (
        ("people", "可抽人数"),
        ("licensed", "持证人数"),
        ("leaders", "可任组长人数"),
        ("groups", "组数"),
        ("team_size", "每组人数"),
    )
    facts = [(label, str(step.data.get(key, ""))) for key, label in keys]
    return {"facts": [*headed(drawn_by(step)), *facts, ("意见", str(step.data.get("team_advice", "")))]}


def _ceremony_facts(step: Step) -> dict[str, Any]:
    draw = drawn_by(step)
    facts = headed(draw)
    if draw.operator_commit:
        facts.append(("抽取人封签", draw.operator_commit))
    if draw.witness_commit:
        facts.append(("见证人封签", draw.witness_commit))
    if draw.settings.get("third"):
        facts.append(("第三方", str(draw.settings["third"])))
    if draw.settings.get("third_commit"):
        facts.append(("第三方封签", str(draw.settings["third_commit"])))
    if draw.settings.get("beacon"):
        facts.append(("公共随机源", str(draw.settings["beacon"])))
    if draw.settings.get("beacon_value"):
        value, source = draw.settings["beacon_value"], draw.settings["beacon_source"]
        facts.append(("公共随机值", f"{value}（{source}）"))
    way = share.way_of(draw, step.rules)
    facts.append(("见证方式", "各方自备封签" if way == share.OWN else "未经承诺见证"))
    return {
        "facts": facts,
        "options": {"void_reasons": list(VOID_REASONS.items()), "shares": [(way, share.SHARES[way])]},
        "defaults": {"share": way},
    }


@prefill("draw/commit_operator")
def show_commit_operator(step: Step) -> dict[str, Any]:
    """Number, the party's name for the commitment, and pools."""
    return _with_strata(step, "bureau")


@prefill("draw/commit_witness")
def show_commit_witness(step: Step) -> dict[str, Any]:
    """Number, the party's name for the commitment, pools, the operator's commitment."""
    return _with_strata(step, "witness")


def _with_strata(step: Step, party: str) -> dict[str, Any]:
    shown = _ceremony_facts(step)
    shown["facts"].insert(1, ("本方代号", party))
    pool = pool_of(step, drawn_by(step))
    excluded = [thing for thing in pool.things if thing.excl]
    shown["facts"].append(
        (
            "名单",
            Sentence(
                "{count} 户在范围内，排除 {excluded} 户，应抽 {sample} 户",
                count=len(pool.things),
                excluded=len(excluded),
                sample=pool.sample(),
            ),
        )
    )
    shown["rows"] = {
        "strata": strata_rows(pool),
        "excluded": [
            {"code": thing.code, "name": thing.name, "reason": EXCLUSIONS[thing.excl]}
            for thing in excluded[:ROWS]
        ],
    }
    return shown


@prefill("draw/reveal")
def show_reveal(step: Step) -> dict[str, Any]:
    """The roster hash to compare with the minutes, the commitments, who has revealed."""
    return _revealing(step)


@prefill("draw/reveal_operator")
def show_reveal_operator(step: Step) -> dict[str, Any]:
    """The same for the operator."""
    return _revealing(step)


@prefill("draw/envelope")
def show_envelope(step: Step) -> dict[str, Any]:
    """The same for whoever opens the envelope of somebody who did not come."""
    return _revealing(step)


def _revealing(step: Step) -> dict[str, Any]:
    draw = drawn_by(step)
    shown = _ceremony_facts(step)
    shown["facts"].append(("抽取人", "已启封" if draw.operator_secret else "尚未启封"))
    if draw.settings.get("third_commit"):
        opened = "已凭链接启封" if draw.settings.get("third_secret") else "尚未启封"
        shown["facts"].append(("第三方启封", opened))
    return shown


@prefill("draw/missed")
def show_missed(step: Step) -> dict[str, Any]:
    """Which draw should have been public, and what keeps it back."""
    draw = drawn_by(step)
    promised = draw.publish_by.isoformat() if draw.publish_by else ""
    return {
        "facts": [
            *headed(draw),
            ("最迟公开日期", promised),
            ("尚未进场", _units(store.waiting(step.session, draw.id))),
        ]
    }


def group_rows(session: Session, draw: Draw) -> list[dict[str, str]]:
    """The result for people who may see it: group, objects, members by name."""
    things = {row.id: row.name for row in _objects(session, [row.object_id for row in draw.objects])}
    query = select(Inspector).where(Inspector.id.in_([row.inspector_id for row in draw.people]))
    names = {who.id: who.name for who in session.scalars(query)}
    objects: dict[str, list[str]] = defaultdict(list)
    members: dict[str, list[str]] = defaultdict(list)
    for thing in draw.objects:
        if thing.state == "drawn":
            objects[thing.group_id].append(things[thing.object_id])
    for person in draw.people:
        if person.state == "serving":
            members[person.group_id].append(names[person.inspector_id])
    return [
        {"group": group, "objects": "、".join(objects[group]), "members": "、".join(members[group])}
        for group in sorted(members)
    ]


def _result(step: Step) -> dict[str, Any]:
    draw = drawn_by(step)
    shown = _ceremony_facts(step)
    shown["facts"].append(("记录哈希", draw.head))
    shown["rows"] = {"groups": group_rows(step.session, draw)}
    return shown


@prefill("draw/sign_operator")
def show_sign_operator(step: Step) -> dict[str, Any]:
    """The result to be signed."""
    return _result(step)


@prefill("draw/sign_witness")
def show_sign_witness(step: Step) -> dict[str, Any]:
    """The result to be signed."""
    return _result(step)
