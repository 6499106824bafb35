"""Signed heads: the newest link of the chain, signed with Ed25519 and kept outside the database.

A head binds every entry before it, because each link contains the one before; whoever holds one head and an export of
the log finds any change, cut or reordering with `web/static/verify/log_verify.py`. The chain head was chosen over a
Merkle root on purpose: the whole chain may be handed out (people stand in it as digests), so proofs for single rows
are not needed, and one hash per entry is what a stranger can recompute with `sha256sum`.

The heads stand in `heads.jsonl` of the anchors directory, one JSON object a line:
`{v, seq, hash, at, key, sig}`; `sig` signs the RFC 8785 JSON of the other five. The directory belongs on another disk
or machine than the database.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.audit.log import ZERO, AuditSeal, head
from engine.errors import CaseworkError, SettingsInvalid
from engine.sentence import Sentence

VERSION = "casework-head-1"
FILE = "heads.jsonl"
KEY_FILE = "head.key"
PUBLIC_FILE = "head.pub"
EVERY = timedelta(hours=1)
SIGNED = ("v", "seq", "hash", "at", "key")


@dataclass(frozen=True, slots=True)
class Anchors:
    """Where heads are kept and with which key they are signed; `key_file` None: a key of its own in the folder."""

    folder: Path
    key_file: Path | None = None

    @property
    def path(self) -> Path:
        """The file with one signed head a line."""
        return self.folder / FILE

    def key(self) -> Ed25519PrivateKey:
        """The signing key; made once, readable by its owner only, its public half beside it as hex."""
        path = self.key_file or self.folder / KEY_FILE
        if self.key_file is None and not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            _make_once(path, Ed25519PrivateKey.generate().private_bytes_raw().hex())
        try:
            if path.stat().st_mode & 0o077:
                raise SettingsInvalid(
                    Sentence("签名密钥 {path} 可被他人读取，没有使用。", path=path), hint="请改为 600。"
                )
            key = Ed25519PrivateKey.from_private_bytes(
                bytes.fromhex(path.read_text(encoding="ascii").strip())
            )
        except (OSError, ValueError) as fault:
            raise SettingsInvalid(
                Sentence("签名密钥 {path} 不能用：{fault}。", path=path, fault=fault),
                hint="应为 64 位十六进制。",
            ) from fault
        public = key.public_key().public_bytes_raw().hex()
        shown = self.folder / PUBLIC_FILE
        if not shown.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            shown.write_text(public + "\n", encoding="ascii")
        return key

    def newest(self) -> dict[str, Any] | None:
        """The head signed last, None before the first."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
                lines = [line for line in file.read().splitlines() if line.strip()]
        except FileNotFoundError:
            return None
        return dict(orjson.loads(lines[-1])) if lines else None


def anchor(session: Session, anchors: Anchors) -> dict[str, Any] | None:
    """Sign the newest link and append it to the file; None when it stands there already and is younger than an hour.

    Raises CaseworkError when the log no longer contains the head signed last: the log was changed, or an older
    backup was put back. Nothing is signed then.
    """
    key = anchors.key()
    with anchors.path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last, now = anchors.newest(), head(session)
        if last is not None:
            _refuse_broken(session, last)
            fresh = clock.now() - datetime.fromisoformat(last["at"]) < EVERY
            if last["seq"] == now["seq"] and fresh:
                return None
        line = sign(key, int(now["seq"]), str(now["hash"]))
        file.write(orjson.dumps(line) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return line


def _refuse_broken(session: Session, last: Mapping[str, Any]) -> None:
    seq = int(last["seq"])
    held = session.scalar(select(AuditSeal.hash).where(AuditSeal.seq == seq)) if seq else ZERO
    if held != last["hash"]:
        raise CaseworkError(
            Sentence("日志中已没有第 {seq} 号公布过的链头：日志被改动，或恢复了较早的备份。", seq=seq),
            hint="请执行 casework audit verify --anchors 查明；"
            "确系恢复备份的，用 casework audit anchor --restored 说明原因。",
        )


def restart(session: Session, anchors: Anchors, reason: str) -> dict[str, Any]:
    """After a backup was put back: keep the old heads under another name, begin a new file that says what came before.

    The old file stays as evidence; whoever holds it sees where the two histories part.
    """
    last = anchors.newest()
    if last is None:
        raise CaseworkError("还没有签过链头，不需要说明。")
    anchors.path.rename(
        anchors.folder / f"heads-until-{last['seq']}-{clock.local(clock.now()):%Y%m%dT%H%M%S}.jsonl"
    )
    now = head(session)
    line = sign(anchors.key(), int(now["seq"]), str(now["hash"]))
    line["after"] = {"seq": last["seq"], "hash": last["hash"], "reason": reason}
    with anchors.path.open("ab") as file:
        file.write(orjson.dumps(line) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return line


def sign(key: Ed25519PrivateKey, seq: int, digest: str) -> dict[str, Any]:
    """A signed head as it stands in the file and on the public page."""
    line: dict[str, Any] = {
        "v": VERSION,
        "seq": seq,
        "hash": digest,
        "at": clock.now().isoformat(timespec="seconds"),
        "key": key.public_key().public_bytes_raw().hex(),
    }
    return {**line, "sig": key.sign(_signed(line)).hex()}


def _signed(line: Mapping[str, Any]) -> bytes:
    return rfc8785.dumps({name: line[name] for name in SIGNED})


def read(content: bytes, name: str) -> list[dict[str, Any]]:
    """The heads of a file; a line that is none is named. The file may also be one head.json."""
    heads = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = orjson.loads(line)
            heads.append({**found, "seq": int(found["seq"]), "hash": str(found["hash"])})
        except (ValueError, TypeError, KeyError) as fault:
            raise CaseworkError(
                Sentence("{name} 第 {number} 行不是链头。", name=name, number=number),
                hint="每行应为 {seq, hash, …}。",
            ) from fault
    return heads


def public_key(text: str) -> Ed25519PublicKey:
    """A public key as it is published: 64 hex characters."""
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text.strip()))
    except ValueError as fault:
        raise CaseworkError("公钥应为 64 位十六进制。", hint="即锚点目录中的 head.pub。") from fault


def forged(heads: Iterable[Mapping[str, Any]], key: Ed25519PublicKey) -> tuple[int, str]:
    """(sequence number, reason) of the first head that this key did not sign; (0, "") when all hold."""
    for line in heads:
        try:
            key.verify(bytes.fromhex(str(line["sig"])), _signed(line))
        except (InvalidSignature, ValueError, KeyError):
            return int(line["seq"]), Sentence("第 {seq} 号链头的签名不对", seq=line["seq"])
    return 0, ""


def contradictions(heads: Sequence[Mapping[str, Any]]) -> tuple[int, str]:
    """(sequence number, reason) of the first number for which two different heads were signed."""
    known: dict[int, str] = {}
    for line in heads:
        if known.setdefault(int(line["seq"]), str(line["hash"])) != line["hash"]:
            return int(line["seq"]), Sentence("第 {seq} 号有两个不同的链头", seq=line["seq"])
    return 0, ""


def _make_once(path: Path, content: str) -> None:
    """Several processes may start at once: the first one's key stands, whole."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(content + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        Path(name).unlink()
