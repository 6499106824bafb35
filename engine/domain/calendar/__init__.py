"""Working days and deadlines (工作日、时限): an editable calendar, the count, and «why this date».

A period of working days does not count its first day and ends with the end of its last day in Shanghai. Years
that the State Council has not published yet give *provisional* dates: weekends and the statutory holidays
only.

Use: `due_by_release(step, key, start)` in a verb, `due(session, pack, key, start)` where there is no case,
`add_working_days`, `working_days_between` for everything else.
"""

from engine.domain.calendar.count import (
    Counted,
    add_working_days,
    count,
    is_working_day,
    why_not,
    working_days_between,
)
from engine.domain.calendar.deadline import Due, Rule, due, due_by_release, due_in, keys, rule
from engine.domain.calendar.load import (
    add_years,
    import_file,
    import_year,
    publish,
    read_rows,
    remove_day,
    set_day,
)
from engine.domain.calendar.table import CalendarDay, CalendarYear, Year, list_year, year_of

__all__ = [
    "CalendarDay",
    "CalendarYear",
    "Counted",
    "Due",
    "Rule",
    "Year",
    "add_working_days",
    "add_years",
    "count",
    "due",
    "due_by_release",
    "due_in",
    "import_file",
    "import_year",
    "is_working_day",
    "keys",
    "list_year",
    "publish",
    "read_rows",
    "remove_day",
    "rule",
    "set_day",
    "why_not",
    "working_days_between",
    "year_of",
]
