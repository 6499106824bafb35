"""Who may publish and review, and what must be there first: the refusals of a publication.

依据: 吉 第二十五条 (谁检查、谁录入、谁公开); 舞 第十五条.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.domain.inspection.tables import Inspection
from engine.domain.inspection.team import ever_on_team, refuse_conflict
from engine.domain.publication.tables import (
    CHANNEL_LABELS,
)
from engine.domain.publication.versions import receipts
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Rules
from engine.people import Person, Role
from engine.sentence import Sentence

FINAL = ("published", "absent")


def refuse_other_unit(inspection: Inspection, person: Person, rules: Rules) -> None:
    """谁检查、谁录入、谁公开 (slug `publisher-not-inspecting-unit`)."""
    if person.bureau_id != inspection.bureau_id and rules["publish.same_unit"].value:
        raise Refused(
            Sentence("{person}不属于实施检查的单位，不能公示本次检查结果。", person=person.name),
            clause=rules.cite("J25 W15"),
            hint="请由实施检查的医疗保障部门办理。",
            slug="publisher-not-inspecting-unit",
        )
    roles = person.roles()
    if Role.SUPERVISION in roles and not roles & {Role.SECTION, Role.OFFICE}:
        raise Refused(
            "督办公示的科室只能提醒和督办，不能代为公示。",
            clause=rules.cite("W15"),
            slug="supervisor-publishes",
        )


def refuse_reviewer(session: Session, inspection: Inspection, person: Person, pack: str) -> None:
    """Who was on the team does not review its result (slug `reviewer-in-team`)."""
    if ever_on_team(session, inspection.id, person.id):
        raise Refused(
            Sentence("{person}是本次检查组成员，不能审查本次检查结果。", person=person.name),
            clause=cite("W15", pack),
            hint="请由检查组以外的人员审查。",
            slug="reviewer-in-team",
        )
    refuse_conflict(session, pack, inspection, person)


def refuse_owed(session: Session, publication_id: int, pack: str, *, website: bool = True) -> None:
    """A channel is still without receipt or reason (slug `receipt-missing`)."""
    still = [
        r.channel
        for r in receipts(session, publication_id)
        if r.state not in FINAL and (website or r.channel != "website")
    ]
    if still:
        raise Refused(
            Sentence(
                "以下渠道还没有公示回执：{names}。",
                names="、".join(CHANNEL_LABELS[channel] for channel in still),
            ),
            clause=cite("J25 W15", pack),
            hint="取得回执后登记；对象在该系统中不存在的，登记原因。",
            slug="receipt-missing",
            fields={"receipts": "有渠道没有回执"},
        )
