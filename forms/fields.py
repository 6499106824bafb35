"""Our own types, as marshmallow fields whose sentences carry the label of the component.

JSON in, JSON-able out. An empty answer of any type becomes None; whether one is required is decided
later, because a hidden part asks nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import re2
from marshmallow import ValidationError, fields

from engine.sentence import Sentence
from forms.model import Component

ZONE = ZoneInfo("Asia/Shanghai")
TEXT = {"textfield": 500, "textarea": 20_000}
LARGEST = Decimal(10) ** 15
MOST_ITEMS = 200
MOST_STROKES = 30_000
FILE = re.compile(r"[A-Za-z0-9_-]{16,40}")
STROKES = re.compile(r"(?:[ML]-?\d{1,4}(?:\.\d)? -?\d{1,4}(?:\.\d)?)+")
_ARTICLE = r"(?:[A-Z]\d{1,3}|[\u4e00-\u9fff〔〕（）《》\d]{2,60})"
REFERENCE = re.compile(f"{_ARTICLE}(?: {_ARTICLE})*")
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")
PHONE = re.compile(
    r"(?:\+?86[- ]?)?(?:1\d{10}|0\d{2,3}[- ]?\d{7,8}(?:-\d{1,6})?|\d{5,8}|[48]00[- ]?\d{3}[- ]?\d{4})"
)


class Answer(fields.Field[Any]):
    """An answer to one component. Subclasses turn a non-empty value into its JSON-able form."""

    def __init__(self, component: Component) -> None:
        super().__init__(allow_none=True, data_key=component.key)
        self.component = component

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        if value is None or value in ("", []):
            return None
        return self.read(value)

    def read(self, value: Any) -> Any:  # noqa: ARG002
        """The answer, or ValidationError with a sentence."""
        raise AssertionError("every type reads its own answers")

    def wrong(self, pattern: str, **parts: object) -> ValidationError:
        """A sentence about this component, which its pattern calls `{what}`."""
        return ValidationError(Sentence(pattern, what=self.component.named, **parts))


class Text(Answer):
    """One line, or several in a textarea. Spaces at the ends go; control characters are refused."""

    def read(self, value: Any) -> str | None:
        """NFC text within its limits and pattern."""
        rules, several = self.component.rules, self.component.type == "textarea"
        if not isinstance(value, str):
            raise self.wrong("{what}要写成文字")
        text = clean(value, several=several)
        if not text:
            return None
        if unreadable(text):
            raise self.wrong("{what}中有看不见的控制字符，请重新输入")
        longest = rules.max_length or TEXT[self.component.type]
        if len(text) > longest:
            raise self.wrong("{what}最多 {most} 个字，现在有 {n} 个", most=longest, n=len(text))
        if rules.min_length and len(text) < rules.min_length:
            raise self.wrong("{what}至少 {least} 个字，现在有 {n} 个", least=rules.min_length, n=len(text))
        if rules.pattern and not re2.search(rules.pattern, text):
            raise (
                ValidationError(rules.pattern_message)
                if rules.pattern_message
                else self.wrong("{what}的写法不对，请看提示")
            )
        if rules.kind == "email" and not EMAIL.fullmatch(text):
            raise self.wrong("{what}要写成邮箱，例如 zhou@example.cn")
        if rules.kind == "phone" and not PHONE.fullmatch(text):
            raise self.wrong("{what}要写成电话号码，例如 13800000000 或 0375-8100000")
        return text


class Number(Answer):
    """A number: whole ones come back as int, others as decimal text, so that no digit is lost."""

    def read(self, value: Any) -> int | str:
        """Checked against min, max and the number of decimals."""
        number = self.decimal(value)
        rules, digits = self.component.rules, self.component.digits
        if digits is not None and -int(number.normalize().as_tuple().exponent) > digits:
            raise self.wrong("{what}最多 {n} 位小数", n=digits) if digits else self.wrong("{what}要写成整数")
        if rules.minimum is not None and number < Decimal(rules.minimum):
            raise self.wrong("{what}不能小于 {least}", least=rules.minimum)
        if rules.maximum is not None and number > Decimal(rules.maximum):
            raise self.wrong("{what}不能大于 {most}", most=rules.maximum)
        return plain(number)

    def decimal(self, value: Any) -> Decimal:
        """int, float or decimal text; booleans are no numbers."""
        try:
            number = (
                Decimal(str(value))
                if isinstance(value, int | float | str) and not isinstance(value, bool)
                else None
            )
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or abs(number) > LARGEST:
            raise self.wrong("{what}要写成数字，例如 12 或 3.5")
        if -int(number.as_tuple().exponent) > 12:  # noqa: PLR2004  (nobody measures finer)
            raise self.wrong("{what}小数位太多")
        return number


class Money(Answer):
    """An amount of money in fen, as int. A page shows and takes yuan."""

    def read(self, value: Any) -> int:
        """Checked against min and max (fen)."""
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
            raise self.wrong("{what}要写成元，最多两位小数，例如 1234.50；没有金额填 0")
        rules = self.component.rules
        if value < int(Decimal(rules.minimum or 0)):
            raise self.wrong("{what}不能小于 {least} 元", least=yuan(int(Decimal(rules.minimum or 0))))
        if rules.maximum is not None and value > int(Decimal(rules.maximum)):
            raise self.wrong("{what}不能大于 {most} 元", most=yuan(int(Decimal(rules.maximum))))
        return value


class Moment(Answer):
    """A day `2026-03-05`, an instant `2026-03-05T10:30:00+08:00` (Shanghai by default) or a time `10:30`."""

    def read(self, value: Any) -> str:
        """ISO text of the subtype."""
        kind = self.component.subtype
        try:
            if not isinstance(value, str):
                raise TypeError  # noqa: TRY301  (one sentence for every wrong shape)
            if kind == "date":
                day = date.fromisoformat(value)
                self._sane(day.year)
                return day.isoformat()
            if kind == "time":
                return time.fromisoformat(value).isoformat(timespec="minutes")
            instant = datetime.fromisoformat(value)
            self._sane(instant.year)
            return (instant if instant.tzinfo else instant.replace(tzinfo=ZONE)).isoformat(timespec="seconds")
        except (TypeError, ValueError) as fault:
            example = {"date": "2026-03-05", "time": "10:30"}.get(kind, "2026-03-05 10:30")
            pattern = (
                "{what}要写成日期，例如 {example}" if kind == "date" else "{what}要写成时间，例如 {example}"
            )
            raise self.wrong(pattern, example=example) from fault

    def _sane(self, year: int) -> None:
        if not 1949 <= year <= 2100:  # noqa: PLR2004  (a typing error, not a date of an inspection)
            raise ValueError(year)


class Flag(Answer):
    """A tick: true or false."""

    def read(self, value: Any) -> bool:
        """A JSON boolean."""
        if not isinstance(value, bool):
            raise self.wrong("{what}只能勾选或不勾选")
        return value


class One(Answer):
    """One option, as its value; options that the domain supplies are compared later."""

    def read(self, value: Any) -> int | str:
        """A known static value, else a short text or a number."""
        values = {choice.value for choice in self.component.choices}
        if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > 200:  # noqa: PLR2004
            raise self.wrong("{what}只能从选项中选择")
        if unreadable(str(value)):
            raise self.wrong("{what}中有看不见的控制字符，请重新输入")
        if values and value not in values:
            raise self.wrong("{what}只能从列出的选项中选择")
        return value


class Several(Answer):
    """Several options, each once, in the order given."""

    def read(self, value: Any) -> list[int | str]:
        """A list of values."""
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise self.wrong("{what}是最多 {most} 项的选择", most=MOST_ITEMS)
        one = One(self.component)
        return list(dict.fromkeys(one.read(item) for item in value if item != ""))


class Files(Answer):
    """Stored files by their id; the desk checks that they belong to this case."""

    def read(self, value: Any) -> list[str]:
        """A list of ids, one unless `multiple`."""
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise self.wrong("{what}要上传文件")
        for item in value:
            if not isinstance(item, str) or not FILE.fullmatch(item):
                raise self.wrong("{what}中有不认识的文件，请重新上传")
        if len(value) > 1 and not self.component.multiple:
            raise self.wrong("{what}只能上传一个文件")
        return list(dict.fromkeys(value))


class Photos(Answer):
    """Photos: `[{file, lat, lon, accuracy, taken_at, reason}]`; degrees (WGS 84), accuracy in metres."""

    def read(self, value: Any) -> list[dict[str, Any]]:
        """With `validate.location`, each photo has a position or the reason why there is none."""
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise self.wrong("{what}要上传照片")
        if len(value) > 1 and not self.component.multiple:
            raise self.wrong("{what}只能上传一张")
        return [self._photo(item, number) for number, item in enumerate(value, 1)]

    def _photo(self, item: Any, number: int) -> dict[str, Any]:  # noqa: C901  (one sentence per fault)
        raw = {"file": item} if isinstance(item, str) else item
        if not isinstance(raw, Mapping) or set(raw) - {
            "file",
            "lat",
            "lon",
            "accuracy",
            "taken_at",
            "reason",
        }:
            raise self.wrong("{what}第 {number} 张的写法不对", number=number)
        if not isinstance(raw.get("file"), str) or not FILE.fullmatch(raw["file"]):
            raise self.wrong("{what}第 {number} 张没有传上来，请重新选择", number=number)
        photo: dict[str, Any] = {"file": raw["file"]}
        for name, limit in (("lat", 90), ("lon", 180), ("accuracy", 100_000)):
            if raw.get(name) in (None, ""):
                continue
            try:
                place = Decimal(str(raw[name]))
            except InvalidOperation:
                place = Decimal("NaN")
            if not place.is_finite() or abs(place) > limit:
                raise self.wrong("{what}第 {number} 张的定位写法不对，请重拍", number=number)
            photo[name] = str(plain(round(place, 6)))
        if raw.get("taken_at"):
            try:
                photo["taken_at"] = datetime.fromisoformat(str(raw["taken_at"])).isoformat(timespec="seconds")
            except ValueError as fault:
                raise self.wrong("{what}第 {number} 张的拍摄时间写法不对", number=number) from fault
        reason = clean(str(raw.get("reason") or ""))[:500]
        if unreadable(reason):
            raise self.wrong("{what}中有看不见的控制字符，请重新输入")
        if reason:
            photo["reason"] = reason
        if self.component.rules.location and not ({"lat", "lon"} <= photo.keys() or reason):
            raise self.wrong("{what}第 {number} 张没有定位，请重拍或写明原因", number=number)
        return photo


class Signature(Answer):
    """A signature: `{name, path, signed_at}`. `path` is the drawn line: M and L commands in a 600 × 200 box.

    The typed name is always there, so that a signature can be read, and given without a script.
    """

    def read(self, value: Any) -> dict[str, str] | None:
        """Refuses a drawing without a name."""
        if not isinstance(value, Mapping) or set(value) - {"name", "path", "signed_at"}:
            raise self.wrong("{what}的写法不对，请重新签名")
        name = clean(str(value.get("name") or ""))
        path = str(value.get("path") or "")
        if not name and not path:
            return None
        if not name:
            raise self.wrong("{what}还缺签名人的姓名")
        if len(name) > 80:  # noqa: PLR2004
            raise self.wrong("{what}的姓名太长")
        if unreadable(name):
            raise self.wrong("{what}中有看不见的控制字符，请重新输入")
        if path and (len(path) > MOST_STROKES or not STROKES.fullmatch(path)):
            raise self.wrong("{what}的笔迹读不下去，请清除后重签")
        signed = {"name": name}
        if path:
            signed["path"] = path
        if value.get("signed_at"):
            try:
                signed["signed_at"] = datetime.fromisoformat(str(value["signed_at"])).isoformat(
                    timespec="seconds"
                )
            except ValueError as fault:
                raise self.wrong("{what}的签名时间写法不对") from fault
        return signed


def unreadable(text: str) -> bool:
    """Whether a text holds control characters, half characters or private ones: no database keeps all of them."""
    return any(
        unicodedata.category(sign) in {"Cc", "Cs", "Co"} for sign in text.replace("\n", "").replace("\t", "")
    )


def clean(text: str, *, several: bool = False) -> str:
    """NFC, one kind of line end, no spaces at the ends; a single line loses its line breaks."""
    plain_text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return (plain_text if several else plain_text.replace("\n", " ")).strip()


def plain(number: Decimal) -> int | str:
    """A decimal as JSON: int where whole, else text without exponent and trailing zeros."""
    return int(number) if number == number.to_integral_value() else format(number.normalize(), "f")


def fen(text: str) -> int | None:
    """Yuan as people write them (`1,234.5`, `￥12`, `１２元`) in fen; None where it is no amount."""
    bare = unicodedata.normalize("NFKC", text).strip().lstrip("¥").removesuffix("元").replace(",", "").strip()
    if not re.fullmatch(r"-?\d{1,13}(\.\d{1,2})?", bare):
        return None
    return int((Decimal(bare) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def yuan(amount: int) -> str:
    """Fen as yuan: `1,234.50`."""
    return f"{Decimal(amount) / 100:,.2f}"


TYPES: dict[str, type[Answer]] = {
    "textfield": Text,
    "textarea": Text,
    "number": Number,
    "money": Money,
    "datetime": Moment,
    "checkbox": Flag,
    "filepicker": Files,
    "photo": Photos,
    "signature": Signature,
}


def field_for(component: Component) -> Answer:
    """The field of a component that a person answers."""
    if component.chooses_many:
        return Several(component)
    return One(component) if component.chooses_one else TYPES[component.type](component)
