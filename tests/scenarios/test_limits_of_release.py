"""时限随案件的版本: a running case keeps the deadlines table of its release, a new case obeys the one in force."""

from __future__ import annotations

import re

from engine.desk.world import seed_files
from engine.domain import report
from engine.runtime import release
from tests.scenarios import inspections as told

STEP = "提交随机抽查情况报告"


def five_become_eight(table: bytes) -> bytes:
    """舞 第十四条 as another bureau might write it: 8 working days for the report."""
    row = re.compile(r'(<text>"report.submit"</text></inputEntry>\s*<outputEntry[^>]*><text>)5(</text>)')
    text, changed = row.subn(r"\g<1>8\2", table.decode())
    assert changed == 1
    return text.encode()


def reports(installation, case, inspection_id):
    """The team hands in its report; gives the last day that the verb wrote down."""
    told.fed_back(installation, case, inspection_id)
    case.completes("提出处理意见", kind="none", opinion="无需处理")
    due = case.expects(STEP).due_at.date().isoformat()
    case.completes(STEP, advice="加强管理")
    return due, installation.read(lambda s: report.of(s, inspection_id)).due_on.isoformat()


def test_a_verb_counts_by_the_table_of_the_cases_own_release(wugang):
    old, of_old = told.begins(wugang, wugang.bureau)
    files = seed_files("wugang")
    files["deadlines.dmn"] = five_become_eight(files["deadlines.dmn"])
    wugang.does(lambda session: release.deploy(session, "wugang", files))
    new, of_new = told.begins(wugang, wugang.bureau)

    assert reports(wugang, old, of_old) == ("2026-03-09", "2026-03-09")
    assert reports(wugang, new, of_new) == ("2026-03-12", "2026-03-12")
