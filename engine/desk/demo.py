"""The main job of a bureau as a story: a year from plan to archive, each step by somebody who may do it.

Used by `casework demo`, and by `casework db seed` to fill a fresh installation with work in progress. Long because
the answers of all steps stand together: one reads them as one year.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.desk import plan as plans
from engine.desk import refusals, release, sample
from engine.desk.rehearsal import Asked, Rehearsal
from engine.desk.release import in_force
from engine.desk.world import World
from engine.domain.ceremony import get as draw_called
from engine.domain.ceremony import pool_of
from engine.domain.ceremony.share import TYPED, way_of
from engine.domain.ceremony.tables import Draw
from engine.domain.draw import commitment
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.plan.tables import Plan
from engine.domain.registry import conflict_between
from engine.domain.substitution.tables import Substitution
from engine.domain.terms import role_label
from engine.people import Bureau, Person, Role, holders
from engine.runtime.release import Hands
from engine.runtime.tables import ALIVE, Instance, WorkItem

START = datetime(2026, 3, 2, 9, 0, tzinfo=clock.SHANGHAI)
WORDS = (
    "plan",
    "draw",
    "substitution",
    "inspection",
    "feedback",
    "report",
    "publication",
    "followup",
    "archive",
)
OFF_LIST = "-"
STOPS = (
    "choose_leader",
    "pledge",
    "approve_inspection",
    "arrive",
    "record",
    "vote",
    "submit",
    "review",
    "arrange",
)
"""Where the cases of the seeded round wait: one step each, from the leader's choice to the file."""


@dataclass(slots=True)
class Story:
    """What happened: numbers per step, ids, refusals."""

    pack: str
    seed: int
    steps: dict[str, int] = field(default_factory=dict)
    refusals: list[dict[str, str]] = field(default_factory=list)
    ids: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """`{pack, seed, steps, refusals, ids, seconds}`."""
        return {name: getattr(self, name) for name in ("pack", "seed", "steps", "refusals", "ids", "seconds")}


class Year:
    """A bureau's year at a held clock."""

    def __init__(
        self,
        world: World,
        pack: str,
        *,
        objects: int | None = None,
        cases: int = 3,
        seed: int = 1,
        start: datetime = START,
        swap: bool = False,
    ) -> None:
        self.world = world
        self.pack = pack
        self.cases = cases
        self.swap = swap  # whether somebody drawn has an interest in their object
        self.story = Story(pack, seed)
        self.rehearsal = Rehearsal(world, start, seed=f"{pack}:{seed}")
        self.rehearsal.rules |= self.rules()
        with clock.fixed(start), world.database.transaction() as session:
            loaded = sample.build(session, pack, objects=objects, seed=seed, today=clock.local(start).date())
            self.bureau_id = loaded.main_id
            release.deploy(world, session, Path(pack), Hands(note="演示"))
        self.plan_id = 0
        self.case_id = 0

    # -- the answers that matter; everything else is filled plausibly ------------------------------

    def rules(self) -> Mapping[str, Callable[[Asked], Mapping[str, Any]]]:
        """Answers by element id."""
        return {
            "draft_section": self._draft,
            "compile_plan": lambda _: {
                "arrangement": "按各项任务的起止时间分批抽取、逐户检查，检查结束后按期公示。",
                "work_requirements": "依法、规范、文明检查，全程记录，问题处理到位。",
                "discipline": "遵守廉政纪律，不得泄露检查安排，不得接受被检查对象的宴请和财物。",
            },
            "pledge": self._declares,
            "check_items": self._findings,
            "collect_evidence": lambda asked: {
                "none": "no",
                "evidence": [{"kind": "photo", "title": "现场照片", "file": [asked.hand_in("现场照片")]}],
            },
            "receipt_object": lambda _: {"received_by": "刘掌柜", "signature": {"name": "刘掌柜"}},
            "receive": self._receipts,
            "import_result": self._platform,
            "import_match": self._matched,
            "peers": lambda _: {
                "peers": [{"department": "卫生健康局"}],
                "peer_document": "函〔2026〕1 号",
            },
            "set_groups": self._groups,
            "commit_operator": lambda asked: self._envelope(asked, "bureau", "operator"),
            "commit_witness": lambda asked: {
                "decision": "agree",
                **self._envelope(asked, "witness", "witness"),
            },
            "reveal_operator": lambda _: {"secret_operator": self._secret("bureau")},
            "reveal": lambda _: {"ceremony": "reveal", "secret_witness": self._secret("witness")},
        }

    def _secret(self, party: str) -> str:
        return hashlib.sha256(f"{self.story.seed}:{party}".encode()).hexdigest()

    def _envelope(self, asked: Asked, party: str, key: str) -> dict[str, str]:
        """What a party hands over: the commitment made on its own device, or, where typed, the secret."""
        secret = self._secret(party)
        draw = draw_called(asked.session, str(asked.data["draw_id"]))
        if way_of(draw, in_force(asked.session, self.pack)) == TYPED:
            return {f"secret_{key}": secret}
        return {f"commit_{key}": commitment(draw.id, party, secret, draw.hash)}

    def _draft(self, asked: Asked) -> Mapping[str, Any]:
        if asked.defaults.get("tasks"):
            return {}
        drafted = asked.session.scalar(select(Plan).where(Plan.id == asked.data["plan_id"]))
        if drafted is not None and drafted.tasks:
            return {"nothing": True}
        today = clock.local(self.rehearsal.now).date()
        return {
            "nothing": False,
            "tasks": [
                {
                    "name": "定点医药机构医疗保障基金使用情况抽查",
                    "item": asked.options["items"][0][0],
                    "kind": "undirected",
                    "object_kind": asked.options["object_kinds"][0][0],
                    "ratio": "1",
                    "at_least": self.cases,
                    "rounding": "up",
                    "starts_on": today.isoformat(),
                    "ends_on": (today + timedelta(days=120)).isoformat(),
                    "method": "onsite",
                    "frequency": 1,
                    "batch": 1,
                    "content": "医药服务行为、收费、药品耗材进销存、参保人员身份核验",
                    "staff_requirement": "执法人员不少于 2 人",
                },
            ],
        }

    def _declares(self, asked: Asked) -> Mapping[str, Any]:
        """The first who is asked has an interest and is swapped (吉 第十三条); everybody else has none."""
        declared = asked.session.scalar(select(TeamMember.id).where(TeamMember.conflict != "").limit(1))
        if not self.swap or declared is not None:
            return {"conflict": "no"}
        return {"conflict": "yes", "relation": "relative", "note": "亲属在该机构工作"}

    def _findings(self, asked: Asked) -> Mapping[str, Any]:
        """Every third case has something corrected on the spot, every fourth something to investigate."""
        rows = [
            {"item": value, "result": "none"} for value, _label in asked.options["items"] if value != OFF_LIST
        ]
        number = int(asked.data["inspection_id"])
        if number % 3 == 0:
            rows[0] |= {
                "result": "corrected",
                "description": "多收床位费 3 日",
                "demand": "退还多收费用",
                "amount": 12_000,
            }
        elif number % 4 == 0:
            rows[0] |= {"result": "pending", "description": "疑似串换药品", "amount": 6_000_000}
        return {"findings": rows}

    def _platform(self, asked: Asked) -> Mapping[str, Any]:
        """What the provincial platform would send back: objects and groups by lot, nobody in conflict."""
        session = asked.session
        row = session.scalars(select(Draw).where(Draw.id == asked.data["draw_id"])).one()
        lot = Random(f"{self.story.seed}:{row.id}:{row.round}")  # noqa: S311 (stands for the platform, proves nothing)
        pool = pool_of(asked.step, row)
        things = [thing for thing in pool.eligible if thing.stratum == pool.eligible[0].stratum]
        lot.shuffle(things)
        people = list(pool.people)
        lot.shuffle(people)
        groups, size = int(row.settings["groups"]), int(row.settings["team_size"])
        objects, members = [], []
        for number in range(groups):
            name = f"G{number + 1:02}"
            dealt = things[number : self.cases : groups]
            objects += [{"group": name, "object_code": thing.code} for thing in dealt]
            free = [
                p
                for p in people
                if not any(conflict_between(session, p.inspector_id, thing.object_id) for thing in dealt)
            ]
            free.sort(key=lambda person: not person.cert)
            chosen = [*free[:2], *free[2:][: size - 2]]
            people = [person for person in people if person not in chosen]
            members += [{"group": name, "staff_no": person.staff_no} for person in chosen]
        return {
            "result": "drawn",
            "serial": f"HN-{row.id}",
            "drawn_at": clock.local(clock.now()).strftime("%Y-%m-%dT%H:%M"),
            "objects": objects,
            "members": members,
        }

    def _matched(self, asked: Asked) -> Mapping[str, Any]:
        """Whom the platform would send instead: the first of the pool with a certificate whom no team has."""
        swapped = asked.session.get_one(Substitution, asked.data["substitution_id"])
        row = draw_called(asked.session, str(swapped.draw_id))
        thing = asked.session.get_one(Inspection, swapped.inspection_id).object_id
        serving = set(asked.session.scalars(select(TeamMember.inspector_id)))
        free = (
            person.staff_no
            for person in pool_of(asked.step, row).people
            if person.cert
            and person.inspector_id not in serving
            and not conflict_between(asked.session, person.inspector_id, thing)
        )
        return {"serial": f"HN-{row.id}-{swapped.id}", "staff_no": next(free)}

    def _receipts(self, asked: Asked) -> Mapping[str, Any]:
        """Every channel that the case owes gives its receipt."""
        return {
            "receipts": [
                {
                    "channel": value,
                    "state": "published",
                    "receipt_no": f"{value}-{asked.data['inspection_id']:04}",
                }
                for value, _label in asked.options["channels"]
            ],
        }

    def _groups(self, _asked: Asked) -> Mapping[str, Any]:
        return {"groups": min(2, self.cases)}

    # -- the story ---------------------------------------------------------------------------------

    def opens(self) -> int:
        """A section opens the plan of the year."""
        with clock.fixed(self.rehearsal.now), self.world.database.transaction() as session:
            opener = self._somebody(session, Role.SECTION)
            local = clock.local(self.rehearsal.now)
            quarter = (local.month - 1) // 3 + 1 if self.pack == "wugang" else 0
            case = plans.open_plan(self.world, session, opener, year=local.year, quarter=quarter, title="")
            self.case_id, self.plan_id = case.id, case.data["plan_id"]
        self.rehearsal.work()
        return self.case_id

    def goes_on(self, *, start: datetime, cases: int) -> int:
        """Another plan of the same bureau, later in time."""
        self.rehearsal.now, self.cases = start, cases
        self.case_id = self.plan_id = 0
        return self.opens()

    def _somebody(self, session: Session, role: Role) -> Person:
        bureau = session.get_one(Bureau, self.bureau_id)
        return holders(session, bureau.id, role)[0]

    def runs(self, *, through: str = "archive", tick: Callable[[WorkItem], None] | None = None) -> Story:
        """Everybody does their part until the story has gone through a word of the house."""
        started = time.perf_counter()
        if tick is not None:
            self.rehearsal.on_step = tick
        if not self.case_id:
            self.opens()
        self.rehearsal.until(lambda session: self._past(session, through), only=self.ours)
        self.story.seconds = round(time.perf_counter() - started, 3)
        self.story.steps = self._counts()
        with self.world.database.reading() as session:
            self.story.ids = {
                "plan": self.plan_id,
                "draws": list(
                    session.scalars(select(Draw.id).where(Draw.plan_id == self.plan_id).order_by(Draw.id))
                ),
                "cases": list(
                    session.scalars(
                        select(Inspection.case_id)
                        .where(Inspection.plan_id == self.plan_id)
                        .order_by(Inspection.id)
                    )
                ),
            }
        return self.story

    def ours(self, item: WorkItem) -> bool:
        """Whether a step belongs to this bureau: every bureau of an installation has its own held clock."""
        return item.bureau_id == self.bureau_id

    def spreads(self, *, cases: int) -> None:
        """Another round in which every case waits somewhere else, so that every desk has something to do."""
        first = self._cases()
        self.rehearsal.until(lambda session: len(self._cases(session)) >= len(first) + cases, only=self.ours)
        waits = dict(zip([case for case in self._cases() if case not in first], STOPS, strict=False))

        def goes_on(item: WorkItem) -> bool:
            stop = waits.get(item.case_id, "")
            return self.ours(item) and item.process != "plan" and not (stop and item.element.startswith(stop))

        self.rehearsal.until(lambda _session: False, only=goes_on)

    def drafts(self) -> None:
        """A further plan that waits for the leader in charge."""
        self.case_id = self.plan_id = 0
        case = self.opens()
        self.rehearsal.until(
            lambda _session: False, only=lambda item: item.case_id == case and item.element != "approve_plan"
        )

    def _cases(self, session: Session | None = None) -> list[int]:
        if session is None:
            with self.world.database.reading() as fresh:
                return self._cases(fresh)
        query = select(Instance.id).where(
            Instance.process == "inspection", Instance.bureau_id == self.bureau_id
        )
        return list(session.scalars(query.order_by(Instance.id)))

    def tries(self) -> list[dict[str, str]]:
        """Every refusal of the table, tried on this bureau; nothing of it is kept."""
        with clock.fixed(self.rehearsal.now), self.world.database.transaction() as session:
            found = refusals.attempt_all(session, session.get_one(Bureau, self.bureau_id))
            session.rollback()
            return [tried.as_json() for tried in found]

    def _past(self, session: Session, word: str) -> bool:
        """Whether the word's process has run and nothing of it is open."""
        if word == "archive":
            return not session.get_one(Instance, self.case_id).alive
        if word == "plan":
            return session.scalar(select(Instance.id).where(Instance.process == "draw")) is not None
        states = list(session.scalars(select(Instance.state).where(Instance.process == word)))
        return bool(states) and not set(ALIVE) & set(states)

    def _counts(self) -> dict[str, int]:
        counts = dict.fromkeys(WORDS, 0)
        with self.world.database.reading() as session:
            for process in session.scalars(select(WorkItem.process).where(WorkItem.state == "done")):
                word = process.partition(".")[0]
                counts[word] = counts.get(word, 0) + 1
        return {word: number for word, number in counts.items() if number}


@dataclass(frozen=True, slots=True)
class Account:
    """A demo account, as it is printed at the start."""

    login: str
    name: str
    bureau: str
    posts: str


def under_way(world: World, pack: str, *, objects: int, tick: Callable[[WorkItem], None] | None) -> Year:
    """A bureau of one pack: one year done, the next one under way, a further plan before its approval."""
    today = clock.local(clock.now()).replace(hour=9, minute=0, second=0, microsecond=0)
    year = Year(world, pack, objects=objects, cases=4, start=today - timedelta(days=75))
    year.runs(tick=tick)
    year.goes_on(start=today - timedelta(days=9), cases=len(STOPS))
    year.spreads(cases=len(STOPS))
    year.rehearsal.now = today - timedelta(days=2)
    year.drafts()
    return year


def seed(world: World, *, tick: Callable[[WorkItem], None] | None = None) -> list[Account]:
    """Fill an empty installation once, one bureau a pack: a year done, the next under way; gives the accounts."""
    with world.database.reading() as session:
        fresh = session.scalar(select(Person.id).limit(1)) is None
    for pack, objects in (("jilin", 600), ("wugang", 430)) if fresh else ():
        under_way(world, pack, objects=objects, tick=tick)
    with world.database.reading() as session:
        people = (
            session.scalars(select(Person).where(Person.active).order_by(Person.bureau_id, Person.id))
            .unique()
            .all()
        )
        mains = set(session.scalars(select(Plan.bureau_id).distinct()))
        return [
            Account(
                person.login,
                person.name,
                person.bureau.short_name,
                "、".join(role_label(role) for role in sorted(person.roles())),
            )
            for person in people
            if person.bureau_id in mains and person.roles()
        ]
