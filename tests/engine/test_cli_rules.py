"""The commands `calendar`, `pack` and `registry`: output, exit codes, one readable line for every error."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

import engine.domain.verbs  # noqa: F401
from engine.desk import sample
from engine.storage.base import Base
from engine.storage.session import Database
from web.cli_calendar import calendar
from web.cli_pack import pack
from web.cli_registry import registry


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An installation folder with a secret and no database yet."""
    (tmp_path / "key").write_text("k" * 64)
    monkeypatch.setenv("CASEWORK_SECRET_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("CASEWORK_DATABASE_URL", f"sqlite:///{tmp_path / 'casework.db'}")
    return tmp_path


def run(command, *arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_calendar_add(home) -> None:
    plain = run(calendar, "add", "2026-09-28", "20")
    assert (plain.exit_code, plain.stdout) == (0, "2026-10-30\n")
    assert not (home / "casework.db").exists()
    answer = json.loads(run(calendar, "add", "2026-09-28", "20", "--json").stdout)
    assert answer["date"] == "2026-10-30"
    assert answer["provisional"] is False
    assert answer["due_at"] == "2026-10-30T15:59:59+00:00"
    assert {"day": "2026-10-07", "why": "国庆节"} in answer["skipped"]


@pytest.mark.usefixtures("home")
def test_calendar_add_into_an_unpublished_year() -> None:
    found = run(calendar, "add", "2026-12-07", "20", "--json")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["provisional"] is True
    assert "暂定" in found.stderr


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("arguments", [("2026-02-30", "5"), ("2026-02-03", "x"), ("2026-02-03", "-1"), ()])
def test_calendar_wrong_usage(arguments) -> None:
    assert run(calendar, "add", *arguments).exit_code == 2


def test_calendar_import_and_list(home) -> None:
    file = home / "2027.csv"
    file.write_text("day,kind,name\n2027-01-01,holiday,元旦\n", "utf-8")
    assert run(calendar, "import", str(file)).exit_code == 1
    _create(home)
    assert run(calendar, "import", str(file), "--source", "国办发明电").exit_code == 0
    listed = json.loads(run(calendar, "list", "2027", "--json").stdout)
    assert listed["published"]
    assert [row["name"] for row in listed["days"]] == ["元旦"]
    assert "元旦" in run(calendar, "list", "2026").stdout


def test_pack_commands() -> None:
    assert "wugang" in run(pack, "list").stdout
    shown = json.loads(run(pack, "show", "wugang", "--json").stdout)
    rows = {row["key"]: row for row in shown["parameters"]}
    cap = rows["cap.per_year"]
    assert (cap["value"], cap["strength"], cap["source"]) == (2, "principle", "W9")
    assert "不规定" in run(pack, "show", "jilin").stdout
    assert run(pack, "check", "jilin").exit_code == 0
    assert json.loads(run(pack, "check", "jilin", "--json").stdout) == []
    assert run(pack, "show", "henan").exit_code == 1


def _create(home) -> None:
    database = Database(f"sqlite:///{home / 'casework.db'}")
    Base.metadata.create_all(database.engine)
    database.dispose()


def test_registry_import_and_export(home) -> None:
    _create(home)
    world = sample.prepare("wugang", objects=20)
    paths = sample.write(world, home / "files")
    bare = sample.prepare("wugang", objects=20)
    for plan in bare.bureaus:
        plan.objects, plan.inspectors, plan.conflicts, plan.items = [], [], [], []
    database = Database(f"sqlite:///{home / 'casework.db'}")
    with database.transaction() as session:
        sample.load(session, bare)
    database.dispose()
    for path in paths:
        assert run(registry, "import", str(path), "--dry-run").exit_code == 0 or "conflicts" in path.name
    for path in paths:
        answer = json.loads(run(registry, "import", str(path), "--json").stdout)
        assert answer["applied"], answer
    out = run(registry, "export", "--to", str(home / "out"), "--format", "csv")
    assert out.exit_code == 0
    assert (home / "out" / "410481-objects.csv").exists()
    assert run(registry, "export", "--to", str(home / "out"), "--public").exit_code == 0
    bad = home / "bad.csv"
    bad.write_text("编码,名称,类别\nX,名,村卫生室\nH41048100901,好,村卫生室\n", "utf-8")
    refused = run(registry, "import", str(bad))
    assert refused.exit_code == 1
    assert "第 2 行 拒绝 编码" in refused.stdout
    accepted = run(registry, "import", str(bad), "--accept-valid", "--json")
    assert accepted.exit_code == 0
    assert "bad-refused.csv" in json.loads(accepted.stdout)["refused_file"]
    assert (home / "bad-refused.csv").exists()
