"""The registry lock held by the database.

What decides a draw cannot change behind the application's back either. 依据: 吉 第十二条 and domain §2 no. 5:
nobody edits a registry between the freeze and the end of a draw. Marks that other cases leave meanwhile
(credit class, visits, a superior's draw, an absence, a revoked licence) are not among the columns.
"""

from __future__ import annotations

from sqlalchemy import DDL, Table, event

from engine.domain.registry.tables import Certificate, Inspector, RegistryObject

OBJECT_COLUMNS = (
    "bureau_id", "code", "kind", "level", "division", "agreement_state", "active", "closed_on",
)  # fmt: skip
INSPECTOR_COLUMNS = ("bureau_id", "staff_no", "specialties", "can_lead", "is_expert", "relatives")
CERTIFICATE_COLUMNS = ("inspector_id", "type", "number", "valid_from", "valid_to")

_BUREAU = {
    "registry_object": "{row}.bureau_id",
    "inspector": "{row}.bureau_id",
    "certificate": "(SELECT bureau_id FROM inspector WHERE id = {row}.inspector_id)",
}
_HELD = (
    "EXISTS (SELECT 1 FROM registry_lock "
    "WHERE released_at IS NULL AND kind = '{kind}' AND bureau_id = {bureau})"
)


def lock_ddl(dialect: str, table: str, kind: str, columns: tuple[str, ...]) -> list[str]:
    """The statements by which a held registry refuses changes of these columns, new rows and deletions."""
    named = ", ".join(columns)
    message = f"{table} is locked by a draw"
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_locked_{verb} BEFORE {event_} ON {table} WHEN {_held(table, kind, row)} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            for verb, event_, row in (
                ("insert", "INSERT", "NEW"),
                ("update", f"UPDATE OF {named}", "OLD"),
                ("delete", "DELETE", "OLD"),
            )
        ]
    old, new = _held(table, kind, "OLD"), _held(table, kind, "NEW")
    function = (
        f"CREATE OR REPLACE FUNCTION {table}_locked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP <> 'INSERT' THEN IF {old} THEN RAISE EXCEPTION '{message}'; END IF; END IF; "
        f"IF TG_OP <> 'DELETE' THEN IF {new} THEN RAISE EXCEPTION '{message}'; END IF; RETURN NEW; END IF; "
        "RETURN OLD; END $$"
    )
    trigger = (
        f"CREATE TRIGGER {table}_locked BEFORE INSERT OR DELETE OR UPDATE OF {named} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_locked()"
    )
    return [function, trigger]


def _held(table: str, kind: str, row: str) -> str:
    return _HELD.format(kind=kind, bureau=_BUREAU[table].format(row=row))


GUARDED: tuple[tuple[Table, str, tuple[str, ...]], ...] = (
    (RegistryObject.metadata.tables["registry_object"], "objects", OBJECT_COLUMNS),
    (Inspector.metadata.tables["inspector"], "inspectors", INSPECTOR_COLUMNS),
    (Certificate.metadata.tables["certificate"], "inspectors", CERTIFICATE_COLUMNS),
)

for _table, _kind, _columns in GUARDED:
    for _dialect in ("sqlite", "postgresql"):
        for _statement in lock_ddl(_dialect, _table.name, _kind, _columns):
            event.listen(_table, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
