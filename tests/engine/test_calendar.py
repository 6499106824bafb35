"""Working days: the published vectors, make-up workdays, provisional years, editing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from engine.domain import calendar
from engine.domain.calendar import add_working_days, count, due, working_days_between
from engine.errors import NotFound, Refused, RuleError
from engine.storage.session import Database

VECTORS = [
    ("2023-09-25", "2023-10-08", "2023-10-27"),
    ("2024-02-06", "2024-02-19", "2024-03-11"),
    ("2025-01-24", "2025-02-07", "2025-02-27"),
    ("2026-02-12", "2026-02-26", "2026-03-18"),
    ("2026-04-30", "2026-05-11", "2026-06-01"),
    ("2026-09-16", "2026-09-22", "2026-10-20"),
    ("2026-09-28", "2026-10-10", "2026-10-30"),
]


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.fixture(scope="module")
def shipped() -> Session:
    """A session whose calendar nobody edits: only what ships."""
    database = Database("sqlite://")
    session = Session(database.engine)
    calendar.CalendarYear.metadata.create_all(session.connection())
    return session


@pytest.mark.parametrize(("start", "five", "twenty"), VECTORS)
def test_published_vectors(shipped: Session, start: str, five: str, twenty: str) -> None:
    assert add_working_days(shipped, day(start), 5) == day(five)
    assert add_working_days(shipped, day(start), 20) == day(twenty)


def test_why_this_date_names_every_skipped_day(shipped: Session) -> None:
    counted = count(shipped, day("2026-09-28"), 20)
    assert {"day": "2026-10-01", "why": "国庆节"} in counted.skipped
    assert {"day": "2026-10-11", "why": "星期日"} in counted.skipped
    assert counted.worked == [{"day": "2026-10-10", "why": "国庆节调休上班"}]
    assert "10-01 至 10-07 国庆节" in counted.text()
    assert not counted.provisional


def test_the_report_over_the_spring_festival_has_five_working_days(shipped: Session) -> None:
    """舞 第十四条, 国办发明电: 13, the Saturday 14 that is worked, then 24, 25, 26 February; nine days are skipped."""
    found = calendar.due(shipped, "wugang", "report.submit", day("2026-02-12"))
    assert found.day == day("2026-02-26")
    counted = count(shipped, day("2026-02-12"), 5)
    assert [each["day"] for each in counted.skipped] == [f"2026-02-{number}" for number in range(15, 24)]
    assert counted.worked == [{"day": "2026-02-14", "why": "春节调休上班"}]
    assert "02-15 至 02-23 春节" in str(found.why["text"])


def test_a_year_without_a_published_list_gives_a_provisional_date(shipped: Session) -> None:
    counted = count(shipped, day("2026-12-04"), 20)
    assert counted.provisional
    assert counted.day == day("2027-01-04")
    assert {"day": "2027-01-01", "why": "元旦"} in counted.skipped
    assert "暂定" in counted.text()


def test_the_published_list_of_2027_makes_it_final(session: Session, tmp_path) -> None:
    file = tmp_path / "2027.csv"
    file.write_text("day,kind,name\n2027-01-01,holiday,元旦\n2027-01-03,workday,元旦\n", "utf-8")
    assert calendar.import_file(session, file, source="国办发明电") == {2027: 2}
    counted = count(session, day("2026-12-04"), 20)
    assert (counted.day, counted.provisional) == (day("2027-01-03"), False)


def test_a_list_that_touches_another_year_changes_only_those_days(session: Session, tmp_path: Path) -> None:
    """The published list of 2027 begins on 31 December 2026; the holidays of 2026 stand as they stood."""
    before = len(calendar.list_year(session, 2026))
    days = [("2026-12-31", True), ("2027-01-01", True), ("2027-10-01", True), ("2027-10-09", False)]
    file = tmp_path / "2027.json"
    listed = [{"date": day, "name": "元旦", "isOffDay": off} for day, off in days]
    file.write_bytes(orjson.dumps({"year": 2027, "days": listed}))
    assert calendar.import_file(session, file, source="国办发明电") == {2026: 1, 2027: 3}
    assert len(calendar.list_year(session, 2026)) == before + 1
    assert add_working_days(session, day("2026-09-30"), 1) == day("2026-10-08")
    assert add_working_days(session, day("2026-12-30"), 1) == day("2027-01-04")


def test_the_calendar_ends(session: Session) -> None:
    with pytest.raises(Refused, match="2200-12-31"):
        add_working_days(session, day("2200-12-20"), 20)


def test_an_edit_is_seen_at_once_and_needs_a_source(session: Session) -> None:
    assert add_working_days(session, day("2026-06-01"), 1) == day("2026-06-02")
    with pytest.raises(Refused, match="文件"):
        calendar.set_day(session, day("2026-06-02"), "holiday", "本地放假", source="")
    calendar.set_day(session, day("2026-06-02"), "holiday", "本地放假", source="县政府通知")
    assert add_working_days(session, day("2026-06-01"), 1) == day("2026-06-03")
    calendar.remove_day(session, day("2026-06-02"))
    assert add_working_days(session, day("2026-06-01"), 1) == day("2026-06-02")
    with pytest.raises(NotFound):
        calendar.remove_day(session, day("2026-06-02"))


def test_importing_the_package_twice_changes_nothing(session: Session) -> None:
    first = calendar.import_year(session, 2026)
    assert calendar.import_year(session, 2026) == first
    assert len(calendar.list_year(session, 2026)) == first
    with pytest.raises(NotFound):
        calendar.import_year(session, 2027)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("day,kind,name\n2027-02-30,holiday,x\n", "第 2 行"),
        ("day,kind,name\n2027-02-06,ferien,x\n", "类别"),
        ("day,kind,name\n2027-02-06,holiday,x\n2027-02-06,holiday,x\n", "两次"),
        ('{"days": 3}', "JSON"),
        ("day,kind,name\n", "没有任何日期"),
    ],
)
def test_a_bad_file_is_refused_with_its_row(content: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        calendar.read_rows("f.csv", content.encode())


def test_holiday_cn_json_is_read() -> None:
    rows = calendar.read_rows(
        "2027.json", b'{"year":2027,"days":[{"name":"x","date":"2027-01-01","isOffDay":true}]}'
    )
    assert rows[0].kind == "holiday"


def test_due_ends_with_the_last_day_in_shanghai(shipped: Session) -> None:
    found = due(shipped, "wugang", "report.submit", day("2026-09-28"))
    assert found.day == day("2026-10-10")
    assert found.at == datetime(2026, 10, 10, 15, 59, 59, tzinfo=UTC)
    assert (found.strength, found.clause) == ("hard", "W14")
    assert found.why["cited"] == "舞医保〔2023〕18号第十四条"


def test_a_superiors_table_never_leaks(shipped: Session) -> None:
    assert due(shipped, "jilin", "report.submit", day("2026-09-28")).strength == "practice"
    assert "J" not in due(shipped, "wugang", "publish.result", day("2026-09-28")).clause


def test_an_unknown_key_is_an_error(shipped: Session) -> None:
    with pytest.raises(RuleError, match="没有“plan"):
        due(shipped, "wugang", "plan.fly", day("2026-09-28"))


def test_the_case_brings_the_table_of_its_release(shipped: Session) -> None:
    def decide(decision, facts):
        assert (decision, facts) == ("deadlines", {"key": "report.submit"})
        return {"days": 7, "strength": "hard", "clause": "W14"}

    assert due(shipped, "wugang", "report.submit", day("2026-06-01"), decide=decide).day == day("2026-06-10")


def test_negative_and_endless_periods_are_refused(shipped: Session) -> None:
    for days in (-1, 2501):
        with pytest.raises(Refused):
            count(shipped, day("2026-06-01"), days)


DAYS = st.dates(date(2019, 1, 1), date(2028, 12, 31))


@settings(max_examples=60, deadline=None)
@given(start=DAYS, n=st.integers(0, 60))
def test_counting_there_and_back(start: date, n: int) -> None:
    shared = _shared()
    end = add_working_days(shared, start, n)
    assert working_days_between(shared, start, end) == n
    assert working_days_between(shared, end, start) == -n
    if n:
        assert calendar.is_working_day(shared, end)


@settings(max_examples=60, deadline=None)
@given(start=DAYS, n=st.integers(1, 40))
def test_every_day_between_is_counted_or_skipped_with_a_reason(start: date, n: int) -> None:
    counted = count(_shared(), start, n)
    span = (counted.day - start) // timedelta(days=1)
    assert len(counted.skipped) + n == span
    assert all(entry["why"] for entry in counted.skipped)


_sessions: list[Session] = []


def _shared() -> Session:
    if not _sessions:
        database = Database("sqlite://")
        session = Session(database.engine)
        calendar.CalendarYear.metadata.create_all(session.connection())
        _sessions.append(session)
    return _sessions[0]
