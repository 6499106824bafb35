"""What the body of every event looks like, exactly.

Used twice: to refuse a body before it is chained, and by the verifier on bodies somebody else chained.
"""

from __future__ import annotations

from typing import Any, Final

from engine.domain.draw import shape
from engine.domain.draw.refusal import DrawRefused
from engine.domain.draw.shape import Check

ABSENCES: Final = ("recusal", "unavailable")
REPLACEMENTS: Final = ("closed", "merged")
VOID_REASONS: Final = ("reveal-missing", "commitment", "roster-error", "infeasible", "ordered")

_ids = shape.array(shape.identifier)
_index = shape.integer(0)
_count = shape.integer(1)
_signature = shape.row({"name": shape.identifier, "sig": shape.printable})
_file = shape.row({"name": shape.printable, "sha256": shape.hex64})


def _sorted_rows(item: Check, key: str) -> Check:
    rows = shape.array(item)

    def check(value: Any, path: str) -> None:
        rows(value, path)
        shape.strictly_ascending([one[key] for one in value], path)

    return check


evidence: Final = _sorted_rows(_file, "name")


def _sorted_ids(value: Any, path: str) -> None:
    _ids(value, path)
    shape.strictly_ascending(value, path)


def _slot(value: Any, path: str) -> None:
    if type(value) is not list or len(value) != 2:  # noqa: PLR2004 - a pair
        raise DrawRefused(path, "type", "应为 [角色序号, 组] 两项")
    _index(value[0], f"{path}/0")
    shape.identifier(value[1], f"{path}/1")


_absent_row = shape.row({"id": shape.identifier, "reason": shape.one_of(*ABSENCES), "evidence": evidence})
_platform_group = shape.row({"id": shape.identifier, "objects": _sorted_ids, "members": _ids})

_import_row = shape.row(
    {
        "v": shape.one_of("IMPORT1"),
        "draw": shape.draw_number,
        "prev_head": shape.hex64,
        "platform": shape.identifier,
        "serial": shape.printable,
        "at": shape.moment,
        "operator": shape.identifier,
        "witness": shape.identifier,
        "evidence": evidence,
        "objects": _sorted_ids,
        "groups": _sorted_rows(_platform_group, "id"),
    }
)


def _imported(value: Any, path: str) -> None:
    """A platform's result: every dealt object is listed, no object goes to two groups."""
    _import_row(value, path)
    listed = set(value["objects"])
    dealt: set[str] = set()
    for index, group in enumerate(value["groups"]):
        place = f"{path}/groups/{index}"
        for at, thing in enumerate(group["objects"]):
            if thing not in listed:
                raise DrawRefused(f"{place}/objects/{at}", "unknown-reference")
            if thing in dealt:
                raise DrawRefused(f"{place}/objects/{at}", "duplicate")
            dealt.add(thing)
        for at, person in enumerate(group["members"]):
            if person in group["members"][:at]:
                raise DrawRefused(f"{place}/members/{at}", "duplicate")


BODIES: Final[dict[str, Check]] = {
    "commit": shape.row(
        {
            "draw": shape.draw_number,
            "roster": shape.hex64,
            "parties": shape.array(shape.row({"name": shape.identifier, "commit": shape.hex64})),
        }
    ),
    "reveal": shape.row({"secrets": shape.array(shape.hex64), "beacon": shape.printable_or_empty}),
    "objects": shape.row({"drawn": _ids, "reserve": shape.mapping(_ids)}),
    "route": shape.row({"groups": shape.array(_ids)}),
    "duty": shape.row({"order": _ids, "kept": _ids}),
    "place": shape.row({"groups": shape.array(shape.row({"id": shape.identifier, "members": _ids}))}),
    "fail": shape.row(
        {"kept": _ids, "blocking": shape.row({"slots": shape.array(_slot), "people": _ids})},
    ),
    "sub": shape.row(
        {
            "group": shape.identifier,
            "role": _index,
            "n": _count,
            "reason": shape.one_of(*ABSENCES),
            "evidence": evidence,
            "absent": _sorted_rows(_absent_row, "id"),
            "out": shape.identifier_or_empty,
            "in": shape.identifier_or_empty,
            "witness": _signature,
        }
    ),
    "replace": shape.row(
        {
            "object": shape.identifier,
            "group": shape.identifier,
            "stratum": shape.identifier,
            "reason": shape.one_of(*REPLACEMENTS),
            "evidence": evidence,
            "skipped": _ids,
            "in": shape.identifier_or_empty,
        }
    ),
    "close": shape.row({"publish_by": shape.day}),
    "void": shape.row({"reason": shape.one_of(*VOID_REASONS), "by": shape.array(_signature, least=1)}),
    "import": _imported,
}

_AFTER_PLACE: Final = ("sub", "replace", "close", "void")
FOLLOWS: Final[dict[str, tuple[str, ...]]] = {
    "": ("commit", "import"),
    "commit": ("reveal", "void"),
    "reveal": ("objects", "void"),
    "objects": ("route", "void"),
    "route": ("duty", "fail", "void"),
    "duty": ("place", "void"),
    "place": _AFTER_PLACE,
    "sub": _AFTER_PLACE,
    "replace": _AFTER_PLACE,
    "import": ("sub", "close", "void"),
    "close": (),
    "fail": (),
    "void": (),
}


def may_follow(previous: str, kind: str, *, imported: bool) -> bool:
    """Whether an event of this type may come after one of that type (`""` = at the beginning)."""
    return kind in FOLLOWS[previous] and not (imported and kind == "replace")
