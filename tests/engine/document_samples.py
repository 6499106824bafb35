"""Plausible, fictional data for every document of the catalogue; long enough to see how pages break."""

from __future__ import annotations

from engine.domain.document import HEAD, TEMPLATES

SIGNED = {
    "name": "罗启南",
    "path": "M40 60L90 50L140 64M80 40L74 110L60 150M150 90L210 80L200 140L160 150M260 50L330 44",
    "signed_at": "2026-10-09T10:16:00+08:00",
}
TYPED = {"name": "周砚秋"}
HEADER = {
    "bureau": "青岭市医疗保障局",
    "document_no": "青医保检〔2026〕90号",
    "case_no": "410481-2026-0090",
    "date": "2026-10-09",
    "verify_url": "https://example.cn/public/d/8Hq2kX?s=Zm9v",
}
LONG = (
    "8月3日至20日，病历0817、0829等4份，静脉输液同日记两次，共11次；收费明细与医嘱不一致。检查人员当场复印病历、收费明细，"
    "并请护士站负责人说明情况。\n收费公示栏缺少2项价格，已当场补正。"
)
SPECIAL = {
    "year": 2026,
    "quarter": 4,
    "base": 430,
    "eligible": 388,
    "ratio": "10%",
    "sample_size": 39,
    "visit_no": 1,
    "assistants": 2,
    "pages": 46,
    "candidates": 4,
    "licensed_after": 2,
    "version": 1,
    "consensus": "意见一致",
    "methods": ["实地检查", "网络监测"],
    "recovered_fen": 123456789,
    "money_fen": 254000,
    "direction": "上报",
    "signature_state": "负责人当面签字",
    "inspector_signatures": [TYPED],
    "inspectors_unsigned": ["韩立群"],
    "object_name": "白杨社区卫生服务中心",
    "object_code": "H41048100123",
    "complaint_phone": "0375-8100000",
    "case_title": "白杨社区卫生服务中心医疗保障基金使用情况检查",
    "checked": "是",
    "overdue_note": "",
    "late_entry": "",
    "redraw_of": "",
    "pool_hash": "8f3a" * 16,
    "staff_hash": "19bc" * 16,
    "head": "d07e" * 16,
    "roster": "8b84" * 16,
    "previous_head": "0000" * 16,
    "commit": "11bf" * 16,
    "digest": "bea8" * 16,
    "count": 12,
    "hash": "5c1f" * 16,
    "basis": "《医疗保障基金使用监督管理条例》和本年度抽查计划",
    "deadline": "2026-10-30",
    "dates": "10-08至10-09",
    "group": "三",
    "opinion": "属实，同意上报。",
}
LONG_FIELDS = {
    "conditions",
    "situation",
    "facts",
    "summary",
    "explanation",
    "arrangement",
    "work_requirements",
    "discipline",
    "content",
}


def value(field: str, label: str) -> object:  # noqa: PLR0911  (one line per kind of name)
    """A value that suits a field by its name."""
    if field in SPECIAL:
        return SPECIAL[field]
    if field.endswith("_fen"):
        return 254000
    if field.endswith("_on"):
        return "2026-10-09"
    if field.endswith("_at") or field == "at":
        return "2026-10-09T09:30:00+08:00"
    if field == "receiver" or "signature" in field or field.startswith("receipt"):
        return SIGNED
    if field in LONG_FIELDS:
        return LONG
    return label if len(label) > 5 else f"{label}（样例）"


def sample(name: str, rows: int = 3) -> dict[str, object]:
    """Data for a document."""
    template = TEMPLATES[name]
    data: dict[str, object] = {
        field: value(field, label) for field, label in {**HEAD, **template.fields}.items()
    }
    for field, columns in template.lists.items():
        data[field] = [
            {column: value(column, label) for column, label in columns.items()} for _ in range(rows)
        ]
    if name == "handover":
        data["receiver"] = "云川省医疗保障局"
    return data | HEADER
