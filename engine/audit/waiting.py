"""Entries of the log that have no place in its chain yet: what a seal reads instead of the whole log.

The database itself enters each new entry here, in the same transaction, and lets it go only once it is sealed. So
a draw or a publication costs what happened since the last seal, however long the log has become. A position («the
last number sealed») would not do: on PostgreSQL a number may be committed after a higher one was sealed.
"""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from engine.storage.base import Base, reference
from engine.storage.guard import guard, made_with

INTO = "INSERT INTO audit_waiting (entry_id) VALUES (NEW.id);"


class AuditWaiting(Base):
    """An entry that waits for its seal."""

    __tablename__ = "audit_waiting"

    entry_id: Mapped[int] = reference("audit_entry.id", primary_key=True, autoincrement=False, index=False)


_WHEN = "CREATE TRIGGER audit_entry_waits AFTER INSERT ON audit_entry"
_FUNCTION = "CREATE OR REPLACE FUNCTION audit_entry_waits() RETURNS trigger LANGUAGE plpgsql AS"
made_with(
    AuditWaiting.__table__,
    {
        "sqlite": [f"{_WHEN} BEGIN {INTO} END"],
        "postgresql": [
            f"{_FUNCTION} $$ BEGIN {INTO} RETURN NULL; END $$",
            f"{_WHEN} FOR EACH ROW EXECUTE FUNCTION audit_entry_waits()",
        ],
    },
)
guard(
    AuditWaiting.__table__,
    "audit_waiting_unsealed",
    ("DELETE",),
    "NOT EXISTS (SELECT 1 FROM audit_seal WHERE entry_id = OLD.entry_id)",
    "an entry waits until it is sealed",
)
guard(
    AuditWaiting.__table__,
    "audit_waiting_kept",
    ("UPDATE",),
    "NEW.entry_id IS DISTINCT FROM OLD.entry_id",
    "an entry waits until it is sealed",
)
