"""What must hold in any database after any fault: I1-I5 of the promises, as sentences about what is wrong.

I1 every acknowledged action is present exactly once. I2 an action without an answer is present 0 or 1
times. I3 no running instance without an open step, a timer, a job, a call, something beside it or an
incident. I4 each completed step has exactly one log row. I5 the chain of the log holds. And: the tokens of
each instance are its open rows.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from engine import audit
from engine.audit import AuditEntry
from engine.runtime.tables import Call, Instance, Job, Receipt, Submission, WorkItem


def faults(world, *, acknowledged=(), unknown=()):
    """Everything that is wrong; `acknowledged` and `unknown` are (idempotency key, work item id)."""
    with world.database.transaction() as session:
        audit.seal_all(session)
    with world.database.transaction() as session:
        found = [*_actions(session, acknowledged, unknown), *_standing(world, session), *_log(session)]
        session.rollback()
    return found


def _actions(session, acknowledged, unknown):
    done = Counter(session.scalars(select(Submission.work_item_id)))
    keys = set(session.scalars(select(Receipt.key)))
    for key, item in acknowledged:
        if done[item] != 1 or key not in keys:
            yield f"I1 item {item} ({key}) was acknowledged and is there {done[item]} times"
    for key, item in unknown:
        if done[item] > 1 or (done[item] == 1) != (key in keys):
            yield f"I2 item {item} ({key}) is there {done[item]} times"
    for item, times in done.items():
        if times > 1:
            yield f"I2 item {item} was answered {times} times"


def _standing(world, session):
    for instance in session.scalars(select(Instance)).all():
        run = world.runtime.look(session, instance.id)
        tokens = list(run.state.tokens())
        waiting = {token.id for token in tokens if token.kind == "human"}
        rows = select(WorkItem.task).where(WorkItem.instance_id == instance.id, WorkItem.state == "open")
        open_tasks = set(session.scalars(rows))
        if waiting != open_tasks:
            yield f"instance {instance.id}: {len(waiting)} tokens, {len(open_tasks)} open steps"
        if instance.state == "running" and not (
            tokens or _jobs(session, instance) or _beside(session, instance)
        ):
            yield f"I3 instance {instance.id} ({instance.process}) runs and waits for nothing"
        for token in tokens:
            if token.kind == "timer" and token.due != "never" and not _timer(session, instance, token):
                yield f"I3 timer {token.element} of instance {instance.id} has no job"
            if token.kind == "call" and not _called(session, instance, token):
                yield f"I3 call {token.element} of instance {instance.id} has no row, or waits for nobody"


def _jobs(session, instance):
    query = select(func.count(Job.id)).where(
        Job.instance_id == instance.id, Job.state.in_(("waiting", "running", "failed"))
    )
    return session.scalar(query)


def _beside(session, instance):
    return session.scalar(
        select(func.count(Instance.id)).where(Instance.parent_id == instance.id, Instance.state == "running")
    )


def _timer(session, instance, token):
    return session.scalar(select(Job.id).where(Job.key == f"timer:{instance.id}:{token.id}"))


def _called(session, instance, token):
    row = session.scalar(select(Call).where(Call.instance_id == instance.id, Call.task == token.id))
    if row is None or row.state != "open":
        return False
    children = Counter(
        session.scalars(
            select(Instance.state).where(Instance.parent_id == instance.id, Instance.parent_task == token.id)
        )
    )
    ended = children["completed"] + children["cancelled"]
    return (
        row.finished == ended
        and row.started == children.total()
        and (row.finished < row.total or row.started == 0)
    )


def _log(session):
    steps = Counter(
        f"case/{case} step.{process}.{element}"
        for case, process, element in session.execute(
            select(WorkItem.case_id, WorkItem.process, WorkItem.element).where(WorkItem.state == "done")
        )
    )
    rows = select(AuditEntry.subject, AuditEntry.action).where(AuditEntry.action.like("step.%"))
    written = Counter(f"{subject} {action}" for subject, action in session.execute(rows))
    if steps != written:
        yield f"I4 done steps and log differ: {steps - written} not logged, {written - steps} not done"
    verdict = audit.verify(session)
    if not verdict.ok or verdict.unsealed:
        yield f"I5 {verdict}"
