"""In which language the pages are read: Chinese, or English where the reader asked for it (`?lang=en`, kept)."""

from __future__ import annotations

from gettext import NullTranslations
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, request, session, url_for
from flask_babel import Babel, get_translations, lazy_gettext

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
    # A page asks two hundred times: the extension would look up request, language and domain each time.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _catalogue().gettext(text),
        ngettext=lambda one, many, number: _catalogue().ngettext(one, many, number),
        newstyle=True,
    )


def _catalogue() -> NullTranslations:
    """The words of this request's language."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    found: NullTranslations = g.catalogue
    return found


def _choose() -> None:
    wanted = request.args.get("lang", "")
    if wanted in LANGUAGES and request.endpoint != "static":
        session["language"] = wanted


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
