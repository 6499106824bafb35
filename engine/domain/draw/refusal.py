"""A draw refuses by name: where, which rule, and a sentence for the person.

Bad input to a draw is an ordinary refusal of the family in `engine.errors`; it only adds the place
(a JSON Pointer behind `D`, `reveal` or `events`) and one fixed code, so that every implementation of
the protocol can be compared with every other.
"""

from __future__ import annotations

from typing import Any

from engine.errors import Refused
from engine.sentence import Sentence

CODES: dict[str, tuple[str, str]] = {
    "json-duplicate-key": ("同一个键出现了两次", "the same key stands twice"),
    "json-number": (
        "数字只能是整数，不带小数点、指数、前导零，绝对值小于 2^53",
        "numbers are plain integers below 2^53, without fraction, exponent or leading zero",
    ),
    "json-text": ("不是合格的 UTF-8 JSON 文本", "not well-formed JSON text in UTF-8"),
    "missing-key": ("缺少这个键", "this key is missing"),
    "unknown-key": ("不认识这个键", "this key is unknown"),
    "type": ("类型不对", "the value is of the wrong type"),
    "format": ("写法不符合规定", "the value is not written as the protocol requires"),
    "range": ("数值或个数超出范围", "the value or the count is out of range"),
    "unsorted": ("没有按升序排列", "the rows are not in ascending order"),
    "duplicate": ("重复", "the row or name stands twice"),
    "unknown-reference": ("引用了不存在的代码", "the code refers to nothing"),
    "secret-count": ("秘密值的个数与参与方不一致", "there must be one secret per party"),
    "secret-format": ("秘密值必须是 64 位小写十六进制", "a secret is 64 lower-case hex characters"),
    "commitment": ("秘密值与事先的承诺不符", "the secret does not open the party's commitment"),
    "beacon": ("公共随机项与名单约定不符", "the beacon value does not fit what the document announced"),
    "sequence": ("此时不能发生这一步", "this event cannot happen now"),
    "not-candidate": ("不在此次候选之列", "not a candidate for this vacancy"),
}


class DrawRefused(Refused):
    """抽取资料不合规定: the first fault only, as `{path, code, reason}`.

    依据: draw protocol SR1, section "Validation" of docs/draw.md.
    """

    def __init__(self, path: str, code: str, reason: str = "") -> None:
        chinese, english = CODES[code]
        super().__init__(Sentence("{path}：{reason}", path=path, reason=reason or chinese), slug=code)
        self.path = path
        self.code = code
        self.english = f"{path}: {english}"

    def as_error(self) -> dict[str, str]:
        """Exactly `{path, code, reason}`, as `casework draw compute --json` prints it."""
        return {"path": self.path, "code": self.code, "reason": self.reason}

    def as_json(self) -> dict[str, Any]:
        """The error body of the API, with the place of the fault."""
        return {**super().as_json(), "path": self.path}
