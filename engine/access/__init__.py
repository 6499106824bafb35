"""Who may do what, and who is asking: permissions, scope, sessions, sign-in."""

from engine.access.permission import Permission, Predicate, drafted_it, holds, is_oneself, named, roles_of
from engine.access.proxy import Proxy
from engine.access.scope import bureaus_below, visible_bureaus
from engine.access.session import SessionRow, find_session, open_session, revoke_all, sessions_of
from engine.access.sign_in import check_sign_in, password_is, set_password

__all__ = [
    "Permission",
    "Predicate",
    "Proxy",
    "SessionRow",
    "bureaus_below",
    "check_sign_in",
    "drafted_it",
    "find_session",
    "holds",
    "is_oneself",
    "named",
    "open_session",
    "password_is",
    "revoke_all",
    "roles_of",
    "sessions_of",
    "set_password",
    "visible_bureaus",
]
