"""What every test may ask for: a session in memory, a real database, an assembled world.

`--database postgres` runs every test that opens a database on a private PostgreSQL from a wheel, and only those:
what opens none says the same twice. The default is SQLite. See databases.py for how they are made.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

import engine.desk.world  # noqa: F401 (all tables and verbs)
from engine.storage.session import Database
from tests.arrows import Trail, arrows
from tests.databases import Databases, PostgresDatabases, SqliteDatabases, with_tables

LAST = "test_every_arrow.py"
# The longest modules begin first, so that at the end no process works alone; see scripts/test.
FIRST = ("test_toggles.py", "test_draw_mutations.py", "test_openapi_fuzz.py", "test_backup.py")
SCENARIOS = Path(__file__).parent / "scenarios"
MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # noqa: S108 (the kernel's own name for it); bytes
WALKED, MISSING = pytest.StashKey[Trail](), pytest.StashKey[list[str]]()


def pytest_configure() -> None:
    """Where memory has room for files, what tests write stands there: nothing of it is to last."""
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM:
        tempfile.tempdir = os.environ["TMPDIR"] = str(MEMORY)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which database the tests with a real one use."""
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what opens a database; long modules first, the count of walked arrows after every scenario."""
    kept = list(items)
    if config.option.database == "postgres":
        kept = [item for item in items if "databases" in item.fixturenames]  # type: ignore[attr-defined]
    last = [item for item in kept if item.path.name == LAST]
    rest = [item for item in kept if item.path.name != LAST]
    left_out = set(items) - set(kept)
    if last and not _every_scenario(config, {item.path for item in rest}):
        left_out |= set(last)
        last = []
    items[:] = sorted(rest, key=lambda item: item.path.name not in FIRST) + last
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))


def _every_scenario(config: pytest.Config, collected: set[Path]) -> bool:
    """Whether this process runs all scenarios, so that it can say what none has walked."""
    return (
        collected >= {path for path in SCENARIOS.rglob("test_*.py") if path.name != LAST}
        and not config.option.keyword
        and not any("::" in argument for argument in config.args)
        and not hasattr(config, "workerinput")
    )


@pytest.fixture(scope="session", autouse=True)
def trail(request: pytest.FixtureRequest) -> Iterator[Trail]:
    """Which arrows of the diagrams this process has walked; a worker of several tells the one who counts."""
    with Trail().listening() as trail:
        yield trail
    if hasattr(request.config, "workeroutput"):
        request.config.workeroutput["trail"] = trail.told()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a worker has walked goes to the whole."""
    told = getattr(node, "workeroutput", {}).get("trail")
    if told:
        node.config.stash.setdefault(WALKED, Trail()).hears(told)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Several processes: where they ran all scenarios together, the count of arrows is theirs together."""
    walked = session.config.stash.get(WALKED, None)
    if walked is None or not _every_scenario(session.config, walked.files):
        return
    missing = arrows(walked)[1]
    if missing:
        session.exitstatus = 1
        session.config.stash[MISSING] = [str(arrow) for arrow in missing]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Name the arrows that nobody walked."""
    for arrow in config.stash.get(MISSING, []):
        terminalreporter.write_line(f"FAILED not walked: {arrow}")


@pytest.fixture(autouse=True)
def _pack_of_the_trail(request: pytest.FixtureRequest, trail: Trail) -> None:
    """Arrows are told without their pack; a scenario names its installation by the fixture it asks for."""
    trail.files.add(request.path)
    names = [name for name in ("jilin", "wugang") if name in request.fixturenames]
    trail.pack = names[0] if len(names) == 1 and SCENARIOS in request.path.parents else ""


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> PostgresDatabases:
    """A private PostgreSQL, started when it is first asked for."""
    made = PostgresDatabases()
    made.template("empty", with_tables)
    request.addfinalizer(made.close)  # noqa: PT021 (after every database of the run)
    return made


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Databases of the kind that `--database` names; what a test asks of it runs on both kinds."""
    if request.config.getoption("--database") == "postgres":
        server: PostgresDatabases = request.getfixturevalue("postgres")
        return server
    made = SqliteDatabases(tmp_path_factory.mktemp("databases"))
    made.template("empty", with_tables)
    return made


@pytest.fixture
def copied(databases: Databases, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Addresses of fresh copies of templates: `copied("empty")`."""
    made: list[str] = []

    def copy(name: str) -> str:
        made.append(databases.copy(name, tmp_path))
        return made[-1]

    yield copy
    for url in made:
        databases.drop(url)


@pytest.fixture
def database(copied: Callable[[str], str]) -> Iterator[Database]:
    """A real, empty database of the kind that `--database` names."""
    database = Database(copied("empty"))
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def shared(databases: Databases) -> Iterator[Database]:
    """One database for all tests that keep nothing: in memory, or on the server."""
    if isinstance(databases, SqliteDatabases):
        made = Database("sqlite://")
        with_tables(made)
    else:
        databases.template("shared", lambda _: None, based_on="empty")
        made = Database(databases.url("template_shared"))
    yield made
    made.dispose()


@pytest.fixture
def session(shared: Database) -> Iterator[Session]:
    """A session on an empty database with all tables; whatever it does is undone."""
    with (
        shared.engine.connect() as connection,
        connection.begin() as everything,  # so that a test's own commit is only a savepoint
        Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session,
    ):
        yield session
        session.close()
        everything.rollback()
