"""适用范围、清单、记录和统一公开: what both regulations ask of every case."""

from __future__ import annotations

from datetime import datetime

import pytest

from engine import clock
from engine.desk import publication, registry
from engine.desk import step as desk
from engine.domain import plan
from engine.domain.inspection import get
from engine.domain.registry import InspectionItem, ItemList, current_item_list
from engine.domain.registry.tables import RegistryObject
from engine.errors import Refused
from engine.people import Person
from engine.runtime.tables import WorkItem
from tests.scenarios import acts
from tests.scenarios import inspections as told
from web.app import create_app


def kinds(scene, case) -> set[str]:
    """The kinds of object that the form of a section's draft offers."""

    def look(session):
        item = session.get_one(WorkItem, case.expects("编制科室抽查计划").id)
        drafter = session.query(Person).filter_by(name=acts.DRAFTER).one()
        return {
            value for value, _ in desk.context(scene.world, session, drafter, item)["options"]["object_kinds"]
        }

    return scene.read(look)


def test_jilin_plans_for_designated_institutions_only(jilin):
    """吉 第二条: 抽查检查对象为定点医药机构, within the year's arrangement."""
    assert not kinds(jilin, acts.opens_plan(jilin)) & {"person", "employer"}


def test_wugang_plans_for_units_and_individuals(wugang):
    """舞 第二条: 使用医疗保障基金的单位和个人."""
    assert kinds(wugang, acts.opens_plan(wugang)) >= {"person", "employer"}


def test_a_plan_keeps_the_version_of_the_list_it_was_made_on(jilin):
    """吉 第五条: the list is adjusted; what was planned on the old version says so."""
    case = acts.approves(acts.drafts(acts.opens_plan(jilin), acts.task(jilin)))
    of = [jilin.read(lambda session: plan.get(session, case.data()["plan_id"]).item_list_version)]

    def adjusts(session):
        """The province publishes a further version, in force today."""
        now = current_item_list(session, jilin.bureau)
        newer = ItemList(
            bureau_id=now.bureau_id, version="2026-2", state="published", valid_from=clock.today()
        )
        newer.items = [InspectionItem(no="1", position=1, name="调整后的事项", basis="《条例》")]
        session.add(newer)

    jilin.does(adjusts)
    assert jilin.read(lambda session: current_item_list(session, jilin.bureau).version) == "2026-2" != of[0]
    of.append(jilin.read(lambda session: plan.get(session, case.data()["plan_id"]).item_list_version))
    case.completes("锁定名录库", by=acts.DRAFTER, confirm=True)
    of.append(jilin.read(lambda session: plan.get(session, case.data()["plan_id"]).item_list_version))
    assert len(set(of)) == 1


def test_a_record_cannot_end_before_it_began(jilin):
    """吉 第二十条: 现场检查记录应当及时、准确、完整."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    case.completes("按清单逐项检查", findings=told.found(told.chosen(jilin, inspection_id)))
    case.completes("收集证据", none="yes")
    with pytest.raises(Refused) as caught:
        case.completes("制作现场检查记录", **told.record(jilin, ended_at="2026-03-01T09:00"))
    assert caught.value.slug == "record-times"
    case.expects("制作现场检查记录")


def test_results_stand_in_one_place_whoever_inspected(jilin):
    """吉 第十四条: 抽查检查结果统一公开."""
    before = jilin.read(lambda session: publication.results(session).rows)
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    after = jilin.read(lambda session: publication.results(session).rows)
    assert (len(before), len(after)) == (0, 1)


def test_the_open_data_hold_every_result_however_long_the_list(jilin, monkeypatch):
    """吉 第十四条: the file is no page of the list."""
    for _ in range(2):
        case, inspection_id = told.begins(jilin, jilin.bureau)
        told.published(jilin, case, inspection_id)
    monkeypatch.setattr(publication, "PAGE", 1)
    rows = create_app(jilin.world).test_client().get("/public/results.csv").text.splitlines()
    assert len(rows) == 3, "the heads and both results"


def test_a_result_belongs_to_the_year_of_its_day_in_shanghai(jilin):
    """The public searches by year; the last hours of a UTC year are the next one's first here."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    jilin.rehearsal.now = datetime(2027, 1, 1, 0, 30, tzinfo=clock.SHANGHAI)
    told.published(jilin, case, inspection_id)

    def found(year):
        return jilin.read(lambda session: publication.results(session, year=year).rows)

    assert (len(found(2026)), len(found(2027))) == (0, 1)


def test_a_code_is_found_however_it_is_typed(jilin):
    """Codes are kept in capitals; people type them as they come, on both databases."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)

    def found(session):
        section = session.query(Person).filter_by(name=acts.DRAFTER).one()
        thing = session.get_one(RegistryObject, get(session, inspection_id).object_id)
        typed = thing.code.lower()
        assert typed != thing.code
        return registry.objects(session, section, q=typed).rows, publication.results(session, q=typed).rows

    listed, public = jilin.read(found)
    assert (len(listed), len(public)) == (1, 1)
