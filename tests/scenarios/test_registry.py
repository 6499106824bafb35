"""一单两库. 舞 第四条：报政府审定后对外公示；第五条：动态管理；吉 第四条：省级统一制定随机抽查事项清单。"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from engine.domain import change
from engine.domain.registry import current_item_list, inspector_by_staff_no, object_by_code
from engine.domain.registry.tables import ItemList
from engine.errors import NotAllowed, Refused
from engine.people import Bureau, Person, Role
from tests.scenario import Case
from tests.scenarios import acts


def _item(no: str, name: str) -> dict[str, str]:
    return {"no": no, "name": name, "basis": "《条例》", "content": "收费和结算", "power_item": f"行检-{no}"}


ITEMS = {
    "version": "2026-2",
    "cause": "《条例》修订",
    "basis": "新增规定",
    "effective_on": "2026-03-02",
    "rows": [
        _item("1", "定点医疗机构检查"),
        _item("2", "零售药店检查"),
    ],
}


def who(scene: Any, bureau_id: int, role: Role) -> str:
    """The first person of a role in a bureau."""

    def find(session: Any) -> str:
        from engine.people import holders  # noqa: PLC0415

        return holders(session, bureau_id, role)[0].login

    return scene.read(find)


def test_wugang_the_government_approves_the_item_list(wugang):
    acts.drafts(acts.opens_plan(wugang), acts.task(wugang), compiled=False)
    case = acts.opens_change(wugang, "items")
    case.expects("起草随机抽查事项清单", role="基金监管")
    case.completes("起草随机抽查事项清单", by=acts.KEEPER, **ITEMS)
    case.completes("法制审核", by=acts.LEGAL, decision="return", reason="依据不全")
    case.completes("起草随机抽查事项清单", by=acts.KEEPER, **ITEMS)
    case.completes("法制审核", by=acts.LEGAL, decision="approve")
    other = "阮清和"
    case.completes("登记政府审定结果", by=other, decision="return", reason="请征求意见")
    case.completes("起草随机抽查事项清单", by=acts.KEEPER, **ITEMS)
    case.completes("法制审核", by=acts.LEGAL, decision="approve")
    case.completes(
        "登记政府审定结果", by=other, decision="approve", document="舞政〔2026〕5号", approved_on="2026-03-02"
    )
    case.completes("公开变更", by=acts.OFFICE, channels=["government", "platform"], published_on="2026-03-02")
    case.completes("处理受影响的计划", by=acts.KEEPER, handling="本季度计划沿用旧版")
    assert case.state() == "completed"
    listed = wugang.read(lambda session: current_item_list(session, wugang.bureau))
    assert (listed.version, listed.approval_document) == ("2026-2", "舞政〔2026〕5号")


def replaces_the_list(scene: Any, version: str, day: str) -> None:
    """A new version of the item list is drafted, approved and made public on a day."""
    case = acts.opens_change(scene, "items")
    case.completes(
        "起草随机抽查事项清单", by=acts.KEEPER, **{**ITEMS, "version": version, "effective_on": day}
    )
    case.completes("法制审核", by=acts.LEGAL, decision="approve")
    case.completes(
        "登记政府审定结果", by="阮清和", decision="approve", document=f"舞政 {version}", approved_on=day
    )
    case.completes("公开变更", by=acts.OFFICE, channels=["government", "platform"], published_on=day)


def test_each_version_of_the_list_keeps_the_days_on_which_it_was_in_force(wugang):
    replaces_the_list(wugang, "2026-2", "2026-03-02")
    wugang.passes(working_days=5)
    replaces_the_list(wugang, "2026-3", "2026-03-09")
    query = select(ItemList.version, ItemList.valid_to).where(ItemList.bureau_id == wugang.bureau)
    ended = dict(wugang.read(lambda session: session.execute(query.order_by(ItemList.id)).all()))
    assert [str(day) for day in ended.values()] == ["2026-03-01", "2026-03-08", "None"]


def test_jilin_the_province_decides_on_the_list_for_all(jilin):
    case = acts.opens_change(jilin, "items")
    case.completes("起草随机抽查事项清单", by=acts.KEEPER, **ITEMS)
    case.completes("法制审核", by=acts.LEGAL, decision="approve")
    case.expects("审定全省统一清单", role="上级医保局")
    case.completes("审定全省统一清单", by=who(jilin, jilin.province, Role.SUPERVISION), decision="approve")
    case.completes("公开变更", by=acts.OFFICE, channels=["website"], published_on="2026-03-02")
    assert case.state() == "completed"
    listed = jilin.read(lambda session: current_item_list(session, jilin.bureau))
    assert (listed.version, listed.bureau_id) == ("2026-2", jilin.province)


def test_the_provinces_own_leader_approves_its_list(jilin):
    people = {
        role: who(jilin, jilin.province, role)
        for role in (Role.SUPERVISION, Role.LEGAL, Role.LEADER, Role.OFFICE)
    }
    case = acts.opens_change(jilin, "items", bureau=jilin.province, by=people[Role.SUPERVISION])
    case.completes("起草随机抽查事项清单", by=people[Role.SUPERVISION], **ITEMS)
    case.completes("法制审核", by=people[Role.LEGAL], decision="approve")
    case.expects("审批变更", role="分管领导")
    case.completes("审批变更", by=people[Role.LEADER], decision="approve")
    case.completes("公开变更", by=people[Role.OFFICE], channels=["website"], published_on="2026-03-02")
    assert case.state() == "completed"


def test_a_county_proposes_and_the_province_decides(jilin):
    """吉 第四条 全省统一制定: 县 → 市 → 省, one bureau at a time; the list that comes of it is the province's."""
    county = jilin.read(lambda session: session.query(Bureau).filter_by(parent_id=jilin.bureau).first().id)
    drafter, legal = who(jilin, county, Role.SUPERVISION), who(jilin, county, Role.LEGAL)
    case = acts.opens_change(jilin, "items", bureau=county, by=drafter)
    case.completes("起草随机抽查事项清单", by=drafter, **ITEMS)
    case.completes("法制审核", by=legal, decision="approve")
    city, province = (who(jilin, number, Role.SUPERVISION) for number in (jilin.bureau, jilin.province))
    case.expects("提出转报意见", role="上级医保局")
    with pytest.raises(NotAllowed):
        case.completes("提出转报意见", by=province, decision="approve")
    case.completes("提出转报意见", by=city, decision="return", reason="请写明依据")
    case.completes("起草随机抽查事项清单", by=drafter, **ITEMS)
    case.completes("法制审核", by=legal, decision="approve")
    case.completes("提出转报意见", by=city, decision="approve")
    case.completes("审定全省统一清单", by=province, decision="approve")
    case.completes(
        "公开变更", by=who(jilin, county, Role.OFFICE), channels=["website"], published_on="2026-03-02"
    )
    assert case.state() == "completed"
    listed = jilin.read(lambda session: current_item_list(session, county))
    row = jilin.read(lambda session: change.get(session, case.data()["change_id"]))
    assert (listed.version, listed.bureau_id) == ("2026-2", jilin.province)
    assert len(row.endorsements) == 1


def test_objects_are_kept_by_the_sections(jilin):
    code = acts.object_codes(jilin, jilin.bureau)[0]
    own = jilin.read(lambda session: object_by_code(session, jilin.bureau, code).bureau_id)
    case = acts.opens_change(jilin, "objects", bureau=own, by=section_of(jilin, own))
    row = {"act": "close", "code": code, "note": "终止协议"}
    with pytest.raises(Refused):
        case.completes(
            "起草检查对象名录库变更", by=who(jilin, own, Role.SUPERVISION), cause="协议终止", rows=[row]
        )
    case.completes("起草检查对象名录库变更", by=section_of(jilin, own), cause="协议终止", rows=[row])
    case.completes("审批变更", by=who(jilin, own, Role.LEADER), decision="return", reason="请附协议")
    case.completes("起草检查对象名录库变更", by=section_of(jilin, own), cause="协议终止", rows=[row])
    case.completes("审批变更", by=who(jilin, own, Role.LEADER), decision="approve")
    assert case.state() == "completed"  # 舞 第五条 对外公示 is Wugang's rule; Jilin asks for the list only
    assert "公开变更" not in case.history()
    assert not jilin.read(lambda session: object_by_code(session, own, code)).active


def section_of(scene: Any, bureau_id: int) -> str:
    """Somebody of the sections."""
    return who(scene, bureau_id, Role.SECTION)


def test_inspectors_are_kept_by_the_supervising_section(wugang):
    def newcomer(session: Any) -> str:
        return session.query(Person).filter_by(name=acts.OFFICE).one().staff_no

    number = wugang.read(newcomer)
    case: Case = acts.opens_change(wugang, "inspectors")
    row = {
        "act": "add",
        "staff_no": number,
        "name": acts.OFFICE,
        "certificate": "410481-新-1",
        "specialties": ["law"],
    }
    case.completes("起草执法检查人员名录库变更", by=acts.KEEPER, cause="新取得执法资格", rows=[row])
    with pytest.raises((Refused, NotAllowed)):
        case.completes("审批变更", by=acts.KEEPER, decision="approve")
    case.completes("审批变更", by=acts.LEADER, decision="approve")
    with pytest.raises(Refused, match="还须通过监管平台公开"):
        case.completes("公开变更", by=acts.OFFICE, channels=["website"], published_on="2026-03-02")
    case.completes("公开变更", by=acts.OFFICE, channels=["platform"], published_on="2026-03-02")
    assert case.state() == "completed"
    found = wugang.read(
        lambda session: inspector_by_staff_no(session, wugang.bureau, number).certificates[0].number
    )
    assert found == "410481-新-1"


def test_nobody_edits_a_registry_that_a_draw_holds(wugang):
    plan_case = acts.approves(acts.drafts(acts.opens_plan(wugang), acts.task(wugang)))
    plan_case.completes("锁定名录库", by=acts.DRAFTER)
    case = acts.opens_change(wugang, "objects", by=acts.DRAFTER)
    row = {"act": "close", "code": acts.object_codes(wugang, wugang.bureau)[0]}
    with pytest.raises(Refused) as fault:
        case.completes("起草检查对象名录库变更", by=acts.DRAFTER, cause="协议终止", rows=[row])
    assert fault.value.slug == "registry-locked"


def test_wugang_makes_a_list_public_on_the_government_site_and_the_platform(wugang):
    """舞 第四条 通过政府网和平台向社会公开; 第五条 录入平台并对外公示: one of the two is not enough."""
    case = acts.opens_change(wugang, "items")
    case.completes("起草随机抽查事项清单", by=acts.KEEPER, **ITEMS)
    case.completes("法制审核", by=acts.LEGAL, decision="approve")
    case.completes(
        "登记政府审定结果",
        by="阮清和",
        decision="approve",
        document="舞政〔2026〕5号",
        approved_on="2026-03-02",
    )
    with pytest.raises(Refused, match="还须通过监管平台公开") as caught:
        case.completes("公开变更", by=acts.OFFICE, channels=["government"], published_on="2026-03-02")
    assert caught.value.slug == "channel-missing"
    case.completes("公开变更", by=acts.OFFICE, channels=["government", "platform"], published_on="2026-03-02")


def test_each_item_of_wugang_comes_from_the_power_list(wugang, jilin):
    """舞 第四条 根据局权力事项清单及责任清单编制: an item without its power is no item there; Jilin asks for none."""
    rows = [{**row, "power_item": ""} for row in ITEMS["rows"]]
    case = acts.opens_change(wugang, "items")
    with pytest.raises(Refused, match="对应权力事项"):
        case.completes("起草随机抽查事项清单", by=acts.KEEPER, **{**ITEMS, "rows": rows})
    case.completes("起草随机抽查事项清单", by=acts.KEEPER, **ITEMS)
    keeper = who(jilin, jilin.province, Role.SUPERVISION)
    case = acts.opens_change(jilin, "items", bureau=jilin.province, by=keeper)
    case.completes("起草随机抽查事项清单", by=keeper, **{**ITEMS, "rows": rows})
