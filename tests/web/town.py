"""A small town for page tests: a bureau above another, a person for each role, running cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from engine.access.sign_in import set_password
from engine.domain.pack import parameter_files
from engine.people import Bureau, Grant, Person, Role, Section
from engine.runtime import release as releases
from engine.runtime.instance import Runtime
from engine.runtime.spiff import State
from engine.runtime.tables import Blob, History, Instance, Release, ReleaseFile, WorkItem

NOW = datetime(2026, 10, 9, 2, 20, tzinfo=UTC)  # Friday 10:20 in Shanghai
PASSWORD = "demo-casework"  # noqa: S105 (every demo account has it)
KEY = "k" * 64
SINCE = date(2020, 1, 1)
NOBODY = None  # the town's diagram asks nothing of the world
ROOT = Path(__file__).parents[2]
FORM = (ROOT / "forms/plan/approve.form").read_bytes()
DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="http://casework/town">
<bpmn:message id="m" name="来人反映"/>
<bpmn:collaboration id="c"><bpmn:participant id="p" name="计划" processRef="plan"/></bpmn:collaboration>
<bpmn:process id="plan" name="计划" isExecutable="true">
<bpmn:laneSet id="l"><bpmn:lane id="l1" name="分管领导">
<bpmn:flowNodeRef>s</bpmn:flowNodeRef><bpmn:flowNodeRef>approve_plan</bpmn:flowNodeRef>
<bpmn:flowNodeRef>e</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="approve_plan"/>
<bpmn:userTask id="approve_plan" name="审批计划"/>
<bpmn:sequenceFlow id="f2" sourceRef="approve_plan" targetRef="e"/><bpmn:endEvent id="e"/>
<bpmn:subProcess id="heard" name="登记来人反映" triggeredByEvent="true">
<bpmn:startEvent id="hs" name="来人反映" isInterrupting="false"><bpmn:extensionElements><spiffworkflow:properties>
<spiffworkflow:property name="by" value="见证监督"/><spiffworkflow:property name="form" value="town/decide"/>
</spiffworkflow:properties></bpmn:extensionElements><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>
<bpmn:sequenceFlow id="h1" sourceRef="hs" targetRef="he"/><bpmn:endEvent id="he"/></bpmn:subProcess>
</bpmn:process></bpmn:definitions>""".encode()

PEOPLE = {
    "lu": ("陆文静", Role.SECTION),
    "he": ("贺知夏", Role.SUPERVISION),
    "shen": ("沈其昌", Role.LEADER),
    "luo": ("罗秉正", Role.WITNESS),
    "zhou": ("周砚秋", Role.INSPECTOR),
    "liang": ("梁书禾", Role.MODELLER),
    "guan": ("管理员", Role.SYSTEM_ADMIN),
    "shenji": ("审计员", Role.AUDIT_ADMIN),
    "expert": ("外聘专家", Role.EXPERT),
}


def somebody(session, login):
    """Who has this account."""
    return session.scalars(select(Person).where(Person.login == login)).one()


def holds(session, who, role, **more):
    """Somebody holds a post (one more), by default in their own bureau and for years; returns the person."""
    session.add(
        Grant(person_id=who.id, role=role, **{"bureau_id": who.bureau_id, "valid_from": SINCE, **more})
    )
    return who


def account(session, bureau_id, login, name, role, **more):
    """An account of its own with one post."""
    who = Person(bureau_id=bureau_id, login=login, name=name, **more)
    session.add(who)
    session.flush()
    return holds(session, who, role)


def colleague(session, login, name, role, **more):
    """One more person of the town, with the password of all."""
    known = somebody(session, "shen")
    return account(session, known.bureau_id, login, name, role, password_hash=known.password_hash, **more)


def build(session):
    """Fill an empty database."""
    city = Bureau(
        division="229900", name="青岭市医疗保障局", short_name="青岭市", level="prefecture", pack="jilin"
    )
    session.add(city)
    session.flush()
    county = Bureau(
        division="229901",
        name="柳坪县医疗保障局",
        short_name="柳坪县",
        level="county",
        pack="jilin",
        parent_id=city.id,
    )
    other = Bureau(
        division="229800", name="外地市医疗保障局", short_name="外地", level="prefecture", pack="jilin"
    )
    session.add_all([county, other])
    session.flush()
    section = Section(bureau_id=city.id, name="基金监管科", kind="supervision")
    session.add(section)
    session.flush()
    people = {}
    known = Person(bureau_id=city.id, staff_no="x", login="x", name="x")
    set_password(known, PASSWORD)
    for number, (login, (name, role)) in enumerate([*PEOPLE.items(), ("wai", ("外地人", Role.SUPERVISION))]):
        bureau = other if login == "wai" else city
        people[login] = account(
            session,
            bureau.id,
            login,
            name,
            role,
            section_id=section.id if login == "he" else None,
            staff_no=f"{number:04}",
            password_hash=known.password_hash,
        )
    parameters = parameter_files("jilin")
    session.add_all([Blob(hash="f" * 64, content=FORM), Blob(hash="d" * 64, content=DIAGRAM)])
    session.add_all([Blob(hash=f"{n:064}", content=text) for n, text in enumerate(parameters.values())])
    release = Release(pack="jilin", version=1, hash="a" * 64)
    session.add(release)
    session.flush()
    session.add_all(
        [
            ReleaseFile(release_id=release.id, path="forms/town/decide.form", kind="form", hash="f" * 64),
            ReleaseFile(release_id=release.id, path="plan.bpmn", kind="bpmn", hash="d" * 64),
            *(
                ReleaseFile(release_id=release.id, path=path, kind="pack", hash=f"{n:064}")
                for n, path in enumerate(parameters)
            ),
        ]
    )
    dues = {"惠众大药房": -4, "柳坪镇中心卫生院": 0, "石桥镇卫生院": 3, "白杨社区卫生服务中心": 12}
    for number, (name, left) in enumerate(dues.items(), 1):
        instance(session, release, city, people, number, name, NOW + timedelta(days=left, hours=13))
    instance(session, release, other, people, 90, "外地卫生院", NOW + timedelta(days=1))
    instance(session, release, county, people, 91, "柳坪村卫生室", NOW + timedelta(days=1))


def instance(session, release, bureau, people, number, name, due_at):
    """A running case with one open step of the bureau's leader."""
    case = Instance(
        release_id=release.id,
        process="plan",
        bureau_id=bureau.id,
        case_no=f"青检〔2026〕{number:04}",
        object_name=name,
        started_by_id=people["lu"].id,
        data={},
    )
    session.add(case)
    session.flush()
    case.case_id = case.id
    state = State.start(releases.load(session, release.id).specs["plan"], {})
    state.advance(NOBODY)
    case.body = state.dump()
    case.mac = Runtime(key=KEY, ports=NOBODY).mac(case, case.body)
    session.add(
        WorkItem(
            instance_id=case.id,
            case_id=case.id,
            bureau_id=bureau.id,
            release_id=release.id,
            process="plan",
            task=next(iter(state.tokens())).id,
            element="approve_plan",
            step="审批计划",
            lane="分管领导",
            form="town/decide",
            clause="J8",
            case_no=case.case_no,
            object_name=name,
            pool=f"role/{bureau.id}/leader",
            home=f"role/{bureau.id}/leader",
            due_at=due_at,
            due_why={
                "start": "2026-09-29",
                "text": "2026-09-29 起，次日开始计 5 个工作日",
                "clause": "J8",
                "provisional": False,
            },
        )
    )
    session.add(
        History(
            instance_id=case.id,
            case_id=case.id,
            kind="human",
            element="draft",
            step="编制计划",
            person_id=people["lu"].id,
            clause="J8",
            detail={"answers": {"reason": "情况属实"}},
        )
    )
    session.flush()
