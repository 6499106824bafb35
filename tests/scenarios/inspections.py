"""Inspections to act in.

A draw that has already happened, written down as rows, and answers that a step needs.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.desk.release import in_force
from engine.domain.ceremony.tables import Draw, DrawnObject, DrawnPerson
from engine.domain.inspection import open_from_draw, open_from_lead, team
from engine.domain.plan.query import main_method
from engine.domain.plan.tables import Plan, PlanSection, PlanTask
from engine.domain.registry import Inspector, RegistryObject, below, conflict_between, current_items
from engine.people import Bureau, Person, Role, holders
from engine.storage.files import FileStore
from engine.storage.files import record as record_file
from tests.preamble import preamble
from tests.scenario import Case, Scenario

SIGNED = {"name": "刘掌柜"}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def fit(session: Session, bureau_id: int, thing: RegistryObject, people: int) -> list[Inspector]:
    """Licensed inspectors of the bureau with an account and without a 利害关系 to the object."""
    query = (
        select(Inspector)
        .where(Inspector.bureau_id == bureau_id, Inspector.person_id.is_not(None))
        .order_by(Inspector.staff_no)
    )
    found = [
        who
        for who in session.scalars(query)
        if who.licensed(clock.today() + timedelta(days=90))
        and who.state == "active"
        and not conflict_between(session, who.id, thing.id)
    ]
    return found[:people]


def drawn(session: Session, bureau_id: int, *, people: int = 2, local: bool = True, **thing: Any) -> int:
    """A draw of one object and a group of people; returns the inspection's id. `local`.

    Of our own division.
    """
    bureau = session.get_one(Bureau, bureau_id)
    query = select(RegistryObject).where(
        RegistryObject.bureau_id.in_(below(session, bureau_id)), RegistryObject.agreement_state == "active"
    )
    if local:
        query = query.where(RegistryObject.bureau_id == bureau_id, RegistryObject.division == bureau.division)
    else:
        query = query.where(RegistryObject.bureau_id != bureau_id)
    for key, value in thing.items():
        query = query.where(getattr(RegistryObject, key) == value)
    target = session.scalars(query.order_by(RegistryObject.id)).first()
    if target is None:
        target = session.scalars(
            select(RegistryObject).where(RegistryObject.bureau_id == bureau_id).order_by(RegistryObject.id)
        ).first()
        assert target is not None
        target.division = bureau.division
        for key, value in thing.items():
            setattr(target, key, value)
        if target.type != "institution":
            target.kind = target.type
    target.superior_drawn_on = None
    opener = holders(session, bureau_id, Role.SECTION)[0]
    number = len(session.scalars(select(Plan)).all()) + 1
    plan = Plan(
        bureau_id=bureau_id,
        year=clock.today().year,
        no=f"T{number:04d}",
        title="年度抽查计划",
        opened_by_id=opener.id,
    )
    session.add(plan)
    session.flush()
    plans(session, plan, target, opener)
    draw = Draw(
        id=f"{bureau.division}-{clock.today().year}-{number:04d}",
        bureau_id=bureau_id,
        year=clock.today().year,
        serial=number,
        plan_id=plan.id,
        batch=1,
        round=1,
        mode="import",
        state="placed",
        head="f" * 64,
    )
    session.add(draw)
    session.flush()
    session.add(DrawnObject(draw_id=draw.id, object_id=target.id, group_id="G01"))
    for index, who in enumerate(fit(session, bureau_id, target, people)):
        session.add(
            DrawnPerson(
                draw_id=draw.id, group_id="G01", role_index=index, inspector_id=who.id, alias=f"{index:032x}"
            )
        )
    session.flush()
    return open_from_draw(session, draw.id)[0].id


def plans(session: Session, plan: Plan, thing: RegistryObject, author: Person) -> None:
    """One task for each item of the list in force, for objects like this one."""
    part = PlanSection(plan_id=plan.id, author_id=author.id, section_id=author.section_id)
    session.add(part)
    session.flush()
    listed = current_items(session, plan.bureau_id)
    rules = in_force(session, session.get_one(Bureau, plan.bureau_id).pack)
    plan.item_list_id = listed[0].list_id
    session.add_all(
        PlanTask(
            plan_id=plan.id,
            part_id=part.id,
            no=number,
            name=f"抽查{item.name}",
            item_id=item.id,
            item_name=item.name,
            object_kind=thing.kind,
            num=10,
            den=100,
            starts_on=clock.today(),
            ends_on=clock.today(),
            method=main_method(thing.kind, rules),
            content="医疗保障基金使用情况",
            state="drawn",
        )
        for number, item in enumerate(listed, 1)
    )
    session.flush()


def ordered(session: Session, bureau_id: int, *, people: int = 3) -> int:
    """An inspection on a lead: nobody drawn, people named; returns its id."""
    thing = session.scalars(
        select(RegistryObject).where(RegistryObject.bureau_id == bureau_id).order_by(RegistryObject.id)
    ).first()
    assert thing is not None
    named = [who.id for who in fit(session, bureau_id, thing, people)]
    return open_from_lead(session, bureau_id=bureau_id, object_id=thing.id, lead_id=9001, inspectors=named).id


@preamble
def begins(scenario: Scenario, bureau_id: int, *, lead: bool = False, **how: Any) -> tuple[Case, int]:
    """An inspection that has just been drawn (or ordered by a lead); the case and the inspection's id."""
    make = ordered if lead else drawn
    inspection_id = scenario.does(lambda session: make(session, bureau_id, **how))
    opener = scenario.read(lambda session: holders(session, bureau_id, Role.SECTION)[0].name)
    return scenario.opens(
        "inspection", by=opener, bureau_id=bureau_id, inspection_id=inspection_id
    ), inspection_id


def members(scenario: Scenario, inspection_id: int) -> list[tuple[str, str]]:
    """`(member id, name)` of the team, leader first."""
    return scenario.read(lambda session: [(str(m.id), m.name) for m in team(session, inspection_id)])


def seat(scenario: Scenario, name: str) -> str:
    """Whose part of a countersigned step it is."""
    return scenario.read(
        lambda session: str(session.scalars(select(Person.id).where(Person.name == name)).one())
    )


def local(scenario: Scenario, *, hours: int = 0) -> str:
    """The held clock as a form's date and time."""
    return (clock.local(scenario.rehearsal.now) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def today(scenario: Scenario, *, days: int = 0) -> str:
    """The held day, or one some days later, as a form's date."""
    return (clock.local(scenario.rehearsal.now).date() + timedelta(days=days)).isoformat()


def listed(scenario: Scenario, bureau_id: int) -> list[str]:
    """Item numbers of the list in force."""
    return scenario.read(lambda session: [item.no for item in current_items(session, bureau_id)])


def one_of(scenario: Scenario, bureau_id: int, role: Role) -> str:
    """Somebody with a role."""
    return scenario.read(lambda session: holders(session, bureau_id, role)[0].name)


def formed(scenario: Scenario, case: Case, inspection_id: int) -> Case:
    """The leader is chosen, everybody has pledged."""
    leader = members(scenario, inspection_id)[0]
    case.completes("确定检查组组长", leader=leader[0], reason="熟悉该类机构")
    return case.all_complete("廉洁承诺与利害关系声明", pledge=True, conflict="no")


@preamble
def approved(scenario: Scenario, case: Case, inspection_id: int) -> Case:
    """Formed, applied for and approved."""
    formed(scenario, case, inspection_id)
    case.completes("填写行政检查审批表", period_from=today(scenario), period_to=today(scenario, days=20))
    return case.completes("审批行政检查", decision="approve")


@preamble
def arrived(scenario: Scenario, case: Case, inspection_id: int) -> Case:
    """Approved, and the team stands at the door with two certificates."""
    approved(scenario, case, inspection_id)
    if "告知所在地医保部门" in case.open_steps():
        case.completes("告知所在地医保部门", notify="yes", preparation="准备近三年结算数据")
        case.completes("知悉并安排协助", received=True, helpers=[{"name": "当地协助员"}])
    shown = [number for number, _ in members(scenario, inspection_id)]
    return case.completes(
        "出示执法证件并告知权利义务",
        arrived_at=local(scenario),
        certificates=shown,
        received_by="刘掌柜",
        rights_told=True,
        rights_signature=SIGNED,
    )


def found(items: list[str], **problem: Any) -> list[dict[str, Any]]:
    """Findings: nothing anywhere, or the given problem on the first item."""
    rows: list[dict[str, Any]] = [{"item": item, "result": "none"} for item in items]
    if problem:
        rows[0] |= problem
    return rows


def chosen(scenario: Scenario, inspection_id: int) -> list[str]:
    """The items fixed by the approval."""
    from engine.domain.inspection import get  # noqa: PLC0415 (only here)

    return scenario.read(lambda session: list(get(session, inspection_id).items))


CORRECTED = {
    "result": "corrected",
    "description": "多收床位费 3 日",
    "demand": "退还多收费用",
    "amount": 12000,
}
PENDING = {"result": "pending", "description": "疑似串换药品", "amount": 6000000}


@preamble
def recorded(scenario: Scenario, case: Case, inspection_id: int, **problem: Any) -> Case:
    """The visit is over, the record signed."""
    arrived(scenario, case, inspection_id)
    case.completes("按清单逐项检查", findings=found(chosen(scenario, inspection_id), **problem))
    case.completes("收集证据", none="yes")
    return case.completes("制作现场检查记录", **record(scenario))


def record(scenario: Scenario, **more: Any) -> dict[str, Any]:
    """Answers of the on-site record."""
    return {
        "started_at": local(scenario),
        "ended_at": local(scenario),
        "place": "营业场所",
        "present": "刘掌柜（负责人）",
        "conditions": "正常营业",
        "signature": "signed",
        "signer": "刘掌柜",
        "signature_image": SIGNED,
        **more,
    }


@preamble
def fed_back(scenario: Scenario, case: Case, inspection_id: int, **problem: Any) -> Case:
    """Discussed in agreement, told face to face, signed for."""
    recorded(scenario, case, inspection_id, **problem)
    return told(scenario, case)


def told(scenario: Scenario, case: Case) -> Case:
    """From the discussion to the receipts."""
    case.completes("讨论检查情况", opinion="同意检查结果")
    case.all_complete("成员表态", decision="agree")
    case.completes("当面反馈检查情况", place="会议室", present="双方人员", met_at=local(scenario))
    case.completes("被检查对象签收", received_by="刘掌柜", signature=SIGNED)
    if "所在地医保部门签收" in case.open_steps():
        case.completes("所在地医保部门签收", received=True)
    return case


@preamble
def reported(scenario: Scenario, case: Case, inspection_id: int, kind: str = "none", **problem: Any) -> Case:
    """Handled and reported; the publication waits."""
    fed_back(scenario, case, inspection_id, **problem)
    case.completes("提出处理意见", kind=kind, opinion="按规定处理", **HANDLED.get(kind, {}))
    handled(case, kind)
    step = next(name for name in case.open_steps() if name in ("提交随机抽查情况报告", "提交检查报告"))
    return case.completes(step, advice="加强日常监管")


HANDLED: dict[str, dict[str, Any]] = {
    "corrected": {"correct_by": "2026-03-16"},
    "transfer": {"receiver": "市场监督管理局"},
}


def handled(case: Case, kind: str) -> Case:
    """What the way of handling asks for besides the opinion."""
    if kind == "filing":
        case.completes("法制审核", decision="approve")
        case.completes("审批立案", decision="approve")
    elif kind == "transfer":
        case.completes(
            "制作案件移送书",
            receiver="市场监督管理局",
            letter_no="医保移〔2026〕1号",
            facts="无证经营，证据 3 件",
        )
    return case


@preamble
def published(scenario: Scenario, case: Case, inspection_id: int, kind: str = "none", **problem: Any) -> Case:
    """Reviewed, released and receipted on all channels."""
    reported(scenario, case, inspection_id, kind, **problem)
    return made_public(case)


DRAFTS = ("汇总、分析、评估检查结果", "拟订查处结果公示内容", "拟订更正或撤回内容")


def made_public(case: Case) -> Case:
    """The steps of one publication, whatever channels the pack owes."""
    draft = next(name for name in DRAFTS if name in case.open_steps())
    case.completes(draft, summary="抽查结果：见各事项结果")
    return passes_review(case)


def passes_review(case: Case) -> Case:
    """Reviewed, released and receipted, where the draft is written."""
    case.completes(
        "公示前审查", decision="approve", no_privacy=True, no_trade_secret=True, no_state_secret=True
    )
    if "官网发布" in case.open_steps():
        case.completes("官网发布", confirmed=True)
    if "登记公示回执" in case.open_steps():
        item = case.expects("登记公示回执")
        case.completes("登记公示回执", receipts=receipts(case, item.instance_id))
    return case


def receipts(case: Case, instance_id: int) -> list[dict[str, Any]]:
    """A receipt for every channel that is owed."""
    from engine.domain.publication import receipts as owed  # noqa: PLC0415 (only here)
    from engine.runtime.tables import Instance  # noqa: PLC0415

    def look(session: Session) -> list[str]:
        publication_id = session.get_one(Instance, instance_id).data["publication_id"]
        return [
            row.channel
            for row in owed(session, publication_id)
            if row.channel != "website" and row.state != "published"
        ]

    return [
        {"channel": name, "state": "published", "receipt_no": f"HZ-{name}"}
        for name in case.scenario.read(look)
    ]


def archived(case: Case, retention: str = "30") -> Case:
    """Arranged, sealed, in the ledger."""
    case.completes("整理编目", title="检查案卷", retention=retention, secrecy="public")
    return case.completes("核对并封存", checked=True)


def hand_in(scenario: Scenario, case_id: int, bureau_id: int, name: str = "说明.png") -> str:
    """A real file of a case, by its id; each name has bytes of its own."""

    def keep(session: Session) -> str:
        kept = FileStore(scenario.world.settings.files_dir).keep(PNG + name.encode(), name)
        by = holders(session, bureau_id, Role.SECTION)[0]
        return record_file(session, kept, uploaded_by_id=by.id, bureau_id=bureau_id, case_id=case_id).id

    return scenario.does(keep)
