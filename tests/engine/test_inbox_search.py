"""Searching an inbox: any part of a name among the soonest, the beginning of a name among all, never a long wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from engine import clock
from engine.desk import inbox, scan
from engine.desk.bench import ground
from engine.desk.bench.step import start
from engine.desk.world import World
from engine.people import Person
from engine.runtime.tables import Instance, WorkItem

NAMES = ("东城医院", "西城医院", "南城中心医院", "北城诊所", "新区中心医院", "老城100%门诊_部")


@pytest.fixture
def searched(database, tmp_path, monkeypatch):
    """Six steps in one pool, soonest first in the order of `NAMES`; only three of them count as near."""
    world = World.open(ground.settings_at(tmp_path, database.url.render_as_string(hide_password=False)))
    ground.prepare(world)
    for _ in NAMES:
        start(world)
    with world.database.transaction() as session:
        for number, (case, item) in enumerate(
            session.execute(
                select(Instance, WorkItem)
                .join(WorkItem, WorkItem.instance_id == Instance.id)
                .order_by(WorkItem.id)
            ).all(),
            1,
        ):
            case.object_name = item.object_name = NAMES[number - 1]
            case.case_no = item.case_no = f"检查〔2026〕{number}号"
            item.due_at = clock.now() + timedelta(days=number)
    monkeypatch.setattr(scan, "SEARCHED", 3)

    def search(text, **filters):
        with world.database.reading() as session:
            who = session.get_one(Person, 1)
            page = inbox.listing(session, who, "todo", inbox.Filters(q=text, **filters))
            return [row.name for row in page.rows], page.partial

    search.world = world
    yield search
    world.database.dispose()


def test_any_part_of_a_name_is_found_among_the_soonest(searched):
    assert searched("城医") == (["东城医院", "西城医院"], True)


def test_the_beginning_of_a_name_or_number_is_found_wherever_it_stands(searched):
    assert searched("新区") == (["新区中心医院"], True)
    assert searched("检查〔2026〕6号") == (["老城100%门诊_部"], True)


def test_both_ways_together_name_each_item_once_and_soonest_first(searched, monkeypatch):
    assert searched("检查〔2026〕")[0] == list(NAMES)
    monkeypatch.setattr(scan, "SEARCHED", 100)
    assert searched("中心医院") == (["南城中心医院", "新区中心医院"], False)


def test_signs_that_mean_something_to_a_database_are_signs_like_others(searched, monkeypatch):
    assert searched("老城100%")[0] == ["老城100%门诊_部"]
    monkeypatch.setattr(scan, "SEARCHED", 100)
    assert searched("0%门诊_")[0] == ["老城100%门诊_部"]
    assert searched("%")[0] == ["老城100%门诊_部"]
    assert searched("'; drop table")[0] == []


def test_other_filters_narrow_what_is_searched(searched):
    assert searched("检查", step="step1")[0] == list(NAMES)
    assert searched("检查", step="step2")[0] == []
    assert searched("检查", due="late")[0] == []


def test_pages_of_what_was_found_follow_each_other(searched, monkeypatch):
    monkeypatch.setattr(inbox, "PAGE", 2)
    seen, cursor = [], ""
    with searched.world.database.reading() as session:
        who = session.get_one(Person, 1)
        while True:
            page = inbox.listing(session, who, "todo", inbox.Filters(q="检查〔"), cursor)
            seen += [row.name for row in page.rows]
            cursor = page.next
            if not cursor:
                break
        assert seen == list(NAMES)
        assert session.scalar(select(func.count()).select_from(WorkItem)) == len(NAMES)
