"""The national systems that carry a bureau's publications: the batch file for those that take one.

依据: 吉 第二十五条, 舞 第十五条 (谁检查、谁录入、谁公开).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.access.rights import PUBLISH
from engine.domain.publication import CHANNEL_LABELS, WEBSITE, pending, workbook
from engine.errors import NotFound
from engine.people import Person


@dataclass(frozen=True, slots=True)
class Batch:
    """What one system still has to be given: `content` is an XLSX file, `publications` how many stand in it."""

    name: str
    content: bytes
    publications: int


def batch(session: Session, actor: Person, channel: str) -> Batch:
    """The file of the reviewed publications of the own bureau that a national system has not yet confirmed."""
    PUBLISH.demand(actor)
    name = label(channel)
    waiting = pending(session, actor.bureau_id, channel)
    return Batch(name, workbook(waiting), len(waiting))


def label(channel: str) -> str:
    """What a national system is called; NotFound for what is none."""
    if channel == WEBSITE or channel not in CHANNEL_LABELS:
        raise NotFound("没有这个公示系统。")
    return CHANNEL_LABELS[channel]
