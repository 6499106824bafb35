"""Files that a program hands in or reads: bound to their case, by who has something to do in it.

A page keeps its files while it reads the post of a form (`web/upload.py`); a program keeps them first and names
them in its answers. 依据: 吉 第十八、二十七条 (证据随案归档).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.desk import event, inbox
from engine.desk.case.listing import find
from engine.desk.world import World
from engine.errors import NotAllowed, NotFound
from engine.people import Person
from engine.runtime import receipt
from engine.runtime.tables import WorkItem
from engine.storage import files
from engine.storage.files import FileStore, Kept, StoredFile


def refuse(session: Session, actor: Person, case_id: int) -> int:
    """Refuse who has no open step in the case and nothing to set off there; gives the case's bureau."""
    case = find(session, actor, case_id)
    waiting = select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.state == "open")
    mine = any(inbox.may_work_on(session, actor, item) for item in session.scalars(waiting))
    if not mine and not event.actions(session, actor, case_id):
        raise NotAllowed(
            "你在本案没有要办的环节，不能上传文件。", slug="not-your-step", hint="请在轮到你办理时上传。"
        )
    return case.bureau_id


def keep(session: Session, actor: Person, case_id: int, kept: Kept, *, key: str = "") -> dict[str, Any]:
    """Bind bytes that are on the disk to a case; the same key gives the same file again."""
    bureau_id = refuse(session, actor, case_id)
    answer = {"id": kept.id, "name": kept.name, "type": kept.type, "size": kept.size, "sha256": kept.sha256}
    body = {"case": case_id, "actor": actor.id, "file": kept.sha256, "name": kept.name}
    given = receipt.take(session, key, body, answer)
    if given is not None:
        return given
    files.record(session, kept, bureau_id=bureau_id, uploaded_by_id=actor.id, case_id=case_id)
    return answer


def read(session: Session, person: Person, file_id: str) -> StoredFile:
    """A file of a case that this person may see; NotFound otherwise, whoever's it is."""
    file = session.get(StoredFile, file_id)
    if file is None or file.case_id is None:
        raise NotFound("没有这个文件。", hint="可从案件页的材料进入。")
    find(session, person, file.case_id)
    return file


def tidy(world: World) -> int:
    """What the background process does each day: bytes of uploads that were cut off go; how many files."""
    with world.database.reading() as session:
        return FileStore(world.settings.files_dir).sweep(session)
