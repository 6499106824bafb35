"""抽取名单 D: everything that influences the result, sorted as the protocol wants it, people under aliases.

依据: J12, W9; protocol SR1 2.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.domain.ceremony.pool import Pool, pool_of
from engine.domain.ceremony.tables import Draw
from engine.domain.draw.text import DIGESTS, canonical, lines
from engine.domain.registry import Inspector
from engine.domain.registry.conflicts import matrix
from engine.errors import Refused
from engine.operation import Step


def document_for(
    step: Step, draw: Draw, *, salt: str, prev_head: str, parties: list[dict[str, str]]
) -> dict[str, Any]:
    """D of a draw as the registries stand now; enters the aliases into the row."""
    if draw.publish_by is None:
        raise Refused("没有填写抽取记录最迟公开日期。", slug="publish-by")
    pool = pool_of(step, draw)
    draw.aliases = aliases_for([servant.staff_no for servant in pool.servants], draw.alias_salt, draw.hash)
    by_staff = {staff_no: alias for alias, staff_no in draw.aliases.items()}
    return {
        "v": "SR1",
        "draw": draw.id,
        "hash": draw.hash,
        "salt": salt,
        "prev_head": prev_head,
        "release": f"{step.pack}-{step.release_id}",
        "rules": {
            "cap": pool.cap,
            "exclude_superior": bool(step.rules["exclude.superior_drawn"].value),
        },
        "strata": pool.strata,
        "objects": [
            {
                "id": thing.code,
                "stratum": thing.stratum,
                "excl": thing.excl,
                "visits": thing.visits,
                "cap": thing.cap,
                "listed": thing.listed,
            }
            for thing in pool.things
        ],
        "inspectors": sorted(
            (
                {
                    "id": by_staff[servant.staff_no],
                    "cert": servant.cert,
                    "lead": servant.lead,
                    "spec": list(servant.spec),
                    "load": servant.load,
                    "excl": servant.excl,
                }
                for servant in pool.servants
            ),
            key=lambda row: str(row["id"]),
        ),
        "aliases": DIGESTS[draw.hash](canonical({"salt": draw.alias_salt, "table": draw.aliases})),
        "groups": groups_for(draw.settings),
        "roles": list(draw.settings["roles"]),
        "conflicts": conflicts_for(step, pool, by_staff),
        "parties": parties,
        "beacon": str(draw.settings.get("beacon") or ""),
        "publish_by": draw.publish_by.isoformat(),
    }


def aliases_for(staff_numbers: list[str], salt: str, hash_name: str) -> dict[str, str]:
    """代号: E01, E02, … in an order nobody can foresee, drawn from the secret salt of the alias table."""
    digest = DIGESTS[hash_name]
    shuffled = sorted(staff_numbers, key=lambda staff_no: digest(lines(salt, "alias", staff_no)))
    width = max(2, len(str(len(shuffled))))
    return {f"E{place:0{width}d}": staff_no for place, staff_no in enumerate(shuffled, 1)}


def groups_for(settings: Mapping[str, Any]) -> list[dict[str, str]]:
    """检查组: G01, G02, …, each asking for the specialty that was set."""
    count = int(settings["groups"])
    width = max(2, len(str(count)))
    return [
        {"id": f"G{place:0{width}d}", "spec": str(settings["specialty"])} for place in range(1, count + 1)
    ]


def conflicts_for(step: Step, pool: Pool, aliases: Mapping[str, str]) -> list[list[str]]:
    """利害关系: declared and computed pairs (alias, object code), ascending."""
    if not step.rules["avoidance"].value:
        return []
    session = step.session
    people = session.scalars(
        select(Inspector).where(Inspector.id.in_([servant.inspector_id for servant in pool.servants]))
    ).all()
    codes = {thing.object_id: thing.code for thing in pool.things}
    staff = {who.id: who.staff_no for who in people}
    things = [row for row in pool.rows if row.id in codes]
    return sorted([aliases[staff[who]], codes[thing]] for who, thing in matrix(session, people, things))
