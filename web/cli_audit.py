"""`casework audit verify|export|anchor`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson

from engine import audit as log
from engine.audit import anchor as heads
from engine.audit import export as exports
from engine.audit.anchor import Anchors
from engine.errors import NotFound
from web.cli_open import open_database, settings
from web.cli_words import FILE, JSON_HELP, print_json, say, spoken


@click.group(help="审计日志：核验、导出、签发链头。")
def audit() -> None:
    """The log: check, export, sign its head."""


@audit.command(help="重算日志链并与锚点比对；说出第一个不符的序号。")
@click.option("--anchors", type=FILE, help="锚点文件：每行一个签名链头 {seq, hash, …}")
@click.option("--key", metavar="FILE|HEX", help="公钥（64 位十六进制或其文件），同时核验签名")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def verify(anchors: Path | None, key: str | None, *, as_json: bool) -> None:
    """Chain, anchors and, with a key, signatures; exit 1 names the first bad sequence number."""
    if key and anchors is None:
        raise click.UsageError(say("--key 要和 --anchors 一起用。"))
    known = heads.read(anchors.read_bytes(), anchors.name) if anchors else []
    with open_database().reading() as session:
        verdict = log.verify(session, known)
    bad, reason = heads.contradictions(known)
    if key and not bad:
        path = Path(key)
        text = path.read_text(encoding="ascii", errors="replace") if path.is_file() else key
        bad, reason = heads.forged(known, heads.public_key(text))
    if verdict.ok and bad:
        verdict = log.Verdict(
            ok=False,
            sealed=verdict.sealed,
            unsealed=verdict.unsealed,
            head=verdict.head,
            bad=bad,
            reason=reason,
        )
    if as_json:
        print_json({**verdict.as_json(), "anchors": len(known), "signatures": len(known) if key else 0})
    elif verdict.ok and not verdict.sealed and not verdict.unsealed:
        click.echo(say("日志还是空的，没有要核验的。"))
    elif verdict.ok:
        click.echo(
            say(
                "日志链完整：已封记 {0} 条，待封记 {1} 条，链头 {2}。",
                verdict.sealed,
                verdict.unsealed,
                verdict.head,
            )
        )
    else:
        click.echo(say("日志链在第 {0} 号断开：{1}。", verdict.bad, spoken(verdict.reason)), err=True)
    sys.exit(0 if verdict.ok else 1)


@audit.command(help="导出日志链（每行一条），个人信息只有加盐摘要；可用 log_verify.py 核验。")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--disclose", is_flag=True, help="连同个人信息和盐一起导出（只给有权查阅的机关）")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def export(file: Path, *, disclose: bool, as_json: bool) -> None:
    """Entries and seals as JSON lines; the file appears when it is complete."""
    number = 0
    temporary = file.with_name(f"{file.name}.part")
    with open_database().reading() as session, temporary.open("wb") as out:
        for line in exports.lines(session, disclose=disclose):
            out.write(orjson.dumps(line, option=orjson.OPT_SORT_KEYS) + b"\n")
            number += 1
    temporary.replace(file)
    if as_json:
        print_json({"file": str(file), "entries": number, "disclosed": disclose})
    else:
        click.echo(say("已导出 {0} 条到 {1}。", number, file))


@audit.command(help="封存日志并签发链头，写入锚点文件。")
@click.option("--restored", metavar="REASON", help="恢复过备份：说明原因，另起锚点文件，旧文件保留")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def anchor(restored: str | None, *, as_json: bool) -> None:
    """Seal what waits and sign the head now."""
    found = settings()
    database, where = open_database(found), Anchors(found.anchors_dir, found.anchor_key_file)
    if restored and where.newest() is None:
        raise NotFound(say("还没有签过链头，不需要说明。"))
    with database.transaction() as session:
        if restored:
            log.record(session, action="log.restored", subject="log", reason=restored, after=where.newest())
        log.seal_all(session)
    with database.reading() as session:
        line = heads.restart(session, where, restored) if restored else heads.anchor(session, where)
    line = line or where.newest() or {}
    if as_json:
        print_json({**line, "file": str(where.path)})
    else:
        click.echo(say("第 {0} 号链头 {1} 已签发，存于 {2}。", line["seq"], line["hash"], where.path))
