"""People at their browsers: they sign in, find their work in the inbox, type into the real controls, submit.

What is typed where a test says nothing is what the demo would answer (`engine/desk/demo.py`, `forms/plausible.py`).
"""

from __future__ import annotations

import re
import struct
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, Locator, Page, Response
from sqlalchemy import select

from engine import clock
from engine.desk import step
from engine.desk.rehearsal import Asked
from engine.desk.sample import PASSWORD
from engine.errors import NotFound
from engine.people import Person
from engine.runtime.tables import Job, WorkItem
from forms import definition
from forms.plausible import Respondent, filled

PATIENCE = 20.0  # seconds until the background process has done its part, on a busy machine
WIDE, PHONE = 1280, 390


class Desk:
    """All people of an installation at work in one browser; `faults`: errors of any of their pages."""

    def __init__(self, chrome: Browser, served: Any) -> None:
        self.chrome = chrome
        self.served = served
        self.people: dict[str, Visitor] = {}
        self.files = tempfile.TemporaryDirectory(prefix="casework-hand-in-")
        self.folder = Path(self.files.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        faults = [fault for visitor in self.people.values() for fault in visitor.faults]
        for visitor in self.people.values():
            visitor.page.context.close()
        self.files.cleanup()
        if kind is None:
            assert faults == []

    def __getitem__(self, name: str) -> Visitor:
        """The person of this name (or login), signed in once, in a browser of their own."""
        login = self.person(name).login
        if login not in self.people:
            self.people[login] = self.visitor(login)
        return self.people[login]

    def visitor(
        self, name: str, *, script: bool = True, width: int = WIDE, password: str = PASSWORD
    ) -> Visitor:
        """One more browser of a person: another tab, a phone, a browser without JavaScript."""
        context = self.chrome.new_context(
            viewport={"width": width, "height": 900},
            locale="zh-CN",
            java_script_enabled=script,
            base_url=self.served.url,
        )
        visitor = Visitor(self, context.new_page(), self.person(name), script=script)
        self.people[f"{name}#{len(self.people)}"] = visitor
        visitor.signs_in(password)
        return visitor

    def person(self, name: str) -> Person:
        """The account."""
        with self.served.world.database.reading() as session:
            return session.scalars(select(Person).where((Person.name == name) | (Person.login == name))).one()

    # -- what waits ----------------------------------------------------------------------------------

    def waiting(self) -> list[WorkItem]:
        """Open steps of the bureau, oldest first."""
        with self.served.world.database.reading() as session:
            found = self.served.year.rehearsal.open_items(session)
            return [item for item in found if self.served.year.ours(item)]

    def awaits(self, name: str, *, case: int = 0) -> WorkItem:
        """The step of this name, as soon as the background process has brought it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for item in self.waiting():
                if item.step == name and case in (0, item.case_id):
                    return item
            time.sleep(0.1)
        raise NotFound(f"没有等到“{name}”；等待的是 {[item.step for item in self.waiting()]}")

    def may_do(self, item: WorkItem) -> str:
        """The login of the first who may do a step."""
        with self.served.world.database.reading() as session:
            able = next(self.served.year.rehearsal.candidates(session, session.get_one(WorkItem, item.id)))
            return able.login

    def goes_on(self, *, until: str, most: int = 60) -> None:
        """Everybody does their steps, oldest first, until a step of this name waits."""
        for _ in range(most):
            self.settles()
            items = self.waiting()
            if not items or any(item.step == until for item in items):
                break
            self[self.may_do(items[0])].does(items[0])
        self.awaits(until)

    def others(self, case: int, *, until: str, **answers: Mapping[str, Any]) -> WorkItem:
        """Everybody else does their part of a case, without a browser, until a step of this name waits."""
        rehearsal = self.served.year.rehearsal
        for _ in range(60):
            self.settles()
            item = next((item for item in self.waiting() if item.case_id == case), None)
            if item is None or item.step == until:
                break
            rehearsal.answer(item.id, **answers.get(item.element, {}))
        return self.awaits(until, case=case)

    def settles(self) -> None:
        """Wait until no job is due."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with self.served.world.database.reading() as session:
                due = select(Job.id).where(Job.state.in_(("waiting", "running")), Job.due_at <= clock.now())
                if session.scalar(due.limit(1)) is None:
                    return
            time.sleep(0.05)
        raise AssertionError("后台任务没有做完")

    # -- what one would answer -----------------------------------------------------------------------

    def answers(self, item_id: int, login: str, override: Mapping[str, Any]) -> dict[str, Any]:
        """What the demo would answer to this step, with these answers instead where given. Files are paths."""
        rehearsal = self.served.year.rehearsal
        with self.served.world.database.transaction() as session:
            item = session.get_one(WorkItem, item_id)
            actor = session.scalars(select(Person).where(Person.login == login)).one()
            shown = step.context(self.served.world, session, actor, item)
            asked = Asked(
                item=item,
                form=shown["form"],
                actor=actor,
                session=session,
                data=shown["data"],
                hand_in=self.picture,
                step=shown["step"],
                options=shown.get("options", {}),
                defaults=shown.get("defaults", {}),
            )
            rule = rehearsal.rules.get(item.element)
            chosen = {**asked.defaults, **(dict(rule(asked)) if rule else {}), **override}
            form = definition.read(asked.form, item.form)
            person = Respondent(actor.name, clock.local(clock.now()), asked.options, asked.hand_in)
            session.rollback()
            return filled(form, chosen, person)

    def picture(self, label: str) -> str:
        """A real picture on the person's disk, to be chosen in a file field."""
        path = self.folder / f"{re.sub(r'[^0-9A-Za-z一-鿿]', '', label)[:30] or 'file'}.png"
        image = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
        pixels = b"".join(b"\0" + label.encode()[:8].ljust(8, b"\0") for _ in range(8))
        parts = ((b"IHDR", image), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + b"".join(
                struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
                for kind, body in parts
            )
        )
        return str(path)


class Visitor:
    """One person in one browser."""

    def __init__(self, desk: Desk, page: Page, person: Person, *, script: bool) -> None:
        self.desk = desk
        self.page = page
        self.login = person.login
        self.name = person.name
        self.script = script
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"{page.url} {error}"))
        page.on("console", self._heard)
        page.on("response", self._answered)

    def _heard(self, message: Any) -> None:
        # a refusal (422, 409) is told by Chromium as a failed load; the page itself says what to do
        if message.type == "error" and "status of 4" not in message.text:
            self.faults.append(f"{self.page.url} {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.url}")

    def signs_in(self, password: str) -> None:
        """By account and password, as everybody does."""
        self.page.goto("/sign-in")
        self.page.fill("#login", self.login)
        self.page.fill("#password", password)
        self.page.click("main form button[type=submit]")
        self.page.wait_for_selector("a.me")

    # -- seeing --------------------------------------------------------------------------------------

    def sees(self, *texts: str) -> None:
        """Every one of these stands on the page, to be read."""
        said = self.page.locator("body").inner_text()
        for text in texts:
            assert text in said, f"{self.name} 在 {self.page.url} 没有看到“{text}”：\n{said}"

    def sees_nothing_of(self, *texts: str) -> None:
        """None of these stands on the page."""
        said = self.page.locator("body").inner_text()
        for text in texts:
            assert text not in said, f"{self.name} 在 {self.page.url} 看到了“{text}”"

    def inbox(self) -> Locator:
        """The rows of the inbox; first what is mine, then what waits for my post."""
        self.page.goto("/")
        return self.page.locator("table.grid tbody tr:not(.sec)")

    def finds(self, item: WorkItem) -> None:
        """Open a step from the inbox: 待办, else 待接收."""
        link = self.page.locator(f'main a[href="/tasks/{item.id}"]')
        for tab in ("/", "/?tab=pool"):
            self.page.goto(tab)
            if link.count():
                link.first.click()
                self.page.wait_for_url(f"**/tasks/{item.id}")
                title = self.page.locator("h1").inner_text()
                assert title == item.step, (
                    f"{self.page.url}：“{title}”，不是“{item.step}”\n{self.page.inner_text('main')}"
                )
                return
        raise AssertionError(
            f"{self.name} 的待办里没有“{item.step}”：{self.page.locator('main').inner_text()}"
        )

    # -- doing ---------------------------------------------------------------------------------------

    def does(self, item: WorkItem, **override: Any) -> None:
        """Find a step in the inbox, answer its form by typing, submit, be told so."""
        self.begins(item, **override)
        self.submits()
        self.sees(f"已交：{item.step}")

    def begins(self, item: WorkItem, **override: Any) -> None:
        """Find a step in the inbox and type the answers, without submitting."""
        self.finds(item)
        self.confirms()
        self.types(self.desk.answers(item.id, self.login, override))

    def confirms(self) -> None:
        """Give the one-time code, or the password once more, where the page asks for it."""
        again = self.page.get_by_role("link", name="现在就确认")
        if again.count():
            back = self.page.url
            again.click()
            self.page.fill("#password", PASSWORD)
            self.page.get_by_role("button", name="确认").click()
            self.page.wait_for_url(back)
        ask = self.page.get_by_role("link", name="现在就输入")
        if not ask.count():
            return
        back = self.page.url
        ask.click()
        code = re.search(r"现在的口令是 (\d{6})", self.page.locator("main").inner_text())
        assert code, "演示环境应显示口令"
        self.page.fill("#code", code[1])
        self.page.get_by_role("button", name="确认").click()
        self.page.wait_for_url(back)

    def submits(self) -> None:
        """Press the one filled button of the form."""
        with self.page.expect_navigation():
            self.page.locator("form[data-form] .tray button.btn").click()

    def types(self, answers: Mapping[str, Any]) -> None:
        """Answer a form. What an answer brings to light is answered in the next round."""
        done: set[str] = set()
        for _ in range(3):
            before = len(done)
            for name, value in self._flat(answers, ""):
                if name not in done and self._answer(name, value):
                    done.add(name)
            if len(done) == before:
                break

    def _flat(self, answers: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
        for key, value in answers.items():
            name = prefix + key
            if isinstance(value, list) and self.page.locator(f'[data-rows="{name}"]').count():
                self._rows(name, len(value))
                for number, row in enumerate(value):
                    yield from self._flat(row, f"{name}.{number}.")
            elif isinstance(value, list) and value and isinstance(value[0], Mapping):
                yield name, [shot["file"] for shot in value]
                yield f"{name}.reason", value[0].get("reason", "")
            elif isinstance(value, Mapping):
                yield from self._flat(value, f"{name}.")
            else:
                yield name, value

    def _rows(self, name: str, wanted: int) -> None:
        while self.page.locator(f'[data-rows="{name}"] > [data-row]').count() < wanted:
            self.page.locator(f'[data-rows="{name}"] > [data-add]').click()

    def _answer(self, name: str, value: Any) -> bool:
        """Type one answer; False where its control is not (yet) to be seen."""
        if value is None:
            return True
        controls = self.page.locator(f'form[data-form] [name="{name}"]:not([type=hidden])')
        if not controls.count() or not controls.first.is_visible():
            return False
        first = controls.first
        kind = first.evaluate("(e) => e.type")
        if kind == "file":
            first.set_input_files(value or [])
        elif kind in ("radio", "checkbox"):
            chosen = (
                {str(one) for one in value} if isinstance(value, list) else {str(value), f"{value}".lower()}
            )
            for control in controls.all():
                if kind == "checkbox" or control.get_attribute("value") in chosen:
                    control.set_checked(control.get_attribute("value") in chosen)
        elif kind == "select-one":
            first.select_option(str(value))
        elif kind == "datetime-local":
            first.fill(str(value)[:16])
        elif first.get_attribute("data-kind") == "money":
            first.fill(f"{int(value) / 100:.2f}")
        else:
            first.fill(str(value))
        return True
