"""公示 (publication): versions, receipts per channel, the public view, batch file and push."""

from engine.domain.publication.batch import pending, workbook
from engine.domain.publication.change import approve_change, request_change
from engine.domain.publication.channel import complete
from engine.domain.publication.content import is_market_body, mask_id, mask_name, personal_data
from engine.domain.publication.duty import refuse_other_unit, refuse_owed, refuse_reviewer
from engine.domain.publication.push import by_hand, deliver, delivered, endpoint_of, receiver
from engine.domain.publication.shown import results, trail
from engine.domain.publication.tables import (
    CHANNEL_LABELS,
    WEBSITE,
    ChannelEndpoint,
    Publication,
    PublicationReceipt,
)
from engine.domain.publication.verbs import collect, prepare, review
from engine.domain.publication.versions import published, receipts, versions

__all__ = [
    "CHANNEL_LABELS",
    "WEBSITE",
    "ChannelEndpoint",
    "Publication",
    "PublicationReceipt",
    "approve_change",
    "by_hand",
    "collect",
    "complete",
    "deliver",
    "delivered",
    "endpoint_of",
    "is_market_body",
    "mask_id",
    "mask_name",
    "pending",
    "personal_data",
    "prepare",
    "published",
    "receipts",
    "receiver",
    "refuse_other_unit",
    "refuse_owed",
    "refuse_reviewer",
    "request_change",
    "results",
    "review",
    "trail",
    "versions",
    "workbook",
]
