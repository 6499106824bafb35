"""Accounts, posts with dates, the three administrators, and handing over what a leaver has not done."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from engine import clock
from engine.access import rights
from engine.access.scope import visible_bureaus
from engine.audit import AuditEntry
from engine.desk import leaver, people, signer
from engine.desk.pool import draws_from, members, pools
from engine.domain.notice import Notice
from engine.errors import NotAllowed, NotFound, Refused
from engine.people import ADMINISTRATORS, Bureau, Grant, Person, Role, holders
from engine.runtime.tables import Draft, Instance, WorkItem
from tests.web import flow
from tests.web.command import casework
from tests.web.town import NOW, PASSWORD, colleague, holds, somebody

TODAY = NOW.date()


def number_of(town, login):
    with town.database.reading() as session:
        return somebody(session, login).id


# --- a post has a first and a last day --------------------------------------------------------------


@pytest.mark.parametrize(("offset", "holds"), [(-1, False), (0, True), (9, True), (10, False)])
def test_a_post_counts_from_its_first_day_to_its_last_everywhere(town, offset, holds):
    """Permission, pool, members of a pool, who holds a post, visible bureaus: all ask the same day."""
    with town.database.transaction() as session:
        grant = somebody(session, "shen").grants[0]
        grant.valid_from, grant.valid_to = TODAY, TODAY + timedelta(days=9)
    for at in ("first", "last"):  # from the first to the last moment of the day in Shanghai
        day = TODAY + timedelta(days=offset)
        moment = clock.start_of(day) if at == "first" else clock.end_of(day)
        with clock.fixed(moment), town.database.reading() as session:
            shen = somebody(session, "shen")
            pool = f"role/{shen.bureau_id}/leader"
            assert rights.APPROVE_PLAN.allows(shen, shen) is holds
            assert (pool in pools(session, shen)) is holds
            assert draws_from(session, shen, pool) is holds
            assert (shen in members(session, pool)) is holds
            assert (shen in holders(session, shen.bureau_id, Role.LEADER)) is holds
            assert bool(visible_bureaus(session, shen)) is holds
            assert (Role.LEADER in shen.roles()) is holds


def test_an_expert_lent_to_a_neighbour_reads_no_cases_there(town):
    with town.database.transaction() as session:
        shen, other = (
            somebody(session, "shen"),
            session.scalar(select(Bureau).where(Bureau.division == "229800")),
        )
        holds(session, shen, Role.EXPERT, bureau_id=other.id)
    with town.database.reading() as session:
        assert other.id not in visible_bureaus(session, somebody(session, "shen"))


# --- accounts and posts -----------------------------------------------------------------------------


def test_a_new_account_has_a_first_password_and_no_post(an, as_person, app):
    client = as_person(an)
    page = client.post("/people", data={"login": "xin", "name": "新来人", "staff_no": "0101"}).text
    password = re.search(r'<span class="hash in">([a-z0-9-]{17})</span>', page)[1]
    browser = app.test_client()
    assert browser.post("/sign-in", data={"login": "xin", "password": password}).status_code == 303
    assert browser.get("/tasks/1").status_code == 403
    refused = client.post("/people", data={"login": "xin", "name": "另一人", "staff_no": "0102"})
    assert refused.status_code == 422
    assert 'value="另一人"' in refused.text
    assert "已经有人用了" in refused.text


def test_a_post_is_given_with_dates_and_ended_with_a_day(town, an, as_person):
    client, person_id = as_person(an), number_of(town, "zhou")
    form = {"role": "reviewer", "first": "2026-10-12", "last": "2026-10-30"}
    assert client.post(f"/people/{person_id}/grant", data=form).status_code == 303
    with town.database.reading() as session:
        grant = session.scalars(select(Grant).where(Grant.person_id == person_id).order_by(Grant.id)).all()[
            -1
        ]
        assert (grant.role, grant.valid_from, grant.granted_by_id) == (
            Role.REVIEWER, date(2026, 10, 12), number_of(town, "an"),
        )  # fmt: skip
    again = client.post(f"/people/{person_id}/grant", data={**form, "first": "2026-10-30", "last": ""})
    assert again.status_code == 422
    assert "已经任这个岗位" in again.text
    assert (
        client.post(
            f"/people/{person_id}/end", data={"grant_id": grant.id, "until": "2026-10-13"}
        ).status_code
        == 303
    )
    early = client.post(f"/people/{person_id}/end", data={"grant_id": grant.id, "until": "2026-10-01"})
    assert early.status_code == 422


def test_what_was_done_under_a_post_is_not_undone_by_ending_it_earlier(town, an):
    with town.database.transaction() as session:
        zhou = somebody(session, "zhou")
        with pytest.raises(Refused, match="不能终止在更早的日子"):
            people.end(
                session,
                somebody(session, an),
                zhou.id,
                grant_id=zhou.grants[0].id,
                last=TODAY - timedelta(days=2),
            )


def test_nobody_gives_a_post_to_oneself(town, an):
    with town.database.transaction() as session:
        me = somebody(session, an)
        with pytest.raises(Refused, match="不能给自己授予岗位"):
            people.grant(session, me, me.id, role=Role.LEADER, first=TODAY)
    spell = {"valid_from": date(2019, 1, 1), "valid_to": date(2019, 2, 1)}
    with pytest.raises(DBAPIError, match="not_to_oneself"), town.database.transaction() as session:
        holds(session, me, Role.SECURITY_ADMIN, granted_by_id=me.id, **spell)


@pytest.mark.parametrize("administrator", sorted(ADMINISTRATORS))
@pytest.mark.parametrize("other", [Role.LEADER, Role.EXPERT, Role.MODELLER, *sorted(ADMINISTRATORS)])
def test_an_administrator_is_nothing_else_on_the_same_day(town, an, administrator, other):
    """三员分立: the page refuses it, and so does the database, whoever writes."""
    if administrator == other:
        return
    with town.database.transaction() as session:
        me, zhou = somebody(session, an), somebody(session, "zhou")
        zhou.grants[0].role, zhou.grants[0].valid_to = administrator, TODAY
        session.flush()
        with pytest.raises(Refused, match="不得兼任"):
            people.grant(session, me, zhou.id, role=other, first=TODAY)
        people.grant(session, me, zhou.id, role=other, first=TODAY + timedelta(days=1))
    with pytest.raises(DBAPIError, match="no other post"), town.database.transaction() as session:
        holds(session, zhou, other, valid_from=TODAY, valid_to=TODAY)
    with pytest.raises(DBAPIError, match="no other post"), town.database.transaction() as session:
        session.get_one(Grant, zhou.grants[0].id).valid_to = TODAY + timedelta(days=1)


def test_the_database_keeps_the_three_administrators_apart(town):
    """Whoever writes past the pages: a second post on the same day is refused."""
    with town.database.reading() as session:
        guan = somebody(session, "guan")
    with pytest.raises(DBAPIError, match="no other post"), town.database.transaction() as session:
        holds(session, guan, Role.LEADER, valid_from=TODAY)


def test_accounts_of_another_bureau_do_not_exist(town, an, as_person):
    client = as_person(an)
    assert client.get(f"/people/{number_of(town, 'wai')}").status_code == 404
    assert client.post(f"/people/{number_of(town, 'wai')}/close", data={"reason": "调离"}).status_code == 404
    assert "外地人" not in client.get("/people").text
    assert client.post(f"/people/{number_of(town, 'shen')}/gossip").status_code == 404


def test_a_lost_telephone_a_forgotten_password_and_a_locked_account(town, an, as_person, app):
    client, person_id = as_person(an), number_of(town, "shen")
    shen = as_person("shen")
    with town.database.transaction() as session:
        somebody(session, "shen").totp_secret = "A" * 32
        somebody(session, "shen").locked_until = NOW + timedelta(minutes=10)
    assert "已锁定" in client.get(f"/people/{person_id}").text
    client.post(f"/people/{person_id}/unlock")
    client.post(f"/people/{person_id}/second-factor")
    assert shen.get("/").status_code == 302  # signed out everywhere
    page = client.post(f"/people/{person_id}/password").text
    password = re.search(r'<span class="hash in">([a-z0-9-]{17})</span>', page)[1]
    browser = app.test_client()
    assert browser.post("/sign-in", data={"login": "shen", "password": PASSWORD}).status_code == 422
    assert browser.post("/sign-in", data={"login": "shen", "password": password}).status_code == 303
    assert "重设" in browser.get("/notices").text
    client.post(f"/people/{person_id}/revoke")
    assert browser.get("/").status_code == 302
    with town.database.reading() as session:
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("user."))).all()
    assert acts == ["user.unlock", "user.reset-2fa", "user.password", "user.revoke"]


# --- who leaves ------------------------------------------------------------------------------------


@pytest.fixture
def gone(town):
    """沈其昌 has taken two of the four steps and leaves; 温如玉 is the other deputy director."""
    with town.database.transaction() as session:
        shen = somebody(session, "shen")
        colleague(session, "wen", "温如玉", Role.LEADER, staff_no="0091")
        for number in (2, 3):
            item = session.get_one(WorkItem, number)
            item.pool, item.claimed_by_id, item.claimed_at = f"person/{shen.id}", shen.id, NOW
        session.add(Draft(work_item_id=2, person_id=shen.id, answers={"reason": "已看过"}))
    return shen.id


def test_an_account_that_is_closed_leaves_its_work_to_who_answers_for_it(town, an, gone, as_person):
    """The security administrator sees a number and no step; the deputy director is told where to hand it over."""
    client, shen = as_person(an), as_person("shen")
    assert client.post(f"/people/{gone}/close", data={"reason": ""}).status_code == 422
    answer = client.post(f"/people/{gone}/close", data={"reason": "调离"}, follow_redirects=True)
    assert "还有 2 件待办" in answer.text
    assert "柳坪镇" not in answer.text
    assert shen.get("/").status_code == 302
    with town.database.reading() as session:
        told = session.scalar(select(Notice).where(Notice.person_id == number_of(town, "wen")))
        assert (told.title, told.path) == ("移交沈其昌的 2 件待办", f"/leavers/{gone}")
        assert not somebody(session, "shen").roles(TODAY + timedelta(days=1))
    assert client.get(f"/leavers/{gone}").status_code == 403
    assert "柳坪镇中心卫生院" in as_person("wen").get(f"/leavers/{gone}").text


def test_one_action_hands_everything_over_and_answers_for_each(town, an, gone, as_person):
    client, wen = as_person("wen"), number_of(town, "wen")
    assert "沈其昌" not in client.get("/leavers").text  # still at work
    as_person(an).post(f"/people/{gone}/close", data={"reason": "调离"})
    assert "沈其昌" in client.get("/leavers").text
    wanted = {"to-2": wen, "to-3": 0, "reason": "沈其昌调离"}
    assert client.post(f"/leavers/{gone}", data={**wanted, "reason": " "}).status_code == 422
    page = client.post(f"/leavers/{gone}", data=wanted).text
    assert "2 件已移交，0 件没有办成" in page
    assert "已交给温如玉" in page
    with town.database.reading() as session:
        given, back = session.get_one(WorkItem, 2), session.get_one(WorkItem, 3)
        assert (given.pool, given.claimed_by_id) == (f"person/{wen}", wen)
        assert (back.pool, back.claimed_by_id, back.told) == (back.home, None, False)
        assert session.scalar(select(Draft)).person_id == wen  # what was typed is not lost
        acts = session.scalars(select(AuditEntry).where(AuditEntry.action == "task.hand_over")).all()
        assert [entry.reason for entry in acts] == ["沈其昌调离"] * 2
    assert client.get("/tasks/2").status_code == 200


def test_a_row_that_fails_hinders_no_other(town, gone):
    """Done meanwhile, excluded, not of the duty: each row says so by itself."""
    wen, zhou, lu = (number_of(town, login) for login in ("wen", "zhou", "lu"))
    with town.database.transaction() as session:
        done = session.get_one(WorkItem, 2)
        done.state, done.done_by_id, done.done_at = "done", gone, NOW
        third = session.get_one(WorkItem, 4)
        third.pool, third.claimed_by_id = f"person/{gone}", gone
    rows = leaver.hand_over(
        town, wen, gone, {"2": wen, "3": zhou, "4": wen, "999": wen}, reason="调离", key="k"
    )
    assert [row.ok for row in rows] == [False, False, True, False]
    assert "已由沈其昌于" in rows[0].words
    assert "不在这个岗位" in rows[1].words
    again = leaver.hand_over(town, wen, gone, {"4": wen}, reason="调离", key="k")
    assert again[0].words == rows[2].words  # the same key tells the same
    with pytest.raises(NotAllowed), town.database.reading() as session:
        leaver.preview(session, session.get_one(Person, lu), gone)
    with pytest.raises(NotFound), town.database.reading() as session:
        leaver.preview(session, session.get_one(Person, wen), number_of(town, "wai"))


def test_what_was_lent_to_the_leaver_goes_back_to_who_lent_it(town, gone):
    wen = number_of(town, "wen")
    with town.database.transaction() as session:
        item = session.get_one(WorkItem, 2)
        item.claimed_by_id = wen  # 温如玉 holds it, 沈其昌 works on it
    with town.database.reading() as session:
        row = next(
            row for row in leaver.preview(session, session.get_one(Person, wen), gone)[1] if row.id == 2
        )
        assert (row.receivers, row.back) == ([], True)
    assert leaver.hand_over(town, wen, gone, {"2": leaver.BACK}, reason="调离")[0].ok
    with town.database.reading() as session:
        assert session.get_one(WorkItem, 2).pool == f"person/{wen}"


def test_a_program_manages_people_and_hands_over(an, gone, as_person):
    admin, wen = as_person(an), as_person("wen")
    made = admin.post("/api/v1/people", json={"login": "xin", "name": "新", "staff_no": "7"})
    assert made.status_code == 201
    post = {"role": "office", "first": "2026-10-09"}
    assert admin.post(f"/api/v1/people/{made.json['id']}/grant", json=post).status_code == 200
    view = admin.get(f"/api/v1/people/{made.json['id']}").json
    assert [(each["role"], each["first"]) for each in view["posts"]] == [("office", "2026-10-09")]
    assert admin.get(f"/api/v1/people/{gone}").json["open_steps"] == 2
    rows = wen.get(f"/api/v1/leavers/{gone}").json["rows"]
    assert [row["back"] for row in rows] == [True, True]
    body = {"reason": "调离", "rows": [{"item": row["item"], "to": 0} for row in rows]}
    assert [row["ok"] for row in wen.post(f"/api/v1/leavers/{gone}", json=body).json["rows"]] == [True, True]
    assert wen.post(f"/api/v1/leavers/{gone}", json={"reason": "", "rows": [1]}).status_code == 400


def test_the_command_line_hands_over_too(town, gone, monkeypatch):
    monkeypatch.setenv("CASEWORK_DATABASE_URL", town.settings.database_url)
    command = ["user", "hand-over", "shen", "--by", "wen", "--reason", "调离", "--json"]
    assert casework(*command, "--dry-run").json[0]["receivers"] == ["wen"]
    assert casework(*command, "--to", "zhou").code == 1
    done = casework(*command, "--to", "wen")
    assert (done.code, [row["ok"] for row in done.json]) == (0, [True, True])
    assert casework("user", "hand-over", "shen", "--by", "lu", "--reason", "调离").code == 1
    with town.database.reading() as session:
        item = session.get_one(WorkItem, 2)
        assert item.pool == f"person/{number_of(town, 'wen')}" != f"person/{gone}"


def test_the_command_line_keeps_administrators_apart(town, monkeypatch):
    monkeypatch.setenv("CASEWORK_DATABASE_URL", town.settings.database_url)
    refused = casework("user", "grant", "guan", "leader")
    assert refused.code == 1
    assert "不得兼任" in refused.line


def test_a_post_to_come_does_not_wake_up_with_a_closed_account(an, town, as_person):
    client, number = as_person(an), number_of(town, "he")
    with town.database.transaction() as session:
        people.grant(
            session, somebody(session, an), number, role=Role.WITNESS, first=TODAY + timedelta(days=5)
        )
    assert client.post(f"/people/{number}/close", data={"reason": "调离"}).status_code == 303
    assert client.post(f"/people/{number}/reopen").status_code == 303
    with town.database.reading() as session, clock.fixed(NOW + timedelta(days=9)):
        assert somebody(session, "he").roles() == set()


def test_who_asked_a_leaver_something_is_told_to_ask_another(an, town, as_person):
    number = number_of(town, "he")
    errand = {"title": "核对台账", "asked": "", "person": number, "due_on": "2026-10-15"}
    assert as_person("shen").post("/cases/2/extra", data=errand).status_code == 303
    assert as_person(an).post(f"/people/{number}/close", data={"reason": "调离"}).status_code == 303
    page = as_person("shen").get("/notices").text
    assert "贺知夏已离岗，可以撤回后改交他人；领导移交后另行告知。" in page
    assert as_person("shen").post("/cases/2/extra/1/withdraw").status_code == 303


def test_where_nobody_else_can_sign_the_page_of_signers_says_what_to_do(town, as_person):
    """改由他人签 needs another: with none left the leader reads so, and where to go."""
    flow.deploy(town)
    flow.second(town, "zhou", Role.SUPERVISION)
    draft = flow.begin(town, kind="panel")
    flow.does(town, draft, "lu")
    with town.database.reading() as session:
        case = session.get_one(WorkItem, draft).case_id
        part = session.scalars(
            select(WorkItem).where(WorkItem.case_id == case, WorkItem.seat != "", WorkItem.state == "open")
        ).first()
        others, number = [each.id for each in signer.able_to_sign(session, part)], part.id
    shen = as_person("shen")
    assert "没有别人可以签" not in shen.get(f"/tasks/{number}/signers").text
    for other in others:
        asked = {"way": "add", "who": other, "reason": "一并会签"}
        assert shen.post(f"/tasks/{number}/signers", data=asked).status_code == 303
    page = shen.get(f"/tasks/{number}/signers").text
    assert "没有别人可以签" in page
    assert "补充或调换检查人员" in page
    assert f'href="/cases/{case}"' in page


def test_a_signer_whose_post_ended_is_replaced_on_the_page_of_signers(an, town, as_person):
    """The part stays open and says why; the leader lets somebody else of the bureau sign it."""
    flow.deploy(town)
    flow.second(town, "zhou", Role.SUPERVISION)
    draft = flow.begin(town, kind="panel")
    flow.does(town, draft, "lu")
    with town.database.transaction() as session:
        gone, case = somebody(session, "he"), session.get_one(WorkItem, draft).case_id
        part = session.scalars(
            select(WorkItem.id).where(WorkItem.case_id == case, WorkItem.seat == str(gone.id))
        ).one()
        post = gone.grants[0].id
        people.end(session, somebody(session, an), gone.id, grant_id=post, last=TODAY - timedelta(days=1))
        people.grant(session, somebody(session, an), gone.id, role=Role.OFFICE, first=TODAY)
    own = as_person("he").get(f"/tasks/{part}").text
    assert "贺知夏已不任基金监管岗位，这一份不能再签" in own
    assert as_person("he").post(f"/tasks/{part}", data={"note": "同意"}).status_code == 422
    shen = as_person("shen")
    assert "未签：贺知夏已不任基金监管岗位" in shen.get(f"/tasks/{part}/signers").text
    english = shen.get(f"/tasks/{part}/signers?lang=en").text
    assert "Let somebody else sign" in english
    assert "Not signed: 贺知夏 no longer holds the post" in english
    shen.get("/?lang=zh")
    lu = number_of(town, "lu")
    asked = {"way": "replace", "who": gone.id, "to": "", "reason": "岗位已变"}
    assert shen.post(f"/tasks/{part}/signers", data=asked).status_code == 422
    assert shen.post(f"/tasks/{part}/signers", data={**asked, "way": "no"}).status_code == 400
    assert shen.post(f"/tasks/{part}/signers", data={**asked, "to": lu}).status_code == 303
    page = shen.get(f"/tasks/{part}/signers").text
    assert "陆文静" in page
    assert "未签：贺知夏" not in page


def test_a_program_lets_somebody_else_sign(town, as_person):
    flow.deploy(town)
    draft = flow.begin(town, kind="panel")
    part = flow.does(town, draft, "lu")
    shen, he, zhou = as_person("shen"), number_of(town, "he"), number_of(town, "zhou")
    asked = {"way": "replace", "who": he, "to": zhou, "reason": "岗位已变"}
    assert shen.post(f"/api/v1/tasks/{part}/signers", json={**asked, "to": "x"}).status_code == 400
    assert shen.post(f"/api/v1/tasks/{part}/signers", json=asked).status_code == 200
    parts = shen.get(f"/api/v1/tasks/{part}/signers").json["parts"]
    assert [(each["name"], each["why_not"]) for each in parts] == [("周砚秋", "")]


@pytest.mark.parametrize(
    ("rule", "words", "needed"),
    [("any", "或签：一人签即可", 1), ("ratio:0.6", "票签：60% 同意即可", 2), ("turn", "依次签", 3)],
)
def test_the_pages_of_a_countersign_say_the_rule_and_it_decides(
    town, as_person, monkeypatch, rule, words, needed
):
    """或签、票签、依次: of three signers the first, two, or one after the other; then the step is done."""
    monkeypatch.setitem(flow.FILES, "panel.bpmn", flow.FILES["panel.bpmn"].replace('"all"', f'"{rule}"'))
    flow.deploy(town)
    for login in ("zhou", "luo"):
        flow.second(town, login, Role.SUPERVISION)
    draft = flow.begin(town, kind="panel")
    flow.does(town, draft, "lu")
    seats = {number_of(town, login): login for login in ("he", "luo", "zhou")}

    def waits():
        query = select(WorkItem).where(WorkItem.element == "judge", WorkItem.state == "open")
        with town.database.reading() as session:
            return [(part.id, seats[int(part.seat)]) for part in session.scalars(query.order_by(WorkItem.id))]

    assert len(waits()) == (1 if rule == "turn" else 3)
    for given in range(needed):
        item, login = waits()[0]
        client = as_person(login)
        for page in (f"/tasks/{item}", f"/tasks/{item}/signers"):
            shown = client.get(page).text
            assert words in shown, page
            assert shown.count("已签") >= given, page
        assert client.post(f"/tasks/{item}", data={"note": "同意"}).status_code == 303
    assert waits() == []
    with town.database.reading() as session:
        done = session.scalars(select(WorkItem.state).where(WorkItem.element == "judge")).all()
        case = session.get_one(Instance, session.get_one(WorkItem, draft).case_id)
    assert (sorted(done), case.state) == (
        ["cancelled"] * (len(done) - needed) + ["done"] * needed,
        "completed",
    )
