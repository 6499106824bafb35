"""`casework draw`: compute and verify a draw from files, without a database; show one of the installation.

Anybody may run `compute` and `verify` on published files; `web/static/verify/` holds two verifiers that share no
line with them. Exit 0 on success, 1 when the input is refused or a check fails, 2 on wrong usage.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from engine.domain import draw as sr1
from engine.domain.draw.verify import BAD, NOTHING, OK, TITLES
from engine.errors import CaseworkError
from web.cli_words import FILE as _FILE
from web.cli_words import in_english as _in_english
from web.cli_words import refusal

_OPENING = 5  # events up to `place` are said in words of their own
_MODES = {"native": "本机抽取", "import": "平台抽取"}
_DRAW_STATES = {
    "prepared": "准备中",
    "frozen": "名单已封存",
    "placed": "已抽出",
    "closed": "已结束",
    "failed": "未抽成",
    "void": "已作废",
    "abandoned": "封存前放弃",
}
_EVENTS = {"sub": "人员调换", "replace": "对象替换", "close": "结束", "void": "作废", "fail": "未抽成"}
_STATES = {OK: ("通过", "ok"), BAD: ("不通过", "FAILED"), NOTHING: ("无此事", "nothing to check")}


def _say(chinese: str, english: str) -> str:
    return english if _in_english() else chinese


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


@click.group(help="随机抽取：重算、核验、查看。")
def draw() -> None:
    """Commands about draws."""


@draw.command("compute", help="按名单文件 DOCUMENT 和揭示文件重算抽取结果。")
@click.argument("document", type=_FILE)
@click.option("--reveal", type=_FILE, required=True, help="揭示文件 {secrets, beacon}。")
@click.option("--json", "as_json", is_flag=True, help="只向标准输出写一个 JSON 文档。")
def compute_command(document: Path, reveal: Path, *, as_json: bool) -> None:
    """Runs SR1 on a document and a reveal; refuses a malformed or uncommitted input by name."""
    try:
        transcript = sr1.compute(sr1.check_document(document.read_bytes()), reveal.read_bytes())
    except sr1.DrawRefused as error:
        click.echo(f"{error.code} {_say(str(error), error.english)}", err=True)
        if as_json:
            _print_json(error.as_error())
        raise SystemExit(1) from error
    if as_json:
        _print_json(transcript.as_json())
        return
    for event in transcript.events:
        click.echo(f"{event.n} {event.type:8} {event.hash}")


@draw.command("verify", help="核验一份公开的抽取记录 FILE，逐项打印结果。")
@click.argument("file", type=_FILE)
@click.option("--roster", metavar="HASH", help="纪要上的名单指纹（64 位十六进制）。")
@click.option("--head", metavar="HASH", help="公布或纪要上的末位指纹。")
@click.option("--previous", type=_FILE, help="上一次抽取的记录。")
@click.option("--ticket", "code", metavar="ID", help="另外打印某一对象的号签和入围线。")
@click.option("--json", "as_json", is_flag=True, help="只向标准输出写一个 JSON 文档。")
def verify_command(
    file: Path,
    roster: str | None,
    head: str | None,
    previous: Path | None,
    code: str | None,
    *,
    as_json: bool,
) -> None:
    """Recomputes a published transcript; exit 1 naming the first bad event."""
    result = sr1.verify(
        file.read_bytes(), roster=roster, head=head, previous=previous.read_bytes() if previous else None
    )
    if as_json:
        _print_json(result.as_json())
    else:
        _print_checks(result)
        if code and result.ok and not result.imported:
            _print_ticket(file, code)
    raise SystemExit(0 if result.ok else 1)


def _print_checks(result: sr1.Verification) -> None:
    for check in result.checks:
        title = TITLES[check.number][_in_english()]
        state = _say(*_STATES.get(check.state, ("未核对", "not checked")))
        note = _say(check.note, check.english)
        click.echo(f"{check.number:2} {state}  {title}" + (f"（{note}）" if note else ""))
    if result.imported:
        click.echo(
            _say(
                "平台抽取结果：只核验链条，结果本身无法重算。",
                "Imported from a platform: only its chain is checked.",
            )
        )
    bad = result.bad
    if bad is None:
        click.echo("OK")
        return
    expected = json.dumps(bad.expected, ensure_ascii=False)
    actual = json.dumps(bad.actual, ensure_ascii=False)
    click.echo(
        _say(
            f"第一处不符：事件 n={bad.n}，第 {bad.check} 项，{bad.path}，应为 {expected}，实为 {actual}",
            f"First fault: n={bad.n}, check {bad.check}, {bad.path}, expected {expected}, actual {actual}",
        )
    )


def _print_ticket(file: Path, code: str) -> None:
    transcript, document = sr1.transcript_of(file.read_bytes())
    reveal = transcript.body("reveal")
    if document is None or reveal is None:
        return
    try:
        own = sr1.ticket_of(document, sr1.seed_of(document, sr1.check_reveal(document, reveal)), code)
    except CaseworkError as error:
        click.echo(refusal(error), err=True)
        raise SystemExit(1) from error
    verdict = _say("抽中", "drawn") if own.drawn else _say("未抽中", "not drawn")
    if own.excluded:
        verdict = _say(f"已排除：{own.excluded}", f"excluded: {own.excluded}")
    click.echo(
        _say(
            f"{own.id} 的号签 {own.ticket}\n“{own.stratum}”的入围线 {own.cutoff}\n{verdict}",
            f"ticket of {own.id}: {own.ticket}\ncut-off of {own.stratum}: {own.cutoff}\n{verdict}",
        )
    )


@draw.command("show", help="查看本机构的一次抽取 ID；--json 给出完整抽取记录，可用 draw verify 核验。")
@click.argument("draw_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="只向标准输出写一个 JSON 文档。")
def show_command(draw_id: str, *, as_json: bool) -> None:
    """The transcript as stored: `{document, events, head}`; without `--json` a summary."""
    from engine import audit  # noqa: PLC0415 (see below)
    from engine.domain import ceremony, verbs  # noqa: F401, PLC0415 (all tables; needed by this command only)
    from web.cli_open import open_database  # noqa: PLC0415 (the other two commands need no database)

    with open_database().transaction() as session:
        row = ceremony.get(session, draw_id)
        if row.published_at is None:  # who read a result before its day must be known (tip-off)
            subject = f"draw/{row.id}"
            audit.record(
                session,
                action="draw.read",
                subject=subject,
                bureau_id=row.bureau_id,
                reason="casework draw show",
            )
        if as_json:
            _print_json({"document": row.document or None, "events": row.events, "head": row.head})
            return
        for line in _summary(row):
            click.echo(line)


def _summary(row: Any) -> list[str]:
    """What a clerk asks of a draw: when, by whom, how it stands, how many, its hashes."""
    bodies = {event["type"]: event["body"] for event in row.events}
    lines = [
        f"{row.id}  {_MODES[row.mode]}  {_DRAW_STATES[row.state]}  第 {row.batch} 批第 {row.round} 次",
        f"主持人 {row.operator.name if row.operator else '—'}，见证人 {row.witness.name if row.witness else '—'}",
    ]
    if row.document:
        things, people = row.document["objects"], row.document["inspectors"]
        eligible = sum(not thing["excl"] for thing in things)
        able = sum(not person["excl"] for person in people)
        lines.append(
            f"检查对象 {len(things)} 家（可抽 {eligible} 家），检查人员 {len(people)} 名（可抽 {able} 名）"
        )
    if "objects" in bodies:
        lines.append(f"抽中 {len(bodies['objects']['drawn'])} 家：{'、'.join(bodies['objects']['drawn'])}")
    lines += [
        f"  {each['id']}：{'、'.join(each['members'])}" for each in bodies.get("place", {}).get("groups", [])
    ]
    lines += [
        f"  {each['id']}：{'、'.join(each['members'])} → {'、'.join(each['objects'])}"
        for each in bodies.get("import", {}).get("groups", [])
    ]
    lines += [
        f"  第 {event['n']} 号 {_EVENTS.get(event['type'], event['type'])}"
        for event in row.events
        if event["n"] > _OPENING
    ]
    if row.reason:
        lines.append(f"原因：{row.reason}")
    lines += [f"名单指纹 {row.roster or '—'}", f"末位指纹 {row.head or '—'}"]
    if row.publish_by:
        if row.published_at:
            lines.append(f"完整记录已于 {row.published_at.date()} 公开")
        else:
            lines.append(f"完整记录应于 {row.publish_by} 前公开")
    return lines
