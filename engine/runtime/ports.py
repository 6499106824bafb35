"""What the machine asks of the world. `desk/world.py` answers; the machine itself knows no inspection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from engine.errors import Finding
from engine.operation import Rules


@dataclass(frozen=True, slots=True)
class Place:
    """Where a human step is found: its pool, and whose part it is where several sign."""

    pool: str
    seat: str = ""


@dataclass(frozen=True, slots=True)
class DueDate:
    """The due instant (UTC) of a step, and the days counted: «why this date»."""

    at: datetime
    why: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A step whose people the machine asks for."""

    process: str
    element: str
    lane: str
    rule: str  # the property `assignee`, "" = by lane
    sign: str  # the property `sign`, "" = one person
    bureau_id: int
    case_id: int
    data: Mapping[str, Any]
    starter_id: int | None
    performer: Callable[[str], int | None]  # who did a step of this case


class Ports(Protocol):
    """The world, seen from the machine."""

    def places(self, session: Session, asked: Asked) -> Sequence[Place]:
        """The pools (one, or one a signer) of a human step; CaseworkError where nobody is responsible."""

    def due(
        self,
        session: Session,
        *,
        pack: str,
        key: str,
        start: date,
        decide: Callable[[str, Mapping[str, Any]], Any],
    ) -> DueDate:
        """The due instant of a deadline key counted from a day; RuleError where the table has no such key."""

    def lanes(self) -> Sequence[str]:
        """The lane labels that exist."""

    def check_form(self, path: str, content: bytes) -> Sequence[Finding]:
        """What is wrong with a form."""

    def form_keys(self, path: str, content: bytes) -> Sequence[str]:
        """The keys a form answers."""

    def check_documents(self, files: Mapping[str, bytes]) -> Sequence[Finding]:
        """What is wrong with the document templates of a release: each is tried."""

    def rules(self, pack: str, texts: Sequence[tuple[str, bytes]]) -> Rules:
        """The parameters of a release, from its files `packs/<name>.toml`; CaseworkError where it has none."""

    def check_packs(self, files: Mapping[str, bytes]) -> Sequence[Finding]:
        """What is wrong with the parameters of a release, and with its deadlines table beside them."""

    def pack_files(self, pack: str) -> Mapping[str, bytes]:
        """The seed files of a pack after inheritance, forms included, by path."""
