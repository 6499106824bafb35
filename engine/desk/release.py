"""Releases for process owners: read a folder, check it, deploy it, say what changed, write it out again."""

from __future__ import annotations

import difflib
import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.desk.world import Answers, World, seed_files
from engine.domain import pack as packs
from engine.domain.terms import lineage
from engine.errors import Finding, ModelInvalid, NotFound, Refused
from engine.people import Person
from engine.runtime import check
from engine.runtime import release as releases
from engine.runtime.tables import Blob, Release, ReleaseFile
from engine.sentence import Sentence

Hands = releases.Hands
MOST_FILES = 500
MOST_BYTES = 20_000_000
MOST_RATIO = 100
SMALL = 100_000  # below this no ratio can do harm
LONGEST_PATH = 80  # bytes; the width of the column


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two releases in one file: added · removed · changed, with the lines."""

    path: str
    kind: str
    lines: list[str]


def files_at(path: Path) -> tuple[str, dict[str, bytes]]:
    """(pack, files) of a pack's name or folder, a folder of release files, or one file among its pack's.

    A folder with a `pack.toml` is completed by its parents and the shipped forms, as a release would be; one that a
    release was written to names its pack by the parameters in it. Refused where nothing can be part of a release.
    """
    names = packs.names()
    if str(path) in names:
        return str(path), seed_files(str(path))
    if not path.exists():
        raise NotFound(Sentence("没有文件或文件夹 {path}。", path=path))
    where = (path if path.is_dir() else path.parent).resolve()
    own = {
        _place(file, where): file.read_bytes()
        for file in ([where / path.name] if path.is_file() else sorted(where.rglob("*")))
        if file.is_file() and releases.kind_of(file.name)
    }
    if not own:
        raise Refused(
            Sentence("{path} 中没有可以发布的文件。", path=path),
            hint="发布由流程图 .bpmn、决策表 .dmn、表单 .form、文书模板和参数 .toml 组成。",
            slug="nothing-to-release",
        )
    name = _pack_of(where, own)
    base = seed_files(name)
    if path.is_file():
        return name, {**base, **own}
    if (path / "pack.toml").exists():
        return name, {**base, **own}
    return name, {**base, **own} if not any(file.startswith("forms/") for file in own) else own


def _pack_of(where: Path, own: Mapping[str, bytes]) -> str:
    """The pack of a folder: what its parameters are those of, else what its path names, else the national one."""
    names = packs.names()
    given = {Path(file).stem for file in own if file.startswith(f"{packs.FOLDER}/")} & set(names)
    above = {parent for name in given for parent in lineage(name) if parent != name}
    lowest = given - above
    if len(lowest) == 1:
        return lowest.pop()
    return next((part for part in where.parts[::-1] if part in names), "national")


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The files of a zip that may be part of a release; Refused names the entry that may not, and why.

    At most 500 files and 20 MB unpacked, none packed more than a hundredfold; only kinds that belong into a release;
    no path leads outside, none stands twice. The directory is read before anything is unpacked.
    """
    if not archive:
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
            entries = [entry for entry in zipped.infolist() if not entry.is_dir()]
            if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise _bad_zip(
                    Sentence(
                        "文件太多或太大：最多 {most} 个，合计 {size} MB。",
                        most=MOST_FILES,
                        size=MOST_BYTES // 1_000_000,
                    )
                )
            names: set[str] = set()
            for entry in entries:
                fault = _unusable(entry) or ("在压缩包中出现两次" if entry.filename in names else "")
                if fault:
                    raise _bad_zip(Sentence("“{entry}”{fault}。", entry=_shown(entry.filename), fault=fault))
                names.add(entry.filename)
            return {entry.filename: zipped.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as fault:
        raise _bad_zip("压缩包打不开，可能已损坏或者加了密码。") from fault


def packed(files: Mapping[str, bytes]) -> bytes:
    """Files of a release as the zip that `unpacked` reads; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16  # else unpacked for nobody but the owner
            zipped.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _unusable(entry: zipfile.ZipInfo) -> str:
    """What is wrong with an entry of a zip, before it is opened; "" for a good one."""
    name, parts = entry.filename, entry.filename.split("/")
    if ".." in parts or "" in parts or "\\" in name or ":" in name or not name.isprintable():
        return "的路径不能用"
    if len(name.encode()) > LONGEST_PATH:
        return Sentence("的路径太长：最多 {most} 字节", most=LONGEST_PATH)
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "是链接，不是文件"
    if entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        return Sentence("压缩了 {ratio} 倍以上，不予打开", ratio=MOST_RATIO)
    return "" if releases.kind_of(name) else "不属于发布的文件种类"


def _shown(name: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in name)[:LONGEST_PATH]


def _bad_zip(reason: str) -> Refused:
    return Refused(reason, slug="bad-zip", hint="请重新打包后再送审。", fields={"zip": reason})


def _place(file: Path, root: Path) -> str:
    """A file's path within a release: forms keep their folder, parameters have one, the rest stands at the top."""
    relative = file.relative_to(root).as_posix()
    if relative == "pack.toml":
        return f"{packs.FOLDER}/{root.resolve().name}.toml"
    if file.suffix == ".form":
        parts = relative.removeprefix("forms/").split("/")
        folder = parts[:-1] or [root.name]
        return "/".join(["forms", *folder, parts[-1]])
    return relative


def in_force(session: Session, pack: str) -> packs.Pack:
    """The parameters that new cases of a pack are run by."""
    now = releases.current(session, pack)
    return packs.frozen(pack, releases.compiled(session, now).parameters)


def inspect(world: World, path: Path) -> list[Finding]:
    """All findings about a path; for one file, those of that file."""
    _, files = files_at(path)
    found = check.findings(files, world.answers)
    if path.is_file():
        whole = path.resolve()
        own = _place(whole, whole.parent)
        found = [finding for finding in found if finding.file == own]
    return found


def findings(answers: Answers, files: Mapping[str, bytes]) -> list[Finding]:
    """All findings about the files of a release, which need no installation to be checked."""
    return check.findings(files, answers)


def deploy(
    world: World,
    session: Session,
    path: Path,
    hands: Hands = releases.NOBODY,
) -> Release:
    """Check and freeze; raises ModelInvalid with every error, changes nothing then."""
    name, files = files_at(path)
    return deploy_files(world, session, name, files, hands)


def deploy_files(
    world: World,
    session: Session,
    name: str,
    files: Mapping[str, bytes],
    hands: Hands = releases.NOBODY,
) -> Release:
    """Check and freeze files that are at hand; raises ModelInvalid with every error, changes nothing then."""
    faults = check.errors(check.findings(files, world.answers))
    if faults:
        raise ModelInvalid(faults)
    return freeze(session, name, files, hands)


def freeze(
    session: Session,
    name: str,
    files: Mapping[str, bytes],
    hands: Hands = releases.NOBODY,
) -> Release:
    """Freeze files whose check found no error as the next version of a pack."""
    existing = releases.known(session, name, releases.digest(files))
    if existing is not None and existing.id != releases.current(session, name).id:
        raise Refused(
            Sentence(
                "内容与规则包 {name} 第 {version} 版相同，而现行的是另一版。",
                name=name,
                version=existing.version,
            ),
            slug="older-release",
            hint=Sentence("要重新使用这些内容，请恢复第 {version} 版。", version=existing.version),
        )
    release = releases.deploy(session, name, files, hands)
    _note(session, release, hands.releaser)
    return release


def restore(
    world: World,
    session: Session,
    older: Release,
    hands: Hands = releases.NOBODY,
) -> Release:
    """Check an older release once more and put its content in force again; raises ModelInvalid, Refused."""
    faults = check.errors(check.findings(content(session, older), world.answers))
    if faults:
        raise ModelInvalid(faults)
    return thaw(session, older, hands)


def thaw(
    session: Session,
    older: Release,
    hands: Hands = releases.NOBODY,
) -> Release:
    """Put an older release, whose check found no error, in force again as the next version of its pack."""
    release = releases.restore(session, older, hands)
    _note(session, release, hands.releaser, restores=older.version)
    return release


def _note(session: Session, release: Release, actor: Person | None, **more: int) -> None:
    audit.record(
        session,
        action="release.deploy",
        subject=f"release/{release.id}",
        actor=actor,
        reason=release.note if more else "",
        after={"pack": release.pack, "version": release.version, "hash": release.hash, **more},
        release_id=release.id,
    )


def version(session: Session, text: str) -> Release:
    """A release by `pack/version` (`jilin/3`), `pack` (its newest) or number."""
    name, _, number = text.partition("/")
    if text.isdigit():
        found = session.get(Release, int(text))
    elif number:
        if not number.isdigit():
            raise Refused(Sentence("版本“{number}”不是数字。", number=number), hint="写成 jilin/3 这样。")
        found = session.scalar(select(Release).where(Release.pack == name, Release.version == int(number)))
    else:
        found = releases.current(session, name)
    if found is None:
        raise NotFound(Sentence("没有发布 {text}。", text=text))
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
