"""What the owner of a table is shown: gaps, overlaps, unreachable rows, conflicts, each with an example."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rules.dmn import analyse, load
from engine.rules.feel import parse
from tests.engine.dmn_samples import data, decision, model, table


def findings(logic: str, *names: str):
    """The findings of one table."""
    file = model(data(*names), decision("结论", logic, *(f"i-{name}" for name in names)))
    return analyse(load(file).tables()[0])


def kinds(logic: str, *names: str) -> list[tuple[str, str, list[int]]]:
    return [(item.kind, item.severity, item.rows) for item in findings(logic, *names)]


def test_a_whole_table_has_nothing_to_say():
    rows = [(["< 10"], ["1"]), (["[10..20]"], ["2"]), (["> 20"], ["3"])]
    assert findings(table(["分"], rows), "分") == []


def test_a_gap_comes_with_an_input_that_falls_through():
    rows = [(["< 10"], ["1"]), (["> 10"], ["2"])]
    [gap] = findings(table(["分"], rows), "分")
    assert (gap.kind, gap.cells, gap.example) == ("gap", {"分": "10"}, {"分": "10"})
    assert gap.reason == "没有一行覆盖：分 = 10。"


def test_a_gap_between_whole_numbers_is_only_a_hint():
    rows = [(["<= 10"], ["1"]), ([">= 11"], ["2"])]
    assert kinds(table(["分"], rows), "分") == [("gap", "info", [])]


def test_a_gap_over_two_columns():
    rows = [(["< 10", '"甲"'], ["1"]), ([">= 10", "-"], ["2"])]
    logic = table(["分", "级"], rows)
    [gap] = findings(logic, "分", "级")
    assert gap.cells == {"分": "< 10", "级": "其他取值"}
    assert gap.severity == "warning"
    assert "列出允许的取值" in gap.hint


def test_allowed_values_close_a_gap():
    rows = [(['"甲"'], ["1"]), (['"乙"'], ["2"])]
    assert findings(table(["级"], rows, allowed='"甲", "乙"'), "级") == []


def test_an_overlap_and_a_conflict():
    rows = [(["< 10"], ["1"]), (["[5..20]"], ["1"]), ([">= 20"], ["2"])]
    found = findings(table(["分"], rows), "分")
    assert [(item.kind, item.rows) for item in found] == [("overlap", [1, 2]), ("conflict", [2, 3])]
    assert found[1].example == {"分": "20"}
    assert kinds(table(["分"], rows, policy="ANY"), "分") == [("conflict", "error", [2, 3])]


def test_a_default_or_a_collecting_table_has_no_gaps():
    rows = [(["< 10"], ["1"])]
    assert findings(table(["分"], rows, default="0"), "分") == []
    assert findings(table(["分"], rows, policy="COLLECT"), "分") == []


def test_a_row_that_can_never_match():
    rows = [(["-"], ["1"]), (["[20..10]"], ["2"])]
    [found] = findings(table(["分"], rows, policy="FIRST"), "分")
    assert (found.kind, found.rows, found.cells) == ("unreachable", [2], {"分": "[20..10]"})


def test_a_row_in_the_shadow_of_the_rows_before_it():
    rows = [(["< 10"], ["1"]), ([">= 10"], ["2"]), (["[5..15]"], ["3"])]
    assert kinds(table(["分"], rows, policy="FIRST"), "分") == [("unreachable", "error", [3])]


def test_a_row_of_low_priority_that_never_wins():
    rows = [(["-"], ['"高"']), (["> 5"], ['"低"'])]
    assert kinds(table(["分"], rows, policy="PRIORITY", order='"高", "低"'), "分") == [
        ("unreachable", "error", [2])
    ]


def test_a_cell_that_needs_other_data_is_named_not_guessed():
    rows = [(["> 限值"], ["1"]), (["-"], ["2"])]
    assert kinds(table(["分"], rows, policy="FIRST"), "分", "限值") == [("open", "info", [1])]


def test_dates_durations_and_booleans_are_cut_too():
    rows = [(['< date("2024-01-01")', "true"], ["1"]), (['>= date("2024-01-01")', "true"], ["2"])]
    found = findings(table(["日", "急"], rows), "日", "急")
    assert [item.cells for item in found] == [
        {"日": '< date("2024-01-01")', "急": "false"},
        {"日": 'date("2024-01-01")、> date("2024-01-01")', "急": "false"},
    ]


cells = st.builds(lambda low, size: f"[{low}..{low + size}]", st.integers(0, 8), st.integers(0, 4)) | st.just(
    "-"
)
tables = st.lists(st.tuples(cells, cells), min_size=1, max_size=5)


@given(tables, st.integers(-1, 13), st.integers(-1, 13))
@settings(max_examples=120, deadline=None)
def test_findings_agree_with_deciding(pairs, first, second):
    """Every example shows its problem; an input that falls through means that a gap was found."""
    rows = [([a, b], [str(number)]) for number, (a, b) in enumerate(pairs)]
    logic = table(["甲", "乙"], rows)
    file = model(data("甲", "乙"), decision("结论", logic, "i-甲", "i-乙"))
    ready = load(file)
    found = analyse(ready.tables()[0])
    for item in found:
        if item.kind in {"gap", "overlap", "conflict"}:
            example = {name: parse(value).value({}) for name, value in item.example.items()}
            hit = [row["number"] for row in ready.decide("结论", example).matched[0].rows]
            assert hit == [] if item.kind == "gap" else set(item.rows) <= set(hit)
    hit = ready.decide("结论", {"甲": first, "乙": second}).matched[0].rows
    assert hit or any(item.kind == "gap" for item in found)
    assert len(hit) < 2 or any(item.kind in {"overlap", "conflict"} for item in found)
