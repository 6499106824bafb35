"""A proposed diagram beside the one in force: drawn, and element by element what was and what would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from engine.desk import proposal as proposals
from engine.desk import release
from engine.domain.pack import parameters
from engine.errors import NotFound
from engine.runtime import difference, picture
from engine.runtime.difference import Difference
from engine.runtime.proposal import Proposal
from engine.runtime.tables import Release

Side = Literal["after", "before"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One diagram of a proposal. `differences` is None where nothing of that name is in force yet.

    `base`: the release it was made from; `both`: whether there is an older picture to look at.
    """

    proposal: Proposal
    base: Release | None
    name: str
    both: bool
    svg: str
    lanes: str
    strips: Sequence[tuple[int, int, int]]
    words: str
    differences: Sequence[Difference] | None


def drawable(proposal: Proposal, path: str) -> bool:
    """Whether a file is a diagram that passed the check: nothing else from outside is laid out and drawn."""
    return path.endswith(".bpmn") and path in proposal.files and proposal.state != "refused"


def compared(session: Session, proposal_id: int, name: str, side: Side) -> Compared:
    """The proposed diagram (after) or the one it was made from (before), with what differs marked in it.

    NotFound: no such diagram in the proposal, or the check refused the proposal.
    """
    proposal, path = proposals.get(session, proposal_id), f"{name}.bpmn"
    if not drawable(proposal, path):
        raise NotFound("这次送审没有可以看的这张流程图。", hint="检查通过的送审才画图，可从送审页进入。")
    base = session.get(Release, proposal.base_id) if proposal.base_id else None
    before = release.content(session, base).get(path) if base else None
    after = proposals.files_of(session, proposal_id)[path]
    found = None if before is None else difference.differences(before, after)
    source = before if side == "before" and before is not None else after
    posts = parameters(proposal.pack).posts
    edited = {each.id: each.state for each in found or ()}
    return Compared(
        proposal=proposal,
        base=base,
        name=picture.name(source),
        both=before is not None,
        svg=picture.svg(source, edited=edited, posts=posts),
        lanes=picture.lanes(source, posts),
        strips=picture.strips(source),
        words=picture.words(source, edited=edited),
        differences=found,
    )
