"""Calls to outside systems, after the commit: only to listed hosts, one address, no redirects.

Rules: the host stands in `CASEWORK_WEBHOOK_HOSTS`; its address is resolved once and used; an address in a
private range must itself be listed; answers are read up to 1 MB; every call carries its key, so that a
repeat does no harm.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

import orjson

from engine.errors import Refused, Unavailable
from engine.operation import errand
from engine.sentence import Sentence
from engine.settings import Settings
from engine.storage.session import Database

SECONDS = 20  # without a word
PATIENCE = 60  # for a whole call, however slowly the other side speaks: a worker is not to be held
MOST = 1_000_000
LONGEST = 500  # characters of an address


def listed(url: str, allowed: tuple[str, ...]) -> SplitResult:
    """The parts of a URL whose host stands in the list; Refused otherwise, nothing is looked up."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise Refused(Sentence("地址 {url} 写得不对。", url=url), slug="outside-url") from fault
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise Refused(Sentence("地址 {url} 不是 http 或 https 地址。", url=url), slug="outside-url")
    if host not in allowed and f"{host}:{port}" not in allowed:
        raise Refused(
            Sentence("主机 {host} 不在允许外呼的名单中。", host=host),
            hint="请系统管理员在 CASEWORK_WEBHOOK_HOSTS 中登记。",
            slug="outside-host",
        )
    return parts


def entered(url: str, settings: Settings, *, secure: bool = False) -> str:
    """An address as an administrator types it, if its host may be called (`secure`: by HTTPS); Refused otherwise."""
    url = url.strip()
    if len(url) > LONGEST:
        raise Refused(
            "地址太长。",
            slug="outside-url",
            fields={"url": Sentence("请填写不超过 {most} 字的地址。", most=LONGEST)},
        )
    try:
        parts = listed(url, settings.webhook_hosts)
    except Refused as refusal:
        raise Refused(
            refusal.reason, hint=refusal.hint, slug=refusal.slug, fields={"url": refusal.reason}
        ) from refusal
    if secure and parts.scheme != "https":
        sentence = "公示内容只经 https 地址推送。"
        raise Refused(sentence, slug="outside-url", fields={"url": sentence})
    return url


def address_of(url: str, allowed: tuple[str, ...]) -> tuple[str, str, int, str]:
    """(scheme, host, port, address) of a URL that may be called; Refused otherwise."""
    parts = listed(url, allowed)
    host, scheme = parts.hostname or "", parts.scheme
    port = parts.port or (443 if scheme == "https" else 80)
    try:
        address = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as fault:
        raise Unavailable(
            Sentence("找不到主机 {host}：{strerror}。", host=host, strerror=fault.strerror),
            hint="稍后会自动再试。",
        ) from fault
    if (
        not ipaddress.ip_address(address).is_global
        and address not in allowed
        and f"{address}:{port}" not in allowed
    ):
        raise Refused(
            Sentence("主机 {host} 的地址 {address} 在内网，未获准外呼。", host=host, address=address),
            hint="确需外呼时请把这个地址也登记到名单。",
            slug="outside-private",
        )
    return scheme, host, port, address


def ask(
    method: str,
    url: str,
    body: Mapping[str, Any],
    headers: Mapping[str, str],
    settings: Settings,
) -> tuple[int, dict[str, Any]]:
    """Send a JSON body; (status, JSON answer). Unavailable: no answer, or it fails (5xx, 429)."""
    named = {"Content-Type": "application/json", **headers}
    return _call(method, url, settings.webhook_hosts, orjson.dumps(body), named)


def fetch(
    method: str, url: str, allowed: tuple[str, ...], *, form: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Get a JSON document, or send a form; (status, JSON answer). For who brings a list of hosts of its own."""
    named = {"Accept": "application/json"}
    if form is None:
        return _call(method, url, allowed, None, named)
    named["Content-Type"] = "application/x-www-form-urlencoded"
    return _call(method, url, allowed, urlencode(form).encode(), named)


def _call(
    method: str, url: str, allowed: tuple[str, ...], content: bytes | None, headers: Mapping[str, str]
) -> tuple[int, dict[str, Any]]:
    scheme, host, port, address = address_of(url, allowed)
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(address, port, timeout=SECONDS)
    hung_up = threading.Event()
    patience = threading.Timer(PATIENCE, _hang_up, (connection, hung_up))
    patience.start()
    try:
        connection.connect()
        if scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, content, {"Host": parts.netloc, **headers})
        answer = connection.getresponse()
        said = answer.read(MOST)
        if hung_up.is_set():  # what was read by then looks like a whole answer
            raise TimeoutError(f"{PATIENCE} s")
    except (OSError, http.client.HTTPException) as fault:
        raise Unavailable(
            Sentence("{host} 没有应答：{fault}。", host=host, fault=fault), hint="稍后会自动再试。"
        ) from fault
    finally:
        patience.cancel()
        connection.close()
    if answer.status >= 500 or answer.status == 429:  # noqa: PLR2004 (HTTP: server errors, too many requests)
        raise Unavailable(
            Sentence("{host} 应答 {status}。", host=host, status=answer.status), hint="稍后会自动再试。"
        )
    try:
        return answer.status, dict(orjson.loads(said)) if said else {}
    except (orjson.JSONDecodeError, TypeError, ValueError):
        return answer.status, {}


def _hang_up(connection: http.client.HTTPConnection, hung_up: threading.Event) -> None:
    hung_up.set()
    if connection.sock is not None:
        with suppress(OSError):  # hung up by the other side meanwhile
            connection.sock.shutdown(socket.SHUT_RDWR)


@errand("platform.send")
def platform_send(payload: Mapping[str, Any], *, database: Database, settings: Settings) -> None:  # noqa: ARG001
    """送平台抽取: write the exchange file for the provincial platform, which has no known interface.

    The file is named by the wish and written again unchanged; the clerk uploads it (舞 第五条、第九条).
    """
    folder = outbox(settings)
    name = "-".join(
        str(payload[key]) for key in ("kind", "draw", "inspection", "substitution") if key in payload
    )
    target = folder / f"{name.replace('/', '_')}.json"
    temporary = target.with_suffix(".part")
    temporary.write_text(json.dumps(payload, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")
    temporary.replace(target)


def outbox(settings: Settings) -> Path:
    """The folder of exchange files for outside platforms."""
    folder = settings.files_dir / "outbox"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
