"""Web hooks of a bureau: where its people's notices are sent to, kept by the system administrator."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.access.rights import MANAGE_SYSTEM
from engine.desk.notice.deliver import hook_secret
from engine.desk.outside import entered
from engine.domain.notice import NoticeHook
from engine.errors import NotFound, Refused
from engine.people import Person
from engine.settings import Settings


def hooks(session: Session, actor: Person) -> Sequence[NoticeHook]:
    """The hooks of the administrator's bureau, the closed ones, too."""
    MANAGE_SYSTEM.demand(actor)
    mine = select(NoticeHook).where(NoticeHook.bureau_id == actor.bureau_id)
    return session.scalars(mine.order_by(NoticeHook.id)).all()


def add_hook(session: Session, actor: Person, url: str, settings: Settings) -> tuple[NoticeHook, str]:
    """Enter an address whose host the installation may call; the second value is the signing secret."""
    MANAGE_SYSTEM.demand(actor)
    url = entered(url, settings)
    known = session.scalar(
        select(NoticeHook).where(NoticeHook.bureau_id == actor.bureau_id, NoticeHook.url == url)
    )
    if known is not None and known.active:
        raise Refused("这个地址已经登记。", slug="hook-known", fields={"url": "请换一个地址。"})
    hook = known or NoticeHook(bureau_id=actor.bureau_id, url=url, created_by_id=actor.id, turn=0)
    hook.active, hook.turn = True, hook.turn + 1
    session.add(hook)
    session.flush()
    _log(session, actor, hook, "hook.add")
    return hook, hook_secret(settings, hook)


def renew(session: Session, actor: Person, hook_id: int, settings: Settings) -> tuple[NoticeHook, str]:
    """Change the secret: calls from now on are signed with the new one."""
    hook = _own(session, actor, hook_id)
    hook.turn += 1
    _log(session, actor, hook, "hook.renew")
    return hook, hook_secret(settings, hook)


def close(session: Session, actor: Person, hook_id: int) -> None:
    """Send nothing more there."""
    hook = _own(session, actor, hook_id)
    hook.active = False
    _log(session, actor, hook, "hook.close")


def _own(session: Session, actor: Person, hook_id: int) -> NoticeHook:
    MANAGE_SYSTEM.demand(actor)
    hook = session.get(NoticeHook, hook_id)
    if hook is None or hook.bureau_id != actor.bureau_id:
        raise NotFound("没有这个外送地址。")
    return hook


def _log(session: Session, actor: Person, hook: NoticeHook, action: str) -> None:
    audit.record(
        session,
        action=action,
        subject=f"hook/{hook.id}",
        actor=actor,
        bureau_id=hook.bureau_id,
        after={"url": hook.url, "turn": hook.turn, "active": hook.active},
    )
