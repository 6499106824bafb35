"""Documents: every template of the catalogue becomes tagged PDF/A, and what is missing is told by name."""

import re
import tomllib
from datetime import UTC, datetime

import pytest

from engine.desk.world import World, seed_files
from engine.domain.document import TEMPLATES, check, findings, missing_glyphs, produce, render
from engine.domain.document.render import FONTS
from engine.domain.terms import WORKFLOWS
from engine.errors import ModelInvalid
from engine.runtime.check import findings as check_release
from engine.settings import Settings
from tests.engine.document_samples import HEADER, sample
from web.assembly import form_check, form_keys

AT = datetime(2026, 10, 9, tzinfo=UTC)


def source(name):
    template = TEMPLATES[name]
    return (WORKFLOWS / template.pack / template.file).read_bytes()


def fields_of(text):
    return set(re.findall(r"\bdata\.(?:at\(\")?([a-z_]+)", text)) - {"at", "map", "len", "filter"}


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_document_is_tagged_pdf_a_with_its_title(name):
    data = sample(name)
    check(TEMPLATES[name], data)
    made = render(source(name), data, title=TEMPLATES[name].title, at=AT)
    assert made.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part>" in made
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in made
    assert b"/MarkInfo" in made


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_the_catalogue_names_exactly_what_the_template_uses(name):
    template = TEMPLATES[name]
    common = (WORKFLOWS / "national/documents/common.typ").read_text("utf-8")
    text = source(name).decode()
    used = fields_of(text) | (
        fields_of(common.partition("#let signing()")[2]) if "signing()" in text else set()
    )
    assert used - set(HEADER) <= set(template.fields) | set(template.lists)
    assert set(template.fields) | set(template.lists) <= used


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_empty_texts_and_lists_are_answers(name):
    data = sample(name, rows=0)
    render(source(name), data, title=TEMPLATES[name].title, at=AT)


def test_all_missing_fields_are_told_by_name_at_once():
    data = sample("notice")
    del data["complaint_phone"], data["inspectors"][1]["certificate_no"]
    data["receiver"] = None
    with pytest.raises(ModelInvalid) as caught:
        produce("notice", data, {})
    assert [one.element for one in caught.value.findings] == [
        "complaint_phone",
        "receiver",
        "inspectors.1.certificate_no",
    ]
    assert "监督电话" in str(caught.value)


def test_an_owners_template_that_asks_for_more_names_it():
    with pytest.raises(ModelInvalid, match="缺少“nonsense”"):
        render(b'#import "common.typ": *\n#data.nonsense', dict(HEADER), title="试", at=AT)


def test_a_template_that_does_not_typeset_is_told_with_its_line():
    with pytest.raises(ModelInvalid) as caught:
        render(
            b'#import "common.typ": *\n\n#nosuch()', dict(HEADER), title="试", file="documents/x.typ", at=AT
        )
    assert (caught.value.findings[0].file, caught.value.findings[0].line) == ("documents/x.typ", 3)


@pytest.mark.parametrize(
    "evil", [b'#import "@preview/x:1.0.0": y', b'#read("/etc/passwd")', b'#eval("1")', b'#plugin("x.wasm")']
)
def test_a_template_cannot_reach_outside(evil):
    with pytest.raises(ModelInvalid, match="第 1 行"):
        render(evil, dict(HEADER), title="试", at=AT)


def test_data_is_never_source():
    data = sample("notice") | {"items": '#panic("x") = 标题 $x$ #read("/etc/passwd") *'}
    assert render(source("notice"), data, title="试", at=AT).startswith(b"%PDF")


def test_a_drawing_that_is_no_line_is_left_out():
    data = sample("rights") | {
        "receiver": {"name": "罗启南", "path": '"/><image href="file:///etc/passwd"/>'}
    }
    assert render(source("rights"), data, title="试", at=AT).startswith(b"%PDF")


def test_the_same_data_and_instant_give_the_same_bytes():
    data = sample("record")
    assert render(source("record"), data, title="甲", at=AT) == render(
        source("record"), data, title="甲", at=AT
    )


def test_a_refused_signature_prints_reason_and_witness():
    data = sample("record") | {"signature_state": "拒绝签字"}
    assert render(source("record"), data, title="甲", at=AT) != render(
        source("record"), sample("record"), title="甲", at=AT
    )


def test_rare_hanzi_are_found_before_they_print_as_boxes():
    assert missing_glyphs({"name": "王\U00020bb7", "rows": [{"a": "喆"}]}) == {"\U00020bb7"}
    assert all(not missing_glyphs(sample(name)) for name in TEMPLATES)


def test_fonts_are_committed_with_their_licence():
    assert "SIL Open Font License, Version 1.1" in (FONTS / "OFL.txt").read_text("utf-8")
    assert (FONTS / "NotoSansSC-Regular.ttf").stat().st_size > 5_000_000


def test_every_pack_with_documents_is_a_pack():
    for folder in WORKFLOWS.glob("*/documents"):
        assert tomllib.loads((folder.parent / "pack.toml").read_text("utf-8"))


def shipped():
    national = {
        f"documents/{path.name}": path.read_bytes()
        for path in (WORKFLOWS / "national/documents").glob("*.typ")
    }
    return national | {
        f"documents/{path.name}": path.read_bytes() for path in (WORKFLOWS / "wugang/documents").glob("*.typ")
    }


def test_all_shipped_documents_pass_their_trial():
    assert findings(shipped()) == []


def test_an_owners_faults_are_told_at_once_with_file_and_way_out():
    files = shipped() | {
        "documents/notise.typ": b"x",
        "documents/rights.typ": b'#import "common.typ": *\n#data.judge',
        "documents/report.typ": b"\xff\xfe",
    }
    assert [(one.file, one.rule) for one in findings(files)] == [
        ("documents/notise.typ", "document-name"),
        ("documents/report.typ", "document-typst"),
        ("documents/rights.typ", "document-field"),
    ]


def test_an_owners_template_works_in_a_process_of_its_own():
    own = shipped() | {"documents/rights.typ": source("rights") + "\n本局补充说明。".encode()}
    assert produce("rights", sample("rights"), own).startswith(b"%PDF-1.7")


def test_a_template_that_never_ends_stops_only_itself(monkeypatch):
    monkeypatch.setattr("engine.domain.document.apart.SECONDS", 1)
    endless = b"#for a in range(9999) { for b in range(9999) { for c in range(9999) { let x = a * b * c } } }"
    with pytest.raises(ModelInvalid, match="循环"):
        produce("rights", sample("rights"), shipped() | {"documents/rights.typ": endless})


def test_the_release_check_tries_owners_templates(tmp_path):
    """A name that the facts do not have is refused with file and name before anybody prints it."""
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/x.db",
        secret_key="s" * 40,
        files_dir=tmp_path / "files",
        anchors_dir=tmp_path / "anchors",
    )
    world = World.open(settings, form_check=form_check, form_keys=form_keys)
    evil = b'#import "common.typ": *\n#data.judge'
    found = check_release(seed_files("jilin") | {"documents/rights.typ": evil}, world.runtime.ports)
    assert [(one.file, one.rule, one.element) for one in found] == [
        ("documents/rights.typ", "document-field", "judge")
    ]


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("2026-03-02 至 2026-03-20", "2026年3月2日 至 2026年3月20日"),
        ("2026-03-02（超期 3 个工作日）", "2026年3月2日（超期 3 个工作日）"),
        ("平台编号 HN-1，2026-03-02T09:00+08:00；证据", "平台编号 HN-1，2026年3月2日9时00分；证据"),
        ("410481-2026-0001", "410481-2026-0001"),
        ("220100-YBJC-2026-00001", "220100-YBJC-2026-00001"),
    ],
)
def test_every_date_within_a_text_is_printed_and_nothing_after_it_is_lost(given, printed):
    """Periods, ledgers and evidence carry two dates or words behind a date."""
    line = f'#import "common.typ": *\n#assert.eq(day("{given}"), "{printed}")\n.'
    assert render(line.encode(), dict(HEADER), title="试", at=AT).startswith(b"%PDF-1.7")
