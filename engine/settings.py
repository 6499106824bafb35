"""The installation's settings, read once from `CASEWORK_*`; every fault is named in one start-up error."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import SettingsInvalid
from engine.sentence import Joined, Sentence

ROOT = Path(__file__).resolve().parent.parent
MIN_SECRET = 32

NAMES = {
    "DATABASE_URL", "SECRET_KEY_FILE", "FILES_DIR", "BASE_URL", "TIMEZONE", "LANG", "CLOCK", "DEMO",
    "WEBHOOK_HOSTS",
    "METRICS_TOKEN", "ANCHORS_DIR", "ANCHOR_KEY_FILE",
    "SMTP_HOST", "SMTP_PORT", "SMTP_USER", "SMTP_PASSWORD_FILE", "SMTP_FROM", "SMTP_TLS",
    "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET_FILE",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked. Paths are absolute; the secret is never printed."""

    database_url: str
    secret_key: str = field(repr=False)
    files_dir: Path
    anchors_dir: Path
    base_url: str = "http://127.0.0.1:8000"
    timezone: str = "Asia/Shanghai"
    lang: str = "zh"
    clock: str = ""
    demo: bool = False
    webhook_hosts: tuple[str, ...] = ()
    metrics_token: str = field(default="", repr=False)
    anchor_key_file: Path | None = None
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_from: str = ""
    smtp_tls: bool = False
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:  # noqa: C901 (one test a setting)
        """Read and check the environment; raises SettingsInvalid with every fault in one sentence list."""
        source = os.environ if environ is None else environ
        given = {
            name.removeprefix("CASEWORK_"): value
            for name, value in source.items()
            if name.startswith("CASEWORK_")
        }
        faults: list[str] = [
            Sentence("未知的设置 CASEWORK_{name}", name=name) for name in sorted(set(given) - NAMES)
        ]
        var = ROOT / "var"

        def secret(name: str) -> str:
            path = given.get(name, "")
            if not path:
                return ""
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as fault:
                faults.append(
                    Sentence("CASEWORK_{name} 指向的文件读不到：{fault}", name=name, fault=fault.strerror)
                )
                return ""

        key = secret("SECRET_KEY_FILE") if "SECRET_KEY_FILE" in given else _own_secret(var)
        if "SECRET_KEY_FILE" in given and len(key) < MIN_SECRET:
            faults.append(Sentence("CASEWORK_SECRET_KEY_FILE 中的密钥不足 {least} 个字符", least=MIN_SECRET))
        url = given.get("DATABASE_URL", f"sqlite:///{var / 'casework.db'}")
        if not re.match(r"(sqlite|postgresql\+psycopg)://", url):
            faults.append("CASEWORK_DATABASE_URL 应以 sqlite:// 或 postgresql+psycopg:// 开头")
        base_url = given.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
        if not re.match(r"https?://[^/]+", base_url):
            faults.append("CASEWORK_BASE_URL 应以 http:// 或 https:// 开头")
        if given.get("TIMEZONE", "Asia/Shanghai") != "Asia/Shanghai":
            faults.append("CASEWORK_TIMEZONE 只能是 Asia/Shanghai：工作日以它为准")
        lang = given.get("LANG", "zh")
        if lang not in ("zh", "en"):
            faults.append("CASEWORK_LANG 只能是 zh 或 en")
        smtp_password, oidc_client_secret = secret("SMTP_PASSWORD_FILE"), secret("OIDC_CLIENT_SECRET_FILE")
        port = given.get("SMTP_PORT", "25")
        if not (port.isascii() and port.isdecimal()):
            faults.append("CASEWORK_SMTP_PORT 应为数字")
        if given.get("OIDC_ISSUER") and not re.match(r"https?://[^/]+", given["OIDC_ISSUER"]):
            faults.append("CASEWORK_OIDC_ISSUER 应以 https:// 开头")
        if given.get("OIDC_ISSUER") and not given.get("OIDC_CLIENT_ID"):
            faults.append("设了 CASEWORK_OIDC_ISSUER，还要设 CASEWORK_OIDC_CLIENT_ID")
        if faults:
            raise SettingsInvalid(Sentence("不能启动：{faults}。", faults=Joined(faults)))
        return cls(
            database_url=url,
            secret_key=key,
            files_dir=Path(given.get("FILES_DIR", var / "files")).resolve(),
            anchors_dir=Path(given.get("ANCHORS_DIR", var / "anchors")).resolve(),
            base_url=base_url,
            lang=lang,
            clock=given.get("CLOCK", ""),
            demo=given.get("DEMO", "") == "1",
            webhook_hosts=tuple(host for host in given.get("WEBHOOK_HOSTS", "").split(",") if host),
            metrics_token=given.get("METRICS_TOKEN", ""),
            anchor_key_file=Path(given["ANCHOR_KEY_FILE"]).resolve()
            if given.get("ANCHOR_KEY_FILE")
            else None,
            smtp_host=given.get("SMTP_HOST", ""),
            smtp_port=int(port),
            smtp_user=given.get("SMTP_USER", ""),
            smtp_password=smtp_password,
            smtp_from=given.get("SMTP_FROM", ""),
            smtp_tls=given.get("SMTP_TLS", "") == "1",
            oidc_issuer=given.get("OIDC_ISSUER", ""),
            oidc_client_id=given.get("OIDC_CLIENT_ID", ""),
            oidc_client_secret=oidc_client_secret,
        )


def _own_secret(var: Path) -> str:
    """The secret of an installation that brings none: made once, readable by its owner only."""
    path = var / "secret.key"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(os.urandom(32).hex())
    return path.read_text(encoding="ascii").strip()
