"""A provisional deadline becomes final when the list of its year is published."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from engine import clock
from engine.audit import AuditEntry
from engine.desk.recount import recount
from engine.domain import calendar
from engine.people import Bureau
from engine.runtime.tables import Instance, Release, WorkItem


def test_publishing_a_year_moves_the_provisional_deadlines_only(session) -> None:
    bureau = Bureau(
        division="410481", name="舞钢市医疗保障局", short_name="舞钢", level="county", pack="wugang"
    )
    release = Release(pack="wugang", version=1, hash="a" * 64)
    session.add_all([bureau, release])
    session.flush()
    instance = Instance(bureau_id=bureau.id, release_id=release.id, process="inspection")
    session.add(instance)
    session.flush()
    instance.case_id = instance.id
    items = []
    for number, start in enumerate((date(2026, 6, 1), date(2026, 12, 4))):
        due = calendar.due(session, "wugang", "publish.result", start)
        items.append(
            WorkItem(
                instance_id=instance.id, case_id=instance.id, bureau_id=bureau.id, release_id=release.id,
                process="inspection", task=str(number), element="publish", step="公示", lane="业务科室",
                pool="p", home="p",
                due_at=due.at, due_why=due.why,
            )
        )  # fmt: skip
    session.add_all(items)
    session.flush()
    assert recount(session) == {"looked": 2, "moved": 0}
    for day, kind in ((date(2027, 1, 1), "holiday"), (date(2027, 1, 4), "holiday")):
        calendar.set_day(session, day, kind, "元旦", source="国办发明电")
    calendar.publish(session, 2027, source="国办发明电〔2026〕9号")
    assert recount(session) == {"looked": 2, "moved": 1}
    assert items[1].due_at == clock.end_of(date(2027, 1, 5))
    assert items[1].due_why["provisional"] is False
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.before["day"], entry.after["day"], entry.clause) == ("2027-01-04", "2027-01-05", "W15")
