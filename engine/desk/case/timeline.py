"""What happened in a case, in order: by whom, what, by which article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.people import Person
from engine.runtime.tables import History

TIMELINE = 40
_ACTS = {
    "human": "办结",
    "claim": "接收",
    "start": "开始",
    "end": "结束",
    "timer": "到时",
    "message": "收到",
    "decision": "规则判定",
    "system": "系统执行",
    "incident": "故障",
    "note": "记事",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    id: int
    kind: str
    who: str
    what: str
    at: datetime
    clause: str
    quote: str
    changes: Sequence[tuple[str, str, str]]
    hot: bool = False


def timeline(session: Session, case_id: int, *, before: int = 0, only: str = "") -> list[Entry]:
    """What happened in a case, latest first; `before` is the id of the last entry shown.

    `only`: "people" for what persons did, "system" for what the machine did, "" for everything.
    """
    query = select(History, Person.name).outerjoin(Person, Person.id == History.person_id)
    query = query.where(History.case_id == case_id)
    if before:
        query = query.where(History.id < before)
    if only:
        query = query.where(
            History.person_id.is_not(None) if only == "people" else History.person_id.is_(None)
        )
    found = session.execute(query.order_by(History.id.desc()).limit(TIMELINE + 1)).all()
    return [_entry(row, name, hot=index == 0 and not before) for index, (row, name) in enumerate(found)]


def _entry(row: History, name: str | None, *, hot: bool) -> Entry:
    detail = row.detail or {}
    answers = detail.get("answers") or {}
    quote = next((str(answers[key]) for key in ("reason", "opinion", "note") if answers.get(key)), "")
    decision = {"approve": "同意", "agree": "同意", "return": "退回", "reject": "不同意"}.get(
        str(answers.get("decision", "")), ""
    )
    act = str(detail.get("act", "")) or decision or _ACTS.get(row.kind, row.kind)
    step_name = "" if row.kind == "decision" and row.step.isascii() else row.step
    return Entry(
        id=row.id,
        kind=row.kind,
        who=f"{name or '系统'}（代{detail['for']}）" if detail.get("for") else name or "系统",
        what=f"{act}：{step_name}" if step_name else act,
        at=row.at,
        clause=row.clause,
        quote=quote or str(detail.get("reason", "") or ""),
        changes=[(str(c[0]), str(c[1]), str(c[2])) for c in detail.get("changes", [])],
        hot=hot,
    )
