"""A signature comes from the person whose name it bears (签署前再次确认本人).

Which steps ask their person to show again who they are, and for how long that counts, stands in the pack.
依据: 电子签名法 (电子签名由签名人本人控制), 吉 第十二条、第二十条, 舞 第十二条.
"""

from __future__ import annotations

from engine.domain.terms import LANES
from engine.operation import Rules
from engine.people import Role

APPROVERS = (Role.LEADER.value, Role.HEAD.value)


def minutes(rules: Rules, lane: str, *, signs: bool) -> int:
    """Within how many minutes before a step its person must have shown who they are; 0: the pack does not ask.

    `signs`: whether the form of the step has a signature.
    """
    kinds = set(rules.value("sign.reauth") or ())
    asked = ("signature" in kinds and signs) or ("approval" in kinds and LANES.get(lane) in APPROVERS)
    return int(rules.value("sign.reauth_minutes") or 0) if asked else 0


def source(rules: Rules) -> str:
    """The articles behind it, in the words of the pack's users."""
    return rules.cite(rules["sign.reauth"].source)
