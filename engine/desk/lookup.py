"""Looking up what a form asks for by name: an object of the registry, a person, an article.

Values are what the verbs take: the code of an object, the staff number of a person, the reference of an
article (`J13`). Labels are what people read; one may type either.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.desk import registry
from engine.domain import terms
from engine.people import Person

KINDS = ("object", "person", "clause")
MOST = 20


def find(session: Session, person: Person, kind: str, typed: str) -> list[tuple[str, str]]:
    """What may be meant by these words, as (value, label), at most 20; nothing for no words.

    Objects and persons of the bureaus this person sees. 依据: 吉 第五条, 舞 第四条 (名录库).
    """
    words = typed.strip()[:80]
    if not words:
        return []
    if kind == "clause":
        return _articles(person.bureau.pack, words)
    if kind == "person":
        return _people(session, person, words)
    return _objects(session, person, words)


def _objects(session: Session, person: Person, words: str) -> list[tuple[str, str]]:
    listed = registry.objects(session, person, q=words).rows
    if not listed and " " in words:  # code and name, as the list offers them
        listed = registry.objects(session, person, q=words.split(maxsplit=1)[0]).rows
    return [(row.code, f"{row.code} {row.name}") for row in listed[:MOST]]


def _people(session: Session, person: Person, words: str) -> list[tuple[str, str]]:
    listed = registry.inspectors(session, person, q=words).rows
    if not listed and " " in words:
        listed = registry.inspectors(session, person, q=words.split(maxsplit=1)[0]).rows
    return [(row.staff_no, f"{row.staff_no} {row.name}") for row in listed[:MOST]]


def _articles(pack: str, words: str) -> list[tuple[str, str]]:
    own = [regulation for regulation in terms.REGULATIONS.values() if regulation.pack in terms.lineage(pack)]
    every = [
        (f"{regulation.letter}{number}", terms.cite(f"{regulation.letter}{number}", pack, short=True))
        for regulation in own
        for number in range(1, regulation.articles + 1)
    ]
    exact = [pair for pair in every if words.upper() == pair[0] or words in pair[1]]
    short = [pair for pair in every if pair[1].endswith(words)]
    return (short or exact)[:MOST]
