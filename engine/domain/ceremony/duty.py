"""职责分离 of the draw: who may operate, who may witness, when a registry is closed, who may be drawn at all.

One function per refusal, so that a table can show them side by side. 依据: J12, J11, W3, W9, W11; domain §2
no. 1, 2, 5.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.ceremony.tables import Draw
from engine.domain.registry import Inspector
from engine.domain.terms import EXCLUSIONS, SECTION_KINDS, cite
from engine.errors import Refused
from engine.operation import Rules
from engine.people import Person, Section
from engine.sentence import Sentence

DRAWABLE = "active"


def why(rules: Rules, key: str, refs: str) -> str:
    """The articles for a rule as a user of the pack reads them: those given, and the rule's own source."""
    return rules.cite(f"{refs} {rules[key].source}")


def in_pool(session: Session, bureau_id: int, person: Person) -> bool:
    """Whether a person stands in the inspector registry of the bureau and could be drawn."""
    query = select(Inspector.id).where(
        Inspector.bureau_id == bureau_id, Inspector.person_id == person.id, Inspector.state == DRAWABLE
    )
    return session.scalar(query.limit(1)) is not None


def refuse_operator(session: Session, draw: Draw, operator: Person, pack: str) -> None:
    """The operator is not in the staff pool of the draw (slug `operator-in-pool`)."""
    if in_pool(session, draw.bureau_id, operator):
        raise Refused(
            Sentence("{operator}在本次抽取的执法检查人员名录库中，不能操作抽取。", operator=operator.name),
            clause=cite("J12 W9", pack),
            hint="请由不参加本次抽取的人员操作。",
            slug="operator-in-pool",
        )


def refuse_witness(session: Session, draw: Draw, witness: Person, rules: Rules) -> None:
    """The witness is another person, not in the pool, of a unit that may supervise.

    Slugs `draw-operator-is-witness`, `witness-in-pool`, `witness-unit`.
    """
    clause = rules.cite("J12 W3")
    if draw.operator_id == witness.id:
        raise Refused(
            Sentence("{witness}是本次抽取的操作人，不能同时见证。", witness=witness.name),
            clause=clause,
            hint="请由纪检监察或政策法规部门的其他人员见证。",
            slug="draw-operator-is-witness",
        )
    if not rules["draw.supervisor"].value:
        return
    if in_pool(session, draw.bureau_id, witness):
        raise Refused(
            Sentence("{witness}在本次抽取的执法检查人员名录库中，不能见证。", witness=witness.name),
            clause=clause,
            hint="请由不参加本次抽取的人员见证。",
            slug="witness-in-pool",
        )
    section = session.get(Section, witness.section_id) if witness.section_id else None
    units = list(rules["draw.supervisor_units"].value or [])
    if units and (section is None or section.kind not in units):
        names = "、".join(SECTION_KINDS[unit] for unit in units)
        raise Refused(
            Sentence(
                "抽取须由{names}部门监督，{witness}属于{section}。",
                names=names,
                witness=witness.name,
                section=section.name if section else "其他单位",
            ),
            clause=clause,
            hint="请由该部门人员见证。",
            slug="witness-unit",
        )
    operator = session.get(Person, draw.operator_id) if draw.operator_id else None
    if operator is not None and section is not None and operator.section_id == section.id:
        raise Refused(
            Sentence(
                "{witness}与抽取操作人同在{section}，不能见证。", witness=witness.name, section=section.name
            ),
            clause=clause,
            hint="请由其他科室人员见证。",
            slug="witness-unit",
        )


def refuse_repeat(excluded: str, name: str, rules: Rules) -> None:
    """Only the yearly cap can be lifted for a proper reason.

    A superior's draw cannot (slug `superior-drawn`).
    """
    if excluded == "done-superior":
        raise Refused(
            Sentence("{name}本年度已由上级抽查，应当排除。", name=name),
            clause=why(rules, "exclude.superior_drawn", "J11"),
            hint="请删去这一行。",
            slug="superior-drawn",
            fields={"exceptions": Sentence("{name}不能申请重复抽查", name=name)},
        )
    if excluded != "cap":
        raise Refused(
            Sentence("{name}不属于因次数上限而排除的对象，不需要也不能申请重复抽查。", name=name),
            clause=rules.cite("J11 W9"),
            slug="no-cap",
            fields={"exceptions": Sentence("请删去{name}", name=name)},
        )


def refuse_unreasoned(reason: str, name: str, rules: Rules) -> None:
    """At its yearly cap an object is drawn again only for a reason of the pack (slug `reason-needed`).

    Where the pack's cap is hard, never (slug `cap-reached`). 依据: J11 正当理由, W9 原则上.
    """
    rule = rules["cap.per_year"]
    if rule.strength == "hard":
        raise Refused(
            Sentence("{name}本年度已抽查 {rule} 次，达到上限。", name=name, rule=rule.value),
            clause=why(rules, "cap.per_year", "J11 W9"),
            slug="cap-reached",
        )
    if reason not in (rules["cap.repeat_reasons"].value or []):
        raise Refused(
            Sentence(
                "{name}本年度已抽查 {rule} 次，再次抽查须有规则包认可的正当理由。", name=name, rule=rule.value
            ),
            clause=why(rules, "cap.per_year", "J11 W9"),
            hint="请选择理由并写明情况，报分管领导批准。",
            slug="reason-needed",
            fields={"exceptions": Sentence("请写明再次抽查{name}的理由", name=name)},
        )


def refuse_excluded(code: str, excluded: str, rules: Rules) -> None:
    """An object with a reason to stay out is in no result.

    Slugs `cap-reached`, `superior-drawn`, `object-closed`; `not-in-scope` for one that the plan leaves out.
    """
    slugs = {"cap": "cap-reached", "done-superior": "superior-drawn", "": ""}
    if excluded:
        reason = EXCLUSIONS.get(excluded, "不在本次抽取范围内")
        raise Refused(
            Sentence("平台结果中的 {code} 不应参加抽取：{reason}。", code=code, reason=reason),
            clause=why(rules, "cap.per_year" if excluded == "cap" else "exclude.superior_drawn", "J11 W7 W9"),
            hint="请核对平台数据，或者登记平台抽取失败。",
            slug=slugs.get(excluded) or ("object-closed" if excluded in EXCLUSIONS else "not-in-scope"),
            fields={"objects": Sentence("请核对 {code}", code=code)},
        )


def refuse_team_size(size: int, rules: Rules, reason: str = "") -> bool:
    """Fewer than the hard minimum is refused (slug `too-few-people`); fewer than usual needs a reason.

    Returns whether the principle (原则上 4 人一组) is broken.
    """
    least, usual = int(rules["team.min"].value), int(rules["team.nominal"].value)
    if size < least:
        raise Refused(
            Sentence("每组 {size} 人，不得少于 {least} 人。", size=size, least=least),
            clause=rules.cite("J16 W11"),
            slug="too-few-people",
            fields={"team_size": Sentence("不得少于 {least} 人", least=least)},
        )
    if size < usual and not reason.strip():
        raise Refused(
            Sentence("原则上按 {usual} 人一组抽取，现为 {size} 人。", usual=usual, size=size),
            clause=rules.cite("W9"),
            hint="请写明理由，由分管领导批准。",
            slug="reason-needed",
            fields={"principle_reason": "请写明理由"},
        )
    return size < usual


def refuse_licensed(licensed: int, rules: Rules, group: str = "") -> None:
    """Every group has at least two licensed inspectors (slug `too-few-licensed`)."""
    least = int(rules["team.licensed"].value)
    if licensed < least:
        team = Sentence("{group} 组", group=group) if group else "检查组"
        raise Refused(
            Sentence(
                "{team}持有有效执法证件的只有 {licensed} 人，不得少于 {least} 人。",
                team=team,
                licensed=licensed,
                least=least,
            ),
            clause=rules.cite("J16 W11 行政处罚法"),
            hint="请补充持证人员。",
            slug="too-few-licensed",
        )


def refuse_open_draw(previous: Draw | None, pack: str, waiting: int = 0) -> None:
    """One chain per bureau: the draw before must have ended (slug `previous-draw-open`)."""
    if previous is not None and previous.state not in ("closed", "failed", "void", "abandoned"):
        raise Refused(
            Sentence(
                "上一次抽取 {draw_id} 尚未结束，还有 {waiting} 户没有进场检查，不能开始新的抽取。",
                draw_id=previous.id,
                waiting=waiting,
            )
            if waiting
            else Sentence("上一次抽取 {draw_id} 尚未结束，不能开始新的抽取。", draw_id=previous.id),
            clause=cite("J12 W9", pack),
            hint="各检查组全部进场后，上一次抽取即告结束。",
            slug="previous-draw-open",
        )
