"""Many at once: preview, progress, an answer for each; and what happens when two people are at the same step."""

import threading
from contextvars import copy_context
from datetime import date
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, text

from engine import clock, operation
from engine.desk import bulk, hand, jobs, leaver, signer, step, withdraw
from engine.desk.bench.ground import counted
from engine.desk.tables import Urge
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.registry import Conflict, RegistryObject
from engine.errors import CaseworkError, ChangedMeanwhile
from engine.people import Grant, Person, Role
from engine.runtime import model
from engine.runtime.check import meaning
from engine.runtime.tables import Instance, Job, Submission, WorkItem
from engine.settings import ROOT
from tests.web import flow
from tests.web.town import somebody


@pytest.fixture
def checks(memo):
    """Three steps 核对 in the pool of 基金监管, and one 起草 behind them."""
    items = [flow.does(memo, flow.begin(memo, name), "lu") for name in ("同心药房", "永安诊所", "向阳卫生室")]
    return [*items, flow.begin(memo, "北关医院")]


def begun(client, act, items, **more):
    return client.post("/api/v1/bulk", json={"act": act, "items": items, **more})


def results(client, number):
    return [(row["name"], row["state"]) for row in client.get(f"/api/v1/bulk/{number}").json["rows"]]


# --- preview, progress, result ------------------------------------------------------------------------


def test_the_preview_says_of_each_what_would_come_of_it_and_does_nothing(as_person, memo, checks):
    he = as_person("he")
    with memo.database.transaction() as session:
        gone = session.get_one(WorkItem, checks[1])
        gone.state, gone.closed_at = "cancelled", clock.now()
    shown = he.get("/bulk", query_string={"act": "claim", "item": checks[:3]}).text
    assert "选了 3 件，其中 2 件可以接收" in shown
    assert "不能办" in shown
    assert flow.row(memo, checks[0]).claimed_by_id is None


def test_claiming_many_by_the_page_ends_with_a_result_for_each(as_person, memo, checks):
    he = as_person("he")
    url = he.get("/bulk", query_string={"act": "claim", "item": checks[:3]}).request.full_path
    begun_at = he.post(url).location
    waiting = he.get(begun_at).text
    assert "已处理 0 / 3 件" in waiting
    assert 'http-equiv="refresh"' in waiting, "the page looks again by itself, without JavaScript"
    jobs.drain(memo)
    ended = he.get(begun_at).text
    assert "已处理 3 / 3 件" in ended
    assert "refresh" not in ended
    assert {flow.row(memo, item).claimed_by_id for item in checks[:3]} == {
        flow.row(memo, checks[0]).claimed_by_id
    }
    assert as_person("shen").get(begun_at).status_code == 404, "only one's own"


def test_like_steps_of_low_risk_are_completed_with_one_form(as_person, memo, checks):
    he = as_person("he")
    url = he.get("/bulk", query_string={"act": "complete", "item": checks[:3]})
    assert "核对意见" in url.text
    empty = he.post(url.request.full_path, data={"note": ""})
    assert empty.status_code == 422
    assert "请填写“核对意见”" in empty.text
    begun_at = he.post(url.request.full_path, data={"note": "已核对，无异议"}).location
    jobs.drain(memo)
    ended = he.get(begun_at).text
    assert ended.count("已办</span>") == 3
    assert f'href="{begun_at}.xlsx"' in ended
    rows = CalamineWorkbook.from_filelike(BytesIO(he.get(f"{begun_at}.xlsx").data)).get_sheet_by_index(0)
    assert [row[3] for row in rows.to_python()] == ["结果", "已办", "已办", "已办"]
    assert as_person("lu").get(f"{begun_at}.xlsx").status_code == 404, "another's result"
    assert [flow.row(memo, flow.waiting(memo, item)).step for item in checks[:3]] == ["审批"] * 3
    with memo.database.reading() as session:
        reached = session.scalars(select(WorkItem.done_by_id).where(WorkItem.id.in_(checks[:3]))).all()
    assert len(set(reached)) == 1, "each is signed by who did it"


@pytest.mark.parametrize(
    ("act", "which", "slug"),
    [
        ("complete", (0, 3), "bulk-unlike"),
        ("complete", (3,), "bulk-not-low-risk"),
        ("claim", (), "bulk-size"),
    ],
)
def test_what_is_unlike_or_not_of_low_risk_is_refused_by_name(as_person, checks, act, which, slug):
    client = as_person("shen") if which == (3,) else as_person("he")
    lu = as_person("lu") if 3 in which else client
    answer = begun(lu, act, [checks[each] for each in which], answers={"note": "x"})
    assert (answer.status_code, answer.json["code"]) == (422, slug)
    if slug == "bulk-not-low-risk":
        assert "“起草”须逐件办理" in answer.json["reason"]
    page = lu.get("/bulk", query_string={"act": act, "item": [checks[each] for each in which]})
    assert page.status_code == 422
    assert answer.json["reason"].rstrip("。") in page.text
    assert "可以办理" not in page.text


def test_the_board_urges_many_with_one_sentence_that_names_each_step(as_person, memo, checks):
    """督办: several late steps are urged together; the sentence is filled for each, once a day."""
    shen = as_person("shen")
    board = shen.get("/board?when=all").text
    assert f'name="item" value="{checks[0]}" form="bulk"' in board
    url = shen.get("/bulk", query_string={"act": "urge", "item": checks[:2]})
    assert "选了 2 件，其中 2 件可以催办" in url.text
    assert "“核对”" in url.text, "the page shows what the first holder will read"
    assert "回到督办" in url.text
    empty = shen.post(url.request.full_path, data={"reason": " "})
    assert (empty.status_code, "请填写催办内容" in empty.text) == (422, True)
    begun_at = shen.post(
        url.request.full_path, data={"reason": "请今天办结【环节】，【到期日】 到期。"}
    ).location
    jobs.drain(memo)
    ended = shen.get(begun_at).text
    assert ended.count("已催办</span>") == 2
    with memo.database.reading() as session:
        said = session.scalars(select(Urge.text).order_by(Urge.id)).all()
    assert len(said) == 2
    assert all(text.startswith("请今天办结核对，") and "【" not in text for text in said)
    again = shen.get("/bulk", query_string={"act": "urge", "item": checks[:3]}).text
    assert "选了 3 件，其中 1 件可以催办" in again
    assert "你今天已经催办过“核对”" in again


def test_urging_many_by_the_api_answers_for_each(as_person, memo, checks):
    shen = as_person("shen")
    number = begun(shen, "urge", checks[:2], reason="请办理").json["bulk"]
    jobs.drain(memo)
    assert {state for _, state in results(shen, number)} == {"done"}
    assert begun(shen, "urge", checks[:1]).json["code"] == "form-invalid"
    number = begun(shen, "urge", checks[1:3], reason="请办理").json["bulk"]
    jobs.drain(memo)
    assert [state for _, state in results(shen, number)] == ["refused", "done"]


def test_transferring_many_names_who_gets_them_and_why(as_person, memo, checks):
    deputy = flow.second(memo, "zhou", "supervision")
    he = as_person("he")
    nobody = begun(he, "transfer", checks[:3], to=1, reason="出差")
    assert (nobody.status_code, nobody.json["code"]) == (422, "not-of-the-duty")
    assert begun(he, "transfer", checks[:3], to=deputy).json["code"] == "form-invalid"
    number = begun(he, "transfer", checks[:3], to=deputy, reason="出差").json["bulk"]
    jobs.drain(memo)
    assert {state for _, state in results(he, number)} == {"done"}
    assert {flow.row(memo, item).claimed_by_id for item in checks[:3]} == {deputy}
    assert len(he.get("/api/v1/handed").json["rows"]) == 3, "he sees where they went"


def test_where_nobody_can_take_over_the_preview_says_why_and_what_helps(as_person, checks):
    """贺知夏 is the only one of the post: ticking again would change nothing."""
    page = as_person("he").get("/bulk", query_string={"act": "transfer", "item": checks[:2]})
    assert page.text.count("基金监管没有别人可以接办，请先配备人员。") == 2
    assert "原因和办法写在每件旁边" in page.text


def test_one_key_begins_once(as_person, memo, checks):
    he, head = as_person("he"), {"Idempotency-Key": "many-1"}
    body = {"act": "claim", "items": checks[:3]}
    one = he.post("/api/v1/bulk", json=body, headers=head)
    two = he.post("/api/v1/bulk", json=body, headers=head)
    assert (one.status_code, one.json) == (two.status_code, two.json) == (202, one.json)
    other = he.post("/api/v1/bulk", json={**body, "items": checks[:2]}, headers=head)
    assert (other.status_code, other.json["code"]) == (422, "key-reused")
    with memo.database.reading() as session:
        assert len(session.scalars(select(Job).where(Job.kind == bulk.JOB)).all()) == 3


def test_a_row_that_is_run_twice_does_nothing_twice(memo, checks, as_person):
    he = as_person("he")
    number = begun(he, "complete", checks[:1], answers={"note": "无异议"}).json["bulk"]
    with memo.database.reading() as session:
        payload = session.scalars(select(Job.payload).where(Job.kind == bulk.JOB)).one()
    jobs.drain(memo)
    with memo.database.transaction() as session:
        bulk.run_row(memo, session, payload)
    assert results(he, number) == [("同心药房", "done")]


def test_a_post_that_ended_meanwhile_gives_nothing(memo, checks, as_person):
    he = as_person("he")
    number = begun(he, "claim", checks[:1]).json["bulk"]
    with memo.database.transaction() as session:
        session.execute(text("update grant_ set valid_to = '2020-02-01' where role = 'supervision'"))
    jobs.drain(memo)
    with memo.database.reading() as session:
        person = somebody(session, "he")
        assert [row.state for row in bulk.progress(session, person, number).rows] == ["refused"]
    assert flow.row(memo, checks[0]).claimed_by_id is None


def test_the_own_result_stays_to_be_read_by_who_may_not_see_the_steps_any_more(memo, checks, as_person):
    he = as_person("he")
    number = begun(he, "complete", checks[:2], answers={"note": "已核对，无异议"}).json["bulk"]
    with memo.database.transaction() as session:
        session.execute(text("update grant_ set role = 'expert' where role = 'supervision'"))
    jobs.drain(memo)
    page = he.get(f"/bulk/{number}")
    assert page.status_code == 200
    assert page.text.count("没有办</span>") == 2
    assert "已核对，无异议" in page.text


def test_the_database_holds_what_a_bulk_act_is(memo):
    for statement in (
        "insert into bulk (person_id, act, reason, at) values (1, 'approve', '', '2026-10-09')",
        "insert into bulk (person_id, act, reason, at) values (1, 'transfer', '', '2026-10-09')",
        "insert into bulk_row (bulk_id, work_item_id, answers, chosen, state, text) values (1, 1, '{}', '{}', 'done', '')",
    ):
        with (
            pytest.raises(Exception, match=r"(?i)check constraint"),
            memo.database.transaction() as session,
        ):
            session.execute(text(statement))


# --- which steps a diagram may mark ------------------------------------------------------------------


def findings(properties):
    element = model.Element("x", "userTask", "审批", 1, "分管领导", properties)
    checker = meaning._Checker.__new__(meaning._Checker)
    checker.process = model.Process("p", "p", "p.bpmn", 1, {}, {"x": element}, [], [])
    keys = {
        "plain": ["note"],
        "decides": ["decision", "reason"],
        "signs": ["signature"],
        "secret": ["secret_code"],
    }
    return [found.rule for found in checker.bulk(element, keys[properties["form"]])]


@pytest.mark.parametrize("form", ["decides", "signs", "secret"])
def test_a_decision_a_signature_and_a_secret_are_never_low_risk(form):
    assert findings({"form": form, "bulk": "true"}) == ["bulk"]


def test_a_countersign_is_never_low_risk_and_the_word_is_true():
    assert findings({"form": "plain", "bulk": "true", "sign": "all"}) == ["bulk"]
    assert findings({"form": "plain", "bulk": "yes"}) == ["bulk"]
    assert findings({"form": "plain", "bulk": "true"}) == findings({"form": "plain"}) == []


def test_the_shipped_diagrams_mark_reminders_and_acknowledgements_only():
    marked = {
        f"{process.id}.{element.id}"
        for file in sorted((ROOT / "workflows").glob("*/*.bpmn"))
        for process in model.read(file.read_bytes(), file.name).processes.values()
        for element in process.elements.values()
        if element.property("bulk")
    }
    assert marked == {
        "report.urge",
        "followup.urge",
        "handover.urge",
        "handover.acknowledge",
        "inspection.assist",
    }


# --- two people -----------------------------------------------------------------------------------------


def test_while_somebody_else_completes_one_its_row_names_who_and_when(as_person, memo, checks):
    flow.second(memo, "zhou", "supervision")
    he = as_person("he")
    number = begun(he, "complete", checks[:3], answers={"note": "无异议"}).json["bulk"]
    with memo.database.reading() as session:
        zhou = somebody(session, "zhou").id
    step.submit(memo, zhou, checks[1], {"note": "我先办了"})
    jobs.drain(memo)
    assert results(he, number) == [("同心药房", "done"), ("永安诊所", "late"), ("向阳卫生室", "done")]
    row = he.get(f"/api/v1/bulk/{number}").json["rows"][1]
    assert row["text"] == "“核对”已由周砚秋于 2026-10-09 10:20 办完。"
    assert "别人先办了" in he.get(f"/bulk/{number}").text


def together(*works):
    """Run these at the same moment; what each returned or raised, in order."""
    gate, found = threading.Barrier(len(works)), {}

    def run(number, work):
        gate.wait()
        try:
            found[number] = work()
        except CaseworkError as fault:
            found[number] = fault

    # Each thread has the town's clock, which a new thread by itself has not.
    threads = [threading.Thread(target=copy_context().run, args=(run, *pair)) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return [found[number] for number in range(len(works))]


@pytest.fixture
def two(memo):
    """贺知夏 and 周砚秋, both of 基金监管."""
    flow.second(memo, "zhou", "supervision")
    with memo.database.reading() as session:
        return [somebody(session, login).id for login in ("he", "zhou")]


def one_winner(outcomes, names):
    """Exactly one went through; the other was told who was first."""
    losers = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Exception)]
    assert len(losers) == 1, outcomes
    loser = outcomes[losers[0]]
    assert isinstance(loser, ChangedMeanwhile), loser
    assert loser.who == names[1 - losers[0]]
    assert loser.when == clock.now(), "the town's clock stands still"


def act(memo, number, work):
    return lambda: memo.database.run(lambda session: work(session, session.get_one(Person, number)))


def test_two_people_take_one_step(memo, two, checks):
    outcomes = together(*(act(memo, n, lambda s, who: step.claim(memo, s, who, checks[0])) for n in two))
    one_winner(outcomes, ["贺知夏", "周砚秋"])


def test_two_people_complete_one_step(memo, two, checks):
    outcomes = together(*(lambda n=n: step.submit(memo, n, checks[0], {"note": "无异议"}) for n in two))
    one_winner(outcomes, ["贺知夏", "周砚秋"])
    assert flow.row(memo, checks[0]).state == "done"


def test_a_transfer_while_the_receiver_completes(memo, two, checks):
    he, zhou = two
    outcomes = together(
        act(memo, he, lambda s, who: hand.transfer(s, who, checks[0], to=zhou, reason="出差")),
        lambda: step.submit(memo, zhou, checks[0], {"note": "无异议"}),
    )
    item = flow.row(memo, checks[0])
    assert (item.state, item.done_by_id) == ("done", zhou), "whichever came first, it is done once, by him"
    assert isinstance(outcomes[0], ChangedMeanwhile | dict)


def test_a_transfer_while_the_giver_completes(memo, two, checks):
    he, zhou = two
    memo.database.run(lambda s: step.claim(memo, s, s.get_one(Person, he), checks[0]))
    transfer, complete = together(
        act(memo, he, lambda s, who: hand.transfer(s, who, checks[0], to=zhou, reason="出差")),
        lambda: step.submit(memo, he, checks[0], {"note": "无异议"}),
    )
    one_winner([transfer, complete], ["周砚秋", "贺知夏"])  # who has it now, or who has done it
    if isinstance(transfer, dict):
        assert flow.row(memo, checks[0]).claimed_by_id == zhou


def test_a_leavers_step_is_handed_over_while_it_is_completed(memo, two, checks):
    """Approve while reassigning: exactly one of both, and the other is told who was first and when."""
    he, zhou = two
    memo.database.run(lambda s: step.claim(memo, s, s.get_one(Person, he), checks[0]))
    with memo.database.reading() as session:
        shen = somebody(session, "shen").id
    handed, complete = together(
        lambda: leaver.hand_over(memo, shen, he, {str(checks[0]): zhou}, reason="调岗")[0],
        lambda: step.submit(memo, he, checks[0], {"note": "无异议"}),
    )
    item = flow.row(memo, checks[0])
    if handed.ok:
        assert (item.state, item.claimed_by_id) == ("open", zhou)
        one_winner([handed, complete], ["周砚秋", ""])
    else:
        assert (item.state, item.done_by_id, complete["item"]) == ("done", he, item.id)
        assert handed.words == "“核对”已由贺知夏于 2026-10-09 10:20 办完。"


def test_what_was_passed_on_says_by_whom_and_when_to_who_had_it(memo, two, checks):
    """Who changed posts meanwhile draws from no pool that would tell who took it."""
    he, zhou = two
    memo.database.run(lambda s: step.claim(memo, s, s.get_one(Person, he), checks[0]))
    with memo.database.transaction() as session:
        somebody(session, "he").grants[0].role = Role.OFFICE
        shen = somebody(session, "shen").id
    assert leaver.hand_over(memo, shen, he, {str(checks[0]): zhou}, reason="调岗")[0].ok
    words = "“核对”已由沈其昌于 2026-10-09 10:20 转出，不在贺知夏手上。"
    with pytest.raises(ChangedMeanwhile, match=words) as late:
        step.submit(memo, he, checks[0], {"note": "无异议"})
    assert (late.value.who, late.value.when) == ("沈其昌", clock.now())
    again = leaver.hand_over(memo, shen, he, {str(checks[0]): zhou}, reason="再交")[0]
    assert (again.ok, again.words) == (False, words)


@pytest.mark.parametrize("asked_at", ["part", "beside"])
def test_a_part_is_signed_while_another_is_put_in_its_place(memo, two, asked_at):
    """改由他人签 beside the signature, asked for at that part or at the one beside it."""
    he, zhou = two
    with memo.database.reading() as session:
        shen, lu = (somebody(session, login).id for login in ("shen", "lu"))
    draft = flow.begin(memo, kind="panel")
    flow.does(memo, draft, "lu")
    with memo.database.reading() as session:
        query = select(WorkItem).where(WorkItem.state == "open", WorkItem.element == "judge")
        parts = {int(part.seat): part.id for part in session.scalars(query)}
    asked = signer.Change("replace", he, "出差", to=lu)
    at = parts[he if asked_at == "part" else zhou]
    outcomes = together(
        act(memo, shen, lambda s, who: signer.change(memo, s, who, at, asked)),
        lambda: step.submit(memo, he, parts[he], {"note": "无异议"}),
    )
    one_winner(outcomes, ["沈其昌", "贺知夏"])
    signed = isinstance(outcomes[1], dict)
    assert flow.row(memo, parts[he]).state == ("done" if signed else "cancelled")
    with memo.database.reading() as session:
        seats = set(
            session.scalars(
                select(WorkItem.seat).where(WorkItem.element == "judge", WorkItem.state == "open")
            )
        )
    assert seats == ({str(zhou)} if signed else {str(zhou), str(lu)})


def test_withdrawing_while_the_next_person_takes_it(memo, two, checks):
    """Either the drafter has it back, or the next has it; never both."""
    del checks
    first = flow.begin(memo)
    following = flow.does(memo, first, "lu")
    with memo.database.reading() as session:
        lu = somebody(session, "lu").id
    back, taken = together(
        act(memo, lu, lambda s, who: withdraw.withdraw(memo, s, who, first, reason="写错了")),
        act(memo, two[0], lambda s, who: step.claim(memo, s, who, following)),
    )
    assert isinstance(back, dict) is not isinstance(taken, WorkItem)
    loser = taken if isinstance(back, dict) else back
    assert isinstance(loser, ChangedMeanwhile), loser


# --- what is chosen is told in words ---------------------------------------------------------------------


def test_an_option_is_told_in_words_before_and_afterwards(as_person, memo, monkeypatch):
    """Its name of that day stands in the preview, in the result and in the case, whatever it is called later."""
    names = {"7": "基金监管科", "8": "待遇保障科"}
    monkeypatch.setitem(
        operation._prefills, "town/pick", lambda _step: {"options": {"sections": list(names.items())}}
    )
    lu, items = as_person("lu"), [flow.begin(memo, name, kind="sort") for name in ("甲件", "乙件")]
    preview = lu.get("/bulk", query_string={"act": "complete", "item": items})
    assert '<option value="7">基金监管科</option>' in preview.text
    begun_at = lu.post(preview.request.full_path, data={"who": "7"}).location
    names["7"] = "监督检查科"
    for page in (begun_at, begun_at, *(f"/tasks/{item}" for item in items)):
        assert "转给哪个科室</dt><dd>基金监管科</dd>" in lu.get(page).text, page
        jobs.drain(memo)
    with memo.database.reading() as session:
        kept = session.scalars(select(Submission.chosen).where(Submission.work_item_id.in_(items))).all()
    assert kept == [{"sections": [["7", "基金监管科"]]}] * 2


def test_programs_leave_the_names_of_options_too(as_person, memo, monkeypatch):
    offered = {"options": {"sections": [("7", "基金监管科"), ("8", "待遇保障科")]}}
    monkeypatch.setitem(operation._prefills, "town/pick", lambda _step: offered)
    item = flow.begin(memo, kind="sort")
    assert begun(as_person("lu"), "complete", [item], answers={"who": "8"}).status_code == 202
    jobs.drain(memo)
    with memo.database.reading() as session:
        kept = session.scalars(select(Submission.chosen).where(Submission.work_item_id == item)).all()
    assert kept == [{"sections": [["8", "待遇保障科"]]}]


# --- what a preview asks of the database ---------------------------------------------------------------


def crowded(memo, number):
    """More people of each post, with a tie each, and more steps: in the post's pool, and with an own team each."""
    with memo.database.transaction() as session:
        lead = somebody(session, "shen")
        objects, people = [], []
        for each in range(number):
            name = f"n{number}-{each}"
            thing = RegistryObject(
                bureau_id=lead.bureau_id, code=f"H229900{number:02}{each:03}", name=name, kind="clinic"
            )
            who = Person(bureau_id=lead.bureau_id, staff_no=name, login=name, name=name)
            who.grants = [
                Grant(bureau_id=lead.bureau_id, role=role, valid_from=date(2020, 1, 1))
                for role in (Role.LEADER, Role.INSPECTOR)
            ]
            session.add_all([thing, who])
            session.flush()
            session.add(Conflict(person_id=who.id, object_id=thing.id, relation="other"))
            objects.append(thing)
            people.append(who)
        session.flush()
        serials = session.scalar(select(func.count(Inspection.id))) + 1
        visits = []
        for each, thing in enumerate(objects):
            visit = Inspection(
                bureau_id=lead.bureau_id, local_bureau_id=lead.bureau_id, object_id=thing.id, year=2026,
                lead_id=serials + each, serial=serials + each, case_no=f"{number}-{each}", applied_by_id=lead.id,
            )  # fmt: skip
            session.add(visit)
            session.flush()
            visits.append(visit.id)
            session.add_all(
                TeamMember(
                    inspection_id=visit.id, person_id=who.id, name=who.name, role="member", source="assigned",
                    licensed=True,
                )
                for who in (lead, people[each], people[each - 1])
            )  # fmt: skip
    items = []
    for each in range(number):
        item = flow.does(memo, flow.does(memo, flow.begin(memo), "lu", note="x"), "he", note="x")
        with memo.database.transaction() as session:
            row = session.get_one(WorkItem, item)
            instance = session.get_one(Instance, row.instance_id)
            instance.data = {"inspection_id": visits[each]}
            if each % 2:
                row.pool = row.home = f"team/{visits[each]}"
        items.append(item)
    return items


@pytest.mark.parametrize("act", ["transfer", "claim", "urge"])
def test_a_preview_asks_as_much_for_many_steps_and_people_as_for_few(as_person, memo, act):
    """Posts, teams, 职责分离 and 回避 are looked up for all of them at once; what is said of each stays the same."""
    shen, counts, shown = as_person("shen"), [], []
    for number in (3, 12):
        items = crowded(memo, number)
        shen.get("/bulk", query_string={"act": act, "item": items[:1]})  # the release is compiled once
        with counted(memo) as seen:
            answer = shen.get("/bulk", query_string={"act": act, "item": items})
        assert answer.status_code == 200
        counts.append(seen.statements)
        shown.append(answer.text)
    assert counts[0] == counts[1]
    assert f"选了 12 件，其中 12 件可以{bulk.ACTS[act]}" in shown[1]


def test_what_was_looked_up_together_is_what_each_would_be_told(memo):
    """The same people may get each step, whether asked for one or for many."""
    items = crowded(memo, 4)
    with memo.database.reading() as one, memo.database.reading() as many:
        actor = somebody(one, "shen")
        alone = [hand.receivers(one, actor, one.get_one(WorkItem, each)) for each in items]
        rows = bulk.chosen(many, items)
        bulk.preview(many, actor, "transfer", rows)
        together = [hand.receivers(many, actor, row) for row in rows]
    names = [[who.name for who in each] for each in together]
    assert names == [[who.name for who in each] for each in alone]
    assert "n4-0" not in names[0], "a tie with the object keeps away"
    assert names[1] == ["n4-0"], "the team's other member; the third has a tie"
