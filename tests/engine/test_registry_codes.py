"""Codes of bodies: known good and bad ones, and check digits that catch every single slip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.registry import codes

REAL = ["91350100M000100Y43", "91110000101623741K", "911101066976941872", "11370323MB2859070U"]
FICTIONAL = ["91410481MA3X9K2A0N", "92410481MA44T1BC7M", "124104814175829314", "52220581MJ01234568"]


@pytest.mark.parametrize("code", REAL + FICTIONAL)
def test_good_codes_pass(code: str) -> None:
    assert codes.check_uscc(code) == codes.FINE


def test_a_real_code_with_a_wrong_check_digit_only_warns() -> None:
    assert codes.check_uscc("91350211M0000XUF46").level == "warn"


@pytest.mark.parametrize("code", ["", "9135", "91350100M000100Y4O", "91350100m000100y43", REAL[0] + "1"])
def test_wrong_shape_is_refused(code: str) -> None:
    assert codes.check_uscc(code).level == "refuse"


@given(
    base=st.text(codes.ALPHABET, min_size=17, max_size=17),
    place=st.integers(0, 16),
    other=st.sampled_from(codes.ALPHABET),
)
def test_every_single_slip_changes_the_check_digit(base: str, place: int, other: str) -> None:
    changed = base[:place] + other + base[place + 1 :]
    same = codes.uscc_check_digit(base) == codes.uscc_check_digit(changed)
    assert same == (base == changed)


@pytest.mark.parametrize(
    ("code", "kind", "level"),
    [
        ("H11010100001", "hospital3", ""),
        ("P31010100003", "pharmacy", ""),
        ("H31010600037", "pharmacy", "refuse"),
        ("P31010100003", "clinic", "refuse"),
        ("H99999900001", "clinic", "refuse"),
        ("H2203810001", "clinic", "refuse"),
        ("h11010100001", "clinic", "refuse"),
        ("H22038100001", "clinic", "warn"),
        ("H22990000717", "township", ""),
    ],
)
def test_institution_codes(code: str, kind: str, level: str) -> None:
    assert codes.check_institution(code, kind).level == level


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("220000", "吉林省"),
        ("220100", "长春市"),
        ("220581", "梅河口市"),
        ("410481", "舞钢市"),
        ("419001", "济源市"),
    ],
)
def test_divisions(code: str, name: str) -> None:
    found = codes.division(code)
    assert found is not None
    assert found.name == name


def test_the_bureaus_told_by_the_notice_of_jilin() -> None:
    under = {each.name for each in codes.divisions_under("220000")}
    assert {"长春市", "延边朝鲜族自治州", "长白山保护开发区管理委员会", "梅河口市"} <= under
    assert len(under) == 11
    assert codes.division("220381").current is False
