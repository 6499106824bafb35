"""Before a step that one signs, one shows again that it is oneself; and the one-time code of draws and publications."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import clock
from engine.access.session import SessionRow
from engine.audit import AuditEntry
from engine.domain.pack import parameter_files
from engine.people import Role
from engine.runtime import release
from tests.web import flow
from tests.web.test_proposal import with_code
from tests.web.town import NOW, PASSWORD, somebody

LATER = NOW + timedelta(minutes=20)
SIGNED = json.dumps(
    {
        "type": "default",
        "id": "note",
        "schemaVersion": 16,
        "components": [
            {"type": "textarea", "key": "note", "label": "说明", "validate": {"required": True}},
            {"type": "signature", "key": "signature", "label": "签名", "validate": {"required": True}},
        ],
    }
)
GIVEN = {"note": "记录属实", "signature.name": "陆文静"}
ANSWERS = {"note": "记录属实", "signature": {"name": "陆文静"}}


@pytest.fixture
def signed(town, monkeypatch):
    """The errand's first step is signed; its number."""
    monkeypatch.setitem(flow.FILES, "forms/town/note.form", SIGNED)
    flow.deploy(town)
    return flow.begin(town)


def test_a_step_with_a_signature_asks_again_who_signs_and_keeps_what_was_typed(signed, town, as_person):
    """电子签名法: the signature is its signer's own; a desk left open for twenty minutes signs nothing."""
    client = as_person("lu")
    with clock.fixed(LATER):
        assert "提交时要再确认是你本人" in client.get(f"/tasks/{signed}").text
        asked = client.post(f"/tasks/{signed}", data=GIVEN)
        assert (asked.status_code, asked.location) == (303, f"/proof?next=/tasks/{signed}")
        assert flow.row(town, signed).state == "open"
        wrong = client.post("/proof", data={"password": "wrong wrong", "next": f"/tasks/{signed}"})
        assert (wrong.status_code, "密码不对" in wrong.text) == (422, True)
        right = client.post("/proof", data={"password": PASSWORD, "next": f"/tasks/{signed}"})
        assert (right.status_code, right.location) == (303, f"/tasks/{signed}")
        page = client.get(f"/tasks/{signed}").text
        assert "记录属实" in page
        assert "提交时要再确认" not in page
        assert client.post(f"/tasks/{signed}", data=GIVEN).location == "/"
    assert flow.row(town, signed).state == "done"
    with town.database.reading() as session:
        actions = set(
            session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("account.proof%")))
        )
    assert actions == {"account.proof", "account.proof_refused"}


def test_who_has_just_signed_in_is_not_asked_again(signed, as_person):
    client = as_person("lu")
    assert "提交时要再确认" not in client.get(f"/tasks/{signed}").text
    assert client.post(f"/tasks/{signed}", data=GIVEN).location == "/"


def test_a_step_without_a_signature_asks_nothing(town, as_person):
    flow.deploy(town)
    item = flow.begin(town)
    client = as_person("lu")
    with clock.fixed(LATER):
        assert client.post(f"/tasks/{item}", data={"note": "记录属实"}).location == "/"


def test_a_one_time_code_shows_it_too(signed, as_person):
    client = as_person("lu")
    with clock.fixed(LATER):
        with_code(client)
        assert client.post(f"/tasks/{signed}", data=GIVEN).location == "/"


def test_five_wrong_passwords_lock_as_at_the_sign_in(signed, as_person):
    client = as_person("lu")
    with clock.fixed(LATER):
        for _ in range(5):
            client.post("/proof", data={"password": "wrong wrong"})
        locked = client.post("/proof", data={"password": PASSWORD})
        assert (locked.status_code, "账号暂时锁定" in locked.text) == (422, True)
        assert client.post(f"/tasks/{signed}", data=GIVEN).location.startswith("/proof")


def test_the_api_refuses_by_name_and_takes_the_proof(signed, town, as_person):
    client, path = as_person("lu"), f"/api/v1/tasks/{signed}/complete"
    with clock.fixed(LATER):
        refused = client.post(path, json={"answers": ANSWERS})
        assert (refused.status_code, refused.json["code"]) == (403, "reauth")
        assert "/me/proof" in refused.json["hint"]
        wrong = client.post("/api/v1/me/proof", json={"password": "wrong wrong"})
        assert (wrong.status_code, wrong.json["code"]) == (422, "wrong-password")
        assert client.post("/api/v1/me/proof", json={"password": PASSWORD}).json == {"ok": True}
        assert client.post(path, json={"answers": ANSWERS}).status_code == 200
    with town.database.reading() as session:
        assert session.scalars(select(SessionRow)).one().proved_at == LATER


# --- the one-time code of draws, publications and releases --------------------------------------------------------


@pytest.mark.parametrize("process", ["draw", "publication"])
def test_a_draw_and_a_publication_need_the_one_time_code(process, town, as_person, monkeypatch):
    """On the page what was typed is kept as a draft; a program is refused by name; with the code it goes through."""
    monkeypatch.setattr(
        "engine.operation._subjects", {}
    )  # the errand has no draw and no publication behind it
    name = f"{process}.bpmn"
    drawn = flow.FILES["memo.bpmn"].replace('id="memo"', f'id="{process}"').replace("_memo", f"_{process}")
    with town.database.transaction() as session:
        files = {**flow.FILES, name: drawn}
        changed = {path: text.encode() for path, text in files.items()}
        release.deploy(session, "jilin", changed | parameter_files("jilin"))
    item, client = flow.begin(town, kind=process), as_person("lu")
    assert "提交时要输入动态口令" in client.get(f"/tasks/{item}").text
    asked = client.post(f"/tasks/{item}", data={"note": "已核对"})
    assert (asked.status_code, asked.location) == (303, f"/second-factor?next=/tasks/{item}")
    assert "已核对" in client.get(f"/tasks/{item}").text
    path = f"/api/v1/tasks/{item}/complete"
    refused = client.post(path, json={"answers": {"note": "已核对"}})
    assert (refused.status_code, refused.json["code"]) == (403, "second-factor")
    with_code(client)
    assert client.post(path, json={"answers": {"note": "已核对"}}).status_code == 200


def test_a_release_needs_the_one_time_code(town, as_person):
    with town.database.transaction() as session:
        somebody(session, "luo").grants[0].role = Role.RELEASER
    client = as_person("luo")
    asked = client.post("/processes/proposals/1", data={"decision": "release"})
    assert (asked.status_code, asked.location.partition("?")[0]) == (303, "/second-factor")
    refused = client.post("/api/v1/releases", json={"pack": "jilin"})
    assert (refused.status_code, refused.json["code"]) == (403, "second-factor")
