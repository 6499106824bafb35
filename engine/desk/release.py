"""Releases for process owners: read a folder, check it, deploy it, say what changed, write it out again."""

from __future__ import annotations

import difflib
import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.desk.world import World, seed_files
from engine.domain import pack as packs
from engine.errors import Finding, ModelInvalid, NotFound, Refused
from engine.people import Person
from engine.runtime import check
from engine.runtime import release as releases
from engine.runtime.tables import Blob, Release, ReleaseFile
from engine.settings import ROOT

MOST_FILES = 500
MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two releases in one file: added · removed · changed, with the lines."""

    path: str
    kind: str
    lines: list[str]


def files_at(path: Path) -> tuple[str, dict[str, bytes]]:
    """(pack, files) of a pack's name or folder, a folder of release files, or one file among its pack's.

    A folder with a `pack.toml` is completed by its parents and the shipped forms, as a release would be.
    """
    names = packs.names()
    if str(path) in names:
        return str(path), seed_files(str(path))
    if not path.exists():
        raise NotFound(f"没有文件或文件夹 {path}。")
    where = path if path.is_dir() else path.parent
    name = (
        where.name
        if where.name in names
        else next((part for part in where.parts[::-1] if part in names), "national")
    )
    base = seed_files(name)
    if path.is_file():
        base[_place(path, where)] = path.read_bytes()
        return name, base
    own = {
        _place(file, path): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and releases.kind_of(file.name)
    }
    complete = (path / "pack.toml").exists() and path.resolve().is_relative_to((ROOT / "workflows").resolve())
    if complete or any(file.endswith("pack.toml") for file in own):
        return name, {**base, **own}
    return name, {**base, **own} if not any(file.startswith("forms/") for file in own) else own


def files_in(name: str, archive: bytes) -> dict[str, bytes]:
    """The shipped files of a pack with those of a zip in their place; Refused names what may not be in it.

    At most 20 MB unpacked and 500 files; only kinds that belong into a release; no path leads outside.
    """
    if name not in packs.names():
        raise NotFound(f"没有规则包“{name}”。", hint=f"可用的有：{'、'.join(packs.names())}。")
    found = seed_files(name)
    if not archive:
        return found
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
            entries = [entry for entry in zipped.infolist() if not entry.is_dir()]
            if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise _bad_zip(f"文件太多或太大：最多 {MOST_FILES} 个，合计 {MOST_BYTES // 1_000_000} MB。")
            for entry in entries:
                parts = entry.filename.split("/")
                if ".." in parts or "" in parts or "\\" in entry.filename or not entry.filename.isprintable():
                    raise _bad_zip(f"“{entry.filename}”的路径不能用。")
                if not releases.kind_of(entry.filename):
                    raise _bad_zip(f"“{entry.filename}”不属于发布的文件种类。")
                found[entry.filename] = zipped.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as fault:
        raise _bad_zip("压缩包打不开，可能已损坏或者加了密码。") from fault
    return found


def _bad_zip(reason: str) -> Refused:
    return Refused(reason, slug="bad-zip", hint="请重新打包后再发布。", fields={"zip": reason})


def _place(file: Path, root: Path) -> str:
    """A file's path within a release: forms keep their folder, everything else stands at the top."""
    relative = file.relative_to(root).as_posix()
    if file.suffix == ".form":
        parts = relative.removeprefix("forms/").split("/")
        folder = parts[:-1] or [root.name]
        return "/".join(["forms", *folder, parts[-1]])
    return relative


def inspect(world: World, path: Path) -> list[Finding]:
    """All findings about a path; for one file, those of that file."""
    _, files = files_at(path)
    found = check.findings(files, world.answers)
    if path.is_file():
        own = _place(path, path.parent)
        found = [finding for finding in found if finding.file == own]
    return found


def deploy(
    world: World,
    session: Session,
    path: Path,
    *,
    actor: Person | None = None,
    author: Person | None = None,
    note: str = "",
) -> Release:
    """Check and freeze; raises ModelInvalid with every error, changes nothing then."""
    name, files = files_at(path)
    return deploy_files(world, session, name, files, actor=actor, author=author, note=note)


def deploy_files(
    world: World,
    session: Session,
    name: str,
    files: Mapping[str, bytes],
    *,
    actor: Person | None = None,
    author: Person | None = None,
    note: str = "",
) -> Release:
    """Check and freeze files that are at hand; raises ModelInvalid with every error, changes nothing then."""
    faults = check.errors(check.findings(files, world.answers))
    if faults:
        raise ModelInvalid(faults)
    release = releases.deploy(session, name, files, author=author, releaser=actor, note=note)
    audit.record(
        session,
        action="release.deploy",
        subject=f"release/{release.id}",
        actor=actor,
        after={"pack": name, "version": release.version, "hash": release.hash},
        release_id=release.id,
    )
    return release


def version(session: Session, text: str) -> Release:
    """A release by `pack/version` (`jilin/3`), `pack` (its newest) or number."""
    name, _, number = text.partition("/")
    if text.isdigit():
        found = session.get(Release, int(text))
    elif number:
        if not number.isdigit():
            raise Refused(f"版本「{number}」不是数字。", hint="写成 jilin/3 这样。")
        found = session.scalar(select(Release).where(Release.pack == name, Release.version == int(number)))
    else:
        found = releases.current(session, name)
    if found is None:
        raise NotFound(f"没有发布 {text}。")
    return found


def content(session: Session, release: Release) -> dict[str, bytes]:
    """The files of a release."""
    rows = session.execute(
        select(ReleaseFile.path, Blob.content)
        .join(Blob, Blob.hash == ReleaseFile.hash)
        .where(ReleaseFile.release_id == release.id),
    )
    return dict(rows.all())


def compare(one: Mapping[str, bytes], two: Mapping[str, bytes]) -> list[Change]:
    """What differs, file by file; pictures (DI) are left out of diagrams, they change nothing that runs."""
    changes = []
    for path in sorted(set(one) | set(two)):
        if path not in two:
            changes.append(Change(path, "removed", []))
        elif path not in one:
            changes.append(Change(path, "added", []))
        elif one[path] != two[path]:
            before, after = _lines(one[path]), _lines(two[path])
            lines = [
                line
                for line in difflib.unified_diff(before, after, "", "", n=0, lineterm="")
                if not line.startswith(("---", "+++", "@@"))
            ]
            if lines:
                changes.append(Change(path, "changed", lines))
    return changes


def _lines(content: bytes) -> list[str]:
    text = content.decode(errors="replace")
    head, mark, _ = text.partition("<bpmndi:BPMNDiagram")
    return (head if mark else text).splitlines()
