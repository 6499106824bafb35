"""A release: the pack's diagrams, decision tables, parameters, forms and documents, frozen together by content hash.

A running case keeps its release. Compiled releases are shared by all instances of a process of the web
server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Bundle, Session

from engine import clock
from engine.errors import CaseworkError, Finding, ModelInvalid, NotFound, Refused
from engine.people import Person
from engine.rules import dmn
from engine.rules.plain import plain
from engine.runtime import model, spiff
from engine.runtime.recent import Recent
from engine.runtime.tables import Blob, Release, ReleaseFile
from engine.sentence import Sentence

KINDS = {
    ".bpmn": "bpmn",
    ".dmn": "dmn",
    ".form": "form",
    ".typ": "document",
    ".docx": "document",
    ".toml": "pack",
}


LIMITS = 512  # rows of a release's deadlines table; it has some eighty, each asked for anew every day
LOADED = 32  # releases; what cases still run under, and what people look at


@dataclass(frozen=True, slots=True)
class Hands:
    """The two pairs of hands a release passes (起草人, 复核发布人), and what it is for; none at the installation."""

    author: Person | None = None
    releaser: Person | None = None
    note: str = ""


NOBODY = Hands()


@dataclass(frozen=True, slots=True)
class Compiled:
    """A release ready to run."""

    id: int
    pack: str
    version: int
    hash: str
    processes: Mapping[str, model.Process]
    specs: Mapping[str, spiff.Spec]
    sources: Mapping[str, bytes]  # process id → BPMN
    decisions: Mapping[str, Any]  # decision id or name → DMN model
    forms: Mapping[str, bytes]  # `plan/approve` → form-js JSON
    documents: Mapping[str, bytes] = field(default_factory=dict)
    parameters: tuple[tuple[str, bytes], ...] = ()  # of the pack and its parents, as TOML
    limits: Recent[tuple[str, str, date], Any] = field(
        default_factory=lambda: Recent(LIMITS), compare=False, repr=False
    )

    def process(self, identity: str) -> model.Process:
        """A process of this release; CaseworkError where it has none of this name."""
        found = self.processes.get(identity)
        if found is None:
            raise CaseworkError(
                Sentence(
                    "规则包 {pack} 第 {version} 版没有流程“{identity}”。",
                    pack=self.pack,
                    version=self.version,
                    identity=identity,
                )
            )
        return found

    def decide(self, decision: str, facts: Mapping[str, Any]) -> Any:
        """Evaluate a decision of this release: the decision's value and its explanation."""
        table = self.decisions.get(decision)
        if table is None:
            raise CaseworkError(
                Sentence(
                    "规则包 {pack} 第 {version} 版没有决策“{decision}”。",
                    pack=self.pack,
                    version=self.version,
                    decision=decision,
                )
            )
        return table.decide(decision, facts)

    def limit(self, decision: str, facts: Mapping[str, Any]) -> Any:
        """A row of the deadlines table, as plain JSON; asked for at every step, so it is kept for the day."""
        key = (decision, repr(sorted(facts.items())), clock.today())
        return self.limits.get(key, lambda: plain(self.decide(decision, facts).usable()))


def kind_of(path: str) -> str:
    """The kind of a release file by its ending; "" for one that does not belong into a release."""
    return KINDS.get("." + path.rsplit(".", 1)[-1], "")


def digest(files: Mapping[str, bytes]) -> str:
    """The content hash of a release: over sorted (path, SHA-256) pairs."""
    lines = "\n".join(
        f"{path} {hashlib.sha256(content).hexdigest()}" for path, content in sorted(files.items())
    )
    return hashlib.sha256(lines.encode()).hexdigest()


@lru_cache(maxsize=512)
def _diagram(content: bytes, file: str) -> tuple[Mapping[str, model.Process], Mapping[str, spiff.Spec]]:
    diagram = model.read(content, file)
    return diagram.processes, spiff.parse(model.for_kernel(diagram), file)


@lru_cache(maxsize=512)
def _decisions(content: bytes, file: str) -> Any:
    return dmn.load(content, file=file)


def compile_files(
    files: Mapping[str, bytes], *, identity: int = 0, pack: str = "", version: int = 0
) -> Compiled:
    """Make files runnable; raises ModelInvalid or CaseworkError at the first that is not."""
    processes: dict[str, model.Process] = {}
    specs: dict[str, spiff.Spec] = {}
    sources: dict[str, bytes] = {}
    decisions: dict[str, Any] = {}
    forms: dict[str, bytes] = {}
    documents: dict[str, bytes] = {}
    parameters: list[tuple[str, bytes]] = []
    for path, content in sorted(files.items()):
        kind = kind_of(path)
        if kind == "bpmn":
            found, parsed = _diagram(content, path)
            twice = sorted(set(found) & set(processes))
            if twice:
                raise ModelInvalid(
                    [
                        Finding(
                            path,
                            twice[0],
                            "",
                            0,
                            "process-twice",
                            Sentence("流程 {twice} 在两个文件中。", twice=twice[0]),
                            "改其中一个的 id。",
                        )
                    ]
                )
            processes |= found
            specs |= parsed
            sources |= dict.fromkeys(found, content)
        elif kind == "dmn":
            table = _decisions(content, path)
            for decision in table.decisions():
                decisions[decision.id] = table
                decisions.setdefault(decision.name, table)
        elif kind == "form":
            forms[path.removeprefix("forms/").removesuffix(".form")] = content
        elif kind == "document":
            documents[path] = content
        elif kind == "pack":
            parameters.append((path, content))
    return Compiled(
        identity,
        pack,
        version,
        digest(files),
        processes,
        specs,
        sources,
        decisions,
        forms,
        documents,
        tuple(parameters),
    )


_loaded: Recent[tuple[str, int, str], Compiled] = Recent(LOADED)


def load(session: Session, release_id: int) -> Compiled:
    """A deployed release, compiled once per process of the server."""
    known: dict[int, Compiled] = session.info.setdefault("releases", {})
    if release_id in known:
        return known[release_id]
    release = session.get(Release, release_id)
    if release is None:
        raise NotFound(Sentence("没有第 {release_id} 号发布。", release_id=release_id))
    return compiled(session, release)


class Frozen(Protocol):
    """What names a release: a row of its table, or of `FROZEN`."""

    id: int
    pack: str
    version: int
    hash: str


FROZEN = Bundle[Any]("frozen", Release.id, Release.pack, Release.version, Release.hash)


def compiled(session: Session, release: Frozen) -> Compiled:
    """A release that is already at hand, compiled; the session remembers it, so that no step asks twice."""

    def make() -> Compiled:
        rows = session.execute(
            select(ReleaseFile.path, Blob.content)
            .join(Blob, Blob.hash == ReleaseFile.hash)
            .where(ReleaseFile.release_id == release.id),
        )
        files = {str(path): bytes(content) for path, content in rows}
        return compile_files(files, identity=release.id, pack=release.pack, version=release.version)

    found = _loaded.get((release.hash, release.id, release.pack), make)
    session.info.setdefault("releases", {})[release.id] = found
    return found


def current(session: Session, pack: str) -> Release:
    """The release that new cases of a pack use: its highest version."""
    release = session.scalar(
        select(Release).where(Release.pack == pack).order_by(Release.version.desc()).limit(1)
    )
    if release is None:
        raise NotFound(
            Sentence("规则包 {pack} 还没有发布过。", pack=pack), hint="请先执行 casework release deploy。"
        )
    return release


def deploy(
    session: Session,
    pack: str,
    files: Mapping[str, bytes],
    hands: Hands = NOBODY,
) -> Release:
    """Freeze checked files as the next version of a pack; the same content gives the release that exists.

    The author of a model does not release it. Raises Refused for that, and what `compile_files` raises.
    """
    _refuse_author(hands)
    compile_files(files)
    existing = known(session, pack, digest(files))
    if existing is not None:
        return existing
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    stored = set(session.scalars(select(Blob.hash).where(Blob.hash.in_(hashes.values()))))
    for path, content in files.items():
        if hashes[path] not in stored:
            session.add(Blob(hash=hashes[path], content=content))
            stored.add(hashes[path])
    made = Release(pack=pack, hash=digest(files))
    return _next_version(session, made, hashes, hands)


def known(session: Session, pack: str, content_hash: str) -> Release | None:
    """The latest release of a pack with this content, if it was ever released."""
    found = select(Release).where(Release.pack == pack, Release.hash == content_hash)
    return session.scalar(found.order_by(Release.version.desc()).limit(1))


def restore(session: Session, older: Release, hands: Hands = NOBODY) -> Release:
    """Put the content of an older release in force again, as the pack's next version (恢复为第 N 版).

    Running cases keep theirs. Refused where that content is in force already, and for an author who releases.
    """
    _refuse_author(hands)
    if current(session, older.pack).hash == older.hash:
        raise Refused(
            Sentence("第 {version} 版的内容就是现行版本的内容，不用恢复。", version=older.version),
            slug="no-change",
            hint="可在流程页核对现行版本。",
        )
    hashes = {file.path: file.hash for file in older.files}
    made = Release(pack=older.pack, hash=older.hash, restores_id=older.id)
    return _next_version(session, made, hashes, hands)


def _refuse_author(hands: Hands) -> None:
    author, releaser = hands.author, hands.releaser
    if author is not None and releaser is not None and author.id == releaser.id:
        raise Refused(
            "模型的作者不能发布自己的模型。", slug="self-release", hint="请另一位有发布权限的人复核发布。"
        )


def _next_version(session: Session, made: Release, hashes: Mapping[str, str], hands: Hands) -> Release:
    last = session.scalar(select(func.max(Release.version)).where(Release.pack == made.pack)) or 0
    made.version = last + 1
    made.author_id = hands.author.id if hands.author else None
    made.releaser_id = hands.releaser.id if hands.releaser else None
    made.note = hands.note
    session.add(made)
    session.flush()
    session.add_all(
        ReleaseFile(release_id=made.id, path=path, kind=kind_of(path), hash=hashes[path])
        for path in sorted(hashes)
    )
    session.flush()
    return made
