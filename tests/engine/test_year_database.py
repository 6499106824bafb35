"""What the database holds by itself: every attempt here goes round the verbs, in plain SQL, and fails."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine import clock
from engine.domain import ceremony, change, lead, plan
from engine.domain.pack import parameters
from engine.domain.plan.tables import PlanAmendment, PlanRedraw
from engine.domain.substitution import Substitution
from tests.engine.test_ceremony import NOW, drawn, planned, prepared
from tests.engine.year_samples import Year


@pytest.fixture(autouse=True)
def _clock():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def session(database):
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


def fails(session, statement, match, **values):
    session.flush()
    with pytest.raises(DBAPIError, match=match), session.begin_nested():
        session.execute(text(statement), values)


def test_nobody_approves_their_own_plan_redraw_or_amendment(session):
    year = planned(session)
    made = plan.get(session, year.data["plan_id"])
    fails(session, "UPDATE plan SET approver_id = author_id WHERE id = :id", "self_approval", id=made.id)
    fails(session, "UPDATE plan SET state = 'approved' WHERE id = :id", "approved_by", id=made.id)
    who = {"plan_id": made.id, "requester_id": year.people["drafter"].id}
    session.add(PlanRedraw(batch=1, previous_draw_id="x", reason_code="other", reason="r", **who))
    fails(
        session,
        "UPDATE plan_redraw SET approver_id = requester_id, decision = 'approve'",
        "self_approval",
    )
    fails(session, "UPDATE plan_redraw SET decision = 'approve'", "decided_by")
    session.add(
        PlanAmendment(
            plan_id=made.id, superior_document="d", summary="s", author_id=year.people["drafter"].id
        )
    )
    fails(
        session,
        "UPDATE plan_amendment SET approver_id = author_id, decision = 'approve'",
        "self_approval",
    )


def test_the_operator_is_never_the_witness_and_no_share_outlives_its_reveal(session):
    year = prepared(session)
    year.does("draw.commit_operator", "drafter", commit_operator="1" * 64)
    fails(session, "UPDATE draw SET witness_id = operator_id", "operator_is_witness")
    session.execute(text("UPDATE draw SET operator_secret = '1'"))
    fails(session, "UPDATE draw SET state = 'placed', head = 'h', roster = 'r'", "secrets_opened")


def test_a_bureau_draws_one_thing_at_a_time_and_every_number_once(session):
    year = prepared(session)
    draw = ceremony.get(session, year.data["draw_id"])
    session.flush()
    kept = {column.name: getattr(draw, column.name) for column in ceremony.Draw.__table__.columns}

    def copied(number, **other):
        with pytest.raises(DBAPIError, match=r"one_at_a_time|serial|draw\.bureau_id"), session.begin_nested():
            session.execute(
                ceremony.Draw.__table__.insert().values({**kept, "id": number, "round": 9, **other})
            )

    copied("220581-2026-0002", serial=2)
    copied("220581-2026-0003", state="abandoned")


def test_a_sealed_roster_and_an_ended_draw_stay_as_they_are(session):
    year = drawn(session)
    fails(session, "DELETE FROM draw", "never deleted")
    fails(session, "UPDATE draw SET roster = 'x'", "sealed roster")
    fails(session, "UPDATE draw SET document = '{}'", "sealed roster")
    year.does("draw.sign_operator", "drafter", signature="s")
    year.does("draw.sign_witness", "witness", ceremony="sign", signature="s")
    year.does("draw.finish")
    year.does("draw.release")
    assert ceremony.get(session, year.data["draw_id"]).state == "closed"
    fails(session, "UPDATE draw SET events = '[]'", "does not go on")


def test_exceptions_and_substitutions_are_approved_by_somebody_else(session):
    year = drawn(session)
    row = ceremony.DrawException(
        draw_id=year.data["draw_id"],
        object_id=year.objects[0].id,
        visits=1,
        reason_code="other",
        explanation="复查",
        requester_id=year.people["drafter"].id,
    )
    session.add(row)
    fails(session, "UPDATE draw_exception SET approver_id = requester_id", "self_approval")
    fails(session, "UPDATE draw_exception SET approved = true", "approved_by")
    from engine.domain.inspection import open_from_draw, team  # noqa: PLC0415

    inspection = open_from_draw(session, year.data["draw_id"])[0]
    member = team(session, inspection.id)[0]
    session.add(
        Substitution(
            inspection_id=inspection.id,
            mode="draw",
            member_out_id=member.id,
            reason_code="health",
            requester_id=year.people["drafter"].id,
        )
    )
    fails(
        session,
        "UPDATE substitution SET approver_id = requester_id, decision = 'approve'",
        "self_approval",
    )
    fails(session, "UPDATE substitution SET outcome = 'replaced'", "approved_first")
    fails(session, "UPDATE substitution SET reason_code = 'other'", "other_in_words")
    fails(session, "UPDATE substitution SET witness_id = requester_id", "witness_is_requester")


def test_leads_and_registry_changes_are_approved_by_somebody_else(session):
    year = Year(session)
    row = lead.receive(session, year.bureau, parameters(year.pack))
    row.verified_by_id = year.people["keeper"].id
    fails(session, "UPDATE lead SET approver_id = verified_by_id", "self_approval")
    fails(session, "UPDATE lead SET state = 'registered'", "source_document")
    fails(session, "UPDATE lead SET state = 'verified', source_document = 'd'", "about_an_object")
    changed = change.propose(session, year.bureau, "objects", parameters(year.pack))
    changed.author_id = year.people["drafter"].id
    fails(session, "UPDATE registry_change SET approver_id = author_id", "self_approval")
    fails(session, "UPDATE registry_change SET legal_id = author_id", "legal_is_author")
    fails(session, "UPDATE registry_change SET state = 'applied'", "approved_by")
    fails(session, "UPDATE registry_change SET approval = 'government'", "approval_of_items")
    assert row.received_on == date(2026, 3, 2)
