"""Files of a step: kept by content, shown again, served only to those who may see the case."""

import io
import json

import pytest
from sqlalchemy import select

from engine.people import Person
from engine.runtime.tables import WorkItem
from engine.storage.files import FileStore, StoredFile
from forms import definition
from web import upload

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
FORM = json.dumps(
    {
        "components": [
            {
                "type": "filepicker",
                "key": "proof",
                "label": "证明材料",
                "multiple": True,
                "validate": {"required": True},
            },
            {"type": "textarea", "key": "reason", "label": "理由", "validate": {"required": True}},
        ],
    },
).encode()


@pytest.fixture
def steps(monkeypatch):
    """Every step of the town asks for a proof."""
    form = definition.read(FORM, "forms/town/proof.form")
    monkeypatch.setattr("web.inbox._form", lambda _shown: form)


def files(town):
    with town.database.reading() as session:
        return list(session.scalars(select(StoredFile)))


def send(client, name="病历.pdf", content=PDF, **fields):
    return client.post("/tasks/2", data={"proof": (io.BytesIO(content), name), **fields})


@pytest.mark.usefixtures("steps")
def test_an_upload_survives_a_refused_form_and_is_offered_again(as_person, town):
    client = as_person("shen")
    answer = send(client)
    assert answer.status_code == 422
    assert "请填写“理由”" in answer.text
    (file,) = files(town)
    assert (file.name, file.case_id, file.size) == ("病历.pdf", 2, len(PDF))
    assert f'<input type="hidden" name="proof" value="{file.id}">' in answer.text
    assert f'href="/files/{file.id}"' in answer.text


@pytest.mark.usefixtures("steps")
def test_a_draft_keeps_its_files(as_person, town):
    client = as_person("shen")
    assert send(client, intent="draft").status_code == 303
    (file,) = files(town)
    assert file.id in client.get("/tasks/2").text


@pytest.mark.usefixtures("steps")
def test_a_file_that_is_not_accepted_is_told_at_its_field(as_person, town):
    answer = send(as_person("shen"), name="病历.pdf", content=b"MZ\x90\0" + b"\0" * 200, reason="有")
    assert answer.status_code == 422
    assert answer.text.count("“病历.pdf”不是可以接收的文件") == 2
    assert files(town) == []


@pytest.mark.usefixtures("steps")
def test_a_download_is_inert_and_only_for_those_who_see_the_case(as_person, town):
    send(as_person("shen"))
    (file,) = files(town)
    with as_person("shen").get(f"/files/{file.id}") as answer:
        assert answer.data == PDF
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert as_person("wai").get(f"/files/{file.id}").status_code == 404
    assert as_person("shen").get("/files/nosuchfile").status_code == 404


@pytest.mark.usefixtures("steps")
def test_a_file_of_another_case_cannot_be_named(as_person, town):
    client = as_person("shen")
    send(client)
    (file,) = files(town)
    answer = client.post("/tasks/3", data={"proof": file.id, "reason": "有"})
    assert answer.status_code == 422
    assert "不属于本案" in answer.text


@pytest.mark.usefixtures("steps")
def test_a_file_under_a_name_that_asks_for_none_is_refused_by_name(as_person, town):
    answer = as_person("shen").post("/tasks/2", data={"evil": (io.BytesIO(PDF), "a.pdf"), "reason": "有"})
    assert "表单里没有“evil”这一项" in answer.text
    assert files(town) == []


@pytest.mark.usefixtures("steps")
def test_who_may_not_do_the_step_stores_nothing(as_person, town):
    with town.database.reading() as session:
        others = session.scalars(select(Person.login).where(Person.login.not_in(["shen"]))).all()
        assert session.get(WorkItem, 2) is not None
    for login in others[:3]:
        send(as_person(login))
    assert files(town) == []


def test_the_store_is_the_folder_of_the_installation(app, town):
    with app.app_context():
        assert isinstance(upload.store(), FileStore)
        assert upload.store().root == town.settings.files_dir
