"""A case as people see it: where it stands, what was answered, what happened, who is in it, why when.

Visible are the cases of the own bureau and, for who supervises, of the bureaus below; a team member
sees the cases of the own teams. Anything else is NotFound. 依据: 吉 第二十四条.
"""

from engine.desk.case.listing import (
    KINDS,
    LAMPS,
    STATES,
    CasePage,
    CaseRow,
    find,
    listing,
    name_of,
    visible,
    years,
)
from engine.desk.case.timeline import Entry, timeline, whole
from engine.desk.case.view import CaseView, data_of, form_of, view

__all__ = [
    "KINDS",
    "LAMPS",
    "STATES",
    "CasePage",
    "CaseRow",
    "CaseView",
    "Entry",
    "data_of",
    "find",
    "form_of",
    "listing",
    "name_of",
    "timeline",
    "view",
    "visible",
    "whole",
    "years",
]
