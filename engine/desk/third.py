"""第三方在场: what the holder of a one-time link sees and does, and the operator's side of it.

No account and no session: whoever holds the link acts. Wrong links are counted by address, wrong values by link;
failures must stay counted, so they are counted in a transaction of their own. 依据: 吉 第十二条; docs/draw.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engine.access.sign_in import TRIES_PER_ADDRESS, throttle_of
from engine.desk.draw import find
from engine.domain.ceremony import link
from engine.domain.ceremony.link import Phase, ThirdLink
from engine.domain.ceremony.tables import Draw
from engine.errors import NotFound
from engine.people import Bureau, Person


@dataclass(frozen=True, slots=True)
class Door:
    """The operator's side: whether a link may be issued, until when one is open, what was done with it."""

    may_issue: bool
    until: datetime | None
    phase: Phase


@dataclass(frozen=True, slots=True)
class ThirdView:
    """The holder's side."""

    draw: Draw
    bureau: Bureau
    phase: Phase
    until: datetime


def door(session: Session, draw: Draw, person: Person) -> Door | None:
    """What the operator of a draw with a third party can do with its link; None for everybody else."""
    if not draw.settings.get("third") or draw.operator_id != person.id or draw.mode != "native":
        return None
    phase, row = link.phase_of(draw), link.open_link(session, draw.id)
    if phase == "over":
        return None
    return Door(phase != "done", row.expires_at if row else None, phase)


def issue(session: Session, person: Person, draw_id: str) -> tuple[ThirdLink, str]:
    """出具第三方链接: the row and the secret of the address, shown once."""
    draw = find(session, person, draw_id)
    return link.issue(session, draw, person, person.bureau.pack)


def call_back(session: Session, person: Person, draw_id: str) -> None:
    """撤销第三方链接."""
    link.call_back(session, find(session, person, draw_id), person, person.bureau.pack)


def missed(session: Session, address: str) -> bool:
    """Count a link that does not exist against an address; whether it had tried too many before."""
    throttle = throttle_of(session, f"third {address}"[:80])
    if throttle.failures >= TRIES_PER_ADDRESS:
        return True
    throttle.failures += 1
    return False


def view(session: Session, token: str) -> ThirdView:
    """The page of a link; refuses one that no longer works (slugs `link-revoked`, `link-expired`, `link-tries`)."""
    row = _row(session, token)
    bureau = session.get_one(Bureau, row.draw.bureau_id)
    link.refuse_closed(row, bureau.pack)
    return ThirdView(row.draw, bureau, link.phase_of(row.draw), row.expires_at)


def exists(session: Session, token: str) -> bool:
    """Whether there ever was such a link."""
    return link.found(session, token) is not None


def act(session: Session, token: str, given: Mapping[str, str]) -> Phase:
    """The commitment, or the secret, whichever was sent; the phase afterwards."""
    row = _row(session, token)
    pack = session.get_one(Bureau, row.draw.bureau_id).pack
    if "secret" in given:
        link.open_up(session, row, given["secret"], pack)
    else:
        link.hand_over(session, row, given.get("commit", ""), pack)
    return link.phase_of(row.draw)


def erred(session: Session, token: str) -> None:
    """Count a refused value against a link, up to the last it bears."""
    row = _row(session, token)
    row.tries = min(row.tries + 1, link.TRIES)


def _row(session: Session, token: str) -> ThirdLink:
    row = link.found(session, token)
    if row is None:
        raise NotFound("没有这个链接。", hint="请核对是否抄错，或者向抽取人要新的链接。")
    return row
