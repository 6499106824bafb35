"""`casework draw`: compute and verify a draw from files, without a database.

Anybody may run this on published files; `web/static/verify/` holds two verifiers that share no line
with it. Exit 0 on success, 1 when the input is refused or a check fails, 2 on wrong usage.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from engine.domain.draw import DrawRefused, check_document, compute

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _say(chinese: str, english: str) -> str:
    return english if os.environ.get("CASEWORK_LANG", "").startswith("en") else chinese


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


@click.group()
def draw() -> None:
    """随机抽取: 重算与核验。"""


@draw.command("compute")
@click.argument("document", type=_FILE)
@click.option("--reveal", type=_FILE, required=True, help="揭示文件 {secrets, beacon}。")
@click.option("--json", "as_json", is_flag=True, help="只向标准输出写一个 JSON 文档。")
def compute_command(document: Path, reveal: Path, *, as_json: bool) -> None:
    """按名单文件 DOCUMENT 和揭示重算抽取结果。"""
    try:
        transcript = compute(check_document(document.read_bytes()), reveal.read_bytes())
    except DrawRefused as error:
        click.echo(_say(str(error), error.english), err=True)
        if as_json:
            _print_json(error.as_error())
        raise SystemExit(1) from error
    if as_json:
        _print_json(transcript.as_json())
        return
    for event in transcript.events:
        click.echo(f"{event.n} {event.type:8} {event.hash}")
