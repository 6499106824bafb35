"""Owners' templates run apart, in a child with little time and memory: a bad loop stops only itself.

Promise P6: nothing that a process owner uploads can stop the service. Templates that ship with the product
are rendered in place; any other bytes go through here. The child reads stdin and gives a PDF or findings.
"""

from __future__ import annotations

import base64
import resource
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from engine.errors import Finding, ModelInvalid
from engine.sentence import Sentence

SECONDS = 20
MEMORY = 3 << 30  # bytes of address space; typst maps its fonts and keeps its caches in it
ROOT = Path(__file__).parents[3]


def render_apart(
    template: bytes, data: Mapping[str, Any], *, title: str, common: bytes, file: str, at: datetime
) -> bytes:
    """As `render`, in a process of its own; ModelInvalid also when it takes more than 20 s of time."""
    wish = {
        "template": base64.b64encode(template).decode(),
        "common": base64.b64encode(common).decode(),
        "data": data,
        "title": title,
        "file": file,
        "at": at.isoformat(),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "engine.domain.document.apart"],
            input=orjson.dumps(wish),
            capture_output=True,
            cwd=ROOT,
            timeout=2 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as fault:
        raise _too_long(file, title) from fault
    if done.returncode == 0:
        return done.stdout
    try:
        raise ModelInvalid([Finding.read(one) for one in orjson.loads(done.stdout)])
    except orjson.JSONDecodeError as fault:
        raise _too_long(file, title) from fault


def _too_long(file: str, title: str) -> ModelInvalid:
    reason = Sentence("模板超过 {seconds} 秒或内存上限，已停止。", seconds=SECONDS)
    return ModelInvalid([Finding(file, "typst", title, 1, "document-limit", reason, "请检查模板中的循环。")])


def main() -> int:
    """The child: limits first, then the work."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
    from engine.domain.document.render import render  # noqa: PLC0415  (after the limits)

    wish = orjson.loads(sys.stdin.buffer.read())
    try:
        made = render(
            base64.b64decode(wish["template"]),
            wish["data"],
            title=wish["title"],
            common=base64.b64decode(wish["common"]),
            file=wish["file"],
            at=datetime.fromisoformat(wish["at"]),
        )
    except ModelInvalid as refusal:
        sys.stdout.buffer.write(orjson.dumps([finding.spelled() for finding in refusal.findings]))
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
