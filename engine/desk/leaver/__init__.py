"""移交离岗人员的待办: everything that lies with who leaves, in one action, each row by itself with its own answer.

Steps, errands and questions (asked of the leaver, or by the leaver), shared views. What cannot change hands is named
with its reason and its way (`rest`). 依据: 吉 第十二、十三条, 舞 第八条 (职责分离、回避).
"""

from engine.desk.leaver.act import KINDS, hand_over, is_key, leavers, preview
from engine.desk.leaver.rest import Left, rest
from engine.desk.leaver.row import BACK, Done, Row

__all__ = ["BACK", "KINDS", "Done", "Left", "Row", "hand_over", "is_key", "leavers", "preview", "rest"]
