"""The kinds of notices and the words for them.

A kind says why somebody is told; what leaves the house (mail, webhook) is made of the kind, the name of the
step and the link alone: the name of an institution that is to be inspected would warn it (吉 第十二条).
"""

from __future__ import annotations

from types import MappingProxyType

KINDS = MappingProxyType(
    {
        "assigned": "交你办理",
        "offered": "待接收",
        "returned": "退回给你",
        "given_back": "委派交回",
        "withdrawn": "撤回",
        "copied": "抄送",
        "mentioned": "提到你",
        "urged": "催办",
        "answered": "有了回复",
        "due_soon": "将到期",
        "overdue": "已超期",
        "decided": "有了决定",
        "delivery": "没有送出",
        "account": "账号安全",
    }
)
ALWAYS = frozenset({"urged", "overdue", "account"})
"""Kinds that nobody can switch off: they are told because a rule or the own safety is at stake."""


def label(kind: str) -> str:
    """The Chinese word of a kind."""
    return KINDS[kind]


def heading(kind: str, title: str) -> str:
    """One line that may leave the house: `【催办】审批年度计划`."""
    return f"【{KINDS[kind]}】{title}"
