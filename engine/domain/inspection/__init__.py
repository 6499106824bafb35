"""检查 (inspection): one object, one team, from the choice of the leader to the sealed file.

`open_from_draw` and `open_from_lead` make inspections; `team`, `team_leader`, `replace_member`, `arrived`
are for others.
"""

from engine.domain.inspection.approval import cancel
from engine.domain.inspection.licence import licensed_count, refuse_few
from engine.domain.inspection.opening import items, open_from_draw, open_from_lead
from engine.domain.inspection.superior import mark_superior_drawn, superior_drew
from engine.domain.inspection.tables import (
    Disposition,
    Finding,
    Inspection,
    Obstruction,
    SiteRecord,
    TeamMember,
    Visit,
    get,
)
from engine.domain.inspection.team import (
    arrived,
    ever_on_team,
    join,
    refuse_conflict,
    refuse_leader,
    replace_member,
    team,
    team_leader,
    team_persons,
)
from engine.domain.inspection.trouble import report_obstruction
from engine.domain.inspection.visit import findings, refuse_unshown, shown_certificates

__all__ = [
    "Disposition",
    "Finding",
    "Inspection",
    "Obstruction",
    "SiteRecord",
    "TeamMember",
    "Visit",
    "arrived",
    "cancel",
    "ever_on_team",
    "findings",
    "get",
    "items",
    "join",
    "licensed_count",
    "mark_superior_drawn",
    "open_from_draw",
    "open_from_lead",
    "refuse_conflict",
    "refuse_few",
    "refuse_leader",
    "refuse_unshown",
    "replace_member",
    "report_obstruction",
    "shown_certificates",
    "superior_drew",
    "team",
    "team_leader",
    "team_persons",
]
