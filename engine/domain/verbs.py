"""Imports every noun of the regulation: its verbs, forms' facts and tables are entered before a release runs."""

from importlib import import_module

WORDS = (
    "calendar", "pack.breach", "registry", "change", "document", "plan", "draw", "ceremony", "substitution",
    "replacement", "lead",
    "inspection", "feedback", "disposition", "report", "publication", "credit", "followup", "archive", "handover",
    "evidence",
)  # fmt: skip

for _word in WORDS:
    import_module(f"engine.domain.{_word}")
