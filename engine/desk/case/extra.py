"""临时任务 and 要求补充: somebody of the case is asked for something beside the diagram; the process does not move.

A question from an open step (要求补充) also stops that step's clock: when it is answered, the step's limit moves by
the working days that the answer took. 依据: 吉 第十三条 (证明材料); 国办发〔2018〕118号 (全过程记录).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from engine import audit, clock
from engine.access.rights import WORK
from engine.desk import step
from engine.desk.case.listing import find, name_of
from engine.desk.notice import Matter, tell
from engine.domain.calendar import add_working_days, count, working_days_between
from engine.domain.inspection.team import team_persons
from engine.errors import ChangedMeanwhile, NotFound, Refused
from engine.people import Person
from engine.runtime import history, receipt, work_item
from engine.runtime.tables import ExtraTask, History, Instance, WorkItem
from engine.sentence import Sentence

ANSWER_DAYS = 2  # working days to answer a question from an open step
LONGEST = 2000


def people(session: Session, actor: Person, instance: Instance) -> list[Person]:
    """Whom a person may ask in a case: working colleagues of its bureau, and its team."""
    number = (instance.data or {}).get("inspection_id")
    team = team_persons(session, int(number)) if number is not None else []
    query = select(Person).where(
        or_(Person.bureau_id == instance.bureau_id, Person.id.in_(team)), Person.active, Person.id != actor.id
    )
    found = session.scalars(query.order_by(Person.staff_no).options(selectinload(Person.grants)))
    return [each for each in found if WORK.allows(each)]


def of_case(session: Session, case_id: int) -> list[ExtraTask]:
    """All questions and errands of a case, latest first."""
    query = select(ExtraTask).where(ExtraTask.case_id == case_id)
    return list(session.scalars(query.order_by(ExtraTask.id.desc())))


def mine(session: Session, person: Person) -> list[ExtraTask]:
    """What this person is asked for and has not answered, soonest first."""
    query = select(ExtraTask).where(
        ExtraTask.person_id == person.id, ExtraTask.done_at.is_(None), ExtraTask.withdrawn_at.is_(None)
    )
    return list(session.scalars(query.order_by(ExtraTask.due_on, ExtraTask.id)))


def awaited(session: Session, person: Person) -> list[ExtraTask]:
    """What this person has asked for and nobody has answered, soonest first."""
    query = select(ExtraTask).where(
        ExtraTask.asked_by_id == person.id, ExtraTask.done_at.is_(None), ExtraTask.withdrawn_at.is_(None)
    )
    return list(session.scalars(query.order_by(ExtraTask.due_on, ExtraTask.id)))


def question_of(session: Session, item: WorkItem) -> ExtraTask | None:
    """The unanswered question of a step, if there is one."""
    query = select(ExtraTask).where(
        ExtraTask.item_id == item.id, ExtraTask.done_at.is_(None), ExtraTask.withdrawn_at.is_(None)
    )
    return session.scalar(query)


def proposer(session: Session, item: WorkItem) -> Person | None:
    """Who brought a step about: the last person of the same process before it, else who opened the case."""
    query = (
        select(History.person_id)
        .where(
            History.instance_id == item.instance_id,
            History.kind == "human",
            History.at <= item.opened_at,
            History.person_id.is_not(None),
        )
        .order_by(History.id.desc())
    )
    number = session.scalar(query.limit(1)) or session.get_one(Instance, item.instance_id).started_by_id
    return session.get(Person, number) if number else None


def ask(
    session: Session,
    actor: Person,
    case_id: int,
    *,
    title: str,
    asked: str,
    person: int,
    due_on: date | None,
    key: str = "",
) -> dict[str, Any]:
    """交办临时任务: title, person, day; somebody of the case answers it, the process does not move."""
    case = find(session, actor, case_id)
    words, more = title.strip(), asked.strip()
    receiver = next((each for each in people(session, actor, case) if each.id == person), None)
    faults = {}
    if not words or len(words) > 80:  # noqa: PLR2004 (as the column)
        faults["title"] = "请填写任务名称，不超过 80 字。"
    if len(more) > LONGEST:
        faults["asked"] = Sentence("不超过 {most} 字。", most=LONGEST)
    if receiver is None:
        faults["person"] = "请从列出的人员中选。"
    if due_on is None or due_on < clock.today():
        faults["due_on"] = "请填写完成日期，不早于今天。"
    if receiver is None or due_on is None or faults:
        raise Refused("临时任务没有填写完整。", slug="form-invalid", fields=faults)
    if not case.alive:
        raise Refused("案件已经办结，不能再交办临时任务。", slug="case-ended")
    row = ExtraTask(
        case_id=case.case_id or case.id,
        bureau_id=case.bureau_id,
        title=words,
        asked=more,
        person_id=receiver.id,
        asked_by_id=actor.id,
        due_on=due_on,
    )
    return _open(session, actor, case, row, key)


def ask_more(session: Session, actor: Person, item_id: int, *, asked: str, key: str = "") -> dict[str, Any]:
    """要求补充: who has a step asks who brought it about; the step waits and its clock stands still."""
    item = work_item.locked(session, item_id)
    words = asked.strip()
    body = {"item": item_id, "actor": actor.id, "asked": words}
    given = receipt.take(session, key, body, {"item": item.id, "case": item.case_id, "step": item.step})
    if given is not None:
        return given
    work_item.must_be_open(session, item)
    work_item.must_not_be_delegated(session, item)
    step.refuse_excluded(session, actor, item, step.refuse_outsider(session, actor, item))
    if not words or len(words) > LONGEST:
        sentence = "请写明要补充什么。" if not words else Sentence("不超过 {most} 字。", most=LONGEST)
        raise Refused(sentence, slug="form-invalid", fields={"asked": sentence})
    receiver = proposer(session, item)
    if receiver is None or receiver.id == actor.id or not receiver.active:
        raise Refused(
            "这一步没有可以要求补充的申请人。", slug="no-proposer", hint="可以在案件页交办临时任务。"
        )
    if question_of(session, item) is not None:
        raise Refused("已经要求补充，还没有答复。", slug="already-asked", hint="收到答复后可以再问。")
    row = ExtraTask(
        case_id=item.case_id,
        bureau_id=item.bureau_id,
        item_id=item.id,
        title=Sentence("补充：{step}", step=item.step)[:80],
        asked=words,
        person_id=receiver.id,
        asked_by_id=actor.id,
        due_on=add_working_days(session, clock.today(), ANSWER_DAYS),
        limit_before=item.due_at,
    )
    _open(session, actor, session.get_one(Instance, item.case_id), row, "")
    return {"item": item.id, "case": item.case_id, "step": item.step}


def _open(session: Session, actor: Person, case: Instance, row: ExtraTask, key: str) -> dict[str, Any]:
    answer = {"case": case.id, "title": row.title}
    body = {"case": case.id, "actor": actor.id, "title": row.title, "asked": row.asked, "to": row.person_id}
    given = receipt.take(session, key, body, answer)
    if given is not None:
        return given
    session.add(row)
    session.flush()
    name = row.person.name
    act = (
        Sentence("要求{name}补充", name=name)
        if row.item_id
        else Sentence("交{name}办临时任务“{title}”", name=name, title=row.title)
    )
    _note(session, actor, row, act, row.asked)
    matter = Matter(row.title, f"/cases/{case.id}/extra/{row.id}", row.asked, name=name_of(case))
    tell(session, "assigned", [row.person], matter, actor=actor, key=f"extra:{row.id}")
    return answer


def get(session: Session, actor: Person, number: int) -> ExtraTask:
    """A question or errand by number, for who may see its case or is asked; else NotFound."""
    row = session.get(ExtraTask, number)
    if row is None:
        raise NotFound("没有这项临时任务。")
    if actor.id not in (row.person_id, row.asked_by_id):
        find(session, actor, row.case_id)
    return row


def finish(session: Session, actor: Person, number: int, *, result: str) -> ExtraTask:
    """Answer it: the result stays in the case; the clock of the asking step goes on."""
    row = _open_one(session, actor, number)
    words = result.strip()
    if actor.id != row.person_id:
        raise Refused(Sentence("这项任务由{person}办理。", person=row.person.name), slug="not-your-step")
    if not words or len(words) > LONGEST:
        sentence = "请填写办理结果。" if not words else Sentence("不超过 {most} 字。", most=LONGEST)
        raise Refused(sentence, slug="form-invalid", fields={"result": sentence})
    row.result, row.done_at = words, clock.now()
    _go_on(session, row)
    _note(session, actor, row, Sentence("答复“{title}”", title=row.title), words)
    path = f"/tasks/{row.item_id}" if row.item_id else f"/cases/{row.case_id}"
    matter = Matter(row.title, path, words, name=name_of(session.get_one(Instance, row.case_id)))
    tell(session, "answered", [row.asked_by], matter, actor=actor, key=f"extra:{row.id}:done")
    return row


def withdraw(session: Session, actor: Person, number: int) -> ExtraTask:
    """Take it back: who asked needs it no more."""
    row = _open_one(session, actor, number)
    if actor.id != row.asked_by_id:
        raise Refused(
            Sentence("这项任务由{asked_by}交办，只能由其撤回。", asked_by=row.asked_by.name),
            slug="not-your-step",
        )
    return _taken_back(session, actor, row, "")


def _taken_back(session: Session, actor: Person, row: ExtraTask, words: str) -> ExtraTask:
    row.withdrawn_at = clock.now()
    _go_on(session, row)
    _note(session, actor, row, Sentence("撤回“{title}”", title=row.title), words)
    return row


# --- somebody leaves ------------------------------------------------------------------------------


def heirs(session: Session, row: ExtraTask, leaver: Person) -> list[Person]:
    """Who may take a leaver's side of an errand: whom the other side might ask, or by whom it might be asked."""
    other = row.asked_by if row.person_id == leaver.id else row.person
    return [
        each
        for each in people(session, other, session.get_one(Instance, row.case_id))
        if each.id != leaver.id
    ]


def pass_on(
    session: Session, actor: Person, leaver: Person, number: int, receiver: Person, reason: str
) -> ExtraTask:
    """移交: another answers in the leaver's place, or waits for the answer; the other side is told."""
    row = _open_one(session, actor, number)
    if receiver.id not in {each.id for each in heirs(session, row, leaver)}:
        raise Refused(
            Sentence(
                "“{title}”不能交给{receiver}：不在本案的人员中。", title=row.title, receiver=receiver.name
            ),
            slug="not-of-the-duty",
            hint="请从列出的人员中选。",
        )
    answers = row.person_id == leaver.id
    other = row.asked_by if answers else row.person
    if answers:
        row.person = receiver
    else:
        row.asked_by = receiver
    act = Sentence(
        "{leaver}离岗，“{title}”交给{receiver}", leaver=leaver.name, title=row.title, receiver=receiver.name
    )
    _note(session, actor, row, act, reason, "extra.hand_over")
    matter = Matter(row.title, f"/cases/{row.case_id}/extra/{row.id}", act)
    tell(session, "assigned", [receiver], matter, actor=actor, key=f"extra:{row.id}:to:{receiver.id}")
    tell(session, "decided", [other], matter, actor=actor, key=f"extra:{row.id}:by:{receiver.id}")
    return row


def end(session: Session, actor: Person, number: int, reason: str) -> ExtraTask:
    """撤回 what nobody needs any more, for a leaver; both sides are told."""
    row = _taken_back(session, actor, _open_one(session, actor, number), reason)
    matter = Matter(row.title, f"/cases/{row.case_id}/extra/{row.id}", reason)
    tell(session, "withdrawn", [row.person, row.asked_by], matter, actor=actor, key=f"extra:{row.id}:ended")
    return row


def follow(session: Session, actor: Person, leaver: Person, item: WorkItem, receiver: Person) -> None:
    """The question of a step that goes to another is theirs; ended where they are who was asked."""
    row = question_of(session, item)
    if row is None or row.asked_by_id != leaver.id:
        return
    words = Sentence(
        "{leaver}离岗，“{step}”交给{receiver}", leaver=leaver.name, step=item.step, receiver=receiver.name
    )
    if row.person_id == receiver.id:
        _taken_back(session, actor, row, words)
    else:
        pass_on(session, actor, leaver, row.id, receiver, words)


def _open_one(session: Session, actor: Person, number: int) -> ExtraTask:
    row = get(session, actor, number)
    session.refresh(row, with_for_update=True)  # two at once: the second sees what the first did
    if not row.open:
        when = clock.local(row.done_at or row.withdrawn_at or row.asked_at).strftime("%Y-%m-%d %H:%M")
        who = row.person if row.done_at else row.asked_by
        raise ChangedMeanwhile(
            Sentence(
                "“{title}”已由{who}于 {when} {done}。",
                title=row.title,
                who=who.name,
                when=when,
                done="办完" if row.done_at else "撤回",
            ),
            who=who.name,
            when=row.done_at or row.withdrawn_at,
        )
    return row


def forsaken(session: Session, leaver: Person, actor: Person) -> int:
    """Who asked somebody that leaves is told, so that they ask somebody else; how many questions were open."""
    rows = mine(session, leaver)
    for row in rows:
        matter = Matter(
            row.title,
            f"/cases/{row.case_id}/extra/{row.id}",
            Sentence("{leaver}已离岗，可以撤回后改交他人；领导移交后另行告知。", leaver=leaver.name),
        )
        tell(session, "given_back", [row.asked_by], matter, actor=actor, key=f"extra:{row.id}:forsaken")
    return len(rows)


def behind(session: Session) -> list[int]:
    """Open questions whose asking step's limit has not moved with the working days that went by."""
    query = select(ExtraTask).where(
        ExtraTask.item_id.is_not(None), ExtraTask.done_at.is_(None), ExtraTask.withdrawn_at.is_(None)
    )
    return [row.id for row in session.scalars(query) if _waited(session, row) > row.paused_days]


def stand_still(session: Session, number: int) -> None:
    """The clock of a step that asked for more stands still: its limit moves with each working day till the answer.

    So no list, board or reminder calls it late while it waits.
    """
    row = session.get_one(ExtraTask, number, with_for_update=True)
    if row.open:
        _go_on(session, row)


def _waited(session: Session, row: ExtraTask) -> int:
    return working_days_between(session, clock.local(row.asked_at).date(), clock.today())


def _go_on(session: Session, row: ExtraTask) -> None:
    """The asking step's limit moves by the working days that the answer took; a step without a limit has none."""
    if row.item_id is None:
        return
    item = work_item.locked(session, row.item_id)
    why, more = dict(item.due_why or {}), _waited(session, row) - row.paused_days
    if item.state != "open" or item.due_at is None or "start" not in why or "days" not in why or more < 1:
        return
    counted = count(session, date.fromisoformat(str(why["start"])[:10]), int(why["days"]) + more)
    item.due_why = why | counted.as_json() | {"paused": int(why.get("paused", 0)) + more}
    item.due_at = clock.end_of(counted.day)
    row.paused_days, row.limit_after = row.paused_days + more, item.due_at


def _note(session: Session, actor: Person, row: ExtraTask, act: str, words: str, action: str = "") -> None:
    case = session.get_one(Instance, row.case_id)
    detail = {"act": act, "extra": row.id, "answers": {"reason": words}}
    history.note(session, case, "note", actor=actor, detail=detail)
    audit.record(
        session,
        action=action or ("extra.ask" if row.open else "extra.end"),
        subject=f"case/{row.case_id}",
        actor=actor,
        bureau_id=row.bureau_id,
        reason=words,
        after={"title": row.title, "to": row.person_id, "paused_days": row.paused_days},
    )
    session.flush()
