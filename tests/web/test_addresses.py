"""Whatever somebody writes into an address or a post: no failure of ours, on either database."""

from urllib.parse import quote

import pytest
from sqlalchemy import text

from engine.desk import cursor
from tests.web.test_hand import ITEM
from tests.web.town import NOW
from web import http

HUGE = "9" * 30
CURSORS = (
    "--5_1",
    f"_{HUGE}",
    "_²",
    "5_²",
    "-_1",
    f"{HUGE}_1",
    "new_²",
    f"read_{HUGE}",
    "²",
    "-1",
    HUGE,
    "\0",
)
LISTS = (
    "/?tab=todo&after=", "/?tab=done&after=", "/?tab=started&after=", "/?tab=copies&after=", "/cases?after=",
    "/board?after=", "/notices?after=", "/public?after=", "/api/v1/tasks?after=", "/api/v1/copies?after=",
    "/api/v1/cases?after=", "/api/v1/board?after=",
)  # fmt: skip
ROWS = (
    f"/cases/{HUGE}", f"/tasks/{HUGE}", f"/tasks/{HUGE}/hand/transfer", f"/cases?parent={HUGE}", f"/?peek={HUGE}",
    f"/?bureau={HUGE}", f"/board?unit={HUGE}/x", f"/public?bureau={HUGE}", f"/api/v1/tasks/{HUGE}",
)  # fmt: skip


@pytest.fixture
def he(app, as_person):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return as_person("he")


@pytest.mark.parametrize("place", LISTS)
def test_a_cursor_that_we_did_not_write_begins_the_list_anew(he, place):
    answers = {written: he.get(place + quote(written)).status_code for written in CURSORS}
    assert {each for written, each in answers.items() if written != "\0"} == {200}, answers
    assert answers["\0"] == 400


@pytest.mark.parametrize("place", ROWS)
def test_a_number_that_no_database_holds_leads_nowhere(he, place):
    assert he.get(place).status_code in {200, 404}


@pytest.mark.parametrize(
    ("place", "posted"),
    [
        ("/views", {"name": "a\0b"}),
        ("/cases/2/comments", {"text": "a\0b"}),
        (f"/tasks/{ITEM}", {"intent": "draft", "reason": "a\0b"}),
        (f"/tasks/{ITEM}/hand/transfer", {"to": HUGE, "reason\0": "x"}),
        ("/sign-in", {"login": "a\0", "password": "b"}),
    ],
)
def test_a_character_that_no_database_keeps_is_a_bad_request(he, place, posted):
    assert he.post(place, data=posted).status_code == 400


def test_nor_does_a_program_get_it_in(he):
    refused = he.post(f"/api/v1/tasks/{ITEM}/urge", json={"text": "请\0办"})
    assert refused.status_code == 400
    assert http.storable({"text": "a backslash before u0000: \\u0000"})


def test_the_page_of_a_failure_reads_anew_after_the_database_said_no(he, monkeypatch):
    def broken(session, *_args):
        session.execute(text("select no_such_column from person"))

    monkeypatch.setattr("engine.desk.board.board", broken)
    answer = he.get("/board")
    assert answer.status_code == 500
    assert "没有做任何改动" in answer.text


def test_a_cursor_comes_back_as_it_was_written():
    assert cursor.read(cursor.written(NOW, 7)) == (NOW, 7)
    assert cursor.read(cursor.written(None, 7)) == (None, 7)
    assert [cursor.read(each) for each in ("", "_", "7", "x_7", "7_x")] == [None] * 5
