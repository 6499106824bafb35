"""消息: what a person is told, through which channel and when. Telling itself is the desk's (`desk/notice`)."""

from engine.domain.notice.tables import Notice, NoticeChoice, NoticeHook
from engine.domain.notice.timing import slot
from engine.domain.notice.words import KINDS, heading, label

__all__ = ["KINDS", "Notice", "NoticeChoice", "NoticeHook", "heading", "label", "slot"]
