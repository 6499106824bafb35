"""axe finds nothing, nothing is wider than the screen, nothing jumps and no console complains.

A page of every GET route, with --full every GET route × role.

The routes come from the app's own address map, their numbers from the seeded installation; a new route without
numbers here fails. A page is looked at on a desk and on a phone. Of all pages of all roles those are looked at
that hold something new: an element (its kind, classes, states) in a place where none has stood before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html
from playwright.sync_api import Browser, Page
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.desk import rules
from engine.desk.event import actions
from engine.desk.sample import PASSWORD
from engine.desk.tables import Bulk, Intake
from engine.domain.ceremony.tables import Draw
from engine.domain.plan.tables import Plan
from engine.domain.publication.tables import Publication
from engine.people import Grant, Person, Role
from engine.runtime import release
from engine.runtime.proposal import Proposal
from engine.runtime.tables import ExtraTask, History, Instance, Release, WorkItem
from tests import everything
from tests.browser import english
from tests.browser.people import PHONE, WIDE
from tests.pages import FILES

AXE = (Path(__file__).parent / "axe/axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = f"axe.run(document, {{runOnly: {TAGS}, resultTypes: ['violations'], elementRef: false}})"
VARIANTS = {
    "inbox.index": [
        *(
            "tab=pool",
            "tab=done",
            "tab=started",
            "tab=copies",
            "tab=urged",
            "due=late",
            "q=没有的机构",
            "peek=1",
        ),
    ],
    "case.index": ["kind=inspection", "q=没有的机构"],
    "case.show": ["only=people", "as_of=2026-03-02"],
    "process.compare": ["side=before"],
    "registry.index": ["tab=inspectors", "tab=items", "tab=conflicts"],
    "board.index": ["when=all"],
    "public.index": ["q=没有的机构"],
}
SEVERAL = {"inbox.task": 8, "case.show": 4, "public.index": 2}
"""Routes whose pages differ much from row to row; of the others one page is looked at, and each variant."""
FEW = 3  # pages of a route that are looked at in each variant
REFUSALS = {"/nowhere", "inbox.task", "third.show"}
SHIFT = """globalThis.shifted = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""
"""Adds up how far a page's parts jump while it loads (cumulative layout shift)."""
PAIRED = {"case.act": ("case_id", "process"), "extra.show": ("case_id", "extra_id")}
"""Addresses whose two parts belong together."""
STILL = 0.005  # Chromium tells such a shift as 0.00
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(shifted))))"
SAYING = {
    "class",
    "role",
    "type",
    "aria-current",
    "aria-expanded",
    "aria-hidden",
    "aria-live",
    "scope",
    "style",
}
"""Attributes whose value changes how an element looks or is told; of the others only their being there counts."""
NUMBER = re.compile(r"[0-9.]+")


@pytest.fixture(scope="module")
def served(installation):
    """A year that went to the archive, a second plan whose cases wait everywhere, a third before its approval."""
    served = installation(through="archive", objects=400, cases=1)
    served.year.goes_on(start=served.year.rehearsal.now, cases=5)
    served.year.spreads(cases=5)
    served.year.drafts()
    served.token = everything.fill(served.year)
    return served.open()


@dataclass(frozen=True)
class Shown:
    """A page as one person gets it."""

    path: str
    status: int
    text: str


@pytest.fixture(scope="module")
def known(served) -> Mapping[str, list[Any]]:
    """Numbers and names of real rows for the arguments of the routes; 0 for what there is not."""
    with served.world.database.reading() as session:
        newest = session.scalars(select(func.max(Release.id))).one()

        def first_of_each(column: Any, *by: Any, where: Any = True) -> list[Any]:
            return list(session.scalars(select(func.min(column)).where(where).group_by(*by)))

        return {
            "item_id": [
                *first_of_each(WorkItem.id, WorkItem.element, where=WorkItem.state == "open"),
                *first_of_each(WorkItem.id, WorkItem.lane, where=WorkItem.state == "done"),
                0,
            ],
            "case_id": [
                *first_of_each(
                    Instance.id, Instance.process, Instance.state, where=Instance.case_id == Instance.id
                ),
                0,
            ],
            "plan_id": first_of_each(Plan.id, Plan.state),
            "draw_id": first_of_each(Draw.id, Draw.state),
            "release_id": [newest],
            "proposal_id": first_of_each(Proposal.id, Proposal.state),
            "publication_id": first_of_each(Publication.id, Publication.state),
            "person_id": [
                *first_of_each(Person.id, Person.bureau_id, where=Person.bureau_id == served.year.bureau_id),
                0,
            ],
            "bulk_id": [session.scalars(select(func.min(Bulk.id))).one(), 0],
            "intake_id": first_of_each(Intake.id, Intake.state),
            "entry_id": first_of_each(History.id, History.element, where=History.kind == "decision")[:6],
            "process.show": sorted(release.load(session, newest).processes),
            "process.compare": ["report"],
            "rules.show": [row.id for row in rules.decisions(session, newest)[1]],
            "case.act": triggers(session),
            "extra.show": session.execute(select(ExtraTask.case_id, ExtraTask.id)).all(),
            "way": ["transfer", "delegate", "return", "copy", "withdraw"],
            "token": [served.token, "A" * 43],  # one that waits for its third party, one that is no link
        }


def triggers(session: Session) -> list[tuple[int, str]]:
    """For everything that somebody may set off in a case: one such case."""
    running = session.scalars(
        select(Instance.id).where(Instance.state == "running", Instance.case_id == Instance.id)
    ).all()
    somebody = session.scalars(select(Person).where(Person.active)).all()
    found = {
        trigger.process: case
        for case in running
        for person in somebody
        for trigger in actions(session, person, case)
    }
    return [(case, process) for process, case in sorted(found.items())]


def addresses(served, known: Mapping[str, list[Any]]) -> Iterator[str]:
    """Every GET address of the app that may be a page."""
    adapter = served.app.url_map.bind("")
    for rule in served.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in FILES or rule.rule.startswith("/api/"):
            continue
        names = sorted(rule.arguments)
        if rule.endpoint in PAIRED:
            yield from (
                adapter.build(rule.endpoint, dict(zip(PAIRED[rule.endpoint], pair, strict=True)))
                for pair in known[rule.endpoint]
            )
            continue
        choices = [known[rule.endpoint if name == "name" else name] for name in names]
        found = [
            adapter.build(rule.endpoint, dict(zip(names, values, strict=True)))
            for values in product(*choices)
        ]
        yield from found
        variants = VARIANTS.get(rule.endpoint, ())
        yield from (f"{address}?{query}" for address in found[:FEW] for query in variants)
    yield "/nowhere"


@pytest.fixture(scope="module")
def people(served) -> Mapping[str, str]:
    """For each role of the bureau the login of one who holds it; "" for the public."""
    with served.world.database.reading() as session:
        query = select(Person.login).join(Grant, Grant.person_id == Person.id)
        return {"": ""} | {
            role.value: login
            for role in Role
            if (
                login := session.scalar(
                    query.where(
                        Person.active, Grant.role == role, Grant.bureau_id == served.year.bureau_id
                    ).limit(1)
                )
            )
        }


def signed_in(served, login: str, lang: str = "zh") -> FlaskClient:
    """Somebody without a browser; "" is the public."""
    client: FlaskClient = served.app.test_client()
    client.get(f"/sign-in?lang={lang}")
    if login:
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
        assert token
        given = {"login": login, "password": PASSWORD, "csrf_token": token[1]}
        answer = client.post("/sign-in", data=given)
        assert answer.status_code == 303, html.document_fromstring(answer.text).text_content()
    return client


def page_at(client: FlaskClient, path: str) -> Shown | None:
    """What somebody gets at an address: a page, a refusal in words too, but no file and no data."""
    answer = client.get(path)
    assert answer.status_code in (200, 302, 303, 401, 403, 404, 422), f"{path}: {answer.status_code}"
    if answer.mimetype != "text/html" or answer.status_code not in (200, 403, 404, 422):
        return None
    return Shown(path, answer.status_code, answer.text)


def one_of_each_kind(
    served, known, people: Mapping[str, str], lang: str = "zh"
) -> Iterator[tuple[str, Shown]]:
    """For every route a page (of some several) of the first role that may see it; refusals for one that may not."""
    adapter, clients = (
        served.app.url_map.bind(""),
        {who: signed_in(served, who, lang) for who in people.values()},
    )
    routes: dict[str, list[str]] = {}
    for path in addresses(served, known):
        bare = path.partition("?")[0]
        routes.setdefault("/nowhere" if bare == "/nowhere" else adapter.match(bare)[0], []).append(path)
    for endpoint, paths in routes.items():
        plain = [path for path in paths if "?" not in path]
        varied = [path for path in paths if "?" in path]
        for some, wanted in ((plain, SEVERAL.get(endpoint, 1)), (varied, len(VARIANTS.get(endpoint, ())))):
            seen = set[str]()
            for login, path in product(clients, some):
                page = page_at(clients[login], path) if path not in seen else None
                if page is not None and (page.status == 200 or endpoint in REFUSALS):
                    seen.add(path)
                    yield login, page
                if len(seen) >= wanted:
                    break


def test_every_role_of_the_table_has_somebody(people):
    assert set(people) == {"", *(role.value for role in Role)}


def test_axe_finds_nothing_on_a_page_of_each_kind(chrome, served, known, people):
    """Light and dark, on a desk and on a phone; nothing jumps, nothing is wider than the screen."""
    tabs: dict[str, Page] = {}
    faults: list[str] = []
    looked = 0
    for login, page in one_of_each_kind(served, known, people):
        if login not in tabs:
            tabs[login] = enter(chrome, served, login)
        faults += look(tabs[login], page.path, dark=True)
        looked += 1
    for tab in tabs.values():
        tab.context.close()
    assert not faults, "\n".join(faults)
    print(f"{looked} pages of {len(tabs)} people")  # noqa: T201 (shown with -s)


def test_no_word_of_ours_stays_chinese_on_an_english_page(served, known, people):
    """Data, released files and articles may; the words proposed for an urging are for its reader."""
    with served.world.database.reading() as session:
        said = english.data(session, "jilin")
    some = {role: people[role] for role in ("leader", "section", "modeller", "security_admin")}
    found = {
        page.path: left
        for _, page in one_of_each_kind(served, known, some, "en")
        if not page.path.endswith("/urge")
        and "?q=" not in page.path
        and (left := english.left(page.text, said))
    }
    assert found == {}


@pytest.mark.slow  # a quarter of an hour on two cores
def test_axe_finds_nothing_on_any_page_of_any_role(chrome, served, known, people):
    """Every route × role; a page is looked at when it holds something that no page before it held."""
    seen: set[tuple[str, str]] = set()
    faults: list[str] = []
    looked = shown = 0
    for role, login in people.items():
        client, tab = signed_in(served, login), enter(chrome, served, login)
        for page in filter(None, (page_at(client, path) for path in addresses(served, known))):
            shown += 1
            parts = shape(page)
            if parts <= seen:
                continue
            seen |= parts
            looked += 1
            faults += [f"{role or 'public'} {fault}" for fault in look(tab, page.path)]
        tab.context.close()
    assert not faults, "\n".join(faults)
    assert shown > 20 * len(people)
    print(f"{shown} pages of {len(people)} roles, {looked} different")  # noqa: T201 (shown with -s)


def shape(page: Shown) -> set[tuple[str, str]]:
    """A page's elements, words and numbers aside: what stands in what, each with its classes and states."""
    tree = html.document_fromstring(page.text)
    return {(_kind(element.getparent()), _kind(element)) for element in tree.iter(html.etree.Element)}


def _kind(element: Any) -> str:
    if element is None:
        return ""
    said = [
        f"{name}={NUMBER.sub('', element.get(name))}" if name in SAYING else name
        for name in sorted(element.keys())
    ]
    return " ".join([str(element.tag), *said])


def enter(chrome: Browser, served, login: str, *, width: int = WIDE) -> Page:
    """A tab of somebody who is signed in; what goes wrong in it is kept in `tab.wrong`."""
    context = chrome.new_context(
        viewport={"width": width, "height": 900}, locale="zh-CN", bypass_csp=True, base_url=served.url
    )
    context.add_init_script(AXE)
    context.add_init_script(SHIFT)
    tab = context.new_page()
    tab.wrong = []
    tab.on("pageerror", lambda error: tab.wrong.append(str(error)))
    tab.on("console", lambda message: tab.wrong.append(message.text) if message.type == "error" else None)
    if login:
        tab.goto("/sign-in")
        tab.fill("#login", login)
        tab.fill("#password", PASSWORD)
        tab.click("main form button[type=submit]")
        tab.wait_for_selector("a.me")
    return tab


def look(tab: Page, path: str, *, dark: bool = False) -> list[str]:
    """What is wrong with a page on a phone and on a desk (and in the dark scheme), folded parts opened."""
    tab.wrong.clear()
    faults = []
    for width in (PHONE, WIDE):
        tab.set_viewport_size({"width": width, "height": 900})
        answer = tab.goto(path)
        jumped = tab.evaluate(PAINTED)
        faults += [f"{path} at {width}: jumps by {jumped}"] * (jumped > STILL)
        tab.evaluate("() => document.querySelectorAll('details').forEach((part) => part.open = true)")
        wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            faults.append(f"{path} at {width}: {wide} px wider than the screen")
        faults += [f"{path} at {width}: {fault}" for fault in violations(tab)]
    if dark:
        tab.emulate_media(color_scheme="dark")
        faults += [f"{path} in the dark: {fault}" for fault in violations(tab)]
        tab.emulate_media(color_scheme="light")
    # a refusal is itself told as a failed load
    expected = {401, 403, 404, 422} & {answer.status if answer else 0}
    faults += [f"{path}: {text}" for text in tab.wrong if not (expected and "Failed to load" in text)]
    return faults


def violations(tab: Page) -> list[str]:
    """What axe finds on the page as it stands."""
    return [
        f"{rule['id']} {node['target']} {node['failureSummary']}"
        for rule in tab.evaluate(RUN)["violations"]
        for node in rule["nodes"]
    ]
