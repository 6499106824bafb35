"""Certificates of the team (执法证件): who counts as licensed, read again from the registry when it matters.

依据: 吉 第十六条, 第十八条, 舞 第十一条, 行政处罚法 (不少于两名持证人员).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from engine.domain.inspection.tables import TeamMember
from engine.domain.registry import Inspector
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Rules
from engine.sentence import Sentence

MIN_LICENSED = 2
"""Hard floor of every pack: two licensed inspectors (行政处罚法, 吉 第十六条, 舞 第十一条)."""


def licensed_count(members: list[TeamMember]) -> int:
    """How many licensed inspectors without a declared conflict; experts and helpers never count."""
    return sum(1 for member in members if member.licensed and not member.expert and not member.conflict)


def licensed_needed(rules: Rules) -> int:
    """How many licensed inspectors a team needs."""
    return max(MIN_LICENSED, int(rules.value("team.licensed") or 0))


def reread_licences(session: Session, members: list[TeamMember], on: date) -> list[TeamMember]:
    """Read the certificates again: who is licensed on a day, by which number; returns who no longer is.

    A leader without a certificate leads no longer. 依据: J16, 行政处罚法 (持有执法资格).
    """
    lapsed = []
    for member in members:
        who = session.get(Inspector, member.inspector_id) if member.inspector_id else None
        if who is None or member.expert:
            continue
        certificate = who.certificate(on)
        if certificate is None and member.licensed:
            lapsed.append(member)
            if member.role == "leader":
                member.role = "member"
        member.licensed = certificate is not None
        member.certificate_no = certificate.number if certificate is not None else member.certificate_no
    session.flush()
    return lapsed


def refuse_lapsed(lapsed: list[TeamMember], pack: str) -> None:
    """Who has lost the certificate since the team was formed does not go (slug `certificate-lapsed`)."""
    if not lapsed:
        return
    named = "、".join(f"{member.name}（{member.certificate_no}）" for member in lapsed)
    raise Refused(
        Sentence("{named}的执法证件已经失效，不能进场检查。", named=named),
        clause=cite("J16 J18 W11 行政处罚法", pack),
        hint="请在案件页发起“申请调换或回避”；已换发证件的，先在执法检查人员名录库登记新证件。",
        slug="certificate-lapsed",
        fields={"certificates": "有执法证件已经失效"},
    )


def refuse_few(members: list[TeamMember], rules: Rules) -> None:
    """Fewer than two licensed inspectors may not go (slug `too-few-licensed`)."""
    needed = licensed_needed(rules)
    if licensed_count(members) < needed:
        raise Refused(
            Sentence(
                "检查组持有有效执法证件的人员只有{licensed_count}人，不得少于{needed}人。",
                licensed_count=licensed_count(members),
                needed=needed,
            ),
            clause=rules.cite("J16 W11 行政处罚法"),
            hint="请先办理人员调换。",
            slug="too-few-licensed",
        )
