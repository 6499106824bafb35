"""A diagram in words: the text alternative of its picture."""

from __future__ import annotations

from collections.abc import Mapping

from engine.runtime.layout.model import tag
from engine.runtime.picture.pen import Pen
from engine.runtime.picture.read import Drawing

MOST = 12
EDITS = {"added": "新增", "changed": "改动", "removed": "删除"}


def sentence(pen: Pen) -> str:
    """One sentence. Without any state it tells who does what."""
    drawing, done, active, overdue = pen.drawing, pen.done, pen.active, pen.overdue
    if pen.edited:
        return _edited(drawing, pen.edited)
    if not (done or active or overdue):
        return _plain(pen)
    late = {key for key, number in overdue.items() if number}
    busy = {key for key, number in active.items() if number} | late
    parts = []
    finished = [i for i in drawing.order if i in done and i not in busy]
    working = [i for i in drawing.order if i in busy]
    coming = [i for i in drawing.order if i not in done and i not in busy]
    if finished:
        parts.append("已办：" + _list([_name(drawing, i) for i in finished]))
    if working:
        parts.append("在办：" + _list([_busy(drawing, i, active, overdue) for i in working]))
    if coming:
        parts.append("未到：" + _list([_name(drawing, i) for i in coming]))
    return f"{drawing.name}：" + "；".join(parts) + "。" if parts else f"{drawing.name}。"


def _edited(drawing: Drawing, edited: Mapping[str, str]) -> str:
    parts = []
    for state, word in EDITS.items():
        names = [_name(drawing, i) for i in drawing.order if edited.get(i) == state]
        lines = [i for i, each in edited.items() if each == state and i not in drawing.order]
        told = [_list(names)] if names else []
        told += [f"另有 {len(lines)} 处" if names else f"{len(lines)} 处"] if lines else []
        if told:
            parts.append(f"{word}：" + "，".join(told))
    return f"{drawing.name}：" + "；".join(parts) + "。"


def _busy(drawing: Drawing, ident: str, active: Mapping[str, int], overdue: Mapping[str, int]) -> str:
    number, late = active.get(ident, 0), overdue.get(ident, 0)
    notes = [f"{number} 人" if number > 1 else "", f"超期 {late}" if late > 1 else "已超期" if late else ""]
    note = "，".join(n for n in notes if n)
    return _name(drawing, ident) + (f"（{note}）" if note else "")


def _plain(pen: Pen) -> str:
    drawing = pen.drawing
    lanes = [e for e in drawing.elements.values() if tag(e) == "lane"]
    parts = []
    for lane in lanes:
        members = {(r.text or "").strip() for r in lane if tag(r) == "flowNodeRef"}
        names = [_name(drawing, i) for i in drawing.order if i in members]
        if names:
            name = lane.get("name", "")
            parts.append(f"{pen.posts.get(name, name) or '未命名'}办{_list(names)}")
    if not parts:
        return (
            f"{drawing.name}，共 {len(drawing.order)} 个环节："
            + _list([_name(drawing, i) for i in drawing.order])
            + "。"
        )
    return f"{drawing.name}，共 {len(drawing.order)} 个环节：" + "；".join(parts) + "。"


def _name(drawing: Drawing, ident: str) -> str:
    return " ".join((drawing.elements[ident].get("name") or "未命名环节").split())


def _list(names: list[str]) -> str:
    if len(names) > MOST:
        return "、".join(names[:MOST]) + f"等 {len(names)} 项"
    return "、".join(names)
