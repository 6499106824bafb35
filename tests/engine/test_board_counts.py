"""The board's numbers, found by leaps along the index, are those that counting every open step gives."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from engine import clock
from engine.desk import board
from engine.desk.bench import ground
from engine.desk.bench.inbox import fill
from engine.desk.lamp import Days
from engine.desk.world import World
from engine.people import Person
from engine.runtime.tables import WorkItem


def test_open_late_today_and_soon_of_every_place(database, tmp_path):
    world = World.open(ground.settings_at(tmp_path, database.url.render_as_string(hide_password=False)))
    ground.prepare(world)
    fill(world, 600)
    with world.database.reading() as session:
        days = Days(session)
        now, end, soon = clock.now(), clock.end_of(days.today), clock.end_of(days.soon)
        expected: Counter[tuple[str, str, str]] = Counter()
        for item in session.scalars(select(WorkItem).where(WorkItem.state == "open")):
            place = (f"{item.bureau_id}/{item.lane}", item.step)
            due = item.due_at
            expected[*place, "open"] += 1
            if due is not None and due < now:
                expected[*place, "late"] += 1
            for word, is_near in (("today", due and now <= due <= end), ("soon", due and end < due <= soon)):
                expected["", "", word] += bool(is_near)
        shown = board.board(session, session.get_one(Person, 1), board.Filters())
        found = {
            (unit.key, step, word): getattr(cell, word)
            for unit in shown.units
            for step, cell in unit.cells.items()
            for word in ("open", "late")
            if getattr(cell, word)
        }
        assert found == {key: value for key, value in expected.items() if key[0] and value}
        assert (shown.today, shown.soon) == (expected["", "", "today"], expected["", "", "soon"])
        assert shown.open == 601
    world.database.dispose()
