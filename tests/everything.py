"""A bureau in which every page has something to show: what the story of a year leaves out.

Used by scripts/screens, which shows every page in a telling state, and by the crawl of tests/browser/test_accessibility.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.desk import bulk, cc, comment, intake, jobs, people, proposal, proxy, saved, step, third, urge
from engine.desk.case import extra
from engine.desk.demo import Year
from engine.desk.tables import BulkRow
from engine.domain.ceremony.tables import Draw
from engine.errors import Finding
from engine.people import Bureau, Person, Role, holders
from engine.runtime.tables import Instance, WorkItem

REGISTRY = "编码,名称,类别\nH22010200001,一号卫生室,村卫生室\nH22010200002,二号,什么店\n"


def fill(year: Year) -> str:
    """Everything, now of the year's clock; the secret of the link that a third party was given.

    What stays with the background process is left to it: half of the steps taken together, the second file.
    """
    with clock.fixed(year.rehearsal.now):
        with _at(year, "四平市"):
            token = _invites(year)
        with _at(year, "吉林市"):
            _draws_much(year)
        _does(year, _leaves, _asks, _talks, _stands_in, _urges, _proposes, _hands_in)
        jobs.drain(year.world)
        _does(year, _hands_in)
        with _at(year, "吉林市"):
            _does(year, _takes_together)
    return token


def _does(year: Year, *parts: Callable[[Year, Session], None]) -> None:
    for part in parts:
        with year.world.database.transaction() as session:
            part(year, session)


@contextmanager
def _at(year: Year, town: str) -> Iterator[None]:
    """The story goes on in another bureau: the first one's draw is still under way, and there is one at a time."""
    own = year.bureau_id
    with year.world.database.reading() as session:
        year.bureau_id = session.scalars(select(Bureau.id).where(Bureau.short_name == town)).one()
    yield
    year.bureau_id = own


def _only_later(year: Year) -> int:
    with year.world.database.reading() as session:
        return session.scalars(select(func.max(WorkItem.id))).one()


def _draws_much(year: Year) -> None:
    """A plan whose inspections all wait for their leaders to be chosen: something to do together."""
    last = _only_later(year)
    year.goes_on(start=year.rehearsal.now, cases=6)
    _goes(year, last, "choose_leader")


def _goes(year: Year, last: int, stop: str) -> None:
    """Answer what opened after a step of the inbox, as far as steps of this name."""
    year.rehearsal.until(
        lambda _session: False,
        only=lambda item: year.ours(item) and item.id > last and item.element != stop,
    )


def _invites(year: Year) -> str:
    """A draw with a third party, who was given a link and has not sealed yet."""
    last = _only_later(year)
    groups = year.rehearsal.rules["set_groups"]
    year.rehearsal.rules["set_groups"] = lambda asked: {**groups(asked), "third": "市人大代表 孟繁星"}
    year.goes_on(start=year.rehearsal.now, cases=3)
    _goes(year, last, "commit_witness")
    year.rehearsal.rules["set_groups"] = groups
    with clock.fixed(year.rehearsal.now), year.world.database.transaction() as session:
        draw = session.scalars(
            select(Draw).where(Draw.bureau_id == year.bureau_id, Draw.plan_id == year.plan_id)
        ).one()
        return third.issue(session, session.get_one(Person, draw.operator_id), draw.id)[1]


def _with(year: Year, session: Session, role: Role) -> Person:
    return holders(session, year.bureau_id, role)[0]


def _open(year: Year, session: Session, *elements: str) -> list[WorkItem]:
    """Open steps of the bureau that nobody has taken; of these names, if any."""
    query = select(WorkItem).where(
        WorkItem.state == "open", WorkItem.bureau_id == year.bureau_id, WorkItem.claimed_by_id.is_(None)
    )
    if elements:
        query = query.where(WorkItem.element.in_(elements))
    return list(session.scalars(query.order_by(WorkItem.id)))


def _leaves(year: Year, session: Session) -> None:
    """An inspector took a step and left; what was theirs waits to be handed over."""
    item = _open(year, session, "arrive")[0]
    own = set(session.scalars(select(WorkItem.pool).where(WorkItem.state == "open")))
    leaver = min(year.rehearsal.candidates(session, item), key=lambda each: f"person/{each.id}" in own)
    step.claim(year.world, session, leaver, item.id)
    people.close(session, _with(year, session, Role.SECURITY_ADMIN), leaver.id, reason="调离本单位")


def _takes_together(year: Year, session: Session) -> None:
    """Somebody takes steps together: half of them are done, the rest wait."""
    items = _open(year, session, "choose_leader")
    number = bulk.begin(session, _with(year, session, Role.SECTION), "claim", items)
    rows = session.scalars(select(BulkRow).where(BulkRow.bulk_id == number).order_by(BulkRow.id)).all()
    for row in rows[: len(rows) // 2]:
        bulk.run_row(year.world, session, {"row": row.id})


def _asks(year: Year, session: Session) -> None:
    """An errand in a running case, that its receiver has not answered."""
    item = _open(year, session)[0]
    asker = next(year.rehearsal.candidates(session, item))
    receiver = extra.people(session, asker, session.get_one(Instance, item.case_id))[0]
    extra.ask(
        session, asker, item.case_id, title="核对开户许可证", asked="请附复印件。", person=receiver.id,
        due_on=clock.today(),
    )  # fmt: skip


def _talks(year: Year, session: Session) -> None:
    """A case is discussed and copied; the leader is named in it and keeps a view."""
    item = _open(year, session, "approve_inspection", "approve_plan")[0]
    leader = next(year.rehearsal.candidates(session, item))
    section = _with(year, session, Role.SECTION)
    comment.add(session, section, item.case_id, f"@{leader.name} 名单已与卫健部门核对。", item_id=item.id)
    comment.add(session, leader, item.case_id, "收到，今天内审批。", item_id=item.id)
    cc.send(session, section, item.id, to=[leader.id], text="请知悉。")
    saved.keep(session, leader, "我的逾期件", {"due": "late"})


def _stands_in(year: Year, session: Session) -> None:
    """The leader is away next week."""
    leader = _with(year, session, Role.LEADER)
    colleague = proxy.page(session, leader).able[0]
    first = clock.today() + timedelta(days=1)
    proxy.appoint(
        session, leader, principal=leader.id, proxy=colleague.id, days=(first, first + timedelta(days=6)),
        reason="参加省局培训", processes=[], steps=[],
    )  # fmt: skip


def _urges(year: Year, session: Session) -> None:
    """Who supervises urges a step."""
    for item in _open(year, session, "record", "submit", "submit_within"):
        urge.urge(session, _with(year, session, Role.SUPERVISION), item.id, text="请按期办理。")


def _proposes(year: Year, session: Session) -> None:
    """A change of the processes that waits for the second person, and one whose check found an error."""
    wrong = Finding(
        "report.bpmn", "open", "核对报告时限", 37, "verb", "没有动词“report.nix”。", "改用 report.open。"
    )
    author = _with(year, session, Role.MODELLER)
    files = proposal.base_files(session, year.pack, "current")
    for name, found in (("核对报告的时限", []), ("查对报告时限", [wrong])):
        drawn = files["report.bpmn"].replace("核对报告时限".encode(), name.encode())
        proposal.propose(session, author, year.pack, {**files, "report.bpmn": drawn}, found, note="环节改名")


def _hands_in(year: Year, session: Session) -> None:
    """A registry file with a row that cannot be used."""
    intake.hand_in(session, _with(year, session, Role.SECTION), "objects", "名录.csv", REGISTRY.encode())
