"""What the regulations forbid is refused at the step itself, in the running case, and leaves nothing behind.

`completes` goes the way of a page: right, duty, form, verb. A verb that the posts of the shipped diagram keep out of
reach is called as the machine calls it (`called`): the rule holds when a process owner moves the step.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from engine.desk import step as desk
from engine.domain import feedback
from engine.domain.feedback.tables import Feedback, Opinion
from engine.domain.followup import Followup, open_followup
from engine.domain.inspection import get, team
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.plan.tables import Plan
from engine.domain.registry import Certificate, Inspector, RegistryObject
from engine.operation import call
from engine.people import Person, Role
from engine.storage.base import Base
from tests.preamble import preamble
from tests.scenario import Case
from tests.scenarios import acts
from tests.scenarios import inspections as told
from tests.scenarios.test_duties import also
from tests.scenarios.test_inspection import refused
from tests.scenarios.test_publication import CLEAN, DRAFT, changes

RECEIPTS = [{"channel": name, "state": "published", "receipt_no": "1"} for name in ("gsxt", "credit")]


def everything(scene: Any) -> dict[str, list[str]]:
    """Every row of every table, but for the files: those are handed in before the form is sent."""

    def look(session: Any) -> dict[str, list[str]]:
        return {
            table.name: sorted(repr(row) for row in session.execute(select(table)))
            for table in Base.metadata.sorted_tables
            if table.name != "file"
        }

    return scene.read(look)


def refused_whole(slug: str, scene: Any, act: Any, *arguments: Any, **answers: Any) -> None:
    """The act is refused with this slug, and no row of the database is another."""
    before = everything(scene)
    refused(slug, act, *arguments, **answers)
    assert everything(scene) == before


def called(case: Case, step: str, verb: str, by: str, **answers: Any) -> None:
    """A verb as the machine calls it while this step waits, past the posts that the diagram asks for."""

    def work(session: Any) -> None:
        actor = named(session, by)
        item = session.merge(case.expects(step), load=True)
        place = desk.context(case.scenario.world, session, actor, item)["step"]
        call(verb, replace(place, answers=answers), {})

    case.scenario.does(work)


def named(session: Any, name: str) -> Person:
    return session.scalars(select(Person).where(Person.name == name)).one()


# -- the plan and the draw -----------------------------------------------------------------------------------------


@preamble
def compiled(scene: Any) -> Case:
    return acts.drafts(acts.opens_plan(scene), acts.task(scene))


@pytest.mark.parametrize("who", [acts.DRAFTER, acts.SECOND], ids=["compiler", "section"])
def test_who_wrote_a_part_of_the_plan_does_not_approve_it(jilin, who):
    """舞 第八条, §2 no. 4: by the diagram, and by the verb where a diagram forgets it."""
    case = compiled(jilin)
    also(jilin, who, Role.LEADER)
    refused_whole("self-approval", jilin, case.completes, "审批年度计划", by=who, decision="approve")
    refused_whole(
        "self-approval", jilin, called, case, "审批年度计划", "plan.approve", who,
        decision="approve", coverage_reason="本期先查村卫生室",
    )  # fmt: skip
    assert jilin.read(lambda s: s.scalars(select(Plan.approver_id)).one()) is None


def marks(scene: Any, **facts: Any) -> str:
    """An object of the plan's kind with something in its past; its code."""
    code = acts.object_codes(scene, scene.bureau)[0]
    scene.does(lambda s: s.execute(update(RegistryObject).where(RegistryObject.code == code).values(**facts)))
    return code


def test_what_a_superior_drew_is_not_asked_for_again(jilin):
    """吉 第十一条 上级已抽查的排除: the best of reasons does not bring it back."""
    case = acts.approves(compiled(jilin))
    code = marks(jilin, superior_drawn_on=date(2026, 2, 1))
    case.completes("锁定名录库", by=acts.DRAFTER, confirm=True)
    row = {"object_code": code, "reason_code": "other", "explanation": "重要"}
    asks = {"by": acts.DRAFTER, "checked": True, "exceptions": [row]}
    refused(
        "superior-drawn", case.completes, "资格审查", **asks
    )  # the form that was shown has judged all objects
    refused_whole("superior-drawn", jilin, case.completes, "资格审查", **asks)


def test_a_repeat_without_a_reason_is_refused_by_the_verb_too(jilin):
    """吉 第十一条 除有正当理由外，不得重复进行: whatever a form lets through."""
    case = acts.approves(compiled(jilin))
    code = marks(jilin, visits=1, visits_year=2026)
    case.completes("锁定名录库", by=acts.DRAFTER, confirm=True)
    row = {"object_code": code, "reason_code": "", "explanation": "再查一次"}
    refused_whole(
        "reason-needed", jilin, called, case, "资格审查", "draw.review", acts.DRAFTER,
        checked=True, exceptions=[row],
    )  # fmt: skip


def test_an_object_at_its_cap_is_not_drawn(jilin):
    """吉 第十一条 不得重复进行: nobody asked for it, and it is out of the roster."""
    case = acts.approves(compiled(jilin))
    code = marks(jilin, visits=1, visits_year=2026)
    acts.seals(acts.locks(case))
    frozen = {thing["id"]: thing["excl"] for thing in acts.draw_of(case).document["objects"]}
    assert frozen[code] == "cap"


@pytest.mark.parametrize(
    ("step", "verb", "answers"),
    [
        ("见证人核对名单并封签", "draw.commit_witness", {"decision": "agree"}),
        ("当场启封", "draw.reveal", {"ceremony": "reveal", "secret_witness": "2" * 64}),
        ("见证人签署抽取记录", "draw.sign_witness", {"ceremony": "sign"}),
    ],
    ids=["seals", "opens", "signs"],
)
def test_who_may_be_drawn_witnesses_no_step_of_the_draw(jilin, step, verb, answers):
    """吉 第十二条: an inspector of the registry with the post of a witness; entered before, or on the way."""
    case = acts.locks(acts.approves(compiled(jilin)))
    case.completes("抽取人封签", by=acts.DRAFTER, commit_operator=acts.commit_of(case, "bureau"))
    sealed = {"decision": "agree", "commit_witness": acts.commit_of(case, "witness")}
    if verb == "draw.commit_witness":
        answers = sealed
    else:
        case.completes("见证人核对名单并封签", by=acts.WITNESS, **sealed)
        if verb == "draw.sign_witness":
            acts.reveals(case).completes("抽取人签署抽取记录", by=acts.DRAFTER)
        else:
            case.completes("抽取人启封", by=acts.DRAFTER, secret_operator=acts.SECRETS["bureau"])

    def enters(session: Any) -> None:
        who = named(session, acts.WITNESS)
        one = session.scalars(
            select(Inspector).where(Inspector.bureau_id == jilin.bureau, Inspector.state == "active")
        ).first()
        one.person_id = who.id

    jilin.does(enters)
    refused_whole("witness-in-pool", jilin, case.completes, step, by=acts.WITNESS, **answers)


# -- the team and what it says -------------------------------------------------------------------------------------


def revokes(scene: Any, inspection_id: int) -> None:
    """All certificates but the leader's are revoked."""

    def work(session: Any) -> None:
        rest = [m.inspector_id for m in team(session, inspection_id)][1:]
        session.execute(update(Certificate).where(Certificate.inspector_id.in_(rest)).values(state="revoked"))
        session.execute(update(TeamMember).where(TeamMember.inspector_id.in_(rest)).values(licensed=False))

    scene.does(work)


def test_a_team_of_one_licensed_does_not_apply(jilin):
    """吉 第十六条 检查人员不得少于两人, 行政处罚法: nobody is asked to approve it."""
    case, inspection_id = told.begins(jilin, jilin.bureau, people=2)
    told.formed(jilin, case, inspection_id)
    revokes(jilin, inspection_id)
    period = {"period_from": told.today(jilin), "period_to": told.today(jilin, days=20)}
    refused_whole("too-few-licensed", jilin, case.completes, "填写行政检查审批表", **period)


def test_a_team_of_one_licensed_does_not_enter(jilin):
    """行政处罚法, 吉 第十八条: who has no certificate any more is named."""
    case, inspection_id = told.begins(jilin, jilin.bureau, people=2)
    told.approved(jilin, case, inspection_id)
    revokes(jilin, inspection_id)
    shown = [number for number, _ in told.members(jilin, inspection_id)]
    refused_whole(
        "too-few-licensed", jilin, called, case, "出示执法证件并告知权利义务", "inspection.arrive",
        told.members(jilin, inspection_id)[0][1], arrived_at=told.local(jilin), certificates=shown, received_by="刘掌柜", rights_told=True,
    )  # fmt: skip


@pytest.mark.parametrize("pack", ["jilin", "wugang"])
def test_without_an_agreed_opinion_nothing_is_told(request, pack):
    """吉 第二十二条 取得一致意见后形成书面意见: the meeting comes after it."""
    scene = request.getfixturevalue(pack)
    case, inspection_id = told.begins(scene, scene.bureau)
    told.recorded(scene, case, inspection_id)
    case.completes("讨论检查情况", opinion="同意检查结果")
    case.all_complete("成员表态", decision="agree")
    meeting = {"place": "会议室", "present": "双方人员", "met_at": told.local(scene)}
    reopens(scene, inspection_id)
    refused_whole("missing-consensus", scene, case.completes, "当面反馈检查情况", **meeting)


@pytest.mark.parametrize("pack", ["jilin", "wugang"])
def test_without_an_agreed_opinion_nothing_is_reported(request, pack):
    """舞 第十四条, 吉 第二十二条: a discussion that was taken up again ends before the report."""
    scene = request.getfixturevalue(pack)
    case, inspection_id = told.begins(scene, scene.bureau)
    told.fed_back(scene, case, inspection_id)
    case.completes("提出处理意见", kind="none", opinion="按规定处理")
    reopens(scene, inspection_id)
    step = next(name for name in case.open_steps() if name in ("提交随机抽查情况报告", "提交检查报告"))
    refused_whole("missing-consensus", scene, case.completes, step, advice="加强日常监管")


def reopens(scene: Any, inspection_id: int) -> None:
    """Another round of the discussion has begun, and nobody has agreed yet."""

    def work(session: Any) -> None:
        last = feedback.latest(session, inspection_id)
        session.add(
            Opinion(
                inspection_id=inspection_id,
                round=last.round + 1,
                discussed_at=last.discussed_at,
                attendance=[],
                text="再议",
                convened_by_id=last.convened_by_id,
            )
        )

    scene.does(work)


# -- what is made public -------------------------------------------------------------------------------------------


def untold(scene: Any, inspection_id: int) -> None:
    """As if the object had not been told: the feedback is that of another inspection.

    The database does not let it be taken away from under a publication (`fk_publication_finished_feedback`).
    """

    def work(session: Any) -> None:
        mine = get(session, inspection_id)
        other = Inspection(
            bureau_id=mine.bureau_id,
            local_bureau_id=mine.local_bureau_id,
            year=mine.year,
            object_id=mine.object_id,
            lead_id=9002,
            serial=900,
            case_no="T-900",
        )
        session.add(other)
        session.flush()
        session.execute(
            update(Feedback).where(Feedback.inspection_id == inspection_id).values(inspection_id=other.id)
        )

    scene.does(work)


def written(case: Case) -> Case:
    return case.completes(DRAFT, summary="抽查结果见明细")


@preamble
def drafted(scene: Any, **object_facts: Any) -> tuple[Case, int]:
    """A publication whose text is written."""
    case, inspection_id = told.begins(scene, scene.bureau, **object_facts)
    told.reported(scene, case, inspection_id)
    return written(case), inspection_id


def test_nothing_is_drafted_before_the_object_was_told(jilin):
    """吉 第二十二条, 国办发〔2024〕54号: the text is not even written."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.reported(jilin, case, inspection_id)
    untold(jilin, inspection_id)
    refused_whole("publication-before-feedback", jilin, written, case)


def test_the_office_releases_nothing_before_the_object_was_told(wugang):
    """舞 第三条 局办公室负责信息公开: the last gate asks again."""
    case, inspection_id = drafted(wugang, uscc="124104814175829314")
    case.completes("公示前审查", **CLEAN)
    untold(wugang, inspection_id)
    refused_whole("publication-before-feedback", wugang, case.completes, "官网发布", confirmed=True)


def test_no_publication_is_completed_before_the_object_was_told(jilin):
    """吉 第二十五条: the receipts of the national systems come last; without the feedback they do not count."""
    case, inspection_id = drafted(jilin)
    case.completes("公示前审查", **CLEAN)
    untold(jilin, inspection_id)
    refused_whole("publication-before-feedback", jilin, case.completes, "登记公示回执", receipts=RECEIPTS)


def test_no_further_version_is_begun_before_the_object_was_told(jilin):
    """吉 第二十二条: a correction is a publication too."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    untold(jilin, inspection_id)
    refused_whole("publication-before-feedback", jilin, changes, jilin, case, "correction")


def test_who_was_on_the_team_does_not_review(jilin):
    """§2 no. 9: in any role, with the post of a reviewer."""
    case, inspection_id = drafted(jilin)
    member = told.members(jilin, inspection_id)[0][1]
    also(jilin, member, Role.REVIEWER)
    refused_whole("reviewer-in-team", jilin, case.completes, "公示前审查", by=member, **CLEAN)


def stranger(scene: Any) -> str:
    """Somebody of the province who has been given the section's post in this bureau too."""
    name = told.one_of(scene, scene.province, Role.SECTION)
    also(scene, name, Role.SECTION, bureau=scene.bureau)
    return name


def test_another_unit_neither_drafts_nor_releases_nor_enters_receipts_nor_corrects(jilin):
    """吉 第二十五条 谁检查、谁录入、谁公开: a post given in the bureau is not the bureau's own staff."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.reported(jilin, case, inspection_id)
    own, other = ({"by": name} for name in (told.one_of(jilin, jilin.bureau, Role.SECTION), stranger(jilin)))
    slug = "publisher-not-inspecting-unit"
    refused_whole(slug, jilin, case.completes, DRAFT, summary="抽查结果见明细", **other)
    case.completes(DRAFT, summary="抽查结果见明细", **own).completes("公示前审查", **CLEAN)
    refused_whole(slug, jilin, called, case, "登记公示回执", "publication.release", **other)
    refused_whole(slug, jilin, case.completes, "登记公示回执", receipts=RECEIPTS, **other)
    case.completes("登记公示回执", receipts=RECEIPTS, **own)
    asks = {"kind": "correction", "reason": "异议成立"}
    refused_whole(slug, jilin, case.sets_off, "inspection.change", **asks, **other)


@pytest.mark.parametrize("verb", ["publication.collect", "publication.receive"])
def test_who_supervises_the_publication_does_not_publish(wugang, verb):
    """舞 第十五条 局基金监管科负责监督催办, §2 no. 10."""
    case, _ = drafted(wugang)
    keeper = told.one_of(wugang, wugang.bureau, Role.SUPERVISION)
    answers = {"summary": "抽查结果见明细", "receipts": RECEIPTS}
    refused_whole("supervisor-publishes", wugang, called, case, "公示前审查", verb, keeper, **answers)


# -- the file ------------------------------------------------------------------------------------------------------


def opens(scene: Any, inspection_id: int) -> None:
    """Something has to be watched after all."""
    scene.does(
        lambda s: open_followup(s, get(s, inspection_id), "correction", "退还多收费用", date(2026, 12, 31))
    )


@pytest.mark.parametrize("pack", ["jilin", "wugang"])
def test_a_file_with_an_open_follow_up_is_neither_arranged_nor_sealed_nor_closed(request, pack):
    """吉 第二十六条 谁管辖、谁负责后续监管: no step of the archive goes past it."""
    scene = request.getfixturevalue(pack)
    case, inspection_id = told.begins(scene, scene.bureau)
    told.published(scene, case, inspection_id)
    keeper = told.one_of(scene, scene.bureau, Role.ARCHIVIST)
    slug = "archive-open-followup"
    opens(scene, inspection_id)
    titled = {"title": "检查案卷", "retention": "30", "secrecy": "public"}
    refused_whole(slug, scene, case.completes, "整理编目", **titled)
    for verb in ("archive.examine", "archive.close"):
        refused_whole(slug, scene, called, case, "整理编目", verb, keeper)
    scene.does(lambda s: s.execute(delete(Followup)))
    case.completes("整理编目", **titled)
    opens(scene, inspection_id)
    refused_whole(slug, scene, case.completes, "核对并封存", checked=True)


def test_only_the_dedicated_person_seals(jilin):
    """吉 第二十七条 专人负责: whoever the step may be given to."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    case.completes("整理编目", title="检查案卷", retention="30", secrecy="public")
    refused_whole(
        "not-the-archivist", jilin, called, case, "核对并封存", "archive.seal", acts.DRAFTER, checked=True
    )
