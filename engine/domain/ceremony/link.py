"""第三方一次性链接: a party without an account hands over its commitment, later its secret, on its own telephone.

The operator issues it for one draw, as QR and text; the row keeps a digest, so nobody can show it again. Each of
the two steps is done once. It ends by itself, can be revoked, and says by name why it no longer works. Without a
device the witness writes the commitment down, as before. 依据: J12; protocol SR1 2.3.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine import clock
from engine.domain.ceremony import share, store
from engine.domain.ceremony.tables import Draw
from engine.domain.terms import cite
from engine.errors import Refused
from engine.people import Person
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, sha256

LASTS = timedelta(hours=24)
TRIES = 20
Phase = Literal["early", "commit", "sealed", "reveal", "done", "over"]
"""early: the operator has not sealed · commit · sealed: handed over, roster still open · reveal · done · over."""


class ThirdLink(Base):
    """One issued link: whose draw, until when, which of its two steps are done, whether it was called back."""

    __tablename__ = "third_link"

    id: Mapped[pk]
    draw_id: Mapped[str] = mapped_column(ForeignKey("draw.id"), index=True)
    digest: Mapped[sha256] = mapped_column(unique=True)
    issued_by_id: Mapped[int] = reference("person.id", index=False)
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    committed_at: Mapped[datetime | None]
    revealed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = reference("person.id", index=False)

    draw: Mapped[Draw] = relationship()

    __table_args__ = (
        CheckConstraint("expires_at > issued_at", name="expires"),
        CheckConstraint(f"tries between 0 and {TRIES}", name="tries"),
        CheckConstraint("revoked_by_id is null or revoked_at is not null", name="revoked_by"),
        Index(
            "uq_third_link_open",
            "draw_id",
            unique=True,
            sqlite_where=text("revoked_at is null"),
            postgresql_where=text("revoked_at is null"),
        ),
    )


def digest(token: str) -> str:
    """What is stored of a link."""
    return hashlib.sha256(token.encode()).hexdigest()


def found(session: Session, token: str) -> ThirdLink | None:
    """The link with this secret, revoked and expired ones too."""
    return session.scalar(select(ThirdLink).where(ThirdLink.digest == digest(token)))


def open_link(session: Session, draw_id: str) -> ThirdLink | None:
    """The link of a draw that was not called back."""
    query = select(ThirdLink).where(ThirdLink.draw_id == draw_id, ThirdLink.revoked_at.is_(None))
    return session.scalar(query)


def phase_of(draw: Draw) -> Phase:
    """What the third party can do now."""
    if draw.state == "prepared":
        if draw.settings.get("third_commit"):
            return "sealed"
        return "commit" if draw.operator_id else "early"
    if draw.state != "frozen":
        return "over"
    return "done" if draw.settings.get("third_secret") else "reveal"


def issue(session: Session, draw: Draw, operator: Person, pack: str) -> tuple[ThirdLink, str]:
    """出具链接: the row and its secret, which exists nowhere else afterwards; an earlier link is called back.

    Before the roster is sealed a commitment that came by the earlier link is forgotten with it.
    Refuses a draw without third party (slug `no-third-party`), anybody but who sealed for the bureau
    (`not-operator`), and a draw in which the third party has nothing more to do (`link-too-late`).
    """
    _refuse_issuer(draw, operator, pack)
    if phase_of(draw) in ("done", "over"):
        raise Refused(
            "第三方已经启封或者本次抽取已经结束，不再出具链接。",
            clause=cite("J12", pack),
            slug="link-too-late",
        )
    revoke(session, draw, operator)
    token = secrets.token_urlsafe(24)
    row = ThirdLink(draw=draw, digest=digest(token), issued_by_id=operator.id, expires_at=clock.now() + LASTS)
    session.add(row)
    session.flush()
    store.log(session, draw, "draw.third_link", operator, after={"until": row.expires_at.isoformat()})
    return row, token


def _refuse_issuer(draw: Draw, person: Person, pack: str) -> None:
    if draw.mode != "native" or not draw.settings.get("third"):
        raise Refused(
            "本次抽取没有设第三方。",
            clause=cite("J12", pack),
            hint="第三方在确定抽取数量和分组时填写。",
            slug="no-third-party",
        )
    if draw.operator_id != person.id:
        said = (
            "第三方链接由交出封签的抽取人出具和撤销。" if draw.operator_id else "抽取人封签之后才能出具链接。"
        )
        raise Refused(said, clause=cite("J12", pack), slug="not-operator")


def revoke(session: Session, draw: Draw, person: Person | None) -> bool:
    """撤销链接: whether there was one. What it brought before the roster was sealed is forgotten."""
    row = open_link(session, draw.id)
    if row is None:
        return False
    row.revoked_at, row.revoked_by_id = clock.now(), person.id if person else None
    if draw.state == "prepared" and row.committed_at is not None:
        draw.settings = {key: value for key, value in draw.settings.items() if key != "third_commit"}
    session.flush()
    store.log(session, draw, "draw.third_link_revoked", person)
    return True


def call_back(session: Session, draw: Draw, person: Person, pack: str) -> None:
    """The operator revokes the link (slugs as for `issue`; `link-unknown` where there is none)."""
    _refuse_issuer(draw, person, pack)
    if not revoke(session, draw, person):
        raise Refused("没有可以撤销的链接。", slug="link-unknown")


def refuse_closed(row: ThirdLink, pack: str) -> None:
    """A link that was called back, has expired, or saw too many wrong values.

    Slugs `link-revoked`, `link-expired`, `link-tries`.
    """
    ask = "请向抽取人要新的链接，或者当面把封签报给见证人。"
    if row.revoked_at is not None:
        raise Refused("这个链接已被撤销。", clause=cite("J12", pack), hint=ask, slug="link-revoked")
    if row.expires_at <= clock.now():
        raise Refused("这个链接已经过期。", clause=cite("J12", pack), hint=ask, slug="link-expired")
    if row.tries >= TRIES:
        raise Refused(
            Sentence("这个链接试错 {tries} 次，已经停用。", tries=TRIES),
            clause=cite("J12", pack),
            hint=ask,
            slug="link-tries",
        )


def hand_over(session: Session, row: ThirdLink, commit: str, pack: str) -> None:
    """第三方交封签: once, before the roster is sealed (slugs `commitment-format`, `link-used`, `link-too-late`)."""
    refuse_closed(row, pack)
    draw = row.draw
    _refuse_phase(draw, "commit", pack)
    value = share.hexadecimal({"commit_third": commit}, "commit_third", "第三方封签", "commitment-format")
    draw.settings = {**draw.settings, "third_commit": value}
    row.committed_at = clock.now()
    session.flush()
    store.log(session, draw, "draw.third_commit", after={"commit": value})


def open_up(session: Session, row: ThirdLink, secret: str, pack: str) -> None:
    """第三方启封: once, after the roster is sealed.

    Slugs `commitment`, `secret-format`, `link-used`, `link-too-early`, `link-too-late`.
    """
    refuse_closed(row, pack)
    draw = row.draw
    _refuse_phase(draw, "reveal", pack)
    value = share.opened({"secret_third": secret}, draw, "third", "third", pack)
    draw.settings = {**draw.settings, "third_secret": value}
    row.revealed_at = clock.now()
    session.flush()
    store.log(session, draw, "draw.third_reveal")


def _refuse_phase(draw: Draw, wanted: Phase, pack: str) -> None:
    now = phase_of(draw)
    if now == wanted:
        return
    words: dict[Phase, tuple[str, str]] = {
        "early": ("抽取人还没有封签，请稍候。", "link-too-early"),
        "commit": ("还没有交封签，不能启封。", "link-too-early"),
        "sealed": ("封签已经交过，每个链接只能交一次。", "link-used"),
        "reveal": ("名单已经封存，不能再交封签。", "link-too-late"),
        "done": ("已经启封，每个链接只能启封一次。", "link-used"),
        "over": ("本次抽取已经出号或者结束。", "link-too-late"),
    }
    reason, slug = words[now]
    raise Refused(reason, clause=cite("J12", pack), slug=slug)
