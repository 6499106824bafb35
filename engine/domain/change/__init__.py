"""清单和名录库变更 (the process `registry`).

Drafted by the unit that keeps the list, approved by another, made public.
"""

from engine.domain.change import shown
from engine.domain.change.approval import approve, check_legal, record_government
from engine.domain.change.drafting import draft, next_superior, open_change, owner_of, propose
from engine.domain.change.effect import acknowledge_impact, apply, impact, publish
from engine.domain.change.tables import RegistryChange, get

__all__ = [
    "RegistryChange",
    "acknowledge_impact",
    "apply",
    "approve",
    "check_legal",
    "draft",
    "get",
    "impact",
    "next_superior",
    "open_change",
    "owner_of",
    "propose",
    "publish",
    "record_government",
    "shown",
]
