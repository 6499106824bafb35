"""Decisions on pages: tables cell by cell with their findings, and why a case was decided so."""

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.rules.plain import plain
from engine.runtime import release
from engine.runtime.tables import Blob, History, Instance, Release, ReleaseFile

NATIONAL = Path(__file__).parents[2] / "workflows/national"
FAULTY = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="town" name="town">
<inputData id="i" name="分数"><variable name="分数" typeRef="number"/></inputData>
<decision id="grade" name="评级"><variable name="grade"/>
<informationRequirement><requiredInput href="#i"/></informationRequirement>
<decisionTable id="t" hitPolicy="UNIQUE"><input label="得分"><inputExpression><text>分数</text></inputExpression></input>
<output name="level" label="等级"/>
<rule><inputEntry><text>&lt; 60</text></inputEntry><outputEntry><text>"差"</text></outputEntry></rule>
<rule><inputEntry><text>[70..90]</text></inputEntry><outputEntry><text>"中"</text></outputEntry></rule>
<rule><inputEntry><text>&gt;= 90</text></inputEntry><outputEntry><text>"优"</text></outputEntry></rule>
</decisionTable></decision>
<decision id="fee" name="应退金额"><variable name="fee" typeRef="number"/>
<informationRequirement><requiredDecision href="#grade"/></informationRequirement>
<literalExpression><text>if grade = "差" then 1.5 else 0</text></literalExpression></decision>
</definitions>""".encode()


def deploy(session):
    """A release of the town with shipped tables and a faulty one."""
    row = Release(pack="jilin", version=2, hash="b" * 64)
    session.add(row)
    session.flush()
    files = {path.name: path.read_bytes() for path in NATIONAL.glob("*.dmn")} | {"grade.dmn": FAULTY}
    for path, content in files.items():
        key = hashlib.sha256(content).hexdigest()
        session.merge(Blob(hash=key, content=content))
        session.add(ReleaseFile(release_id=row.id, path=path, kind="dmn", hash=key))
    session.flush()
    return row.id


def decided(session, release_id, decision, facts, *, case_no):
    """A line of the timeline as the machine writes it."""
    instance = session.scalar(select(Instance).where(Instance.case_no == case_no))
    made = release.load(session, release_id).decide(decision, facts)
    row = History(
        instance_id=instance.id,
        case_id=instance.id,
        kind="decision",
        element="dispose",
        step=made.title,
        clause="J22",
        detail={
            "decision": decision,
            "release": release_id,
            "version": 2,
            "inputs": plain(made.inputs),
            "value": plain(made.usable()),
            "matched": [matched.as_json() for matched in made.matched],
        },
    )
    session.add(row)
    session.flush()
    return row.id


@pytest.fixture
def deployed(town):
    with town.database.transaction() as session:
        return deploy(session)


def test_every_shipped_decision_is_listed_without_an_error(as_person, deployed):
    page = as_person("liang").get(f"/processes/{deployed}/decisions").text
    for path in NATIONAL.glob("*.dmn"):
        assert path.name in page
        assert as_person("liang").get(f"/processes/{deployed}/decisions/{path.stem}").status_code == 200
    assert page.count("错误") == page.count("错误 2 处") == 1  # the faulty one of this test


def test_a_finding_stands_at_its_cell_with_an_example(as_person, deployed):
    page = as_person("liang").get(f"/processes/{deployed}/decisions/grade").text
    assert "得分" in page
    assert "只许一行命中" in page
    assert '<code>[70..90]</code> <a class="lamp late" href="#problem-1-' in page
    assert "第 2 行与第 3 行可同时命中，输出却不同" in page
    assert "例如 得分 = <code>90</code>" in page
    assert "缺 <a" in page  # the gap from 60 to 70 is drawn as a row
    assert "<code>60、(60..70)</code>" in page


def test_the_requirement_graph_is_two_lists_of_links(as_person, deployed):
    client = as_person("liang")
    fee = client.get(f"/processes/{deployed}/decisions/fee").text
    assert f'<a href="/processes/{deployed}/decisions/grade">评级</a>' in fee
    assert "if grade = &#34;差&#34; then 1.5 else 0" in fee
    grade = client.get(f"/processes/{deployed}/decisions/grade").text
    assert f'<a href="/processes/{deployed}/decisions/fee">应退金额</a>' in grade


def test_a_case_says_why(as_person, town, deployed):
    facts = {"problems": 4, "serious_finding": False, "amount_fen": 120_000}
    with town.database.transaction() as session:
        entry = decided(session, deployed, "credit", facts, case_no="青检〔2026〕0002")
    client = as_person("shen")
    case = client.get("/cases/2").text
    assert f'<a href="/cases/decisions/{entry}">为什么</a>' in case
    page = client.get(f"/cases/decisions/{entry}").text
    assert "柳坪镇中心卫生院" in page
    assert page.count('<tr class="on">') == 1
    assert "<dt>问题数</dt><dd><code>4</code></dd>" in page
    assert "第 2 版" in page
    assert "吉 第二十二条" in page


def test_why_is_told_only_to_who_may_see_the_case(as_person, town, deployed):
    with town.database.transaction() as session:
        facts = {"problems": 0, "serious_finding": False, "amount_fen": 0}
        entry = decided(session, deployed, "credit", facts, case_no="青检〔2026〕0090")
    assert as_person("shen").get(f"/cases/decisions/{entry}").status_code == 404
    assert as_person("wai").get(f"/cases/decisions/{entry}").status_code == 200
    assert as_person("shen").get("/cases/decisions/1").status_code == 404  # not a decision


def test_what_is_not_there_is_not_found(as_person, deployed):
    assert as_person("liang").get("/processes/99/decisions").status_code == 404
    answer = as_person("liang").get(f"/processes/{deployed}/decisions/gra")
    assert answer.status_code == 404
    assert "没有决策“gra”" in answer.text
