"""What else lies with a leaver and does not change hands: how much of it, and why not or which other way it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.access.proxy import Proxy
from engine.desk.case.listing import name_of
from engine.desk.tables import Copy, Intake, Mention, View
from engine.domain.archive.tables import ArchiveLoan
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.substitution.tables import Substitution
from engine.people import Person
from engine.runtime.proposal import Proposal
from engine.runtime.tables import ALIVE, Draft, Instance, WorkItem
from engine.sentence import Sentence

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Left:
    """One sentence, with the cases it is about (number, name)."""

    words: str
    cases: Sequence[tuple[int, str]] = ()


def rest(session: Session, leaver: Person) -> list[Left]:
    """Sentences for what there is; nothing for what there is not."""
    return [*_in_cases(session, leaver), *_own(session, leaver)]


def _in_cases(session: Session, leaver: Person) -> list[Left]:
    """What waits in cases, and who sees to it."""
    team = select(Inspection.case_id).join(TeamMember, TeamMember.inspection_id == Inspection.id)
    team = team.where(TeamMember.person_id == leaver.id, TeamMember.left_at.is_(None))
    asked = select(Inspection.case_id).join(Substitution, Substitution.inspection_id == Inspection.id)
    asked = asked.where(Substitution.requester_id == leaver.id, Substitution.concluded_at.is_(None))
    begun = select(Instance.id).where(
        Instance.started_by_id == leaver.id, Instance.case_id == Instance.id, Instance.state.in_(ALIVE)
    )
    teams = _cases(session, team.where(Inspection.closed_at.is_(None)))
    requests, opened = _cases(session, asked), _cases(session, begun)
    found = (
        (
            Sentence(
                "在 {n} 个没有办结的检查中是检查组成员：请在案件页申请调换检查人员，组长另行确定。",
                n=len(teams),
            ),
            teams,
        ),
        (
            Sentence(
                "提出的 {n} 项人员调换还没有办结：照常审批；退回补充时由业务科室接着办。", n=len(requests)
            ),
            requests,
        ),
        (
            Sentence("发起的 {n} 个案件还在办理：照常分派；退回发起人的环节会列在上面。", n=len(opened)),
            opened,
        ),
    )
    return [Left(words, cases[:SHOWN]) for words, cases in found if cases]


def _cases(session: Session, query: Any) -> list[tuple[int, str]]:
    rows = session.scalars(select(Instance).where(Instance.id.in_(query)).order_by(Instance.id.desc()))
    return [(row.case_id or row.id, name_of(row)) for row in rows]


def _own(session: Session, leaver: Person) -> list[Left]:
    """What was only the leaver's."""
    day, who = clock.today(), leaver.id
    lies = or_(WorkItem.pool == f"person/{who}", WorkItem.claimed_by_id == who)
    elsewhere = select(WorkItem.id).where(WorkItem.state == "open", ~func.coalesce(lies, False))
    found = (
        (
            n := _count(
                session,
                or_(Proxy.principal_id == who, Proxy.proxy_id == who),
                Proxy.valid_to >= day,
                Proxy.revoked_at.is_(None),
            ),
            Sentence("{n} 项代理还在登记：没有岗位就不起作用，请安全管理员或委托人收回。", n=n),
        ),
        (
            n := _count(
                session,
                ArchiveLoan.requested_by_id == who,
                ArchiveLoan.state.in_(("requested", "approved", "out")),
            ),
            Sentence("{n} 份档案借阅没有办完或没有归还：请档案专人催还。", n=n),
        ),
        (
            n := _count(session, Intake.person_id == who, Intake.ended_at.is_(None)),
            Sentence("{n} 份名录导入没有办完：维护同一名录的人可以接着办。", n=n),
        ),
        (
            n := _count(session, Proposal.author_id == who, Proposal.state == "waiting"),
            Sentence("{n} 份流程修改在等复核：照常复核；退回后由另一位流程管理员重新提出。", n=n),
        ),
        (
            n := _count(session, Draft.person_id == who, Draft.work_item_id.in_(elsewhere)),
            Sentence("{n} 份草稿写在没有接收的待办上：没有提交的内容只归本人，不移交。", n=n),
        ),
        (
            n := _count(session, Copy.to_id == who, Copy.read_at.is_(None)),
            Sentence("{n} 份抄送没有看：抄送只供阅知，不产生办理责任，不移交。", n=n),
        ),
        (
            n := _count(session, Mention.person_id == who, Mention.read_at.is_(None)),
            Sentence("{n} 处被提到还没有看：提到不产生办理责任；需要答复的，请另提一位。", n=n),
        ),
        (
            n := _count(session, View.person_id == who, View.role == "", View.section_id.is_(None)),
            Sentence("{n} 个自存视图：只是本人的列表设置，不移交。", n=n),
        ),
    )
    return [Left(words) for number, words in found if number]


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(*conditions)) or 0
