"""The sample world: sizes and shares as asked for, entered through the import, repeated by its seed."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select

from engine import clock
from engine.desk import sample
from engine.desk.sample.load import table
from engine.domain import registry
from engine.domain.registry.transfer import import_file
from engine.errors import Refused
from engine.people import Bureau, Person, Role, holders

TODAY = date(2026, 10, 12)


@pytest.fixture(autouse=True)
def _fixed_day():
    with clock.fixed(clock.end_of(TODAY)):
        yield


def test_a_county_like_wugang(session) -> None:
    loaded = sample.build(session, "wugang")
    kinds = Counter(row.kind for row in registry.objects_of(session, loaded.main_id))
    assert sum(kinds.values()) == 430 + 200 + 60
    assert (kinds["person"], kinds["employer"]) == (200, 60)
    assert abs(kinds["village_clinic"] - 193) <= 1
    assert abs(kinds["pharmacy"] - 107) <= 1
    people = registry.inspectors_of(session, loaded.main_id)
    assert len(people) == 14
    assert sum(who.licensed(TODAY) for who in people) == 9
    ending = [
        who for who in people if (each := who.certificate(TODAY)) and (each.valid_to - TODAY).days <= 60
    ]
    assert len(ending) == 2
    assert registry.current_items(session, loaded.main_id)[0].note == "样本"
    assert all(report.applied and not report.refused for _division, report in loaded.reports)


def test_every_role_has_somebody_and_no_two_people_share_a_name(session) -> None:
    loaded = sample.build(session, "wugang")
    for role in Role:
        assert holders(session, loaded.main_id, role), role
    assert len(holders(session, loaded.main_id, Role.LEADER)) == 2
    assert session.scalar(select(Person.name).where(Person.login == "shenqichang")) == "沈其昌"
    twice = session.execute(select(Person.name).group_by(Person.name).having(func.count() > 1)).all()
    assert twice == []


def test_a_tree_like_jilin(session) -> None:
    loaded = sample.build(session, "jilin", objects=600)
    province = session.get_one(Bureau, loaded.root_id)
    second = session.scalars(select(Bureau.name).where(Bureau.parent_id == province.id)).all()
    assert len(second) == 11
    assert {"长白山管委会医疗保障局", "梅河口市医疗保障局"} <= set(second)
    assert len(registry.objects_of(session, province.id, below_too=True)) == 600
    assert session.get_one(Bureau, loaded.main_id).name == "长春市医疗保障局"
    assert registry.current_item_list(session, loaded.main_id).bureau_id == province.id


def test_a_seed_repeats_the_world_and_another_does_not() -> None:
    one, same, other = (sample.prepare("wugang", seed=seed) for seed in (7, 7, 8))
    assert one == same
    assert one.main.objects != other.main.objects


def test_the_written_files_are_the_ones_that_are_read(session, tmp_path) -> None:
    world = sample.prepare("wugang", objects=30)
    paths = sample.write(world, tmp_path)
    assert [path.name for path in paths] == [
        f"410481-{kind}.xlsx" for kind in ("items", "objects", "inspectors", "conflicts")
    ]
    bureau = Bureau(
        division="410481", name="舞钢市医疗保障局", short_name="舞钢", level="county", pack="wugang"
    )
    session.add(bureau)
    session.flush()
    for path in paths:
        report = import_file(session, bureau, path.name, path.read_bytes())
        assert report.applied, report.as_json()
        assert len(report.lines) == len(table(world.main, report.kind)[1])


@pytest.mark.parametrize("edge", list(sample.EDGES))
def test_edge_sets_go_through_the_import(session, edge) -> None:
    loaded = sample.build(session, "wugang", objects=20, edges=[edge])
    objects = registry.objects_of(session, loaded.main_id)
    people = registry.inspectors_of(session, loaded.main_id)
    expected = {
        "pool_of_one": len(objects) == 1,
        "few_staff": len(people) == 3,
        "one_licensed": sum(who.licensed(TODAY) for who in people) == 1,
        "all_in_conflict": len(registry.matrix(session, people, objects)) == len(people) * len(objects),
        "half_rounding": len(objects) <= 10,
        "object_closed": any(not each.active for each in objects),
        "couple": people[0].relatives == [people[1].staff_no],
    }
    assert expected.get(edge, True)


def test_unknown_packs_edges_and_sizes_are_refused() -> None:
    for options in ({"pack": "henan"}, {"pack": "wugang", "objects": 0}, {"pack": "wugang", "edges": ["x"]}):
        with pytest.raises(Refused):
            sample.prepare(**options)
