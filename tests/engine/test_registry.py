"""Registries: import all or nothing, reports per row, round trip, locks, editors, conflicts of interest."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest

from engine import clock
from engine.domain import registry
from engine.domain.registry import conflicts, items, sheet
from engine.domain.registry.tables import Certificate, Conflict, Inspector, RegistryObject
from engine.domain.registry.transfer import export_file, import_file, template
from engine.errors import NotAllowed, Refused
from engine.people import Bureau, Grant, Person, Role

TODAY = date(2026, 10, 12)


@pytest.fixture(autouse=True)
def _fixed_day():
    with clock.fixed(clock.end_of(TODAY)):
        yield


@pytest.fixture
def bureau(session) -> Bureau:
    row = Bureau(division="410481", name="舞钢市医疗保障局", short_name="舞钢", level="county", pack="wugang")
    session.add(row)
    session.flush()
    return row


def person(session, bureau, number, *roles) -> Person:
    row = Person(bureau_id=bureau.id, staff_no=f"WG{number:03}", login=f"p{number}", name=f"某{number}")
    session.add(row)
    session.flush()
    for role in roles:
        session.add(Grant(person_id=row.id, bureau_id=bureau.id, role=role, valid_from=date(2020, 1, 1)))
    session.flush()
    session.refresh(row)
    return row


HEAD = "编码,统一社会信用代码,名称,类别,地址,信用等级,投诉举报次数\n"
GOOD = "H41048100001,,垭口村卫生室,村卫生室,垭口村,A,0\n"
GOOD += "P41048100002,91410481MA3X9K2A0N,康宁大药房,零售药店,钢城路1号,B,2\n"


def load(session, bureau, text, **options):
    return import_file(session, bureau, "o.csv", text.encode(), kind="objects", **options)


def test_good_rows_go_in(session, bureau) -> None:
    report = load(session, bureau, HEAD + GOOD)
    assert report.applied
    assert report.counts == {"accepted": 2, "warned": 0, "refused": 0, "added": 2, "changed": 0}
    again = load(session, bureau, HEAD + GOOD.replace(",B,2", ",C,5"))
    assert again.counts["changed"] == 2
    assert registry.object_by_code(session, bureau.id, "P41048100002").credit_level == "C"


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("X1,,名,村卫生室,,A,0", "编码", "12|11 位|大写字母"),
        ("H41048100009,,名,零售药店,,A,0", "编码", "应以 P 开头"),
        ("H99999900009,,名,村卫生室,,A,0", "编码", "不存在"),
        ("H41048100009,9141,名,村卫生室,,A,0", "统一社会信用代码", "18 位"),
        ("H41048100009,,,村卫生室,,A,0", "名称", "必填"),
        ("H41048100009,,名,卫生室,,A,0", "类别", "之一"),
        ("H41048100009,,名,村卫生室,,E,0", "信用等级", "之一"),
        ("H41048100009,,名,村卫生室,,A,-1", "投诉举报次数", "整数"),
        ("H41048100001,,名,村卫生室,,A,0", "编码", "重复"),
        ("H41048100009,,=1+1,村卫生室,,A,0", "名称", "公式"),
    ],
)
def test_one_refused_row_keeps_the_whole_file_out(session, bureau, row, column, says) -> None:
    report = load(session, bureau, HEAD + GOOD + row + "\n")
    assert not report.applied
    assert registry.objects_of(session, bureau.id) == []
    (bad,) = report.refused
    assert bad.number == 4
    note = dict(bad.notes)[column]
    assert any(part in note for part in says.split("|"))


def test_the_good_rows_alone_when_asked_for(session, bureau) -> None:
    report = load(session, bureau, HEAD + GOOD + "X1,,名,村卫生室,,A,0\n", accept_valid=True)
    assert report.applied
    assert len(registry.objects_of(session, bureau.id)) == 2
    back = report.refused_file().decode("utf-8-sig")
    assert back.startswith("行号,原因,编码")
    assert "4,编码：机构编码“X1”" in back


def test_doubts_warn_and_go_in(session, bureau) -> None:
    report = load(session, bureau, HEAD + "H41048100003,91350211M0000XUF46,某医院,一级及民营医院,,A,0\n")
    assert report.applied
    assert report.counts["warned"] == 1


def test_dry_run_changes_nothing(session, bureau) -> None:
    assert not load(session, bureau, HEAD + GOOD, dry_run=True).applied
    assert registry.objects_of(session, bureau.id) == []


def test_round_trip_through_both_formats(session, bureau) -> None:
    load(session, bureau, HEAD + GOOD.replace("垭口村卫生室", "－垭口 -村").replace("康宁大药房", "+康宁"))
    for form in ("csv", "xlsx"):
        content = export_file(session, bureau, "objects", form=form)
        report = import_file(session, bureau, f"o.{form}", content)
        assert report.kind == "objects"
        assert report.counts["changed"] == 2, report.as_json()
    assert registry.object_by_code(session, bureau.id, "P41048100002").name == "+康宁"
    assert "'+康宁" in export_file(session, bureau, "objects", form="csv").decode("utf-8-sig")


def test_files_that_cannot_be_read_are_refused_in_one_sentence(session, bureau) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"0" * (sheet.LARGEST_UNZIPPED + 1))
    for content, says in (
        (b"", "空"),
        (b"PK\x03\x04nonsense", "XLSX"),
        (bomb.getvalue(), "解压后"),
        ("编码,名称\nx,y\n".encode(), "缺少列"),
        (HEAD.encode(), "没有数据"),
        ("编码,编码\n".encode(), "列名重复"),
    ):
        with pytest.raises(Refused, match=says):
            import_file(session, bureau, "f", content, kind="objects")
    with pytest.raises(Refused, match="哪一种"):
        import_file(session, bureau, "f.csv", "甲,乙\n1,2\n".encode())


def test_chinese_excel_csv_in_gb18030_is_read(session, bureau) -> None:
    assert import_file(session, bureau, "o.csv", (HEAD + GOOD).encode("gb18030")).applied


INSPECTORS = (
    "单位工号,姓名,身份证号,业务专长,可任组长,是否专家,执法证编号,有效期,执法人员状态,部门执法证编号\n"
    "WG001,周砚秋,41048119900101001X,医疗、药品,是,否,豫执0207,2028-01-01,在岗,部0207\n"
    "WG002,韩立群,,药品,否,否,豫执0245,2026-11-20,在岗,\n"
    "WG003,马明远,,,否,否,,,在岗,\n"
    "WG004,白一川,,医疗,否,是,,,在岗,\n"
)


def test_inspectors_with_two_certificates_and_a_masked_number(session, bureau) -> None:
    account = person(session, bureau, 1, Role.INSPECTOR)
    report = import_file(session, bureau, "i.csv", INSPECTORS.encode())
    assert report.applied
    assert report.kind == "inspectors"
    zhou, han, ma, bai = registry.inspectors_of(session, bureau.id) + registry.inspectors_of(
        session, bureau.id, experts=True
    )
    assert zhou.person_id == account.id
    assert zhou.id_card_masked == "410481********001X"
    assert [each.number for each in zhou.certificates] == ["豫执0207", "部0207"]
    assert (zhou.licensed(TODAY), han.licensed(date(2026, 11, 21)), ma.licensed(TODAY)) == (
        True,
        False,
        False,
    )
    assert not bai.licensed(TODAY)
    assert (
        import_file(session, bureau, "i.xlsx", export_file(session, bureau, "inspectors")).counts["changed"]
        == 4
    )


def test_an_expert_never_leads(session, bureau) -> None:
    bad = INSPECTORS + "WG005,石敬亭,,,是,是,豫执9,2028-01-01,在岗,\n"
    report = import_file(session, bureau, "i.csv", bad.encode())
    assert dict(report.refused[0].notes)["可任组长"] == "专家不能任组长"


ITEMS = "编号,抽查事项名称,抽查依据,抽查内容\n1,医保基金使用情况检查,条例,重复收费\n"
ITEMS += "2,药品进销存检查,条例,账实相符\n"


def test_an_item_list_comes_into_force_with_its_approval(session, bureau) -> None:
    report = import_file(session, bureau, "l.csv", ITEMS.encode())
    listed = session.get_one(registry.ItemList, report.counts["list_id"])
    assert registry.current_item_list(session, bureau.id) is None
    with pytest.raises(Refused, match="审定"):
        items.publish(session, listed, valid_from=TODAY, approved_by="", approval_document="")
    items.publish(
        session, listed, valid_from=TODAY, approved_by="舞钢市人民政府", approval_document="舞政〔2026〕1号"
    )
    assert [item.no for item in registry.current_items(session, bureau.id)] == ["1", "2"]
    county = Bureau(
        division="220122", name="农安县", short_name="农安", level="county", pack="jilin", parent_id=bureau.id
    )
    session.add(county)
    session.flush()
    assert registry.current_item_list(session, county.id) is listed
    with pytest.raises(Refused, match="省级"):
        import_file(session, county, "l.csv", ITEMS.encode())


def test_each_registry_is_kept_by_its_own_unit(session, bureau) -> None:
    section, supervision = (
        person(session, bureau, 11, Role.SECTION),
        person(session, bureau, 12, Role.SUPERVISION),
    )
    assert load(session, bureau, HEAD + GOOD, actor=section).applied
    with pytest.raises(NotAllowed, match="业务科室"):
        load(session, bureau, HEAD + GOOD, actor=supervision)
    with pytest.raises(NotAllowed, match="政策法规和基金监管股"):
        import_file(session, bureau, "i.csv", INSPECTORS.encode(), actor=section)
    assert import_file(session, bureau, "i.csv", INSPECTORS.encode(), actor=supervision).applied


def test_nobody_edits_a_registry_between_freeze_and_end_of_draw(session, bureau) -> None:
    load(session, bureau, HEAD + GOOD)
    clerk = person(session, bureau, 13, Role.SECTION)
    registry.lock(session, [bureau.id], "410481-2026-0001", clerk)
    for attempt in (
        lambda: load(session, bureau, HEAD + GOOD, actor=clerk),
        lambda: registry.lock(session, [bureau.id], "410481-2026-0002", clerk),
    ):
        with pytest.raises(Refused, match="410481-2026-0001") as caught:
            attempt()
        assert clerk.name in caught.value.reason
    assert registry.release(session, "410481-2026-0001") == 3
    assert load(session, bureau, HEAD + GOOD, actor=clerk).applied


@pytest.fixture
def pair(session, bureau):
    """An inspector and two shops of one chain, one clinic."""
    rows = [
        RegistryObject(
            bureau_id=bureau.id, code=f"P4104810000{n}", name=f"康宁{n}店", kind="pharmacy", group_name="康宁"
        )
        for n in (1, 2)
    ]
    rows.append(
        RegistryObject(
            bureau_id=bureau.id, code="H41048100003", name="安和诊所", kind="clinic", address="钢城路 8 号"
        )
    )
    who = Inspector(bureau_id=bureau.id, staff_no="WG050", name="叶长风")
    session.add_all([*rows, who])
    session.flush()
    return who, rows


@pytest.mark.parametrize(
    ("relation", "matter", "until", "hits"),
    [
        ("employer", "安和诊所", date(2027, 1, 1), [2]),
        ("employer", "安和诊所", date(2026, 10, 11), []),
        ("shareholding", "康宁", None, [0, 1]),
        ("chain", "康 宁", None, [0, 1]),
        ("address", "钢城路8号", None, [2]),
        ("spouse", "P41048100001", None, [0]),
    ],
)
def test_computed_conflicts(session, pair, relation, matter, until, hits) -> None:
    who, rows = pair
    session.add(
        Conflict(
            inspector_id=who.id, relation=relation, matter=matter, until=until, declared_on=date(2026, 1, 1)
        )
    )
    session.flush()
    found = [place for place, thing in enumerate(rows) if registry.conflicted(session, who, thing)]
    assert found == hits
    assert registry.matrix(session, [who], rows) == [(who.id, rows[place].id) for place in hits]


def test_a_chain_declared_for_one_shop_holds_for_all(session, pair) -> None:
    who, rows = pair
    registry.declare(session, who, relation="chain", thing=rows[0])
    assert registry.matrix(session, [who], rows) == [(who.id, rows[0].id), (who.id, rows[1].id)]


def test_living_at_the_address_is_computed(session, pair) -> None:
    who, rows = pair
    who.address = "钢城路8号"
    session.flush()
    assert registry.conflict_between(session, who.id, rows[2].id) == "address"
    with pytest.raises(Refused, match="回避"):
        registry.refuse_conflicted(session, who, rows[2], pack="wugang")


def test_an_account_carries_the_conflicts_of_its_inspector(session, bureau, pair) -> None:
    who, rows = pair
    leader = person(session, bureau, 60, Role.LEADER)
    who.person_id = leader.id
    session.flush()
    registry.declare(session, who, relation="spouse", thing=rows[2])
    assert registry.conflicted(session, leader, rows[2])
    registry.declare(session, leader, relation="other", thing=rows[0])
    assert registry.relation_to(session, who, rows[0]) == "other"


@pytest.mark.usefixtures("pair")
def test_conflict_rows_must_point_at_known_people_and_objects(session, bureau) -> None:
    text = "单位工号,关系,检查对象编码,相关单位或地址\nWG050,配偶在该单位任职,H41048100003,\n"
    text += "WG999,其他利害关系,H1,\n"
    report = import_file(session, bureau, "c.csv", text.encode())
    assert (report.kind, report.applied) == ("conflicts", False)
    assert [column for column, _why in report.refused[0].notes] == ["单位工号", "检查对象编码"]
    good = text.rsplit("WG999", 1)[0]
    assert import_file(session, bureau, "c.csv", good.encode()).counts["added"] == 1
    assert import_file(session, bureau, "c.csv", good.encode()).counts["unchanged"] == 1


def test_the_public_registry_is_masked(session, bureau) -> None:
    session.add(
        RegistryObject(
            bureau_id=bureau.id,
            code="R41048100001",
            name="张三丰",
            type="person",
            kind="person",
            contact="138",
        )
    )
    session.add(
        Inspector(
            bureau_id=bureau.id,
            staff_no="W1",
            name="李四",
            phone="139",
            certificates=[Certificate(number="豫1")],
        )
    )
    session.flush()
    text = export_file(session, bureau, "objects", form="csv", public=True).decode("utf-8-sig")
    assert "张**" in text
    assert "138" not in text
    assert "139" not in export_file(session, bureau, "inspectors", form="csv", public=True).decode(
        "utf-8-sig"
    )


def test_templates_mark_what_is_required() -> None:
    assert template("items", form="csv").decode("utf-8-sig").startswith("*编号,*抽查事项名称")


def test_employer_counts_three_years() -> None:
    assert conflicts.employer_until(date(2024, 2, 29)) == date(2027, 2, 28)
