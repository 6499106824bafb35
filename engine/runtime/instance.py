"""The machine of an installation: starts processes, locks and restores instances; `run.py` moves them.

依据: engine/runtime is the BPM machine; it knows processes, work items and jobs, and no inspection. A call
activity runs detached: the parent keeps one waiting token, children are rows of their own, and the last
child's transaction sends the parent on (`call.py`).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from engine import operation
from engine.errors import CaseworkError, NotFound
from engine.people import Person
from engine.runtime import history, release, spiff
from engine.runtime.call import Caller
from engine.runtime.ports import Ports
from engine.runtime.release import FROZEN, Frozen
from engine.runtime.run import Run
from engine.runtime.tables import Instance, Release, WorkItem
from engine.sentence import Sentence
from engine.storage.base import append, gathered

# Built once: putting a statement together costs as much as running it.
_SHOWN = (
    select(Instance, FROZEN)
    .join(Release, Release.id == Instance.release_id)
    .where(Instance.id == bindparam("instance"))
)
_INSTANCE = _SHOWN.with_for_update(of=Instance).execution_options(populate_existing=True)
_INSTANCES = (
    select(Instance, FROZEN)
    .join(Release, Release.id == Instance.release_id)
    .where(Instance.id.in_(bindparam("instances", expanding=True)))
    .order_by(Instance.id)
    .with_for_update(of=Instance)
    .execution_options(populate_existing=True)
)
_ITEM = (
    select(Instance, WorkItem, FROZEN)
    .join(WorkItem, WorkItem.instance_id == Instance.id)
    .join(Release, Release.id == Instance.release_id)
    .where(WorkItem.id == bindparam("item"))
    .with_for_update(of=(Instance, WorkItem))
    .execution_options(populate_existing=True)
)
_MADE = select(Instance).where(
    Instance.parent_id == bindparam("parent"),
    Instance.parent_task == bindparam("task"),
    Instance.item.in_(bindparam("items", expanding=True)),
)
_AHEAD = "instances read ahead"
_NAMELESS = {"case_no": "", "title": "", "object_name": ""}


class Runtime:
    """The machine of one installation: its key for stored states and the world it asks."""

    def __init__(self, *, key: str, ports: Ports) -> None:
        self._key = key.encode()
        self.ports = ports

    def mac(self, instance: Instance, body: bytes) -> str:
        """The seal of a stored state: an altered row or a row put under another instance does not open."""
        head = f"{instance.id}\n{instance.release_id}\n{instance.process}\n".encode()
        return hmac.new(self._key, head + body, hashlib.sha256).hexdigest()

    def start(
        self,
        session: Session,
        *,
        process: str,
        data: Mapping[str, Any],
        bureau_id: int,
        pack: str = "",
        actor: Person | None = None,
        caller: Caller | None = None,
    ) -> Instance:
        """Start a process on the newest release of a pack, or on its caller's; move to its first waits."""
        origin = caller or Caller()
        return self.start_many(
            session,
            process,
            [(origin.item, data)],
            bureau_id=bureau_id,
            pack=pack,
            actor=actor,
            caller=origin,
        )[0]

    def start_many(
        self,
        session: Session,
        process: str,
        items: Iterable[tuple[str, Mapping[str, Any]]],
        *,
        bureau_id: int,
        pack: str = "",
        actor: Person | None = None,
        caller: Caller,
    ) -> list[Instance]:
        """Start a process for each `(item key, data)`; the rows are written together before one moves."""
        parent = caller.parent
        number = parent.release_id if parent else release.current(session, pack).id
        compiled = release.load(session, number)
        definition = compiled.process(process)
        rows: list[dict[str, Any]] = []
        for key, data in items:
            missing = [name for name in definition.takes if name not in data]
            if missing:
                raise CaseworkError(
                    Sentence(
                        "流程“{definition}”缺少数据：{missing}。",
                        definition=definition.name,
                        missing="、".join(missing),
                    )
                )
            kept = {name: data[name] for name in definition.takes} if definition.takes else dict(data)
            row: dict[str, Any] = {
                "release_id": compiled.id,
                "process": process,
                "bureau_id": bureau_id,
                "parent_id": parent.id if parent else None,
                "parent_activity": caller.activity,
                "parent_task": caller.task,
                "item": key,
                "started_by_id": actor.id if actor else None,
                "changed_by_id": actor.id if actor else None,
                "data": kept,
                "case_id": None,
                **_NAMELESS,
                **operation.describe(process, session, kept),
            }
            if parent is not None and not definition.case:
                row["case_id"] = parent.case_id
                row |= {name: row[name] or getattr(parent, name) for name in _NAMELESS}
            rows.append(row)
        with gathered(session):
            started = _written(session, rows)
            for instance, row in zip(started, rows, strict=True):
                set_committed_value(instance, "case_id", instance.case_id or instance.id)
                state = spiff.State.start(compiled.specs[process], row["data"])
                run = Run(self, session, instance, compiled, state, actor)
                history.note(session, instance, "start", step=definition.name, actor=actor)
                run.advance()
        return started

    def read_ahead(self, session: Session, instance_ids: Sequence[int]) -> None:
        """Lock many instances in one statement; the first `open` of each in this transaction asks no more."""
        rows = session.execute(_INSTANCES, {"instances": instance_ids})
        session.info[_AHEAD] = {row[0].id: row for row in rows}

    def open(self, session: Session, instance_id: int, actor: Person | None = None) -> Run:
        """Lock an instance, check its seal, restore it."""
        found = session.info.get(_AHEAD, {}).pop(instance_id, None)
        found = found or session.execute(_INSTANCE, {"instance": instance_id}).one_or_none()
        if found is None:
            raise NotFound(Sentence("没有编号为 {instance_id} 的流程实例。", instance_id=instance_id))
        return self._restored(session, found[0], found.frozen, actor)

    def look(self, session: Session, instance_id: int, actor: Person | None = None) -> Run:
        """An instance as it stands, without a lock: to be shown, not to be moved."""
        found = session.execute(_SHOWN, {"instance": instance_id}).one_or_none()
        if found is None:
            raise NotFound(Sentence("没有编号为 {instance_id} 的流程实例。", instance_id=instance_id))
        return self._restored(session, found[0], found.frozen, actor)

    def open_item(self, session: Session, item_id: int, actor: Person) -> tuple[Run, WorkItem]:
        """A work item with its instance, both locked and read afresh in one statement, the instance first."""
        found = session.execute(_ITEM, {"item": item_id}).one_or_none()
        if found is None:
            raise NotFound(Sentence("没有编号为 {item_id} 的待办。", item_id=item_id))
        return self._restored(session, found[0], found.frozen, actor), found[1]

    def _restored(self, session: Session, instance: Instance, frozen: Frozen, actor: Person | None) -> Run:
        if not hmac.compare_digest(instance.mac, self.mac(instance, instance.body)):
            raise CaseworkError(
                Sentence("实例 {instance} 的状态与封记不符，不能继续。", instance=instance.id),
                hint="请联系审计管理员核查。",
            )
        compiled = release.compiled(session, frozen)
        state = spiff.State.restore(compiled.specs[instance.process], instance.body)
        return Run(self, session, instance, compiled, state, actor)


def _written(session: Session, rows: Sequence[dict[str, Any]]) -> list[Instance]:
    """New instances with their numbers, in the order given: a call's children all in one statement."""
    if len(rows) == 1:
        only = Instance(**rows[0])
        session.add(only)
        session.flush()
        return [only]
    for row in rows:
        append(session, Instance, **row, version=1)
    if not rows:
        return []
    names = {"parent": rows[0]["parent_id"], "task": rows[0]["parent_task"]}
    found = {
        made.item: made for made in session.scalars(_MADE, {**names, "items": [r["item"] for r in rows]})
    }
    return [found[row["item"]] for row in rows]
