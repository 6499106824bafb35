"""Showing again that it is oneself, before a step that one signs."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.desk import account, proof
from engine.desk.sheet import Sheet
from forms.model import Form
from web.auth import safe_next

page = Blueprint("proof", __name__)


def signs(form: Form) -> bool:
    """Whether a form asks for a signature."""
    return any(component.type == "signature" for component in form.walk())


def lacks(shown: Sheet, form: Form) -> bool:
    """Whether this step is signed and this session has not lately shown who signs."""
    return shown.item.state == "open" and proof.lacking(g.row, shown.rules, shown.item, signs=signs(form))


def ask() -> ResponseReturnValue:
    """Send the person to the proof, and back here afterwards; what was typed is kept as a draft before."""
    return redirect(url_for("proof.ask_page", next=request.path)), 303


@page.get("/proof")
def ask_page() -> ResponseReturnValue:
    """Ask for the password, or a one-time code."""
    return _page("", 200)


@page.post("/proof")
def give() -> ResponseReturnValue:
    """Check the password, or the one-time code where that was given."""
    code, password = request.form.get("code", "")[:20], request.form.get("password", "")[:500]
    address, by_code = request.remote_addr or "", bool(code and g.person.totp_secret)

    def shown(session: Session) -> str:
        if by_code:
            return "" if account.give_code(session, g.row.id, code) else account.WRONG_CODE
        return account.prove(session, g.row.id, password, address=address)

    reason = g.database.run(shown)
    if reason:
        return _page(reason, 422)
    return redirect(safe_next(request.form.get("next", ""))), 303


def _page(reason: str, status: int) -> ResponseReturnValue:
    return (
        render_template(
            "auth/proof.html",
            next=request.values.get("next", ""),
            reason=reason,
            bound=bool(g.person.totp_secret),
            failed=bool(reason),
        ),
        status,
    )
