"""A served installation with a plan drawn and its inspections running, and a Chromium to visit it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from engine import clock
from engine.desk.demo import Year
from engine.settings import Settings
from engine.storage.base import Base
from web.app import create_app
from web.assembly import open_world

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PASSWORD = "demo-casework"  # noqa: S105 (every demo account has it)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """The system's Chromium."""
    path = shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


class Served:
    """An installation behind an address."""

    def __init__(self, folder: Path) -> None:
        settings = Settings(
            database_url=f"sqlite:///{folder / 'casework.db'}",
            secret_key="k" * 64,
            files_dir=folder / "files",
            anchors_dir=folder / "anchors",
            demo=True,
            base_url="http://127.0.0.1",
        )
        self.world = open_world(settings)
        Base.metadata.create_all(self.world.database.engine)
        self.year = Year(self.world, "jilin", objects=300, cases=3)
        self.app = create_app(self.world)
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()
        self.world.database.dispose()
        clock.install("")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A bureau whose plan is drawn; its inspections wait for their leaders."""
    served = Served(tmp_path_factory.mktemp("served"))
    served.year.runs(through="draw")
    clock.install(served.year.rehearsal.now.isoformat())
    yield served
    served.close()
