"""docs/screens shows every page of the product; `scripts/screens` makes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from engine.settings import Settings
from tests.pages import NO_PAGES
from web.app import create_app
from web.assembly import open_world

SCREENS = Path(__file__).resolve().parents[1] / "docs/screens"
LIST = (SCREENS / "README.md").read_text("utf-8")
MOST = 6_000_000  # bytes of all pictures together


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Flask:
    """The product on an empty database: only its addresses are read."""
    folder = tmp_path_factory.mktemp("screens")
    settings = Settings(database_url="sqlite://", secret_key="k" * 64, files_dir=folder, anchors_dir=folder)
    return create_app(open_world(settings))


def test_every_page_is_shown(app):
    """A new page is red here until `scripts/pictures.py` says in which state it is to be seen."""
    pages = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and rule.endpoint not in NO_PAGES and not rule.rule.startswith("/api/")
    }
    assert set(re.findall(r"\| `([^`]+)` \|", LIST)) == pages


def test_every_picture_of_the_list_is_there_and_no_other():
    named = set(re.findall(r"\]\((\S+?\.webp)\)", LIST))
    assert named == {path.name for path in SCREENS.glob("*.webp")}


def test_the_pictures_are_small():
    assert sum(path.stat().st_size for path in SCREENS.glob("*.webp")) <= MOST
