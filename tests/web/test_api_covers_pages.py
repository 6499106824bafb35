"""Every action of a page is an action of the JSON API: the two lists are compared, both as they really are."""

import re

import pytest

from web import openapi

# Page address (POST) → the API's. What is not named here has the same address below /api/v1.
ELSEWHERE = {
    "/": "/tasks",
    "/me/tokens": "/me/tokens",
    "/second-factor": "/me/second-factor",
    "/proof": "/me/proof",
    "/language": None,  # the language of pages
    "/sign-in": None,  # a program has a token, or the cookie of a browser
    "/public/third/<token>": None,  # a person without account, at a telephone
    "/sign-out": "/me/sessions/<int:row_id>/revoke",
    "/tasks/<int:item_id>": "/tasks/<int:item_id>/complete",
    "/tasks/<int:item_id>/draft": "/tasks/<int:item_id>/draft",
    "/tasks/<int:item_id>/hand/<way>": "/tasks/<int:item_id>/transfer",  # delegate, return, urge beside it
    "/cases/<int:case_id>/extra/<int:extra_id>": "/extra/<int:extra_id>",
    "/cases/<int:case_id>/extra/<int:extra_id>/withdraw": "/extra/<int:extra_id>",  # without a result
    "/processes/propose": "/proposals",
    "/processes/<int:release_id>/restore": "/releases/<int:release_id>/restore",
    "/processes/proposals/<int:proposal_id>": "/proposals/<int:proposal_id>/return",  # or POST /releases
    "/board/<int:item_id>/urge": "/tasks/<int:item_id>/urge",
}


def shape(rule):
    """An address without the names of its parts."""
    return re.sub(r"<[^>]+>", "<>", rule)


def posts(app, *, api):
    return {
        rule.rule: app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and rule.rule.startswith("/api/") is api
    }


def test_every_action_of_a_page_exists_for_programs(app):
    offered = {shape(rule.removeprefix(openapi.PREFIX)) for rule in posts(app, api=True)}
    missing = [
        rule
        for rule in posts(app, api=False)
        if ELSEWHERE.get(rule, rule) is not None and shape(ELSEWHERE.get(rule, rule)) not in offered
    ]
    assert not missing, f"{missing} give the API these actions, or say in ELSEWHERE where they are"


def test_page_and_program_need_the_same_right(app):
    api = {shape(rule.removeprefix(openapi.PREFIX)): view for rule, view in posts(app, api=True).items()}
    for rule, view in posts(app, api=False).items():
        other = api.get(shape(ELSEWHERE.get(rule, rule) or ""))
        if other is not None:
            ours, theirs = getattr(view, "permission", None), getattr(other, "permission", None)
            assert getattr(ours, "name", "") == getattr(theirs, "name", ""), rule


def test_the_document_tells_every_route_and_no_other(app):
    told = {(method.upper(), path) for path, found in openapi.document()["paths"].items() for method in found}
    routed = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and not rule.rule.endswith("openapi.json")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert told == routed


def test_operations_have_names_of_their_own():
    names = [told["operationId"] for found in openapi.document()["paths"].values() for told in found.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", sorted(openapi.document()["paths"]))
def test_every_operation_says_what_it_does_and_how_it_refuses(path):
    for told in openapi.document()["paths"][path].values():
        assert told["summary"]
        assert {"400", "401", "403", "404"} <= set(told["responses"])
        assert ("requestBody" in told) is ("409" in told["responses"])
