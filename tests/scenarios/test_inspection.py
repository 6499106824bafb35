"""检查: from the choice of the leader to the closed case, as the two regulations say it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import object_session

from engine.desk import event, hand
from engine.desk import step as desk
from engine.desk.interest import look_up_things, things_of
from engine.desk.release import in_force
from engine.domain.ceremony.pool import visits
from engine.domain.document.facts import inspection as documents
from engine.domain.evidence import Evidence, Preservation
from engine.domain.inspection import get, scope, team, team_leader
from engine.domain.inspection.tables import Obstruction, SiteRecord
from engine.domain.inspection.team import refuse_not_drawn_leader
from engine.domain.registry import Inspector, RegistryObject, current_items, declare, inspectors_of
from engine.domain.terms import METHODS
from engine.errors import Refused
from engine.people import Person, Role
from engine.runtime.tables import WorkItem
from tests.scenarios import acts
from tests.scenarios import inspections as told

PAPER = "0123456789abcdef"


def refused(slug: str, act, *arguments, **answers) -> Refused:
    """The act is refused with this slug; nothing has happened."""
    with pytest.raises(Refused) as caught:
        act(*arguments, **answers)
    assert caught.value.slug == slug, f"{caught.value.slug}: {caught.value}"
    return caught.value


def swaps(case, member: str, *, by: str = "") -> None:
    """A lead's team: the member leaves, another is named."""
    case.completes("申请调换", by=by, member=member, reason_code="recusal", proof=[PAPER])
    case.completes("审批调换", decision="approve")
    case.completes("指定递补人员", nobody=False, reason="专业相符")


def test_the_whole_inspection_of_a_local_object(jilin):
    """吉 第三条 … 第二十七条: no problem found; our own bureau is the local one."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    case.expects("确定检查组组长", role="业务科室", due="2026-03-04")
    told.published(jilin, case, inspection_id)
    told.archived(case)
    assert case.state() == "completed"
    inspection = jilin.read(lambda s: get(s, inspection_id))
    assert (inspection.state, inspection.outcome) == ("done", "done")
    assert inspection.local_notice == "本局即被检查对象所在地医疗保障部门，不另行告知。"
    assert "所在地医保部门签收" not in case.history()


def test_the_province_tells_the_local_bureau_and_both_hear_at_once(jilin):
    """吉 第十七条 提前通知所在地医疗保障部门；第二十二条 同时反馈."""
    case, inspection_id = told.begins(jilin, jilin.province, local=False)
    told.approved(jilin, case, inspection_id)
    case.expects("告知所在地医保部门", role="检查组组长")
    case.completes("告知所在地医保部门", notify="no", reason="防止走漏消息")
    shown = [number for number, _ in told.members(jilin, inspection_id)]
    case.completes("出示执法证件并告知权利义务", certificates=shown, received_by="刘掌柜", rights_told=True)
    case.completes("按清单逐项检查", findings=told.found(told.chosen(jilin, inspection_id)))
    case.completes("收集证据", none="yes")
    case.completes("制作现场检查记录", **told.record(jilin))
    case.completes("讨论检查情况", opinion="未发现问题")
    case.all_complete("成员表态", decision="agree")
    case.completes("当面反馈检查情况", place="现场", present="三方", met_at=told.local(jilin))
    case.expects("所在地医保部门签收", role="所在地医保局")
    case.completes("所在地医保部门签收", received=True)
    case.completes("被检查对象签收", received_by="刘掌柜", reason="公章外借，已当面说明")
    case.expects("提出处理意见")


def test_the_local_bureau_prepares_and_sends_helpers(jilin):
    """吉 第十七条: 应当保障检查工作安全顺利开展，可派人员协助检查.

    Helpers and experts never count as inspectors.
    """
    case, inspection_id = told.begins(jilin, jilin.province, local=False)
    leader = told.members(jilin, inspection_id)[0]
    expert = jilin.does(lambda s: invites(s, jilin.province))
    case.completes("确定检查组组长", leader=leader[0], reason="熟悉情况", experts=[expert])
    case.all_complete("廉洁承诺与利害关系声明", pledge=True, conflict="no")
    if "新成员承诺与声明" in case.open_steps():
        case.completes("新成员承诺与声明", pledge=True, conflict="no")
    case.completes("填写行政检查审批表", period_from="2026-03-03", period_to="2026-03-20")
    case.completes("审批行政检查", decision="approve")
    case.completes("告知所在地医保部门", notify="yes", preparation="准备近三年结算数据")
    case.expects("知悉并安排协助", role="所在地医保局")
    case.expects("出示执法证件并告知权利义务")
    case.completes("知悉并安排协助", received=True, helpers=[{"name": "当地协助员"}])
    roles = jilin.read(lambda s: sorted(m.role for m in team(s, inspection_id, everybody=True)))
    assert roles == ["expert", "helper", "leader", "member"]
    assert len(jilin.read(lambda s: team(s, inspection_id))) == 2


def invites(session, bureau_id):
    """An expert of the registry; made where the sample has none."""
    known = inspectors_of(session, bureau_id, experts=True)
    if not known:
        known = [Inspector(bureau_id=bureau_id, staff_no="X-1", name="田教授", is_expert=True)]
        session.add_all(known)
        session.flush()
    return str(known[0].id)


def test_the_leader_comes_from_the_drawn(jilin):
    """吉 第十六条: nobody outside the draw leads."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    with pytest.raises(Refused):
        case.completes("确定检查组组长", leader="99999", reason="外请")
    case.expects("确定检查组组长")
    assert jilin.read(lambda s: team_leader(s, inspection_id)) is None


def test_a_declared_conflict_swaps_the_member_and_the_lost_leader(jilin):
    """吉 第十三条: 有利害关系的应依法回避；在符合条件的执法人员中进行调换. The new one pledges too."""
    case, inspection_id = told.begins(jilin, jilin.bureau, lead=True)
    leader, second, _ = told.members(jilin, inspection_id)
    case.completes("确定检查组组长", leader=leader[0], reason="熟悉情况")
    case.completes(
        "廉洁承诺与利害关系声明",
        by=leader[1],
        seat=told.seat(jilin, leader[1]),
        pledge=True,
        conflict="yes",
        relation="relative",
        note="亲属在该院",
    )
    case.all_complete("廉洁承诺与利害关系声明", pledge=True, conflict="no")
    case.expects("申请调换")
    swaps(case, leader[0])
    case.expects("确定检查组组长", role="业务科室")
    case.completes("确定检查组组长", leader=second[0], reason="原组长回避")
    case.all_complete("廉洁承诺与利害关系声明", pledge=True, conflict="no")
    case.expects("填写行政检查审批表")
    left = jilin.read(
        lambda s: [m.name for m in team(s, inspection_id, everybody=True) if m.left_at is not None]
    )
    assert left == [leader[1]]


def test_a_swapped_member_pledges_alone(jilin):
    """吉 第十三条, 舞 第十七条: only the newcomer still has to pledge."""
    case, inspection_id = told.begins(jilin, jilin.bureau, lead=True)
    leader, second, _ = told.members(jilin, inspection_id)
    case.completes("确定检查组组长", leader=leader[0], reason="熟悉情况")
    case.completes(
        "廉洁承诺与利害关系声明",
        by=second[1],
        seat=told.seat(jilin, second[1]),
        pledge=True,
        conflict="yes",
        relation="employer",
    )
    case.all_complete("廉洁承诺与利害关系声明", pledge=True, conflict="no")
    swaps(case, second[0])
    case.completes("新成员承诺与声明", pledge=True, conflict="no")
    case.expects("填写行政检查审批表")


def test_somebody_asks_to_step_aside_before_the_visit(jilin):
    """吉 第十三条: 岗位调整、工作冲突、健康状况、执法回避 … at any time before the visit.

    The lost leader is chosen anew.
    """
    case, inspection_id = told.begins(jilin, jilin.bureau, lead=True)
    told.formed(jilin, case, inspection_id)
    leader, second, _ = told.members(jilin, inspection_id)
    section = told.one_of(jilin, jilin.bureau, Role.SECTION)
    case.sets_off(
        "inspection.recusal", by=section, member=leader[0], applicant="刘掌柜", reason="组长与本院有纠纷"
    )
    swaps(case, leader[0])
    case.completes("重新确定组长", leader=second[0], reason="原组长已调换")
    case.completes("新成员承诺与声明", pledge=True, conflict="no")
    case.expects_nothing("新成员承诺与声明")
    case.expects("填写行政检查审批表")
    names = [name for _, name in told.members(jilin, inspection_id)]
    assert leader[1] not in names


def test_a_newcomer_with_a_conflict_is_swapped_in_turn(jilin):
    """吉 第十三条: whoever comes in their place declares too, and steps aside too."""
    case, inspection_id = told.begins(jilin, jilin.bureau, lead=True)
    told.formed(jilin, case, inspection_id)
    before = dict(told.members(jilin, inspection_id))
    second = told.members(jilin, inspection_id)[1]
    section = told.one_of(jilin, jilin.bureau, Role.SECTION)
    case.sets_off("inspection.recusal", by=section, member=second[0], applicant=second[1], reason="岗位调整")
    swaps(case, second[0])
    newcomer = next(each for each in told.members(jilin, inspection_id) if each[0] not in before)
    case.completes("新成员承诺与声明", pledge=True, conflict="yes", relation="relative", note="亲属在该院")
    swaps(case, newcomer[0])
    case.completes("新成员承诺与声明", pledge=True, conflict="no")
    case.expects_nothing("新成员承诺与声明")
    left = {number for number, _ in told.members(jilin, inspection_id)}
    assert not left & {second[0], newcomer[0]}


def test_who_declares_their_own_conflict_must_be_swapped(jilin):
    """吉 第十三条: a refused swap does not make a 利害关系 go away."""
    case, inspection_id = told.begins(jilin, jilin.bureau, lead=True)
    told.formed(jilin, case, inspection_id)
    _, second, _ = told.members(jilin, inspection_id)
    case.sets_off(
        "inspection.recusal",
        by=second[1],
        member=second[0],
        applicant=second[1],
        relation="spouse",
        reason="配偶在该院任职",
    )
    case.completes("申请调换", member=second[0], reason_code="recusal", proof=[PAPER])
    case.completes("审批调换", decision="return", reason="人手不足")
    case.expects("申请调换")
    swaps(case, second[0])
    case.completes("新成员承诺与声明", pledge=True, conflict="no")
    case.expects_nothing("申请调换")


def test_an_inspection_needs_approval_by_somebody_else(jilin):
    """国办发〔2024〕54号: no inspection without approval; a returned application is written again."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.formed(jilin, case, inspection_id)
    case.completes("填写行政检查审批表", period_from="2026-03-03", period_to="2026-03-20")
    case.expects("审批行政检查", role="分管领导")
    case.completes("审批行政检查", decision="return", reason="检查期限过长")
    case.completes("填写行政检查审批表", period_from="2026-03-03", period_to="2026-03-10")
    case.completes("审批行政检查", decision="approve")
    inspection = jilin.read(lambda s: get(s, inspection_id))
    assert inspection.notice_no
    assert inspection.approved_by_id != inspection.applied_by_id


def test_no_check_before_two_certificates_and_the_rights(jilin):
    """吉 第十八条 出示相关执法证件，告知权利和义务."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.approved(jilin, case, inspection_id)
    one = told.members(jilin, inspection_id)[0][0]
    step = "出示执法证件并告知权利义务"
    refused(
        "certificates-not-shown",
        case.completes,
        step,
        certificates=[one],
        received_by="刘掌柜",
        rights_told=True,
    )
    case.expects(step)


def test_the_superior_drew_first(jilin):
    """吉 第十一条 上级监管部门在同一年度内已抽查的检查对象，应当予以排除.

    Before the visit the local case ends.
    """
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.formed(jilin, case, inspection_id)
    case.completes("填写行政检查审批表", period_from="2026-03-03", period_to="2026-03-20")

    def superior(session):
        from engine.domain.inspection.superior import mark  # noqa: PLC0415

        mark(
            session,
            session.get_one(RegistryObject, get(session, inspection_id).object_id),
            "吉林省医疗保障局已抽取",
        )

    jilin.does(superior)
    case.completes("审批行政检查", decision="approve")
    assert case.state() == "completed"
    inspection = jilin.read(lambda s: get(s, inspection_id))
    assert (inspection.state, inspection.cancel_reason) == ("cancelled", "上级已抽")


def test_a_province_draw_marks_the_local_registry(jilin):
    """吉 第十一条: the superior's own inspection goes on, the lower registry knows of it."""
    _, inspection_id = told.begins(jilin, jilin.province, local=False)
    marked = jilin.read(
        lambda s: s.get_one(RegistryObject, get(s, inspection_id).object_id).superior_drawn_on
    )
    assert marked is not None
    case = jilin.cases("inspection")[0]
    told.approved(jilin, case, inspection_id)
    case.expects("告知所在地医保部门")


def test_obstruction_is_directed_by_the_bureau(jilin):
    """吉 第二十一条 发现现场检查工作进展缓慢或受阻时，应及时调整应对策略，必要时可采取应急措施."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    member = told.members(jilin, inspection_id)[0][1]
    for emergency in ("no", "yes"):
        case.sets_off(
            "inspection.obstruction", by=member, kind="delayed", description="负责人不到场，资料迟迟不提供"
        )
        case.expects("调度指挥", role="分管领导", due="2026-03-03")
        case.completes("调度指挥", instruction="改为先查阅结算数据", emergency=emergency)
    case.expects("采取应急措施并记录", role="检查组组长")
    case.completes(
        "采取应急措施并记录", measures="请辖区派出所到场协助", basis="医疗保障基金使用监督管理条例"
    )
    rows = jilin.read(lambda s: s.scalars(select(Obstruction)).all())
    assert [row.ended_at is not None for row in rows] == [True, True]
    case.expects("按清单逐项检查")


def test_evidence_that_may_vanish_is_preserved_for_seven_working_days(jilin):
    """吉 第十九条 对于可能销毁或者以后难以取得的证据，应当及时采取保全措施; 行政处罚法.

    负责人批准，七日内处理.
    """
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    member = told.members(jilin, inspection_id)[0][1]
    asked = {
        "reason": "账册可能被替换",
        "items": [{"name": "出入库账册", "quantity": "3 本"}],
        "place": "本局档案室",
        "keeper": "温故安",
    }
    case.sets_off("inspection.preservation", by=member, **asked)
    case.expects("审批先行登记保存", role="主要负责人")
    case.completes("审批先行登记保存", decision="return", reason="先复制留存即可")
    case.sets_off("inspection.preservation", by=member, **asked)
    case.completes("审批先行登记保存", decision="approve")
    case.expects("作出保存处理决定", due="2026-03-11")
    case.passes(working_days=8)
    case.is_overdue("作出保存处理决定")
    case.completes("作出保存处理决定", outcome="return")
    late = jilin.read(lambda s: s.scalars(select(Preservation).order_by(Preservation.id)).all())
    assert [(row.outcome, row.lapsed_at is not None) for row in late] == [("", False), ("return", True)]


def test_no_signature_means_a_reason_and_a_witness(jilin):
    """舞 第十二条 无法取得签字或者盖章的，应当注明原因; Jilin takes the national rule: a witness too."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    case.completes("按清单逐项检查", findings=told.found(told.chosen(jilin, inspection_id)))
    case.completes(
        "收集证据",
        none="no",
        evidence=[
            {"kind": "reuse", "title": "另案判决", "issuer": "人民法院", "document_no": "（2025）吉01行初1号"}
        ],
    )
    case.completes("制作现场检查记录", **told.record(jilin, signature="refused"))
    refused("witness-missing", case.completes, "注明原因并邀请见证", reason="负责人拒签")
    case.completes(
        "注明原因并邀请见证", reason="负责人拒签", witness_name="社区王主任", witness_contact="0431-8000000"
    )
    row = jilin.read(lambda s: s.scalars(select(SiteRecord)).one())
    assert (row.signature, row.reason, row.witness_name) == ("refused", "负责人拒签", "社区王主任")
    assert jilin.read(lambda s: s.scalars(select(Evidence)).one().issuer) == "人民法院"


def test_wugang_takes_a_reason_without_a_witness(wugang):
    """舞 第十二条 必要时可邀请有关人员作见证记录."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.arrived(wugang, case, inspection_id)
    case.completes("按清单逐项检查", findings=told.found(told.chosen(wugang, inspection_id)))
    case.completes("收集证据", none="yes")
    case.completes("制作现场检查记录", **told.record(wugang, signature="absent"))
    case.completes("注明原因并邀请见证", reason="负责人外出")
    case.expects("讨论检查情况")


def test_what_is_not_on_the_list_is_marked(jilin):
    """舞 第十条 不得超越职权从事其他活动.

    Other findings are noted as 清单外, a listed item without result is refused.
    """
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    items = told.chosen(jilin, inspection_id)
    extra = {
        "item": "-",
        "off_list_name": "消防通道",
        "result": "pending",
        "description": "堵塞",
        "other_authority": "消防救援机构",
    }
    refused("items-unchecked", case.completes, "按清单逐项检查", findings=[extra])
    case.completes("按清单逐项检查", findings=[*told.found(items), extra])
    case.expects("收集证据")


def test_others_are_reviewed_online(wugang):
    """舞 第六条 其他检查对象的抽查主要采取线上数据审核的方式进行: no visit, no signature."""
    case, inspection_id = told.begins(wugang, wugang.bureau, type="person")
    told.approved(wugang, case, inspection_id)
    case.expects("线上数据审核", role="检查组")
    case.completes(
        "线上数据审核",
        sources="结算明细 2025 年全年",
        findings=told.found(told.chosen(wugang, inspection_id)),
    )
    assert "制作现场检查记录" not in case.history()
    told.told(wugang, case)
    case.completes("提出处理意见", kind="none", opinion="按规定处理")
    case.completes("提交随机抽查情况报告", advice="加强日常监管")
    told.archived(told.made_public(case))
    assert case.state() == "completed"
    reviewed = wugang.read(lambda s: visits(s, 2026)[get(s, inspection_id).object_id])
    assert reviewed == 1, "舞 第九条: what was reviewed online was inspected this year"


def test_serious_breach_of_trust_goes_to_joint_punishment(wugang):
    """舞 第十六条 属于严重失信行为的按照有关规定实施联合惩戒; the record feeds the next plan."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.reported(wugang, case, inspection_id, "corrected", **told.CORRECTED, serious=True)
    case.expects("移交联合惩戒", role="基金监管")
    refused("joint-required", case.completes, "移交联合惩戒", hand_over="no", reason="情节轻微")
    case.completes("移交联合惩戒", hand_over="yes", receiver="发展改革委", document_no="舞医保信〔2026〕1号")
    case.expects("汇总、分析、评估检查结果")
    level = wugang.read(lambda s: s.get_one(RegistryObject, get(s, inspection_id).object_id).credit_level)
    assert level == "D"


def test_a_lead_in_jilin_owes_no_publication(jilin):
    """吉 第九条 is silent; 舞 第七条 owes it: the lead's result goes straight to follow-up and archive."""
    case, inspection_id = told.begins(jilin, jilin.bureau, lead=True)
    told.reported(jilin, case, inspection_id)
    case.expects_nothing("汇总、分析、评估检查结果")
    told.archived(case)
    assert case.state() == "completed"


def test_a_lead_in_wugang_owes_publication(wugang):
    """舞 第七条 不采取“双随机”方式，但检查结果也要依法公开."""
    case, inspection_id = told.begins(wugang, wugang.bureau, lead=True)
    told.reported(wugang, case, inspection_id)
    case.expects("汇总、分析、评估检查结果")


def related(scene, name: str, object_id: int) -> None:
    """Somebody turns out to be married to the owner of an object."""

    def work(session):
        who = session.scalars(select(Person).where(Person.name == name)).one()
        declare(session, who, relation="spouse", thing=session.get_one(RegistryObject, object_id))

    scene.does(work)


def objects_of_step(scene, item) -> list[str]:
    """Codes of the objects that a step decides about; asked alone or with many others, they are the same."""

    def look(session, *, together: bool) -> list[str]:
        mine = session.get_one(WorkItem, item.id)
        if together:
            look_up_things(session, [mine])
        return [thing.code for thing in things_of(session, mine)]

    alone = scene.read(lambda session: look(session, together=False))
    assert scene.read(lambda session: look(session, together=True)) == alone
    return alone


def test_a_conflict_in_the_registry_keeps_people_off_every_chair(jilin):
    """吉 第十三条: whatever the step, whoever is about to do it may not once they have a 利害关系.

    Tried at every step from the choice of the leader to the sealed file; nobody related is offered either.
    """
    case, inspection_id = told.begins(jilin, jilin.bureau)
    tried = []

    def sits_down(item):
        session = object_session(item)
        with session.begin_nested() as as_if:
            able = next(jilin.rehearsal.candidates(session, item))
            thing = session.get_one(RegistryObject, get(session, inspection_id).object_id)
            declare(session, able, relation="spouse", thing=thing)
            refused("conflict-of-interest", desk.complete, jilin.world, session, able, item.id, {})
            assert able not in hand.able(session, item)
            as_if.rollback()
        tried.append(item.element)

    jilin.rehearsal.on_step = sits_down
    acts.goes_to_the_end(case)
    assert case.state() == "completed"
    chairs = {
        "choose_leader",
        "pledge",
        "approve_inspection",
        "arrive",
        "record",
        "discuss",
        "review",
        "seal",
    }
    assert chairs <= set(tried), set(tried)


def test_the_approver_of_an_inspection_has_no_interest_in_the_object(jilin):
    """吉 第十三条: refused by name when the step is answered."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.formed(jilin, case, inspection_id)
    case.completes("填写行政检查审批表", period_from="2026-03-03", period_to="2026-03-20")
    leader = told.one_of(jilin, jilin.bureau, Role.LEADER)
    related(jilin, leader, jilin.read(lambda s: get(s, inspection_id).object_id))
    refused("conflict-of-interest", case.completes, "审批行政检查", by=leader, decision="approve")


def test_fewer_than_two_licensed_may_not_go(jilin):
    """吉 第十六条, 舞 第十一条, 行政处罚法.

    A licence that ends before the visit sends the team back to a swap.
    """
    case, inspection_id = told.begins(jilin, jilin.bureau, lead=True, people=2)
    leader, second = told.members(jilin, inspection_id)

    ends(jilin, inspection_id, second[0])
    case.completes("确定检查组组长", leader=leader[0], reason="唯一持证")
    case.all_complete("廉洁承诺与利害关系声明", pledge=True, conflict="no")
    case.expects("申请调换")


def ends(scene, inspection_id, member_id):
    """A member's certificates are revoked in the registry, after the team was formed."""

    def revoke(session):
        member = next(m for m in team(session, inspection_id) if str(m.id) == member_id)
        for certificate in session.get(Inspector, member.inspector_id).certificates:
            certificate.state = "revoked"

    scene.does(revoke)


def test_a_certificate_that_lapsed_on_the_way_is_refused_by_name(jilin):
    """行政处罚法, 吉 第十八条: read again at the door; the case goes on by a swap, or with the new certificate."""
    case, inspection_id = told.begins(jilin, jilin.bureau, people=2)
    told.approved(jilin, case, inspection_id)
    leader, second = told.members(jilin, inspection_id)
    ends(jilin, inspection_id, second[0])
    shown = {
        "arrived_at": told.local(jilin),
        "certificates": [leader[0], second[0]],
        "received_by": "刘掌柜",
        "rights_told": True,
        "rights_signature": told.SIGNED,
    }
    with pytest.raises(Refused, match=second[1]) as fault:
        case.completes("出示执法证件并告知权利义务", **shown)
    assert fault.value.slug == "certificate-lapsed"
    assert "申请调换或回避" in fault.value.hint
    case.sets_off(
        "inspection.recusal", by=leader[1], member=second[0], reason="执法证件已注销", applicant="self"
    )
    case.expects("申请调换")


def test_a_third_member_without_a_certificate_goes_along(jilin):
    """Two licensed are enough: who has lost the certificate goes along, shows none, and counts no more."""
    case, inspection_id = told.begins(jilin, jilin.bureau, people=3)
    told.approved(jilin, case, inspection_id)
    *_, third = told.members(jilin, inspection_id)
    ends(jilin, inspection_id, third[0])
    two = [number for number, _ in told.members(jilin, inspection_id)[:2]]
    case.completes(
        "出示执法证件并告知权利义务",
        arrived_at=told.local(jilin),
        certificates=two,
        received_by="刘掌柜",
        rights_told=True,
        rights_signature=told.SIGNED,
    )
    licensed = jilin.read(lambda s: {m.name: m.licensed for m in team(s, inspection_id)})
    assert licensed.pop(third[1]) is False
    assert all(licensed.values())


def test_the_bureau_chooses_any_of_the_drawn_as_leader(jilin):
    """吉 第十六条 结合现场检查对象实际情况，从随机抽取的执法检查人员中确定: not the first of the draw by rule."""
    case, inspection_id = told.begins(jilin, jilin.bureau, people=3)
    _, second, _ = told.members(jilin, inspection_id)
    case.completes("确定检查组组长", leader=second[0], reason="熟悉该类机构")
    assert jilin.read(lambda s: team_leader(s, inspection_id).name) == second[1]


def test_where_the_leader_is_drawn_the_bureau_only_enters_who_it_is(jilin):
    """`leader.choice`: 吉 第十六条 leaves the choice to the bureau; a pack may have the leader drawn instead."""
    jilin.releases("leader.choice", "drawn")
    case, inspection_id = told.begins(jilin, jilin.bureau, people=3)
    first, second, _ = told.members(jilin, inspection_id)
    refused("form-invalid", case.completes, "确定检查组组长", leader=second[0], reason="熟悉该类机构")

    def enters(session):
        inspection = get(session, inspection_id)
        other = next(m for m in team(session, inspection_id) if str(m.id) == second[0])
        refuse_not_drawn_leader(session, other, inspection, in_force(session, "jilin"))

    refused("leader-by-draw", jilin.read, enters)
    case.completes("确定检查组组长", leader=first[0], reason="抽取产生")
    case.expects("廉洁承诺与利害关系声明")


def test_the_form_before_an_event_offers_what_there_is_to_choose(jilin):
    """吉 第十三条 申请调换或回避: the members of this team stand on the form, or nobody could be named."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.formed(jilin, case, inspection_id)

    def looks(session):
        who = session.scalars(select(Person).where(Person.name == told.members(jilin, inspection_id)[0][1]))
        return event.offer(jilin.world, session, who.one(), case.id, "inspection.recusal")

    offered = jilin.read(looks)
    assert [number for number, _ in offered["shown"]["options"]["members"]] == [
        number for number, _ in told.members(jilin, inspection_id)
    ]
    assert offered["data"]["inspection_id"] == inspection_id


def plan_only(scene, inspection_id, *positions, **fields):
    """The plan of this inspection has only these tasks, so written."""

    def cut(session):
        tasks = scope.planned(session, get(session, inspection_id))
        for number, task in enumerate(tasks):
            if number not in positions:
                session.delete(task)
            for name, value in fields.items():
                setattr(task, name, value)
        return [task.item_name for task in tasks if tasks.index(task) in positions]

    return scene.does(cut)


def form_of(scene, case, step):
    """What a waiting form offers and fills in."""
    item = case.expects(step)

    def look(session):
        person = (
            session.query(Person)
            .filter_by(name=told.members(scene, case.data()["inspection_id"])[0][1])
            .one()
        )
        return desk.context(scene.world, session, person, session.get(type(item), item.id))

    return scene.read(look)


def test_the_inspection_keeps_to_the_items_of_its_plan(wugang):
    """舞 第七条 严格按照确定的计划进行，不得随意扩大抽查范围; 第十条 依据清单载明的抽查内容; 吉 第五条、第八条: a
    clinic that was drawn for one item is not looked into for five, nor for none of the plan's; what is found
    besides is noted as 清单外, and a list that changes meanwhile changes nothing here."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    (name,) = plan_only(wugang, inspection_id, 1)
    told.formed(wugang, case, inspection_id)
    shown = form_of(wugang, case, "填写行政检查审批表")
    assert shown["options"]["items"] == [("2", f"2 {name}")]
    assert (shown["defaults"]["items"], shown["defaults"]["scope"]) == (["2"], "医疗保障基金使用情况")
    days = {"period_from": told.today(wugang), "period_to": told.today(wugang, days=20)}
    case.completes("填写行政检查审批表", **days)
    case.completes("审批行政检查", decision="approve")
    wugang.does(lambda session: setattr(current_items(session, wugang.bureau)[1].list, "state", "approved"))
    told.chosen(wugang, inspection_id)
    case.completes(
        "出示执法证件并告知权利义务",
        certificates=[number for number, _ in told.members(wugang, inspection_id)],
        received_by="刘掌柜",
        rights_told=True,
    )
    row = form_of(wugang, case, "按清单逐项检查")["rows"]["checklist"][0]
    assert (row["name"], row["content"].split("；")[-1]) == (name, "医疗保障基金使用情况")


def test_no_item_of_the_plan_is_added_or_left_out(jilin):
    """吉 第十条 按规定计划比例抽取、开展现场检查; 舞 第七条: the verb itself refuses, whoever sends the answers."""
    _, inspection_id = told.begins(jilin, jilin.bureau)

    def ask(session, chosen):
        row = get(session, inspection_id)
        scope.refuse_other_items(row, scope.offered(session, row), chosen, "jilin")

    planned = jilin.read(lambda s: [item.no for item in scope.offered(s, get(s, inspection_id))])
    jilin.read(lambda session: ask(session, planned))
    for chosen in (planned[1:], [*planned, "99"], []):
        refused("items-not-planned", jilin.read, lambda session, chosen=chosen: ask(session, chosen))


@pytest.mark.parametrize(
    ("method", "step"), [("visit", "出示执法证件并告知权利义务"), ("online", "线上数据审核")]
)
def test_the_plan_sets_the_way_of_the_visit(wugang, method, step):
    """舞 第六条 现场检查、线上数据审核、走访调查等方式; 第十条 按照制定的检查方式: as planned, and the sheet says so."""
    inspection_id = wugang.does(lambda session: told.drawn(session, wugang.bureau))
    plan_only(wugang, inspection_id, 0, method=method)
    case = wugang.opens("inspection", by="陆文静", bureau_id=wugang.bureau, inspection_id=inspection_id)
    told.approved(wugang, case, inspection_id)
    case.expects(step)
    papers = wugang.read(lambda session: documents(session, inspection_id))
    assert papers["inspection_approval"]["method"] == papers["notice"]["method"] == METHODS[method]


def test_evidence_is_not_older_than_the_certificates(jilin):
    """吉 第十八、十九条: what the team collects itself, it collects after it has shown its certificates."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    case.completes("按清单逐项检查", findings=told.found(told.chosen(jilin, inspection_id)))
    early = {"kind": "copy", "title": "结算清单", "taken_at": told.local(jilin, hours=-2)}
    refused("evidence-before-arrival", case.completes, "收集证据", none="no", evidence=[early])
    result = {**early, "kind": "reuse", "issuer": "市审计局", "document_no": "审报〔2026〕3号"}
    case.completes("收集证据", none="no", evidence=[result])


def test_who_recorded_signs_and_the_others_sign_on_paper(jilin):
    """吉 第二十条 由相关人员签字: the line drawn on the device is kept; nobody else is printed as having signed."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    case.completes("按清单逐项检查", findings=told.found(told.chosen(jilin, inspection_id)))
    case.completes("收集证据", none="yes")
    (_, first), (_, second) = told.members(jilin, inspection_id)
    case.completes("制作现场检查记录", by=first, inspectors_signature={"name": first}, **told.record(jilin))
    paper = jilin.read(lambda session: documents(session, inspection_id))["record"]
    assert [ink["name"] for ink in paper["inspector_signatures"]] == [first]
    assert paper["inspectors_unsigned"] == [second]


def test_nothing_is_asked_that_the_case_already_knows(jilin):
    """吉 第十六、十八、二十、二十二条: whoever chooses the leader sees the object and what each member can; place, people,
    days and findings stand in the forms before anybody types."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    thing = jilin.read(lambda s: s.get_one(RegistryObject, get(s, inspection_id).object_id))
    facts = dict(form_of(jilin, case, "确定检查组组长")["facts"])
    assert facts["检查对象"] == thing.name
    assert all(name in facts for _, name in told.members(jilin, inspection_id))
    told.formed(jilin, case, inspection_id)
    known = form_of(jilin, case, "填写行政检查审批表")["defaults"]
    assert (known["period_from"], known["period_to"]) == (told.today(jilin), told.today(jilin))
    case.completes("填写行政检查审批表")
    case.completes("审批行政检查", decision="approve")
    assert form_of(jilin, case, "出示执法证件并告知权利义务")["defaults"]["place"] == thing.address
    shown = [number for number, _ in told.members(jilin, inspection_id)]
    case.completes("出示执法证件并告知权利义务", certificates=shown, received_by="刘掌柜", rights_told=True)
    case.completes("按清单逐项检查", findings=told.found(told.chosen(jilin, inspection_id), **told.CORRECTED))
    case.completes("收集证据", none="yes")
    known = form_of(jilin, case, "制作现场检查记录")["defaults"]
    assert "刘掌柜" in known["present"]
    assert known["signer"] == thing.legal_representative or thing.person_in_charge
    case.completes("制作现场检查记录", **told.record(jilin))
    assert "多收床位费 3 日" in form_of(jilin, case, "讨论检查情况")["defaults"]["opinion"]
