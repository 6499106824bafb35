"""Files of a step: kept by content, shown again, served only to those who may see the case."""

import base64
import io
import json
from types import SimpleNamespace

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


# --- programs ------------------------------------------------------------------------------------


@pytest.fixture
def proofs(monkeypatch):
    """Every step of the town asks programs for a proof."""
    form = definition.read(FORM, "forms/town/proof.form")
    monkeypatch.setattr("web.api_task.definition", SimpleNamespace(read=lambda *_: form))


def sent(client, case=2, content=PDF, head="a"):
    body = {"name": "../../病历.pdf", "content": base64.b64encode(content).decode()}
    return client.post(f"/api/v1/cases/{case}/files", json=body, headers={"Idempotency-Key": head})


@pytest.mark.usefixtures("proofs")
def test_a_program_hands_a_file_in_names_it_and_reads_it_back(as_person, town):
    client = as_person("shen")
    made = sent(client)
    assert (made.status_code, made.json["name"], made.json["size"]) == (201, "病历.pdf", len(PDF))
    assert sent(client).json == made.json, "the same key, the same file"
    assert len(files(town)) == 1
    back = client.get(f"/api/v1/files/{made.json['id']}").json
    assert base64.b64decode(back["content"]) == PDF
    assert as_person("wai").get(f"/api/v1/files/{made.json['id']}").status_code == 404
    done = client.post(
        "/api/v1/tasks/2/complete", json={"answers": {"proof": [made.json["id"]], "reason": "有"}}
    )
    assert done.status_code == 200


@pytest.mark.usefixtures("proofs")
def test_a_program_cannot_name_a_file_of_another_case(as_person):
    client = as_person("shen")
    number = sent(client).json["id"]
    no = client.post("/api/v1/tasks/3/complete", json={"answers": {"proof": [number], "reason": "有"}})
    assert (no.status_code, no.json["code"]) == (422, "file-refused")


def test_who_has_nothing_to_do_in_a_case_hands_nothing_in(as_person, town):
    assert sent(as_person("he")).json["code"] == "not-your-step"
    assert sent(as_person("wai")).status_code == 404
    assert sent(as_person("shen"), content=b"").json["code"] == "file-refused"
    assert sent(as_person("shen"), content=b"MZ\x90\0" + b"\0" * 200).json["code"] == "file-refused"
    odd = as_person("shen").post("/api/v1/cases/2/files", json={"name": "a.pdf", "content": "?"})
    assert odd.json["fields"] == {"content": "文件内容不是 Base64。"}
    assert files(town) == []


@pytest.mark.usefixtures("proofs")
@pytest.mark.parametrize("draft", [{"proof": 5}, {"proof": [{"a": 1}]}, {"reason": {"x": 1}}, {"zzz": 1}])
def test_a_draft_of_a_program_has_the_shape_of_its_form(as_person, draft):
    client = as_person("shen")
    no = client.post("/api/v1/tasks/2/draft", json={"answers": draft})
    assert (no.status_code, [*no.json["fields"]]) == (422, [*draft])
    assert client.post("/api/v1/tasks/2/draft", json={"answers": {"reason": "未完"}}).status_code == 200
