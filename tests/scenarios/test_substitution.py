"""人员调换.

吉 第十三条：因岗位调整、工作冲突、健康状况、执法回避等原因无法参加现场检查的，
可以由分管领导审批，在符合条件的执法人员中进行调换。
"""

from __future__ import annotations

import re
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.desk import draw as desk
from engine.desk.sheet import sheet
from engine.domain import ceremony
from engine.domain.ceremony import findings, store
from engine.domain.document.outcome_facts import outcome_documents
from engine.domain.draw.aftermath import candidates_for
from engine.domain.draw.verify import verify
from engine.domain.inspection.licence import reread_licences
from engine.domain.inspection.team import team
from engine.domain.notice import Notice
from engine.domain.pack import parameters
from engine.domain.registry import Inspector, inspectors_of
from engine.domain.substitution import Substitution, refuse_reason, reinforcement, shown
from engine.domain.substitution.tables import Reinforcement
from engine.errors import Refused
from engine.people import Person
from engine.runtime.tables import Instance, WorkItem
from engine.storage.files import StoredFile
from tests.preamble import preamble
from tests.scenario import Case
from tests.scenarios import acts, test_draw
from tests.scenarios.test_inspection import refused
from web.app import create_app


@preamble
def inspecting(scene: Any) -> Case:
    """One object drawn, its inspection begun."""
    acts.draws(test_draw.opened(scene, ratio=1))
    return scene.cases("inspection")[0]


def members(case: Case) -> list[Any]:
    """The team now."""
    return case.scenario.read(lambda session: team(session, case.data()["inspection_id"]))


def asks(case: Case, *, code: str = "work_clash", **more: Any) -> Any:
    """A member cannot come; the section files the request."""
    out = members(case)[0]
    case.sets_off(
        "inspection.recusal", by=acts.DRAFTER, member=str(out.id), applicant=out.name, reason="工作冲突"
    )
    case.completes(
        "申请调换", by=acts.DRAFTER, member=str(out.id), reason_code=code, proof=[acts.PAPER], **more
    )
    return out


def last(case: Case) -> Substitution:
    """The substitution that was asked for."""
    return case.scenario.read(
        lambda session: session.query(Substitution).order_by(Substitution.id.desc()).first()
    )


def test_the_next_ticket_serves_before_a_witness(jilin):
    case = inspecting(jilin)
    out = asks(case)
    case.expects("审批调换", role="分管领导")
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.completes("见证递补", by=acts.WITNESS, decision="return", reason="请说明跳过理由")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.completes("见证递补", by=acts.WITNESS, decision="approve")
    assert last(case).outcome == "replaced"
    now = members(case)
    assert out.inspector_id not in {member.inspector_id for member in now}
    assert len(now) == 2
    draw = jilin.read(lambda session: ceremony.get(session, last(case).draw_id))
    assert draw.events[-1]["type"] == "sub"
    assert verify(ceremony.transcript_of(draw).as_json(), roster=draw.roster).ok


def heard(case: Case) -> set[tuple[str, str]]:
    """Who read what of swaps, once the worker has been round."""

    def read(session: Any) -> set[tuple[str, str]]:
        query = select(Person.name, Notice.title).join(Person, Person.id == Notice.person_id)
        return {(name, title) for name, title in session.execute(query.where(Notice.kind == "decided"))}

    return case.scenario.read(read)


def test_who_leaves_who_comes_and_who_asked_are_told(jilin):
    case = inspecting(jilin)
    out = asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    assert heard(case) == set()  # nothing is settled before the witness
    case.completes("见证递补", by=acts.WITNESS, decision="approve")
    come = jilin.read(lambda session: session.get_one(Inspector, last(case).inspector_in_id).name)
    assert heard(case) == {
        (out.name, "你已调出检查组"),
        (come, "你已调入检查组"),
        (acts.DRAFTER, f"人员调换办完：{out.name}换为{come}"),
    }


def test_a_refused_swap_is_told_to_who_asked_and_to_who_stays(jilin):
    case = inspecting(jilin)
    out = asks(case, code="post_change")
    case.completes("审批调换", by=acts.LEADER, decision="reject", reason="理由不充分")
    title = f"调换申请没有同意，{out.name}仍在检查组"
    assert heard(case) == {(acts.DRAFTER, title), (out.name, title)}


def test_what_is_published_names_the_article_never_an_illness_or_a_family(jilin):
    """The details, and the names of the files that prove them, stay in the case file."""
    case = inspecting(jilin)
    out = members(case)[0]
    case.sets_off(
        "inspection.recusal", by=acts.DRAFTER, member=str(out.id), applicant=out.name, reason="住院"
    )
    proof = [hands_in(jilin, "a" * 32, "某某住院病历.pdf")]
    case.completes(
        "申请调换", by=acts.DRAFTER, member=str(out.id), reason_code="health", detail="心脏手术", proof=proof
    )
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    candidate = jilin.read(lambda session: first_candidate(session, last(case)))
    skipped = [
        {
            "candidate": candidate,
            "absence": "unavailable",
            "proof": [hands_in(jilin, "b" * 32, "其母病危.pdf")],
        }
    ]
    case.completes("确认递补人选", by=acts.DRAFTER, absent=skipped)
    case.completes("见证递补", by=acts.WITNESS, decision="approve")
    draw = jilin.read(lambda session: ceremony.get(session, last(case).draw_id))
    body = draw.events[-1]["body"]
    assert (body["reason"], [each["name"] for each in body["evidence"]]) == ("unavailable", ["proof-01"])
    assert [each["name"] for each in body["absent"][0]["evidence"]] == ["proof-01"]
    assert verify(ceremony.transcript_of(draw).as_json(), roster=draw.roster).ok

    def published(session: Any) -> str:
        row = ceremony.get(session, draw.id)
        store.close(session, row)
        row.published_at = row.opened_at
        seen = desk.view(session, row, public=True)
        return f"{desk.transcript(row)} {seen.events} {seen.alarms} {seen.draw.reason}"

    shown = jilin.does(published)
    assert "吉医保发〔2021〕30号第十三条" in shown
    assert not [word for word in ("住院", "心脏", "病", "health", "family", out.name) if word in shown]
    assert last(case).proof[0]["name"] == "某某住院病历.pdf"


TYPED = ("因病住院化疗", "其母病危须陪护", "配偶待产", "某某住院病历.pdf", "其母病危.pdf")


def test_no_page_and_no_file_for_the_public_holds_a_reason_that_somebody_typed(jilin):
    """Every public address is asked, links followed, after the whole record is public: the article stands there, no more."""
    case = inspecting(jilin)
    out = members(case)[0]
    case.sets_off(
        "inspection.recusal", by=acts.DRAFTER, member=str(out.id), applicant=out.name, reason=TYPED[0]
    )
    case.completes(
        "申请调换",
        by=acts.DRAFTER,
        member=str(out.id),
        reason_code="health",
        detail=TYPED[0],
        proof=[hands_in(jilin, "a" * 32, TYPED[3])],
    )
    case.completes("审批调换", by=acts.LEADER, decision="approve", reason=TYPED[2])
    candidate = jilin.read(lambda session: first_candidate(session, last(case)))
    paper = hands_in(jilin, "b" * 32, TYPED[4])
    case.completes(
        "确认递补人选",
        by=acts.DRAFTER,
        absent=[{"candidate": candidate, "absence": "unavailable", "proof": [paper]}],
    )
    case.completes("见证递补", by=acts.WITNESS, decision="approve")

    def opened(session: Any) -> str:
        row = ceremony.get(session, last(case).draw_id)
        row.reason = TYPED[1]  # what a shortage, an objection or a void has left there
        store.close(session, row)
        row.published_at = row.opened_at
        return str(row.id)

    number = jilin.does(opened)
    seen = everything_public(jilin)
    assert f"/public/draws/{number}" in seen
    assert f"/public/draws/{number}/transcript.json" in seen
    assert "第十三条" in seen[f"/public/draws/{number}"]
    for address, text_of in seen.items():
        told = [word for word in (*TYPED, "化疗", "病危", "健康状况", "health", out.name) if word in text_of]
        assert not told, f"{address}: {told}"
    sheet_of = jilin.read(lambda session: outcome_documents(session, case.data()["inspection_id"]))
    assert sheet_of["substitution"]["explanation"] == TYPED[0]  # the file keeps it


def everything_public(scene: Any) -> dict[str, str]:
    """Address → text of all that a stranger can reach from the public start page."""
    app = create_app(scene.world)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=True)
    client, seen = app.test_client(), {}
    waiting = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/public") and not rule.arguments and "GET" in rule.methods
    ]
    with clock.fixed(scene.rehearsal.now):
        while waiting:
            address = waiting.pop()
            if address not in seen:
                answer = client.get(address)
                assert answer.status_code == 200, address
                seen[address] = answer.get_data(as_text=True)
                found = re.findall(r'href="(/public[^"#?]*)"', seen[address])
                waiting += [each for each in found if each not in seen]
    return seen


def hands_in(scene: Any, number: str, name: str) -> str:
    """A file of the store under its own name."""
    row = StoredFile(
        id=number, sha256=number * 2, size=1, name=name, type="application/pdf", bureau_id=scene.bureau
    )
    scene.does(lambda session: session.add(row))
    return number


def first_candidate(session: Any, row: Substitution) -> str:
    """The alias of the candidate who is asked first."""
    draw = ceremony.get(session, row.draw_id)
    (place,) = [each for each in draw.people if each.inspector_id == row.inspector_out_id]
    found = candidates_for(
        ceremony.transcript_of(draw), ceremony.document_of(draw), place.group_id, place.role_index
    )
    return found[0].id


def test_an_approval_lapses_when_the_proof_or_the_candidates_change(jilin):
    """The leader has agreed to this vacancy with this proof and these candidates, to nothing else."""
    case = inspecting(jilin)
    asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    number = last(case).id

    def other_proof(session: Any) -> None:
        session.get(Substitution, number).proof = [{"name": "另一份证明", "sha256": "0" * 64}]

    jilin.does(other_proof)
    with pytest.raises(Refused) as fault:
        case.completes("见证递补", by=acts.WITNESS, decision="approve")
    assert fault.value.slug == "approval-lapsed"
    case.completes("见证递补", by=acts.WITNESS, decision="return", reason="证明材料已换")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.expects("审批调换", role="分管领导")
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.completes("见证递补", by=acts.WITNESS, decision="approve")
    assert last(case).outcome == "replaced"


def test_a_substitution_is_not_approved(jilin):
    case = inspecting(jilin)
    out = asks(case, code="post_change")
    with pytest.raises(Refused):
        case.completes("审批调换", by=acts.DRAFTER, decision="approve")
    case.completes("审批调换", by=acts.LEADER, decision="reject", reason="理由不充分")
    assert last(case).outcome == "declined"
    assert out.inspector_id in {member.inspector_id for member in members(case)}


def test_the_leader_sends_a_request_back_and_nothing_is_typed_twice(jilin):
    case = inspecting(jilin)
    out = asks(case, code="health", detail="住院")
    case.completes("审批调换", by=acts.LEADER, decision="return", reason="请附住院证明")
    first = last(case)
    assert (first.decision, first.outcome) == ("return", "returned")
    shown = prefilled(case, "申请调换")
    assert ("退回意见", "请附住院证明") in shown["facts"]
    assert shown["defaults"] == {"member": str(out.id), "reason_code": "health", "detail": "住院"}
    case.completes("申请调换", by=acts.DRAFTER, member=str(out.id), reason_code="health", proof=[acts.PAPER])
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    assert last(case).id != first.id
    assert [label for label, _ in history(jilin, last(case))] == [out.name, "本次抽取", "本机构"]
    assert (
        "一年内第 2 次申请调换；此前：03-02 健康状况（退回补充）"
        in dict(history(jilin, last(case)))[out.name]
    )


def history(scene, row):
    """What the leader reads of earlier substitutions."""
    return scene.read(lambda session: shown.history(session, session.get(Substitution, row.id)))


def prefilled(case: Case, step: str, by: str = acts.DRAFTER):
    """What a form shows besides its fields."""
    item = case.expects(step)

    def look(session: Any) -> Any:
        actor = session.query(Person).filter_by(name=by).one()
        return sheet(session, actor, session.get(WorkItem, item.id)).shown

    return case.scenario.read(look)


def test_the_inspected_party_applies_with_its_paper_and_the_section_need_not_type_it_again(jilin):
    """吉 第十三条, 行政处罚法: the party may ask that an inspector steps aside."""
    case = inspecting(jilin)
    out = members(case)[0]
    given = {
        "member": str(out.id),
        "asked_by": "object",
        "applicant": "某某村卫生室",
        "relation": "requested",
        "reason": "检查人员与本单位有诉讼",
    }
    with pytest.raises(Refused) as no:
        case.sets_off("inspection.recusal", by=acts.DRAFTER, **given)
    assert no.value.slug == "proof-missing"
    case.sets_off("inspection.recusal", by=acts.DRAFTER, proof=[acts.PAPER], **given)
    told = prefilled(case, "申请调换")
    assert ("申请人", "被检查对象：某某村卫生室") in told["facts"]
    assert told["defaults"]["reason_code"] == "recusal"
    case.completes("申请调换", by=acts.DRAFTER, member=str(out.id), reason_code="recusal", proof=[acts.PAPER])
    facts = prefilled(case, "审批调换", acts.LEADER)["facts"]
    assert ("申请人", "被检查对象：某某村卫生室") in facts
    assert ("候补", "审批人不选人") not in facts
    assert any(label == "候补" and "由系统补出" in value for label, value in facts)


def test_an_approved_swap_moves_all_open_tasks_of_the_group(jilin):
    """Who steps out finds nothing of the case any more; who comes in finds all of it."""
    case = inspecting(jilin)
    case.goes_on(until="填写行政检查审批表")
    out = asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.completes("见证递补", by=acts.WITNESS, decision="approve")

    def pools_of_open(session: Any) -> set[str]:
        query = session.query(WorkItem).filter_by(case_id=case.id, state="open")
        return {item.pool for item in query}

    assert f"person/{out.person_id}" not in jilin.read(pools_of_open)
    arrived_now = next(m for m in members(case) if m.source == "substitute")
    stays = next(m for m in members(case) if m.source != "substitute")
    case.completes("重新确定组长", by=acts.DRAFTER, leader=str(stays.id), reason="原组长已调换")
    case.expects("新成员承诺与声明")
    assert f"person/{arrived_now.person_id}" in jilin.read(pools_of_open)


def on_site(scene):
    """A team that has arrived."""
    case = inspecting(scene)
    case.goes_on(until="按清单逐项检查")
    return case


def one_more(case: Case) -> dict[str, Any]:
    """A request for one more inspector, as the form offers it."""

    def first(session: Any) -> str:
        step = SimpleNamespace(session=session, pack="jilin")
        return str(reinforcement.able(step, case.data()["inspection_id"])[0].id)

    return {"inspector": case.scenario.read(first), "reason": "现场资料多，人手不足"}


def test_on_site_somebody_is_added_and_nobody_leaves(jilin):
    """吉 第十三条: after the arrival only additional persons."""
    case = inspecting(jilin)
    with pytest.raises(Refused) as early:
        case.sets_off("inspection.reinforcement", by=acts.DRAFTER, **one_more(case))
    assert early.value.slug == "not-arrived"
    case.goes_on(until="按清单逐项检查")
    before = [member.name for member in members(case)]
    with pytest.raises(Refused) as unfit:
        case.sets_off("inspection.reinforcement", by=acts.DRAFTER, inspector="0", reason="人手不足")
    assert unfit.value.slug == "reinforcement-unfit"
    case.sets_off("inspection.reinforcement", by=acts.DRAFTER, **one_more(case))
    case.expects("审批补充检查人员", role="分管领导")
    case.completes("审批补充检查人员", by=acts.LEADER, decision="approve")
    case.completes("补充人员承诺与声明", pledge=True, conflict="no")
    now = [member.name for member in members(case)]
    assert now[: len(before)] == before
    assert len(now) == len(before) + 1
    case.expects_nothing("补充人员承诺与声明")


def test_one_more_inspector_may_be_refused(jilin):
    case = on_site(jilin)
    case.sets_off("inspection.reinforcement", by=acts.DRAFTER, **one_more(case))
    case.completes("审批补充检查人员", by=acts.LEADER, decision="return", reason="现有人员足够")
    case.expects_nothing("补充人员承诺与声明")
    assert len(members(case)) == 2


@pytest.mark.parametrize(
    "change",
    [
        "update reinforcement set approver_id = requester_id, decision = 'approve'",
        "update reinforcement set joined_at = '2026-03-03 00:00:00'",
        "update reinforcement set decision = 'approve'",
        "update reinforcement set reason = ''",
        "update substitution_application set asked_by = 'stranger'",
        "update substitution_application set reason = ''",
    ],
)
def test_the_database_holds_the_rules_of_applications(jilin, change):
    case = inspecting(jilin)
    out = members(case)[0]
    case.sets_off("inspection.recusal", by=acts.DRAFTER, member=str(out.id), applicant="", reason="工作冲突")
    inspection_id = case.data()["inspection_id"]

    def add(session: Any) -> None:
        who = session.query(Person).filter_by(name=acts.DRAFTER).one()
        session.add(
            Reinforcement(
                inspection_id=inspection_id, inspector_id=out.inspector_id, reason="x", requester_id=who.id
            )
        )

    jilin.does(add)
    with pytest.raises(IntegrityError), jilin.world.database.transaction() as session:
        session.execute(text(change))


def test_a_reason_needs_its_proof_and_other_its_words(jilin):
    case = inspecting(jilin)
    out = members(case)[0]
    case.sets_off(
        "inspection.recusal", by=acts.DRAFTER, member=str(out.id), applicant=out.name, reason="冲突"
    )
    answers = {"member": str(out.id), "reason_code": "other"}
    with pytest.raises(Refused) as fault:
        case.completes("申请调换", by=acts.DRAFTER, proof=[acts.PAPER], detail="", **answers)
    assert fault.value.slug == "reason-needed"
    with pytest.raises(Refused) as fault:
        refuse_reason("health", "住院", [], parameters("jilin"))
    assert fault.value.slug == "proof-missing"


def nobody_comes(case: Case) -> Case:
    """Every candidate is away, each with proof."""
    asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    row = last(case)

    def candidates(session: Any) -> list[str]:
        from engine.domain.draw.aftermath import candidates_for  # noqa: PLC0415

        draw = ceremony.get(session, row.draw_id)
        place = next(person for person in draw.people if person.inspector_id == row.inspector_out_id)
        found = candidates_for(
            ceremony.transcript_of(draw), ceremony.document_of(draw), place.group_id, place.role_index
        )
        return [candidate.id for candidate in found]

    absent = [
        {"candidate": alias, "absence": "unavailable", "proof": [acts.PAPER]}
        for alias in case.scenario.read(candidates)
    ]
    case.completes("确认递补人选", by=acts.DRAFTER, absent=absent)
    return case.completes("见证递补", by=acts.WITNESS, decision="approve")


def test_nobody_left_and_the_visit_is_postponed(jilin):
    case = nobody_comes(inspecting(jilin))
    case.expects("处置无人可替", role="分管领导")
    case.completes(
        "处置无人可替", by=acts.LEADER, vacancy="postpone", postponed_to="2026-04-01", reason="人员返岗后检查"
    )
    assert (last(case).outcome, last(case).postponed_to) == ("postponed", date(2026, 4, 1))
    assert "申请调换" not in case.open_steps(), "until that day nobody is asked again"
    case.passes(working_days=20)
    assert clock.local(jilin.rehearsal.now).date() == date(2026, 3, 30)
    assert "确认递补人选" not in case.open_steps()
    case.passes(working_days=2)
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.completes("审批调换", by=acts.LEADER, decision="approve")  # other tickets: the leader looks again
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.completes("见证递补", by=acts.WITNESS, decision="approve")
    assert last(case).outcome == "replaced"
    assert len([member for member in members(case) if member.licensed]) == 2
    draw = case.scenario.read(lambda s: store.get(s, last(case).draw_id))
    body = draw.events[-1]["body"]
    assert (body["out"], body["n"]) == ("", 2), (
        "the empty place is filled by the next ticket of those who can come"
    )
    assert verify(store.transcript_of(draw).as_json(), roster=draw.roster).ok


def test_nobody_left_and_somebody_is_borrowed_from_the_superior(jilin):
    case = nobody_comes(inspecting(jilin))
    case.completes("处置无人可替", by=acts.LEADER, vacancy="borrow", reason="请省局支援")

    def helper(session: Any) -> str:
        from engine import clock  # noqa: PLC0415

        able = [who for who in inspectors_of(session, jilin.province) if who.licensed(clock.today())]
        return next(str(who.id) for who in able if who.available(clock.today()))

    sent = {"inspector": jilin.read(helper), "document": "吉医保函〔2026〕3号"}

    def away(until: date | None) -> Any:
        def set_away(session: Any) -> None:
            who = session.get_one(Inspector, int(sent["inspector"]))
            who.unavailable_from = until and date(2026, 1, 1)
            who.unavailable_to = until

        return set_away

    jilin.does(away(date(2026, 12, 31)))
    with pytest.raises(Refused) as no:
        case.completes("向上级借调人员", by=acts.DRAFTER, **sent)
    assert no.value.fields.keys() == {"inspector"}  # who is away is not offered
    jilin.does(away(None))
    case.completes("向上级借调人员", by=acts.DRAFTER, **sent)
    assert last(case).outcome == "borrowed"
    assert len(members(case)) == 2


def test_after_the_arrival_nobody_is_swapped(jilin):
    case = inspecting(jilin)
    case.goes_on(until="按清单逐项检查")
    with pytest.raises(Refused) as fault:
        asks(case)
    assert fault.value.slug == "substitution-after-arrival"


def test_a_lost_leader_is_chosen_again(jilin):
    case = inspecting(jilin)
    case.goes_on(until="填写行政检查审批表")
    assert members(case)[0].role == "leader"
    asks(case, code="health")
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.completes("见证递补", by=acts.WITNESS, decision="approve")
    assert last(case).outcome == "leader_lost"
    case.expects("重新确定组长", role="业务科室")


def wugang_inspecting(wugang: Any) -> Case:
    """A platform's draw, its first inspection begun."""
    case = acts.locks(test_draw.opened(wugang), size=4)
    case.completes("导入平台抽取结果", by=acts.DRAFTER, **test_draw.platform_result(wugang))
    case.completes("核对平台抽取结果", by=acts.WITNESS, decision="agree")
    acts.signs(case)
    return wugang.cases("inspection")[0]


def test_wugang_the_platform_matches_again(wugang):
    case = wugang_inspecting(wugang)
    asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    serving = {member.inspector_id for member in members(case)}

    def free(session: Any) -> str:
        from engine import clock  # noqa: PLC0415
        from engine.domain.inspection.tables import Inspection  # noqa: PLC0415
        from engine.domain.registry import RegistryObject, relation_to  # noqa: PLC0415

        things = [session.get(RegistryObject, row.object_id) for row in session.query(Inspection)]
        return next(
            who.staff_no
            for who in inspectors_of(session, wugang.bureau)
            if who.id not in serving
            and who.available(clock.today())
            and who.licensed(clock.today())
            and not any(relation_to(session, who, thing) for thing in things)
        )

    number = wugang.read(free)
    case.completes(
        "导入平台重新匹配结果", by=acts.DRAFTER, serial="HN-PP-1", staff_no=number, proof=[acts.PAPER]
    )
    assert last(case).outcome == "replaced"
    draw = wugang.read(lambda session: ceremony.get(session, last(case).draw_id))
    assert (draw.events[-1]["type"], draw.events[-1]["body"]["in"]) == ("sub", number)


def test_wugang_a_substitute_against_the_registries_is_settled_by_the_leader(wugang):
    """Unknown people go back to the platform; somebody marked absent may serve for a reason, kept as evidence."""
    case = wugang_inspecting(wugang)
    asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    match = {"serial": "HN-PP-3", "proof": [acts.PAPER]}
    case.completes("导入平台重新匹配结果", by=acts.DRAFTER, staff_no="N-999", **match)
    case.expects("处理平台递补人选比对问题", role="分管领导")
    case.completes("处理平台递补人选比对问题", by=acts.LEADER, decision="return", reason="查无此人")
    serving = {member.inspector_id for member in members(case)}
    number = wugang.does(lambda session: away(session, wugang.bureau, serving))
    case.completes("导入平台重新匹配结果", by=acts.DRAFTER, staff_no=number, **match)
    case.completes("处理平台递补人选比对问题", by=acts.LEADER, **settled(case, "drop"))
    case.completes("导入平台重新匹配结果", by=acts.DRAFTER, staff_no=number, **match)
    case.completes("处理平台递补人选比对问题", by=acts.LEADER, **settled(case, "accept"))
    assert last(case).outcome == "replaced"
    body = wugang.read(lambda session: ceremony.get(session, last(case).draw_id).events[-1]["body"])
    assert body["in"] == number
    assert findings.DOCUMENT in {each["name"] for each in body["evidence"]}


def away(session: Any, bureau_id: int, serving: set[int]) -> str:
    """The staff number of somebody licensed without conflict whom the registry calls absent today."""
    from engine import clock  # noqa: PLC0415
    from engine.domain.inspection.tables import Inspection  # noqa: PLC0415
    from engine.domain.registry import RegistryObject, relation_to  # noqa: PLC0415

    things = [session.get(RegistryObject, row.object_id) for row in session.query(Inspection)]
    who = next(
        who
        for who in inspectors_of(session, bureau_id)
        if who.id not in serving
        and who.available(clock.today())
        and who.licensed(clock.today())
        and not any(relation_to(session, who, thing) for thing in things)
    )
    who.unavailable_from = who.unavailable_to = clock.today()
    return who.staff_no


def settled(case: Case, settlement: str) -> dict[str, Any]:
    """Every finding about the substitute settled alike."""
    row = last(case)
    found = case.scenario.read(lambda session: findings.of_draw(session, row.draw_id, row.id))
    lines = [{"finding": str(each.id), "settlement": settlement, "why": "已核对"} for each in found]
    return {"decision": "settle", "settlements": lines}


def test_wugang_the_platform_finds_nobody(wugang):
    case = wugang_inspecting(wugang)
    asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    case.completes("导入平台重新匹配结果", by=acts.DRAFTER, serial="HN-PP-2", nobody=True, proof=[acts.PAPER])
    case.completes(
        "处置无人可替", by=acts.LEADER, vacancy="postpone", postponed_to="2026-04-10", reason="平台无人可匹配"
    )
    assert last(case).outcome == "postponed"
    case.passes(working_days=28)
    case.completes("导入平台重新匹配结果", by=acts.DRAFTER, serial="HN-PP-3", nobody=True, proof=[acts.PAPER])
    case.expects("处置无人可替")


def revokes(scene: Any, inspector_ids: set[int]) -> None:
    """The certificates of drawn inspectors are revoked in the registry."""

    def work(session: Any) -> None:
        for number in inspector_ids:
            for certificate in session.get(Inspector, number).certificates:
                certificate.state = "revoked"

    scene.does(work)


def test_a_drawn_substitute_who_lost_the_certificate_leaves_too_few_licensed(jilin):
    """吉 第十六条, 行政处罚法: the next ticket serves only where two licensed people remain; nothing has changed."""
    case = inspecting(jilin)
    out = asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    before = {member.inspector_id for member in members(case)}
    first = jilin.read(lambda session: next_ticket(session, last(case)))
    revokes(jilin, {first})
    no = refused("too-few-licensed", case.completes, "见证递补", by=acts.WITNESS, decision="approve")
    assert "不得少于 2 人" in str(no)
    assert {member.inspector_id for member in members(case)} == before
    assert out.inspector_id in before


def next_ticket(session: Any, row: Substitution) -> int:
    """Whose turn it is by the record of the draw."""
    draw = ceremony.get(session, row.draw_id)
    transcript, document = ceremony.transcript_of(draw), store.document_of(draw)
    seat = next(each for each in draw.people if each.inspector_id == row.inspector_out_id)
    alias = candidates_for(transcript, document, seat.group_id, seat.role_index)[0].id
    number = draw.aliases[alias]
    return session.scalars(select(Inspector.id).where(Inspector.staff_no == number)).one()


def test_wugang_a_platform_substitute_never_leaves_fewer_than_two_licensed(wugang):
    """舞 第十一条 检查人员不得少于2人: 日常监管人员 may be matched, but never in place of the second licensed one."""
    case = wugang_inspecting(wugang)
    asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    serving = members(case)
    number = wugang.does(
        lambda session: unlicensed(session, wugang.bureau, {m.inspector_id for m in serving})
    )
    rest = {member.inspector_id for member in serving if member.inspector_id != last(case).inspector_out_id}
    keeps = next(iter(rest))
    revokes(wugang, rest - {keeps})
    wugang.does(lambda session: rereads(session, case))
    match = {"serial": "HN-PP-9", "proof": [acts.PAPER], "staff_no": number}
    refused("too-few-licensed", case.completes, "导入平台重新匹配结果", by=acts.DRAFTER, **match)
    assert {member.inspector_id for member in members(case)} == {m.inspector_id for m in serving}


def unlicensed(session: Any, bureau_id: int, serving: set[int]) -> str:
    """The staff number of somebody who is free and without 利害关系, but has no certificate any more."""
    number = away(session, bureau_id, serving)
    who = session.scalars(
        select(Inspector).where(Inspector.staff_no == number, Inspector.bureau_id == bureau_id)
    ).one()
    who.unavailable_from = who.unavailable_to = None
    for certificate in who.certificates:
        certificate.state = "revoked"
    return number


def rereads(session: Any, case: Case) -> None:
    """The team takes note of the certificates that its members have today."""
    reread_licences(session, team(session, case_inspection(session, case)), clock.today())


def case_inspection(session: Any, case: Case) -> int:
    """The inspection of a case."""
    return int(session.get(Instance, case.id).data["inspection_id"])
