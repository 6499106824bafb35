"""Installations to act in: `jilin` (the bureau 长春市, its province above it) and `wugang` (one county)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine import clock
from engine.desk import sample
from engine.desk.release import findings
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

    def releases(self, key: str, value: object) -> None:
        """The next release has one parameter otherwise: `releases("publish.count_from", "task")`."""
        pack = self.read(lambda session: session.get_one(Bureau, self.bureau).pack)
        files, path = seed_files(pack), f"packs/{pack}.toml"
        own = [line for line in files[path].decode().splitlines() if not line.startswith(f'"{key}"')]
        rule = parameters(pack)[key]
        own.append(
            f'"{key}" = {{ value = {json.dumps(value)}, strength = "{rule.strength}", source = "{rule.source}" }}'
        )
        files[path] = "\n".join(own).encode()
        faults = findings(self.world.answers, files)
        assert not [fault for fault in faults if fault.severity == "error"], faults
        self.does(lambda session: release.deploy(session, pack, files))


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


def bureau_of(scenario: Scenario, bureau_id: int) -> Bureau:
    """The bureau's row."""
    return scenario.read(lambda session: session.get_one(Bureau, bureau_id))
