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
