"""The plan and its draw, verb by verb: what the regulation asks, and what it refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.domain import ceremony, plan
from engine.domain.draw import commitment
from engine.domain.draw.verify import verify
from engine.domain.pack import parameters
from engine.domain.registry import RegistryLock, refuse_locked
from engine.errors import Refused
from tests.engine.year_samples import Year, task

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
SEALED = {"commit_operator": commitment("220581-2026-0001", "bureau", "1" * 64)}
WITNESSED = {"decision": "agree", "commit_witness": commitment("220581-2026-0001", "witness", "2" * 64)}
OPENED = {"ceremony": "reveal", "secret_witness": "2" * 64}


@pytest.fixture(autouse=True)
def _clock():
    with clock.fixed(NOW):
        yield


def planned(session, pack="jilin", **more):
    year = Year(session, pack, **more)
    made = plan.propose(
        session,
        parameters(year.pack),
        bureau=year.bureau,
        year=2026,
        opener=year.people["drafter"],
        quarter=1,
    )
    year.data = {"plan_id": made.id}
    year.does("plan.open")
    year.does("plan.draft_section", "drafter", tasks=[task(year)])
    year.does("plan.draft_section", "second", nothing=True)
    year.does(
        "plan.compile",
        "drafter",
        compiled="submit",
        title="2026年抽查计划",
        arrangement="三月至六月",
        work_requirements="依法检查",
        discipline="廉洁自律",
    )
    year.does("plan.assess")
    year.decides("coverage")
    return year


def published(session, **more):
    year = planned(session, **more)
    year.does("plan.approve", "leader", decision="approve", coverage_reason="本期先查村卫生室")
    if year.data["platform_entry"]:
        year.does("plan.enter_platform", "drafter", platform_no="HN-1", entered_on="2026-03-02")
    year.does("plan.publish", "office", channels=["website"])
    year.does("plan.next_batch")
    return year


def prepared(session, groups=2, size=2, **more):
    year = published(session, **more)
    year.does("draw.open", "drafter")
    year.does("draw.review", "drafter", checked=True)
    year.does(
        "draw.settings",
        "drafter",
        groups=groups,
        team_size=size,
        publish_by="2026-12-31",
        principle_reason="",
    )
    return year


def drawn(session, **more):
    year = prepared(session, **more)
    year.does("draw.commit_operator", "drafter", **SEALED)
    year.does("draw.commit_witness", "witness", **WITNESSED)
    year.does("draw.freeze")
    year.does("draw.reveal_operator", "drafter", secret_operator="1" * 64)
    year.does("draw.reveal", "witness", **OPENED)
    year.does("draw.compute")
    return year


def refused(slug, act, *args, **answers):
    with pytest.raises(Refused) as fault:
        act(*args, **answers)
    assert fault.value.slug == slug, str(fault.value)
    return fault.value


def test_a_plan_is_drafted_by_sections_and_approved_by_somebody_else(session):
    year = planned(session)
    made = plan.get(session, year.data["plan_id"])
    assert made.no == "22058120260001"
    assert made.coverage["sample"] == 3
    assert year.data["coverage_verdict"] == "ok"
    refused("self-approval", year.does, "plan.approve", "drafter", decision="approve")
    refused("self-approval", year.does, "plan.approve", "second", decision="approve")
    year.does("plan.approve", "leader", decision="approve")
    assert (made.state, made.approver_id) == ("approved", year.people["leader"].id)


def test_the_database_itself_refuses_an_author_who_approves(session):
    year = planned(session)
    made = plan.get(session, year.data["plan_id"])
    made.approver_id = made.author_id
    with pytest.raises(IntegrityError, match="self_approval"):
        session.flush()


def test_a_plan_that_visits_too_often_needs_a_reason(session):
    year = planned(session)
    made = plan.get(session, year.data["plan_id"])
    made.state = "drafting"
    year.does("plan.draft_section", "drafter", tasks=[task(year), task(year, batch=2)])
    year.does("plan.assess")
    assert year.decides("coverage")["coverage_verdict"] == "heavy"
    refused("reason-needed", year.does, "plan.approve", "leader", decision="approve")


def test_a_draw_verifies_and_locks_the_registries_until_both_have_signed(session):
    year = drawn(session)
    draw = ceremony.get(session, year.data["draw_id"])
    assert (draw.id, draw.state, year.data["draw_outcome"]) == ("220581-2026-0001", "placed", "placed")
    assert (draw.operator_secret, draw.witness_secret) == ("", "")
    assert len(draw.objects) == 3
    assert len(draw.people) == 4
    transcript = ceremony.transcript_of(draw).as_json()
    assert verify(transcript, roster=draw.roster).ok
    refused("registry-locked", refuse_locked, session, year.bureau.id, "objects")
    refused("not-signed", year.does, "draw.finish")
    year.does("draw.sign_operator", "drafter", signature="s")
    year.does("draw.sign_witness", "witness", ceremony="sign", signature="s")
    year.does("draw.finish")
    assert year.data["draw_outcome"] == "drawn"
    assert all(row.released_at for row in session.scalars(select(RegistryLock)))


def test_who_may_operate_and_witness(session):
    year = prepared(session)
    year.people["inspecting"] = year.inspectors[0].person
    refused("operator-in-pool", year.does, "draw.commit_operator", "inspecting", **SEALED)
    year.does("draw.commit_operator", "drafter", **SEALED)
    refused("draw-operator-is-witness", year.does, "draw.commit_witness", "drafter", **WITNESSED)
    refused("witness-in-pool", year.does, "draw.commit_witness", "inspecting", **WITNESSED)
    refused("witness-unit", year.does, "draw.commit_witness", "second", **WITNESSED)
    draw = ceremony.get(session, year.data["draw_id"])
    draw.witness_id = draw.operator_id
    with pytest.raises(IntegrityError, match="operator_is_witness"):
        session.flush()


def test_a_party_hands_over_its_commitment_and_the_database_holds_no_secret_before_the_reveal(session):
    year = prepared(session)
    refused("commitment-format", year.does, "draw.commit_operator", "drafter", commit_operator="我的密值")
    year.does("draw.commit_operator", "drafter", **SEALED)
    year.does("draw.commit_witness", "witness", **WITNESSED)
    year.does("draw.freeze")
    draw = ceremony.get(session, year.data["draw_id"])
    assert (draw.operator_secret, draw.witness_secret, year.data["shares"]) == ("", "", "own-device")
    wrong = refused("commitment", year.does, "draw.reveal_operator", "drafter", secret_operator="9" * 64)
    assert "secret_operator" in wrong.fields
    assert "9" * 64 not in str(wrong)
    refused("not-operator", year.does, "draw.reveal_operator", "second", secret_operator="1" * 64)
    year.does("draw.reveal_operator", "drafter", secret_operator=" ".join(["1" * 8] * 8))
    refused("commitment", year.does, "draw.reveal", "witness", ceremony="reveal", secret_witness="1" * 64)
    year.does("draw.reveal", "witness", **OPENED)
    year.does("draw.compute")
    assert (draw.operator_secret, draw.witness_secret, draw.state) == ("", "", "placed")


def test_where_secrets_are_typed_two_equal_ones_are_no_witness(session):
    year = prepared(session)
    settings = {"groups": 2, "team_size": 2, "publish_by": "2026-07-31", "shares": "typed"}
    refused("reason-needed", year.does, "draw.settings", "drafter", **settings)
    year.does("draw.settings", "drafter", **settings, typed_reason="没有自己的设备")
    assert year.data["typed_shares"] is True
    year.does("draw.approve_exceptions", "leader", decision="approve")
    year.does("draw.commit_operator", "drafter", secret_operator="1" * 64)
    witnessed = {"decision": "agree", "secret_witness": "1" * 64}
    refused("secret-same", year.does, "draw.commit_witness", "witness", **witnessed)


def test_a_third_party_and_a_public_number_agreed_beforehand(session):
    year = prepared(session)
    settings = {"groups": 2, "team_size": 2, "publish_by": "2026-07-31", "principle_reason": ""}
    year.does("draw.settings", "drafter", **settings, third="特邀群众代表 田家和", beacon="双色球 2026123 期")
    year.does("draw.commit_operator", "drafter", **SEALED)
    refused("third-party", year.does, "draw.commit_witness", "witness", **WITNESSED)
    third = commitment("220581-2026-0001", "third", "3" * 64)
    year.does("draw.commit_witness", "witness", **WITNESSED, commit_third=third)
    year.does("draw.freeze")
    draw = ceremony.get(session, year.data["draw_id"])
    assert [party["name"] for party in draw.document["parties"]] == ["bureau", "witness", "third"]
    opened = {"secret_operator": "1" * 64}
    refused("beacon", year.does, "draw.reveal_operator", "drafter", **opened)
    number = {"beacon_value": "03 07 11 19 24 31", "beacon_source": "中国福彩网 2026-03-02"}
    year.does("draw.reveal_operator", "drafter", **opened, **number)
    other = {**OPENED, "secret_third": "3" * 64, "beacon_value": "01 02"}
    refused("beacon", year.does, "draw.reveal", "witness", **other)
    year.does("draw.reveal", "witness", **OPENED, secret_third="3" * 64)
    year.does("draw.compute")
    assert draw.events[1]["body"] == {
        "secrets": ["1" * 64, "2" * 64, "3" * 64],
        "beacon": "03 07 11 19 24 31",
    }
    assert "third_secret" not in draw.settings
    assert verify(ceremony.transcript_of(draw).as_json(), roster=draw.roster).ok


def test_an_object_over_its_cap_may_be_drawn_again_only_by_approval(session):
    year = published(session)
    for thing in year.objects[:2]:
        thing.visits, thing.visits_year = 1, 2026
    year.objects[1].superior_drawn_on = date(2026, 2, 1)
    year.does("draw.open", "drafter")
    row = {"object_code": year.objects[1].code, "reason_code": "other", "explanation": "复查"}
    refused("superior-drawn", year.does, "draw.review", "drafter", checked=True, exceptions=[row])
    row["object_code"] = year.objects[0].code
    assert year.does("draw.review", "drafter", checked=True, exceptions=[row]) == {"repeats": 1}
    year.does("draw.settings", "drafter", groups=1, team_size=2, publish_by="2026-07-31")
    draw = ceremony.get(session, year.data["draw_id"])
    before = ceremony.pool_of(year.step(), draw).by_code
    assert [before[thing.code].excl for thing in year.objects[:2]] == ["cap", "done-superior"]
    refused("self-approval", year.does, "draw.approve_exceptions", "drafter", decision="approve")
    year.does("draw.approve_exceptions", "leader", decision="approve")
    after = ceremony.pool_of(year.step(), draw).by_code[year.objects[0].code]
    assert (after.excl, after.cap) == ("", 2)


def test_a_void_draw_keeps_its_number_and_the_next_needs_approval(session):
    year = drawn(session)
    first = year.data["draw_id"]
    year.does("draw.sign_witness", "witness", ceremony="void", void_reason="roster-error", reason="名单有误")
    year.does("draw.void")
    assert (year.data["draw_outcome"], ceremony.get(session, first).state) == ("void", "void")
    assert ceremony.get(session, first).events[-1]["type"] == "void"
    refused("redraw-not-approved", year.does, "draw.open", "drafter")
    year.does("plan.request_redraw", "drafter", redraw="redraw", reason_code="roster", reason="名单已更正")
    refused("self-approval", year.does, "plan.approve_redraw", "drafter", decision="approve")
    year.does("plan.approve_redraw", "leader", decision="approve")
    year.does("draw.open", "drafter")
    second = ceremony.get(session, year.data["draw_id"])
    assert (second.id, second.round, second.previous_id) == ("220581-2026-0002", 2, first)


def test_a_draw_that_cannot_place_everybody_fails_with_its_blocking_set(session):
    year = drawn(session, groups=3, inspectors=5)
    draw = ceremony.get(session, year.data["draw_id"])
    assert (year.data["draw_outcome"], draw.state, draw.events[-1]["type"]) == ("failed", "failed", "fail")
    year.does("draw.fail")


def test_an_abandoned_draw_gives_its_number_on(session):
    year = prepared(session, groups=9)
    assert year.decides("team")["team_verdict"] == "short"
    year.does("draw.resolve_shortage", "drafter", shortage="abandon", reason="人员不足")
    assert year.does("draw.abandon") == {"draw_outcome": "failed"}
    year.does(
        "plan.request_redraw", "drafter", redraw="redraw", reason_code="infeasible", reason="已补充人员"
    )
    year.does("plan.approve_redraw", "leader", decision="approve")
    year.does("draw.open", "drafter")
    assert year.data["draw_id"] == "220581-2026-0001"


def test_small_groups_and_tiny_groups(session):
    year = published(session, pack="wugang")
    year.does("draw.open", "drafter")
    year.does("draw.review", "drafter", checked=True)
    ask = {"groups": 1, "publish_by": "2026-07-31"}
    refused("too-few-people", year.does, "draw.settings", "drafter", team_size=1, **ask)
    refused("reason-needed", year.does, "draw.settings", "drafter", team_size=3, **ask)
    given = year.does("draw.settings", "drafter", team_size=3, principle_reason="持证人员不足", **ask)
    assert given["small_team"] is True
    year.does("draw.approve_exceptions", "leader", decision="approve")
    given = year.does("draw.settings", "drafter", team_size=3, principle_reason="持证人员不足", **ask)
    assert given["small_team"] is False


def imported(year, objects=3, people=4):
    return {
        "result": "drawn",
        "serial": "HN2026-0007",
        "drawn_at": "2026-03-02T08:30",
        "proof": ["平台截图.png"],
        "objects": [{"group": "G1", "object_code": thing.code} for thing in year.objects[:objects]],
        "members": [{"group": "G1", "staff_no": who.staff_no} for who in year.inspectors[:people]],
    }


def test_a_platform_result_is_imported_chained_and_never_called_verifiable(session):
    year = published(session, pack="wugang")
    year.does("draw.open", "drafter")
    year.does("draw.review", "drafter", checked=True)
    year.does("draw.settings", "drafter", groups=1, team_size=4, publish_by="2026-07-31")
    year.does("draw.send")
    kind, wish = year.machine.asked[-1][:2]
    assert kind == "platform.send"
    # Which object is of high risk must be told: the platform draws the share of each stratum.
    assert {each["stratum"] for each in wish["objects"]} <= wish["strata"].keys()
    assert all(each["code"] for each in wish["objects"])
    year.objects[11].superior_drawn_on = None
    year.objects[0].visits, year.objects[0].visits_year = 2, 2026
    assert year.does("draw.import_result", "drafter", **imported(year))["findings"] == 1
    year.objects[0].visits = 0
    refused("platform-mismatch", year.does, "draw.import_result", "drafter", **imported(year, people=3))
    year.inspectors[0].certificates[0].state = "revoked"
    year.inspectors[1].certificates[0].state = "revoked"
    year.inspectors[2].certificates[0].state = "revoked"
    refused("too-few-licensed", year.does, "draw.import_result", "drafter", **imported(year))
    year.inspectors[2].certificates[0].state = "valid"
    assert year.does("draw.import_result", "drafter", **imported(year))["findings"] == 0
    refused("draw-operator-is-witness", year.does, "draw.check_import", "drafter", decision="agree")
    year.does("draw.check_import", "witness", decision="agree")
    year.does("draw.freeze_import")
    draw = ceremony.get(session, year.data["draw_id"])
    assert (draw.mode, draw.state, draw.events[0]["type"]) == ("import", "placed", "import")
    assert (len(draw.objects), len(draw.people)) == (3, 4)
