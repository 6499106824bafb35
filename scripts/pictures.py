"""What is on the pictures of docs/screens: every page in one telling state, as somebody whose page it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.desk.demo import Year
from engine.desk.event import actions
from engine.desk.tables import Bulk, Comment, Intake
from engine.domain.ceremony.tables import Draw
from engine.domain.plan.tables import Plan
from engine.domain.publication.tables import Publication
from engine.domain.terms import role_label
from engine.people import Bureau, Person, Role, holders
from engine.runtime.proposal import Proposal
from engine.runtime.tables import ExtraTask, History, Instance, Release, WorkItem

STEPS = {
    "choose_leader": "step-leader",
    "pledge": "step-pledge",
    "approve_inspection": "decision",
    "record": "form",
    "vote": "step-vote",
    "submit": "step-report",
    "review": "step-review",
    "arrange": "step-archive",
}
"""Steps of the seeded round, one of almost each stage, and the names of their pictures."""


class Shot(NamedTuple):
    """Who looks (a login, "" for the public), in which post, at which address; `scheme`: light or dark."""

    name: str
    login: str
    post: str
    path: str
    scheme: str = "light"


class Gallery:
    """The pictures of a seeded installation, with the numbers of its rows."""

    def __init__(self, session: Session, years: list[Year], token: str) -> None:
        self.session = session
        self.main, self.other = (session.get_one(Bureau, year.bureau_id) for year in years)
        self.rehearsal = years[0].rehearsal
        self.token = token

    def all(self) -> list[Shot]:
        """Every page; some in both bureaus, some dark."""
        return [*self._everyday(), *self._steps(), *self._office(), *self._processes(), *self._public()]

    def _as(self, role: Role, name: str, path: str, scheme: str = "light") -> Shot:
        login = holders(self.session, self.main.id, role)[0].login
        return Shot(name, login, role_label(role.value), path, scheme)

    def _by(self, person: Person, name: str, path: str, scheme: str = "light") -> Shot:
        post = "、".join(role_label(role.value) for role in sorted(person.roles()))
        return Shot(name, person.login, post, path, scheme)

    def _step(self, element: str, bureau: Bureau) -> tuple[Person, WorkItem]:
        """An open step and somebody who may do it: not one of who has left."""
        items = self.session.scalars(
            select(WorkItem)
            .where(WorkItem.element == element, WorkItem.state == "open", WorkItem.bureau_id == bureau.id)
            .order_by(WorkItem.id)
        )
        for item in items:
            for person in self.rehearsal.candidates(self.session, item):
                return person, item
        raise SystemExit(f"no open step {element} in the demo of {bureau.name}")

    def _everyday(self) -> Iterator[Shot]:
        """What everybody who works on cases sees."""
        leader, approval = self._step("approve_plan", self.main)
        _, record = self._step("record", self.main)
        yield self._by(leader, "inbox", "/")
        yield self._by(leader, "inbox-dark", "/", "dark")
        yield self._by(leader, "english", "/?lang=en")
        yield self._as(Role.SECTION, "inbox-done", "/?tab=done")
        yield self._as(Role.WITNESS, "inbox-empty", "/")
        yield self._by(leader, "cases", "/cases")
        yield self._by(leader, "case", f"/cases/{record.case_id}")
        yield self._by(leader, "case-dark", f"/cases/{record.case_id}", "dark")
        spoken = self.session.scalars(select(Comment.case_id)).first()
        yield self._by(leader, "case-comments", f"/cases/{spoken}/comments")
        decision = self.session.scalars(select(History.id).where(History.element == "check_team")).first()
        yield self._by(leader, "explanation", f"/cases/decisions/{decision}")
        errand = self.session.scalars(select(ExtraTask)).one()
        asker = self.session.get_one(Person, errand.asked_by_id)
        yield self._by(asker, "errand-new", f"/cases/{errand.case_id}/extra")
        yield self._by(asker, "errand", f"/cases/{errand.case_id}/extra/{errand.id}")
        yield self._trigger()
        yield self._by(leader, "notices", "/notices")
        yield self._by(leader, "notices-choice", "/notices/choice")
        yield self._by(leader, "proxies", "/proxies")
        yield self._by(leader, "account", "/me")
        yield self._by(leader, "keys", "/keys")
        yield self._as(Role.SECTION, "second-factor", "/second-factor")
        yield self._by(leader, "proof", f"/proof?next=/tasks/{approval.id}")
        yield self._by(leader, "refusal", "/people")
        yield self._as(Role.SUPERVISION, "board", "/board?when=all")

    def _trigger(self) -> Shot:
        """Something that somebody may set off in a case."""
        running = select(Instance.id).where(Instance.state == "running", Instance.process == "inspection")
        inspectors = holders(self.session, self.main.id, Role.INSPECTOR)
        for case in self.session.scalars(running.where(Instance.bureau_id == self.main.id)):
            for person in inspectors:
                for trigger in actions(self.session, person, case):
                    return self._by(person, "action", f"/cases/{case}/actions/{trigger.process}")
        raise SystemExit("nobody may set anything off in the demo")

    def _steps(self) -> Iterator[Shot]:
        """One step of each stage, and what else can be done with a step."""
        leader, approval = self._step("approve_plan", self.main)
        yield self._by(leader, "step-plan", f"/tasks/{approval.id}")
        yield self._by(leader, "decision-dark", f"/tasks/{approval.id}", "dark")
        for element, name in STEPS.items():
            person, item = self._step(element, self.main)
            yield self._by(person, name, f"/tasks/{item.id}")
        inspector, record = self._step("record", self.main)
        yield self._by(inspector, "transfer", f"/tasks/{record.id}/hand/transfer")
        yield self._by(inspector, "return", f"/tasks/{record.id}/hand/return")
        yield self._as(Role.SUPERVISION, "urge", f"/tasks/{record.id}/urge")
        voter, vote = self._step("vote", self.main)
        yield self._by(voter, "signers", f"/tasks/{vote.id}/signers")
        together = self.session.scalars(select(Bulk)).one()
        clerk = self.session.get_one(Person, together.person_id)
        items = self.session.scalars(
            select(WorkItem.id).where(WorkItem.state == "open", WorkItem.bureau_id == clerk.bureau_id)
        )
        chosen = "&".join(f"item={item}" for item in items)
        yield self._by(clerk, "bulk", f"/bulk?act=claim&{chosen}")
        yield self._by(clerk, "bulk-running", f"/bulk/{together.id}")
        person, item = self._step("arrive", self.other)
        yield self._by(person, "step-arrive", f"/tasks/{item.id}")
        person, item = self._step("approve_inspection", self.other)
        yield self._by(person, "decision-wugang", f"/tasks/{item.id}")
        yield self._by(person, "case-wugang", f"/cases/{item.case_id}")

    def _office(self) -> Iterator[Shot]:
        """Plans, draws, registries, people."""
        first = select(Draw).order_by(Draw.round, Draw.id)
        draw = self.session.scalars(first.where(Draw.bureau_id == self.main.id)).first()
        prepared = self.session.scalars(first.where(Draw.state == "prepared")).one()
        foreign = self.session.scalars(first.where(Draw.bureau_id == self.other.id)).first()
        plan = self.session.scalars(
            select(Plan).where(Plan.bureau_id == self.main.id, Plan.state == "published")
        ).first()
        if draw is None or foreign is None or plan is None:
            raise SystemExit("the demo has no draw or no plan")
        yield self._as(Role.LEADER, "plans", "/plans")
        yield self._as(Role.LEADER, "plan", f"/plans/{plan.id}")
        yield self._as(Role.WITNESS, "draws", "/draws")
        yield self._as(Role.WITNESS, "draw", f"/draws/{draw.id}")
        yield self._as(Role.WITNESS, "draw-dark", f"/draws/{draw.id}", "dark")
        operator = self.session.get_one(Person, prepared.operator_id)
        yield self._by(operator, "draw-sealing", f"/draws/{prepared.id}")
        yield self._by(
            holders(self.session, self.other.id, Role.WITNESS)[0], "draw-wugang", f"/draws/{foreign.id}"
        )
        yield self._as(Role.SUPERVISION, "registry", "/registry")
        yield self._as(Role.SUPERVISION, "registry-inspectors", "/registry?tab=inspectors")
        yield self._as(Role.SUPERVISION, "registry-items", "/registry?tab=items")
        yield self._as(Role.SECTION, "import", "/registry/import?kind=objects")
        checked = self.session.scalars(select(Intake).order_by(Intake.id)).first()
        yield self._as(Role.SECTION, "import-checked", f"/registry/imports/{checked.id if checked else 0}")
        yield self._as(Role.SECURITY_ADMIN, "people", "/people")
        someone = holders(self.session, self.main.id, Role.SECTION)[0]
        yield self._as(Role.SECURITY_ADMIN, "person", f"/people/{someone.id}")
        yield self._as(Role.SECURITY_ADMIN, "absent", "/proxies/absent")
        gone = self.session.scalars(
            select(Person).where(~Person.active, Person.bureau_id == self.main.id)
        ).one()
        yield self._as(Role.LEADER, "leavers", "/leavers")
        yield self._as(Role.LEADER, "leaver", f"/leavers/{gone.id}")
        yield self._as(Role.SYSTEM_ADMIN, "hooks", "/hooks")
        yield self._as(Role.SYSTEM_ADMIN, "channels", "/channels")
        yield self._as(Role.AUDIT_ADMIN, "audit", "/audit")

    def _processes(self) -> Iterator[Shot]:
        """Diagrams, tables, changes."""
        release = self.session.scalars(
            select(Release.id).where(Release.pack == self.main.pack).order_by(Release.id.desc())
        ).first()
        proposal = self.session.scalars(select(Proposal).where(Proposal.state == "waiting")).one()
        yield self._as(Role.MODELLER, "processes", "/processes")
        yield self._as(Role.MODELLER, "release", f"/processes/{release}")
        yield self._as(Role.MODELLER, "process", f"/processes/{release}/inspection")
        yield self._as(Role.MODELLER, "parameters", f"/processes/{release}/parameters")
        yield self._as(Role.MODELLER, "decisions", f"/processes/{release}/decisions")
        yield self._as(Role.MODELLER, "decision-table", f"/processes/{release}/decisions/team")
        yield self._as(Role.MODELLER, "propose", "/processes/propose")
        yield self._as(Role.RELEASER, "proposal", f"/processes/proposals/{proposal.id}")
        yield self._as(Role.RELEASER, "compare", f"/processes/proposals/{proposal.id}/report")

    def _public(self) -> Iterator[Shot]:
        """What nobody has to sign in for."""
        result = self.session.scalars(
            select(Publication.id).where(Publication.state == "published").order_by(Publication.id)
        ).first()
        draw = self.session.scalars(select(Draw.id).where(Draw.state == "closed").order_by(Draw.id)).first()
        pages = {
            "sign-in": "/sign-in",
            "public": "/public",
            "public-result": f"/public/results/{result}",
            "public-plans": "/public/plans",
            "public-items": "/public/items",
            "public-draws": "/public/draws",
            "public-draw": f"/public/draws/{draw}",
            "public-verify": "/public/verify",
            "third": f"/public/third/{self.token}",
        }
        for name, path in pages.items():
            yield Shot(name, "", "公众" if name != "third" else "第三方", path)
