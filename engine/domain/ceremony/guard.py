"""A draw that the database itself keeps.

No draw is deleted; what was sealed stays sealed; what has ended grows no further.
依据: J12, W9 (全程留痕、责任可追溯); protocol SR1 (no API deletes or re-opens a draw).
"""

from __future__ import annotations

from sqlalchemy import DDL, event

from engine.domain.ceremony.tables import Draw

SEALED = ("id", "bureau_id", "year", "serial", "mode", "hash", "document", "roster", "aliases", "alias_salt")
"""What event 0 has fixed."""
CHAINED = ("events", "head")
"""What grows until the draw ends."""
OPEN = "('prepared','abandoned')"
ENDED = "('closed','failed','void')"


RULES = (
    ("draw_never_deleted", "DELETE", "", "a draw is never deleted"),
    (
        "draw_sealed",
        f"UPDATE OF {', '.join(SEALED)}",
        f"OLD.state NOT IN {OPEN}",
        "a sealed roster does not change",
    ),
    (
        "draw_ended",
        f"UPDATE OF {', '.join(CHAINED)}",
        f"OLD.state IN {ENDED}",
        "a draw that ended does not go on",
    ),
)
"""Name of the trigger, what it watches, when it refuses, what it says."""


def kept_ddl(dialect: str) -> list[str]:
    """The statements by which the table refuses deletions and late edits."""
    found: list[str] = []
    for name, watched, when, message in RULES:
        if dialect == "sqlite":
            head = f"CREATE TRIGGER {name} BEFORE {watched} ON draw" + (f" WHEN {when}" if when else "")
            found.append(f"{head} BEGIN SELECT RAISE(ABORT, '{message}'); END")
        else:
            head = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            found.append(f"{head} $$ BEGIN RAISE EXCEPTION '{message}'; END $$")
            each = "FOR EACH ROW" + (f" WHEN ({when})" if when else "")
            found.append(f"CREATE TRIGGER {name} BEFORE {watched} ON draw {each} EXECUTE FUNCTION {name}()")
    return found


for _dialect in ("sqlite", "postgresql"):
    for _statement in kept_ddl(_dialect):
        event.listen(Draw.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
