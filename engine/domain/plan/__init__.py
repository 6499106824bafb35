"""抽查计划 (J8, J10, W8): sections draft, one compiles, the leader in charge approves, the office publishes.

Then rounds of draw and inspection, one batch of tasks after the other.
"""

from engine.domain.plan import shown
from engine.domain.plan.amendment import amend, approve_amendment, republish
from engine.domain.plan.approval import approve, enter_platform, publish
from engine.domain.plan.coverage import Coverage, assess, measure
from engine.domain.plan.drafting import compile_plan, draft_section, open_plan, propose
from engine.domain.plan.query import get, items_for, tasks_of
from engine.domain.plan.rounds import approve_redraw, close, next_batch, request_redraw
from engine.domain.plan.tables import Plan, PlanAmendment, PlanRedraw, PlanSection, PlanTask

__all__ = [
    "Coverage",
    "Plan",
    "PlanAmendment",
    "PlanRedraw",
    "PlanSection",
    "PlanTask",
    "amend",
    "approve",
    "approve_amendment",
    "approve_redraw",
    "assess",
    "close",
    "compile_plan",
    "draft_section",
    "enter_platform",
    "get",
    "items_for",
    "measure",
    "next_batch",
    "open_plan",
    "propose",
    "publish",
    "republish",
    "request_redraw",
    "shown",
    "tasks_of",
]
