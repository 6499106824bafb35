"""Who may do what: predicates that compose, and the permissions made of them.

A permission is a verb with a name; routes and use cases name the verb, never a role:
`APPROVE_PLAN.demand(person, plan)`. A subject is any row or view that carries `bureau_id` and, where the rule
needs it, `author_id`. Rights are read on every call, so a post that ended yesterday gives nothing today.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine import clock
from engine.errors import NotAllowed
from engine.people import Person, Role
from engine.sentence import Sentence

Test = Callable[[Person, Any], bool]


@dataclass(frozen=True, slots=True)
class Predicate:
    """A yes-or-no question about a person and a subject, with the sentence said when the answer is no."""

    text: str
    test: Test

    def __call__(self, person: Person, subject: Any = None) -> bool:
        """The answer."""
        return self.test(person, subject)

    def __and__(self, other: Predicate) -> Predicate:
        return Predicate(
            Sentence("{one}，且{other}", one=self.text, other=other.text),
            lambda p, s: self(p, s) and other(p, s),
        )

    def __or__(self, other: Predicate) -> Predicate:
        return Predicate(
            Sentence("{one}，或{other}", one=self.text, other=other.text),
            lambda p, s: self(p, s) or other(p, s),
        )

    def __invert__(self) -> Predicate:
        return Predicate(
            Sentence("不是（{one}）", one=self.text),
            lambda person, subject: not self(person, subject),
        )


def roles_of(person: Person, bureau_id: int | None = None) -> set[Role]:
    """Roles a person holds today, in one bureau or anywhere; an account that was closed holds none."""
    if not person.active:
        return set()
    day = clock.today()
    return {
        grant.role
        for grant in person.grants
        if grant.valid_from <= day <= grant.valid_to and bureau_id in (None, grant.bureau_id)
    }


def holds(*roles: Role) -> Predicate:
    """The person holds one of the roles: in the subject's bureau where there is a subject, else anywhere."""
    wanted = set(roles)
    names = "、".join(role.value for role in roles)

    def test(person: Person, subject: Any) -> bool:
        return bool(wanted & roles_of(person, getattr(subject, "bureau_id", None)))

    return Predicate(Sentence("任职 {names}", names=names), test)


def named(text: str) -> Callable[[Test], Predicate]:
    """Make a predicate of a function: `@named("本人起草")`."""
    return lambda test: Predicate(text, test)


@named("本人起草")
def drafted_it(person: Person, subject: Any) -> bool:
    """The person wrote what is to be approved."""
    return getattr(subject, "author_id", None) == person.id


@named("本人")
def is_oneself(person: Person, subject: Any) -> bool:
    """The subject is the person's own account."""
    return getattr(subject, "id", None) == person.id and isinstance(subject, Person)


@dataclass(frozen=True, slots=True)
class Permission:
    """A verb people may be allowed. `name` is stable (rights table, API), `label` is what a person reads."""

    name: str
    label: str
    rule: Predicate
    clause: str = ""

    def allows(self, person: Person, subject: Any = None) -> bool:
        """Whether the person may do it now."""
        return person.active and self.rule(person, subject)

    def demand(self, person: Person, subject: Any = None) -> None:
        """Let pass or raise NotAllowed with the reason."""
        if not self.allows(person, subject):
            raise NotAllowed(
                Sentence("你不能{label}。", label=self.label),
                clause=self.clause,
                hint="需要的岗位由安全管理员授予；已经授予的，请看起止日期。",
            )
