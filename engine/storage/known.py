"""What a reading session was told before: it sees one state of the database, so no question is asked twice.

A session that may change something asks anew each time. Whoever lists many things asks for all of them at once and
lays the answers down here; the questions that stand in the checks then find them (`engine/desk/together.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from sqlalchemy.orm import Session

T = TypeVar("T")


def known(session: Session, kind: str, key: Hashable, ask: Callable[[], T]) -> T:
    """The answer to a question of some kind, asked of the database once for each reading session."""
    if not reads(session):
        return ask()
    answers: dict[Hashable, T] = session.info.setdefault((__name__, kind), {})
    if key not in answers:
        answers[key] = ask()
    return answers[key]


def lay(session: Session, kind: str, answers: Mapping[Any, Any]) -> None:
    """Lay down answers that were asked for together; a session that may change something forgets them at once."""
    if reads(session):
        session.info.setdefault((__name__, kind), {}).update(answers)


def hold(session: Session, rows: object) -> None:
    """Keep mapped rows alive, so that `session.get` finds them: the session itself refers to them weakly."""
    if reads(session):
        session.info.setdefault((__name__, "held"), []).append(rows)


def reads(session: Session) -> bool:
    """Whether a session only reads (`Database.reading`): nothing it sees can change under it."""
    return not session.autoflush
