"""线索个案.

吉 第九条：不执行“双随机、一公开”办理程序……立即实施检查、处置；
舞 第七条：不采取“双随机”方式，但检查结果也要依法公开。
"""

from __future__ import annotations

from typing import Any

import pytest

from engine import clock
from engine.domain import lead
from engine.domain.inspection.team import team
from engine.domain.registry import inspectors_of, object_by_code, relation_to
from engine.domain.substitution import Substitution
from engine.errors import Refused
from tests.scenario import Case
from tests.scenarios import acts
from tests.scenarios.test_inspection import refused, related

SOURCE = {
    "source_kind": "complaint",
    "source_document": "12345 热线工单 2026-0301",
    "summary": "反映虚假住院",
}


def verified(scene: Any) -> Case:
    """A complaint about one institution, verified."""
    case = acts.opens_lead(scene)
    case.completes("登记线索", by=acts.KEEPER, **SOURCE)
    code = acts.object_codes(scene, scene.bureau)[0]
    return case.completes(
        "核实线索", by=acts.KEEPER, verdict="specific", object_code=code, finding="线索具体"
    )


def able(scene: Any, *, licensed: int = 2, number: int = 2) -> list[str]:
    """People who may go: so many with and so many without a licence."""
    code = acts.object_codes(scene, scene.bureau)[0]

    def find(session: Any) -> list[str]:
        today, thing = clock.today(), object_by_code(session, scene.bureau, code)
        free = [who for who in inspectors_of(session, scene.bureau) if who.available(today)]
        free = [who for who in free if not relation_to(session, who, thing)]
        with_, without = (
            [str(who.id) for who in free if who.licensed(today)],
            [str(who.id) for who in free if not who.licensed(today)],
        )
        return with_[:licensed] + without[: number - licensed]

    return scene.read(find)


def test_a_complaint_about_an_institution_is_inspected_at_once(jilin):
    case = verified(jilin)
    case.expects("审批线索检查", role="分管领导")
    case.completes("审批线索检查", by=acts.LEADER, decision="return", reason="请补充材料")
    code = acts.object_codes(jilin, jilin.bureau)[0]
    case.completes("核实线索", by=acts.KEEPER, verdict="specific", object_code=code, finding="已补充材料")
    case.completes("审批线索检查", by=acts.LEADER, decision="approve")
    with pytest.raises(Refused) as fault:
        case.completes("指派检查人员", by=acts.KEEPER, inspectors=able(jilin, licensed=1), reason="熟悉业务")
    assert fault.value.slug == "too-few-licensed"
    case.completes("指派检查人员", by=acts.KEEPER, inspectors=able(jilin), reason="熟悉业务")
    acts.goes_to_the_end(case)
    assert case.state() == "completed"
    row = jilin.read(lambda session: lead.get(session, case.data()["lead_id"]))
    assert (row.state, row.publication_owed) == ("done", False)


def test_wugang_owes_the_publication_of_a_leads_result(wugang):
    row = wugang.read(lambda session: lead.get(session, acts.opens_lead(wugang).data()["lead_id"]))
    assert row.publication_owed


def test_who_has_an_interest_in_the_institution_has_no_hand_in_its_lead(jilin):
    """吉 第十三条: who names the inspectors keeps away like the inspectors themselves."""
    case = verified(jilin)
    number = case.data()["lead_id"]
    thing = jilin.read(lambda s: lead.get(s, number).object_id)
    case.completes("审批线索检查", by=acts.LEADER, decision="approve")
    related(jilin, acts.KEEPER, thing)
    answers = {"by": acts.KEEPER, "inspectors": able(jilin), "reason": "专业相符"}
    refused("conflict-of-interest", case.completes, "指派检查人员", **answers)


def test_a_lead_about_nobody_in_particular_is_filed(jilin):
    case = acts.opens_lead(jilin)
    case.completes("登记线索", by=acts.KEEPER, **SOURCE)
    case.completes("核实线索", by=acts.KEEPER, verdict="general", finding="未指明具体机构")
    assert case.state() == "completed"


def test_a_drawn_object_is_not_turned_into_a_lead(jilin):
    plan_case = acts.approves(acts.drafts(acts.opens_plan(jilin), acts.task(jilin, ratio=100)))
    acts.draws(plan_case)
    case = acts.opens_lead(jilin)
    case.completes("登记线索", by=acts.KEEPER, **SOURCE)
    code = acts.object_codes(jilin, jilin.bureau)[0]
    with pytest.raises(Refused) as fault:
        case.completes("核实线索", by=acts.KEEPER, verdict="specific", object_code=code, finding="线索具体")
    assert fault.value.slug == "plan-object-as-lead"


def test_a_leads_inspector_is_replaced_by_choice_or_not_at_all(jilin):
    case = verified(jilin)
    case.completes("审批线索检查", by=acts.LEADER, decision="approve")
    case.completes("指派检查人员", by=acts.KEEPER, inspectors=able(jilin), reason="熟悉业务")
    inspection = jilin.cases("inspection")[0]
    out = jilin.read(lambda session: team(session, inspection.data()["inspection_id"]))[0]
    inspection.sets_off(
        "inspection.recusal", by=acts.DRAFTER, member=str(out.id), applicant=out.name, reason="生病"
    )
    request = {"member": str(out.id), "reason_code": "health", "proof": [acts.PAPER]}
    inspection.completes("申请调换", by=acts.DRAFTER, **request)
    inspection.completes("审批调换", by=acts.LEADER, decision="approve")
    substitute = next(each for each in able(jilin, licensed=4, number=4) if int(each) != out.inspector_id)
    substitute = able(jilin, licensed=4, number=4)[-1] if substitute in able(jilin) else substitute
    inspection.completes("指定递补人员", by=acts.DRAFTER, inspector=substitute, reason="熟悉业务")
    row = jilin.read(lambda session: session.query(Substitution).one())
    assert (row.mode, row.outcome, row.inspector_in_id) == ("manual", "replaced", int(substitute))


def test_at_once_means_by_the_next_day_or_with_a_reason(jilin):
    """吉 第九条 立即实施检查、处置: a later start says why; the reason stays with the lead."""
    case = verified(jilin)
    case.completes("审批线索检查", by=acts.LEADER, decision="approve")
    case.passes(working_days=2)
    chosen = able(jilin)
    with pytest.raises(Refused) as fault:
        case.completes("指派检查人员", by=acts.KEEPER, inspectors=chosen, reason="熟悉该机构", late_reason="")
    assert fault.value.slug == "lead-late"
    case.completes(
        "指派检查人员", by=acts.KEEPER, inspectors=chosen, reason="熟悉该机构", late_reason="等候数据比对结果"
    )
    row = jilin.read(lambda session: lead.get(session, case.data()["lead_id"]))
    assert (row.state, row.late_reason) == ("assigned", "等候数据比对结果")


def test_wugang_sets_no_such_limit(wugang):
    """舞 第七条 says nothing of «at once»: no reason is asked for."""
    case = verified(wugang)
    case.completes("审批线索检查", by=acts.LEADER, decision="approve")
    case.passes(working_days=20)
    case.completes(
        "指派检查人员", by=acts.KEEPER, inspectors=able(wugang), reason="熟悉该机构", late_reason=""
    )
    assert wugang.read(lambda session: lead.get(session, case.data()["lead_id"])).state == "assigned"


def test_the_inbox_calls_a_lead_by_its_institution_as_soon_as_that_is_known(jilin):
    """吉 第九条: 立即实施检查、处置; who decides sees at a glance about whom."""
    case = verified(jilin)
    named = jilin.read(
        lambda session: object_by_code(session, jilin.bureau, acts.object_codes(jilin, jilin.bureau)[0]).name
    )
    waits = case.expects("审批线索检查", role="分管领导")
    assert (waits.object_name, waits.title) == (named, "线索个案：投诉举报")
