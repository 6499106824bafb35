"""A file that is written by a script: write it, or with --check say whether it is current."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
PYTHON = HOUSE / ".venv" / "bin" / "python"


def enter() -> None:
    """Called outside the environment: go into it. Afterwards the product can be imported."""
    if sys.prefix == sys.base_prefix and PYTHON.exists():
        os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606
    sys.path.insert(0, str(HOUSE))


def main(path: str, text: Callable[[], str], purpose: str | None) -> int:
    """0: written, or current; 1: with --check, not current."""
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if it is not current")
    options = parser.parse_args()
    file, new = HOUSE / path, text()
    if file.exists() and file.read_text("utf-8") == new:
        return 0
    if options.check:
        print(f"{path} is not current: run scripts/{Path(sys.argv[0]).name}")
        return 1
    file.write_text(new, "utf-8")
    print(f"{path} written")
    return 0
