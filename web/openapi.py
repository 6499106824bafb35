"""The OpenAPI 3.1 document of the JSON API, made from the routes and what each says about itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.errors import CaseworkError

View = TypeVar("View", bound=Callable[..., Any])
PREFIX = "/api/v1"
Schema = Mapping[str, Any]
_ROUTES: list[tuple[str, str, Callable[..., Any]]] = []

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
DAY: Schema = {"type": ["string", "null"], "format": "date"}
ANY: Schema = {"type": "object", "additionalProperties": True}


def record(**fields: Schema) -> Schema:
    """An object with these fields, all present."""
    return {"type": "object", "properties": dict(fields), "required": list(fields)}


def listed(item: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": item}


def page_of(item: Schema) -> Schema:
    """A page: rows and the cursor of the next page, "" at the end."""
    return record(rows=listed(item), next=TEXT)


def describes(
    summary: str,
    answer: Schema,
    *,
    query: Mapping[str, Schema] | None = None,
    body: Schema | None = None,
    status: int = 200,
    conflict: bool = False,
) -> Callable[[View], View]:
    """What the document says about a route. A route with a body is a write and takes `Idempotency-Key`."""

    def mark(view: View) -> View:
        view.described = {  # type: ignore[attr-defined]
            "summary": summary, "answer": answer, "query": query or {}, "body": body, "status": status,
            "conflict": conflict,
        }  # fmt: skip
        return view

    return mark


def enter(method: str, rule: str, view: Callable[..., Any]) -> None:
    """Note a route for the document."""
    _ROUTES.append((method, rule, view))


def document(base_url: str = "") -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for method, rule, view in _ROUTES:
        path = PREFIX + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)
        paths.setdefault(path, {})[method.lower()] = _operation(method, rule, view)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "双随机检查办案 API",
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "页面上的动作都可以由接口完成。写操作带 Idempotency-Key：重发得到同一回执。",
        },
        "servers": [{"url": base_url or "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "casework"},
            },
            "schemas": {"Error": _error()},
        },
    }


def _error() -> dict[str, Any]:
    shape = record(
        code=TEXT,
        reason=TEXT,
        clause=TEXT,
        hint=TEXT,
        fields={"type": "object", "additionalProperties": TEXT},
    )
    return dict(shape) | {"description": CaseworkError.as_json.__doc__, "additionalProperties": True}


def _operation(method: str, rule: str, view: Callable[..., Any]) -> dict[str, Any]:
    told = view.described  # type: ignore[attr-defined]
    refused = {"400": "请求不完整", "401": "未登录", "403": "无此权限", "404": "没有，或不在可见范围内"}
    refused |= {"429": "太频繁", "503": "暂时不能办"}
    if told["body"] is not None:
        refused |= {"409": "别人先办了", "415": "应为 JSON", "422": "规则不允许，或填写有误"}
    answers: dict[str, Any] = {
        code: {
            "description": text,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for code, text in refused.items()
    }
    answers[str(told["status"])] = {
        "description": "办成",
        "content": {"application/json": {"schema": dict(told["answer"])}},
    }
    operation: dict[str, Any] = {
        "operationId": view.__name__,
        "summary": told["summary"],
        "parameters": [*_path(rule), *_query(told["query"]), *(_key() if told["body"] is not None else [])],
        "responses": dict(sorted(answers.items())),
    }
    if told["body"] is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": dict(told["body"])}},
        }
    del method
    return operation


WORD = "^[A-Za-z0-9_-]+$"
"""A number, kind or act that stands in an address."""


def _path(rule: str) -> list[dict[str, Any]]:
    found = []
    for kind, name in re.findall(r"<(?:(\w+):)?(\w+)>", rule):
        schema = (
            {"type": "integer", "minimum": 0, "maximum": 2**62}
            if kind == "int"
            else {"type": "string", "pattern": WORD}
        )
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    return found


def _query(query: Mapping[str, Schema]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": False, "schema": dict(schema)}
        for name, schema in query.items()
    ]


def _key() -> list[dict[str, Any]]:
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,80}$"},
        }
    ]
