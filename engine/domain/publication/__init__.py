"""公示 (publication): versions, receipts per channel, the public view, batch file and push."""

from engine.domain.publication.batch import pending, workbook
from engine.domain.publication.content import is_market_body, mask_id, mask_name, personal_data
from engine.domain.publication.push import deliver, delivered
from engine.domain.publication.shown import results, trail
from engine.domain.publication.tables import CHANNEL_LABELS, ChannelEndpoint, Publication, PublicationReceipt
from engine.domain.publication.verbs import (
    complete,
    published,
    receipts,
    refuse_other_unit,
    refuse_owed,
    refuse_reviewer,
    versions,
)

__all__ = [
    "CHANNEL_LABELS",
    "ChannelEndpoint",
    "Publication",
    "PublicationReceipt",
    "complete",
    "deliver",
    "delivered",
    "is_market_body",
    "mask_id",
    "mask_name",
    "pending",
    "personal_data",
    "published",
    "receipts",
    "refuse_other_unit",
    "refuse_owed",
    "refuse_reviewer",
    "results",
    "trail",
    "versions",
    "workbook",
]
