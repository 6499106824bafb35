"""A stranger's archive is opened and checked in a child process with little time and memory (promise P6).

Whatever an uploaded zip does, it does there: the web process sees only names, bytes within limits, and findings.
The child is assembled where the whole product is (`web/apart.py`): the engine may not import the form checks.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.errors import Finding, Refused
from engine.sentence import Sentence, read
from engine.settings import ROOT

CHILD = "web.apart"
SECONDS = 20  # of processor time
MEMORY = 2 << 30  # bytes of address space
PATIENCE = 120  # seconds by the clock, for a machine that is busy


@dataclass(frozen=True, slots=True)
class Examined:
    """The whole content of the release that would come of it, and everything the check found."""

    files: dict[str, bytes]
    findings: list[Finding]

    @property
    def usable(self) -> bool:
        """Whether nothing forbids the release."""
        return not any(finding.severity == "error" for finding in self.findings)


def examine(base: Mapping[str, bytes], archive: bytes = b"") -> Examined:
    """Lay an archive over the files of a release and check the whole; Refused where the archive is no good.

    Also Refused (slug `candidate-limit`) when the check takes more than 20 s of processor or 2 GB.
    """
    wish = {
        "base": written(base),
        "zip": base64.b64encode(archive).decode(),
        "seconds": SECONDS,
        "memory": MEMORY,
    }
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter and module)
            [sys.executable, "-m", CHILD],
            input=orjson.dumps(wish),
            capture_output=True,
            cwd=ROOT,
            timeout=PATIENCE,
            check=False,
        )
        answer: dict[str, Any] = orjson.loads(done.stdout)
    except (subprocess.TimeoutExpired, orjson.JSONDecodeError) as fault:
        reason = Sentence(
            "检查超过 {seconds} 秒或 {memory} GB 内存，已停止。", seconds=SECONDS, memory=MEMORY >> 30
        )
        raise Refused(
            reason, slug="candidate-limit", hint="请减少文件，或把大的图拆开。", fields={"zip": reason}
        ) from fault
    if "refused" in answer:
        no = answer["refused"]
        raise Refused(
            read(no["reason"]),
            hint=read(no["hint"]),
            slug=no["slug"],
            fields={name: read(sentence) for name, sentence in no["fields"].items()},
        )
    own = {path: base64.b64decode(content) for path, content in answer["own"].items()}
    return Examined({**base, **own}, [Finding.read(one) for one in answer["findings"]])


def written(files: Mapping[str, bytes]) -> dict[str, str]:
    """Bytes as JSON carries them."""
    return {path: base64.b64encode(content).decode() for path, content in files.items()}
