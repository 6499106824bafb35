"""Draws for tests: the worked example of docs/draw.md, a full one, an imported one; always fresh."""

from __future__ import annotations

from typing import Any

from engine.domain.draw import (
    Document,
    Transcript,
    append_close,
    append_replace,
    append_sub,
    candidates_for,
    check_document,
    compute,
)
from engine.domain.draw.instances import Shape, make
from engine.domain.draw.text import sha256

REVEAL = {"secrets": ["1" * 64, "2" * 64], "beacon": ""}


def _thing(code: str, visits: int, excl: str = "") -> dict[str, Any]:
    return {"id": code, "stratum": "clinic", "excl": excl, "visits": visits, "cap": 2, "listed": False}


def _person(code: str, spec: str, load: int, *, lead: bool) -> dict[str, Any]:
    return {"id": code, "cert": True, "lead": lead, "spec": [spec], "load": load, "excl": ""}


def example() -> dict[str, Any]:
    return {
        "v": "SR1",
        "draw": "410481-2026-0001",
        "hash": "sha256",
        "salt": "0" * 64,
        "prev_head": "0" * 64,
        "release": "wugang-1",
        "rules": {"cap": 2},
        "strata": {"clinic": {"num": 1, "den": 3, "min": 1, "round": "up"}},
        "objects": [
            _thing("H41048100001", 0),
            _thing("H41048100002", 2, "cap"),
            _thing("P41048100003", 1),
            _thing("P41048100004", 0),
        ],
        "inspectors": [
            _person("E01", "clin", 0, lead=True),
            _person("E02", "pharm", 0, lead=False),
            _person("E03", "fin", 1, lead=True),
        ],
        "aliases": "f" * 64,
        "groups": [{"id": "G01", "spec": "clin"}],
        "roles": ["lead", "cert"],
        "conflicts": [["E01", "P41048100004"]],
        "parties": [
            {"name": "bureau", "commit": "11bf58d7209d52376c1597f87b3c143a93fc7472563bece15fc64d4d5a3b76e3"},
            {"name": "witness", "commit": "bea8c9d5442ff2f48baf855731e78543f2fee7cf3a3062ec6e1ef799b58bd887"},
        ],
        "beacon": "",
        "publish_by": "2026-12-31",
    }


def signed(name: str) -> dict[str, str]:
    return {"name": name, "sig": f"{name} 手签 2026-10-12"}


def files(*names: str) -> list[dict[str, str]]:
    return [{"name": name, "sha256": sha256(name.encode())} for name in names]


LARGER = Shape(
    objects=60,
    strata=3,
    quota=(1, 4),
    groups=3,
    people=24,
    roles=("lead", "cert", "spec", "any"),
    conflicts=40,
)


def full_draw(
    name: str = "full", draw: str = "220000-2026-0001", shape: Shape = LARGER
) -> tuple[Document, Transcript]:
    """A draw with everything in it: substitutions, absences, a second vacancy, replacements, the end."""
    data, reveal = make(name, shape, draw)
    document = check_document(data)
    transcript = compute(document, reveal)
    first, second = document.group_ids[0], document.group_ids[-1]
    early = candidates_for(transcript, document, first, 3)[0].id
    away = {"id": early, "reason": "unavailable", "evidence": files("请假条.pdf")}
    transcript = append_sub(
        transcript,
        document,
        group=first,
        role=3,
        reason="recusal",
        evidence=files("b.pdf", "回避申请.pdf"),
        absent=[away],
        witness=signed("witness"),
    )
    transcript = append_sub(
        transcript, document, group=first, role=3, reason="unavailable", witness=signed("witness")
    )
    route = transcript.body("route")
    assert route
    transcript = append_replace(
        transcript, document, thing=route["groups"][-1][0], reason="closed", evidence=files("注销公告.pdf")
    )
    transcript = append_sub(
        transcript, document, group=second, role=1, reason="unavailable", witness=signed("witness")
    )
    transcript = append_replace(transcript, document, thing=route["groups"][0][0], reason="merged")
    return document, append_close(transcript, document)


def imported() -> dict[str, Any]:
    return {
        "v": "IMPORT1",
        "draw": "410481-2026-0002",
        "prev_head": "0" * 64,
        "platform": "henan-ssj",
        "serial": "豫抽〔2026〕17 号",
        "at": "2026-10-12T09:30+08:00",
        "operator": "S1007",
        "witness": "S2003",
        "evidence": files("平台截图.png", "抽取结果.xlsx"),
        "objects": ["H41048100001", "P41048100003"],
        "groups": [
            {"id": "G01", "objects": ["H41048100001"], "members": ["S1002", "S1001"]},
            {"id": "G02", "objects": ["P41048100003"], "members": ["S1003", "S1004"]},
        ],
    }
