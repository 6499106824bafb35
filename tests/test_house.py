"""The house keeps its own rules: where things live, who knows what, what stands in the tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from jinja2 import Environment, nodes
from lxml import etree

from engine import settings
from engine.settings import ROOT

ROOMS = ("engine", "forms", "web")
NOT_NAMES = {"utils", "helpers", "services", "common", "manager", "managers", "util", "helper", "misc"}
LINES = 400
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def tracked() -> list[Path]:
    """Every file of the product: what git tracks, or all of an unpacked archive."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)  # noqa: S607
    if listed.returncode:
        skip = {".venv", "var", "__pycache__", ".git", "node_modules"}
        return [p for p in ROOT.rglob("*") if p.is_file() and not skip & set(p.relative_to(ROOT).parts)]
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


TREE = tracked()
# web/static/verify holds programs for outsiders: they know nothing of the house.
MODULES = [
    path
    for path in TREE
    if path.suffix == ".py"
    and path.parts[-3:-1] != ("static", "verify")
    and path.relative_to(ROOT).parts[0] in ROOMS
]
SOURCES = {path: path.read_text("utf-8") for path in MODULES}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def where(pattern: str, *, besides: tuple[str, ...] = ()) -> list[str]:
    """`file:line` of every line of code that matches, comments and docstrings left out."""
    found = []
    for path, source in SOURCES.items():
        if name_of(path).startswith(besides):
            continue
        for number, line in enumerate(code_only(source).splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{name_of(path)}:{number}")
    return found


def code_only(source: str) -> str:
    """The source with its strings and comments blanked, lines kept."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.end_lineno:
            for number in range(node.lineno - 1, node.end_lineno):
                start = node.col_offset if number == node.lineno - 1 else 0
                raw = lines[number].encode()
                end = node.end_col_offset if number == node.end_lineno - 1 else len(raw)
                lines[number] = (raw[:start] + b" " * max(0, end - start) + raw[end:]).decode(
                    errors="replace"
                )
    return "\n".join(re.sub(r"#.*", "", line) for line in lines)


def test_the_four_names_belong_only_to_us():
    """An application in its own environment: no library may bring a package of these names."""
    owners = packages_distributions()
    for name in ("engine", "forms", "web", "tests"):
        assert set(owners.get(name, [])) <= {"inspection-casework"}, (name, owners.get(name))


def test_a_transaction_is_committed_in_one_place():
    assert [spot.partition(":")[0] for spot in where(r"\.commit\(")] == ["engine/storage/session.py"]


def test_pages_and_calls_change_things_in_one_way():
    """By `run`, which does again what lost a race; only a command opens a transaction of its own."""
    opened = where(r"\.transaction\(", besides=("engine/", "forms/", "web/cli"))
    assert not opened, "\n".join(opened)


def test_one_room_knows_the_bpmn_kernel():
    rooms = {Path(spot.partition(":")[0]).parent.as_posix() for spot in where(r"\bSpiffWorkflow\b")}
    assert rooms == {"engine/runtime/spiff"}


def test_the_clock_is_read_in_one_place():
    """Tests, demos and rehearsals hold the clock; whoever reads the system's own would slip through."""
    reading = r"datetime\.(now|utcnow|today)\(|date\.today\(|\btime\.time\(|\btime_ns\("
    assert {spot.partition(":")[0] for spot in where(reading)} == {"engine/clock.py"}


def test_names_say_what_is_inside():
    parts = {part.removesuffix(".py") for path in MODULES for part in path.relative_to(ROOT).parts}
    assert not parts & NOT_NAMES


def test_a_long_module_says_why():
    """More than 400 lines needs a reason, and the reason stands in the module's docstring."""
    reason = re.compile(r"(?i)\blong because\b|\bhence the length\b")
    mute = [
        f"{name_of(path)}: {len(source.splitlines())} lines"
        for path, source in SOURCES.items()
        if len(source.splitlines()) > LINES
        and "migrations/versions" not in name_of(path)
        and not reason.search(ast.get_docstring(ast.parse(source)) or "")
    ]
    assert not mute, "\n".join(mute)


def public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    inner
                    for inner in node.body
                    if isinstance(inner, kinds) and not inner.name.startswith("_")
                )


def test_everything_public_says_what_it_is():
    silent = []
    for path, source in SOURCES.items():
        if "migrations/versions" in name_of(path):
            continue
        tree = ast.parse(source)
        if source.strip() and not ast.get_docstring(tree):
            silent.append(name_of(path))
        silent += [f"{name_of(path)}:{n.lineno} {n.name}" for n in public(tree) if not ast.get_docstring(n)]
    assert not silent, "\n".join(silent)


def test_nothing_is_left_undone_or_skipped():
    marks = re.compile(
        r"\b(TO" r"DO|FIX" r"ME|X" r"XX|raise NotImplementedError)\b|pytest\.(mark\.)?(skip|xfail)"
    )
    kinds = {"", ".py", ".bpmn", ".dmn", ".form", ".toml", ".html", ".css", ".js"}
    foreign = {"conformance", "axe"}
    found = [
        f"{name_of(path)}: {match[0]}"
        for path in TREE
        if path.suffix in kinds and not foreign & set(path.parts) and path.name != "test_house.py"
        for match in marks.finditer(path.read_text("utf-8", errors="replace"))
    ]
    # The third verifier runs in a browser; where Node.js is missing the browser test runs the same page.
    node = {
        "tests/engine/test_draw_mutations.py: pytest.skip",
        "tests/engine/test_draw_verifiers.py: pytest.mark.skip",
    }
    assert set(found) <= node, "\n".join(found)


def test_the_tree_names_no_index_and_no_workplace():
    """A stranger's machine has its own index and its own folders."""
    private = re.compile(
        rb"files\.python"
        rb"hosted\.org|://[\w.-]*(pypi|artifactory|nexus|registry\.npm)[\w.-]*/|--(extra-)?index-url"
        rb"|--find"
        rb"-links|\.\./sha"
        rb"red/|/work"
        rb"/(shared|main|\.library)\b|/ho"
        rb"me/\w+/|/tmp"
        rb"/brief"
    )
    found = [
        f"{name_of(path)}: {match[0].decode()}"
        for path in TREE
        for match in private.finditer(path.read_bytes())
    ]
    allowed = {"scripts/lock: --no-emit-index-url"}
    assert not [line for line in found if line not in allowed], "\n".join(found)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_every_locked_package_carries_hashes(lock):
    text = (ROOT / lock).read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 30
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
        assert "://" not in entry, entry


def test_every_setting_stands_in_the_operators_table():
    """`docs/operations.md` names every setting there is, and none that there is not."""
    rows = re.findall(
        r"^\| (`[A-Z_`, ]+`) \|", (ROOT / "docs" / "operations.md").read_text("utf-8"), re.MULTILINE
    )
    assert {name for row in rows for name in re.findall(r"[A-Z_]+", row)} == settings.NAMES


def test_the_rooms_look_only_downwards():
    """`lint-imports` prints the sentences that describe the house; all are kept."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("file", sorted((ROOT / "workflows").glob("*/*.bpmn")), ids=name_of)
def test_diagrams_speak_chinese(file):
    """Every pool, lane, step, event and question (a gateway that splits) has a Chinese name."""
    named = {"participant", "lane", "process", "subProcess", "callActivity", "startEvent", "endEvent"}
    nameless = []
    for node in etree.parse(file).iter(f"{BPMN}*"):
        kind = etree.QName(node).localname
        splits = kind == "exclusiveGateway" and len(node.findall(f"{BPMN}outgoing")) > 1
        if (
            kind in named or splits or kind.endswith(("Task", "CatchEvent", "boundaryEvent"))
        ) and not re.search(r"[\u4e00-\u9fff]", node.get("name", "")):
            nameless.append(f"line {node.sourceline}: {kind} {node.get('id')} «{node.get('name', '')}»")
    assert not nameless, "\n".join(nameless)


@pytest.mark.parametrize("file", sorted((ROOT / "workflows").glob("*/*.bpmn")), ids=name_of)
def test_every_human_step_names_form_article_and_deadline(file):
    """Nothing is left to a silent default: where no rule gives a time, the step says `step.default`."""
    missing = []
    for node in etree.parse(file).iter(f"{BPMN}userTask"):
        said = {each.get("name") for each in node.iter("{*}property")}
        missing += [
            f"{node.get('id')}: {name}" for name in ("form", "clause", "deadline") if name not in said
        ]
    assert not missing, "\n".join(missing)


def test_a_word_has_its_places():
    """One word, the same file name everywhere: a diagram has its scenario module."""
    scenarios = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "scenarios").glob("test_*.py")}
    diagrams = {path.stem for path in (ROOT / "workflows").glob("*/*.bpmn")}
    assert not diagrams - scenarios


HAN = re.compile(r"[\u3000-\u303f\u3400-\u9fff（），：；！？]")
OTHER_CATALOGUE = {"openapi.py"}  # the interface describes itself in one language
MARKED = {"_", "gettext", "lazy_gettext"}


def test_every_text_of_a_page_is_marked_for_translation():
    """Chinese stands in `_("…")`; a name of engine, diagram or form goes through the filter `label`."""
    bare = []
    for path in sorted((ROOT / "web/templates").rglob("*.html")):
        tree = Environment(autoescape=True).parse(path.read_text("utf-8"))
        calls = [
            node for node in tree.find_all(nodes.Call) if getattr(node.node, "name", "") in MARKED
        ] + list(tree.find_all(nodes.Compare))
        marked = {id(const) for call in calls for const in call.find_all(nodes.Const)}
        texts = [(data.lineno, data.data) for data in tree.find_all(nodes.TemplateData)]
        texts += [
            (const.lineno, str(const.value))
            for const in tree.find_all(nodes.Const)
            if id(const) not in marked and isinstance(const.value, str)
        ]
        bare += [f"{name_of(path)}:{line}: {text.strip()[:40]}" for line, text in texts if HAN.search(text)]
    for path, source in SOURCES.items():
        if (
            path.parent.name == "web"
            and not path.name.startswith(("api", "cli"))
            and path.name not in OTHER_CATALOGUE
        ):
            bare += [f"{name_of(path)}:{line}: {text[:40]}" for line, text in unmarked(ast.parse(source))]
    for path in sorted((ROOT / "web/static").glob("*.js")):
        code = re.sub(r"(?m)//.*$|/\*[\s\S]*?\*/", "", path.read_text("utf-8"))
        bare += [f"{name_of(path)}: {line.strip()[:60]}" for line in code.splitlines() if HAN.search(line)]
    assert not bare, "\n".join(bare)


def unmarked(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Chinese constants outside `_("…")`; docstrings and sentences beside a name are prose."""
    quiet: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKED:
            quiet |= {id(inner) for inner in ast.walk(node)}
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            quiet.add(id(node.value))
    for node in ast.walk(tree):
        told = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet
        if told and HAN.search(node.value):
            yield node.lineno, node.value


def test_no_paragraph_holds_a_form():
    """A browser ends a paragraph where a form begins: what stood in one row falls apart."""
    held = re.compile(r"<p\b[^>]*>(?:(?!</p>).)*\{\{ action\(", re.DOTALL)
    found = [
        path.name for path in (ROOT / "web/templates").rglob("*.html") if held.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_every_download_is_named_in_one_way():
    """In the words of the house, whole in UTF-8 (`engine/storage/files.disposition`)."""
    said = re.compile(r"Content-Disposition\W+(\S{0,30})")
    found = {
        path.relative_to(ROOT).as_posix(): said.findall(path.read_text("utf-8"))
        for room in ("engine", "web", "forms")
        for path in sorted((ROOT / room).rglob("*.py"))
    }
    assert {path for path, uses in found.items() if uses} == {
        "engine/storage/files.py",
        "web/draw.py",
        "web/upload.py",
    }
    assert all("disposition(" in use for uses in found.values() for use in uses)
