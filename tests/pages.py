"""Which GET addresses answer with something else than a page of their own."""

from __future__ import annotations

FILES = {
    "board.export",
    "bulk.export",
    "case.export",
    "channel.batch",
    "draw.printed",
    "health.metrics",
    "lookup.find",
    "process.files",
    "process.proposed_files",
    "registry.export",
    "registry.refused_rows",
    "static",
    "upload.download",
    "upload.printed",
}
"""Nothing but files and data, which a walk through all pages need not even ask for."""
DATA = {
    "draw.state",
    "draw.transcript",
    "health.alive",
    "health.ready",
    "inbox.badge",
    "public.draw_state",
    "public.log_head",
    "public.results_csv",
    "public.results_json",
    "public.transcript",
}
LEADS_ON = {"identity.back", "identity.begin", "identity.link"}
"""To the identity provider and back."""
NO_PAGES = FILES | DATA | LEADS_ON
