"""归档. 吉 第二十七条：全部归档，建立工作台账和工作档案，专人负责."""

from __future__ import annotations

import hashlib

import pytest
from lxml import etree
from sqlalchemy import delete, select

from engine.desk import document
from engine.domain import archive, report
from engine.domain.archive.tables import RETENTION, ArchiveSupplement
from engine.domain.followup import refuse_open
from engine.domain.inspection import get
from engine.domain.inspection.tables import Visit
from engine.domain.pack import parameters
from engine.errors import Refused
from engine.operation import Step, call
from engine.people import Role
from tests.engine.year_samples import Notes
from tests.preamble import preamble
from tests.scenarios import acts, test_substitution
from tests.scenarios import inspections as told
from tests.scenarios.test_inspection import form_of, refused
from tests.web.command import casework


def test_the_file_is_listed_sealed_entered_and_exported(jilin, tmp_path):
    """卷内目录, seal, ledger; the bag is whole, and any change of a piece shows."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    case.expects("整理编目", role="档案专人")
    told.archived(case)
    line = jilin.read(lambda s: archive.ledger(s, jilin.bureau, 2026)[0].line)
    assert (line["发现问题"], line["公示日期"], line["信用等级"]) == ("0", "2026-03-02", line["信用等级"])
    package = jilin.read(lambda s: archive.of(s, inspection_id))
    target = tmp_path / "bag"
    found = jilin.read(
        lambda s: archive.export(
            s,
            archive.find(s, package.archive_no),
            target,
            lambda _: b"",
            document.papers(s, get(s, inspection_id).case_id),
        )
    )
    assert found["seal"] == package.seal
    papers = {path.name[3:]: path.read_bytes() for path in (target / "data/papers").iterdir()}
    assert {"检查通知书.pdf", "现场检查记录.pdf", "检查意见反馈书.pdf"} <= papers.keys()
    assert found["papers"] == len(papers)
    assert all(body.startswith(b"%PDF-") for body in papers.values())
    assert archive.verify(target) == []
    metadata_says(target, package)
    piece = next((target / "data").glob("001-*.json"))
    piece.write_bytes(piece.read_bytes() + b" ")
    assert archive.verify(target)


def metadata_says(target, package):
    """DA/T 46, 48: the cover and one 件 for each piece, in the words of the house, with the hash of its file."""
    root = etree.fromstring((target / "data/metadata.xml").read_bytes())
    told_ = {etree.QName(each).localname: each.text or "" for each in root}
    assert (root.get("档号"), told_["题名"]) == (package.archive_no, package.title)
    assert (told_["立卷单位"], told_["封存摘要"]) == ("长春市医疗保障局", package.seal)
    assert told_["保管期限"] == RETENTION[package.retention]
    pieces = root.findall("{*}卷内目录/{*}件")
    assert [int(each.get("序号")) for each in pieces] == list(range(1, len(pieces) + 1))
    bodies = {each.get("路径"): each.findtext("{*}摘要") for each in pieces}
    assert len(bodies) == len(pieces) > 5
    written = {path: (target / path).read_bytes() for path in bodies}
    assert {path: hashlib.sha256(body).hexdigest() for path, body in written.items()} == bodies


def test_a_file_that_is_listed_but_not_sealed_ends_no_case(jilin):
    """吉 第二十七条: the check of three elements is passed, the seal is missing."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    case.completes("整理编目")
    case.expects("核对并封存")

    def closes(session):
        """The verb itself, past the diagram."""
        place = {"release_id": 1, "instance_id": 1, "case_id": case.id, "process": "inspection"}
        step = Step(session=session, machine=Notes(), bureau_id=jilin.bureau, pack="jilin", element="close",
                    name="", data={"inspection_id": inspection_id}, **place)  # fmt: skip
        call("archive.close", step, {})

    refused("not-archived", jilin.does, closes)


def test_an_open_follow_up_keeps_the_file_open(jilin):
    """吉 第二十六条: archive refuses."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.reported(jilin, case, inspection_id, "corrected", **told.CORRECTED)
    refused(
        "archive-open-followup",
        jilin.read,
        lambda s: refuse_open(s, get(s, inspection_id), parameters("jilin")),
    )


def test_a_missing_piece_is_added_or_explained(wugang):
    """舞 第三条 档案管理: what is missing is named; a statement goes into the 备考表."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.reported(wugang, case, inspection_id)
    wugang.does(lambda s: s.execute(delete(Visit).where(Visit.inspection_id == inspection_id)))
    told.made_public(case)
    case.expects("补充材料或说明", role="业务科室")
    refused("archive-incomplete", case.completes, "补充材料或说明", pieces=[{"piece": "visit"}])
    case.completes("补充材料或说明", pieces=[{"piece": "visit", "statement": "告知书原件遗失，有录像"}])
    told.archived(case)
    assert wugang.read(lambda s: s.scalars(select(ArchiveSupplement)).one().piece) == "visit"


@preamble
def closed(scene, retention="30"):
    """A case that has ended, with its file sealed."""
    case, inspection_id = told.begins(scene, scene.bureau)
    told.archived(told.published(scene, case, inspection_id), retention)
    assert case.state() == "completed"
    return case, inspection_id


def borrows(scene, case, **more):
    """Somebody of the section asks for the file."""
    answers = {"purpose": "复议需要核对原件", "kind": "original", "due_on": "2026-03-20", **more}
    return case.sets_off("archive.lending", by=told.one_of(scene, scene.bureau, Role.SECTION), **answers)


def test_a_file_is_lent_with_an_approval_and_comes_back(jilin):
    """吉 第二十七条 按档案管理要求: asked for, allowed, handed out, due back, checked; all in the log."""
    case, inspection_id = closed(jilin)
    refused("loan-due", borrows, jilin, case, due_on="2026-03-02")
    borrows(jilin, case)
    case.expects("审批借阅", role="分管领导")
    case.completes("审批借阅", decision="approve")
    case.completes("调出案卷", handed=True)
    case.expects("清点归还", role="档案专人", due="2026-03-20")
    borrows(jilin, case, due_on="2026-04-01")
    case.completes("审批借阅", decision="approve")
    refused("on-loan", case.completes, "调出案卷", handed=True)
    case.passes(working_days=16)
    case.is_overdue("清点归还")
    case.completes("清点归还", condition="damaged", damage="第 3 件封底缺角")
    case.completes("调出案卷", handed=True)
    case.completes("清点归还", condition="intact")
    package = jilin.read(lambda s: archive.of(s, inspection_id))
    lent = jilin.read(lambda s: archive.loans(s, package.id))
    assert [(row.state, row.damage, row.reminded_at is not None) for row in lent] == [
        ("returned", "第 3 件封底缺角", True),
        ("returned", "", False),
    ]
    assert jilin.read(lambda s: archive.seal_of(archive.documents(s, package.id))) == package.seal


def test_a_loan_that_is_not_agreed_to_ends_there(jilin):
    """The deputy director in charge may say no, with a reason."""
    case, inspection_id = closed(jilin)
    borrows(jilin, case, purpose="随便看看", kind="copy")
    case.completes("审批借阅", decision="return", reason="与职责无关")
    case.expects_nothing("调出案卷")
    package = jilin.read(lambda s: archive.of(s, inspection_id))
    assert [row.state for row in jilin.read(lambda s: archive.loans(s, package.id))] == ["refused"]


def proposes(scene, case):
    """The archivist asks that a file whose term has ended be destroyed."""
    keeper = told.one_of(scene, scene.bureau, Role.ARCHIVIST)
    return case.sets_off("archive.destruction", by=keeper, reason="保管期限已满")


@pytest.mark.parametrize(("retention", "words"), [("30", "2056-12-31"), ("permanent", "永久")])
def test_nothing_is_destroyed_before_its_time(jilin, retention, words):
    """国家档案局令第8号: until the end of the thirtieth year, or never."""
    case, _ = closed(jilin, retention)
    with pytest.raises(Refused, match=words) as caught:
        proposes(jilin, case)
    assert caught.value.slug == "retention-running"


def test_a_file_is_destroyed_after_appraisal_by_two_approvals(jilin, tmp_path):
    """§2 no. 13: proposed, appraised, approved twice by others; the list, the hashes and the seal stay."""
    case, inspection_id = closed(jilin, "10")
    ten_years_on(jilin)
    proposes(jilin, case)
    case.completes("鉴定案卷价值", appraisal="destroy", opinion="无保存价值")
    case.expects("审批销毁", role="分管领导")
    case.completes("审批销毁", decision="approve")
    case.expects("核准销毁", role="主要负责人")
    case.completes("核准销毁", decision="approve")
    package = jilin.read(lambda s: archive.of(s, inspection_id))
    left = jilin.read(lambda s: archive.documents(s, package.id))
    assert package.state == "destroyed"
    assert {row.content for row in left if not row.file_id} == {"（已销毁）"}
    assert archive.seal_of(left) == package.seal
    refused("not-archived", borrows, jilin, case, due_on="2037-06-01")
    with pytest.raises(Refused):
        jilin.read(lambda s: archive.export(s, package, tmp_path / "bag", lambda _: b""))


@pytest.mark.parametrize("who", ["鉴定案卷价值", "审批销毁", "核准销毁"])
def test_each_of_three_may_keep_the_file(jilin, who):
    """Still worth keeping for one of them: the file stays, and so does the record of the proposal."""
    case, inspection_id = closed(jilin, "10")
    ten_years_on(jilin)
    proposes(jilin, case)
    for step in ("鉴定案卷价值", "审批销毁", "核准销毁"):
        keeps = step == who
        if step == "鉴定案卷价值":
            case.completes(step, appraisal="keep" if keeps else "destroy", opinion="见鉴定表")
        else:
            case.completes(
                step, decision="return" if keeps else "approve", reason="有研究价值" if keeps else ""
            )
        if keeps:
            break
    assert jilin.read(lambda s: archive.of(s, inspection_id).state) == "sealed"
    proposes(jilin, case)  # it may be asked again, another year


def ten_years_on(scene):
    """The term of ten years has ended; posts and certificates go on."""
    scene.rehearsal.now = scene.rehearsal.now.replace(year=2037)


def test_a_file_that_is_not_sealed_is_not_exported(jilin, tmp_path):
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    case.completes("整理编目", title="案卷", retention="permanent", secrecy="public")
    with pytest.raises(Exception, match="尚未封存"):
        jilin.read(lambda s: archive.export(s, archive.of(s, inspection_id), tmp_path / "x", lambda _: b""))


def test_the_command_writes_the_file_of_a_case_and_verifies_it(jilin, tmp_path, monkeypatch):
    """`casework archive export` → `archive verify`, both as given by an archivist; one changed byte is named."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    told.archived(case)
    package = jilin.read(lambda s: archive.of(s, inspection_id))
    number = jilin.read(lambda s: get(s, inspection_id).case_no)
    settings = jilin.world.settings
    monkeypatch.setenv("CASEWORK_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CASEWORK_FILES_DIR", str(settings.files_dir))
    bag = tmp_path / "bag"
    written = casework("archive", "export", number, bag, "--json")
    assert (written.code, written.json["archive_no"], written.json["seal"]) == (
        0,
        package.archive_no,
        package.seal,
    )
    assert len(list((bag / "data").iterdir())) >= written.json["pieces"] > 5
    whole = casework("archive", "verify", bag)
    assert (whole.code, "归档包完整" in whole.out) == (0, True)
    assert "不是空的" in casework("archive", "export", number, bag).line
    piece = next((bag / "data").glob("001-*"))
    piece.write_bytes(b" " + piece.read_bytes()[1:])
    broken = casework("archive", "verify", bag)
    assert (broken.code, piece.name in broken.err) == (1, True)
    assert casework("archive", "verify", bag, "--json").json["ok"] is False


def test_every_file_that_was_handed_in_is_in_the_report_and_in_the_file(wugang):
    """舞 第十四条 检查过程中形成的材料应当作为检查报告的附件一并提交; 吉 第七条、第二十七条 程序材料全部归档."""
    case, inspection_id = told.begins(wugang, wugang.bureau)

    def file(name):
        return [told.hand_in(wugang, case.id, wugang.bureau, name)]

    told.formed(wugang, case, inspection_id)
    case.completes("填写行政检查审批表", pledge_files=file("承诺.png"), paper_pledges="专家签的纸质承诺")
    case.completes("审批行政检查", decision="approve")
    shown = [number for number, _ in told.members(wugang, inspection_id)]
    case.completes("出示执法证件并告知权利义务", certificates=shown, received_by="刘掌柜", rights_told=True)
    case.completes(
        "按清单逐项检查", findings=told.found(told.chosen(wugang, inspection_id), **told.CORRECTED)
    )
    case.completes("收集证据", none="yes")
    case.completes(
        "制作现场检查记录", **told.record(wugang, signature="refused", attachments=file("记录.png"))
    )
    case.completes("注明原因并邀请见证", reason="拒绝签字", video=file("录像.png"))
    told.told(wugang, case)
    case.completes("提出处理意见", kind="corrected", opinion="责令改正", correct_by="2026-03-16")
    answers = form_of(wugang, case, "提交随机抽查情况报告")["defaults"]
    assert answers["opinion"] == "责令改正", "处理意见 is what was decided, not what was discussed"
    case.completes("提交随机抽查情况报告", advice="加强监管", files=file("测算.png"))
    index = [row["title"] for row in wugang.read(lambda s: report.of(s, inspection_id).attachments)]
    handed = ["填写行政检查审批表：承诺.png", "制作现场检查记录：记录.png", "注明原因并邀请见证：录像.png"]
    assert set(index) >= {*handed, "报告附件：测算.png", "处理意见"}
    told.made_public(case)
    case.completes("复查整改情况", result="done", situation="已退还", proof=file("退款.png"))
    told.archived(case)
    listed = wugang.read(lambda s: archive.documents(s, archive.of(s, inspection_id).id))
    titles = [row.title for row in listed]
    assert set(titles) >= {*handed, "提交随机抽查情况报告：测算.png", "复查整改情况：退款.png"}
    assert len(titles) == len(set(titles))
    assert all(row.day for row in listed if not row.path.endswith("-draw.json"))


def test_the_file_of_a_lead_holds_the_lead_and_that_of_a_swap_the_swap(jilin):
    """吉 第七条 将相关抽查检查程序材料及结果整理归档: where the case came from, and who stepped aside why."""
    case = test_substitution.inspecting(jilin)
    test_substitution.asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve", reason="情况属实")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.completes("见证递补", by=acts.WITNESS, decision="approve")
    inspection_id = case.data()["inspection_id"]
    acts.goes_to_the_end(case)
    listed = jilin.read(lambda s: archive.documents(s, archive.of(s, inspection_id).id))
    assert {"人员调换、回避和补充", "名单封存纪要和抽取凭证"} <= {row.title for row in listed}
