"""Taking in a registry file: handed in, checked in the background, looked at row by row, entered or let go."""

from __future__ import annotations

import base64
import io
from datetime import date

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from engine.desk import intake, jobs
from engine.desk.tables import Intake
from engine.domain.registry import RegistryLock, RegistryObject
from engine.domain.registry.tables import ImportRun
from engine.people import Grant, Person
from engine.runtime.tables import Job
from tests.web.test_api import token_of
from tests.web.town import somebody

HEAD = "编码,名称,类别,区划\n"
GOOD = "".join(f"H2205810{number:04d},第{number}卫生室,村卫生室,220581\n" for number in range(1, 31))
BAD = "H22058109999,没有这种的,什么店,220581\n"


@pytest.fixture
def lu(as_person):
    """She keeps the objects' registry."""
    return as_person("lu")


def handed_in(client, content, name="名录.csv"):
    """Upload a file; gives its page."""
    answer = client.post(
        "/registry/import", data={"kind": "objects", "file": (io.BytesIO(content.encode()), name)}
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def objects(town):
    with town.database.reading() as session:
        return session.scalar(select(func.count()).select_from(RegistryObject))


def only(town):
    """The one file that was handed in."""
    with town.database.reading() as session:
        return session.scalars(select(Intake)).one()


def test_a_file_is_checked_first_and_entered_after_a_look(lu, town):
    """Nothing goes in before somebody has seen what became of every row."""
    place = handed_in(lu, HEAD + GOOD)
    waiting = lu.get(place).text
    assert "正在核对" in waiting
    assert 'http-equiv="refresh"' in waiting
    jobs.drain(town)
    checked = lu.get(place).text
    assert "已核对，还没有导入" in checked
    assert "30 行" in checked
    assert objects(town) == 0
    assert lu.post(f"{place}/enter").status_code == 303
    assert "正在导入" in lu.get(place).text
    jobs.drain(town)
    assert "新增 30，更新 0。" in lu.get(place).text
    assert objects(town) == 30
    with town.database.reading() as session:
        run = session.scalars(select(ImportRun)).one()
        assert (run.file_name, run.counts["added"]) == ("名录.csv", 30)
    assert only(town).ended_at is not None
    assert lu.post(f"{place}/enter").status_code == 409


def test_one_bad_row_keeps_the_file_out_and_comes_back_with_its_reason(lu, town):
    place = handed_in(lu, HEAD + GOOD + BAD)
    jobs.drain(town)
    page = lu.get(place).text
    assert "什么店" in page
    assert f'action="{place}/enter"' not in page
    assert lu.post(f"{place}/enter").status_code == 409
    refused = lu.get(f"{place}/refused.csv").get_data(as_text=True)
    assert "H22058109999" in refused
    assert "什么店" in refused
    assert len(refused.strip().splitlines()) == 2
    assert lu.get(f"{place}/refused.xlsx").data[:2] == b"PK"
    for unknown in (f"{place}/refused.exe", f"{place}/refused.zip", "/registry/objects.zip"):
        assert lu.get(unknown).status_code == 404
    assert lu.get("/registry/objects.csv").status_code == 200
    lu.post(f"{place}/enter-valid")
    jobs.drain(town)
    assert objects(town) == 30


def test_a_file_that_cannot_be_read_says_why(lu, town):
    place = handed_in(lu, "甲,乙\n1,2\n")
    jobs.drain(town)
    page = lu.get(place).text
    assert "文件不能用" in page
    assert "缺少列" in page
    assert lu.post(f"{place}/enter").status_code == 409


def test_whoever_stops_it_has_imported_nothing_and_may_go_on_without_the_file(lu, town, monkeypatch):
    """Stopped while the rows are gone through; going on begins again with the file that was kept."""
    monkeypatch.setattr(intake, "EVERY", 10)
    place = handed_in(lu, HEAD + GOOD)
    jobs.drain(town)
    lu.post(f"{place}/enter")
    seen = []
    tell = intake._Watch._tell

    def stopping(watch, session, stage, done, total):
        seen.append((stage, done, total))
        if done == 20:
            session.execute(update(Intake).values(stop=True))
        tell(watch, session, stage, done, total)

    with monkeypatch.context() as patch:
        patch.setattr(intake._Watch, "_tell", stopping)
        jobs.drain(town)
    assert seen == [("核对", 0, 30), ("核对", 10, 30), ("核对", 20, 30)]
    assert "已停止，没有导入" in lu.get(place).text
    assert objects(town) == 0
    assert lu.post(f"{place}/again").status_code == 303
    jobs.drain(town)
    assert objects(town) == 30


def test_stopping_before_the_background_has_begun(lu, town):
    place = handed_in(lu, HEAD + GOOD)
    assert lu.post(f"{place}/stop").status_code == 303
    assert "正在停止" in lu.get(place).text
    assert lu.post(f"{place}/stop").status_code == 409
    jobs.drain(town)
    assert "已停止" in lu.get(place).text
    assert lu.post(f"{place}/drop").status_code == 303
    assert "没有导入" in lu.get(place).text
    assert only(town).ended_at is not None


def test_a_run_that_was_overtaken_changes_nothing(lu, town):
    """A worker that was thought lost and comes back late finds another round."""
    handed_in(lu, HEAD + GOOD)
    jobs.drain(town)
    row = only(town)
    intake.check({"intake": row.id, "round": row.round - 1}, database=town.database, settings=town.settings)
    intake.enter({"intake": row.id, "round": row.round}, database=town.database, settings=town.settings)
    assert only(town).state == "checked"
    assert objects(town) == 0


def test_a_draw_that_took_the_registry_meanwhile_keeps_the_file_out(lu, town):
    """吉 第十二条: between the freeze and the end of a draw nobody edits a registry; the file waits, nothing is lost."""
    place = handed_in(lu, HEAD + GOOD)
    jobs.drain(town)
    lu.post(f"{place}/enter")
    with town.database.transaction() as session:
        who = somebody(session, "lu")
        session.add(RegistryLock(bureau_id=who.bureau_id, kind="objects", locked_by_id=who.id, draw_id="d-1"))
    jobs.drain(town)
    page = lu.get(place).text
    assert "锁定" in page
    assert objects(town) == 0
    with town.database.transaction() as session:
        session.execute(text("UPDATE registry_lock SET released_at = locked_at"))
    lu.post(f"{place}/enter")
    jobs.drain(town)
    assert objects(town) == 30


def test_only_the_unit_that_keeps_the_registry_sees_and_does_it(lu, town, as_person):
    place = handed_in(lu, HEAD + GOOD)
    he = as_person("he")
    assert he.get(place).status_code == 404
    assert he.post(f"{place}/drop").status_code == 404
    assert "名录.csv" not in he.get("/registry/import").text
    assert "名录.csv" in lu.get("/registry/import").text
    data = {"kind": "objects", "file": (io.BytesIO((HEAD + GOOD).encode()), "x.csv")}
    assert he.post("/registry/import", data=data).status_code == 403
    jobs.drain(town)
    lu.post(f"{place}/enter")
    with town.database.transaction() as session:  # the post ends before the background process has begun
        grant = session.scalars(
            select(Grant).join(Person, Person.id == Grant.person_id).where(Person.login == "lu")
        )
        grant.one().valid_to = date(2026, 1, 1)
    jobs.drain(town)
    assert objects(town) == 0


def test_the_form_says_what_is_missing(lu):
    answer = lu.post("/registry/import", data={"kind": "objects"})
    assert (answer.status_code, "请选择一个 XLSX 或 CSV 文件" in answer.text) == (422, True)
    answer = lu.post("/registry/import", data={"kind": "nothing"})
    assert (answer.status_code, "请选择要导入哪一种名录" in answer.text) == (422, True)


def test_the_same_post_again_is_the_same_file(lu, town):
    """A browser that repeats a request it got no answer to."""
    for _ in range(2):
        data = {
            "kind": "objects",
            "file": (io.BytesIO((HEAD + GOOD).encode()), "a.csv"),
            "idempotency_key": "k1",
        }
        assert lu.post("/registry/import", data=data).status_code == 303
    assert only(town).kind == "objects"
    with town.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Job).where(Job.kind == "registry.check")) == 1


def test_the_api_does_the_same(app, town):
    headers = {"Authorization": f"Bearer {token_of(town, 'lu')}"}
    client = app.test_client()
    file = base64.b64encode((HEAD + GOOD + BAD).encode()).decode()
    sent = {"kind": "objects", "name": "a.csv", "file": file}
    made = client.post("/api/v1/registry/import", json=sent, headers=headers)
    assert made.status_code == 202
    place = f"/api/v1/registry/imports/{made.json['id']}"
    jobs.drain(town)
    found = client.get(place, headers=headers).json
    assert (found["state"], found["total"], found["acts"]) == ("checked", 31, ["enter-valid", "drop"])
    assert [row["row"] for row in found["rows"] if row["status"] == "refused"] == [32]
    assert client.post(f"{place}/enter-valid", json={}, headers=headers).json["state"] == "entering"
    again = client.post(f"{place}/enter-valid", json={}, headers=headers)
    assert (again.status_code, again.json["code"]) == (409, "changed-meanwhile")
    jobs.drain(town)
    assert client.get(place, headers=headers).json["counts"]["added"] == 30


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE registry_intake SET state = 'done'", "state"),
        ("UPDATE registry_intake SET state = 'entered'", "content"),
        ("UPDATE registry_intake SET done = 5, total = 4", "count"),
        (
            "UPDATE registry_intake SET content = NULL, state = 'refused', ended_at = at",
            "refused_with_reason",
        ),
        ("UPDATE registry_intake SET ended_at = at", "ended"),
    ],
)
def test_raw_sql_meets_the_constraints(lu, town, statement, name):
    handed_in(lu, HEAD + GOOD)
    with pytest.raises(DBAPIError, match=name), town.database.transaction() as session:
        session.execute(text(statement))
