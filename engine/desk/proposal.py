"""Releasing in two pairs of hands: the author proposes a change of the processes, another person releases it.

The files come from outside, so they are opened and checked apart (`apart.py`) before anything here is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from engine import audit, clock
from engine.access.rights import EDIT_PROCESSES, RELEASE
from engine.desk import release as desk
from engine.desk.world import seed_files
from engine.domain import pack as packs
from engine.errors import ChangedMeanwhile, Finding, ModelInvalid, NotFound, Refused
from engine.people import Person
from engine.runtime import proposal as proposals
from engine.runtime import release as releases
from engine.runtime.check import errors
from engine.runtime.proposal import Proposal
from engine.runtime.tables import Release
from engine.sentence import Sentence

Start = Literal["current", "shipped", "whole"]
STARTS: tuple[Start, ...] = ("current", "shipped", "whole")
RECENT = 30


@dataclass(frozen=True, slots=True)
class Listed:
    """A proposal in the list."""

    proposal: Proposal
    author: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with what differs from the release now in force, and what the person may do."""

    row: Listed
    base: Release | None
    restores: Release | None
    stale: bool
    findings: Sequence[Finding]
    changes: Sequence[desk.Change]
    may_decide: bool
    is_author: bool


def base_files(session: Session, pack: str, start: Start) -> dict[str, bytes]:
    """What the files of the archive are laid over: the release in force, what ships, or nothing."""
    if pack not in packs.names():
        raise NotFound(
            Sentence("没有规则包“{pack}”。", pack=pack),
            hint=Sentence("可用的有：{names}。", names="、".join(packs.names())),
        )
    if start == "whole":
        return {}
    found = _in_force(session, pack) if start == "current" else None
    return desk.content(session, found) if found else seed_files(pack)


def propose(
    session: Session,
    actor: Person,
    pack: str,
    files: Mapping[str, bytes],
    findings: Sequence[Finding],
    *,
    note: str = "",
) -> Proposal:
    """Put a checked change before the second person; Refused when it changes nothing."""
    EDIT_PROCESSES.demand(actor)
    base = _in_force(session, pack)
    _refuse_known(session, pack, releases.digest(files))
    made = proposals.keep(session, pack, files, findings, author=actor, base=base, note=note[:500])
    _note(session, "release.propose", made, actor)
    return made


def restorable(session: Session, release_id: int, note: str) -> dict[str, bytes]:
    """The files of an older release, to be checked before it is proposed again.

    NotFound otherwise; Refused without a reason, for what is current already, for what waits already.
    """
    older = _older(session, release_id)
    if not note.strip():
        raise Refused("恢复旧版要写明原因。", slug="reason-missing", fields={"note": "请写明为什么恢复"})
    if releases.current(session, older.pack).hash == older.hash:
        raise Refused(
            Sentence("第 {version} 版的内容就是现行版本的内容，不用恢复。", version=older.version),
            slug="no-change",
            hint="可在流程页核对现行版本。",
        )
    _refuse_waiting(session, older.pack, older.hash)
    return desk.content(session, older)


def propose_restore(
    session: Session, actor: Person, release_id: int, findings: Sequence[Finding], *, note: str
) -> Proposal:
    """Put it before the second person to make an older release current again (恢复为第 N 版).

    `findings`: of the check made just now; what an older release calls may be gone by now. Raises as `restorable`.
    """
    EDIT_PROCESSES.demand(actor)
    files, older = restorable(session, release_id, note), _older(session, release_id)
    base = releases.current(session, older.pack)
    made = proposals.keep(
        session, older.pack, files, findings, author=actor, base=base, note=note.strip()[:500], restores=older
    )
    _note(session, "release.propose", made, actor)
    return made


def _older(session: Session, release_id: int) -> Release:
    found = session.get(Release, release_id)
    if found is None:
        raise NotFound(
            Sentence("没有第 {release_id} 号发布。", release_id=release_id), hint="可从流程列表进入。"
        )
    return found


def files_of(session: Session, proposal_id: int) -> dict[str, bytes]:
    """What would be released, to be checked once more."""
    return proposals.content(session, get(session, proposal_id))


def get(session: Session, proposal_id: int) -> Proposal:
    """The proposal; NotFound otherwise."""
    found = session.get(Proposal, proposal_id)
    if found is None:
        raise NotFound(
            Sentence("没有第 {proposal_id} 号送审。", proposal_id=proposal_id), hint="可从流程列表进入。"
        )
    return found


def release(session: Session, actor: Person, proposal_id: int, findings: Sequence[Finding]) -> Release:
    """Release as the next version: by another than the author, and only onto the version it was made from.

    `findings`: of the check made just now; the catalogue of verbs may have changed since the proposal.
    """
    proposal = _taken(session, actor, proposal_id)
    faults = errors(list(findings))
    if faults:
        raise ModelInvalid(faults)
    base = _in_force(session, proposal.pack)
    if (base.id if base else None) != proposal.base_id:
        raise Refused(
            Sentence(
                "送审以后，规则包 {pack} 已经发布了第 {version} 版。",
                pack=proposal.pack,
                version=base.version if base else 0,
            ),
            slug="stale-base",
            hint="请退回作者，在现行版本上改好再送审。",
        )
    author = session.get_one(Person, proposal.author_id)
    hands = releases.Hands(author, actor, proposal.note)
    if proposal.restores_id is not None:
        made = desk.thaw(session, session.get_one(Release, proposal.restores_id), hands)
    else:
        made = desk.freeze(session, proposal.pack, proposals.content(session, proposal), hands)
    _decide(proposal, actor, "released")
    proposal.release_id = made.id
    session.flush()
    return made


def send_back(session: Session, actor: Person, proposal_id: int, reason: str) -> Proposal:
    """Send it back to its author, with the reason."""
    if not reason.strip():
        raise Refused("退回要写明原因。", slug="reason-missing", fields={"reason": "请写明退回的原因"})
    proposal = _taken(session, actor, proposal_id)
    _decide(proposal, actor, "returned")
    proposal.reason = reason.strip()[:1000]
    session.flush()
    _note(session, "release.return", proposal, actor, reason=proposal.reason)
    return proposal


def listed(session: Session) -> list[Listed]:
    """The latest proposals."""
    return [_listed(*row) for row in session.execute(_with_names().limit(RECENT))]


def view(session: Session, person: Person, proposal_id: int) -> Proposed:
    """A proposal for its page."""
    found = session.execute(_with_names().where(Proposal.id == proposal_id)).first()
    if found is None:
        raise NotFound(
            Sentence("没有第 {proposal_id} 号送审。", proposal_id=proposal_id), hint="可从流程列表进入。"
        )
    proposal = found[0]
    base = session.get(Release, proposal.base_id) if proposal.base_id else None
    current = _in_force(session, proposal.pack)
    before = desk.content(session, base) if base else {}
    waiting = proposal.state == "waiting"
    return Proposed(
        row=_listed(*found),
        base=base,
        restores=session.get(Release, proposal.restores_id) if proposal.restores_id else None,
        stale=waiting and (current.id if current else None) != proposal.base_id,
        findings=[Finding.read(finding) for finding in proposal.findings],
        changes=desk.compare(before, proposals.content(session, proposal)),
        may_decide=waiting and RELEASE.allows(person, proposal),
        is_author=person.id == proposal.author_id,
    )


def _listed(proposal: Proposal, author: str, decided_by: str | None) -> Listed:
    return Listed(proposal, author, decided_by or "")


def _with_names() -> Select[Proposal, str, str]:
    author, other = aliased(Person), aliased(Person)
    return (
        select(Proposal, author.name, other.name)
        .join(author, author.id == Proposal.author_id)
        .outerjoin(other, other.id == Proposal.decided_by_id)
        .order_by(Proposal.id.desc())
    )


def _in_force(session: Session, pack: str) -> Release | None:
    query = select(Release).where(Release.pack == pack).order_by(Release.version.desc()).limit(1)
    return session.scalar(query)


def _refuse_known(session: Session, pack: str, content_hash: str) -> None:
    known, base = releases.known(session, pack, content_hash), _in_force(session, pack)
    if known is not None:
        older = base is not None and base.hash != content_hash
        raise Refused(
            Sentence(
                "内容与规则包 {pack} 第 {version} 版相同，没有要发布的改动。",
                pack=pack,
                version=known.version,
            ),
            slug="no-change",
            hint=Sentence("要重新使用，请在第 {version} 版的页面上恢复。", version=known.version)
            if older
            else "请核对压缩包中的文件。",
            fields={"zip": Sentence("与第 {version} 版相同", version=known.version)},
        )
    _refuse_waiting(session, pack, content_hash)


def _refuse_waiting(session: Session, pack: str, content_hash: str) -> None:
    waiting = session.scalar(
        select(Proposal).where(
            Proposal.pack == pack, Proposal.hash == content_hash, Proposal.state == "waiting"
        )
    )
    if waiting is not None:
        raise Refused(
            Sentence("同样的内容已经送审（第 {waiting} 号），在等复核。", waiting=waiting.id),
            slug="already-proposed",
            fields={"zip": Sentence("与第 {waiting} 号送审相同", waiting=waiting.id)},
        )


def _taken(session: Session, actor: Person, proposal_id: int) -> Proposal:
    """The proposal, locked, if this person may decide on it and nobody has."""
    proposal = session.get(Proposal, proposal_id, with_for_update=True)
    if proposal is None:
        raise NotFound(
            Sentence("没有第 {proposal_id} 号送审。", proposal_id=proposal_id), hint="可从流程列表进入。"
        )
    if proposal.author_id == actor.id:
        raise Refused(
            "模型的作者不能发布自己的模型。", slug="self-release", hint="请另一位有发布权限的人复核发布。"
        )
    RELEASE.demand(actor, proposal)
    if proposal.decided_by_id is not None and proposal.decided_at is not None:
        other = session.get_one(Person, proposal.decided_by_id)
        done = "发布" if proposal.state == "released" else "退回"
        raise ChangedMeanwhile(
            Sentence(
                "这次送审已由{other}于 {when:%Y-%m-%d %H:%M} {done}。",
                other=other.name,
                when=clock.local(proposal.decided_at),
                done=done,
            ),
            who=other.name,
            when=proposal.decided_at,
        )
    if proposal.state != "waiting":
        raise Refused("检查发现错误的送审不能发布。", slug="model-invalid", hint="请作者改好后重新送审。")
    return proposal


def _decide(proposal: Proposal, actor: Person, state: str) -> None:
    proposal.state, proposal.decided_by_id, proposal.decided_at = state, actor.id, clock.now()


def _note(session: Session, action: str, proposal: Proposal, actor: Person, *, reason: str = "") -> None:
    audit.record(
        session,
        action=action,
        subject=f"proposal/{proposal.id}",
        actor=actor,
        reason=reason,
        after={"pack": proposal.pack, "hash": proposal.hash, "findings": len(proposal.findings)},
    )
