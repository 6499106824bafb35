"""A served installation with its background process, and a Chromium in which people of each role work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from engine import clock
from engine.access import sign_in
from engine.desk import jobs
from engine.desk.demo import Year
from engine.settings import Settings
from engine.storage.base import Base
from tests import chromium
from tests.browser.people import Desk
from web.app import create_app
from web.assembly import open_world

PAUSE = 0.1  # seconds between two looks of the background process at its jobs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a browser test, without having to say so."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Argon2 with the least cost: these tests are about pages, not about guessing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign_in, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """No line per request."""


class Served:
    """An installation behind an address; `open()` starts its web and background processes at the held clock."""

    def __init__(self, folder: Path, *, objects: int = 300, cases: int = 3) -> None:
        settings = Settings(
            database_url=f"sqlite:///{folder / 'casework.db'}",
            secret_key="k" * 64,
            files_dir=folder / "files",
            anchors_dir=folder / "anchors",
            demo=True,
            webhook_hosts=("hooks.example",),
            base_url="http://127.0.0.1",
        )
        self.world = open_world(settings)
        Base.metadata.create_all(self.world.database.engine)
        self.year = Year(self.world, "jilin", objects=objects, cases=cases)
        self.app = create_app(self.world)
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self.server.serve_forever, daemon=True),
            threading.Thread(target=self._work, daemon=True),
        ]

    def open(self) -> Served:
        """Serve; all processes read the clock of the story."""
        clock.install(self.year.rehearsal.now.isoformat())
        for thread in self._threads:
            thread.start()
        return self

    def _work(self) -> None:
        while not self._ending.wait(PAUSE):
            jobs.drain(self.world)

    def close(self) -> None:
        """Stop serving and working."""
        self._ending.set()
        if self._threads[0].is_alive():  # shutting down what never served waits for ever
            self.server.shutdown()
        self.server.server_close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(10)
        self.world.database.dispose()
        clock.install("")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Makes installations that are closed after the module: `installation(through="draw", cases=3)`."""
    made: list[Served] = []

    def make(*, through: str = "", **sizes: int) -> Served:
        served = Served(tmp_path_factory.mktemp("served"), **sizes)
        made.append(served)
        if through:
            served.year.runs(through=through)
        return served

    yield make
    for served in made:
        served.close()


@pytest.fixture(scope="module")
def served(installation: Callable[..., Served]) -> Served:
    """A bureau whose plan is drawn; its inspections wait for their leaders."""
    return installation(through="draw").open()


@pytest.fixture
def desk(chrome: Browser, served: Served) -> Iterator[Desk]:
    """The people of that bureau, each with a browser; nothing may fail in any of their pages."""
    with Desk(chrome, served) as desk:
        yield desk
