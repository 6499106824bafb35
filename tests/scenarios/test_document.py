"""文书: what the rows of a finished inspection print, from the approval to the publication."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.desk import document
from engine.desk.world import seed_files
from engine.domain import archive, publication
from engine.domain.document import TEMPLATES, check, produce
from engine.domain.document.facts import inspection
from engine.domain.document.outcome_facts import outcome_documents
from engine.domain.document.plan_facts import handover_documents
from engine.domain.handover.tables import Handover
from engine.domain.inspection.tables import Visit, get
from engine.domain.registry import RegistryObject
from engine.people import Bureau, Role, holders
from tests.scenarios import acts, test_substitution
from tests.scenarios import inspections as told
from tests.scenarios.test_handover import handed

URL = "https://example.cn/public/d/1"


@pytest.mark.parametrize("pack", ["jilin", "wugang"])
def test_a_published_inspection_prints_its_documents(pack, request):
    """吉 第十八、二十、二十二条; 舞 第十二、十四、十五条: each paper from the facts, with nothing missing."""
    scene = request.getfixturevalue(pack)
    case, inspection_id = told.begins(scene, scene.bureau)
    told.published(scene, case, inspection_id, "corrected", **told.CORRECTED)
    found = scene.read(lambda session: inspection(session, inspection_id, verify_url=URL))
    expected = {
        "inspection_approval",
        "notice",
        "rights",
        "record",
        "record_form",
        "feedback",
        "publication",
        "report",
    }
    if pack == "jilin":
        expected -= {"report"}
    assert set(found) >= expected
    documents = seed_files(pack)
    for name, data in found.items():
        if TEMPLATES[name].file not in documents:
            continue
        check(TEMPLATES[name], data)
        assert produce(name, data, documents).startswith(b"%PDF-1.7"), name
    told_of = scene.read(lambda session: document.printable(session, leader(session, scene.bureau), case.id))
    assert ("notice", "检查通知书") in told_of
    assert ("record_form" in dict(told_of)) == (pack == "wugang")
    made = scene.read(lambda session: document.pdf(session, leader(session, scene.bureau), case.id, "notice"))
    assert made.startswith(b"%PDF-1.7")


def leader(session, bureau_id):
    return holders(session, bureau_id, Role.LEADER)[0]


def test_before_anything_is_approved_there_is_nothing_to_print(jilin):
    """A document without its fact does not exist."""
    _, inspection_id = told.begins(jilin, jilin.bureau)
    assert jilin.read(lambda session: inspection(session, inspection_id)) == {}


def printed(scene, case, *names, by=None):
    """These documents can be printed by a leader of the bureau, as PDF/A."""
    actor = by or (lambda session: leader(session, scene.bureau))
    told_of = dict(scene.read(lambda session: document.printable(session, actor(session), case.id)))
    assert set(names) <= set(told_of), told_of
    made = {name: scene.read(lambda s, n=name: document.pdf(s, actor(s), case.id, n)) for name in names}
    assert all(pdf.startswith(b"%PDF-1.7") for pdf in made.values())
    return made


def test_a_plan_prints_itself_and_its_approval(jilin):
    """吉 第八条, 舞 第八条: the plan with its tasks, the sheet with the leader's opinion."""
    case = acts.approves(acts.drafts(acts.opens_plan(jilin), acts.task(jilin)))
    printed(jilin, case, "plan", "approval")


def test_orders_transfers_and_the_file_are_printed_from_the_case(jilin):
    """舞 第十三条, 吉 第二十六、二十七条: the order to correct with its re-check, the cover and list of the file."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id, "corrected", **told.CORRECTED)
    case.completes("复查整改情况", result="done", situation="已全部退还")
    told.archived(case)
    printed(jilin, case, "correction", "archive")
    facts = jilin.read(lambda s: outcome_documents(s, inspection_id))
    assert facts["correction"]["recheck"] == "已全部退还"
    assert facts["archive"]["digest"] == jilin.read(lambda s: archive.of(s, inspection_id).seal)
    division = jilin.read(lambda s: s.get_one(Bureau, jilin.bureau).division)
    assert jilin.read(lambda s: document.ledger(s, division, 2026)).startswith(b"%PDF-1.7")


def test_a_transfer_letter_carries_its_receipt(jilin):
    """舞 第十三条 移送: facts, evidence, and later what the other authority answered."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(
        jilin, case, inspection_id, "transfer", **{**told.PENDING, "other_authority": "市场监督管理局"}
    )
    printed(jilin, case, "transfer")
    facts = jilin.read(lambda s: outcome_documents(s, inspection_id))["transfer"]
    assert "涉及金额 60,000.00 元" in facts["facts"]
    assert "无证经营，证据 3 件" in facts["facts"]
    case.completes("登记查处或移送结果", result="已立案", document_no="市监〔2026〕9号", amount=0)
    facts = jilin.read(lambda s: outcome_documents(s, inspection_id))
    assert facts["transfer"]["reply"] == "市监〔2026〕9号 已立案"


def test_a_swap_prints_its_approval_sheet(jilin):
    """吉 第十三条: who left and why, who approved, who came by the next ticket."""
    case = test_substitution.inspecting(jilin)
    out = test_substitution.asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve", reason="情况属实")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.completes("见证递补", by=acts.WITNESS, decision="approve")
    printed(jilin, case, "substitution")
    facts = jilin.read(lambda s: outcome_documents(s, case.data()["inspection_id"]))["substitution"]
    assert (facts["person_out"], facts["licensed_after"]) == (out.name, 2)
    assert facts["person_in"] not in ("", out.name)
    said = [(each["step"], each["decision"], each["opinion"]) for each in facts["opinions"]]
    assert said[0] == ("申请", "申请", "")
    assert said[1][:2] == ("审批", "同意")
    assert said[2] == ("见证递补", "无异议", "")  # the digest of a signature is no opinion


def test_a_swap_that_was_refused_prints_why_and_brings_nobody(jilin):
    case = test_substitution.inspecting(jilin)
    test_substitution.asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="reject", reason="理由不充分")
    printed(jilin, case, "substitution")
    facts = jilin.read(lambda s: outcome_documents(s, case.data()["inspection_id"]))["substitution"]
    assert (facts["method"], facts["person_in"]) == ("", "不予调换")
    assert [(each["decision"], each["opinion"]) for each in facts["opinions"]][1] == ("不同意", "理由不充分")


def test_a_notice_is_printed_where_nobody_drew_a_signature(jilin):
    """The person who received it stands there by name; who signs on paper signs over it."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)

    def unsigned(session):
        for visit in session.scalars(select(Visit)):
            visit.rights_signature = {}

    jilin.does(unsigned)
    printed(jilin, case, "notice", "rights")
    assert jilin.read(lambda s: inspection(s, inspection_id))["notice"]["receiver"] == {"name": "刘掌柜"}


def test_a_handover_prints_the_letter_and_then_the_report(jilin):
    """吉 第二十四条: 移交 by the superior, 工作报告 by the local bureau."""
    _, _, down = handed(jilin)
    down.completes(
        "移交检查结果和处理意见", document_no="吉医保移〔2026〕5号", opinion="依法处理", by_file="no"
    )
    provincial = {"by": lambda session: leader(session, jilin.province)}
    letter = printed(jilin, down, "handover", **provincial)
    down.completes("签收移交事项", received=True)
    down.completes("属地处理", handling="已处理")
    down.completes("形成工作报告上报", report="已处理完毕")
    assert printed(jilin, down, "handover", **provincial) != letter
    row = jilin.read(lambda s: s.scalars(select(Handover).order_by(Handover.id.desc())).first())
    report = jilin.read(lambda s: handover_documents(s, row)["handover"])
    assert report["superior_document"] == "吉医保移〔2026〕5号"
    assert report["case_no"] == ""  # the superior's number is not the report's own: that is written by hand


def test_the_notice_is_whole_before_the_visit(jilin):
    """《行政检查文书基本格式文本》, 吉 第十八条: items by name, way, days and what to prepare stand in it when it is served."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.formed(jilin, case, inspection_id)
    until = told.today(jilin, days=20)
    case.completes(
        "填写行政检查审批表",
        documents="近两年进销存台账",
        scope="医药服务行为",
        period_from=told.today(jilin),
        period_to=until,
    )
    case.completes("审批行政检查", decision="approve")
    papers = jilin.read(lambda session: inspection(session, inspection_id))
    notice = papers["notice"]
    assert (notice["documents"], notice["method"], notice["ends_on"]) == (
        "近两年进销存台账",
        "现场检查",
        until,
    )
    assert "定点医疗机构检查" in notice["items"]
    assert all(said["at"] for said in papers["inspection_approval"]["opinions"])


def test_the_paper_of_a_penalty_names_the_penalty(wugang):
    """舞 第二条 抽查检查结果和查处结果: the second version says what became of the case; the plan by its own number."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.published(wugang, case, inspection_id, "filing", **told.PENDING)
    paper = wugang.read(lambda session: inspection(session, inspection_id))["publication"]
    assert paper["penalty"] == ""
    case.completes(
        "登记查处或移送结果", result="罚款5000元", document_no="舞医保罚〔2026〕1号", amount=500000
    )
    told.made_public(case)
    paper = wugang.read(lambda session: inspection(session, inspection_id))["publication"]
    assert paper["penalty"] == "舞医保罚〔2026〕1号 罚款5000元"
    row = wugang.read(lambda session: publication.versions(session, inspection_id)[-1])
    assert (row.view["raninsPlanId"], row.view["raninsTypeName"]) == (paper["plan_no"], "不定向")


def test_where_the_pack_names_its_own_record_only_that_one_is_printed(wugang):
    """舞 第十二条 填写《舞钢市医疗保障局抽查检查记录表》: one record to sign, not two."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.recorded(wugang, case, inspection_id)
    names = dict(wugang.read(lambda s: document.printable(s, leader(s, wugang.bureau), case.id)))
    assert "record_form" in names
    assert "record" not in names


def test_a_record_written_later_says_so(jilin):
    """吉 第二十条 应当及时: the paper of a record that was entered on a later day than the visit carries both days."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    visit = {"started_at": told.local(jilin), "ended_at": told.local(jilin)}
    case.completes("按清单逐项检查", findings=told.found(told.chosen(jilin, inspection_id)))
    case.completes("收集证据", none="yes")
    case.passes(working_days=3)
    case.completes("制作现场检查记录", **told.record(jilin, **visit))
    paper = jilin.read(lambda session: inspection(session, inspection_id))["record"]
    assert paper["late_entry"] == "检查于 2026-03-02 结束，本记录于 2026-03-05 补录。"


def test_a_review_online_fills_the_record_form_and_hides_the_persons_name(wugang):
    """舞 第十二条 抽查检查时应及时填写记录表, also where 第六条 needs no visit; 《个人信息保护法》: the paper for the public names
    an insured person by the surname only."""
    case, inspection_id = told.begins(wugang, wugang.bureau, type="person")
    wugang.does(
        lambda s: setattr(s.get_one(RegistryObject, get(s, inspection_id).object_id), "name", "张三丰")
    )
    told.approved(wugang, case, inspection_id)
    items = told.found(told.chosen(wugang, inspection_id))
    case.completes("线上数据审核", sources="2025 年结算明细", findings=items)
    told.told(wugang, case)
    case.completes("提出处理意见", kind="none", opinion="未发现问题")
    case.completes("提交随机抽查情况报告", advice="加强监管")
    told.made_public(case)
    papers = printed(wugang, case, "record_form", "publication")
    assert set(papers) == {"record_form", "publication"}
    facts = wugang.read(lambda session: inspection(session, inspection_id))
    assert facts["record_form"]["signature_state"] == "线上数据审核，无须现场签字"
    assert (facts["publication"]["object_name"], facts["publication"]["object_code"]) == ("张**", "")
