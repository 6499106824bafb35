"""人员调换 as it ends: who leaves, who comes and who asked read it where they read everything else.

Told after the commit, by the worker. Why somebody could not come stays in the case file. 依据: 吉 第十三条.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.desk.case.listing import name_of
from engine.desk.notice import Matter, tell
from engine.desk.world import World
from engine.domain.inspection.tables import TeamMember
from engine.domain.inspection.tables import get as inspection_of
from engine.domain.registry import Inspector
from engine.domain.substitution.tables import TELL, Substitution, get
from engine.people import Person, person
from engine.runtime.tables import Instance
from engine.sentence import Sentence

JOB = TELL


def told(_world: World, session: Session, payload: Mapping[str, Any]) -> None:
    """Tell everybody whom the outcome of a substitution concerns, once each."""
    row, outcome = get(session, payload["substitution"]), payload["outcome"]
    case_id = inspection_of(session, row.inspection_id).case_id
    name = name_of(session.get_one(Instance, case_id)) if case_id else ""
    for to, title, reads in _titles(session, row, outcome):
        matter = Matter(title, f"/cases/{case_id}" if reads and case_id else "/", name=name)
        tell(session, "decided", [to], matter, key=f"substitution:{row.id}:{outcome}:{title}")


def _titles(session: Session, row: Substitution, outcome: str) -> Iterator[tuple[Person, str, bool]]:
    """Whom, what, and whether they may read the case (now)."""
    leaving = session.get_one(TeamMember, row.member_out_id)
    arriving = session.get(Inspector, row.inspector_in_id) if row.inspector_in_id else None
    asker = person(session, row.requester_id)
    gone = person(session, leaving.person_id) if leaving.person_id else None
    if outcome == "declined":
        title = Sentence("调换申请没有同意，{name}仍在检查组", name=leaving.name)
        yield from ((each, title, True) for each in (asker, gone) if each is not None)
        return
    if outcome == "postponed":
        yield asker, Sentence("没有人可以递补，检查延期到 {day}", day=row.postponed_to), True
        return
    if gone is not None and outcome != "borrowed":  # of who borrows, the place was empty before
        yield gone, Sentence("你已调出检查组"), False
    if arriving is None:
        yield asker, Sentence("{name}已调出检查组，没有人可以递补", name=leaving.name), True
        return
    if arriving.person_id is not None:
        yield person(session, arriving.person_id), Sentence("你已调入检查组"), True
    yield asker, Sentence("人员调换办完：{gone}换为{name}", gone=leaving.name, name=arriving.name), True
