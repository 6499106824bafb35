"""Evidence and attachments: kept once by the SHA-256 of their content, known by a random id.

Promise P6: no file that anybody uploads can run code, read another bureau's data or stop the service. Bytes
are on the disk (temp, fsync, rename) before the row is written, so a row never points to nothing; bytes
without a row are swept away later. We never trust a name or the type a browser says, and unpack no archive.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import clock
from engine.errors import NotFound, Refused, Unavailable
from engine.sentence import Sentence
from engine.storage import content
from engine.storage.base import Base, reference, sha256, word

MAX_SIZE = 50 * 1024 * 1024
MAX_NAME = 200
CHUNK = 1 << 20
ORPHAN_AGE = timedelta(days=2)


class StoredFile(Base):
    """One upload. Several rows may share the bytes of one SHA-256; size in bytes, type by content."""

    __tablename__ = "stored_file"

    id: Mapped[word] = mapped_column(primary_key=True)
    sha256: Mapped[sha256] = mapped_column(index=True)
    size: Mapped[int]
    name: Mapped[str]
    type: Mapped[word]
    uploaded_by_id: Mapped[int | None] = reference("person.id")
    uploaded_at: Mapped[datetime] = mapped_column(default=clock.now)
    bureau_id: Mapped[int] = reference("bureau.id")
    case_id: Mapped[int | None] = reference("instance.id")

    __table_args__ = (
        CheckConstraint("size >= 0", name="size"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that are safely on the disk and have no row yet."""

    id: str
    sha256: str
    size: int
    name: str
    type: str


class FileStore:
    """The folder of an installation that holds all uploaded bytes; `root` is `Settings.files_dir`."""

    def __init__(self, root: Path, *, limit: int = MAX_SIZE) -> None:
        self.root = root
        self.limit = limit
        self.incoming = root.with_name(
            root.name + ".incoming"
        )  # beside the root: a backup never meets a half file

    def keep(self, source: BinaryIO | bytes, name: str) -> Kept:
        """Put bytes on the disk: hashed, checked, fsynced, renamed. No row is written yet.

        Raises Refused (slug `file-refused`) for a type, size or content that is not accepted, saying why.
        """
        stream = BytesIO(source) if isinstance(source, bytes) else source
        shown = clean_name(name)
        self.incoming.mkdir(parents=True, exist_ok=True)
        temporary = self.incoming / secrets.token_hex(16)
        try:
            digest, size = self._write(stream, temporary, shown)
            found = content.check(temporary, shown)
            target = self.path(digest)
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(
                target
            )  # the same bytes may stand there: fresh ones are not swept before their row
            _sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
        return Kept(secrets.token_urlsafe(16), digest, size, content.with_extension(shown, found), found)

    def _write(self, stream: BinaryIO, target: Path, shown: str) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with target.open("xb") as out:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > self.limit:
                    limit = self.limit // (1024 * 1024)
                    raise Refused(
                        Sentence("“{shown}”超过 {limit} MB，没有保存。", shown=shown, limit=limit),
                        hint="请压缩或分成几个文件。",
                        slug="file-refused",
                    )
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        if not size:
            raise Refused(
                Sentence("“{shown}”是空文件，没有保存。", shown=shown),
                hint="请重新选择文件。",
                slug="file-refused",
            )
        return digest.hexdigest(), size

    def path(self, digest: str) -> Path:
        """Where the bytes of a SHA-256 stand."""
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):  # noqa: PLR2004
            raise NotFound("没有这个文件。")
        return self.root / digest[:2] / digest[2:4] / digest

    def open(self, file: StoredFile) -> BinaryIO:
        """The bytes of a row, for reading. Raises Unavailable where the disk has lost them."""
        try:
            return self.path(file.sha256).open("rb")
        except FileNotFoundError as fault:
            raise Unavailable(
                Sentence("文件“{file}”不在存储中。", file=file.name), hint="请联系系统管理员从备份恢复。"
            ) from fault

    def read(self, file: StoredFile) -> bytes:
        """All bytes of a row."""
        with self.open(file) as stream:
            return stream.read()

    def verify(self, file: StoredFile) -> bool:
        """Whether the bytes are there and still have their size and SHA-256."""
        digest, size = hashlib.sha256(), 0
        try:
            with self.path(file.sha256).open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
        except FileNotFoundError:
            return False
        return digest.hexdigest() == file.sha256 and size == file.size

    def sweep(self, session: Session) -> int:
        """Remove bytes older than two days that no row names (an upload that was cut off); how many."""
        limit, removed = (clock.now() - ORPHAN_AGE).timestamp(), 0
        for path in self._older(limit):
            named = session.scalar(select(StoredFile.id).where(StoredFile.sha256 == path.name).limit(1))
            if named is None or path.parent == self.incoming:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _older(self, limit: float) -> Iterator[Path]:
        for folder, places in (
            (self.root, "??/??/*"),
            (self.incoming, "*"),
        ):  # beside them stand exchange files
            for path in folder.glob(places):
                with suppress(FileNotFoundError):  # somebody else's upload has just been renamed
                    if path.is_file() and path.stat().st_mtime < limit:
                        yield path


def record(
    session: Session, kept: Kept, *, bureau_id: int, uploaded_by_id: int | None, case_id: int | None = None
) -> StoredFile:
    """Write the row of kept bytes: the last step of an upload."""
    file = StoredFile(
        id=kept.id,
        sha256=kept.sha256,
        size=kept.size,
        name=kept.name,
        type=kept.type,
        uploaded_by_id=uploaded_by_id,
        bureau_id=bureau_id,
        case_id=case_id,
    )
    session.add(file)
    session.flush()
    return file


def find(session: Session, file_id: str, *, bureau_ids: Collection[int]) -> StoredFile:
    """A file by its id within these bureaus; NotFound otherwise, whoever's it is."""
    file = session.get(StoredFile, file_id)
    if file is None or file.bureau_id not in bureau_ids:
        raise NotFound("没有这个文件。")
    return file


def attach(
    session: Session, file_ids: Iterable[str], *, bureau_id: int, case_id: int, by_id: int | None
) -> None:
    """Bind the files of an answer to their case. Refuses files of another bureau, case or uploader.

    Raises Refused with the number of the file, never with a name that the person might not know.
    """
    for number, file_id in enumerate(file_ids, 1):
        file = session.get(StoredFile, file_id)
        foreign = file is None or file.bureau_id != bureau_id or file.case_id not in {None, case_id}
        if file is None or foreign or (file.case_id is None and file.uploaded_by_id != by_id):
            raise Refused(
                Sentence("第 {number} 个文件不属于本案。", number=number),
                hint="请重新上传。",
                slug="file-refused",
            )
        file.case_id = case_id
    session.flush()


def headers(file: StoredFile) -> dict[str, str]:
    """The HTTP headers of a download: an attachment that no browser runs or guesses about."""
    return {
        "Content-Type": file.type,
        "Content-Length": str(file.size),
        "Content-Disposition": disposition(file.name),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
        "Digest": f"sha-256={file.sha256}",
    }


def disposition(name: str, way: str = "attachment") -> str:
    """How a download is called, by RFC 6266: whole in UTF-8 (RFC 8187), and in ASCII for programs that know only that.

    `way`: attachment (to keep) or inline (to look at).
    """
    full = clean_name(name)
    plain = "".join(sign if sign.isascii() and sign not in '"\\%' else "_" for sign in full)
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(full, safe='')}"


def clean_name(name: str) -> str:
    """A name fit to be shown: NFC, no folder, no control or bidi characters, at most 200 bytes."""
    text = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    text = "".join(
        sign for sign in text if unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )
    text = " ".join(text.split()).strip(". ")
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension) > 10:  # noqa: PLR2004  (longer ones are no extensions)
        stem, extension = text, ""
    room = MAX_NAME - len(extension.encode()) - bool(extension)
    while len(stem.encode()) > room:
        stem = stem[:-1]
    stem = stem or "未命名"
    return f"{stem}.{extension}" if extension else stem


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
