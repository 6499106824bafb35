"""抽取前的准备: registries locked, everybody's eligibility looked at, groups set, exceptions approved.

依据: J11, W9 (who may be drawn), J16, W9, W11 (groups), domain §2 no. 5 (nobody edits a registry until the
draw ends).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine import clock
from engine.domain import answers as ask
from engine.domain.ceremony import duty, link, share, store
from engine.domain.ceremony.pool import Pool, pool_of
from engine.domain.ceremony.tables import Draw, DrawException
from engine.domain.pack import record_break
from engine.domain.plan.query import refuse_self_approval, tasks_of
from engine.domain.plan.rounds import latest_redraw
from engine.domain.registry import below, lock, release
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Rules, Step, operation
from engine.people import Bureau, Person
from engine.sentence import Sentence


@operation("draw.open", clause="J12 W5", gives=("draw_id",))
def open_draw(step: Step, *, plan_id: int, batch: int) -> Mapping[str, Any]:
    """锁定名录库: the draw takes its number, the registries are closed to edits until it ends.

    Refuses a repetition that nobody approved (slug `redraw-not-approved`) and a second draw at a time.
    """
    rounds = store.rounds_of(step.session, plan_id, batch)
    if rounds:
        asked = latest_redraw(step.session, plan_id, batch, rounds[-1].id)
        if rounds[-1].state in ("placed", "closed") or asked is None or asked.decision != "approve":
            raise Refused(
                Sentence("本批任务已由 {rounds} 抽取，未经批准不得重新抽取。", rounds=rounds[-1].id),
                clause=cite("J12 W9", step.pack),
                hint="请先申请重新抽取。",
                slug="redraw-not-approved",
            )
    last = store.latest(step.session, step.bureau_id)
    if last is not None:
        if last.state == "placed":
            store.close_if_settled(step.session, last)
        duty.refuse_open_draw(last, step.pack, store.waiting(step.session, last.id))
    rules = step.rules
    draw = store.number(
        step.session,
        step.session.get_one(Bureau, step.bureau_id),
        plan_id=plan_id,
        batch=batch,
        mode=str(rules["draw.engine"].value),
        hash_name=str(rules["draw.hash"].value),
    )
    draw.settings = {"release": step.release_id}
    lock(step.session, below(step.session, step.bureau_id), draw.id, step.person())
    store.log(
        step.session,
        draw,
        "draw.open",
        step.actor,
        after={"plan": plan_id, "batch": batch, "round": draw.round},
    )
    return {"draw_id": draw.id}


@operation("draw.review", clause="J11 W9", gives=("repeats",))
def review(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """资格审查: the operator has looked at every reason and names those who may be visited again.

    `repeats` counts the requests that wait for approval.
    """
    draw = store.get(step.session, draw_id)
    if not ask.flag(step.answers, "checked"):
        raise Refused("请先逐户核对排除理由。", clause=cite("J11 W9", step.pack), slug="not-checked")
    draw.reviewed_by_id = step.person().id
    pool = pool_of(step, draw)
    known = {row.object_id: row for row in exceptions_of(step, draw)}
    wanted = [_exception(step, draw, pool, row, known) for row in ask.rows(step.answers, "exceptions")]
    for object_id, row in known.items():
        if object_id not in {asked.object_id for asked in wanted}:
            step.session.delete(row)
    step.session.add_all(wanted)
    step.session.flush()
    return {"repeats": sum(not row.approved for row in wanted)}


def exceptions_of(step: Step, draw: Draw) -> list[DrawException]:
    """The requests for repeats of this draw."""
    return list(step.session.scalars(select(DrawException).where(DrawException.draw_id == draw.id)))


def _exception(
    step: Step, draw: Draw, pool: Pool, row: Mapping[str, Any], known: Mapping[int, DrawException]
) -> DrawException:
    code = ask.required(row, "object_code", "对象编码")
    thing = pool.by_code.get(code)
    if thing is None:
        raise Refused(
            Sentence("{code}不在本次抽取的范围内。", code=code),
            slug="not-in-scope",
            fields={"exceptions": Sentence("请核对编码 {code}", code=code)},
        )
    duty.refuse_repeat(thing.own_reason, thing.name, step.rules)
    clause = cite("J11 W9", step.pack)
    reason = ask.text(row, "reason_code")
    duty.refuse_unreasoned(reason, thing.name, step.rules)
    found = known.get(thing.object_id) or DrawException(draw_id=draw.id, object_id=thing.object_id)
    words = ask.required(row, "explanation", "说明", clause=clause, slug="reason-needed")
    if (found.reason_code, found.explanation) != (reason, words):
        found.approved, found.approver_id = False, None
    found.visits, found.reason_code, found.explanation = thing.visits, reason, words
    found.requester_id = step.person().id
    return found


@operation(
    "draw.settings",
    clause="J10 J16 W9",
    gives=(
        "small_team",
        "typed_shares",
        "people",
        "licensed",
        "leaders",
        "groups",
        "team_size",
        "publish_by",
    ),
)
def settings(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """确定抽取数量和分组: how many groups of how many people, and the facts that the team table judges."""
    draw = store.get(step.session, draw_id)
    pool = pool_of(step, draw)
    groups, size = ask.number(step.answers, "groups", 1), ask.number(step.answers, "team_size", 2)
    specialty, reason = ask.text(step.answers, "specialty"), ask.text(step.answers, "principle_reason")
    small = duty.refuse_team_size(size, step.rules, reason)
    if not pool.eligible:
        raise Refused(
            "名录库中没有可以抽取的对象。",
            clause=cite("J11 W9", step.pack),
            hint="请退回资格审查，或者放弃本次抽取。",
            slug="no-object",
        )
    if groups > len(pool.eligible):
        raise Refused(
            Sentence(
                "可抽对象只有 {count} 户，不能分 {groups} 组。", count=len(pool.eligible), groups=groups
            ),
            slug="groups",
            fields={"groups": "组数过多"},
        )
    approved = int(draw.settings.get("approved_size", 0))
    way, typed_reason = share.chosen_way(step, draw)
    draw.publish_by = ask.day(step.answers, "publish_by")
    if draw.publish_by is not None and draw.publish_by < clock.today():
        raise Refused(
            "承诺的公开日期已经过去。",
            clause=cite("J3 J7 W9", step.pack),
            slug="publish-by",
            fields={"publish_by": "不能早于今天"},
        )
    draw.settings = {
        **draw.settings,
        "groups": groups,
        "team_size": size,
        "roles": roles_for(step.rules, size, specialty),
        "specialty": specialty,
        "principle_reason": reason,
        "approved_size": approved,
        "way": way,
        "typed_reason": typed_reason,
        "third": ask.text(step.answers, "third"),
        "beacon": ask.text(step.answers, "beacon"),
        "set_by": step.person().id,
    }
    return {
        "small_team": small and size != approved,
        "typed_shares": share.departs(draw, step.rules) and draw.settings.get("approved_way") != way,
        "people": len(pool.people),
        "licensed": sum(person.cert for person in pool.people),
        "leaders": sum(person.lead for person in pool.people),
        "groups": groups,
        "team_size": size,
        "publish_by": draw.publish_by.isoformat() if draw.publish_by else "",
    }


def roles_for(rules: Rules, size: int, specialty: str) -> list[str]:
    """The slots of a group: what the pack demands, one specialist where asked, the rest anybody."""
    roles = list(rules["team.roles"].value)[:size]
    if specialty and "spec" not in roles and len(roles) < size:
        roles.append("spec")
    return roles + ["any"] * (size - len(roles))


@operation("draw.approve_exceptions", clause="J11 W9", gives=("decision",))
def approve_exceptions(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """审批例外事项: a repeat within the year and a smaller group need reason and approval.

    And are counted.
    """
    draw = store.get(step.session, draw_id)
    leader = step.person()
    waiting = [row for row in exceptions_of(step, draw) if not row.approved]
    for asker in {row.requester_id for row in waiting} | {draw.settings.get("set_by")}:
        refuse_self_approval(asker, leader, "例外事项", "J11 W9", step.pack)
    decided = ask.decision(step.answers, clause=cite("J11 W9", step.pack))
    if decided["decision"] != "approve":
        return decided
    names = pool_of(step, draw).names
    for row in waiting:
        row.approved, row.approver_id = True, leader.id
        asker = step.session.get_one(Person, row.requester_id)
        words = f"{row.reason_code}：{row.explanation}"
        record_break(step, "cap.per_year", names[row.object_id], words, leader, requester=asker)
    size = int(draw.settings["team_size"])
    rule = step.rules["team.nominal"]
    if size < int(rule.value) and size != draw.settings.get("approved_size"):
        asker = step.session.get_one(Person, int(draw.settings["set_by"]))
        record_break(
            step, rule, f"抽取 {draw.id}", str(draw.settings["principle_reason"]), leader, requester=asker
        )
        draw.settings = {**draw.settings, "approved_size": size}
    if share.departs(draw, step.rules):
        asker = step.session.get_one(Person, int(draw.settings["set_by"]))
        way, why = share.way_of(draw, step.rules), str(draw.settings["typed_reason"])
        if draw.settings.get("approved_way") != way:
            record_break(step, "draw.shares", f"抽取 {draw.id}", why, leader, requester=asker)
            draw.settings = {**draw.settings, "approved_way": way}
    return decided


@operation("draw.resolve_shortage", clause="J16 W11", gives=("shortage",))
def resolve_shortage(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """处理人员不足: other groups, or no draw now."""
    draw = store.get(step.session, draw_id)
    draw.reason = ask.required(step.answers, "reason", "说明", clause=cite("J16 W11", step.pack))
    return {"shortage": "regroup" if ask.text(step.answers, "shortage") == "regroup" else "abandon"}


@operation("draw.abandon", clause="J12 W9", gives=("draw_outcome",))
def abandon(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """放弃本次抽取 before anything was drawn: registries open again, the number goes to the next draw."""
    draw = store.get(step.session, draw_id)
    draw.state, draw.round = "abandoned", -draw.serial
    draw.reason = draw.reason or "见证人未按时到场"
    link.revoke(step.session, draw, step.actor)
    store.clear(draw)
    store.log(step.session, draw, "draw.abandon", step.actor)
    _unlock(step, draw)
    return {"draw_outcome": "failed"}


@operation("draw.fail", clause="J12")
def fail(step: Step, *, draw_id: str) -> None:
    """记录抽取失败: the transcript names the places nobody could fill; registries open again."""
    _unlock(step, store.get(step.session, draw_id))


@operation("draw.void", clause="J12 W9", gives=("draw_outcome",))
def void(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """作废本次抽取: the draw keeps its number and stays visible; registries open again."""
    draw = store.get(step.session, draw_id)
    store.void(step, draw, str(draw.settings.get("void_reason") or "ordered"))
    for row in [*draw.objects, *draw.people]:
        step.session.delete(row)
    draw.objects.clear()
    draw.people.clear()
    _unlock(step, draw)
    return {"draw_outcome": "void"}


@operation("draw.finish", clause="J12 W9", gives=("draw_outcome",))
def finish(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """解锁名录库: both have signed the record, the inspections may begin."""
    draw = store.get(step.session, draw_id)
    if draw.operator_signed_at is None or draw.witness_signed_at is None:
        raise Refused(
            "抽取记录须由抽取人和见证人共同签署。", clause=cite("J12", step.pack), slug="not-signed"
        )
    for task in tasks_of(step.session, draw.plan_id, draw.batch):
        task.state = "drawn"
    _unlock(step, draw)
    store.log(step.session, draw, "draw.signed", step.actor)
    return {"draw_outcome": "drawn"}


def _unlock(step: Step, draw: Draw) -> None:
    release(step.session, draw.id)
