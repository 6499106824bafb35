"""What the forms of a change show: the list as it stands, what changes, who has the last word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine import clock
from engine.domain.change.drafting import INSPECTOR_ACTS, OBJECT_ACTS, kind_label
from engine.domain.change.effect import ITEM_COLUMNS
from engine.domain.change.tables import RegistryChange, get
from engine.domain.registry import current_item_list
from engine.domain.terms import OBJECT_KINDS, SPECIALTIES
from engine.operation import Step, prefill, subject
from engine.people import Person
from engine.sentence import Sentence

APPROVALS = {"leader": "分管领导审批", "province": "省级医疗保障部门审定", "government": "报政府审定"}


@subject("registry")
def describe(session: Session, data: Mapping[str, Any]) -> dict[str, str]:
    """How a change is called in lists."""
    row = get(session, int(data["change_id"]))
    return {
        "case_no": row.no,
        "title": Sentence("{kind_label}变更", kind_label=kind_label(row)),
        "object_name": "",
    }


def _change(step: Step) -> RegistryChange:
    return get(step.session, int(step.data["change_id"]))


def _facts(row: RegistryChange) -> list[tuple[str, str]]:
    facts = [("编号", row.no), ("变更", kind_label(row)), ("审定", APPROVALS[row.approval])]
    if row.cause:
        facts += [("原因", row.cause), ("依据", row.basis)]
    if row.version:
        facts += [("清单版本", row.version), ("生效日期", str(row.effective_on or ""))]
    facts += [
        (Sentence("{bureau}转报", bureau=each["bureau"]), f"{each['person']}，{each['on']}")
        for each in row.endorsements
    ]
    if row.return_reason:
        facts.append(("退回原因", row.return_reason))
    return facts


def _lines(row: RegistryChange) -> list[dict[str, str]]:
    if row.kind == "items":
        return [
            {
                "act": "清单事项",
                "key": str(line.get("no", "")),
                "name": str(line.get("name", "")),
                "note": str(line.get("basis", "")),
            }
            for line in row.rows
        ]
    acts, key = (OBJECT_ACTS, "code") if row.kind == "objects" else (INSPECTOR_ACTS, "staff_no")
    return [
        {
            "act": acts.get(str(line.get("act")), ""),
            "key": str(line.get(key, "")),
            "name": str(line.get("name") or ""),
            "note": str(line.get("note") or line.get("certificate") or ""),
        }
        for line in row.rows
    ]


@prefill("registry/draft_items")
def show_items(step: Step) -> dict[str, Any]:
    """The list in force as a start."""
    row = _change(step)
    listed = current_item_list(step.session, row.bureau_id)
    lines: list[Any] = list(row.rows)
    if not lines and listed is not None:
        lines = [
            {key: getattr(item, key) for key in ITEM_COLUMNS if getattr(item, key)} for item in listed.items
        ]
    defaults: dict[str, Any] = {"rows": lines, "effective_on": clock.today().isoformat()} if lines else {}
    return {
        "facts": [*_facts(row), ("现行版本", listed.version if listed else "无")],
        "defaults": {
            **defaults,
            **({"version": row.version, "cause": row.cause, "basis": row.basis} if row.cause else {}),
        },
    }


@prefill("registry/draft_objects")
def show_objects(step: Step) -> dict[str, Any]:
    """The kinds of objects and what may happen to them."""
    row = _change(step)
    return {
        "facts": _facts(row),
        "options": {"acts": list(OBJECT_ACTS.items()), "object_kinds": list(OBJECT_KINDS.items())},
        "defaults": {"rows": row.rows, "cause": row.cause, "basis": row.basis} if row.rows else {},
    }


@prefill("registry/draft_inspectors")
def show_inspectors(step: Step) -> dict[str, Any]:
    """The specialties and what may happen to people."""
    row = _change(step)
    return {
        "facts": _facts(row),
        "options": {"acts": list(INSPECTOR_ACTS.items()), "specialties": list(SPECIALTIES.items())},
        "defaults": {"rows": row.rows, "cause": row.cause, "basis": row.basis} if row.rows else {},
    }


def _shown(step: Step) -> dict[str, Any]:
    row = _change(step)
    author = step.session.get(Person, row.author_id) if row.author_id else None
    return {
        "facts": [*_facts(row), ("起草人", author.name if author else "")],
        "defaults": {"published_on": clock.today().isoformat()} if row.state == "applied" else {},
        "rows": {"changes": _lines(row), "plans": [dict(each) for each in row.impact]},
    }


for _form in ("legal", "approve", "government", "publish", "impact"):
    prefill(f"registry/{_form}")(_shown)
