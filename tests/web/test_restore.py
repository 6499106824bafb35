"""An older release becomes current again (恢复为第 N 版): proposed, checked, released by another; nothing running moves."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from engine.audit import AuditEntry
from engine.desk.world import seed_files
from engine.people import Role
from engine.runtime import release
from engine.runtime.tables import Instance, Release
from tests.web.test_proposal import OTHER_NAME, with_code
from tests.web.town import holds, somebody
from web.assembly import form_check, form_keys


@pytest.fixture
def versions(town):
    """Version 2 is what ships, version 3 calls a step otherwise; cases of version 1 run."""
    town.answers.form_check, town.answers.form_key_list = form_check, form_keys
    files = seed_files("jilin")
    with town.database.transaction() as session:
        good = release.deploy(session, "jilin", files)
        bad = release.deploy(session, "jilin", {**files, "report.bpmn": OTHER_NAME.encode()})
        return good.id, bad.id


@pytest.fixture
def releaser(as_person, town):
    """Another person, who may release, with a one-time code."""
    with town.database.transaction() as session:
        somebody(session, "luo").grants[0].role = Role.RELEASER
    client = as_person("luo")
    with_code(client)
    return client


def current(town):
    """(version, content, what it restores) of the release that new cases use."""
    with town.database.reading() as session:
        found = release.current(session, "jilin")
        return found.version, found.hash, found.restores_id


def test_an_older_release_is_made_current_by_two_persons(town, versions, author, releaser):
    good, bad = versions
    with town.database.reading() as session:
        wanted = session.get_one(Release, good).hash
        running = dict(session.execute(select(Instance.id, Instance.release_id)).all())
    assert "恢复为第 2 版" in author.get(f"/processes/{good}").text
    assert "恢复为第 3 版" not in author.get(f"/processes/{bad}").text  # it is current
    assert "送审恢复" not in releaser.get(f"/processes/{good}").text
    kept = author.post(f"/processes/{good}/restore", data={"note": " "})
    assert (kept.status_code, "请写明为什么恢复" in kept.text) == (422, True)

    asked = author.post(f"/processes/{good}/restore", data={"note": "第 3 版的环节名称有误"})
    assert asked.status_code == 303
    place = asked.headers["Location"]
    page = releaser.get(place).text
    assert "恢复为第 2 版" in page
    assert "report.bpmn" in page  # every line that differs from what is current
    assert current(town)[0] == 3
    assert author.post(place, data={"decision": "release"}).status_code == 403
    done = releaser.post(place, data={"decision": "release"})
    assert done.status_code == 303

    assert current(town) == (4, wanted, good)
    with town.database.reading() as session:
        assert dict(session.execute(select(Instance.id, Instance.release_id)).all()) == running
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "release.deploy")).all()[-1]
    assert (entry.after["version"], entry.after["restores"]) == (4, 2)
    assert "恢复为第 2 版：第 3 版的环节名称有误" in author.get("/processes").text.replace("\n", "")


def test_who_proposes_to_restore_does_not_release_it(town, versions, author):
    place = author.post(f"/processes/{versions[0]}/restore", data={"note": "恢复"}).headers["Location"]
    with town.database.transaction() as session:
        giver = somebody(session, "guan")
        holds(session, somebody(session, "liang"), Role.RELEASER, granted_by_id=giver.id)
    with_code(author)
    answer = author.post(place, data={"decision": "release"})
    assert (answer.status_code, "作者不能发布自己的" in answer.text) == (422, True)
    assert current(town)[0] == 3


def test_the_api_restores_too_and_refuses_by_name(versions, author, releaser):
    good, bad = versions
    path = f"/api/v1/releases/{good}/restore"
    assert releaser.post(path, json={"note": "恢复"}).status_code == 403
    assert author.post(path, json={"note": ""}).json["fields"] == {"note": "请写明为什么恢复"}
    assert author.post("/api/v1/releases/99/restore", json={"note": "恢复"}).status_code == 404
    same = author.post(f"/api/v1/releases/{bad}/restore", json={"note": "恢复"})
    assert (same.status_code, same.json["code"]) == (422, "no-change")
    made = author.post(path, json={"note": "恢复"})
    assert (made.status_code, made.json["state"], made.json["restores"]) == (201, "waiting", 2)
    again = author.post(path, json={"note": "恢复"})
    assert (again.status_code, again.json["code"]) == (422, "already-proposed")
    done = releaser.post("/api/v1/releases", json={"proposal": made.json["id"]})
    assert (done.status_code, done.json["version"]) == (201, 4)
    rows = author.get("/api/v1/releases").json["rows"]
    assert [(row["version"], row["current"], row["restores"]) for row in rows if row["current"]] == [
        (4, True, 2)
    ]


@pytest.mark.usefixtures("versions")
def test_what_shipped_before_is_not_laid_over_the_current_release_silently(releaser):
    """Releasing the shipped pack again, while another is current, says how to get it back."""
    answer = releaser.post("/api/v1/releases", json={"pack": "jilin"})
    assert (answer.status_code, answer.json["code"]) == (422, "older-release")
    assert "恢复第 2 版" in answer.json["hint"]


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE release SET restores_id = id WHERE version = 2", "restores_older"),
        (
            "UPDATE release SET hash = (SELECT hash FROM release WHERE version = 2) WHERE version = 3",
            "hash|content",
        ),
    ],
)
@pytest.mark.usefixtures("versions")
def test_raw_sql_meets_the_constraints(town, statement, name):
    with pytest.raises(DBAPIError, match=name), town.database.transaction() as session:
        session.execute(text(statement))
    assert current(town)[0] == 3
