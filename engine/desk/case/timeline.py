"""What happened in a case, in order: by whom, what, by which article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.people import Person
from engine.runtime import release
from engine.runtime.tables import History, Instance
from engine.sentence import Sentence

TIMELINE = 40
WHOLE = 10_000
MOST = 500  # answers looked at for what changed
LONGEST = 60  # characters of a value
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


def timeline(
    session: Session, case_id: int, *, before: int = 0, only: str = "", until: datetime | None = None
) -> list[Entry]:
    """What happened in a case, latest first; `before` is the id of the last entry shown.

    `only`: "people" for what persons did, "system" for what the machine did, "" for everything. `until`: an
    instant behind which nothing is told. A form that was answered again tells what it changed.
    """
    query = select(History, Person.name).outerjoin(Person, Person.id == History.person_id)
    query = query.where(History.case_id == case_id)
    if before:
        query = query.where(History.id < before)
    if until is not None:
        query = query.where(History.at <= until)
    if only:
        query = query.where(
            History.person_id.is_not(None) if only == "people" else History.person_id.is_(None)
        )
    found = session.execute(query.order_by(History.id.desc()).limit(TIMELINE + 1)).all()
    changes = _changes(session, case_id, [row for row, _ in found])
    return [
        _entry(row, name, changes.get(row.id, []), hot=index == 0 and not before)
        for index, (row, name) in enumerate(found)
    ]


def whole(session: Session, case_id: int, *, until: datetime | None = None) -> Iterator[Entry]:
    """All that happened in a case, latest first; at most `WHOLE` entries."""
    before = 0
    for _ in range(WHOLE // TIMELINE):
        found = timeline(session, case_id, before=before, until=until)
        yield from found[:TIMELINE]
        if len(found) <= TIMELINE:
            return
        before = found[TIMELINE - 1].id


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question of a form: its label, the words of its options, whether it asks for money (fen)."""

    label: str
    words: Mapping[str, str] = field(default_factory=dict)
    money: bool = False

    def said(self, value: Any) -> str:
        """An answer in words; of a list how many, or the words of its options."""
        if value in (None, "", [], {}):
            return ""
        if isinstance(value, Mapping):
            return str(value.get("name", "已填"))
        if isinstance(value, list):
            return self._listed(value)
        if self.money and isinstance(value, int):
            return f"{value // 100}.{value % 100:02d} 元"
        words = {"True": "是", "False": "否", **self.words}
        text = words.get(str(value), str(value))
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

    def _listed(self, values: Sequence[Any]) -> str:
        if all(str(each) in self.words for each in values):
            return "、".join(self.words[str(each)] for each in values)
        return Sentence("{count} 项", count=len(values))


def _changes(
    session: Session, case_id: int, rows: Sequence[History]
) -> dict[int, list[tuple[str, str, str]]]:
    """What the answers of a step changed against the last time it was answered: entry → (label, before, after)."""
    shown = {(row.instance_id, row.element) for row in rows if row.kind == "human"}
    if not shown:
        return {}
    query = (
        select(History)
        .where(
            History.case_id == case_id,
            History.kind == "human",
            History.element.in_({element for _, element in shown}),
        )
        .order_by(History.id)
        .limit(MOST)
    )
    found: dict[int, list[tuple[str, str, str]]] = {}
    last: dict[tuple[int, str], History] = {}
    for row in session.scalars(query):
        key = (row.instance_id, row.element)
        earlier = last.get(key)
        if earlier is not None:
            labels = _labels(session, row)
            found[row.id] = differences(_answers(earlier), _answers(row), labels)
        last[key] = row
    return found


def _answers(row: History) -> Mapping[str, Any]:
    return dict((row.detail or {}).get("answers") or {})


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], asked: Mapping[str, _Asked]
) -> list[tuple[str, str, str]]:
    """(label, before, after) of each answer that is another one now; pictures and files by their number only."""
    return [
        (asked[key].label, asked[key].said(before.get(key)), asked[key].said(after.get(key)))
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key) and key in asked
    ]


def _labels(session: Session, row: History) -> dict[str, _Asked]:
    """What the form of a step asked, by key."""
    instance = session.get_one(Instance, row.instance_id)
    compiled = release.load(session, instance.release_id)
    element = compiled.processes[instance.process].elements.get(row.element)
    source = compiled.forms.get(element.property("form"), b"") if element is not None else b""
    return dict(_named(orjson.loads(source).get("components", []))) if source else {}


def _named(components: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, _Asked]]:
    """Key and question of the fields, groups opened; what a list repeats counts as one, a signature not at all."""
    for each in components:
        if each.get("key") and each.get("type") != "signature":
            words = {str(value["value"]): str(value["label"]) for value in each.get("values", [])}
            yield (
                str(each["key"]),
                _Asked(str(each.get("label") or each["key"]), words, each.get("type") == "money"),
            )
        elif each.get("type") == "group":
            yield from _named(each.get("components", []))
        elif each.get("path"):
            yield str(each["path"]), _Asked(str(each.get("label") or each["path"]))


def _entry(row: History, name: str | None, changes: Sequence[tuple[str, str, str]], *, hot: bool) -> Entry:
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
        who=Sentence("{name}（代{principal}）", name=name or "系统", principal=detail["for"])
        if detail.get("for")
        else name or "系统",
        what=Sentence("{act}：{step}", act=act, step=step_name) if step_name else act,
        at=row.at,
        clause=row.clause,
        quote=quote or str(detail.get("reason", "") or ""),
        changes=changes,
        hot=hot,
    )
