"""移交与上报. 吉 第二十四条：在规定时间内形成工作报告报上一级医疗保障部门，并向同级有关部门通报检查结果."""

from __future__ import annotations

import copy
from datetime import date, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from engine import clock
from engine.desk import handover as desk
from engine.domain import handover
from engine.domain.handover.tables import Handover, Partner
from engine.domain.inspection import get
from engine.domain.registry import RegistryObject
from engine.errors import Refused
from engine.people import Bureau, Role
from tests.scenarios import inspections as told
from tests.scenarios.test_inspection import objects_of_step, refused, related


def handed(jilin):
    """A provincial inspection with a problem, handed down; the inspection, its id, the handover case."""
    case, inspection_id = told.begins(jilin, jilin.province, local=False)
    told.fed_back(jilin, case, inspection_id, **told.PENDING)
    case.completes("提出处理意见", kind="local", opinion="由所在地依法处理")
    (down,) = jilin.cases("handover")
    return case, inspection_id, down


def test_results_go_down_and_the_report_comes_up(jilin):
    """The superior sets the time; half of it over → reminder; over → urged.

    A returned report is written again.
    """
    case, _, down = handed(jilin)
    down.expects("移交检查结果和处理意见", role="业务科室")
    down.completes(
        "移交检查结果和处理意见",
        document_no="吉医保移〔2026〕1号",
        opinion="责令退回并处理",
        due_on="2026-03-16",
        by_file="no",
    )
    down.expects("签收移交事项", role="所在地医保局")
    down.completes("签收移交事项", received=True)
    down.completes("属地处理", handling="已约谈，追回基金", recovered=6000000)
    down.expects("形成工作报告上报", role="所在地医保局", due="2026-03-16")
    down.passes(working_days=6)
    assert "提醒属地医保局" in down.history()
    down.passes(working_days=5)
    down.completes("督办逾期上报", note="请三日内上报")
    down.completes("形成工作报告上报", report="已追回 6 万元")
    refused("peers-missing", down.completes, "通报同级有关部门", peers=[])
    down.completes("通报同级有关部门", peers=[{"department": "卫生健康局"}], peer_document="通〔2026〕1号")
    down.completes("审阅工作报告", decision="return", reason="补充处理依据")
    down.completes("属地处理", handling="已约谈，追回基金，依据协议处理")
    down.completes("形成工作报告上报", report="已追回 6 万元，依据协议处理")
    down.completes("通报同级有关部门", peers=[{"department": "卫生健康局"}])
    row = jilin.read(lambda s: handover.last_report(s, down.data()["handover_id"]))
    assert (row.version, row.overdue_days) == (2, 1)
    case.completes("提交检查报告", advice="跟踪处理")
    told.made_public(case)
    down.completes("审阅工作报告", decision="approve")
    assert down.state() == "completed"
    case.expects("整理编目")


def test_who_has_an_interest_in_the_object_neither_handles_nor_accepts(jilin):
    """吉 第十三条: in the local bureau as with the superior."""
    _, inspection_id, down = handed(jilin)
    thing = jilin.read(lambda s: get(s, inspection_id).object_id)
    down.completes(
        "移交检查结果和处理意见", document_no="吉医保移〔2026〕1号", opinion="依法处理", by_file="no"
    )
    down.completes("签收移交事项", received=True)
    keeper = told.one_of(jilin, jilin.bureau, Role.SUPERVISION)
    related(jilin, keeper, thing)
    refused("conflict-of-interest", down.completes, "属地处理", by=keeper, handling="没有问题")
    down.completes("属地处理", handling="已约谈")
    down.completes("形成工作报告上报", report="已约谈")
    down.completes("通报同级有关部门", peers=[{"department": "卫生健康局"}])
    superior = told.one_of(jilin, jilin.province, Role.SECTION)
    related(jilin, superior, thing)
    refused("conflict-of-interest", down.completes, "审阅工作报告", by=superior, decision="approve")


def test_the_superiors_case_waits_for_the_local_bureau(jilin):
    """吉 第二十三条, 第二十六条: the follow-up stays open until the report is accepted."""
    case, _, down = handed(jilin)
    case.completes("提交检查报告", advice="跟踪处理")
    told.made_public(case)
    case.expects_nothing("整理编目")
    down.completes(
        "移交检查结果和处理意见", document_no="吉医保移〔2026〕2号", opinion="依法处理", by_file="no"
    )
    down.completes("签收移交事项", received=True)
    down.completes("属地处理", handling="已处理")
    down.completes("形成工作报告上报", report="已处理")
    down.completes("通报同级有关部门", peers=[{"department": "市场监督管理局"}])
    down.completes("审阅工作报告", decision="approve")
    case.expects("整理编目")


class Key:
    """The signing key of an installation."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, body: bytes) -> bytes:
        return self.private.sign(body)


def test_between_two_installations_signed_files_travel(jilin):  # noqa: PLR0915 (both halves, one story)
    """The same handover by file: the superior's half here, the local half as a receiver.

    A changed file is refused.
    """
    _, _, down = handed(jilin)
    handover_id = down.data()["handover_id"]
    upper, lower = Key(), Key()
    down.completes(
        "移交检查结果和处理意见",
        document_no="吉医保移〔2026〕3号",
        opinion="依法处理",
        due_on="2026-03-30",
        by_file="yes",
    )
    refused("report-not-imported", down.completes, "送达移交文件并等候上报", imported=True)
    sent = jilin.read(lambda s: handover.export_handover(s, s.get_one(Handover, handover_id), upper.sign))

    def elsewhere(session):
        """The other installation, played here under another division and a new uid."""
        province = session.get_one(Bureau, jilin.province)
        session.add(Partner(division=province.division, name=province.name, public_key=upper.public))
        session.flush()
        bureau = session.scalars(select(Bureau).where(Bureau.division == sent["to"])).one()
        forged = copy.deepcopy(sent)
        forged["body"]["opinion"] = "不予处理"
        with pytest.raises(Refused, match="签名不符"):
            handover.import_handover(session, bureau, forged)
        again = {key: value for key, value in sent.items() if key != "signature"} | {"uid": "f" * 32}
        resigned = handover.file.signed(
            "handover", "f" * 32, again["from"], again["to"], again["body"], upper.sign
        )
        first = handover.import_handover(session, bureau, resigned)
        assert handover.import_handover(session, bureau, resigned).id == first.id
        return first.id, bureau.id

    received, local_bureau = jilin.does(elsewhere)
    opener = told.one_of(jilin, local_bureau, Role.SUPERVISION)
    local = jilin.opens("handover", by=opener, bureau_id=local_bureau, handover_id=received)
    local.completes("签收移交事项", received=True)
    about = objects_of_step(jilin, local.expects("属地处理"))
    assert about == [sent["body"]["object"]["code"]], (
        "回避 holds here too: the file's object is found by its code"
    )
    local.completes("属地处理", handling="已处理")
    local.completes("形成工作报告上报", report="已处理完毕")
    local.completes("通报同级有关部门", peers=[{"department": "卫生健康局"}])
    refused("reply-missing", local.completes, "登记上级审阅意见", decision="approve", document=[])

    def answers(version, decision, *, key=upper):
        """The superior's decision on a version of the report, as a signed file."""
        body = {
            "version": version,
            "decision": decision,
            "reason": "补充材料" if decision == "return" else "",
            "decided_by": "省局",
            "decided_on": "2026-03-02",
        }
        return handover.file.signed("decision", "f" * 32, sent["from"], sent["to"], body, key.sign)

    def takes(document):
        return jilin.does(lambda s: desk.receive(s, document))

    refused("handover-file", takes, answers(1, "return", key=lower))
    refused("handover-file", takes, answers(2, "return"))
    assert "审阅意见" in takes(answers(1, "return"))
    refused("reply-differs", local.completes, "登记上级审阅意见", decision="approve", document=[])
    local.completes("登记上级审阅意见", document=[])
    local.completes("属地处理", handling="已处理，材料已补充")
    local.completes("形成工作报告上报", report="已处理完毕，附材料")
    local.completes("通报同级有关部门", peers=[{"department": "卫生健康局"}])
    takes(answers(2, "accept"))
    local.completes("登记上级审阅意见", document=[])
    assert local.state() == "completed"

    def brings(session):
        bureau = session.get_one(Bureau, local_bureau)
        if session.scalars(select(Partner).where(Partner.division == bureau.division)).first() is None:
            session.add(Partner(division=bureau.division, name=bureau.name, public_key=lower.public))
            session.flush()
        province = session.get_one(Bureau, jilin.province)
        row = session.get_one(Handover, received)
        written = handover.export_report(session, row, bureau, province.division, lower.sign)
        body = {
            **written["body"],
            "version": len(
                session.scalars(
                    select(handover.HandoverReport).where(handover.HandoverReport.handover_id == handover_id)
                ).all()
            )
            + 1,
        }
        document = handover.file.signed(
            "report", sent["uid"], bureau.division, province.division, body, lower.sign
        )
        return handover.import_report(session, province, document).version

    assert jilin.does(brings) == 1
    down.completes("送达移交文件并等候上报", imported=True)
    down.completes("审阅工作报告", decision="return", reason="金额不符")
    decision = jilin.read(lambda s: desk.send(s, jilin.world.settings, str(handover_id)))
    assert (decision["kind"], decision["body"]["reason"]) == ("decision", "金额不符")
    assert jilin.does(brings) == 2
    down.completes("送达移交文件并等候上报", imported=True)
    down.completes("审阅工作报告", decision="approve")
    assert down.state() == "completed"


def test_only_the_bureau_that_a_handover_went_to_reports_on_it(jilin):
    """A file with a good signature, by a partner whom the matter does not concern, is none."""
    _, _, down = handed(jilin)
    paper = {
        "document_no": "吉医保移〔2026〕4号",
        "opinion": "依法处理",
        "due_on": "2026-03-30",
        "by_file": "yes",
    }
    down.completes("移交检查结果和处理意见", **paper)
    row, stranger = down.data()["handover_id"], Key()
    sent = jilin.read(lambda s: handover.export_handover(s, s.get_one(Handover, row), Key().sign))
    body = {
        "version": 1,
        "text": "已处理",
        "recovered_fen": 0,
        "peers": [],
        "peer_document": "",
        "reported_by": "外局",
    }
    document = handover.file.signed("report", sent["uid"], "999999", sent["from"], body, stranger.sign)

    def takes(session):
        session.add(Partner(division="999999", name="外地医保局", public_key=stranger.public))
        session.flush()
        return desk.receive(session, document)

    refused("handover-file", jilin.does, takes)


def test_where_no_rule_asks_for_a_report_the_handling_settles_it(wugang):
    """Wugang's text is silent on 上报 (吉 第二十四条 is not its rule): handled is done, nothing is owed."""

    def arrives(session):
        bureau = session.get_one(Bureau, wugang.bureau)
        row = Handover(
            uid="e" * 32,
            side="receiver",
            to_bureau_id=bureau.id,
            from_name="河南省医疗保障局",
            from_division="410000",
            to_name=bureau.name,
            to_division=bureau.division,
            object_name="某医院",
            document_no="豫医保移〔2026〕1号",
            due_on=clock.today() + timedelta(days=30),
            state="sent",
        )
        session.add(row)
        session.flush()
        return row.id

    number = wugang.does(arrives)
    opener = told.one_of(wugang, wugang.bureau, Role.SUPERVISION)
    case = wugang.opens("handover", by=opener, bureau_id=wugang.bureau, handover_id=number)
    case.completes("签收移交事项", received=True)
    case.completes("属地处理", handling="已约谈，追回基金", recovered=6000000)
    case.expects_nothing("形成工作报告上报")
    assert case.state() == "completed"
    assert wugang.read(lambda s: handover.get(s, number).state) == "accepted"


def test_a_drawn_list_marks_the_registry_of_another_installation(jilin):
    """吉 第十一条: by file, signed by the superior."""
    key = Key()

    def work(session):
        province, bureau = session.get_one(Bureau, jilin.province), session.get_one(Bureau, jilin.bureau)
        session.add(Partner(division=province.division, name=province.name, public_key=key.public))
        thing = session.scalars(select(RegistryObject).where(RegistryObject.bureau_id == bureau.id)).first()
        document = handover.export_drawn(session, province, bureau.division, "a" * 32, [thing.id], key.sign)
        with clock.fixed(clock.now() + timedelta(days=365)):  # taken in late: it was drawn in the year before
            assert handover.import_drawn(session, bureau, document) == 1
            return thing.superior_drawn_on

    assert jilin.does(work) == date(2026, 3, 2)


def test_the_desk_writes_and_takes_files(jilin):
    """One key a bureau; a stranger's file is refused, the drawn list of a partner marks our registry."""
    case, inspection_id = told.begins(jilin, jilin.province, local=False)
    settings = jilin.world.settings
    divisions = jilin.read(
        lambda s: [s.get_one(Bureau, number).division for number in (jilin.province, jilin.bureau)]
    )
    draw_id = jilin.read(lambda s: get(s, inspection_id).draw_id)
    document = jilin.read(lambda s: desk.send_drawn(s, settings, draw_id, divisions[1]))
    refused("handover-file", jilin.does, lambda s: desk.receive(s, document))
    refused("partner-key", jilin.does, lambda s: desk.believe(s, divisions[0], "省局", "00"))
    jilin.does(lambda s: desk.believe(s, divisions[0], "省局", desk.public_key(settings)))
    assert "已标记" in jilin.does(lambda s: desk.receive(s, document))
    told.fed_back(jilin, case, inspection_id, **told.PENDING)
    case.completes("提出处理意见", kind="local", opinion="由所在地依法处理")
    (down,) = jilin.cases("handover")
    number = str(down.data()["handover_id"])
    refused("not-issued", jilin.read, lambda s: desk.send(s, settings, number))
    down.completes(
        "移交检查结果和处理意见", document_no="吉医保移〔2026〕9号", opinion="依法处理", by_file="yes"
    )
    sent = jilin.read(lambda s: desk.send(s, settings, "吉医保移〔2026〕9号"))
    assert (sent["kind"], sent["from"]) == ("handover", divisions[0])
