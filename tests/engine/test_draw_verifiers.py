"""Three programs that share no line agree on every draw, event by event."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter

import pytest

from engine.domain.draw import (
    append_close,
    append_platform_sub,
    append_void,
    check_document,
    commit,
    compute,
    import_transcript,
    ticket_of,
    verify,
)
from engine.domain.draw.instances import random_instance
from engine.domain.draw.text import sm3
from tests.engine.draw_outsiders import NODE, PAGE, SCRIPT, Case, by_page, by_script, load_script
from tests.engine.draw_samples import example, full_draw, imported

node = pytest.mark.skipif(NODE is None, reason="node is not installed; the browser test runs the same page")
INSTANCES = 200


@pytest.fixture(scope="module")
def made_up() -> list[Case]:
    cases = []
    for number in range(INSTANCES):
        data, reveal = random_instance(number)
        document = check_document(data)
        transcript = compute(document, reveal)
        text = json.dumps(transcript.as_json(), ensure_ascii=False)
        cases.append(Case(text, document.roster, transcript.head))
    return cases


def test_made_up_draws_are_of_every_kind(made_up):
    draws = [json.loads(case.transcript) for case in made_up]
    ends = Counter(draw["events"][-1]["type"] for draw in draws)
    assert min(ends["place"], ends["fail"]) > INSTANCES // 4
    assert {draw["document"]["hash"] for draw in draws} == {"sha256", "sm3"}
    assert {bool(draw["document"]["beacon"]) for draw in draws} == {True, False}


def test_the_engine_recomputes_its_own_draws(made_up):
    for case in made_up:
        assert verify(case.transcript, roster=case.roster, head=case.head).bad is None


def test_the_python_file_gets_the_same_heads(made_up):
    assert by_script(made_up) == [None] * INSTANCES


@node
def test_the_page_gets_the_same_heads(made_up):
    assert by_page(made_up) == [None] * INSTANCES


def everything_after_place() -> list[Case]:
    """A full draw, its follower, an import with its substitutions, voids at every step."""
    _, first = full_draw()
    cases = [Case(json.dumps(first.as_json()), head=first.head)]
    platform = import_transcript(imported())
    platform = append_platform_sub(
        platform,
        group="G01",
        out="S1001",
        substitute="",
        reason="unavailable",
        witness={"name": "S2003", "sig": "平台单号 18"},
    )
    platform = append_platform_sub(
        platform,
        group="G01",
        out="",
        substitute="S1009",
        reason="unavailable",
        witness={"name": "S2003", "sig": "平台单号 19"},
    )
    platform = append_close(platform, publish_by="2026-12-31")
    cases.append(Case(json.dumps(platform.as_json(), ensure_ascii=False), head=platform.head))
    data = imported() | {"draw": "410481-2026-0003", "prev_head": platform.head}
    follower = append_void(
        import_transcript(data), None, reason="ordered", by=[{"name": "S2003", "sig": "见纪要"}]
    )
    cases.append(
        Case(json.dumps(follower.as_json()), head=follower.head, previous=json.dumps(platform.as_json()))
    )
    data, reveal = random_instance(0)
    document = check_document(data)
    whole = compute(document, reveal)
    for events in range(1, len(whole.events) + (whole.events[-1].type != "fail")):
        begun = commit(document)
        for event in whole.events[1:events]:
            begun = begun.then(event.type, event.body)
        ended = append_void(
            begun,
            document,
            reason="reveal-missing",
            by=[{"name": "witness", "sig": "a"}, {"name": "bureau", "sig": "b"}],
        )
        cases.append(Case(json.dumps(ended.as_json()), document.roster, ended.head))
    return cases


def test_substitutions_imports_and_voids_verify_everywhere():
    cases = everything_after_place()
    for case in cases:
        assert verify(case.transcript, roster=case.roster, head=case.head, previous=case.previous).bad is None
    assert by_script(cases) == [None] * len(cases)


@node
def test_substitutions_imports_and_voids_verify_on_the_page():
    cases = everything_after_place()
    assert by_page(cases) == [None] * len(cases)


def test_the_python_file_needs_nothing_but_the_standard_library():
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= set(sys.stdlib_module_names)


def test_the_python_file_brings_its_own_sm3():
    script = load_script()
    for length in (0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 1000):
        data = bytes(range(256)) * 4
        assert script.sm3_own(data[:length]) == sm3(data[:length])


def test_the_page_fetches_nothing():
    page = PAGE.read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    for word in ("http://", "https://", "fetch(", "XMLHttpRequest", "<link", "src="):
        assert word not in page


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )


def test_the_python_file_speaks_to_a_citizen(tmp_path):
    transcript = compute(check_document(example()), {"secrets": ["1" * 64, "2" * 64], "beacon": ""})
    file = tmp_path / "t.json"
    file.write_text(json.dumps(transcript.as_json()), encoding="utf-8")
    done = run(str(file), "--ticket", "H41048100001", "--head", transcript.head)
    assert done.returncode == 0
    assert "OK" in done.stdout
    assert "not checked: --roster" in done.stdout
    document = check_document(example())
    own = ticket_of(document, verify(transcript.as_json()).checks[4].note, "H41048100001")
    assert own.ticket in done.stdout
    assert own.cutoff in done.stdout
    wrong = run(str(file), "--roster", "0" * 64, "--json")
    assert wrong.returncode == 1
    bad = json.loads(wrong.stdout)["bad"]
    assert (bad["n"], bad["check"], bad["path"]) == (0, 2, "D")
    assert run(str(tmp_path / "none.json")).returncode == 2
