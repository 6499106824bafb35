"""Messages from one case to another: one that comes before its catch event waits is kept until the flow gets there.

依据: BPMN 2.0 §13.5.1: a catch event waits for its message from the moment its token arrives. Two cases do not keep
step, so what has come early lies here (`message`), and the first token of the case that waits for it takes it, in the
transaction that opens the wait. Nothing that was sent is dropped without a line in the timeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import clock
from engine.errors import CaseworkError, NotFound
from engine.runtime import history, release
from engine.runtime.tables import ALIVE, Instance
from engine.sentence import Sentence
from engine.storage.base import Base, append, pk, reference

if TYPE_CHECKING:
    from engine.runtime.instance import Runtime
    from engine.runtime.release import Compiled
    from engine.runtime.run import Run
    from engine.runtime.spiff import Token


class Message(Base):
    """A message that came before anything of its case waited for it, and who took it then."""

    __tablename__ = "message"

    id: Mapped[pk]
    case_id: Mapped[int] = reference("instance.id", index=False)
    name: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sent_at: Mapped[datetime] = mapped_column(default=clock.now)
    taken_by_id: Mapped[int | None] = reference("instance.id", index=False)
    taken_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("(taken_by_id is null) = (taken_at is null)", name="taken"),
        Index(
            "ix_message_kept",
            "case_id",
            "id",
            postgresql_where=text("taken_at is null"),
            sqlite_where=text("taken_at is null"),
        ),
    )


def deliver(runtime: Runtime, session: Session, case_id: int, name: str, data: Mapping[str, Any]) -> int:
    """Hand a message to every token of a case that waits for it; where none does, keep it. Returns how many took it.

    A case that has ended waits for nothing any more: its timeline says that the message came. NotFound without the
    case; CaseworkError where no diagram of its release catches such a message, for then it would lie here for ever.
    """
    case = session.get(Instance, case_id)
    if case is None:
        raise NotFound(Sentence("没有编号为 {instance_id} 的流程实例。", instance_id=case_id))
    _refuse_unknown(release.load(session, case.release_id), name)
    taken, seen = 0, set[int]()
    while rest := [each for each in _alive(session, case_id) if not taken and each not in seen]:
        # Each is locked here, the case last: whoever begins to wait meanwhile waits for us.
        for identity in rest:
            taken += runtime.open(session, identity).catch(name, data)
        seen.update(rest)
    if taken:
        return taken
    if seen:
        append(session, Message, case_id=case_id, name=name, data=dict(data), sent_at=clock.now())
    act = Sentence("收到（先到，等流程走到再用）") if seen else Sentence("收到（流程已经办结，未再使用）")
    history.note(session, case, "message", step=name, detail={"act": act})
    return 0


def _refuse_unknown(compiled: Compiled, name: str) -> None:
    caught = {
        element.message
        for process in compiled.processes.values()
        for element in process.elements.values()
        if element.event == "message" and element.kind != "startEvent"
    }
    if name not in caught:
        raise CaseworkError(
            Sentence(
                "规则包 {pack} 第 {version} 版没有等待消息“{name}”的事件。",
                pack=compiled.pack,
                version=compiled.version,
                name=name,
            ),
            hint="请核对流程图中消息的名称，改好后重新发布。",
        )


def _alive(session: Session, case_id: int) -> Iterable[int]:
    """Called processes before their callers, the order in which they lock each other when one ends."""
    return session.scalars(
        select(Instance.id)
        .where(Instance.case_id == case_id, Instance.state.in_(ALIVE))
        .order_by(Instance.id.desc())
    ).all()


def reached(run: Run, tokens: Iterable[Token]) -> bool:
    """Tokens begin to wait for messages: those that had come before are taken, the oldest of each name."""
    taken = False
    for name in {token.message for token in tokens if token.kind == "message"}:
        kept = _oldest(run.session, run.instance.case_id or run.instance.id, name)
        if kept is not None:
            run.state.catch(name, kept.data)
            kept.taken_by_id, kept.taken_at = run.instance.id, clock.now()
            run.session.flush()
            history.note(run.session, run.instance, "message", step=name)
            taken = True
    return taken


def _oldest(session: Session, case_id: int, name: str) -> Message | None:
    """Under the lock of the case: a message that is on its way has arrived by then, or finds the token waiting."""
    session.execute(select(Instance.id).where(Instance.id == case_id).with_for_update())
    return session.scalar(
        select(Message)
        .where(Message.case_id == case_id, Message.name == name, Message.taken_at.is_(None))
        .order_by(Message.id)
        .limit(1)
    )
