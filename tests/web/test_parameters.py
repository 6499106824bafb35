"""规则参数: what the rule pack settles in a release, in words, each with its article."""

from __future__ import annotations

from lxml import html

from engine.domain.pack import CATALOGUE, names, parameters
from engine.domain.pack.words import said
from engine.domain.terms import STRENGTHS


def row_of(page: str, key: str) -> str:
    """The line of one parameter."""
    (row,) = html.document_fromstring(page).xpath(f"//tr[.//code[text()='{key}']]")
    return " ".join(" ".join(row.itertext()).split())


def test_the_page_says_what_a_release_settles_and_by_which_article(as_person):
    page = as_person("he").get("/processes/1/parameters").text
    assert "同一年度对同一对象的抽查次数上限" in row_of(page, "cap.per_year")
    assert "原则上 吉 第十一条" in row_of(page, "cap.per_year")
    assert "岗位调整、工作冲突" in row_of(page, "substitution.reasons")
    assert "国家企业信用信息公示系统、信用信息共享平台" in row_of(page, "publish.channels")
    assert "不作规定" in row_of(page, "report.deadline")
    assert page.count("<code") == len(CATALOGUE)


def test_no_value_of_a_shipped_pack_is_shown_as_a_code():
    shown = {
        (key, part)
        for name in names()
        for key in CATALOGUE
        for part in said(key, parameters(name)[key].value)
    }
    codes = {(key, part) for key, part in shown if part.isascii() and not part.isdigit()}
    assert codes == {("draw.hash", "SHA-256")}
    choices = {(key, said(key, part)[0]) for key, each in CATALOGUE.items() for part in each.choices}
    assert {part for _, part in choices if part.isascii()} == {"SHA-256", "SM3"}
    assert set(STRENGTHS.values()) == {"必须", "原则上"}


def test_a_release_that_is_not_there_has_no_parameters(as_person):
    assert as_person("he").get("/processes/99/parameters").status_code == 404
