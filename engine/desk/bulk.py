"""Many at once: take, transfer, urge or complete like steps, with a preview, progress and an answer for each row.

Each row is a job of its own: its own transaction, its own idempotency key, the same checks as by hand. What
one row is refused does not touch the others. Only steps that their diagram marks as low-risk (`bulk`) may be
completed like this; a decision, a countersign or a signature never is. 依据: 吉 第十二条 (逐件留痕).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.access.rights import WORK
from engine.desk import hand, step, together
from engine.desk import urge as urging
from engine.desk.chosen import Options
from engine.desk.chosen import chosen as picked
from engine.desk.tables import Bulk, BulkRow
from engine.desk.world import World
from engine.domain import terms
from engine.errors import ChangedMeanwhile, NotFound, Refused
from engine.people import Person, person
from engine.runtime import job, receipt, release, work_item
from engine.runtime.tables import WorkItem
from engine.sentence import Sentence

ACTS = {"claim": "接收", "transfer": "转办", "complete": "办理", "urge": "催办"}
MOST = 200
JOB = "bulk.row"
WORDS = {"waiting": "等候", "done": "已办", "refused": "没有办", "late": "别人先办了"}


@dataclass(frozen=True, slots=True)
class Looked:
    """A step before the act: `no` says why it would be refused, "" where it would go through."""

    item: WorkItem
    name: str
    no: str


@dataclass(frozen=True, slots=True)
class Given:
    """What a step is to be completed with: checked answers, and what its form offered to choose from."""

    answers: Mapping[str, Any]
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A step after the act."""

    item_id: int
    case_id: int
    name: str
    case_no: str
    step: str
    state: str
    text: str
    at: datetime | None

    @property
    def word(self) -> str:
        """What came of it, in Chinese."""
        return WORDS[self.state]


@dataclass(frozen=True, slots=True)
class Progress:
    """A bulk act as far as it has come.

    `given`: what was written for every step, chosen options by their names; `form`: the file it was written on,
    as the release of the steps has it. Both stay to be read by who may not see the steps any more.
    """

    bulk: Bulk
    to: str
    rows: Sequence[Row]
    given: Given
    form: bytes
    path: str

    @property
    def word(self) -> str:
        """The act, in Chinese."""
        return ACTS[self.bulk.act]

    def number(self, state: str) -> int:
        """How many rows are in a state."""
        return sum(row.state == state for row in self.rows)

    @property
    def ended(self) -> bool:
        """Whether every row has its answer."""
        return not self.number("waiting")


def low_risk(session: Session, item: WorkItem) -> bool:
    """Whether the diagram of the case's release marks the step as one that may be completed in bulk."""
    element = release.load(session, item.release_id).processes[item.process].elements[item.element]
    return element.property("bulk") == "true"


def chosen(session: Session, ids: Sequence[int]) -> list[WorkItem]:
    """The selected steps in the order of selection; Refused where nothing or too much was selected."""
    wanted = list(dict.fromkeys(ids))
    if not wanted or len(wanted) > MOST:
        sentence = "还没有选事项。" if not wanted else Sentence("一次最多办 {most} 件。", most=MOST)
        raise Refused(sentence, slug="bulk-size", hint="请在列表里勾选。")
    found = {item.id: item for item in session.scalars(select(WorkItem).where(WorkItem.id.in_(wanted)))}
    return [found[number] for number in wanted if number in found]


def preview(session: Session, actor: Person, act: str, items: Sequence[WorkItem]) -> list[Looked]:
    """What would come of each step, by the checks of the act itself."""
    together.look_up(session, actor, items)
    return [Looked(item, item.name, _objection(session, actor, act, item)) for item in items]


def receivers(session: Session, actor: Person, items: Sequence[WorkItem]) -> list[Person]:
    """Who could get at least one of the steps."""
    found: dict[int, Person] = {}
    for item in items:
        found |= {each.id: each for each in hand.receivers(session, actor, item)}
    return sorted(found.values(), key=lambda each: each.staff_no)


def refuse_unlike(session: Session, items: Sequence[WorkItem]) -> None:
    """Only like steps of low risk are completed together; says which step is not."""
    kinds = {(item.process, item.element) for item in items}
    if len(kinds) > 1:
        names = "、".join(dict.fromkeys(f"“{item.step}”" for item in items))
        raise Refused(
            Sentence("一起办理的须是同一个环节，所选的有{names}。", names=names),
            slug="bulk-unlike",
            hint="请先按环节筛选，再选择。",
        )
    for item in items:
        if not low_risk(session, item):
            raise Refused(
                Sentence("“{step}”须逐件办理，不能批量提交。", step=item.step),
                clause=terms.cite(item.clause, release.load(session, item.release_id).pack),
                slug="bulk-not-low-risk",
                hint="审批、签字、会签和涉及对象权利的环节逐件办；可以批量接收或转办。",
            )
    sources = {release.load(session, item.release_id).forms.get(item.form, b"") for item in items}
    if len(sources) > 1:
        raise Refused(
            Sentence("所选的“{step}”用的是不同版本的表单。", step=items[0].step),
            slug="bulk-unlike",
            hint="请分开办理。",
        )


def begin(
    session: Session,
    actor: Person,
    act: str,
    items: Sequence[WorkItem],
    *,
    to: int = 0,
    reason: str = "",
    answers: Mapping[int, Given] | None = None,
    key: str = "",
) -> int:
    """Write a bulk act down, one job for each step; returns its number.

    `answers`: what each step is completed with (complete). Refused: nothing is begun.
    """
    if act not in ACTS:
        raise NotFound("没有这种批量操作。", hint="可以批量接收、转办、办理、催办。")
    numbers = [item.id for item in chosen(session, [item.id for item in items])]
    given = {number: (answers or {}).get(number, Given({})) for number in numbers}
    kept = {str(number): dict(each.answers) for number, each in given.items()}
    body = {"bulk": act, "actor": actor.id, "items": kept, "to": to, "reason": reason}
    row = Bulk(person_id=actor.id, act=act, reason=reason.strip(), to_id=to if act == "transfer" else None)
    if act == "complete":
        refuse_unlike(session, items)
    if act == "transfer":
        row.reason = hand.worded(reason)
        if not any(to == each.id for item in items for each in hand.receivers(session, actor, item)):
            raise Refused(
                "接办人不在这些环节的岗位或检查组。",
                slug="not-of-the-duty",
                fields={"to": "请从列出的人员中选。"},
            )
    if act == "urge":
        row.reason = hand.worded(reason, "reason", "催办内容")

    def written() -> int:
        session.add(row)
        session.flush()
        for number in numbers:
            each = given[number]
            part = BulkRow(
                bulk_id=row.id,
                work_item_id=number,
                answers=dict(each.answers),
                chosen=picked(each.options, each.answers),
            )
            session.add(part)
            session.flush()
            job.enqueue(session, JOB, {"row": part.id}, key=f"{JOB}:{part.id}")
        return row.id

    return receipt.once(session, key, body, written)


def run_row(world: World, session: Session, payload: Mapping[str, Any]) -> None:
    """Do one row, with the checks of that moment; a refusal is its answer and leaves the rest alone."""
    row = session.get_one(BulkRow, payload["row"], with_for_update=True)
    if row.state != "waiting":
        return
    bulk = session.get_one(Bulk, row.bulk_id)
    try:
        with session.begin_nested():
            _do(world, session, bulk, row)
    except ChangedMeanwhile as other:
        row.state, row.text = "late", other.reason
    except (Refused, NotFound) as no:
        row.state, row.text = "refused", f"{no.reason}{no.hint}"
    else:
        row.state, row.text = "done", ""
    row.at = clock.now()
    session.flush()


def progress(session: Session, actor: Person, bulk_id: int) -> Progress:
    """An own bulk act, as far as it has come; somebody else's is NotFound."""
    bulk = session.get(Bulk, bulk_id)
    if bulk is None or bulk.person_id != actor.id:
        raise NotFound("没有这次批量操作。", hint="只能看自己的批量操作。")
    query = (
        select(BulkRow, WorkItem)
        .join(WorkItem, WorkItem.id == BulkRow.work_item_id)
        .where(BulkRow.bulk_id == bulk.id)
        .order_by(BulkRow.id)
    )
    found = session.execute(query).all()
    rows = [
        Row(item.id, item.case_id, item.name, item.case_no, item.step, row.state, row.text, row.at)
        for row, item in found
    ]
    first, item = found[0]
    form = release.load(session, item.release_id).forms.get(item.form, b"")
    to = session.get_one(Person, bulk.to_id).name if bulk.to_id else ""
    return Progress(bulk, to, rows, Given(first.answers, first.chosen), form, f"{item.form}.form")


def _do(world: World, session: Session, bulk: Bulk, row: BulkRow) -> None:
    actor = person(session, bulk.person_id)
    WORK.demand(actor)
    number, key = row.work_item_id, f"{JOB}:{row.id}:act"
    if bulk.act == "claim":
        step.claim(world, session, actor, number)
    elif bulk.act == "transfer":
        hand.transfer(session, actor, number, to=bulk.to_id or 0, reason=bulk.reason, key=key)
    elif bulk.act == "urge":
        text = urging.filled(session, session.get_one(WorkItem, number), bulk.reason)
        urging.urge(session, actor, number, text=text, key=key)
    else:
        # The machine's part behind the step is a job of its own: its failure must not undo the answer.
        step.complete(world, session, actor, number, row.answers, key=key, advance=False, options=row.chosen)


def _nobody_takes(item: WorkItem) -> str:
    if item.home.startswith("person/"):
        return Sentence("指定由本人办理；本人不能办理的，请申请调换人员。")
    return Sentence("{lane}没有别人可以接办，请先配备人员。", lane=item.lane)


def _objection(session: Session, actor: Person, act: str, item: WorkItem) -> str:
    try:
        if act == "urge":
            urging.refuse_to_urge(session, actor, item)
            return ""
        work_item.must_be_open(session, item)
        if act != "claim":
            work_item.must_not_be_delegated(session, item)
        if act != "claim" or item.claimed_by_id != actor.id:
            step.refuse_excluded(session, actor, item, step.refuse_outsider(session, actor, item))
        if act == "complete" and not low_risk(session, item):
            return Sentence("须逐件办理。")
        if act == "transfer" and not hand.receivers(session, actor, item):
            return _nobody_takes(item)
    except (Refused, NotFound, ChangedMeanwhile) as no:
        return no.reason
    return ""
