"""Installations to act in: `jilin` (the bureau 长春市, its province above it) and `wugang` (one county)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from engine import clock
from engine.desk import sample
from engine.desk.world import World, seed_files
from engine.domain.pack import parameters
from engine.people import Bureau
from engine.runtime import release
from engine.settings import Settings
from engine.storage.session import Database
from tests.arrows import Trail
from tests.databases import Databases
from tests.preamble import Memory, Past
from tests.scenario import START, Scenario
from web.assembly import form_check, form_keys, respond

OBJECTS = 150


@dataclass
class Installation(Scenario):
    """A scenario with its bureau; `province` is the highest bureau."""

    def __init__(self, world: World, bureau_id: int, province: int) -> None:
        super().__init__(world)
        self.bureau = bureau_id
        self.province = province
        self.past: Past | None = None


def furnish(database: Database, pack: str) -> tuple[int, int]:
    """Sample bureaus, people and registries, and the pack's release.

    Gives the ids of the bureau and of the highest.
    """
    with clock.fixed(START), database.transaction() as session:
        loaded = sample.build(session, pack, objects=OBJECTS, today=clock.today())
        release.deploy(session, pack, seed_files(pack))
        return loaded.main_id, loaded.root_id


@pytest.fixture(scope="session")
def memory(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    """The preambles of this run."""
    with Memory(databases, tmp_path_factory.mktemp("preambles")).listening() as memory:
        yield memory


@pytest.fixture
def install(
    request: pytest.FixtureRequest, memory: Memory, trail: Trail, tmp_path: Path
) -> Iterator[Callable[[str], Installation]]:
    """Open a furnished installation of a pack on the database of this run."""
    databases, opened = memory.databases, []

    def open_(pack: str) -> Installation:
        ids: tuple[int, int] = databases.template(
            pack, lambda database: furnish(database, pack), based_on="empty"
        )
        settings = Settings(
            database_url=databases.place(pack, tmp_path),
            secret_key="s" * 40,
            files_dir=tmp_path / "files",
            anchors_dir=tmp_path / "anchors",
        )
        world = World.open(settings, form_check=form_check, form_keys=form_keys, respond=respond)
        scene = Installation(world, *ids)
        usual = trail.pack == pack and "monkeypatch" not in request.fixturenames
        scene.past = memory.begins(scene, pack, known=pack if usual else "")
        opened.append(scene.past)
        return scene

    yield open_
    for past in opened:
        memory.ends(past)


@pytest.fixture
def jilin(install: Callable[[str], Installation]) -> Installation:
    """长春市, below 吉林省."""
    return install("jilin")


@pytest.fixture
def wugang(install: Callable[[str], Installation]) -> Installation:
    """舞钢市."""
    return install("wugang")


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, object], None]:
    """Change a parameter of a pack for one scenario: `rule("jilin", "publish.count_from", "task")`."""

    def change(pack: str, key: str, value: object) -> None:
        items = parameters(pack).items
        changed = {**items, key: replace(items[key], value=value)}
        monkeypatch.setattr(type(parameters(pack)), "__getitem__", lambda _, name: changed[name])

    return change


def bureau_of(scenario: Scenario, bureau_id: int) -> Bureau:
    """The bureau's row."""
    return scenario.read(lambda session: session.get_one(Bureau, bureau_id))
