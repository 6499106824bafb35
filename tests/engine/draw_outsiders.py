"""The two stand-alone verifiers, callable from tests: the Python file and the page's script in node."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

VERIFIERS = Path(__file__).parents[2] / "web" / "static" / "verify"
PAGE = VERIFIERS / "draw_verify.html"
SCRIPT = VERIFIERS / "draw_verify.py"
NODE = shutil.which("node")


@dataclass(frozen=True)
class Case:
    """A transcript to verify, with what a citizen holds in hand."""

    transcript: str
    roster: str | None = None
    head: str | None = None
    previous: str | None = None


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_verify", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_script(cases: list[Case]) -> list[dict[str, Any] | None]:
    """First fault per case, from the Python file."""
    script = load_script()
    found = []
    for case in cases:
        previous = case.previous.encode() if case.previous else None
        _, bad = script.verify(case.transcript.encode(), case.roster, case.head, previous)
        found.append(bad.as_json() if bad else None)
    return found


def by_page(cases: list[Case]) -> list[dict[str, Any] | None]:
    """First fault per case, from the page's script (needs node)."""
    assert NODE
    lines = [json.dumps(case.__dict__) for case in cases]
    done = subprocess.run(
        [NODE, str(Path(__file__).with_name("draw_verify_node.js")), str(PAGE)],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line)["bad"] for line in done.stdout.splitlines()]
