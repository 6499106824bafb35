"""What a leaver leaves behind besides steps: errands, questions, shared views; and what does not change hands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.audit import AuditEntry
from engine.desk import cc, leaver, people, proxy, saved
from engine.desk.case import extra
from engine.desk.tables import View
from engine.domain.notice import Notice
from engine.people import Person, Role
from engine.runtime.tables import Draft, ExtraTask, Instance, WorkItem
from tests.web import flow
from tests.web.test_people import number_of
from tests.web.town import NOW, colleague, somebody

TODAY = NOW.date()


@pytest.fixture
def wen(town):
    """A second leader, 温如玉."""
    with town.database.transaction() as session:
        return colleague(session, "wen", "温如玉", Role.LEADER, staff_no="0091").id


def ask(town, by, to, title="核对台账"):
    """An errand in the case of step 2."""
    with town.database.transaction() as session:
        case = session.get_one(WorkItem, 2).case_id
        asker, receiver = somebody(session, by), somebody(session, to)
        extra.ask(session, asker, case, title=title, asked="", person=receiver.id, due_on=TODAY)
        return session.scalars(select(ExtraTask.id).order_by(ExtraTask.id.desc())).first()


def closes(town, an, login):
    with town.database.transaction() as session:
        return people.close(session, somebody(session, an), number_of(town, login), reason="调离")


def told(town, login):
    with town.database.reading() as session:
        rows = session.scalars(select(Notice).where(Notice.person_id == somebody(session, login).id))
        return [f"{row.title}：{row.detail}" for row in rows]


@pytest.mark.usefixtures("wen")
def test_an_errand_goes_to_another_in_the_same_action_as_steps(town, an, as_person):
    """Listed, given, in the timeline and the log; who asked and who gets it are told."""
    number, gone = ask(town, "shen", "he"), number_of(town, "he")
    assert closes(town, an, "he") == 1
    client = as_person("wen")
    assert "贺知夏" in client.get("/leavers").text
    page = client.get(f"/leavers/{gone}").text
    assert "核对台账" in page
    assert "沈其昌交办" in page
    lu = number_of(town, "lu")
    assert f'<option value="{lu}"' in page
    done = client.post(f"/leavers/{gone}", data={f"to-errand-{number}": lu, "reason": "贺知夏调离"}).text
    assert "1 件已移交，0 件没有办成" in done
    with town.database.reading() as session:
        row = session.get_one(ExtraTask, number)
        assert (row.person.login, row.asked_by.login, row.open) == ("lu", "shen", True)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "extra.hand_over")).one()
        assert entry.reason == "贺知夏调离"
    said = "核对台账：贺知夏离岗，“核对台账”交给陆文静"
    assert said in told(town, "lu")
    assert said in told(town, "shen")
    assert "贺知夏" not in client.get("/leavers").text
    assert "贺知夏离岗，“核对台账”交给陆文静" in client.get("/cases/2").text
    assert as_person("lu").post(f"/cases/2/extra/{number}", data={"result": "已核对"}).status_code == 303


def test_who_waits_for_an_answer_is_replaced_too(town, an, wen, as_person):
    number, gone = ask(town, "he", "lu"), number_of(town, "he")
    closes(town, an, "he")
    rows = as_person("wen").get(f"/api/v1/leavers/{gone}").json["rows"]
    assert [(row["kind"], row["of"], row["back"]) for row in rows] == [("question", "等陆文静答复", True)]
    assert number_of(town, "lu") not in {each["id"] for each in rows[0]["receivers"]}, "nobody asks oneself"
    body = {"reason": "调离", "rows": [{"kind": "question", "item": number, "to": wen}]}
    assert as_person("wen").post(f"/api/v1/leavers/{gone}", json=body).json["rows"][0]["ok"]
    assert as_person("lu").post(f"/cases/2/extra/{number}", data={"result": "已核对"}).status_code == 303
    assert any("已核对" in each for each in told(town, "wen"))


def test_what_nobody_needs_any_more_ends_and_both_sides_are_told(town, an, wen):
    number, gone = ask(town, "shen", "he"), number_of(town, "he")
    closes(town, an, "he")
    done = leaver.hand_over(town, wen, gone, {f"errand-{number}": leaver.BACK}, reason="不再需要")
    assert (done[0].ok, done[0].words) == (True, "已撤回，不再办理")
    assert any("不再需要" in each for each in told(town, "shen"))
    again = leaver.hand_over(town, wen, gone, {f"errand-{number}": number_of(town, "lu")}, reason="再交")
    assert not again[0].ok, "it has ended"


def test_an_errand_goes_only_to_somebody_of_the_case(town, an, wen):
    number, gone = ask(town, "shen", "he"), number_of(town, "he")
    closes(town, an, "he")
    for stranger in ("wai", "guan", "shen"):
        to = number_of(town, stranger)
        done = leaver.hand_over(town, wen, gone, {f"errand-{number}": to}, reason="调离")
        assert (done[0].ok, "不在本案的人员中" in done[0].words) == (False, True)


def test_the_question_of_a_step_follows_the_step(town, an, wen):
    """要求补充: the clock stands still until the answer; the answer goes to who has the step now."""
    gone = number_of(town, "shen")
    with town.database.transaction() as session:
        item = session.get_one(WorkItem, 2)
        item.pool, item.claimed_by_id, item.claimed_at = f"person/{gone}", gone, NOW
        extra.ask_more(session, somebody(session, "shen"), 2, asked="请附台账")
    assert closes(town, an, "shen") == 2
    assert leaver.hand_over(town, wen, gone, {"2": wen}, reason="调离")[0].ok
    with town.database.reading() as session:
        assert session.scalars(select(ExtraTask)).one().asked_by.login == "wen"
        assert leaver.preview(session, somebody(session, "wen"), gone)[1] == []


def test_a_part_of_a_countersign_is_signed_by_another(town, an, wen):
    flow.deploy(town)
    flow.second(town, "zhou", Role.SUPERVISION)
    draft, gone = flow.begin(town, kind="panel"), number_of(town, "he")
    flow.does(town, draft, "lu")
    with town.database.transaction() as session:
        post = somebody(session, "he").grants[0].id
        people.end(session, somebody(session, an), gone, grant_id=post, last=TODAY - timedelta(days=1))
        people.grant(session, somebody(session, an), gone, role=Role.OFFICE, first=TODAY)
    with town.database.reading() as session:
        by = somebody(session, "wen")
        assert [(each.login, n) for each, n in leaver.leavers(session, by)] == [("he", 1)]
        row = leaver.preview(session, by, gone)[1][0]
        names = {each.login for each in row.receivers}
        assert names == {"lu", "shen", "luo", "expert", "wen"}, "not who signs already"
    assert leaver.hand_over(town, wen, gone, {row.key: number_of(town, "lu")}, reason="调岗")[0].ok
    with town.database.reading() as session:
        parts = session.scalars(select(WorkItem).where(WorkItem.seat != "", WorkItem.state == "open"))
        assert {part.pool for part in parts} == {f"person/{number_of(town, x)}" for x in ("lu", "zhou")}


def test_a_shared_view_is_kept_by_one_of_those_it_is_shared_with(town, an, wen):
    gone = number_of(town, "shen")
    with town.database.transaction() as session:
        shen = somebody(session, "shen")
        share = next(value for value, _ in saved.sharing(shen))
        saved.keep(session, shen, "逾期件", {"due": "late"}, share=share)
        saved.keep(session, shen, "自用", {"due": "soon"})
        saved.keep(session, somebody(session, "wen"), "逾期件", {"due": "today"})
    closes(town, an, "shen")
    with town.database.reading() as session:
        row = next(each for each in leaver.preview(session, somebody(session, "wen"), gone)[1])
        assert (row.kind, row.title, [each.login for each in row.receivers]) == ("view", "逾期件", ["wen"])
    assert not leaver.hand_over(town, wen, gone, {row.key: number_of(town, "lu")}, reason="调离")[0].ok
    assert leaver.hand_over(town, wen, gone, {row.key: wen}, reason="调离")[0].ok
    with town.database.reading() as session:
        names = set(session.scalars(select(View.name).where(View.person_id == wen)))
        assert names == {"逾期件", "逾期件（沈其昌）"}


def test_a_proxy_ends_with_the_account_of_either(town, an, wen):
    """Who has no proxy any more is told to appoint another."""
    days = (TODAY, TODAY + timedelta(days=3))
    with town.database.transaction() as session:
        shen = somebody(session, "shen")
        for principal, deputy in ((shen.id, wen), (wen, shen.id)):
            if principal == wen:
                days = (TODAY + timedelta(days=10), TODAY + timedelta(days=12))
            proxy.appoint(
                session, session.get_one(Person, principal), principal=principal, proxy=deputy, days=days,
                reason="休假", processes=[], steps=[],
            )  # fmt: skip
    closes(town, an, "wen")
    with town.database.reading() as session:
        assert proxy.page(session, somebody(session, "shen")).given == []
        assert proxy.page(session, somebody(session, "shen")).held == []
    assert {each.partition("：")[0] for each in told(town, "shen")} == {
        "请你代理温如玉",
        "你的代理人温如玉已离岗，请另行指定",
        "温如玉已离岗，你对其的代理终止",
    }


@pytest.mark.usefixtures("wen")
def test_what_does_not_change_hands_is_named_with_the_reason(town, an, as_person):
    gone = number_of(town, "lu")
    with town.database.transaction() as session:
        lu = somebody(session, "lu")
        saved.keep(session, lu, "自用", {"due": "soon"})
        session.add(Draft(work_item_id=3, person_id=lu.id, answers={"reason": "试填"}))
        cc.send(session, somebody(session, "shen"), 2, to=[lu.id])
        session.get(Instance, 1).state = "incident"  # a job of it gave up: it goes on all the same
    closes(town, an, "lu")
    page = as_person("wen").get(f"/leavers/{gone}").text
    for words in (
        "发起的 6 个案件还在办理",
        "1 份草稿写在没有接收的待办上：没有提交的内容只归本人，不移交。",
        "1 份抄送没有看：抄送只供阅知，不产生办理责任，不移交。",
        "1 个自存视图：只是本人的列表设置，不移交。",
    ):
        assert words in page
    english = as_person("wen").get(f"/leavers/{gone}?lang=en").text
    assert "1 copies were not read" in english


def test_every_errand_is_listed_however_many(as_person, town):
    for number in range(5):
        ask(town, "shen", "lu", title=f"补一份台账之{number}")
    lu = as_person("lu")
    page = lu.get("/").text
    assert [page.count(f"补一份台账之{number}（") for number in range(5)] == [1] * 5
    assert "再看 2 项" in page
    assert [row["title"] for row in lu.get("/api/v1/extra").json["rows"]] == [
        f"补一份台账之{n}" for n in range(5)
    ]
    assert as_person("he").get("/api/v1/extra").json["rows"] == []
