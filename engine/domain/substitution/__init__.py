"""人员调换 (J13): somebody who was drawn cannot come; the next ticket serves, never a choice."""

from engine.domain.substitution import reinforcement, shown
from engine.domain.substitution.alarm import alarms_of
from engine.domain.substitution.match import import_match, send, settle_match, take_match
from engine.domain.substitution.request import (
    approve,
    decline,
    mode_of,
    refuse_arrived,
    refuse_reason,
    request,
)
from engine.domain.substitution.successor import (
    apply,
    borrow,
    candidates,
    choose,
    confirm,
    decide_vacancy,
    witness,
)
from engine.domain.substitution.tables import Substitution, get

__all__ = [
    "Substitution",
    "alarms_of",
    "apply",
    "approve",
    "borrow",
    "candidates",
    "choose",
    "confirm",
    "decide_vacancy",
    "decline",
    "get",
    "import_match",
    "mode_of",
    "refuse_arrived",
    "refuse_reason",
    "reinforcement",
    "request",
    "send",
    "settle_match",
    "shown",
    "take_match",
    "witness",
]
