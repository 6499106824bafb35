"""消息: who is told what, once; when it leaves the house; what may not leave it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.desk import notice
from engine.desk.notice.choice import Wish, choose
from engine.desk.notice.watch import watch
from engine.domain.notice import KINDS, Notice, NoticeChoice, slot
from engine.domain.notice.words import ALWAYS
from engine.errors import CaseworkError, NotFound, Refused
from engine.people import Grant, Person
from engine.runtime.tables import Job, WorkItem
from tests.web.town import NOW, somebody

MORNING = datetime(2026, 10, 9, 2, 20, tzinfo=UTC)  # Friday 10:20 in Shanghai
MATTER = notice.Matter("审批年度计划", "/cases/1", "惠众大药房：请看附件")


def told(session, login):
    mine = select(Notice).join(Person, Person.id == Notice.person_id).where(Person.login == login)
    return session.scalars(mine.order_by(Notice.id)).all()


# --- telling -----------------------------------------------------------------------------------


def test_one_call_tells_several_people_once_and_never_who_acts(town):
    with town.database.transaction() as session:
        lu, shen, he = (somebody(session, login) for login in ("lu", "shen", "he"))
        assert notice.tell(session, "mentioned", [lu, shen, he, shen], MATTER, actor=lu, key="remark:7") == 2
        assert notice.tell(session, "mentioned", [lu, shen, he], MATTER, actor=lu, key="remark:7") == 0
        assert [(row.kind, row.title, row.path) for row in told(session, "shen")] == [
            ("mentioned", "审批年度计划", "/cases/1")
        ]
        assert not told(session, "lu")
        assert notice.unread(session, shen) == "1"


def test_a_closed_account_is_told_nothing_and_an_unknown_kind_is_a_mistake(town):
    with town.database.transaction() as session:
        shen = somebody(session, "shen")
        shen.active = False
        assert notice.tell(session, "urged", [shen], MATTER) == 0
        with pytest.raises(CaseworkError, match="没有“gossip”这种消息"):
            notice.tell(session, "gossip", [shen], MATTER)


def test_what_leaves_the_house_is_a_job_of_the_same_transaction(town):
    """Nothing is sent inside a transaction; what is rolled back was never told."""

    def urge_in_vain():
        with town.database.transaction() as session:
            shen = somebody(session, "shen")
            shen.email = "shen@example.cn"
            notice.tell(session, "urged", [shen], MATTER)
            raise Refused("不办了。")

    with pytest.raises(Refused):
        urge_in_vain()
    with town.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 0
        assert session.scalar(select(func.count()).select_from(Job)) == 0
        shen = somebody(session, "shen")
        shen.email = "shen@example.cn"
        notice.tell(session, "urged", [shen], MATTER, key="urge:1")
        assert session.scalars(select(Job.key)).all() == [f"mail:urge:1:{shen.id}"]


def test_a_muted_kind_stays_in_the_list_and_sends_no_mail(town):
    with town.database.transaction() as session:
        shen = somebody(session, "shen")
        choose(session, shen, Wish("shen@example.cn", mail=True, muted=["copied"]))
        notice.tell(session, "copied", [shen], MATTER)
        notice.tell(session, "assigned", [shen], MATTER)
        assert [row.mail_due_at is not None for row in told(session, "shen")] == [False, True]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish("not an address", mail=True), "email"),
        (Wish("", mail=True), "email"),
        (Wish("a@example.cn\nBcc: b@example.cn", mail=True), "email"),
        (Wish(digest_at="25:00"), "digest_at"),
        (Wish(quiet_from="08:00", quiet_to="08:00"), "quiet_to"),
        (Wish(muted=["overdue"]), "muted"),
        (Wish(muted=["gossip"]), "muted"),
    ],
)
def test_a_choice_that_cannot_be_kept_is_refused_at_its_field(town, wish, field):
    with town.database.transaction() as session, pytest.raises(Refused) as refusal:
        choose(session, somebody(session, "shen"), wish)
    assert list(refusal.value.fields) == [field]


def test_nobody_can_switch_off_urging_lateness_and_safety(town):
    assert set(KINDS) > ALWAYS == {"urged", "overdue", "account"}
    with town.database.transaction() as session:
        shen = somebody(session, "shen")
        shen.email = "shen@example.cn"
        choice = notice.choice_of(session, shen)
        choice.muted = list(KINDS)  # as if an old installation had kept it
        for kind in KINDS:
            notice.tell(session, kind, [shen], MATTER)
        assert {row.kind for row in told(session, "shen") if row.mail_due_at} == ALWAYS


def test_an_open_notice_is_ones_own(town):
    with town.database.transaction() as session:
        shen, lu = somebody(session, "shen"), somebody(session, "lu")
        notice.tell(session, "urged", [shen], MATTER)
        (row,) = told(session, "shen")
        with pytest.raises(NotFound):
            notice.opened(session, lu, row.id)
        assert notice.opened(session, shen, row.id).read_at == NOW
        assert notice.unread(session, shen) == ""


def test_reading_everything_leaves_what_came_meanwhile(town):
    with town.database.transaction() as session:
        shen = somebody(session, "shen")
        notice.tell(session, "urged", [shen], MATTER)
        seen = told(session, "shen")[-1].id
        notice.tell(session, "overdue", [shen], MATTER)
        assert notice.read_all(session, shen, until=seen) == 1
        assert [row.kind for row in notice.listing(session, shen, unread_only=True).rows] == ["overdue"]


def test_the_list_is_read_page_by_page(town):
    with town.database.transaction() as session:
        shen = somebody(session, "shen")
        for number in range(51):
            notice.tell(session, "copied", [shen], MATTER, key=f"n{number}")
        first = notice.listing(session, shen)
        second = notice.listing(session, shen, cursor=int(first.next))
        assert (len(first.rows), len(second.rows), second.next) == (50, 1, "")


# --- when --------------------------------------------------------------------------------------


def at(hour, minute=0, day=9):
    return datetime(2026, 10, day, hour, minute, tzinfo=clock.SHANGHAI)


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        (at(19, 59), at(19, 59)),
        (at(20, 0), at(7, 30, day=10)),
        (at(23, 59), at(7, 30, day=10)),
        (at(0, 1), at(7, 30)),
        (at(7, 29), at(7, 30)),
        (at(7, 30), at(7, 30)),
    ],
)
def test_quiet_hours_span_midnight_and_end_on_their_minute(now, sent):
    choice = NoticeChoice(digest=False, quiet=True, quiet_from=20 * 60, quiet_to=7 * 60 + 30)
    assert slot(choice, now) == sent


def test_quiet_hours_of_a_day_and_none():
    noon = NoticeChoice(digest=False, quiet=True, quiet_from=12 * 60, quiet_to=14 * 60)
    assert slot(noon, at(13)) == at(14)
    assert slot(noon, at(14)) == at(14)
    assert slot(NoticeChoice(digest=False, quiet=False), at(3)) == at(3)


def test_a_digest_waits_for_its_time_and_a_web_hook_knows_none():
    choice = NoticeChoice(digest=True, digest_at=8 * 60 + 30, quiet=False)
    assert slot(choice, at(8, 29)) == at(8, 30)
    assert slot(choice, at(8, 30)) == at(8, 30, day=10)
    assert slot(choice, at(9), digest=False) == at(9)


# --- what nobody did -----------------------------------------------------------------------------


@pytest.fixture
def watched(town):
    """A town whose watches have begun and whose open steps were told."""
    watch(town)
    with clock.fixed(NOW + timedelta(minutes=3)):
        watch(town)
    with town.database.transaction() as session:
        for row in session.scalars(select(Notice)):
            session.delete(row)
    return town


def test_like_steps_that_opened_together_are_one_notice_to_their_list(town):
    with clock.fixed(NOW + timedelta(minutes=1)):
        watch(town)
    with town.database.reading() as session:
        assert not told(session, "shen")  # somebody may take it at once
    with clock.fixed(NOW + timedelta(minutes=3)):
        assert watch(town) == 1
        assert watch(town) == 0
    with town.database.reading() as session:
        (row,) = told(session, "shen")
        assert (row.kind, row.title) == ("offered", "审批计划（4 件）")
        assert row.path.startswith("/?tab=pool&process=plan&step=")
        assert not told(session, "lu")


def test_a_late_step_is_told_once_to_who_has_it(watched):
    with watched.database.transaction() as session:
        item = session.scalar(select(WorkItem).where(WorkItem.object_name == "石桥镇卫生院"))
        item.pool, item.claimed_by_id = f"person/{somebody(session, 'shen').id}", somebody(session, "shen").id
        due_at = item.due_at
    with clock.fixed(due_at):
        watch(watched)
    with watched.database.reading() as session:
        assert "石桥镇卫生院" not in [
            row.detail.partition("：")[0] for row in told(session, "shen") if row.kind == "overdue"
        ]
    with clock.fixed(due_at + timedelta(seconds=1)):
        watch(watched)
        watch(watched)
    with watched.database.reading() as session:
        late = [
            row for row in told(session, "shen") if row.kind == "overdue" and "石桥镇卫生院" in row.detail
        ]
        assert [(row.title, row.path) for row in late] == [("审批计划", f"/tasks/{item.id}")]


def test_a_step_due_on_the_next_working_day_is_told_the_working_day_before(watched):
    with watched.database.transaction() as session:
        item = session.scalar(select(WorkItem).where(WorkItem.object_name == "白杨社区卫生服务中心"))
        item.due_at = clock.end_of(datetime(2026, 10, 19, tzinfo=UTC).date())  # a Monday
    for day, expected in ((15, 0), (16, 1), (17, 1)):
        with clock.fixed(datetime(2026, 10, day, 1, tzinfo=UTC)):
            watch(watched)
        with watched.database.reading() as session:
            soon = [r for r in told(session, "shen") if r.kind == "due_soon" and "白杨" in r.detail]
            assert len(soon) == expected, day


def test_a_notice_about_a_step_counts_as_read_once_the_step_is_done(watched):
    with watched.database.transaction() as session:
        item, shen = session.get_one(WorkItem, 2), somebody(session, "shen")
        notice.tell_of(session, "urged", item, [shen])
        item.state, item.done_by_id = "done", shen.id
    watch(watched)
    with watched.database.reading() as session:
        assert notice.unread(session, somebody(session, "shen")) == ""


def test_somebody_whose_post_has_ended_is_told_nothing_of_its_pool(watched):
    with watched.database.transaction() as session:
        grant = session.scalar(select(Grant).where(Grant.person_id == somebody(session, "shen").id))
        grant.valid_to = NOW.date() - timedelta(days=1)
    with clock.fixed(NOW + timedelta(days=30)):
        watch(watched)
    with watched.database.reading() as session:
        assert not told(session, "shen")


# --- the database holds it ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        ("kind", "'gossip'", "ck_notice_kind"),
        ("path", "'https://evil.example/'", "ck_notice_path"),
        ("path", "'//evil.example/'", "ck_notice_path"),
        ("actor_id", "person_id", "ck_notice_not_to_oneself"),
    ],
)
def test_the_database_refuses_a_notice_that_must_not_be(town, column, value, name):
    with town.database.transaction() as session:
        notice.tell(session, "urged", [somebody(session, "shen")], MATTER)
    with pytest.raises(IntegrityError, match=name), town.database.transaction() as session:
        session.execute(text(f"UPDATE notice SET {column} = {value}"))  # noqa: S608 (the test's own words)


def test_the_database_refuses_a_second_notice_of_one_key_and_a_broken_choice(town):
    with town.database.transaction() as session:
        shen = somebody(session, "shen")
        notice.tell(session, "urged", [shen], MATTER, key="k")
        choose(session, shen, Wish())
    again = (
        "INSERT INTO notice (key, person_id, kind, title, detail, path, at, bundle, mail_fault) "
        "SELECT key, person_id, kind, title, detail, path, at, bundle, mail_fault FROM notice"
    )
    late = "UPDATE notice_choice SET digest_at = 1440"
    for statement in (again, late, "UPDATE notice_choice SET quiet_to = quiet_from"):
        with pytest.raises(IntegrityError), town.database.transaction() as session:
            session.execute(text(statement))


# --- pages ----------------------------------------------------------------------------------------


def urged(town):
    with town.database.transaction() as session:
        item = session.get_one(WorkItem, 2)
        notice.tell_of(
            session,
            "urged",
            item,
            [somebody(session, "shen")],
            detail="请尽快",
            actor=somebody(session, "he"),
        )


def test_the_header_counts_and_a_notice_leads_to_its_step(town, as_person):
    urged(town)
    client = as_person("shen")
    assert "消息 <b>1</b>" in client.get("/").text
    page = client.get("/notices").text
    assert "柳坪镇中心卫生院：请尽快" in page
    assert "贺知夏" in page
    answer = client.post("/notices/1/open")
    assert (answer.status_code, answer.location) == (303, "/tasks/2")
    assert "消息</a>" in client.get("/").text
    assert "都读过了" in client.get("/notices?unread=1").text
    assert as_person("lu").post("/notices/1/open").status_code == 404


def test_all_that_was_shown_is_marked_read(town, as_person):
    urged(town)
    client = as_person("shen")
    client.post("/notices/read", data={"until": "1"})
    assert "没有未读消息" in client.get("/notices").text


def test_a_choice_is_kept_and_a_wrong_one_comes_back_as_typed(as_person):
    client = as_person("shen")
    assert "邮件" in client.get("/notices/choice").text
    form = {"mail": "1", "email": "nobody", "digest_at": "09:15", "quiet_from": "20:00", "quiet_to": "07:30"}
    answer = client.post("/notices/choice", data=form)
    assert answer.status_code == 422
    assert 'value="nobody"' in answer.text
    assert 'href="#email"' in answer.text
    form |= {"email": "shen@example.cn", "digest": "1", "wanted": ["assigned"]}
    assert client.post("/notices/choice", data=form).status_code == 303
    kept = client.get("/api/v1/notices/choice").json
    assert (kept["email"], kept["digest"], kept["digest_at"]) == ("shen@example.cn", True, "09:15")
    assert "copied" in kept["muted"]
    assert not ALWAYS & set(kept["muted"])


def test_a_program_reads_and_opens_notices(town, as_person):
    urged(town)
    client = as_person("shen")
    (row,) = client.get("/api/v1/notices?unread=1").json["rows"]
    assert (row["kind"], row["actor"], row["path"]) == ("urged", "贺知夏", "/tasks/2")
    assert client.post(f"/api/v1/notices/{row['id']}/open", json={}).json == {"path": "/tasks/2"}
    assert client.post("/api/v1/notices/read", json={"until": 10**30}).status_code == 400
    assert client.get("/api/v1/notices?unread=1").json["rows"] == []


def test_the_secret_of_a_web_hook_is_shown_once(town, as_person):
    town.settings = replace(town.settings, webhook_hosts=("gateway.example",))
    client = as_person("guan")
    page = client.post("/hooks", data={"url": "https://gateway.example/in"})
    secret = re.search(r'<span class="hash in">([0-9a-f]{64})</span>', page.text)[1]
    assert secret not in client.get("/hooks").text
    assert "在用" in client.get("/hooks").text
    refused = client.post("/hooks", data={"url": "https://elsewhere.example/"})
    assert refused.status_code == 422
    assert 'value="https://elsewhere.example/"' in refused.text
    assert client.post("/hooks/1/close").status_code == 303
    assert as_person("shen").get("/hooks").status_code == 403
