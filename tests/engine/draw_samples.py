"""The worked example of docs/draw.md, fresh for every caller."""

from __future__ import annotations

from typing import Any

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
