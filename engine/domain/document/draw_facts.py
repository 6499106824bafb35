"""What a draw says on paper: the minutes of the sealed roster, and the record of the draw.

The minutes are printed and signed before any reveal and name no object and no person of the pool; the record
carries the lists and stays in the bureau until the day of publication. 依据: J12, W9; protocol SR1 2.3.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from engine import clock
from engine.domain.ceremony import findings
from engine.domain.ceremony.pool import HIGH, quota, stratum_name
from engine.domain.ceremony.share import PARTIES, was_own
from engine.domain.ceremony.tables import Draw
from engine.domain.draw.text import ZEROS
from engine.domain.pack import names, parameters
from engine.domain.plan.query import get as plan_of
from engine.domain.plan.query import tasks_of
from engine.domain.registry import Inspector, RegistryObject, below
from engine.domain.terms import EXCLUSIONS, ROUNDINGS, SLOT_NEEDS, cite
from engine.people import Bureau, Person, Section

ENVELOPES = {"bureau": "由见证人保管", "witness": "由抽取人保管", "third": "由见证人保管"}
HASHES = {"sha256": "SHA-256", "sm3": "SM3"}
EXCLUSION_CLAUSES = {"cap": "J11 W9", "done-superior": "J11", "relative": "J13"}


def draw_documents(
    session: Session, draw: Draw, *, verify_url: str = "", verifiers: Sequence[tuple[str, str]] = ()
) -> dict[str, dict[str, Any]]:
    """The documents that this draw can print now: name in the catalogue → data.

    `verifiers`: file name and SHA-256 of the programs that anybody may check with.
    """
    made: dict[str, dict[str, Any]] = {}
    if draw.roster:
        made["roster"] = _minutes(session, draw, verify_url, verifiers)
    if draw.state in ("placed", "closed"):
        made["draw"] = _record(session, draw, verify_url)
    return made


def draw_evidence(session: Session, draw: Draw, group: str) -> dict[str, Any]:
    """What the file of one inspection keeps of its draw: the minutes, every hash, its own group.

    Other groups stand in the record of the draw, not in this file.
    """
    minutes = (
        {key: value for key, value in _minutes(session, draw, "", ()).items() if value} if draw.roster else {}
    )
    shared = ("platform", "serial", "at", "operator", "witness", "evidence")
    body = draw.events[0]["body"] if draw.mode == "import" and draw.events else {}
    return {
        "draw": draw.id,
        "mode": draw.mode,
        "minutes": minutes,
        "platform": {key: body[key] for key in shared if key in body},
        "findings": findings.as_document(findings.of_draw(session, draw.id)),
        "group": {
            "id": group,
            "members": [row.alias for row in draw.people if row.group_id == group and row.state == "serving"],
        },
        "events": [{"n": each["n"], "type": each["type"], "hash": each["hash"]} for each in draw.events],
        "head": draw.head,
        "signed": [
            {"name": who.name, "at": clock.local(at).isoformat(timespec="seconds")}
            for who, at in ((draw.operator, draw.operator_signed_at), (draw.witness, draw.witness_signed_at))
            if who is not None and at is not None
        ],
    }


def _head(session: Session, draw: Draw, day: str, verify_url: str) -> dict[str, Any]:
    plan = plan_of(session, draw.plan_id)
    return {
        "bureau": session.get_one(Bureau, draw.bureau_id).name,
        "document_no": "",
        "case_no": draw.id,
        "date": day,
        "verify_url": verify_url,
        "draw_no": draw.id,
        "plan_name": plan.title,
        "task": "、".join(task.name for task in tasks_of(session, draw.plan_id, draw.batch)),
    }


def _minutes(
    session: Session, draw: Draw, verify_url: str, verifiers: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    document = draw.document
    named = {"bureau": draw.operator, "witness": draw.witness}
    names = {key: person.name for key, person in named.items() if person is not None}
    names["third"] = str(draw.settings.get("third") or "")
    things, people = document["objects"], document["inspectors"]
    at = clock.local(draw.frozen_at or draw.opened_at)
    return {
        **_head(session, draw, at.date().isoformat(), verify_url),
        "round": f"第 {draw.round} 次" + (f"（上一次 {draw.previous_id}）" if draw.previous_id else ""),
        "roster": draw.roster,
        "hash_name": HASHES[draw.hash],
        "previous_head": "" if document["prev_head"] == ZEROS else document["prev_head"],
        "rule_release": _rules(document["release"]),
        "frozen_at": at.isoformat(timespec="seconds"),
        "publish_by": document["publish_by"],
        "beacon": document["beacon"],
        "shares": "各方自备封签" if was_own(draw) else "未经承诺见证",
        "base": len(things),
        "eligible": sum(not row["excl"] for row in things),
        "sample_size": sum(row["count"] for row in _strata(session, draw)),
        "people_base": len(people),
        "people_eligible": sum(not row["excl"] for row in people),
        "groups": len(document["groups"]),
        "strata": _strata(session, draw),
        "excluded": _excluded(session, draw),
        "parties": [
            {
                "label": PARTIES[party["name"]],
                "name": names.get(party["name"], ""),
                "commit": party["commit"],
                "envelope": ENVELOPES[party["name"]] if was_own(draw) else "没有信封",
            }
            for party in document["parties"]
        ],
        "verifiers": [{"name": name, "digest": digest} for name, digest in verifiers],
        "operator_signature": "",
        "supervisor_signature": "",
        "third_signature": "" if names["third"] else "未设第三方",
    }


def _rules(release: str) -> str:
    """The rules of a draw by their title, with the mark that its document carries: «吉林省规则（jilin-1）»."""
    pack = release.rpartition("-")[0]
    return f"{parameters(pack).title}（{release}）" if pack in names() else release


def _strata(session: Session, draw: Draw) -> list[dict[str, Any]]:
    document = draw.document
    labels = {stratum_name(task): task.name for task in tasks_of(session, draw.plan_id, draw.batch)}
    labels |= {f"{name}-{HIGH}": f"{label}（重点监管对象）" for name, label in labels.items()}
    base = Counter(row["stratum"] for row in document["objects"])
    eligible = Counter(row["stratum"] for row in document["objects"] if not row["excl"])
    return [
        {
            "name": labels.get(name, name),
            "base": base[name],
            "eligible": eligible[name],
            "ratio": _ratio(rule["num"], rule["den"]),
            "count": quota(rule, eligible[name]),
        }
        for name, rule in sorted(document["strata"].items())
    ]


def _ratio(num: int, den: int) -> str:
    """A ratio as people write it: a percentage where it comes out even."""
    return f"{num * 100 // den}%" if num * 100 % den == 0 else f"{num}/{den}"


def _excluded(session: Session, draw: Draw) -> list[dict[str, Any]]:
    pack = session.get_one(Bureau, draw.bureau_id).pack
    rows = [*draw.document.get("objects", []), *draw.document.get("inspectors", [])]
    counts = Counter(row["excl"] for row in rows if row["excl"])
    return [
        {
            "reason": EXCLUSIONS.get(code, code),
            "clause": cite(EXCLUSION_CLAUSES.get(code, "J12 W5"), pack),
            "count": number,
        }
        for code, number in sorted(counts.items())
    ]


def _record(session: Session, draw: Draw, verify_url: str) -> dict[str, Any]:
    document: Mapping[str, Any] = draw.document
    things: Sequence[Mapping[str, Any]] = document.get("objects", [])
    ended = draw.witness_signed_at or draw.operator_signed_at
    section = (
        session.get(Section, draw.witness.section_id) if draw.witness and draw.witness.section_id else None
    )
    return {
        **_head(session, draw, clock.local(draw.opened_at).date().isoformat(), verify_url),
        "list_version": plan_of(session, draw.plan_id).item_list_version,
        "pool_hash": draw.roster,
        "staff_hash": document.get("aliases", ""),
        "base": len(things) or "",
        "eligible": sum(not row["excl"] for row in things) or "",
        "ratio": "、".join(f"{row['name']} {row['ratio']}" for row in _strata(session, draw))
        if document
        else "",
        "rounding": "、".join(
            dict.fromkeys(ROUNDINGS[rule["round"]] for rule in document.get("strata", {}).values())
        ),
        "sample_size": sum(row.state == "drawn" for row in draw.objects),
        "algorithm": f"SR1（{HASHES[draw.hash]}）" if document else "省平台抽取，本系统不能复算",
        "seed_evidence": _seed(draw),
        "head": draw.head,
        "started_at": clock.local(draw.opened_at).isoformat(timespec="seconds"),
        "ended_at": clock.local(ended).isoformat(timespec="seconds") if ended else "",
        "redraw_of": draw.previous_id or "",
        "note": draw.reason,
        "operator": draw.operator.name if draw.operator else "",
        "supervisor": draw.witness.name if draw.witness else "",
        "supervisor_section": section.name if section else "",
        "other_witnesses": str(draw.settings.get("third") or ""),
        "operator_signature": _signature(draw.operator, draw.operator_signed_at),
        "supervisor_signature": _signature(draw.witness, draw.witness_signed_at),
        "excluded": _excluded(session, draw),
        **_lists(session, draw),
    }


def _signature(person: Person | None, at: Any) -> Any:
    if person is None or at is None:
        return ""
    return {"name": person.name, "signed_at": clock.local(at).isoformat(timespec="seconds")}


def _seed(draw: Draw) -> str:
    if draw.mode == "import":
        result = draw.events[0]["body"] if draw.events else {}
        files = "；".join(f"{each['name']} {each['sha256'][:8]}" for each in result.get("evidence", []))
        return f"平台编号 {result.get('serial', '')}，{result.get('at', '')}；证据 {files}"
    said = "；".join(f"{PARTIES[each['name']]}封签 {each['commit'][:8]}" for each in draw.document["parties"])
    beacon = str(draw.settings.get("beacon_value") or "")
    said += f"；公共随机值 {draw.document['beacon']}：{beacon}" if beacon else ""
    return said + "；密值和种子在公开日公布"


def _lists(session: Session, draw: Draw) -> dict[str, list[dict[str, Any]]]:
    """Drawn objects and people, and who stepped back for which drawn object."""
    rows = select(RegistryObject).where(RegistryObject.id.in_([row.object_id for row in draw.objects]))
    things = {thing.id: thing for thing in session.scalars(rows)}
    query = select(Inspector).where(Inspector.bureau_id.in_(below(session, draw.bureau_id)))
    people = {who.id: who for who in session.scalars(query.options(selectinload(Inspector.certificates)))}
    by_no = {who.staff_no: who.name for who in people.values()}
    names = {thing.code: thing.name for thing in things.values()}
    conflicts: dict[str, list[str]] = defaultdict(list)
    for alias, code in draw.document.get("conflicts", []):
        if code in names:
            conflicts[alias].append(names[code])
    return {
        "objects": [
            {
                "group": row.group_id,
                "name": things[row.object_id].name + ("（已替换）" if row.state == "replaced" else ""),
                "code": things[row.object_id].code,
                "address": things[row.object_id].address,
            }
            for row in sorted(draw.objects, key=lambda row: (row.group_id, row.id))
        ],
        "people": [
            {
                "group": row.group_id,
                "name": people[row.inspector_id].name + ("（已调出）" if row.state == "left" else ""),
                "certificate_no": "、".join(
                    paper.number for paper in people[row.inspector_id].certificates if paper.valid(draw.day)
                ),
                "role": SLOT_NEEDS.get(row.role, row.role),
            }
            for row in sorted(draw.people, key=lambda row: (row.group_id, row.role_index, row.id))
        ],
        "conflicts": [
            {
                "person": by_no.get(str(draw.aliases.get(alias, "")), alias),
                "object": "、".join(found),
                "reason": "与被检查对象有利害关系",
            }
            for alias, found in sorted(conflicts.items())
        ],
        "findings": [
            {
                "what": each["kind"],
                "subject": each["detail"],
                "settled": each["settlement"],
                "reason": each["reason"],
            }
            for each in findings.as_document(findings.of_draw(session, draw.id))
        ],
    }
