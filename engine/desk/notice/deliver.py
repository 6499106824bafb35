"""Sending notices after the commit: one mail for what is due together, one signed call for each web hook.

Both are errands of `job` rows: at least once, tried again with a growing pause, on the board when they keep
failing. A mail says kind, step and link; names of objects and remarks stay inside.
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.desk import outside
from engine.desk.notice.letter import Letter, written
from engine.desk.pool import pools
from engine.desk.signed import headers, secret_of
from engine.domain.notice import Notice, NoticeHook, heading
from engine.errors import Unavailable
from engine.operation import errand
from engine.people import Person, person
from engine.runtime.tables import WorkItem
from engine.sentence import Sentence
from engine.settings import Settings
from engine.storage.session import Database

SECONDS = 20
MOST = 50  # notices in one mail; the rest is a number and a link
SMTPS = 465
FOR_GOOD = range(500, 600)  # SMTP: a 5yz answer will be the same tomorrow


@errand("mail")
def mail(payload: Mapping[str, Any], *, database: Database, settings: Settings) -> None:
    """邮件: send what is due for this notice's reader; done before or read meanwhile is fine."""
    if not settings.smtp_host:
        return
    with database.transaction() as session:
        letter = gather(session, str(payload["notice"]), settings.base_url)
    if letter is None:
        return
    fault = send(letter, settings)
    with database.transaction() as session:
        session.execute(
            update(Notice).where(Notice.bundle == letter.name).values(mailed_at=clock.now(), mail_fault=fault)
        )


def gather(session: Session, key: str, base_url: str) -> Letter | None:
    """Take the due notices of a notice's reader into one mail; None where nothing is left to send.

    Whoever gathers first owns them by `bundle`, so two workers never send one notice in two mails.
    """
    notice = session.scalar(select(Notice).where(Notice.key == key).with_for_update())
    if notice is None or notice.mailed_at is not None or notice.bundle not in ("", key):
        return None
    due = (
        select(Notice)
        .where(Notice.person_id == notice.person_id, Notice.mailed_at.is_(None))
        .where(Notice.mail_due_at <= clock.now(), Notice.bundle.in_(("", key)))
        .order_by(Notice.id)
        .with_for_update()
    )
    found = [each for each in session.scalars(due) if each.read_at is None or each.bundle == key]
    reader = person(session, notice.person_id)
    if not found or not reader.email or not reader.active:
        return None
    for each in found:
        each.bundle = key
    subject = heading(found[0].kind, found[0].title) if len(found) == 1 else f"{len(found)} 条消息"
    one = len(found) == 1
    return Letter(
        name=key,
        to=reader.email,
        reader=reader.name,
        bureau=reader.bureau.name,
        subject=subject,
        lines=[(heading(each.kind, each.title), f"{base_url}{each.path}") for each in found[:MOST]],
        action=("在系统中打开", f"{base_url}{found[0].path}") if one else ("打开我的待办", f"{base_url}/"),
        left_out=max(0, len(found) - MOST),
        waiting=None if one else waiting(session, reader),
    )


def waiting(session: Session, reader: Person) -> int:
    """How many steps wait for a person, in the own hands and in pools."""
    mine = WorkItem.pool.in_(pools(session, reader))
    return session.scalar(select(func.count()).where(mine, WorkItem.state == "open")) or 0


def send(letter: Letter, settings: Settings) -> str:
    """Hand a mail to the server; "" or why this address will never take it. Unavailable: try again later."""
    message = written(letter, settings)
    try:
        with _server(settings) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as fault:
        code, said = next(iter(fault.recipients.values()))
        if code in FOR_GOOD:
            return f"{code} {said.decode(errors='replace')[:200]}"
        raise Unavailable(
            Sentence("邮件服务器暂不接收：{code}。", code=code), hint="稍后会自动再试。"
        ) from fault
    except smtplib.SMTPNotSupportedError as fault:
        if not letter.to.isascii():  # the same tomorrow
            return str(fault)[:200]
        raise Unavailable(
            Sentence("邮件没有送出：{fault}。", fault=type(fault).__name__), hint="稍后会自动再试。"
        ) from fault
    except (smtplib.SMTPException, OSError) as fault:
        raise Unavailable(
            Sentence("邮件没有送出：{fault}。", fault=type(fault).__name__), hint="稍后会自动再试。"
        ) from fault
    return ""


def _server(settings: Settings) -> smtplib.SMTP:
    host, port, context = settings.smtp_host, settings.smtp_port, ssl.create_default_context()
    if settings.smtp_tls and port == SMTPS:
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    server = smtplib.SMTP(host, port, timeout=SECONDS)
    if settings.smtp_tls:
        server.starttls(context=context)
    return server


# --- web hooks ---------------------------------------------------------------------------------


def hook_secret(settings: Settings, hook: NoticeHook) -> str:
    """What signs the calls to a hook, 64 hex characters; derived, so it stands in no database."""
    return secret_of(settings, f"notice-hook:{hook.id}:{hook.turn}")


@errand("webhook")
def webhook(payload: Mapping[str, Any], *, database: Database, settings: Settings) -> None:
    """消息外送: one signed call for one notice; a hook that was switched off gets nothing more."""
    with database.reading() as session:
        hook = session.get(NoticeHook, int(payload["hook"]))
        notice = session.scalar(select(Notice).where(Notice.key == str(payload["notice"])))
        if hook is None or not hook.active or notice is None:
            return
        url, secret = hook.url, hook_secret(settings, hook)
        body = {
            "key": notice.key,
            "kind": notice.kind,
            "title": heading(notice.kind, notice.title),
            "url": settings.base_url + notice.path,
            "at": notice.at.isoformat(),
            "to": person(session, notice.person_id).staff_no,
        }
    once = {"Idempotency-Key": hashlib.sha256(notice.key.encode()).hexdigest()}
    status, _ = outside.ask("POST", url, body, once | headers(secret, body), settings)
    if not 200 <= status < 300:  # noqa: PLR2004 (HTTP: taken)
        raise Unavailable(
            Sentence(
                "{hostname} 没有接收（HTTP {status}）。", hostname=urlsplit(url).hostname, status=status
            ),
            hint="稍后会自动再试。",
        )
