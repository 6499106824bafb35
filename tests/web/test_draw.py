"""The page of a draw: everybody in the room sees the same, the public only hashes, and why it came out so."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest

from engine.access.sign_in import set_password
from engine.domain import ceremony, registry
from engine.domain.document.catalogue import TEMPLATES
from engine.domain.document.draw_facts import draw_documents
from engine.domain.draw import check_document, check_reveal, seed_of, ticket_of
from engine.domain.registry import Inspector
from engine.domain.terms import WORKFLOWS
from engine.runtime import release
from tests.engine.test_ceremony import OPENED, SEALED, WITNESSED, prepared
from tests.web.town import PASSWORD
from web import http

NUMBER = "220581-2026-0001"


def test_who_is_licensed_is_counted_by_the_day_of_the_draw(room, town):
    """吉 第十六条: a certificate that ended before, or began only after the draw, makes nobody licensed on that day."""
    prints(town)
    drawn(room)

    def shown():
        return room.browser.get(f"/draws/{NUMBER}").text.count("持证</span>")

    assert shown() == 4
    with town.database.transaction() as session:
        draw = ceremony.get(session, NUMBER)
        registry.release(session, NUMBER)
        ended, began, still, _ = [
            paper
            for row in draw.people
            for paper in session.get_one(Inspector, row.inspector_id).certificates
            if paper.state == "valid"
        ]
        ended.valid_from, ended.valid_to = None, draw.day - timedelta(days=1)
        began.valid_from, began.valid_to = draw.day + timedelta(days=1), draw.day + timedelta(days=900)
        still.valid_to = draw.day
        numbers = [ended.number, began.number, still.number]
    assert shown() == 2
    with town.database.reading() as session:
        said = draw_documents(session, ceremony.get(session, NUMBER))["draw"]
    printed = [row["certificate_no"] for row in said["people"]]
    assert [number in printed for number in numbers] == [False, False, True]


@pytest.fixture
def room(town, as_person):
    """A draw whose groups are set, and the operator's browser; `acts` lets the people of the draw do a verb."""

    class Room:
        def acts(self, verb, who="", **answers):
            with town.database.transaction() as session:
                year = self.year
                year.session = session
                year.people = {key: session.merge(person) for key, person in year.people.items()}
                year.does(verb, who, **answers) if who else year.does(verb)

    room = Room()
    with town.database.transaction() as session:
        room.year = prepared(session)
        set_password(room.year.people["drafter"], PASSWORD)
    room.browser = as_person("drafter")
    return room


def sealed(room):
    room.acts("draw.commit_operator", "drafter", **SEALED)
    room.acts("draw.commit_witness", "witness", **WITNESSED)
    room.acts("draw.freeze")


def drawn(room):
    sealed(room)
    room.acts("draw.reveal_operator", "drafter", secret_operator="1" * 64)
    room.acts("draw.reveal", "witness", **OPENED)
    room.acts("draw.compute")


def prints(town):
    """The draw runs under a release that holds the two papers."""
    papers = {
        f"documents/{name}.typ": (WORKFLOWS / f"national/documents/{name}.typ").read_bytes()
        for name in ("common", "draw", "roster")
    }
    with town.database.transaction() as session:
        number = release.deploy(session, "jilin", papers).id
        draw = ceremony.get(session, NUMBER)
        draw.settings = {**draw.settings, "release": number}


def state(client, public=""):
    return client.get(f"{public}/draws/{NUMBER}/state.json").json


def test_everybody_in_the_room_sees_who_has_committed_and_revealed(room, client):
    seen = [state(room.browser)["mark"]]
    page = room.browser.get(f"/draws/{NUMBER}").text
    assert "draw.js" in page
    assert page.count("还没有交封签") == 2
    room.acts("draw.commit_operator", "drafter", **SEALED)
    seen.append(state(room.browser)["mark"])
    page = room.browser.get(f"/draws/{NUMBER}").text
    assert page.count("已交封签，等待启封") == 1
    assert "各方自备封签" in page
    assert "未经承诺见证" not in page
    room.acts("draw.commit_witness", "witness", **WITNESSED)
    room.acts("draw.freeze")
    seen.append(state(room.browser)["mark"])
    room.acts("draw.reveal_operator", "drafter", secret_operator="1" * 64)
    seen.append(state(client, "/public")["mark"])
    page = room.browser.get(f"/draws/{NUMBER}").text
    assert page.count("已启封，与封签一致") == 1
    assert "1" * 64 not in page
    assert len(set(seen)) == 4
    assert state(client, "/public")["live"]


def test_a_draw_whose_secrets_were_typed_is_called_unwitnessed_on_its_page(room):
    """做不到自备封签的单位: whoever looks at the draw reads that no party could have sealed anything by itself."""
    settings = {"groups": 2, "team_size": 2, "publish_by": "2026-12-31", "shares": "typed"}
    room.acts("draw.settings", "drafter", **settings, typed_reason="没有自己的设备")
    room.acts("draw.approve_exceptions", "leader", decision="approve")
    room.acts("draw.commit_operator", "drafter", secret_operator="1" * 64)
    page = room.browser.get(f"/draws/{NUMBER}").text
    assert '<span class="state soon">未经承诺见证</span>' in page
    assert "没有在自己的设备上生成并封签" in page
    assert "各方自备封签" not in page


def test_the_page_says_which_ticket_an_institution_has_and_where_the_line_runs(room, town):
    drawn(room)
    with town.database.reading() as session:
        draw = ceremony.get(session, NUMBER)
        document = check_document(draw.document)
        seed = seed_of(document, check_reveal(document, draw.events[1]["body"]))
        code = draw.events[2]["body"]["drawn"][0]
        own = ticket_of(document, seed, code)
    page = room.browser.get(f"/draws/{NUMBER}?code={code}").text
    text = re.sub(r"<[^>]+>| ", "", page)
    assert own.ticket in text
    assert own.cutoff in text
    assert "抽中：号票不大于界线" in page
    assert "界线：第" in page
    assert seed not in page  # a published seed is a tip-off: only its beginning stands there
    assert seed[:8] in page
    assert "名单中没有 H999" in room.browser.get(f"/draws/{NUMBER}?code=H999").text
    assert "style=" not in page


def test_the_public_sees_hashes_at_once_and_the_lists_only_after_publication(room, client, town):
    drawn(room)
    with town.database.reading() as session:
        draw = ceremony.get(session, NUMBER)
        code, roster = draw.events[2]["body"]["drawn"][0], draw.roster
    page = client.get(f"/public/draws/{NUMBER}?code={code}").text
    told = client.get(f"/public/draws/{NUMBER}/transcript.json")
    assert named(told) == f"抽取凭证数据 {NUMBER}.json"
    data = told.json
    assert roster[:8] in page
    assert (data["roster"], data["document"], data["events"]) == (roster, None, [])
    assert "号票：" not in page
    room.acts("draw.release")
    page = client.get(f"/public/draws/{NUMBER}?code={code}").text
    data = client.get(f"/public/draws/{NUMBER}/transcript.json").json
    assert "抽中：号票不大于界线" in page
    assert "检查员" not in page  # people stand under aliases
    assert data["document"]["draw"] == NUMBER
    assert [event["type"] for event in data["events"]][-1] == "close"
    assert "draw_verify.py" in page


def named(answer):
    """What a download is called on the reader's machine."""
    return unquote(answer.headers["Content-Disposition"].rpartition("UTF-8''")[2])


def test_the_minutes_are_printed_from_the_page_with_the_hash_before_anybody_reveals(room, town):
    """名单封存纪要: 64 hex in large type and as QR, the commitments, the verifiers' hashes, room to sign."""
    prints(town)
    room.acts("draw.commit_operator", "drafter", **SEALED)
    assert "打印名单封存纪要" not in room.browser.get(f"/draws/{NUMBER}").text
    room.acts("draw.commit_witness", "witness", **WITNESSED)
    room.acts("draw.freeze")
    page = room.browser.get(f"/draws/{NUMBER}").text
    assert "打印名单封存纪要" in page
    assert "打印随机抽取记录" not in page
    paper = room.browser.get(f"/draws/{NUMBER}/documents/roster.pdf")
    assert named(paper) == f"{TEMPLATES['roster'].title} {NUMBER}.pdf"
    assert (paper.status_code, paper.data[:5]) == (200, b"%PDF-")
    assert room.browser.get(f"/draws/{NUMBER}/documents/draw.pdf").status_code == 404
    with town.database.reading() as session:
        draw = ceremony.get(session, NUMBER)
        said = draw_documents(session, draw, verifiers=http.verifiers())["roster"]
        assert said["roster"] == draw.roster
        assert [party["commit"] for party in said["parties"]] == [draw.operator_commit, draw.witness_commit]
        assert [row["name"] for row in said["verifiers"]] == ["draw_verify.html", "draw_verify.py"]
        assert (said["base"], said["eligible"], said["sample_size"]) == (12, 12, 3)
        listed = [row["id"] for row in draw.document["objects"]]
    assert not any(code in str(said) for code in listed), "the minutes may be seen by anybody"


def test_the_record_names_what_was_drawn_and_is_for_the_bureau_only(room, town, client):
    prints(town)
    drawn(room)
    paper = room.browser.get(f"/draws/{NUMBER}/documents/draw.pdf")
    assert paper.data[:5] == b"%PDF-"
    assert client.get(f"/draws/{NUMBER}/documents/draw.pdf").status_code in (302, 303, 401)
    assert "打印" not in client.get(f"/public/draws/{NUMBER}").text
    with town.database.reading() as session:
        said = draw_documents(session, ceremony.get(session, NUMBER))["draw"]
    assert (len(said["objects"]), len(said["people"])) == (3, 4)
    assert "1" * 64 not in str(said)
