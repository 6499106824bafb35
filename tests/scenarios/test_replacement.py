"""替换检查对象: what was drawn is gone before the visit; the next ticket follows, nobody's choice.

吉 第十一条、第十二条；舞 第九条：全程留痕、责任可追溯。
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from engine.domain import archive, ceremony, replacement
from engine.domain.draw.verify import verify
from engine.domain.inspection.tables import Inspection
from engine.domain.registry import RegistryObject
from engine.errors import Refused
from tests.preamble import preamble
from tests.scenario import Case
from tests.scenarios import acts, test_draw
from tests.scenarios.test_inspection import refused, related


@preamble
def drawn(scene: Any) -> tuple[Case, str]:
    """A plan whose one object was drawn, and the object's code."""
    case = acts.draws(test_draw.opened(scene, ratio=1))
    return case, codes(scene, case)[0]


def codes(scene: Any, case: Case) -> list[str]:
    """Codes of the drawn objects that are still to be visited."""

    def find(session: Any) -> list[str]:
        draw = ceremony.rounds_of(session, case.data()["plan_id"], 1)[-1]
        return [
            session.get(RegistryObject, row.object_id).code for row in draw.objects if row.state == "drawn"
        ]

    return scene.read(find)


def asks(case: Case, code: str, **more: Any) -> Case:
    """The section reports that a drawn object is gone."""
    answers = {
        "object_code": code,
        "reason_code": "closed",
        "explanation": "机构已注销",
        "proof": [acts.PAPER],
        **more,
    }
    return case.sets_off("plan.replace_object", by=acts.DRAFTER, **answers)


def test_the_next_ticket_of_the_stratum_is_visited_instead(jilin):
    case, gone = drawn(jilin)
    draw = test_draw.draw_of(case)
    (stratum,) = draw.document["strata"]
    reserve = draw.events[2]["body"]["reserve"][stratum]
    asks(case, gone)
    case.expects("审批替换检查对象", role="分管领导")
    case.completes("审批替换检查对象", by=acts.LEADER, decision="approve")
    draw = test_draw.draw_of(case)
    body = draw.events[-1]["body"]
    assert (draw.events[-1]["type"], body["object"], body["reason"]) == ("replace", gone, "closed")
    assert body["in"] == next(code for code in reserve if code not in body["skipped"])
    assert codes(jilin, case) == [body["in"]]
    assert verify(ceremony.transcript_of(draw).as_json(), roster=draw.roster).ok
    old, new = jilin.read(lambda session: session.query(Inspection).order_by(Inspection.id).all())
    assert (old.state, old.cancel_reason) == ("cancelled", "已关闭、注销或者终止协议：机构已注销")
    assert (new.state, new.group_no) == ("preparing", old.group_no)
    acts.goes_to_the_end(jilin.cases("inspection")[-1])
    draw = test_draw.draw_of(case)
    file = jilin.read(lambda session: archive.documents(session, archive.of(session, new.id).id))
    kept = next(each for each in file if each.path.endswith("-draw.json"))
    assert draw.roster in kept.content, "the file keeps the minutes of the draw"
    assert draw.events[-2]["hash"] in kept.content, "the record as it stood when the file was sealed"
    assert draw.published_at is not None
    assert draw.events[-1]["type"] == "close"
    assert case.state() == "completed"


def test_the_name_of_the_proof_stays_in_the_file(jilin):
    """A clinic may have closed because its doctor is ill: the record has the hash of the proof, not its name."""
    case, gone = drawn(jilin)
    asks(case, gone, proof=["负责人病故证明.pdf"])
    case.completes("审批替换检查对象", by=acts.LEADER, decision="approve")
    body = test_draw.draw_of(case).events[-1]["body"]
    assert [each["name"] for each in body["evidence"]] == ["proof-01"]


def test_the_record_waits_for_the_visit_of_the_object_that_followed(jilin):
    """The old visit is over, the new one is ahead: publishing now would warn who is visited next."""
    case, gone = drawn(jilin)
    asks(case, gone)
    case.completes("审批替换检查对象", by=acts.LEADER, decision="approve")
    assert test_draw.draw_of(case).published_at is None


def test_who_has_an_interest_in_an_object_does_not_approve_that_it_goes(jilin):
    """吉 第十三条: a leader in charge who is related to the object does not call its visit off."""
    case, gone = drawn(jilin)
    asks(case, gone)
    related(jilin, acts.LEADER, test_draw.object_id(jilin, gone))
    refused("conflict-of-interest", case.completes, "审批替换检查对象", by=acts.LEADER, decision="approve")
    assert codes(jilin, case) == [gone]


def test_the_leader_does_not_agree_and_the_visit_stays(jilin):
    case, gone = drawn(jilin)
    asks(case, gone)
    with pytest.raises(Refused) as fault:
        asks(case, gone)
    assert fault.value.slug == "replace-pending"
    case.completes("审批替换检查对象", by=acts.LEADER, decision="return", reason="仍在营业")
    assert codes(jilin, case) == [gone]


@pytest.mark.parametrize(
    ("answers", "slug"),
    [
        ({"object_code": "H999"}, "not-drawn"),
        ({"proof": []}, "proof-missing"),
        ({"reason_code": "far"}, "replace-reason"),
    ],
)
def test_a_request_without_ground_is_refused_by_name(jilin, answers, slug):
    case, gone = drawn(jilin)
    with pytest.raises(Refused) as fault:
        asks(case, gone, **answers)
    assert fault.value.slug == slug


def test_after_the_arrival_nothing_is_replaced(jilin):
    case, gone = drawn(jilin)
    jilin.cases("inspection")[0].goes_on(until="按清单逐项检查")
    with pytest.raises(Refused) as fault:
        asks(case, gone)
    assert fault.value.slug == "replace-after-arrival"


def test_what_a_platform_drew_is_called_off_not_replaced(wugang):
    case = acts.locks(test_draw.opened(wugang), size=4)
    case.completes("导入平台抽取结果", by=acts.DRAFTER, **test_draw.platform_result(wugang))
    case.completes("核对平台抽取结果", by=acts.WITNESS, decision="agree")
    acts.signs(case)
    gone, other = codes(wugang, case)
    asks(case, gone, reason_code="merged")
    case.completes("审批替换检查对象", by=acts.LEADER, decision="approve")
    assert codes(wugang, case) == [other]
    assert test_draw.draw_of(case).events[-1]["type"] == "import"


def test_the_database_refuses_who_approves_their_own_request(jilin):
    case, gone = drawn(jilin)
    asks(case, gone)

    def own(session: Any) -> None:
        row = session.query(replacement.ObjectReplacement).one()
        row.approver_id, row.decision = row.requester_id, "approve"

    with pytest.raises(IntegrityError, match="self_approval"):
        jilin.does(own)
