"""One result for each plan, batch and round: whatever is repeated, raced, deleted or restored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from engine import clock
from engine.domain import ceremony
from engine.domain.ceremony import Draw
from engine.domain.draw import verify
from engine.errors import Refused
from engine.storage.session import Database
from tests.databases import with_tables
from tests.engine.test_ceremony import OPENED, SEALED, WITNESSED, prepared, refused

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
NUMBER = "220581-2026-0001"


@pytest.fixture(autouse=True)
def _clock():
    with clock.fixed(NOW):
        yield


def sealed(session):
    year = prepared(session)
    year.does("draw.commit_operator", "drafter", **SEALED)
    year.does("draw.commit_witness", "witness", **WITNESSED)
    year.does("draw.freeze")
    return year


def opened(session):
    year = sealed(session)
    year.does("draw.reveal_operator", "drafter", secret_operator="1" * 64)
    year.does("draw.reveal", "witness", **OPENED)
    return year


def test_killed_at_any_step_the_same_draw_goes_on(session):
    """What was not committed is gone, what was committed is continued: every verb once more, same result."""
    year = sealed(session)
    session.commit()
    draw = ceremony.get(session, NUMBER)
    roster, salt = draw.roster, draw.document["salt"]
    heads = set()
    for _ in range(3):
        year.does("draw.reveal_operator", "drafter", secret_operator="1" * 64)
        year.does("draw.reveal", "witness", **OPENED)
        year.does("draw.compute")
        heads.add(draw.head)
        session.rollback()  # the power fails before the transaction is committed
        session.expire_all()
        assert (draw.state, draw.roster, draw.document["salt"], draw.operator_secret) == (
            "frozen",
            roster,
            salt,
            "",
        )
    assert len(heads) == 1
    year.does("draw.reveal_operator", "drafter", secret_operator="1" * 64)
    year.does("draw.reveal", "witness", **OPENED)
    year.does("draw.compute")
    session.commit()
    assert draw.head in heads


def test_a_post_repeated_after_the_result_changes_nothing(session):
    year = opened(session)
    year.does("draw.compute")
    session.commit()
    draw = ceremony.get(session, NUMBER)
    head = draw.head
    for verb in ("draw.compute", "draw.freeze"):
        with pytest.raises((Refused, AssertionError, DBAPIError)):
            year.does(verb)
        session.rollback()
    assert (draw.head, draw.state, len(draw.people)) == (head, "placed", 4)


def test_a_second_draw_of_the_same_round_is_refused_by_rule_and_by_the_database(session):
    year = opened(session)
    year.does("draw.compute")
    session.commit()
    refused("redraw-not-approved", year.does, "draw.open", "drafter")
    draw = ceremony.get(session, NUMBER)
    copy = {column.name: getattr(draw, column.name) for column in Draw.__table__.columns}
    with pytest.raises(IntegrityError):
        session.execute(Draw.__table__.insert().values({**copy, "id": "220581-2026-0002", "serial": 2}))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM draw",
        "UPDATE draw SET roster = 'f' || substr(roster, 2)",
        "UPDATE draw SET document = '{}'",
        "UPDATE draw SET aliases = '{}'",
    ],
)
def test_a_sealed_draw_survives_whoever_writes_into_the_database(session, statement):
    """A case deleted behind our back takes no draw with it; a roster edited late is refused."""
    sealed(session)
    session.commit()
    with pytest.raises(DBAPIError, match=r"never deleted|does not change"):
        session.execute(text(statement))
    session.rollback()
    assert session.scalars(select(Draw.id)).all() == [NUMBER]


@pytest.fixture
def memory():
    """A database of its own in memory, which can be copied and put back byte for byte."""
    made = Database("sqlite://")
    with_tables(made)
    yield made.engine
    made.dispose()


def test_a_restored_backup_gives_the_same_draw_and_a_rewritten_one_does_not_match_the_minutes(memory):
    """Backup of the sealed draw, restored: the envelopes still give the result that everybody has seen."""
    session = Session(memory, expire_on_commit=False)
    year = sealed(session)
    session.commit()
    draw = ceremony.get(session, NUMBER)
    minutes = draw.roster
    session.commit()
    raw = memory.raw_connection()
    backup = raw.driver_connection.serialize()
    year.does("draw.reveal_operator", "drafter", secret_operator="1" * 64)
    year.does("draw.reveal", "witness", **OPENED)
    year.does("draw.compute")
    session.commit()
    seen = ceremony.transcript_of(draw).as_json()
    raw.driver_connection.deserialize(backup)
    with Session(memory, expire_on_commit=False) as restored:
        year.session = restored
        year.people = {key: restored.merge(who) for key, who in year.people.items()}
        assert ceremony.get(restored, NUMBER).state == "frozen"
        with pytest.raises(Refused) as fault:
            year.does("draw.reveal_operator", "drafter", secret_operator="9" * 64)
        assert fault.value.slug == "commitment"
        year.does("draw.reveal_operator", "drafter", secret_operator="1" * 64)
        year.does("draw.reveal", "witness", **OPENED)
        year.does("draw.compute")
        again = ceremony.transcript_of(ceremony.get(restored, NUMBER)).as_json()
    assert again == seen
    assert verify(again, roster=minutes).ok
    assert not verify(again, roster="0" * 64).ok
