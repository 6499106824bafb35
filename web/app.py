"""The pages. Nothing is decided here: routes ask forms what was answered and the desk to act."""

from __future__ import annotations

from flask import Flask

from engine.desk.world import World
from web import (
    api,
    api_case,  # noqa: F401 (enters its routes into the API)
    api_channel,  # noqa: F401 (enters its routes into the API)
    api_file,  # noqa: F401 (enters its routes into the API)
    api_inbox,  # noqa: F401 (enters its routes into the API)
    api_leader,  # noqa: F401 (enters its routes into the API)
    api_open,  # noqa: F401 (enters its routes into the API)
    api_own,  # noqa: F401 (enters its routes into the API)
    api_people,  # noqa: F401 (enters its routes into the API)
    api_proxy,  # noqa: F401 (enters its routes into the API)
    api_release,  # noqa: F401 (enters its routes into the API)
    api_task,  # noqa: F401 (enters its routes into the API)
    around,
    audit,
    auth,
    board,
    bulk,
    case,
    channel,
    comment,
    draw,
    extra,
    hand,
    health,
    http,
    identity,
    inbox,
    language,
    lookup,
    notice,
    people,
    plan,
    process,
    proof,
    proxy,
    public,
    registry,
    rules,
    signer,
    third,
    upload,
    words,
)


def create_app(world: World) -> Flask:
    """The wiring, on one screen."""
    app = Flask(__name__)
    http.install(app, world)
    language.install(app)  # before the doors, so that they say no in the reader's language
    words.install(app.jinja_env)
    auth.install(app)
    around.install(app)
    records = (
        inbox, hand, bulk, comment, proxy, extra, signer, case, plan, draw, registry, board, process, rules, audit,
        upload, notice, channel, people, identity, proof, lookup,
    )  # fmt: skip
    for page in (auth, *records, public, third, api, health):
        app.register_blueprint(page.page)
    return app
