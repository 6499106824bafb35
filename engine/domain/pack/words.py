"""The values of a pack's parameters in the regulation's words, for who reads or changes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain.terms import (
    METHODS,
    PUBLIC_PLACES,
    REPEAT_REASONS,
    SECTION_KINDS,
    SUBSTITUTION_REASONS,
    role_label,
)

UNREGULATED = "不作规定"
YES, NO = "是", "否"
VALUES: Mapping[str, str] = {
    "institution": "定点医药机构",
    "person": "参保人员",
    "employer": "用人单位",
    "own": "本级",
    "province": "省级医疗保障部门",
    "government": "本级人民政府",
    "annual": "每年",
    "quarterly": "每季度",
    "items": "抽查事项",
    "content": "抽查内容",
    "schedule": "时间安排",
    "ratio": "抽查比例",
    "requirements": "工作要求",
    "discipline": "纪律要求",
    "native": "本系统抽取",
    "import": "导入平台结果",
    "up": "进一",
    "down": "去尾",
    "half-up": "四舍五入",
    "own-device": "在本人设备上生成",
    "typed": "在本系统填写",
    "sha256": "SHA-256",
    "sm3": "SM3",
    "blacklist": "列入黑名单",
    "complaints": "投诉举报较多",
    "violations": "有严重违法违规记录",
    "credit": "信用评价低",
    "lead": "组长",
    "cert": "持证检查人员",
    "spec": "专业人员",
    "any": "检查人员",
    "bureau_among_drawn": "由本局在抽取的人员中确定",
    "drawn": "由抽取产生",
    "draw": "按抽取记录递补",
    "platform": "由平台重新匹配",
    "manual": "由本局指定",
    "basis_and_approval": "有法定依据并经批准",
    "forbidden": "不得采取",
    "reason_and_witness": "注明原因并由见证人签名",
    "reason_optional_witness": "注明原因，可以有见证人",
    "signature": "签字",
    "approval": "审批",
    "required": "应当一致",
    "majority": "多数意见",
    "object": "对象的检查结束之日",
    "task": "整个任务结束之日",
    "website": "本局网站",
    "gsxt": "国家企业信用信息公示系统",
    "advice": "只提出意见",
    "discussion": "参加会商讨论",
    "hired": "可以聘请",
    "by_decision": "由处理决定载明",
}
PARTICULAR: Mapping[tuple[str, str], str] = {
    ("publish.channels", "credit"): "信用信息共享平台",
    ("publish.channels", "platform"): "省级平台",
    ("signature.fallback", "forbidden"): "不能没有签字",
    ("credit.joint_punishment", "required"): "应当移送",
}
"""Where the same value means something else."""
OF_TERMS: Mapping[str, Mapping[str, str]] = {
    "cap.repeat_reasons": REPEAT_REASONS,
    "draw.supervisor_units": SECTION_KINDS,
    "substitution.reasons": SUBSTITUTION_REASONS,
    "plan.methods": METHODS,
    "item_list.channels": PUBLIC_PLACES,
    "registry.channels": PUBLIC_PLACES,
}


def said(key: str, value: Any) -> list[str]:
    """A value as its readers say it, one text for each part: `["signature", "approval"]` → 签字, 审批."""
    if value is None:
        return [UNREGULATED]
    if isinstance(value, bool):
        return [YES if value else NO]
    return [_one(key, str(part)) for part in (value if isinstance(value, list) else [value])]


def _one(key: str, part: str) -> str:
    own = OF_TERMS.get(key, {}).get(part) or PARTICULAR.get((key, part))
    return own or VALUES.get(part) or role_label(part)
