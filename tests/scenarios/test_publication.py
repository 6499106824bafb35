"""公示. 舞 第十五条：二十个工作日内，谁抽查、谁录入、谁公示；吉 第二十五条：两个国家系统."""

from __future__ import annotations

import base64
import io
import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address

import pytest
import python_calamine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.desk import channel
from engine.desk import step as desk
from engine.desk.sample import PASSWORD
from engine.desk.signed import signature
from engine.desk.world import seed_files
from engine.domain import publication, report
from engine.domain.inspection import Inspection, get
from engine.domain.pack import parameters
from engine.domain.publication.batch import COLUMNS
from engine.domain.registry import RegistryObject
from engine.errors import Unavailable
from engine.operation import call
from engine.people import Bureau, Person, Role, holders
from engine.runtime import release
from engine.runtime.tables import WorkItem
from tests.scenarios import inspections as told
from tests.scenarios.test_inspection import refused
from web.app import create_app

DRAFT = "汇总、分析、评估检查结果"
CLEAN = {"decision": "approve", "no_privacy": True, "no_trade_secret": True, "no_state_secret": True}


def shown(scene, inspection_id):
    return scene.read(
        lambda s: [(row.version, row.kind, row.state) for row in publication.versions(s, inspection_id)]
    )


def test_jilin_owes_both_national_systems(jilin):
    """吉 第二十五条 通过国家企业信用信息公示系统和信用信息共享平台进行公示.

    An absent object needs its reason.
    """
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.reported(jilin, case, inspection_id)
    case.expects(DRAFT, role="业务科室", due="2026-03-30")
    case.completes(DRAFT, summary="抽查结果见明细")
    case.expects("公示前审查", role="结果审核")
    case.completes("公示前审查", **CLEAN)
    case.expects_nothing("官网发布")
    one = {"channel": "gsxt", "state": "published", "receipt_no": "GS-1"}
    refused("receipt-missing", case.completes, "登记公示回执", receipts=[one])
    refused(
        "absence-reason",
        case.completes,
        "登记公示回执",
        receipts=[one, {"channel": "credit", "state": "absent"}],
    )
    case.completes(
        "登记公示回执",
        receipts=[one, {"channel": "credit", "state": "absent", "reason": "村卫生室无统一社会信用代码"}],
    )
    assert shown(jilin, inspection_id) == [(1, "result", "published")]
    assert get_state(jilin, inspection_id) == "published"


def get_state(scene, inspection_id):
    return scene.read(lambda s: get(s, inspection_id).state)


def test_a_market_body_in_wugang_goes_to_the_platform(wugang):
    """舞 第十五条 通过平台归集至企业名下."""
    case, inspection_id = told.begins(wugang, wugang.bureau, uscc="91410481MA3X9K2A0N")
    told.published(wugang, case, inspection_id)
    assert "官网发布" not in case.history()
    row = wugang.read(lambda s: publication.versions(s, inspection_id)[0])
    assert row.view["uscc"] == "91410481MA3X9K2A0N"
    assert {item["code"] for item in row.view["details"]} == {"1"}


def test_a_non_market_body_in_wugang_is_released_by_the_office(wugang):
    """舞 第十五条 如抽查对象为非市场主体，通过本局官网公示; 舞 第三条 局办公室负责信息公开."""
    case, inspection_id = told.begins(wugang, wugang.bureau, uscc="124104814175829314")
    told.reported(wugang, case, inspection_id)
    case.completes(DRAFT, summary="抽查结果见明细")
    case.completes("公示前审查", decision="return", reason="写明检查时间")
    case.completes(DRAFT, summary="3 月 2 日检查，结果见明细")
    case.completes("公示前审查", **CLEAN)
    case.expects("官网发布", role="办公室")
    case.expects_nothing("登记公示回执")
    case.completes("官网发布", confirmed=True)
    listed = wugang.read(lambda s: publication.results(s, bureau_id=wugang.bureau))
    assert [row.inspection_id for row in listed] == [inspection_id]


def test_without_an_office_gate_the_website_is_automatic(jilin):
    """The national pack knows no gate: website for all, national system for market bodies."""

    def national(session):
        session.get_one(Bureau, jilin.bureau).pack = "national"
        release.deploy(session, "national", seed_files("national"))

    jilin.does(national)
    case, inspection_id = told.begins(jilin, jilin.bureau, uscc="91220101MA0Y0UYK0J")
    told.published(jilin, case, inspection_id)
    assert "在本局官网公示" in case.history()
    assert "官网发布" not in case.history()


def test_reminders_and_then_the_supervising_section(wugang):
    """舞 第十五条 局基金监管科负责监督催办: day 10, 15, 18, breach on day 20; it can urge, not publish."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.reported(wugang, case, inspection_id)
    for days, reminders in ((11, 1), (5, 2), (3, 3)):
        case.passes(working_days=days)
        noted = wugang.read(
            lambda s: len(s.scalars(select(report.Urge).where(report.Urge.about == "publication")).all())
        )
        assert noted == reminders
    case.expects_nothing("督办逾期公示")
    case.passes(working_days=2)
    case.is_overdue(DRAFT)
    case.expects("督办逾期公示", role="基金监管")
    case.completes("督办逾期公示", note="请立即公示")
    told.made_public(case)
    row = wugang.read(lambda s: publication.versions(s, inspection_id)[0])
    assert (row.due_on.isoformat(), row.overdue_days) == ("2026-03-30", 1)


def test_the_supervising_work_item_ends_with_the_publication(wugang):
    """舞 第十五条: once published there is nothing left to urge."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.reported(wugang, case, inspection_id)
    case.passes(working_days=21)
    case.expects("督办逾期公示")
    told.made_public(case)
    case.expects_nothing("督办逾期公示")


def test_the_reviewer_stands_outside_the_team(jilin):
    """§2 no. 9: whoever was on the team, in any role, does not review its result."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.reported(jilin, case, inspection_id)
    member = told.members(jilin, inspection_id)[0][1]

    def review(session):
        who = session.scalars(select(Person).where(Person.name == member)).one()
        publication.refuse_reviewer(session, get(session, inspection_id), who, "jilin")

    refused("reviewer-in-team", jilin.read, review)


def test_only_the_inspecting_unit_publishes(jilin):
    """吉 第二十五条 谁检查、谁录入、谁公开."""
    _, inspection_id = told.begins(jilin, jilin.bureau)

    def publish(session):
        who = holders(session, jilin.province, Role.SECTION)[0]
        publication.refuse_other_unit(get(session, inspection_id), who, parameters("jilin"))

    refused("publisher-not-inspecting-unit", jilin.read, publish)


def test_personal_data_is_never_published(wugang):
    """个人信息保护法: numbers are found in the text, natural persons are masked."""
    case, inspection_id = told.begins(wugang, wugang.bureau, type="person")
    told.approved(wugang, case, inspection_id)
    case.completes(
        "线上数据审核", sources="结算明细", findings=told.found(told.chosen(wugang, inspection_id))
    )
    told.told(wugang, case)
    case.completes("提出处理意见", kind="none", opinion="无需处理")
    case.completes("提交随机抽查情况报告", advice="无")
    refused("personal-data", case.completes, DRAFT, summary="身份证 410481199001010011 的参保人未见异常")
    case.completes(DRAFT, summary="未见异常")
    row = wugang.read(lambda s: publication.versions(s, inspection_id)[0])
    assert row.view["objectName"].endswith("**")
    assert not row.view["uscc"]


def changes(scene, case, kind, reason="异议成立", **more):
    """The publishing section asks for a change of what stands in public."""
    return case.sets_off(
        "inspection.change",
        by=told.one_of(scene, scene.bureau, Role.SECTION),
        kind=kind,
        reason=reason,
        **more,
    )


def test_corrections_and_withdrawals_are_versions(jilin):
    """吉 第七条: the old version stays readable; each change has its own limit of five working days."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    for kind in ("correction", "withdrawal"):
        changes(jilin, case, kind)
        case.expects("审批更正或撤回", role="分管领导")
        case.completes("审批更正或撤回", decision="approve")
        case.expects("拟订更正或撤回内容", role="业务科室", due="2026-03-09")
        told.made_public(case)
    assert shown(jilin, inspection_id) == [
        (1, "result", "superseded"),
        (2, "correction", "superseded"),
        (3, "withdrawal", "published"),
    ]


def test_what_is_public_is_corrected_after_the_case_is_closed_too(jilin):
    """吉 第七条 接受社会监督: an objection may come when the file is sealed; the old version stays."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.archived(told.published(jilin, case, inspection_id))
    assert case.state() == "completed"
    case.passes(working_days=30)
    changes(jilin, case, "correction", "复议决定改变了一项结果")
    case.completes("审批更正或撤回", decision="approve")
    told.made_public(case)
    assert case.state() == "completed"
    assert shown(jilin, inspection_id) == [(1, "result", "superseded"), (2, "correction", "published")]


def test_a_change_that_is_not_agreed_to_changes_nothing(jilin):
    """Nobody withdraws a result alone: who asks does not approve, and a refusal leaves the public page."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    changes(jilin, case, "withdrawal", "对象不满意")
    case.completes("审批更正或撤回", decision="return", reason="结果属实")
    case.expects_nothing("拟订更正或撤回内容")
    assert shown(jilin, inspection_id) == [(1, "result", "published"), (2, "withdrawal", "refused")]


def test_an_overdue_change_is_urged(jilin):
    """更正 that does not come in five working days goes to the supervising section."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.archived(told.published(jilin, case, inspection_id))
    changes(jilin, case, "correction")
    case.completes("审批更正或撤回", decision="approve")
    case.passes(working_days=6)
    case.is_overdue("拟订更正或撤回内容")
    case.completes("督办逾期公示", note="请立即更正")


def test_a_penalty_has_its_own_limit_and_reminders(wugang):
    """舞 第二条 查处结果; 国办发〔2018〕118号: seven working days from the result, not the twenty of a result."""
    case, inspection_id = told.begins(wugang, wugang.bureau, uscc="91410481MA3X9K2A0N")
    told.published(wugang, case, inspection_id, "filing", **told.PENDING)
    case.passes(working_days=30)
    case.completes(
        "登记查处或移送结果", result="罚款 2000 元", document_no="舞医保罚〔2026〕1号", amount=200000
    )
    day = wugang.read(lambda s: publication.versions(s, inspection_id)[-1].due_on).isoformat()
    assert day == "2026-04-23"
    case.expects("拟订查处结果公示内容", role="业务科室", due=day)
    before = urged(wugang)
    case.passes(working_days=6)
    assert urged(wugang) == before + 1
    case.expects_nothing("督办逾期公示")
    case.passes(working_days=2)
    case.is_overdue("拟订查处结果公示内容")
    case.expects("督办逾期公示", role="基金监管")
    told.made_public(case)
    row = wugang.read(lambda s: publication.versions(s, inspection_id)[-1])
    assert (row.kind, row.overdue_days) == ("penalty", 1)
    assert "罚款 2000 元" in row.view["penalty"]


def test_a_penalty_that_was_revoked_is_withdrawn_and_the_result_stays(wugang):
    """舞 第二条 查处结果: after a review the penalty goes, with its own version; the result of the inspection stands."""
    case, inspection_id = told.begins(wugang, wugang.bureau, uscc="91410481MA3X9K2A0N")
    told.published(wugang, case, inspection_id, "filing", **told.PENDING)
    penalty = {"result": "罚款 2000 元", "document_no": "舞医保罚〔2026〕1号", "amount": 200000}
    case.completes("登记查处或移送结果", **penalty)
    told.made_public(case)
    for kind, about, words in (
        ("correction", "penalty", "罚款 1000 元"),
        ("correction", "result", "罚款 1000 元"),
        ("withdrawal", "penalty", ""),
        ("correction", "result", ""),
    ):
        changes(wugang, case, kind, "复议决定", about=about)
        case.completes("审批更正或撤回", decision="approve")
        case.completes("拟订更正或撤回内容", summary=words or "按复议决定处理")
        told.passes_review(case)
        assert wugang.read(lambda s: publication.versions(s, inspection_id)[-1]).view["penalty"] == words
    assert [row for row in shown(wugang, inspection_id) if row[2] == "published"] == [
        (5, "withdrawal", "published"),
        (6, "correction", "published"),
    ]


def urged(scene):
    """How often the case was reminded or urged about its publication."""
    return scene.read(
        lambda s: len(s.scalars(select(report.Urge).where(report.Urge.about == "publication")).all())
    )


def test_the_batch_file_holds_text_only(jilin):
    """国家企业信用信息公示系统: one line per item in its columns; a name that begins with = is no formula."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    jilin.does(
        lambda s: setattr(s.get_one(RegistryObject, get(s, inspection_id).object_id), "name", "=1+1 诊所")
    )
    told.reported(jilin, case, inspection_id)
    case.completes(DRAFT, summary="抽查结果见明细")
    case.completes("公示前审查", **CLEAN)
    made = jilin.read(lambda s: channel.batch(s, holders(s, jilin.bureau, Role.SECTION)[0], "gsxt"))
    head, *lines = read(made.content)
    assert head == [title for title, _ in COLUMNS]
    assert (made.publications, len(lines)) == (1, len(told.chosen(jilin, inspection_id)))
    assert all(isinstance(cell, str) for line in lines for cell in line)
    written = dict(zip(head, lines[0], strict=True))
    assert (written["序号"], written["市场主体名称"]) == ("1", "=1+1 诊所")
    assert (written["抽查结果"], written["结果代码"]) == ("未发现问题", "1")
    assert written["抽查任务编号"] == jilin.read(lambda s: get(s, inspection_id).case_no)


def read(content):
    """The rows of a workbook."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_index(0).to_python()


def test_who_enters_receipts_takes_the_batch_file_from_that_step(jilin):
    """吉 第二十五条 谁检查、谁录入: the step names the file of each system that still waits, for that section only."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.reported(jilin, case, inspection_id)
    case.completes(DRAFT, summary="抽查结果见明细")
    case.completes("公示前审查", **CLEAN)
    item = case.expects("登记公示回执")
    with clock.fixed(jilin.rehearsal.now):
        section, leader = (browser(jilin, role) for role in (Role.SECTION, Role.LEADER))
        page = section.get(f"/tasks/{item.id}")
        assert "下载国家企业信用信息公示系统批量文件" in page.text
        assert "待公示" in page.text
        taken = section.get("/publications/gsxt.xlsx")
        assert len(read(taken.data)) == 1 + len(told.chosen(jilin, inspection_id))
        answer = section.get("/api/v1/publications/gsxt").json
        assert (answer["publications"], read(base64.b64decode(answer["content"]))) == (1, read(taken.data))
        assert section.get("/publications/website.xlsx").status_code == 404
        assert leader.get("/publications/gsxt.xlsx").status_code == 403
    case.completes("登记公示回执", receipts=told.receipts(case, item.instance_id))
    with clock.fixed(jilin.rehearsal.now):
        assert len(read(browser(jilin, Role.SECTION).get("/publications/gsxt.xlsx").data)) == 1


def browser(scene, role, *, bureau=0):
    """The browser of who holds a post in a bureau, by default the scene's own."""
    app = create_app(scene.world)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    login = scene.read(lambda s: holders(s, bureau or scene.bureau, role)[0].login)
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
    return client


def test_a_review_without_its_three_checks_publishes_nothing(jilin):
    """政府信息公开条例: privacy, trade secrets and state secrets are looked at, each, before anything is public."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.reported(jilin, case, inspection_id)
    case.completes(DRAFT, summary="抽查结果见明细")
    item_id = case.expects("公示前审查", role="结果审核").id
    number = jilin.read(lambda s: publication.versions(s, inspection_id)[0].id)

    def review(session, left_out):
        """The verb itself: a form of a later release may ask for less."""
        who = holders(session, jilin.bureau, Role.REVIEWER)[0]
        step = desk.context(jilin.world, session, who, session.get_one(WorkItem, item_id))["step"]
        given = replace(step, answers=CLEAN | {left_out: False})
        call("publication.review", given, {"publication_id": number})

    for left_out in ("no_privacy", "no_trade_secret", "no_state_secret"):
        no = refused("privacy-unchecked", jilin.read, lambda s, left_out=left_out: review(s, left_out))
        assert list(no.fields) == [left_out]
        refused("form-invalid", case.completes, "公示前审查", **CLEAN | {left_out: False})
    assert shown(jilin, inspection_id) == [(1, "result", "draft")]


# --- pushed by HTTPS ---------------------------------------------------------------------------------


@contextmanager
def national_system(folder, monkeypatch, *answers):
    """A real HTTPS server that answers one call after the other, and keeps what it was sent; its address, the calls."""
    calls, left = [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            calls.append((dict(self.headers), content))
            status, told_ = left.pop(0)
            said = json.dumps(told_).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *said):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(folder)))  # whom our side trusts
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}/results", calls
    finally:
        server.shutdown()
        server.server_close()


def certificate(folder):
    """A key and a certificate of 127.0.0.1 that signs itself, in one file."""
    path = folder / "national.pem"
    if path.exists():
        return path
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    day = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(day - timedelta(days=1)).not_valid_after(day + timedelta(days=1))
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign",
         "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    for extension, critical in (
        (x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False),
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), True),
        (identifier, False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False),
    ):
        builder = builder.add_extension(extension, critical)
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    )
    return path


def pushes(scene, url, system="gsxt"):
    """The system administrator enters an address whose host may be called; its id and secret."""
    host = url.removeprefix("https://").partition("/")[0]
    scene.world.settings = replace(scene.world.settings, webhook_hosts=(host,))

    def enter(session):
        admin = somebody(session, scene)
        row, secret = channel.enter(session, admin, system, url, scene.world.settings)
        return row.id, secret

    return scene.does(enter)


def somebody(session, scene):
    """The system administrator of the scene's bureau."""
    return holders(session, scene.bureau, Role.SYSTEM_ADMIN)[0]


def reviewed(scene):
    """A publication that has passed its review."""
    case, inspection_id = told.begins(scene, scene.bureau)
    told.reported(scene, case, inspection_id)
    case.completes(DRAFT, summary="抽查结果见明细")
    case.completes("公示前审查", **CLEAN)
    return case, inspection_id


def standing(scene, inspection_id):
    """The receipts of the first version: channel → (state, receipt number)."""
    return scene.read(
        lambda s: {
            row.channel: (row.state, row.receipt_no)
            for row in publication.receipts(s, publication.versions(s, inspection_id)[0].id)
        }
    )


def test_a_system_with_an_address_is_pushed_to_until_it_confirms(jilin, tmp_path, monkeypatch):
    """吉 第二十五条: down at first, it gets the same publication again, signed, and only the other owes a receipt."""
    answers = ((503, {}), (201, {"receipt": "GS-2026-7", "url": "https://gsxt.example/7"}))
    with national_system(tmp_path, monkeypatch, *answers) as (url, calls):
        _, secret = pushes(jilin, url)
        case, inspection_id = reviewed(jilin)
        assert standing(jilin, inspection_id) == {"gsxt": ("queued", ""), "credit": ("owed", "")}
        assert len(calls) == 1
        jilin.passes(hours=1)
    sent = jilin.read(lambda s: publication.versions(s, inspection_id)[0])
    assert [headers["Idempotency-Key"] for headers, _ in calls] == [f"publication/{sent.id}/gsxt"] * 2
    headers, content = calls[1]
    assert json.loads(content) == sent.view
    assert headers["X-Casework-Signature"] == signature(secret, headers["X-Casework-Timestamp"], content)
    assert standing(jilin, inspection_id) == {"gsxt": ("published", "GS-2026-7"), "credit": ("owed", "")}
    refused("receipt-missing", case.completes, "登记公示回执", receipts=[])
    case.completes(
        "登记公示回执", receipts=[{"channel": "credit", "state": "published", "receipt_no": "C-1"}]
    )
    assert shown(jilin, inspection_id) == [(1, "result", "published")]


def test_a_receipt_given_by_hand_ends_the_pushing(jilin, tmp_path, monkeypatch):
    """A system that stays down is served by hand; nothing is sent a second time afterwards."""
    with national_system(tmp_path, monkeypatch, (503, {})) as (url, calls):
        pushes(jilin, url)
        case, inspection_id = reviewed(jilin)
        item = case.expects("登记公示回执")
        case.completes("登记公示回执", receipts=told.receipts(case, item.instance_id))
        jilin.passes(hours=2)
        assert len(calls) == 1
    assert shown(jilin, inspection_id) == [(1, "result", "published")]


def test_a_closed_address_gives_the_publication_back_to_the_batch_file(jilin, tmp_path, monkeypatch):
    """Without an address a system is served by file and by hand, as before."""
    with national_system(tmp_path, monkeypatch, (503, {})) as (url, calls):
        number, _ = pushes(jilin, url)
        case, inspection_id = reviewed(jilin)
        jilin.does(lambda s: channel.close(s, somebody(s, jilin), number))
        assert standing(jilin, inspection_id)["gsxt"] == ("owed", "")
        jilin.passes(hours=2)
        assert len(calls) == 1
    section = lambda s: holders(s, jilin.bureau, Role.SECTION)[0]  # noqa: E731 (a query in a query)
    assert jilin.read(lambda s: channel.batch(s, section(s), "gsxt")).publications == 1
    item = case.expects("登记公示回执")
    case.completes("登记公示回执", receipts=told.receipts(case, item.instance_id))
    assert shown(jilin, inspection_id) == [(1, "result", "published")]


def test_only_https_and_only_listed_hosts_are_entered(jilin):
    """A publication goes nowhere but where the installation allows it, and never in the clear, SQL included."""
    refused("outside-host", pushes_anywhere, jilin, "https://elsewhere.example/")
    refused("outside-url", pushes_anywhere, jilin, "http://gsxt.example/results")
    refused("endpoint-system", pushes_anywhere, jilin, "https://gsxt.example/results", "website")
    insert = text(
        "INSERT INTO channel_endpoint (bureau_id, channel, url, turn, active, created_by_id, created_at) "
        "VALUES (:bureau, :system, :url, :turn, true, 1, '2026-03-02')"
    )
    for system, url, turn, name in (
        ("gsxt", "http://gsxt.example/", 1, "https"),
        ("website", "https://gsxt.example/", 1, "channel"),
        ("gsxt", "https://gsxt.example/", 0, "turn"),
    ):
        row = {"bureau": jilin.bureau, "system": system, "url": url, "turn": turn}
        with pytest.raises(IntegrityError, match=f"ck_channel_endpoint_{name}"):
            jilin.does(lambda s, row=row: s.execute(insert, row))


def pushes_anywhere(scene, url, system="gsxt"):
    """As an administrator would who may call one host."""
    settings = replace(scene.world.settings, webhook_hosts=("gsxt.example",))
    return scene.does(lambda s: channel.enter(s, somebody(s, scene), system, url, settings))


def test_a_system_that_does_not_take_it_has_not_published():
    """What is no confirmation leads to another try; 409 says that it has this very one already."""
    payload = {"channel": "gsxt", "publication_id": 1, "key": "publication/1/gsxt", "body": {}}

    def deliver(status):
        return publication.deliver(payload, "https://gsxt.example/", lambda *_: (status, {"id": 9}))

    with pytest.raises(Unavailable, match="没有接收"):
        deliver(400)
    assert deliver(409) == {"receipt_no": "9", "url": ""}


def test_the_days_count_from_the_end_of_the_work_on_the_object(wugang):
    """舞 第十五条 检查工作结束之日起 20 个工作日内: other objects of the draw that end later change nothing."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.fed_back(wugang, case, inspection_id)
    wugang.does(lambda s: another_ends_later(s, inspection_id))
    case.completes("提出处理意见", kind="none", opinion="按规定处理")
    case.completes("提交随机抽查情况报告", advice="加强日常监管")
    case.expects(DRAFT, due="2026-03-30")


def test_a_pack_may_count_from_the_end_of_the_whole_task(wugang):
    """`publish.count_from` = task: the last visit of the draw, three days later here."""
    wugang.releases("publish.count_from", "task")
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.fed_back(wugang, case, inspection_id)
    wugang.does(lambda s: another_ends_later(s, inspection_id))
    case.completes("提出处理意见", kind="none", opinion="按规定处理")
    case.completes("提交随机抽查情况报告", advice="加强日常监管")
    case.expects(DRAFT, due="2026-04-02")


def another_ends_later(session, inspection_id):
    """Another object of the same draw whose visit ended three days later."""
    row = get(session, inspection_id)
    other = session.scalars(select(RegistryObject).where(RegistryObject.id != row.object_id)).first()
    fields = ("bureau_id", "local_bureau_id", "year", "draw_id", "plan_id", "group_no")
    session.add(
        Inspection(
            **{key: getattr(row, key) for key in fields},
            object_id=other.id,
            serial=900,
            case_no="T-900",
            ended_on=row.ended_on + timedelta(days=3),
        )
    )
