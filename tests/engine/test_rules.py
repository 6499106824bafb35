"""Rules that no scenario shows by itself, each in the smallest place where it can be seen (see tests/toggles.toml)."""

from __future__ import annotations

import re
import uuid
from datetime import date
from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine import audit, clock
from engine.desk import draw
from engine.desk.answer import answer_said
from engine.domain import plan, terms
from engine.domain.archive.closing import refuse_missing_element
from engine.domain.archive.verbs import refuse_keeper
from engine.domain.ceremony import duty
from engine.domain.ceremony.pool import visits
from engine.domain.eligibility import person_reason
from engine.domain.feedback import Feedback, refuse_before_feedback
from engine.domain.inspection import tables as inspection
from engine.domain.inspection.tables import Inspection
from engine.domain.pack import pack_files, parameters
from engine.domain.plan.approval import refuse_approver
from engine.domain.publication.duty import refuse_other_unit
from engine.domain.registry import Inspector, RegistryLock
from engine.domain.substitution import refuse_reason
from engine.domain.terms import SUBSTITUTION_REASONS
from engine.errors import Refused
from engine.people import Grant, Person, Role
from engine.runtime import model
from tests.engine.test_ceremony import NOW, SEALED, WITNESSED, prepared, published, refused
from tests.engine.year_samples import Year, task

TABLES = sorted((Path(__file__).resolve().parents[2] / "workflows").glob("*/*.dmn"))


@pytest.fixture(autouse=True)
def _clock():
    with clock.fixed(NOW):
        yield


def holder(role: Role) -> Person:
    """Somebody with one role."""
    return Person(id=7, bureau_id=1, name="某人", active=True,
                  grants=[Grant(role=role, bureau_id=1, valid_from=date(2020, 1, 1), valid_to=date(9999, 12, 31))])  # fmt: skip


# -- the plan and its draw --


def drafting(session) -> Year:
    """A plan that waits for its sections' drafts."""
    year = Year(session)
    opened = plan.propose(
        session, parameters(year.pack), bureau=year.bureau, year=2026, opener=year.people["drafter"]
    )
    year.data = {"plan_id": opened.id}
    year.does("plan.open")
    return year


def test_a_plan_of_jilin_is_for_visits_on_the_spot(session):
    """吉 第十条: 开展现场检查, whatever form the answers came from."""
    year = drafting(session)
    with pytest.raises(Refused, match="只能采用：现场检查") as caught:
        year.does("plan.draft_section", "drafter", tasks=[task(year, method="online")])
    assert caught.value.slug == "plan-method"


def test_a_plan_of_jilin_has_its_six_parts(session):
    """吉 第八条: 工作要求 and 纪律要求 too."""
    year = drafting(session)
    year.does("plan.draft_section", "drafter", tasks=[task(year)])
    with pytest.raises(Refused, match="工作要求"):
        year.does(
            "plan.compile", "drafter", compiled="submit", title="计划", arrangement="三月", discipline="廉洁"
        )


def test_a_plan_of_wugang_is_for_a_quarter(session):
    """舞 第八条: 于每季度."""
    year = Year(session, "wugang")
    opening = {"bureau": year.bureau, "year": 2026, "opener": year.people["drafter"]}
    refused("quarter", plan.propose, session, parameters("wugang"), **opening)


def test_the_leader_in_charge_approves_the_plan():
    """舞 第八条: 经分管领导审定."""
    refuse_approver(holder(Role.LEADER), parameters("wugang"))
    refused("not-the-approver", refuse_approver, holder(Role.HEAD), parameters("wugang"))


def test_a_repeat_in_wugang_has_one_of_its_reasons(session):
    """舞 第九条 names complaints, violations and credit; a superior's order is Jilin's business."""
    year = published(session, pack="wugang")
    year.objects[0].visits, year.objects[0].visits_year = 2, 2026
    year.does("draw.open", "drafter")
    row = {"object_code": year.objects[0].code, "reason_code": "superior_order", "explanation": "复查"}
    refused("reason-needed", year.does, "draw.review", "drafter", checked=True, exceptions=[row])


def test_a_draw_in_jilin_is_supervised_by_discipline_or_policy(session):
    """吉 第十二条: 纪检监察或政策法规部门; nobody else, even of a third unit."""
    year = prepared(session)
    year.does("draw.commit_operator", "drafter", **SEALED)
    refused("witness-unit", year.does, "draw.commit_witness", "office", **WITNESSED)


@pytest.mark.parametrize("pack", ["jilin", "wugang"])
def test_a_group_of_one_is_refused(pack):
    """吉 第十六条, 舞 第十一条: two people or more."""
    refused("too-few-people", duty.refuse_team_size, 1, parameters(pack), "人手不足")


def test_a_platform_result_holds_nothing_that_is_excluded():
    """舞 第七条, 第九条: what the plan leaves out or the cap keeps out is in no result."""
    refused("not-in-scope", duty.refuse_excluded, "H1", "elsewhere", parameters("wugang"))
    refused("cap-reached", duty.refuse_excluded, "H1", "cap", parameters("wugang"))


def test_supervision_staff_are_drawn_in_wugang_only():
    """舞 第五条: 日常监管人员 stand in the registry without a certificate; they never count as licensed."""
    who = Inspector(name="监管员", state="active")
    reasons = [person_reason(who, pack=parameters(pack), on=date(2026, 3, 2)) for pack in ("jilin", "wugang")]
    assert reasons == ["no-cert", ""]


@pytest.mark.parametrize(
    ("written", "counts"),
    [
        ({"method": "online", "ended_on": date(2026, 2, 9), "closed_at": NOW}, {2026: 1}),
        ({"method": "online", "ended_on": date(2025, 12, 30)}, {2025: 1}),
        ({"year": 2025, "approved_at": NOW, "arrived_at": NOW, "ended_on": date(2026, 3, 2), "closed_at": NOW}, {2026: 1}),
        ({"year": 2025}, {2025: 1, 2026: 1}),
        ({"state": "cancelled", "cancel_reason": "停业", "closed_at": NOW}, {}),
        ({"draw_id": None, "lead_id": 1, "ended_on": date(2026, 2, 9)}, {}),
    ],
    ids=["a review online that is over", "a review of last year, its case still open", "drawn in December, visited in January",
         "not yet visited", "called off", "a lead"],
)  # fmt: skip
def test_an_inspection_counts_once_in_the_year_it_took_place(session, written, counts):
    """吉 第十一条, 舞 第九条 同一年度: of the visit, or of the review online; never of the draw."""
    year = Year(session)
    thing = year.objects[0]
    row = {"bureau_id": year.bureau.id, "local_bureau_id": year.bureau.id, "object_id": thing.id,
           "draw_id": "220581-2025-0001", "year": 2026, "serial": 1, "case_no": "梅医保检查〔2026〕1号"}  # fmt: skip
    session.add(Inspection(**row | written))
    session.flush()
    found = {on: visits(session, on)[thing.id] for on in (2025, 2026)}
    assert {on: count for on, count in found.items() if count} == counts


def test_risk_raises_the_chance_in_wugang_only(session):
    """舞 第九条: 被投诉举报较多 … 提高抽查比例和频次."""
    from engine.domain import ceremony  # noqa: PLC0415

    year = published(session, pack="wugang")
    year.objects[0].complaints = 9
    year.does("draw.open", "drafter")
    pool = ceremony.pool_of(year.step(), ceremony.get(session, year.data["draw_id"]))
    strata = {thing.code: thing.stratum for thing in pool.things}
    assert strata[year.objects[0].code] != strata[year.objects[1].code]


# -- steps that keep people away who did the steps they check (依据: domain §2) --

EXCLUDED = {
    "draw.commit_witness": {"review_eligibility", "set_groups"},
    "draw.sign_witness": {"sign_operator"},
    "plan.approve_plan": {"draft_section", "compile_plan"},
    "substitution.approve_substitution": {"request_substitution"},
    "substitution.choose_substitute": {"approve_substitution"},
    "handover.accept": {"report"},
}


@pytest.mark.parametrize("step", EXCLUDED)
def test_a_step_excludes_who_did_the_steps_it_checks(step):
    """Duties 1, 4, 7, 12: the released diagram itself says so."""
    process, element = step.split(".")
    file = pack_files("national")[f"{process}.bpmn"]
    found = model.read(file.read_bytes(), file.name).processes[process].elements[element]
    assert set(found.property("excludes").split()) >= EXCLUDED[step]


# -- people --


@pytest.mark.parametrize("code", list(SUBSTITUTION_REASONS))
def test_each_reason_of_the_terms_has_words(code):
    assert SUBSTITUTION_REASONS[code]


@pytest.mark.parametrize("state", sorted({*draw.STATES, *inspection.STATES}))
def test_each_state_has_words(state):
    assert terms.state_label(state) != state


@pytest.mark.parametrize("table", TABLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_answer_of_the_tables_that_a_case_shows_has_words(table):
    """A code in a result column of a decision that a case tells about; deadlines tell theirs as dates."""
    tree = etree.parse(table)
    for rules in tree.iter("{*}decisionTable") if table.stem != "deadlines" else ():
        columns = [output.get("name") for output in rules.findall("{*}output")]
        for rule in rules.findall("{*}rule"):
            for column, entry in zip(columns, rules_of(rule), strict=True):
                if re.fullmatch(r'"[a-z_-]+"', entry):
                    assert answer_said(column, entry.strip('"')) != entry.strip('"'), f"{column}: {entry}"


def rules_of(rule):
    return [entry.findtext("{*}text") for entry in rule.findall("{*}outputEntry")]


def test_every_reason_of_jilin_allows_a_swap():
    """吉 第十三条: 岗位调整、工作冲突、健康状况、执法回避等."""
    for code in ("post_change", "work_clash", "health", "recusal", "other"):
        refuse_reason(code, "写明", ["f" * 16], parameters("jilin"))
    refused("substitution-reason", refuse_reason, "holiday", "", ["f" * 16], parameters("jilin"))


def test_the_archive_is_kept_by_whom_the_pack_names():
    """吉 第二十七条: 专人负责."""
    refuse_keeper(holder(Role.ARCHIVIST), parameters("jilin"))
    refused("not-the-archivist", refuse_keeper, holder(Role.SECTION), parameters("jilin"))


# -- the case --


def test_a_case_lacking_one_of_the_three_elements_does_not_end(session):
    """吉 第三条: 随机抽取对象、随机选派人员、及时公开结果."""
    year = Year(session)
    begun = Inspection(id=-1, bureau_id=year.bureau.id, object_id=year.objects[0].id, case_no="某号")
    refused("element-missing", refuse_missing_element, year.step(), begun)


def test_nothing_is_published_before_the_object_was_told():
    """吉 第二十二条: a meeting without the object's receipt is no feedback."""

    class Given:
        """A session in which the feedback is not finished."""

        def scalar(self, _query):
            return Feedback(inspection_id=1, finished_at=None)

    refused(
        "publication-before-feedback",
        refuse_before_feedback,
        Given(),
        Inspection(id=1, case_no="某号"),
        parameters("jilin"),
    )


def test_who_supervises_publication_does_not_publish():
    """舞 第十五条: 监督催办; duty 10."""
    own = Inspection(id=1, bureau_id=1, case_no="某号")
    refuse_other_unit(own, holder(Role.SECTION), parameters("wugang"))
    refused("supervisor-publishes", refuse_other_unit, own, holder(Role.SUPERVISION), parameters("wugang"))


# -- what the database holds by itself --


def attempt(session, statement, match, **values):
    """Plain SQL, refused by name."""
    session.flush()
    with pytest.raises(DBAPIError, match=match), session.begin_nested():
        session.execute(text(statement), values)


HELD = {
    "objects": ("UPDATE registry_object SET active = false", "registry_object is locked"),
    "inspectors": ("UPDATE inspector SET can_lead = false", "inspector is locked"),
    "certificates": ("UPDATE certificate SET valid_to = '2099-01-01'", "certificate is locked"),
}


@pytest.mark.parametrize("kind", HELD)
def test_plain_sql_edits_nothing_that_a_draw_holds(session, kind):
    """吉 第十二条; duty 5: from the freeze to the end of the draw."""
    year = Year(session)
    for held in ("objects", "inspectors"):
        session.add(RegistryLock(bureau_id=year.bureau.id, kind=held, draw_id=uuid.uuid4().hex,
                                 locked_by_id=year.people["drafter"].id))  # fmt: skip
    attempt(session, *HELD[kind])


@pytest.mark.parametrize(("verb", "statement"), [
    ("update", "UPDATE audit_entry SET reason = 'x'"), ("delete", "DELETE FROM audit_entry"),
], ids=["update", "delete"])  # fmt: skip
def test_the_log_is_neither_edited_nor_deleted(session, verb, statement):
    """吉 第二十九条; duty 14."""
    assert verb in statement.lower()
    audit.record(session, action="x", subject="y")
    attempt(session, statement, "append-only")


def test_nobody_grants_a_right_to_themselves(session):
    """Duty 14."""
    year = Year(session)
    attempt(session, "UPDATE grant_ SET granted_by_id = person_id WHERE person_id = :who", "not_to_oneself",
            who=year.people["drafter"].id)  # fmt: skip


def row(table, **values):
    """A row with every column that must be there, and the given values."""
    from engine.storage.base import Base, Bounded  # noqa: PLC0415

    found = Base.metadata.tables[table]
    plain = {int: 1, str: "x", bool: False, dict: {}, list: [], date: date(2026, 3, 2)}
    needed = {
        column.name: "x"
        if isinstance(column.type, Bounded)
        else plain.get(column.type.python_type, clock.now())
        for column in found.columns
        if not column.nullable and not column.primary_key
    }
    return found.insert().values(needed | values)


ROWS = {
    "finding on or off the list": ("finding", "on_or_off_list", {"item_no": "", "off_list": False, "result": "none"}),
    "reused result without issuer": (
        "evidence", "reuse_source", {"kind": "reuse", "issuer": "", "file_id": "", "hash": ""},
    ),
    "legal review by who proposed": (
        "disposition", "review_by_another",
        {"kind": "filing", "proposed": "filing", "proposed_by_id": 1, "reviewed_by_id": 1},
    ),
    "destruction by one person": (
        "destruction", "two_persons",
        {"state": "approved", "proposed_by_id": 1, "approved_by_id": 1, "on": date(2060, 1, 1), "retain_until": date(2050, 1, 1)},
    ),
    "destruction with one approval": (
        "destruction", "two_approvals",
        {"state": "destroyed", "proposed_by_id": 1, "appraised_by_id": 2, "approved_by_id": 3, "confirmed_by_id": None,
         "on": date(2060, 1, 1), "retain_until": date(2050, 1, 1)},
    ),
    "loan approved by who asks": (
        "archive_loan", "two_persons",
        {"purpose": "查阅", "kind": "copy", "state": "approved", "requested_by_id": 1, "approved_by_id": 1},
    ),
    "published change without approval": (
        "publication", "change_approved",
        {"kind": "withdrawal", "state": "approved", "feedback_finished": True, "reason": "异议", "previous_id": 1, "approved_by_id": None},
    ),
    "change approved by who asks": (
        "publication", "approval_by_another",
        {"kind": "withdrawal", "state": "approved", "feedback_finished": True, "reason": "异议", "previous_id": 1,
         "requested_by_id": 1, "approved_by_id": 1},
    ),
    "destruction before the term": (
        "destruction", "after_retention",
        {"state": "approved", "proposed_by_id": 1, "approved_by_id": 2, "on": date(2026, 3, 2), "retain_until": date(2050, 1, 1)},
    ),
    "handover to oneself": (
        "handover", "two_bureaus",
        {"side": "both", "state": "prepared", "from_bureau_id": 1, "to_bureau_id": 1, "recovered_fen": 0},
    ),
    "report accepted by who wrote it": (
        "handover_report", "two_persons",
        {"decision": "accept", "reported_by_id": 1, "decided_by_id": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ROWS)
def test_the_database_refuses_a_row(session, what):
    """舞 第十条, 第十一条; duties 11, 12, 13: the constraint speaks before any reference is looked up."""
    table, name, values = ROWS[what]
    with pytest.raises(DBAPIError, match=name), session.begin_nested():
        session.execute(row(table, **values))
