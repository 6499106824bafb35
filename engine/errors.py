"""The family of errors, in one place.

CaseworkError
├── Refused             the rule says no to a person: everything rolls back, the form returns
│   └── NotAllowed      … because of who asks (403)
├── NotFound            it does not exist, or not for this person (404)
├── ChangedMeanwhile    somebody else was first (409)
├── ModelInvalid        a diagram, table, form or pack cannot be used; carries every finding
├── RuleError           a FEEL expression or decision table gives no usable answer
├── SettingsInvalid     the installation cannot start
└── Unavailable         an outside part does not answer now (503)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Self

from engine.sentence import Joined, Sentence, read, spelled, told


class CaseworkError(Exception):
    """Base of all errors that carry a sentence for a person."""

    code = "error"

    def __init__(self, reason: str, *, clause: str = "", hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.clause = clause
        self.hint = hint

    def __str__(self) -> str:
        """What and which, why (article), what now: one readable line."""
        clause = f"（{self.clause}）" if self.clause else ""
        return f"{self.reason}{clause}{self.hint}"

    def tell(self, look: Callable[[str], str]) -> None:
        """Say it in another language from now on; `look` finds the words (`engine/sentence.py`)."""
        self.reason, self.hint = told(self.reason, look), told(self.hint, look)

    def as_json(self) -> dict[str, Any]:
        """The error body of the API: `{code, reason, clause, hint, fields}`."""
        return {
            "code": self.code,
            "reason": self.reason,
            "clause": self.clause,
            "hint": self.hint,
            "fields": {},
        }


class Refused(CaseworkError):
    """The regulation refuses this act. Nothing happened; the person may correct and try again."""

    code = "refused"

    def __init__(
        self,
        reason: str,
        *,
        clause: str = "",
        hint: str = "",
        slug: str = "",
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason, clause=clause, hint=hint)
        self.slug = slug
        self.fields = dict(fields or {})

    def tell(self, look: Callable[[str], str]) -> None:
        """As every error, and what is said about its fields."""
        super().tell(look)
        self.fields = {name: told(sentence, look) for name, sentence in self.fields.items()}

    def as_json(self) -> dict[str, Any]:
        """As every error, with the slug of the refusal table and the sentences per field."""
        return {**super().as_json(), "code": self.slug or self.code, "fields": self.fields}


class NotAllowed(Refused):
    """This person may not do this: no such right, or a duty that excludes it."""

    code = "not-allowed"


class NotFound(CaseworkError):
    """No such thing within what this person may see."""

    code = "not-found"


class ChangedMeanwhile(CaseworkError):
    """Somebody else changed or finished it first; says who and when."""

    code = "changed-meanwhile"

    def __init__(self, reason: str, *, who: str = "", when: datetime | None = None, hint: str = "") -> None:
        super().__init__(reason, hint=hint)
        self.who = who
        self.when = when


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a model, said so that its owner can mend it."""

    file: str
    element: str
    name: str
    line: int
    rule: str
    reason: str
    hint: str = ""
    severity: str = "error"

    def as_json(self) -> dict[str, Any]:
        """`{file, element, name, line, rule, severity, reason, hint}`."""
        return asdict(self)

    def spelled(self) -> dict[str, Any]:
        """As JSON keeps it for another process or another day, its sentences with their parts; `read` reads it."""
        return {
            **self.as_json(),
            **{word: spelled(getattr(self, word)) for word in ("name", "reason", "hint")},
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """What `spelled` wrote."""
        return cls(**{**kept, **{word: read(kept[word]) for word in ("name", "reason", "hint")}})

    def told(self, look: Callable[[str], str]) -> Self:
        """The same in another language (`engine/sentence.py`)."""
        return replace(
            self, name=told(self.name, look), reason=told(self.reason, look), hint=told(self.hint, look)
        )

    @property
    def sentence(self) -> Sentence:
        """Where, what, why and what now, in one line."""
        who = (
            Sentence("{element}“{name}”", element=self.element, name=self.name) if self.name else self.element
        )
        place = f"{self.file}:{self.line}"
        return Sentence(
            "{place} {who} {reason}{hint}", place=place, who=who, reason=self.reason, hint=self.hint
        )

    def __str__(self) -> str:
        return str.__str__(self.sentence)


class ModelInvalid(CaseworkError):
    """A model that cannot be used, with all its findings at once."""

    code = "model-invalid"

    def __init__(self, findings: Sequence[Finding], reason: str = "") -> None:
        super().__init__(reason or Joined(finding.sentence for finding in findings[:3]))
        self.findings = list(findings)

    def tell(self, look: Callable[[str], str]) -> None:
        """As every error, and all its findings."""
        super().tell(look)
        self.findings = [finding.told(look) for finding in self.findings]

    def as_json(self) -> dict[str, Any]:
        """As every error, with the list of findings."""
        return {**super().as_json(), "findings": [finding.as_json() for finding in self.findings]}


class RuleError(CaseworkError):
    """A FEEL text or a decision table cannot be read or gives no usable answer.

    `position` counts characters from 0 in the FEEL text, -1 where there is none.
    """

    code = "rule"

    def __init__(
        self,
        reason: str,
        *,
        position: int = -1,
        hint: str = "",
        clause: str = "",
        diagnostics: Sequence[str] = (),
    ) -> None:
        super().__init__(reason, clause=clause, hint=hint)
        self.position = position
        self.diagnostics = list(diagnostics)

    def tell(self, look: Callable[[str], str]) -> None:
        """As every error, and what the calculation noted on its way."""
        super().tell(look)
        self.diagnostics = [told(each, look) for each in self.diagnostics]


class SettingsInvalid(CaseworkError):
    """The environment does not describe a working installation; names every fault at once."""

    code = "settings"


class Unavailable(CaseworkError):
    """An outside part does not answer at the moment; what was to be done stays queued."""

    code = "unavailable"
