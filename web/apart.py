"""The child that opens and checks a stranger's archive: `python -m web.apart`, spoken to by `engine/desk/apart.py`."""

from __future__ import annotations

import base64
import resource
import sys

import orjson

from engine.errors import Refused
from engine.sentence import spelled


def main() -> int:
    """The child: limits first, then the work."""
    wish = orjson.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_CPU, (wish["seconds"], wish["seconds"]))
    resource.setrlimit(resource.RLIMIT_AS, (wish["memory"], wish["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.dont_write_bytecode = True
    from engine.desk.apart import written  # noqa: PLC0415 (after the limits)
    from engine.desk.release import findings, unpacked  # noqa: PLC0415 (after the limits)
    from engine.desk.world import Answers  # noqa: PLC0415 (after the limits)
    from web.assembly import form_check, form_keys  # noqa: PLC0415 (after the limits)

    base = {path: base64.b64decode(content) for path, content in wish["base"].items()}
    try:
        own = unpacked(base64.b64decode(wish["zip"]))
    except Refused as refusal:
        said = {
            "reason": spelled(refusal.reason),
            "hint": spelled(refusal.hint),
            "slug": refusal.slug,
            "fields": {name: spelled(sentence) for name, sentence in refusal.fields.items()},
        }
        sys.stdout.buffer.write(orjson.dumps({"refused": said}))
        return 1
    found = findings(Answers(form_check, form_keys), {**base, **own})
    answer = {"own": written(own), "findings": [finding.spelled() for finding in found]}
    sys.stdout.buffer.write(orjson.dumps(answer))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
