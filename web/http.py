"""What every request and answer share: database, errors as pages or JSON, headers, CSRF, origin."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson
import structlog
from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    get_flashed_messages,
    jsonify,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import IntegerConverter, Map

from engine import clock
from engine.desk import cursor
from engine.desk.world import World
from engine.errors import (
    CaseworkError,
    ChangedMeanwhile,
    ModelInvalid,
    NotAllowed,
    NotFound,
    Refused,
    RuleError,
    Unavailable,
)
from engine.storage.session import unreachable
from web import words

View = TypeVar("View", bound=Callable[..., Any])
STATIC = Path(__file__).parent / "static"
NOTHING = "\0"  # no database keeps this character in a text, and nobody types it
csrf = CSRFProtect()
loads = orjson.loads
log = structlog.get_logger("casework.web")

# The first line that fits decides: error class, status, heading of the page.
ERRORS: tuple[tuple[type[CaseworkError], int, Any], ...] = (
    (NotAllowed, 403, lazy_gettext("你不能办这件事")),
    (Refused, 422, lazy_gettext("没有办成")),
    (NotFound, 404, lazy_gettext("没有找到")),
    (ChangedMeanwhile, 409, lazy_gettext("别人先办了")),
    (ModelInvalid, 422, lazy_gettext("模型还不能使用")),
    (RuleError, 422, lazy_gettext("规则算不出结果")),
    (Unavailable, 503, lazy_gettext("暂时不能办")),
    (CaseworkError, 500, lazy_gettext("系统没有办成")),
)
HTTP_WORDS = {
    400: (lazy_gettext("请求不完整"), lazy_gettext("请回到上一页，重新填写后提交。")),
    401: (lazy_gettext("请先登录"), lazy_gettext("登录后再试。")),
    403: (lazy_gettext("你不能办这件事"), lazy_gettext("需要的岗位由安全管理员授予。")),
    404: (
        lazy_gettext("没有找到"),
        lazy_gettext("可能已经移走，或者不在你能看的范围内。可从待办或案件列表进入。"),
    ),
    405: (lazy_gettext("不能这样打开"), lazy_gettext("请从页面上的按钮进入。")),
    413: (lazy_gettext("内容太大"), lazy_gettext("单个文件不超过 50 MB，请压缩或分开上传。")),
    415: (lazy_gettext("格式不对"), lazy_gettext("请按接口说明发送 JSON。")),
    429: (lazy_gettext("太频繁"), lazy_gettext("请稍后再试。")),
    500: (
        lazy_gettext("系统没有办成"),
        lazy_gettext("已经记下。没有做任何改动，请稍后再试；再不行请把编号告诉系统管理员。"),
    ),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class Row(IntegerConverter):
    """A row's number in an address: what no database holds leads nowhere (404)."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=10**cursor.DIGITS)


def install(app: Flask, world: World) -> None:
    """Put database, security and errors around all routes."""
    app.url_map.converters["int"] = Row
    settings = world.settings
    https = settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-casework_page" if https else "casework_page",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=64 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.extensions["casework"] = world
    app.jinja_env.globals |= {
        "static_url": static_url,
        "new_key": new_key,
        "flashed": flashed,
        "printed_at": printed_at,
    }
    app.before_request(_open)
    csrf.init_app(app)
    app.teardown_request(_close)
    app.after_request(_headers)
    app.register_error_handler(CaseworkError, on_error)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(Exception, on_failure)


# --- database ------------------------------------------------------------------


def _open() -> Response | None:
    world: World = current_app.extensions["casework"]
    g.world, g.settings, g.database = world, world.settings, world.database
    g.person, g.row = None, None
    if not _same_origin():
        return _refuse_origin()
    if any(NOTHING in text for values in (request.args, request.form) for text in _texts(values)):
        raise BadRequest
    return None


def _texts(values: MultiDict[str, str]) -> Iterator[str]:
    for name, texts in values.lists():
        yield name
        yield from texts


def reading() -> Session:
    """The read-only session of this request, opened when first needed."""
    if "reading" not in g:
        g.reading_context = g.database.reading()
        g.reading = g.reading_context.__enter__()
    session: Session = g.reading
    return session


def _close(fault: BaseException | None) -> None:  # noqa: ARG001
    context = g.pop("reading_context", None)
    g.pop("reading", None)
    if context is not None:
        context.__exit__(None, None, None)


# --- where a post may come from ---------------------------------------------------


def _same_origin() -> bool:
    """A post must come from our own pages; the CSRF token is asked besides."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return True
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    own = {urlsplit(request.host_url)[:2], urlsplit(g.settings.base_url)[:2]}
    return urlsplit(origin)[:2] in own


def _refuse_origin() -> Response:
    return _answer(
        403,
        _("你不能办这件事"),
        NotAllowed(_("请求不是从本系统的页面发出的。"), hint=_("请从本系统的页面上提交。")),
    )


def protect() -> None:
    """Ask for the CSRF token, for routes that are exempt because tokens may call them too."""
    if current_app.config.get("WTF_CSRF_ENABLED", True):
        csrf.protect()


def refuse_stranger() -> Response:
    """Nobody is signed in: 401."""
    title, hint = HTTP_WORDS[401]
    error = CaseworkError(_("%(title)s。", title=title), hint=str(hint))
    error.code = "sign-in"
    return _answer(401, title, error)


def new_key() -> str:
    """An idempotency key for a form that is being rendered."""
    return uuid.uuid4().hex


def storable(given: Any) -> bool:
    """Whether a JSON value can be kept: no number beyond 64 bits, no half characters, no NUL."""
    try:
        return b"\\u0000" not in orjson.dumps(given).replace(b"\\\\", b"")
    except TypeError:
        return False


def given_key() -> str:
    """The idempotency key of this post: header (API), else hidden field; every post of ours carries one."""
    key = request.headers.get("Idempotency-Key") or request.form.get("idempotency_key", "")
    return key[:80] or uuid.uuid4().hex


# --- answers --------------------------------------------------------------------------


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if g.settings.base_url.startswith("https://"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.headers.get("X-Upload") and response.location:
        headers["X-Location"] = headers.pop(
            "Location"
        )  # the page itself goes there, so that it says what happened
        response.status_code = 204
    if request.endpoint == "static":
        headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if request.args.get("v") else "public, max-age=300"
        )
    else:
        headers.setdefault("Cache-Control", "no-store")
    return response


def wants_json() -> bool:
    """Whether the other side is a program."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def on_error(error: CaseworkError) -> Response:
    """An error of the family, by the table."""
    status, title = next((status, title) for kind, status, title in ERRORS if isinstance(error, kind))
    if status >= 500:  # noqa: PLR2004
        log.error("failed", path=request.path, reason=str(error), exc_info=error)
    return _answer(status, title, error)


def on_http_error(error: HTTPException) -> Response:
    """An error of the web framework, in our words."""
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    if isinstance(error, CSRFError):
        return _answer(
            400,
            _("页面开得太久"),
            CaseworkError(_("这个页面已经过期，没有做任何改动。"), hint=_("请回到上一页，刷新后重新提交。")),
        )
    title, hint = HTTP_WORDS.get(status, HTTP_WORDS[500])
    answer = CaseworkError(_("%(title)s。", title=title), hint=str(hint))
    answer.code = {401: "sign-in", 403: "not-allowed", 404: "not-found", 405: "method", 429: "too-many"}.get(
        status, "request"
    )
    response = _answer(status, title, answer)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def on_failure(error: Exception) -> Response:
    """Anything unforeseen: the person gets a number, the log gets the rest. Lost races are said as such."""
    if isinstance(error, StaleDataError):
        return on_error(ChangedMeanwhile(_("别人同时改了同一件事。"), hint=_("请刷新后看现在的情形。")))
    if unreachable(error):
        g.person = None  # the page that says so asks the database nothing
        hint = _("刚才的提交可能没有存下，请稍等片刻再试；同一份提交不会办两次。")
        response = on_error(Unavailable(_("数据库暂时连不上。"), hint=hint))
        response.headers["Retry-After"] = "5"
        return response
    if isinstance(error, DBAPIError) and "locked" in str(error.orig):
        return on_error(Unavailable(_("数据库正忙。"), hint=_("没有做任何改动，请再试一次。")))
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    number = uuid.uuid4().hex[:8]
    _close(error)  # what failed may have been the reading: the page that says so reads anew
    log.error("failed", path=request.path, number=number, exc_info=error)
    title, hint = HTTP_WORDS[500]
    return _answer(
        500,
        title,
        CaseworkError(_("%(title)s（编号 %(number)s）。", title=title, number=number), hint=str(hint)),
    )


def _answer(status: int, title: str, error: CaseworkError) -> Response:
    pack = g.person.bureau.pack if g.get("person") else ""
    words.speak(error, pack)
    if wants_json():
        response = jsonify(error.as_json())
    else:
        response = Response(
            render_template("error/page.html", title=title, error=error, back=_back()), mimetype="text/html"
        )
    response.status_code = status
    return response


def _back() -> str:
    """The page of ours that the reader came from, "" where there is none or it is this one."""
    came = urlsplit(request.referrer or "")
    if came.netloc != urlsplit(request.host_url).netloc or came.path in {
        request.path,
        url_for("auth.sign_in_page"),
    }:
        return ""
    return f"{came.path}?{came.query}" if came.query else came.path


def say(kind: str, text: str) -> None:
    """Say one sentence on the next page: what happened, not «success»."""
    flash(text, kind)


def flashed() -> list[tuple[str, str]]:
    """The sentences for this page."""
    return get_flashed_messages(with_categories=True)  # type: ignore[return-value]


# --- static files ------------------------------------------------------------------


@cache
def _version(name: str) -> str:
    path = STATIC / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""


def static_url(name: str) -> str:
    """Address of a static file with its content's digest, so that it may be cached for ever."""
    return url_for("static", filename=name, v=_version(name))


@cache
def verifiers() -> tuple[tuple[str, str], ...]:
    """The programs with which anybody may check a draw, and their SHA-256, as pages and minutes print them."""
    return tuple(
        (name, hashlib.sha256((STATIC / "verify" / name).read_bytes()).hexdigest())
        for name in ("draw_verify.html", "draw_verify.py")
    )


def printed_at() -> str:
    """When a page was made, as it stands at the foot of its print: 2026-06-15 10:00 in Shanghai."""
    return f"{clock.local(clock.now()):%Y-%m-%d %H:%M}"
