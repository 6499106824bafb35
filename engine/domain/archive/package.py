"""The archive package on disk: a BagIt bag with the pieces, their list, XML metadata and the seal.

And its check.

The bag can be checked without this software (`bagit.py --validate`, `sha256sum -c manifest-sha256.txt`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import bagit
import orjson
import rfc8785
from lxml import etree
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.archive.tables import RETENTION, SECRECY, ArchiveDocument, ArchivePackage
from engine.domain.archive.verbs import documents, seal_of
from engine.domain.inspection.tables import Inspection
from engine.errors import CaseworkError, NotFound, Refused
from engine.people import Bureau
from engine.sentence import Sentence

LIST = "list.json"
PAPERS = "papers"
METADATA = "metadata.xml"
SOFTWARE = "inspection-casework"
NAMESPACE = "urn:casework:archive:1"

Read = Callable[[str], bytes]
"""`file id → bytes` of a stored file."""


def find(session: Session, case: str) -> ArchivePackage:
    """The sealed file of a case, by 档号, 案号, case id or inspection id; NotFound otherwise."""
    query = select(ArchivePackage).join(Inspection, Inspection.id == ArchivePackage.inspection_id)
    wanted = [ArchivePackage.archive_no == case, Inspection.case_no == case]
    if case.isdigit():
        wanted += [Inspection.case_id == int(case)]
    package = session.scalar(query.where(or_(*wanted)))
    if package is None:
        raise NotFound(Sentence("没有案件“{case}”的归档案卷。", case=case), hint="可用案号、档号或案件编号。")
    return package


def export(
    session: Session,
    package: ArchivePackage,
    directory: Path,
    read: Read,
    papers: Iterable[tuple[str, bytes]] = (),
) -> dict[str, Any]:
    """Write the package as a bag into an empty directory; returns `{archive_no, pieces, papers, bytes, seal, path}`.

    The sealed pieces are data; `papers` (title, PDF/A), made from the same data, lie beside them to be read, under
    the manifest of the bag. Refused if the file is not sealed, the directory is not empty, or a piece no longer has
    the hash of the list.
    """
    if package.state != "sealed":
        raise Refused("案卷尚未封存，不能导出。", hint="请先完成归档。", slug="not-archived")
    if directory.exists() and any(directory.iterdir()):
        raise Refused(
            Sentence("目录 {directory} 不是空的。", directory=directory),
            hint="请换一个空目录。",
            slug="directory",
        )
    directory.mkdir(parents=True, exist_ok=True)
    listed = documents(session, package.id)
    total = 0
    for piece in listed:
        body = piece.content.encode() if piece.content else read(piece.file_id)
        if hashlib.sha256(body).hexdigest() != piece.hash:
            raise CaseworkError(
                Sentence(
                    "案卷 {archive_no} 第 {no} 件与封存时不一致。", archive_no=package.archive_no, no=piece.no
                )
            )
        target = directory / Path(piece.path).name
        target.write_bytes(body)
        total += len(body)
    written = 0
    for written, (title, body) in enumerate(papers, 1):
        (directory / PAPERS).mkdir(exist_ok=True)
        (directory / PAPERS / f"{written:02}-{title}.pdf").write_bytes(body)
        total += len(body)
    (directory / LIST).write_bytes(rfc8785.dumps(_list(package, listed)))
    (directory / METADATA).write_bytes(_metadata(session, package, listed))
    sealed = clock.local(package.sealed_at or clock.now())
    info = {
        "Source-Organization": session.get_one(Bureau, package.bureau_id).name,
        "External-Identifier": package.archive_no,
        "External-Description": package.title,
        "Bagging-Date": sealed.date().isoformat(),
        "Bag-Software-Agent": SOFTWARE,
        "Casework-Seal": package.seal,
    }
    bagit.make_bag(str(directory), info, checksums=["sha256"], encoding="utf-8")
    return {
        "archive_no": package.archive_no,
        "pieces": len(listed),
        "papers": written,
        "bytes": total,
        "seal": package.seal,
        "path": str(directory),
    }


def _list(package: ArchivePackage, rows: list[ArchiveDocument]) -> dict[str, Any]:
    return {
        "archive_no": package.archive_no,
        "seal": package.seal,
        "pieces": [
            {
                "no": row.no,
                "path": row.path,
                "title": row.title,
                "document_no": row.document_no,
                "author": row.author,
                "day": _day(row.day),
                "size": row.size,
                "sha256": row.hash,
            }
            for row in rows
        ],
    }


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def _metadata(session: Session, package: ArchivePackage, rows: list[ArchiveDocument]) -> bytes:
    """Metadata in XML, element names in the words of the file cover (案卷封面) and list (卷内目录)."""
    root = etree.Element("案卷", nsmap={None: NAMESPACE})
    root.set("档号", package.archive_no)
    for name, value in (
        ("题名", package.title),
        ("立卷单位", session.get_one(Bureau, package.bureau_id).name),
        ("保管期限", RETENTION[package.retention]),
        ("保管至", _day(package.retain_until) or "永久"),
        ("密级", SECRECY[package.secrecy]),
        ("页数", str(package.pages or "")),
        ("备考", package.note),
        (
            "封存时间",
            clock.local(package.sealed_at).isoformat(timespec="seconds") if package.sealed_at else "",
        ),
        ("封存摘要", package.seal),
    ):
        etree.SubElement(root, name).text = value
    contents = etree.SubElement(root, "卷内目录")
    for row in rows:
        piece = etree.SubElement(contents, "件", 序号=str(row.no), 路径=row.path)
        for name, value in (
            ("文号", row.document_no),
            ("责任者", row.author),
            ("题名", row.title),
            ("日期", _day(row.day)),
            ("字节数", str(row.size)),
            ("摘要", row.hash),
        ):
            etree.SubElement(piece, name).text = value
    body: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return body


def verify(directory: Path) -> list[str]:
    """Check a package on disk: the bag, each piece against the list, the list against its seal.

    [] = intact.
    """
    try:
        bag = bagit.Bag(str(directory))
        bag.validate(processes=1)
    except bagit.BagError as fault:
        return [Sentence("包不完整：{fault}", fault=fault)]
    return _list_faults(directory, str(bag.info.get("Casework-Seal", "")))


def _list_faults(directory: Path, sealed: str) -> list[str]:
    try:
        listed = orjson.loads((directory / "data" / LIST).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return [Sentence("缺少目录文件 data/{list}，或者读不出", list=LIST)]
    faults: list[str] = []
    rows = [
        ArchiveDocument(no=p["no"], path=p["path"], title=p["title"], size=p["size"], hash=p["sha256"])
        for p in listed["pieces"]
    ]
    for row in rows:
        path = directory / "data" / Path(row.path).name
        if not path.is_file():
            faults.append(Sentence("第 {no} 件“{title}”缺失", no=row.no, title=row.title))
        elif _digest(path) != row.hash:
            faults.append(Sentence("第 {no} 件“{title}”与目录不一致", no=row.no, title=row.title))
    if seal_of(rows) != listed["seal"] or listed["seal"] != sealed:
        faults.append("目录与封存摘要不一致")
    return faults


def _digest(path: Path) -> str:
    """The SHA-256 of a file that is never held whole."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
