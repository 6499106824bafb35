"""The national systems that carry a bureau's publications: pushed by HTTPS where an address is entered, else by file.

依据: 吉 第二十五条, 舞 第十五条 (谁检查、谁录入、谁公开).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.access.rights import MANAGE_SYSTEM, PUBLISH
from engine.desk.outside import ask, entered
from engine.desk.signed import headers, secret_of
from engine.domain.publication import (
    CHANNEL_LABELS,
    WEBSITE,
    ChannelEndpoint,
    by_hand,
    deliver,
    delivered,
    pending,
    receiver,
    workbook,
)
from engine.domain.publication.push import JOB as PUSH
from engine.errors import NotFound, Refused
from engine.operation import errand
from engine.people import Person
from engine.settings import Settings
from engine.storage.session import Database

SYSTEMS = {channel: label for channel, label in CHANNEL_LABELS.items() if channel != WEBSITE}
"""The outside systems, by channel."""


# --- the file --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """What one system still has to be given: `content` is an XLSX file, `publications` how many stand in it."""

    name: str
    content: bytes
    publications: int


def batch(session: Session, actor: Person, channel: str) -> Batch:
    """The file of the reviewed publications of the own bureau that a national system has not yet confirmed."""
    PUBLISH.demand(actor)
    waiting = pending(session, actor.bureau_id, _known(channel))
    return Batch(SYSTEMS[channel], workbook(waiting), len(waiting))


def _known(channel: str) -> str:
    if channel not in SYSTEMS:
        raise NotFound("没有这个公示系统。")
    return channel


# --- the address -----------------------------------------------------------------------------------


def endpoints(session: Session, actor: Person) -> Mapping[str, ChannelEndpoint]:
    """Where the administrator's bureau pushes to, by channel; the closed ones, too."""
    MANAGE_SYSTEM.demand(actor)
    rows = session.scalars(select(ChannelEndpoint).where(ChannelEndpoint.bureau_id == actor.bureau_id))
    return {row.channel: row for row in rows}


def enter(
    session: Session, actor: Person, channel: str, url: str, settings: Settings
) -> tuple[ChannelEndpoint, str]:
    """Push what is published from now on there; an address before is replaced. The second value is the secret."""
    known = endpoints(session, actor).get(_chosen(channel))
    url = entered(url, settings, secure=True)
    if known is not None and known.active and known.url == url:
        raise Refused("这个地址已经登记。", slug="endpoint-known", fields={"url": "请换一个地址。"})
    row = known or ChannelEndpoint(bureau_id=actor.bureau_id, channel=channel, turn=0)
    row.url, row.active, row.turn = url, True, row.turn + 1
    row.created_by_id, row.created_at = actor.id, clock.now()
    session.add(row)
    session.flush()
    _log(session, actor, row, "endpoint.enter")
    return row, secret(settings, row)


def _chosen(channel: str) -> str:
    if channel not in SYSTEMS:
        raise Refused("没有这个公示系统。", slug="endpoint-system", fields={"channel": "请选择公示系统。"})
    return channel


def renew(
    session: Session, actor: Person, endpoint_id: int, settings: Settings
) -> tuple[ChannelEndpoint, str]:
    """Change the secret: pushes from now on are signed with the new one."""
    row = _own(session, actor, endpoint_id)
    row.turn += 1
    _log(session, actor, row, "endpoint.renew")
    return row, secret(settings, row)


def close(session: Session, actor: Person, endpoint_id: int) -> None:
    """Push nothing more there: what waited goes by file and by hand again."""
    row = _own(session, actor, endpoint_id)
    row.active = False
    by_hand(session, row.bureau_id, row.channel)
    _log(session, actor, row, "endpoint.close")


def secret(settings: Settings, endpoint: ChannelEndpoint) -> str:
    """What signs the pushes to an address."""
    return secret_of(settings, f"channel-endpoint:{endpoint.id}:{endpoint.turn}")


def _own(session: Session, actor: Person, endpoint_id: int) -> ChannelEndpoint:
    MANAGE_SYSTEM.demand(actor)
    row = session.get(ChannelEndpoint, endpoint_id)
    if row is None or row.bureau_id != actor.bureau_id or not row.active:
        raise NotFound("没有这个推送地址。")
    return row


def _log(session: Session, actor: Person, row: ChannelEndpoint, action: str) -> None:
    audit.record(
        session,
        action=action,
        subject=f"endpoint/{row.id}",
        actor=actor,
        bureau_id=row.bureau_id,
        after={"channel": row.channel, "url": row.url, "turn": row.turn, "active": row.active},
    )


# --- the push --------------------------------------------------------------------------------------


@errand(PUSH)
def push(payload: Mapping[str, Any], *, database: Database, settings: Settings) -> None:
    """公示推送: send a publication to a channel, keep its receipt; tried again until it is taken."""
    with database.reading() as session:
        endpoint = receiver(session, payload)
        if endpoint is None:
            return
        url, key = endpoint.url, secret(settings, endpoint)

    def signed(
        method: str, url: str, body: Mapping[str, Any], once: Mapping[str, str]
    ) -> tuple[int, Mapping[str, Any]]:
        return ask(method, url, body, {**once, **headers(key, body)}, settings)

    answer = deliver(payload, url, signed)
    with database.transaction() as session:
        delivered(session, payload, answer)
