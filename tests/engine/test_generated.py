"""Pages that scripts write are what the scripts would write today, and every article has its test."""

from __future__ import annotations

import pytest

from engine.settings import ROOT
from tests.engine.test_rights import script


@pytest.mark.parametrize("name", ["catalogue", "traceability"])
def test_a_written_page_is_current(name):
    """`scripts/catalogue` writes into workflows/README.md, `scripts/traceability` docs/traceability.md."""
    module = script(name)
    assert (ROOT / module.FILE).read_text("utf-8") == module.text(), f"run scripts/{name}"


def test_every_article_that_needs_software_is_carried_out_and_tested():
    """48 articles; those without a function of their own stand in the script with the reason."""
    module = script("traceability")
    assert len(module.ARTICLES) == 48
    assert not module.uncovered(), "\n".join(module.uncovered())
    assert set(module.WITHOUT) <= set(module.ARTICLES)
    assert all(module.WITHOUT.values())


# Rules that no line of tests/toggles.toml switches off yet: the page says so, and no other joins them.
STATED_ONLY = {
    "`draw.platform`", "`followup`", "`publish.deadline`", "`record.form`", "`registry.inspectors_by`",
    "`registry.objects_by`", "`substitution.approver`", "`substitution.next`", "`team.roles`",
    "`jilin/channel.dmn`", "`national/credit.dmn`", "`national/eligibility.dmn`", "`national/method.dmn`",
    "`national/team.dmn`", "`national/uplift.dmn`",
    "may `board.read`", "may `case.read_below`", "may `draw.read`", "may `lead.open`", "may `plan.approve`",
    "may `plan.draft`", "may `publication.carry`", "may `registry.read`",
}  # fmt: skip


def test_a_rule_is_shown_by_a_toggle_or_said_to_be_stated_only():
    """Every new parameter, permission or table comes with the test that goes red without it."""
    assert {rule for _, rule in script("traceability").rules() if "✓" not in rule} == STATED_ONLY
