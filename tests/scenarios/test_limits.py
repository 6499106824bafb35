"""Where one answer more or less decides: rights told, the hour of the record, one dissent, another bureau's place."""

from __future__ import annotations

from engine.domain import feedback
from engine.operation import Step, call
from tests.engine.year_samples import Notes
from tests.scenarios import inspections as told
from tests.scenarios.test_inspection import refused


def test_rights_and_duties_are_told_before_the_check(jilin):
    """吉 第十八条: 告知检查要求和权利义务."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.approved(jilin, case, inspection_id)
    shown = [number for number, _ in told.members(jilin, inspection_id)]
    answers = {"certificates": shown, "received_by": "刘掌柜", "rights_told": False}
    form = refused("form-invalid", case.completes, "出示执法证件并告知权利义务", **answers)
    assert "rights_told" in form.fields

    def arrives(session):
        """The verb itself, past the form."""
        case_ = {"release_id": 1, "instance_id": 1, "case_id": case.id, "process": "inspection"}
        words = {"element": "arrive", "name": "", "clause": "J18", "actor": None}
        step = Step(session=session, machine=Notes(), bureau_id=jilin.bureau, pack="jilin", answers=answers,
                    data={"inspection_id": inspection_id}, **case_, **words)  # fmt: skip
        call("inspection.arrive", step, {})

    refused("certificates-not-shown", jilin.does, arrives)


def test_a_record_is_not_dated_ahead(jilin):
    """吉 第二十条: 及时、准确."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    case.completes("按清单逐项检查", findings=told.found(told.chosen(jilin, inspection_id)))
    case.completes("收集证据", none="yes")
    ahead = told.record(jilin, started_at="2026-05-01T09:00", ended_at="2026-05-01T10:00")
    refused("future-time", case.completes, "制作现场检查记录", **ahead)


def test_one_dissent_in_jilin_goes_to_the_bureau(jilin):
    """吉 第二十二条: 达成一致共识; two against one are no consensus."""
    case, inspection_id = told.begins(jilin, jilin.bureau, people=3)
    told.recorded(jilin, case, inspection_id)
    case.completes("讨论检查情况", opinion="建议责令改正")
    *_, last = told.members(jilin, inspection_id)
    who = last[1]
    case.completes("成员表态", by=who, seat=told.seat(jilin, who), decision="disagree", reason="证据不足")
    case.all_complete("成员表态", decision="agree")
    case.expects("本局决定分歧意见", role="分管领导")
    assert not jilin.read(lambda s: feedback.latest(s, inspection_id)).settled


def test_a_problem_of_another_place_is_advised_to_the_local_bureau(jilin):
    """吉 第二十三条: 统筹区属地管理, a hard rule; without it another way needs a reason only."""
    case, inspection_id = told.begins(jilin, jilin.province, local=False)
    told.fed_back(jilin, case, inspection_id, **told.PENDING)
    refused("local-handling", case.completes, "提出处理意见", kind="filing", opinion="立案查处")
