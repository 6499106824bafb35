"""Which documents there are, by which article, and what each needs: field → label, list → columns → labels.

In the order in which a case makes them, which is the order of every list of papers.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.domain.document.catalogue import concluding, drawing, planning, visiting
from engine.domain.document.catalogue.template import HEAD, Template

_FOUND = {
    each.name: each for module in (planning, drawing, visiting, concluding) for each in module.TEMPLATES
}
_ORDER = (
    "plan",
    "approval",
    "roster",
    "draw",
    "inspection_approval",
    "notice",
    "rights",
    "record",
    "record_form",
    "preservation",
    "feedback",
    "correction",
    "transfer",
    "report",
    "handover",
    "publication",
    "substitution",
    "ledger",
    "archive",
)

TEMPLATES: Mapping[str, Template] = {name: _FOUND[name] for name in _ORDER}

__all__ = ["HEAD", "TEMPLATES", "Template"]
