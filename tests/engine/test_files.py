"""Evidence files: kept by SHA-256, accepted by content, shown by a clean name, served inert."""

import hashlib
import io
import os
import struct
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine.runtime.tables  # noqa: F401  (the cases that files belong to)
from engine.errors import NotFound, Refused, Unavailable
from engine.people import Bureau, Person
from engine.storage.files import FileStore, attach, clean_name, disposition, find, headers, record

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 800, 600) + b"\x08\2\0\0\0"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"


@pytest.fixture
def store(tmp_path):
    return FileStore(tmp_path / "files", limit=1 << 20)


@pytest.fixture
def people(session):
    bureau = Bureau(
        id=1, division="410481", name="舞钢市医疗保障局", short_name="舞钢", level="county", pack="wugang"
    )
    session.add(bureau)
    session.add_all(Person(id=n, bureau_id=1, staff_no=f"{n}", login=f"p{n}", name="周砚秋") for n in (1, 2))
    session.flush()
    return session


def packed(*names, content=b"x" * 10):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return out.getvalue()


def test_bytes_stand_under_their_hash_and_come_back(store, people):
    kept = store.keep(PDF, "现场 照片.pdf")
    file = record(people, kept, bureau_id=1, uploaded_by_id=1)
    assert file.sha256 == hashlib.sha256(PDF).hexdigest()
    assert store.path(file.sha256).read_bytes() == PDF
    assert (file.name, file.type, file.size) == ("现场 照片.pdf", "application/pdf", len(PDF))
    assert store.read(file) == PDF
    assert store.verify(file)
    assert list(store.incoming.iterdir()) == []


def test_the_same_bytes_are_kept_once_under_two_ids(store):
    first, second = store.keep(PDF, "a.pdf"), store.keep(PDF, "b.pdf")
    assert first.id != second.id
    assert len([path for path in store.root.rglob("*") if path.is_file()]) == 1


def test_changed_or_lost_bytes_are_told(store, people):
    file = record(people, store.keep(PDF, "a.pdf"), bureau_id=1, uploaded_by_id=1)
    store.path(file.sha256).write_bytes(PDF + b"!")
    assert not store.verify(file)
    store.path(file.sha256).unlink()
    assert not store.verify(file)
    with pytest.raises(Unavailable, match="备份"):
        store.read(file)


@pytest.mark.parametrize(
    ("data", "name", "found", "shown"),
    [
        (PNG, "证据.png", "image/png", "证据.png"),
        (PNG, "证据.jpg", "image/png", "证据.jpg.png"),
        (
            packed("[Content_Types].xml", "word/document.xml"),
            "报告.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "报告.docx",
        ),
        (packed("OFD.xml"), "公文.ofd", "application/ofd", "公文.ofd"),
        (packed("a.txt", "b/c.txt"), "材料.zip", "application/zip", "材料.zip"),
        ("你好，世界".encode("gb18030"), "说明.txt", "text/plain", "说明.txt"),
        (b"a,b\n1,2\n", "数据.csv", "text/plain", "数据.csv"),
        (
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x14ispe\0\0\0\0" + struct.pack(">II", 4032, 3024),
            "a.jpg",
            "image/heic",
            "a.jpg.heic",
        ),
        (
            b"\xff\xd8\xff\xe1\0\x08Exif\0\0\xff\xc0\0\x11\x08" + struct.pack(">HH", 3000, 4000) + b"\3\0",
            "a.jpg",
            "image/jpeg",
            "a.jpg",
        ),
    ],
)
def test_the_type_is_found_in_the_content(store, data, name, found, shown):
    kept = store.keep(data, name)
    assert (kept.type, kept.name) == (found, shown)


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.pdf", "空文件"),
        (b"%PDF-1.7" + b"0" * (1 << 20), "a.pdf", "超过 1 MB"),
        (b"MZ\x90\0\3\0" + b"\0" * 100, "病历.pdf", "不是可以接收的文件"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "a.svg", "不是可以接收的文件"),
        (b"<!doctype html><script>x()</script>", "a.txt", "不是可以接收的文件"),
        (PNG[:16] + struct.pack(">II", 10_000, 10_000) + b"\x08\2\0\0\0", "a.png", "超过 5000 万"),
        (packed("../../etc/passwd"), "a.zip", "指向别处"),
        (packed("/etc/passwd"), "a.zip", "指向别处"),
        (packed("0", content=b"0" * 10_000_000), "a.zip", "压缩比"),
        (packed(*[str(n) for n in range(5_001)]), "a.zip", "超过 5000 个"),
        (packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "a.docx", "宏"),
        pytest.param(packed("a")[:-8], "a.zip", "损坏", id="cut-zip"),  # its bytes carry the time
    ],
)
def test_what_is_not_accepted_leaves_nothing_behind(store, data, name, reason):
    with pytest.raises(Refused, match=reason) as caught:
        store.keep(data, name)
    assert caught.value.slug == "file-refused"
    assert caught.value.hint
    assert not [path for path in (*store.root.rglob("*"), *store.incoming.rglob("*")) if path.is_file()]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("证据….pdf", "证据….pdf"),
        ("C:\\Users\\周\\病历.docx", "病历.docx"),
        ("../../etc/passwd", "passwd"),
        ("\u202efdp.exe", "fdp.exe"),
        ("e\u0301.txt", "é.txt"),
        ("a\0b\n.txt", "ab .txt".replace(" ", "")),
        ("", "未命名"),
        ("...", "未命名"),
    ],
)
def test_names_are_cleaned_not_mangled(name, shown):
    assert clean_name(name) == shown


@given(st.text(max_size=300))
def test_any_name_stays_short_and_has_no_folder(name):
    shown = clean_name(name)
    assert 0 < len(shown.encode()) <= 200
    assert "/" not in shown
    assert clean_name(shown) == shown


@pytest.mark.parametrize(
    ("name", "plain", "full"),
    [
        ("抽取记录 229900-2026-0001.pdf", "____ 229900-2026-0001.pdf", "%E6%8A%BD%E5%8F%96%E8%AE%B0%E5%BD%95%20229900-2026-0001.pdf"),
        ('a"b\\c%.csv', "c_.csv", "c%25.csv"),
        ("青检〔2026〕1号\r\nSet-Cookie: x.pdf", "___2026_1_Set-Cookie: x.pdf", "%E9%9D%92%E6%A3%80%E3%80%942026%E3%80%951%E5%8F%B7Set-Cookie%3A%20x.pdf"),
    ],
)  # fmt: skip
def test_a_name_travels_whole_and_in_ascii(name, plain, full):
    """RFC 6266: the quoted name holds nothing that ends it or begins another header; RFC 8187: the rest is escaped."""
    assert disposition(name) == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"


def test_a_download_is_always_an_inert_attachment(store, people):
    file = record(people, store.keep(PDF, '证"据.pdf'), bureau_id=1, uploaded_by_id=1)
    sent = headers(file)
    assert sent["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E8%AF%81%22" in sent["Content-Disposition"]
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert sent["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_another_bureaus_file_does_not_exist_here(store, people):
    file = record(people, store.keep(PDF, "a.pdf"), bureau_id=1, uploaded_by_id=1)
    assert find(people, file.id, bureau_ids={1}) is file
    with pytest.raises(NotFound):
        find(people, file.id, bureau_ids={2})


def test_only_ones_own_upload_can_be_bound_to_a_case(store, people):
    file = record(people, store.keep(PDF, "a.pdf"), bureau_id=1, uploaded_by_id=1)
    with pytest.raises(Refused, match="第 1 个文件"):
        attach(people, [file.id], bureau_id=1, case_id=9, by_id=2)
    with pytest.raises(Refused):
        attach(people, ["x" * 22], bureau_id=1, case_id=9, by_id=1)


def test_forgotten_uploads_are_swept_away_after_two_days(store, people):
    named = record(people, store.keep(PDF, "a.pdf"), bureau_id=1, uploaded_by_id=1)
    orphan = store.keep(PNG, "b.png")
    old = time.time() - 3 * 86400
    for digest in (named.sha256, orphan.sha256):
        os.utime(store.path(digest), (old, old))
    assert store.sweep(people) == 1
    assert store.verify(named)
    assert not store.path(orphan.sha256).exists()


def test_bytes_that_were_uploaded_again_are_not_swept_away_before_their_row_is_written(store, people):
    first = store.keep(PDF, "a.pdf")
    old = time.time() - 3 * 86400
    os.utime(store.path(first.sha256), (old, old))
    again = store.keep(PDF, "a.pdf")
    assert store.sweep(people) == 0, "whoever sweeps may see the database as it was before the row"
    assert store.verify(record(people, again, bureau_id=1, uploaded_by_id=1))


def test_only_uploads_are_swept_away(store, people):
    exchange = store.root / "outbox" / "draw-1.json"
    exchange.parent.mkdir(parents=True)
    exchange.write_text("{}")
    store.incoming.mkdir(parents=True)
    cut_off = store.incoming / "half"
    cut_off.write_bytes(b"half")
    old = time.time() - 3 * 86400
    for path in (exchange, cut_off):
        os.utime(path, (old, old))
    assert store.sweep(people) == 1
    assert exchange.exists()


def test_a_path_is_never_made_of_anything_but_a_hash(store):
    with pytest.raises(NotFound):
        store.path("../../../etc/passwd")
