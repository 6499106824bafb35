"""What a document is: its file, title, articles, the fields it must be given, its lists of rows.

An empty text or list says «nothing»; a field that is absent or None is refused by name before typesetting.
Names end in `_fen` for money (int), `_on` for days, `_at` for instants (ISO text). Signatures are
`{name, path, signed_at}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# What every document carries besides its own fields; `case_no` is the case or task number.
HEAD: Mapping[str, str] = {
    "bureau": "机关",
    "document_no": "文号",
    "case_no": "案件或任务编号",
    "date": "日期",
    "verify_url": "验真网址",
}

INSPECTORS = {"name": "姓名", "certificate_no": "执法证号", "duty": "职责"}
OPINIONS = {"step": "环节", "person": "办理人", "decision": "意见", "opinion": "说明", "at": "时间"}
SIGNING = {
    "late_entry": "补录说明",
    "signature_state": "签字情况",
    "unsigned_reason": "未取得签字的原因",
    "object_signature": "被检查对象签名",
    "witness_name": "见证人姓名",
    "witness_contact": "见证人联系方式",
    "witness_signature": "见证人签名",
    "inspector_signatures": "检查人员签名",
    "inspectors_unsigned": "待签名的检查人员",
}


@dataclass(frozen=True, slots=True)
class Template:
    """A document: its file under `documents/`, title, articles, fields and lists of rows."""

    name: str
    title: str
    clause: str
    fields: Mapping[str, str]
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    list_labels: Mapping[str, str] = field(default_factory=dict)
    pack: str = "national"

    @property
    def file(self) -> str:
        """Its path in a pack and in a release."""
        return f"documents/{self.name}.typ"
