"""In which language the pages are read: Chinese, or English where the reader asked for it (`?lang=en`, kept)."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any
from urllib.parse import urlencode

from babel.support import NullTranslations
from flask import Flask, g, request, session, url_for
from flask_babel import Babel, Domain, lazy_gettext

LANGUAGES = {"zh": lazy_gettext("中文"), "en": "English"}
"""Each language by its own name."""


def install(app: Flask) -> None:
    """Ask every request for its language and give the pages the switch."""
    app.before_request(_choose)
    app.jinja_env.globals |= {"languages": LANGUAGES, "here": here}
    Babel(
        app,
        default_locale="zh",
        default_timezone="Asia/Shanghai",
        locale_selector=language,
        default_translation_directories="translations",
    )
    words = _MESSAGES.get_translations
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  (of Jinja's i18n extension)
        gettext=lambda text: words().ugettext(text),
        ngettext=lambda one, many, n: words().ungettext(one, many, n),
        newstyle=True,
    )
    app.teardown_request(_forget)


class Words(Domain):  # type: ignore[misc]
    """A catalogue from Chinese. A page asks for several hundred words: in Chinese nothing is looked up."""

    def get_translations(self) -> NullTranslations:
        """The words of this request's language."""
        if not in_english():
            return _AS_WRITTEN
        name = f"words_{self.domain[0]}"
        if name not in g:
            setattr(g, name, super().get_translations())
        return getattr(g, name)


_MESSAGES = Words()
_AS_WRITTEN = NullTranslations()
_ENGLISH: ContextVar[bool] = ContextVar("english", default=False)


def in_english() -> bool:
    """Whether this page is read in English."""
    return _ENGLISH.get()


def _choose() -> None:
    wanted = request.args.get("lang", "")
    if wanted in LANGUAGES and request.endpoint != "static":
        session["language"] = wanted
    _ENGLISH.set(language() == "en")
    _MESSAGES.as_default()


def _forget(_error: BaseException | None) -> None:
    _ENGLISH.set(False)


def language() -> str:
    """The language of this page: the reader's choice, else the installation's."""
    chosen = session.get("language") if request else None
    return chosen if chosen in LANGUAGES else str(g.settings.lang)


def here(code: str) -> str:
    """This page in another language; after a refused post the start page, since its address has no page."""
    if request.method not in {"GET", "HEAD"}:
        return f"{url_for('inbox.index')}?lang={code}"
    given: list[tuple[str, Any]] = [pair for pair in request.args.items(multi=True) if pair[0] != "lang"]
    return f"{request.path}?{urlencode([*given, ('lang', code)])}"


def forget_all_else() -> None:
    """Empty the page session at sign-in and sign-out: new CSRF token, same language."""
    chosen = session.get("language")
    session.clear()
    if chosen:
        session["language"] = chosen
