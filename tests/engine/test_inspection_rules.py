"""What the database itself refuses about inspections, whoever writes the SQL (domain §2 no. 8–13)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.archive.tables import ArchiveDocument, ArchivePackage
from engine.domain.feedback import Feedback, Opinion
from engine.domain.followup import Followup
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.publication.tables import Publication
from engine.domain.registry import RegistryObject
from engine.people import Bureau, Person
from engine.storage.session import Database


@pytest.fixture
def written(database: Database):
    """An inspection with a team of two.

    A settled opinion, feedback, a reviewed publication and an arranged file.
    """
    with database.transaction() as session:
        bureau = Bureau(
            division="220100", name="长春市医疗保障局", short_name="长医保", level="prefecture", pack="jilin"
        )
        other = Bureau(
            division="220000", name="吉林省医疗保障局", short_name="吉医保", level="province", pack="jilin"
        )
        session.add_all([bureau, other])
        session.flush()
        people = [
            Person(bureau_id=bureau.id, staff_no=f"P{n}", login=f"p{n}", name=name)
            for n, name in enumerate(("组长", "组员", "拟稿", "审核", "档案"))
        ]
        thing = RegistryObject(
            bureau_id=bureau.id, code="H22010000001", name="某诊所", kind="clinic", division="220100"
        )
        session.add_all([*people, thing])
        session.flush()
        leader, member, drafter, reviewer, archivist = people
        inspection = Inspection(
            bureau_id=bureau.id, local_bureau_id=bureau.id, object_id=thing.id, lead_id=1, year=2026,
            serial=1,
            case_no="长医保检查〔2026〕1号", applied_by_id=leader.id,
        )  # fmt: skip
        session.add(inspection)
        session.flush()
        session.add_all(
            TeamMember(
                inspection_id=inspection.id,
                person_id=who.id,
                name=who.name,
                role=role,
                source="assigned",
                licensed=True,
            )
            for who, role in ((leader, "leader"), (member, "member"))
        )
        opinion = Opinion(
            inspection_id=inspection.id, round=1, discussed_at=clock.now(), attendance=["组长"],
            text="无问题",
            how="consensus", settled=True, convened_by_id=leader.id,
        )  # fmt: skip
        session.add(opinion)
        session.flush()
        given = Feedback(
            inspection_id=inspection.id, opinion_id=opinion.id, met_at=clock.now(), place="现场",
            present="双方",
            given_by_id=leader.id, receipt_object="刘", receipt_object_at=clock.now(),
            local_skipped="本局即所在地",
            finished_at=clock.now(), finished=True,
        )  # fmt: skip
        session.add(given)
        session.flush()
        session.add(
            Publication(
                inspection_id=inspection.id, bureau_id=bureau.id, version=1, kind="result", state="published",
                feedback_id=given.id, summary="无问题", drafted_by_id=drafter.id, reviewed_by_id=reviewer.id,
                published_at=clock.now(),
            ),
        )  # fmt: skip
        package = ArchivePackage(
            inspection_id=inspection.id, bureau_id=bureau.id, archive_no="A1", title="案卷", retention="30",
            retain_until=date(2056, 12, 31), arranged_by_id=archivist.id,
        )  # fmt: skip
        session.add(package)
        session.flush()
        session.add(
            ArchiveDocument(
                package_id=package.id, no=1, title="件", path="data/1", content="x", size=1, hash="a" * 64
            )
        )
        session.add(
            Followup(
                inspection_id=inspection.id,
                bureau_id=bureau.id,
                kind="correction",
                demand="退款",
                due_on=clock.today() + timedelta(days=9),
            ),
        )
        session.flush()
        return {
            "leader": leader.id,
            "member": member.id,
            "drafter": drafter.id,
            "other": other.id,
            "archivist": archivist.id,
        }


# What is tried -> the statement, and what the database calls the rule (SQLite does not name a reference).
REFERENCE = "|FOREIGN KEY constraint failed"
FORBIDDEN = {
    "an expert leads": (
        "update team_member set expert = true where role = 'leader'",
        "expert_advises|leader_licensed",
    ),
    "somebody without licence leads": (
        "update team_member set licensed = false where role = 'leader'",
        "leader_licensed",
    ),
    "somebody not drawn leads": (
        "update team_member set source = 'invited' where role = 'leader'",
        "leader_drawn",
    ),
    "two leaders": (
        "update team_member set role = 'leader'",
        r"team_member_leader|team_member\.inspection_id",
    ),
    "a cancelled case without a reason": (
        "update inspection set state = 'cancelled'",
        "cancel_reason",
    ),
    "self-approval": (
        "update inspection set approved_by_id = applied_by_id",
        "ck_inspection_two_persons",
    ),
    "a visit without approval": (
        "update inspection set arrived_at = opened_at",
        "approved_before_visit",
    ),
    "drawn and ordered by a lead": (
        "update inspection set draw_id = '220100-2026-0001'",
        "drawn_or_lead",
    ),
    "consensus taken back after feedback": (
        "update opinion set settled = false, how = ''",
        "fk_feedback_settled_opinion" + REFERENCE,
    ),
    "feedback without both receipts": (
        "update feedback set receipt_object_at = null",
        "both_receipts",
    ),
    "feedback unfinished after publication": (
        "update feedback set finished = false, finished_at = null",
        "fk_publication_after_feedback" + REFERENCE,
    ),
    "published by another unit": (
        "update publication set bureau_id = :other",
        "fk_publication_inspecting_unit" + REFERENCE,
    ),
    "reviewed by the drafter": (
        "update publication set reviewed_by_id = drafted_by_id",
        "review_by_another",
    ),
    "reviewed by the team": (
        "update publication set reviewed_by_id = :member",
        "the reviewer was on the team",
    ),
    "published without review": (
        "update publication set reviewed_by_id = null",
        "reviewed_first",
    ),
    "a published version changed": (
        "update publication set summary = '改动'",
        "a published version never changes",
    ),
    "a published version deleted": (
        "delete from publication",
        "a published version is never deleted",
    ),
    "sealed with an open follow-up": (
        "update archive_package set state = 'sealed', seal = 'x', sealed_by_id = :archivist",
        "an open follow-up keeps the file open",
    ),
    "a follow-up done without result": (
        "update followup set state = 'done'",
        "followup_done",
    ),
    "a document rewritten": (
        "update archive_document set hash = 'b'",
        "a sealed document never changes",
    ),
}


@pytest.mark.parametrize(("statement", "rule"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_database_refuses(database: Database, written: dict[str, int], statement: str, rule: str):
    with pytest.raises(DBAPIError, match=rule), database.transaction() as session:
        session.execute(
            text(statement), {key: value for key, value in written.items() if f":{key}" in statement}
        )


def test_a_sealed_file_stands(database: Database, written: dict[str, int]):
    with database.transaction() as session:
        session.execute(text("update followup set state = 'done', result = '已退', done_at = opened_at"))
        session.execute(
            text("update archive_package set state = 'sealed', seal = 'x', sealed_by_id = :who"),
            {"who": written["archivist"]},
        )
    for statement, rule in {
        "update archive_package set seal = 'y'": "a sealed file never changes",
        "update archive_package set state = 'destroyed'": "destroyed by an approved destruction only",
        "delete from archive_package": "a sealed file is never deleted",
        "update archive_document set title = '改'": "a sealed document never changes",
        "delete from archive_document": "a sealed document is never deleted",
    }.items():
        with pytest.raises(DBAPIError, match=rule), database.transaction() as session:
            _do(session, statement)


def _do(session: Session, statement: str) -> None:
    session.execute(text(statement))
