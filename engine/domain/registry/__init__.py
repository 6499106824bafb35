"""The registries (名录库).

Objects, inspectors with certificates, the item list, conflicts of interest, locks.
"""

from engine.domain.registry.conflicts import (
    conflict_between,
    conflicted,
    declare,
    look_up_ties,
    matrix,
    refuse_conflicted,
    relation_to,
)
from engine.domain.registry.guard import lock_ddl
from engine.domain.registry.lock import lock, may_edit, opened, refuse_editor, refuse_locked, release
from engine.domain.registry.queries import (
    above,
    below,
    current_item_list,
    current_items,
    inspector_by_staff_no,
    inspector_of,
    inspectors_of,
    object_by_code,
    objects_of,
    own_item_lists,
)
from engine.domain.registry.tables import (
    Certificate,
    Conflict,
    ImportRun,
    InspectionItem,
    Inspector,
    ItemList,
    RegistryLock,
    RegistryObject,
)

__all__ = [
    "Certificate",
    "Conflict",
    "ImportRun",
    "InspectionItem",
    "Inspector",
    "ItemList",
    "RegistryLock",
    "RegistryObject",
    "above",
    "below",
    "conflict_between",
    "conflicted",
    "current_item_list",
    "current_items",
    "declare",
    "inspector_by_staff_no",
    "inspector_of",
    "inspectors_of",
    "lock",
    "lock_ddl",
    "look_up_ties",
    "matrix",
    "may_edit",
    "object_by_code",
    "objects_of",
    "opened",
    "own_item_lists",
    "refuse_conflicted",
    "refuse_editor",
    "refuse_locked",
    "relation_to",
    "release",
]
