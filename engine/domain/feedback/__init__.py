"""Discussion, consensus and feedback (讨论、共识、反馈): nothing is fed back before the opinion stands.

依据: 吉 第二十二条: discussed with experts and members, on consensus a written opinion, told face to face
to the object and the local bureau at the same time.
"""

from engine.domain.feedback import shown
from engine.domain.feedback.discussion import decide, discuss, settle, vote
from engine.domain.feedback.meeting import finish, meet, receipt_local, receipt_object, skip_local
from engine.domain.feedback.standing import (
    attendants,
    latest,
    of,
    refuse_before_feedback,
    refuse_unsettled,
    votes,
)
from engine.domain.feedback.tables import Feedback, Opinion, OpinionVote

__all__ = [
    "Feedback",
    "Opinion",
    "OpinionVote",
    "attendants",
    "decide",
    "discuss",
    "finish",
    "latest",
    "meet",
    "of",
    "receipt_local",
    "receipt_object",
    "refuse_before_feedback",
    "refuse_unsettled",
    "settle",
    "shown",
    "skip_local",
    "vote",
    "votes",
]
