"""Before a step that one signs: has this session lately shown whose it is.

`domain/signing.py` says when it must have.
"""

from __future__ import annotations

from engine import clock
from engine.access.session import SessionRow
from engine.domain import signing
from engine.errors import NotAllowed
from engine.operation import Rules
from engine.runtime.tables import WorkItem
from engine.sentence import Sentence


def lacking(row: SessionRow, rules: Rules, item: WorkItem, *, signs: bool) -> bool:
    """Whether the step asks for it and this session has not lately shown it."""
    within = signing.minutes(rules, item.lane, signs=signs)
    return within > 0 and not row.is_proved(clock.now(), within)


def demand(row: SessionRow, rules: Rules, item: WorkItem, *, signs: bool) -> None:
    """Refuse a program that has not shown it (slug `reauth`)."""
    if lacking(row, rules, item, signs=signs):
        raise NotAllowed(
            Sentence("“{step}”要签名，请先再次确认是你本人。", step=item.step),
            clause=signing.source(rules),
            slug="reauth",
            hint="请用同一个会话提交密码（POST /me/proof）或动态口令（POST /me/second-factor），再办理。",
        )
