"""What people answer again and again: a section's task, the compiled plan, the two envelopes."""

from __future__ import annotations

from typing import Any

from engine import clock
from engine.desk.release import in_force
from engine.domain import ceremony, change, lead, plan
from engine.domain.draw import commitment
from engine.domain.registry import current_items
from engine.people import Bureau, Person
from tests.preamble import preamble
from tests.scenario import Case, Scenario

DRAFTER, SECOND, THIRD = "陆文静", "顾南乔", "纪云舒"
KEEPER, LEADER, OTHER_LEADER, WITNESS, OTHER_WITNESS = "贺知夏", "沈其昌", "温如玉", "罗秉正", "唐守正"
OFFICE, LEGAL = "柳含章", "郑明理"
PAPER = "0123456789abcdef"  # a file of the store, or the reference of a paper
KIND = "village_clinic"


@preamble
def opens_plan(scene: Any, *, quarter: int = 1) -> Case:
    """A section opens the year's plan (or the quarter's)."""

    def make(session: Any) -> int:
        bureau = session.get_one(Bureau, scene.bureau)
        opener = session.query(Person).filter_by(name=DRAFTER).one()
        return plan.propose(
            session, in_force(session, bureau.pack), bureau=bureau, year=2026, quarter=quarter, opener=opener
        ).id

    return scene.opens("plan", by=DRAFTER, bureau_id=scene.bureau, plan_id=scene.does(make))


def item_of(scene: Any) -> str:
    """The first item of the list in force."""
    return scene.read(lambda session: str(current_items(session, scene.bureau)[0].id))


def task(scene: Any, **more: Any) -> dict[str, Any]:
    """One task of a section's plan."""
    return {
        "name": "村卫生室抽查",
        "item": item_of(scene),
        "kind": "undirected",
        "object_kind": KIND,
        "ratio": 10,
        "rounding": "up",
        "at_least": 1,
        "starts_on": "2026-03-10",
        "ends_on": "2026-06-30",
        "method": "onsite",
        "frequency": 1,
        "batch": 1,
        "content": "医疗保障基金使用情况",
        **more,
    }


PLAN = {
    "compiled": "submit",
    "title": "2026年双随机抽查计划",
    "arrangement": "三月至六月实施",
    "work_requirements": "依法检查，文明执法",
    "discipline": "遵守廉政纪律，不得泄露检查安排",
}


@preamble
def drafts(case: Case, *tasks: dict[str, Any], compiled: bool = True) -> Case:
    """One section has tasks, the others none; one person compiles."""
    case.completes("编制科室抽查计划", by=DRAFTER, seat=seat(case, DRAFTER), nothing=False, tasks=list(tasks))
    for name in (SECOND, THIRD):
        case.completes("编制科室抽查计划", by=name, seat=seat(case, name), nothing=True, tasks=[])
    return case.completes("汇总抽查计划", by=DRAFTER, **PLAN) if compiled else case


def seat(case: Case, name: str) -> str:
    """The part of a countersigned step that belongs to somebody."""
    return case.scenario.read(lambda session: str(session.query(Person).filter_by(name=name).one().id))


@preamble
def approves(case: Case) -> Case:
    """The leader in charge agrees, the office makes it public."""
    case.completes("审批年度计划", by=LEADER, decision="approve", coverage_reason="本期先查村卫生室")
    today = clock.local(case.scenario.rehearsal.now).date().isoformat()
    if "录入平台" in case.open_steps():
        case.completes("录入平台", by=DRAFTER, platform_no="HNSJ-2026-1", entered_on=today, proof=[PAPER])
    return case.completes("公开抽查计划", by=OFFICE, channels=["website"], published_on=today)


@preamble
def locks(case: Case, *, groups: int = 1, size: int = 2, **more: Any) -> Case:
    """Registries locked, eligibility looked at, groups set."""
    case.completes("锁定名录库", by=DRAFTER, confirm=True)
    case.completes("资格审查", by=DRAFTER, checked=True, exceptions=more.pop("exceptions", []))
    return sets(case, groups=groups, size=size, **more)


def sets(case: Case, *, groups: int = 1, size: int = 2, reason: str = "", **more: Any) -> Case:
    """How many groups of how many."""
    return case.completes(
        "确定抽取数量和分组",
        by=DRAFTER,
        groups=groups,
        team_size=size,
        specialty="",
        principle_reason=reason,
        publish_by="2026-09-30",
        **more,
    )


SECRETS = {"bureau": "1" * 64, "witness": "2" * 64, "third": "3" * 64}


def commit_of(case: Case, party: str, secret: str = "") -> str:
    """What a party hands over: made on its own device from the number of the draw and its own secret."""
    return commitment(draw_of(case).id, party, secret or SECRETS[party])


def draw_of(case: Case) -> Any:
    """The draw of the plan, the newest round."""
    return case.scenario.read(lambda session: ceremony.latest(session, case.scenario.bureau))


@preamble
def seals(case: Case, **more: Any) -> Case:
    """Two envelopes, then the sealed roster."""
    case.completes("抽取人封签", by=DRAFTER, commit_operator=commit_of(case, "bureau"))
    given = {"decision": "agree", "commit_witness": commit_of(case, "witness"), **more}
    return case.completes("见证人核对名单并封签", by=WITNESS, **given)


@preamble
def reveals(case: Case, **more: Any) -> Case:
    """Each opens its own envelope, the operator first."""
    case.completes("抽取人启封", by=DRAFTER, secret_operator=SECRETS["bureau"])
    return case.completes(
        "当场启封", by=WITNESS, ceremony="reveal", secret_witness=SECRETS["witness"], **more
    )


def voids(case: Case, void_reason: str, reason: str) -> Case:
    """The witness does not open the envelopes: the draw is void and keeps its number."""
    case.completes("抽取人启封", by=DRAFTER, secret_operator=SECRETS["bureau"])
    answers = {"ceremony": "void", "void_reason": void_reason, "reason": reason}
    return case.completes("当场启封", by=WITNESS, **answers)


def signs(case: Case) -> Case:
    """Both sign the record of the draw."""
    case.completes("抽取人签署抽取记录", by=DRAFTER)
    return case.completes("见证人签署抽取记录", by=WITNESS, ceremony="sign")


@preamble
def draws(case: Case, **more: Any) -> Case:
    """The whole native draw."""
    return signs(reveals(seals(locks(case, **more))))


def opens_lead(scene: Any) -> Case:
    """A lead comes in."""

    def make(session: Any) -> int:
        bureau = session.get_one(Bureau, scene.bureau)
        return lead.receive(session, bureau, in_force(session, bureau.pack)).id

    return scene.opens("lead", by=KEEPER, bureau_id=scene.bureau, lead_id=scene.does(make))


def opens_change(scene: Any, kind: str, *, bureau: int = 0, by: str = KEEPER) -> Case:
    """A list has to change."""
    at = bureau or scene.bureau

    def make(session: Any) -> int:
        owner = session.get_one(Bureau, at)
        return change.propose(session, owner, kind, in_force(session, owner.pack)).id

    return scene.opens("registry", by=by, bureau_id=at, change_id=scene.does(make))


def object_codes(scene: Scenario, bureau: int, kind: str = KIND, *, eligible: bool = True) -> list[str]:
    """Codes of the bureau's objects of a kind, those without any reason to stay out first."""
    from engine.domain.registry import objects_of  # noqa: PLC0415

    def find(session: Any) -> list[str]:
        rows = [row for row in objects_of(session, bureau, below_too=True) if row.kind == kind]
        clean = [
            row.code
            for row in rows
            if row.active
            and row.agreement_state == "active"
            and row.superior_drawn_on is None
            and not row.visits
        ]
        return clean if eligible else [row.code for row in rows]

    return scene.read(find)


def findings(asked: Any) -> dict[str, Any]:
    """Nothing is found on any item of the list."""
    return {
        "findings": [{"item": value, "result": "none"} for value, _ in asked.options["items"] if value != "-"]
    }


def receipts(asked: Any) -> dict[str, Any]:
    """Every channel that is owed gives its receipt."""
    return {
        "receipts": [
            {"channel": value, "state": "published", "receipt_no": f"{value}-1"}
            for value, _ in asked.options["channels"]
        ]
    }


def goes_to_the_end(case: Case, until: str = "") -> Case:
    """The visit, its report, its publication and its archive, with nothing found."""
    case.scenario.rehearsal.rules |= {
        "check_items": findings,
        "receive": receipts,
        "receipt_object": lambda _: {"received_by": "刘掌柜", "signature": {"name": "刘掌柜"}},
    }
    return case.goes_on(until=until)
