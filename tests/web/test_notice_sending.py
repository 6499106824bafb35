"""Mail and web hooks leave after the commit, to real servers: once, with no name of an institution, or again later."""

import hashlib
import hmac
import json
import re
import smtplib
import socket
import socketserver
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller
from markupsafe import escape
from sqlalchemy import select

from engine import clock
from engine.desk import jobs, notice, outside, stuck
from engine.desk.notice.choice import Wish, choose
from engine.desk.notice.deliver import hook_secret
from engine.desk.notice.hook import add_hook, close, renew
from engine.domain.notice import Notice
from engine.errors import NotAllowed, NotFound, Refused
from engine.runtime import job
from engine.runtime.tables import Job
from tests.web.town import NOW, somebody

MATTER = notice.Matter("审批年度计划", "/tasks/2", "惠众大药房：涉嫌串换药品")
ALL_DAY = Wish("shen@example.cn", mail=True)
LINK = re.compile(r'href="([^"]+)"')


class Postbox:
    """What a mail server takes; `answer` is what it says to a recipient."""

    def __init__(self):
        self.letters, self.raw, self.answer = [], [], "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: ARG002, N802 (aiosmtpd's words)
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server, session, envelope):  # noqa: ARG002, N802 (aiosmtpd's words)
        self.raw.append(envelope.content)
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"


@pytest.fixture
def postbox(town):
    """A real mail server, known to the town."""
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    town.settings = replace(
        town.settings, smtp_host="127.0.0.1", smtp_port=port, base_url="https://cases.example"
    )
    yield box
    server.stop()


def tell(town, kind="urged", wish=ALL_DAY, matter=MATTER, key=""):
    with town.database.transaction() as session:
        shen = somebody(session, "shen")
        choose(session, shen, wish)
        notice.tell(session, kind, [shen], matter, actor=somebody(session, "he"), key=key)


def written(letter, kind="plain"):
    """What a reader's programme shows of a mail: its text, or its HTML."""
    return letter.get_body((kind,)).get_content()


def rows(town, model):
    with town.database.reading() as session:
        return session.scalars(select(model).order_by(model.id)).all()


# --- mail --------------------------------------------------------------------------------------


def test_a_mail_says_kind_step_and_link_and_nothing_of_the_case(town, postbox):
    tell(town)
    jobs.drain(town)
    (letter,) = postbox.letters
    assert (letter["To"], letter["Subject"]) == ("shen@example.cn", "【催办】审批年度计划")
    assert written(letter) == (
        "沈其昌：\n\n【催办】审批年度计划\nhttps://cases.example/tasks/2\n\n"
        "--\n青岭市医疗保障局\n本邮件由系统自动发出，请勿回复。怎样接收消息，可以自己改：\n"
        "https://cases.example/notices/choice\n"
    )
    page = written(letter, "html")
    assert LINK.findall(page) == ["https://cases.example/tasks/2", "https://cases.example/notices/choice"]
    for part in (written(letter), page):
        assert "惠众大药房" not in part
        assert "串换" not in part
    assert rows(town, Notice)[0].mailed_at == NOW


LONG = "审批《青岭市医疗保障局2026年度“双随机、一公开”抽查工作计划（第二次调整）》" * 3


@pytest.mark.parametrize("title", [LONG, "a" * 60 + LONG[:20], '<b>"甲", 乙 & 丙; \\'])
def test_a_title_arrives_as_it_was_written_in_lines_that_every_server_takes(town, postbox, title):
    """RFC 2047 and 5322: ASCII only, a character is never cut in two, no line beyond 78; HTML shows what was typed."""
    tell(town, matter=replace(MATTER, title=title))
    jobs.drain(town)
    (letter,) = postbox.letters
    sent = rows(town, Notice)[0].title
    assert letter["Subject"] == f"【催办】{sent}"
    assert f"【催办】{sent}\n" in written(letter)
    assert f"【催办】{escape(sent)}</h1>" in written(letter, "html")
    assert all(line.isascii() and len(line) <= 78 for line in postbox.raw[0].split(b"\r\n"))


@pytest.mark.parametrize(
    ("configured", "name", "address"),
    [
        ("", "青岭市医疗保障局", "casework@cases.example"),
        ("no-reply@ql.gov.cn", "青岭市医疗保障局", "no-reply@ql.gov.cn"),
        ("医保检查系统 <no-reply@ql.gov.cn>", "医保检查系统", "no-reply@ql.gov.cn"),
    ],
)
def test_the_sender_is_the_bureau_and_no_machine_answers(town, postbox, configured, name, address):
    town.settings = replace(town.settings, smtp_from=configured)
    tell(town)
    jobs.drain(town)
    (letter,) = postbox.letters
    (sender,) = letter["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, address)
    assert letter["Date"].datetime == NOW
    assert re.fullmatch(r"<[0-9a-f]{32}@cases\.example>", letter["Message-ID"])
    assert (letter["Auto-Submitted"], letter.get_content_type()) == (
        "auto-generated",
        "multipart/alternative",
    )
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert not re.search(r"src=|url\(|<link|<script|@import", written(letter, "html")), (
        "opening it tells nobody"
    )


def test_a_second_run_of_the_same_job_sends_nothing_more(town, postbox):
    tell(town)
    jobs.drain(town)
    with town.database.transaction() as session:
        for row in session.scalars(select(Job)):
            row.state = "waiting"
    jobs.drain(town)
    assert len(postbox.letters) == 1


def test_what_quiet_hours_held_back_goes_in_one_mail_with_a_link_for_each(town, postbox):
    night = NOW.replace(hour=14)  # 22:00 in Shanghai
    quiet = replace(ALL_DAY, quiet=True)
    with clock.fixed(night):
        tell(town, wish=quiet)
        tell(town, "copied", wish=quiet, matter=notice.Matter("选定组长", "/tasks/3"))
        jobs.drain(town)
    assert not postbox.letters
    with clock.fixed(night + timedelta(hours=9, minutes=30)):
        jobs.drain(town)
    (letter,) = postbox.letters
    assert letter["Subject"] == "2 条消息"
    tasks = {f"https://cases.example/tasks/{number}" for number in (2, 3)}
    assert tasks < set(written(letter).split())
    assert tasks < set(LINK.findall(written(letter, "html")))
    for kind in ("plain", "html"):
        assert "现在有 4 件待办" in written(letter, kind)


def test_a_digest_leaves_out_what_was_read_meanwhile(town, postbox):
    daily = replace(ALL_DAY, digest=True)
    tell(town, wish=daily)
    tell(town, "copied", wish=daily, matter=notice.Matter("选定组长", "/tasks/3"))
    with town.database.transaction() as session:
        notice.opened(session, somebody(session, "shen"), 1)
    with clock.fixed(NOW + timedelta(days=1)):
        jobs.drain(town)
    assert [letter["Subject"] for letter in postbox.letters] == ["【抄送】选定组长"]


def test_a_server_that_is_down_is_tried_again_and_takes_the_mail_later(town, postbox):
    postbox.answer = "451 come back later"
    tell(town)
    jobs.drain(town)
    (waiting,) = rows(town, Job)
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert NOW < waiting.due_at < NOW + timedelta(minutes=2)
    postbox.answer = "250 OK"
    with clock.fixed(NOW + timedelta(minutes=2)):
        jobs.drain(town)
    assert len(postbox.letters) == 1


def test_an_address_that_will_never_work_is_not_tried_for_ever(town, postbox):
    postbox.answer = "550 no such user"
    tell(town)
    jobs.drain(town)
    assert rows(town, Job)[0].state == "done"
    assert rows(town, Notice)[0].mail_fault == "550 no such user"


def test_what_could_not_be_sent_stands_on_the_board_and_can_be_tried_again(town, postbox, as_person):
    """Nothing is given up silently: after an hour the board shows it, after forty tries it stops and says so."""
    postbox.answer = "451 come back later"
    tell(town)
    moment = NOW
    for _ in range(job.MOST["mail"]):
        with clock.fixed(moment):
            jobs.drain(town)
        moment += timedelta(hours=5)
    with town.database.reading() as session:
        (found,) = stuck.stuck(session, somebody(session, "he"))
        assert (found.what, found.attempts, found.gave_up) == ("邮件", 40, True)
        assert not stuck.stuck(session, somebody(session, "wai"))
        with pytest.raises(NotAllowed):
            stuck.stuck(session, somebody(session, "lu"))
    page = as_person("he").get("/board").text
    assert "没有送出或停住的" in page
    assert "451" in page
    assert as_person("wai").post(f"/board/jobs/{found.id}/again").status_code == 404
    postbox.answer = "250 OK"
    assert as_person("he").post(f"/board/jobs/{found.id}/again").status_code == 303
    with clock.fixed(moment):
        jobs.drain(town)
    assert len(postbox.letters) == 1
    assert "没有送出或停住的" not in as_person("he").get("/board").text


def test_a_title_cannot_add_headers(town, postbox):
    tell(town, matter=notice.Matter("审批\r\nBcc: everybody@example.cn", "/tasks/2"))
    jobs.drain(town)
    (letter,) = postbox.letters
    assert letter["Bcc"] is None
    assert letter["Subject"] == "【催办】审批 Bcc: everybody@example.cn"


# --- web hooks ---------------------------------------------------------------------------------


@contextmanager
def gateway(status=200, location=""):
    """A real HTTP server that keeps what it gets."""
    calls = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            calls.append((self.path, dict(self.headers), content))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *said):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, calls
    finally:
        server.shutdown()
        server.server_close()


def hooked(town, port, path="/in?team=1"):
    """The gateway is allowed, entered by the system administrator, chosen by 沈其昌."""
    town.settings = replace(town.settings, webhook_hosts=(f"127.0.0.1:{port}",))
    with town.database.transaction() as session:
        return add_hook(session, somebody(session, "guan"), f"http://127.0.0.1:{port}{path}", town.settings)


HOOKED = Wish(hook=True)


def test_a_web_hook_gets_a_signed_call_without_names(town):
    with gateway() as (port, calls):
        _, secret = hooked(town, port)
        tell(town, wish=HOOKED, key="urge:7")
        jobs.drain(town)
    ((path, headers, content),) = calls
    assert path == "/in?team=1"
    said = json.loads(content)
    assert said["title"] == "【催办】审批年度计划"
    assert (said["url"], said["to"]) == ("http://localhost/tasks/2", "0002")
    assert "惠众" not in content.decode()
    stamp = headers["X-Casework-Timestamp"]
    assert int(stamp) == int(NOW.timestamp())
    wanted = hmac.new(secret.encode(), f"{stamp}.".encode() + content, hashlib.sha256).hexdigest()
    assert headers["X-Casework-Signature"] == f"sha256={wanted}"
    assert len(headers["Idempotency-Key"]) == 64


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_web_hook_that_does_not_take_it_is_tried_again_and_no_redirect_is_followed(town, status):
    with gateway() as (elsewhere, lured), gateway(status, f"http://127.0.0.1:{elsewhere}/") as (port, calls):
        hooked(town, port)
        tell(town, wish=HOOKED)
        jobs.drain(town)
        assert (len(calls), len(lured)) == (1, 0)
    assert rows(town, Job)[0].state == "waiting"


def test_a_renewed_secret_signs_from_now_on_and_a_closed_hook_gets_nothing(town):
    with gateway() as (port, calls):
        hook, first = hooked(town, port)
        with town.database.transaction() as session:
            hook, second = renew(session, somebody(session, "guan"), hook.id, town.settings)
        assert first != second == hook_secret(town.settings, hook)
        tell(town, wish=HOOKED)
        with town.database.transaction() as session:
            close(session, somebody(session, "guan"), hook.id)
        jobs.drain(town)
        assert not calls
        tell(town, wish=HOOKED)
    assert [row.state for row in rows(town, Job)] == ["done"]


def test_a_host_that_is_not_listed_any_more_is_not_called(town):
    with gateway() as (port, calls):
        hooked(town, port)
        town.settings = replace(town.settings, webhook_hosts=())
        tell(town, wish=HOOKED)
        jobs.drain(town)
        assert not calls
    assert "不在允许外呼的名单中" in rows(town, Job)[0].last_error


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("http://169.254.169.254/latest/meta-data", "outside-host"),
        ("http://gateway.example.evil.example/", "outside-host"),
        ("http://gateway.example@evil.example/", "outside-url"),
        ("http://user:pass@gateway.example/", "outside-url"),
        ("file:///etc/passwd", "outside-url"),
        ("http://[::1", "outside-url"),
        ("gopher://gateway.example/", "outside-url"),
    ],
)
def test_only_listed_hosts_can_be_entered(town, url, slug):
    settings = replace(town.settings, webhook_hosts=("gateway.example",))
    with town.database.transaction() as session, pytest.raises(Refused) as refusal:
        add_hook(session, somebody(session, "guan"), url, settings)
    assert (refusal.value.slug, list(refusal.value.fields)) == (slug, ["url"])


def test_hooks_are_the_system_administrators_of_that_bureau(town):
    settings = replace(town.settings, webhook_hosts=("gateway.example",))
    with town.database.transaction() as session:
        hook, _ = add_hook(session, somebody(session, "guan"), "https://gateway.example/in", settings)
        with pytest.raises(NotAllowed):
            add_hook(session, somebody(session, "shen"), "https://gateway.example/2", settings)
        other = somebody(session, "wai")
        other.grants[0].role = somebody(session, "guan").grants[0].role
        with pytest.raises(NotFound):
            close(session, other, hook.id)


def test_a_receiver_that_speaks_endlessly_slowly_holds_no_worker(town, monkeypatch):
    """It is hung up on after a while, and tried again later like one that does not answer."""
    monkeypatch.setattr(outside, "PATIENCE", 0.3)
    ended = threading.Event()

    class Drip(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65536)
            self.request.sendall(b"HTTP/1.1 200 OK\r\n")
            while not ended.wait(0.02):
                with suppress(OSError):
                    self.request.sendall(b"X-Slow: yes\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        hooked(town, server.server_address[1])
        tell(town, wish=HOOKED)
        jobs.drain(town)
        ended.set()
        server.shutdown()
    (job,) = rows(town, Job)
    assert (job.state, "没有应答" in job.last_error) == ("waiting", True)


def test_an_address_that_the_server_cannot_write_is_not_tried_for_ever(town, postbox):
    """A name of hanzi needs SMTPUTF8, which many servers of the administration do not know."""
    tell(town, wish=Wish("沈其昌@example.cn", mail=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smtplib.SMTP, "has_extn", lambda _server, name: name != "smtputf8")
        jobs.drain(town)
    (told,) = rows(town, Notice)
    assert "SMTPUTF8" in told.mail_fault
    assert postbox.letters == []
    assert rows(town, Job)[0].state == "done"
