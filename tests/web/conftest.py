"""An installation on a small town (see town.py), and browsers to visit it with."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

import web.app
from engine import clock
from engine.access import sign_in
from engine.desk.world import Answers, World
from engine.people import Role
from engine.runtime.instance import Runtime
from engine.settings import Settings
from engine.storage.session import Database
from tests.web import flow
from tests.web.town import KEY, NOW, PASSWORD, build, colleague


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    """Argon2 with the least cost: these tests are about pages, not about guessing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign_in, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


def furnish(database):
    """The town, built once; each test gets a copy."""
    with clock.fixed(NOW), database.transaction() as session:
        build(session)


@pytest.fixture
def town(databases, copied, _quick_passwords, tmp_path):
    """An installation on a copy of the town, with the clock held."""
    databases.template("town", furnish, based_on="empty")
    settings = Settings(
        database_url=copied("town"),
        secret_key=KEY,
        files_dir=tmp_path,
        anchors_dir=tmp_path,
        demo=True,
        base_url="http://localhost",
        metrics_token="watch",  # noqa: S106
    )
    database = Database(settings.database_url)
    answers = Answers()
    with clock.fixed(NOW):
        yield World(settings, database, Runtime(key=settings.secret_key, ports=answers), answers)
    database.dispose()


def pages(town):
    """The pages, wired anew."""
    app = web.app.create_app(town)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=True)
    return app


@pytest.fixture(scope="session")
def wired():
    """The pages, wired and their templates compiled once: every test puts its own town behind them."""
    made = []

    def behind(town):
        if not made:
            made.append(pages(town))
        made[0].extensions["casework"] = town
        return made[0]

    return behind


@pytest.fixture
def app(town, wired):
    """The pages of the town; a test may configure them otherwise for itself."""
    app = wired(town)
    usual = dict(app.config)
    yield app
    app.config.clear()
    app.config.update(usual)


@pytest.fixture
def client(app):
    """A browser that is not signed in."""
    return app.test_client()


@pytest.fixture
def as_person(app):
    """A browser that is signed in: `as_person("shen")`."""

    def enter(login):
        client = app.test_client()
        answer = client.post("/sign-in", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    return enter


@pytest.fixture
def memo(town):
    """The town with the small diagrams of `flow.py`."""
    flow.deploy(town)
    return town


@pytest.fixture
def an(town):
    """安全管理员 of the town, by login `an`."""
    with town.database.transaction() as session:
        colleague(session, "an", "卫长安", Role.SECURITY_ADMIN, staff_no="0090")
    return "an"


@pytest.fixture
def author(as_person):
    """The modeller, who proposes changes of the processes."""
    return as_person("liang")
