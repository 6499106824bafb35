"""The components we accept and, for each, the attributes and rules; everything else is refused by name.

The format is form-js 1.23 (schemaVersion 16 to 19); our own types are form-js custom fields.
"""

from __future__ import annotations

COMMON = frozenset({"type", "id", "layout", "conditional", "properties"})
ANSWER = COMMON | {"key", "label", "description", "validate", "defaultValue", "readonly", "disabled"}
OPTIONS = ANSWER | {"values", "valuesKey", "valuesExpression"}

ATTRIBUTES: dict[str, frozenset[str]] = {
    "text": COMMON | {"text", "label"},
    "html": COMMON | {"content", "label"},
    "separator": COMMON,
    "spacer": COMMON | {"height"},
    "textfield": ANSWER | {"appearance"},
    "textarea": ANSWER,
    "number": ANSWER | {"appearance", "decimalDigits", "increment", "serializeToString"},
    "datetime": ANSWER
    | {
        "subtype",
        "dateLabel",
        "timeLabel",
        "timeSerializingFormat",
        "timeInterval",
        "disallowPassedDates",
        "use24h",
    },
    "checkbox": ANSWER,
    "checklist": OPTIONS,
    "radio": OPTIONS,
    "select": OPTIONS | {"searchable"},
    "taglist": OPTIONS,
    "group": COMMON | {"label", "description", "path", "components", "showOutline", "verticalAlignment"},
    "dynamiclist": COMMON
    | {
        "label",
        "description",
        "path",
        "components",
        "showOutline",
        "verticalAlignment",
        "isRepeating",
        "allowAddRemove",
        "defaultRepetitions",
        "nonCollapsedItems",
        "disableCollapse",
        "validate",
    },
    "table": COMMON | {"label", "description", "dataSource", "columns", "rowCount"},
    "filepicker": ANSWER - {"defaultValue"} | {"accept", "multiple"},
    "expression": COMMON | {"key", "label", "description", "expression", "computeOn"},
    "signature": ANSWER - {"defaultValue"},
    "photo": ANSWER - {"defaultValue"} | {"multiple"},
    "person": OPTIONS | {"multiple"},
    "object": OPTIONS | {"multiple"},
    "clause": OPTIONS | {"multiple"},
    "money": ANSWER,
}

_LENGTH = frozenset({"required", "minLength", "maxLength"})
_COUNT = frozenset({"required", "minItems", "maxItems"})
RULES: dict[str, frozenset[str]] = {
    "textfield": _LENGTH | {"pattern", "patternErrorMessage", "validationType"},
    "textarea": _LENGTH | {"pattern", "patternErrorMessage"},
    "number": frozenset({"required", "min", "max"}),
    "money": frozenset({"required", "min", "max"}),
    "checklist": _COUNT,
    "taglist": _COUNT,
    "dynamiclist": _COUNT,
    "filepicker": _COUNT,
    "photo": _COUNT | {"location"},
}
RULES |= {
    kind: frozenset({"required"})
    for kind in ATTRIBUTES
    if kind not in RULES and "validate" in ATTRIBUTES[kind]
}

FORM = frozenset(
    {
        "type",
        "id",
        "components",
        "schemaVersion",
        "exporter",
        "executionPlatform",
        "executionPlatformVersion",
        "versionTag",
        "properties",
    },
)

REFUSED = {
    "button": "提交和重置按钮由页面提供，请删去。",
    "iframe": "不能嵌入外部页面，可改用“文本”写明网址。",
    "image": "不能按网址显示图片，可改用“photo”。",
    "documentPreview": "文书在案件页查看，请删去。",
}

RESERVED = frozenset(
    {
        *(
            "csrf_token",
            "idempotency_key",
            "expected_version",
            "intent",
            "next_item",
            "constructor",
            "prototype",
            "lane_owners",
        ),
        *("if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "not"),
        *("between", "instance", "function", "external", "null", "true", "false"),
        *("this", "parent", "i"),
    },
)

MAX_BYTES = 512 * 1024
MAX_COMPONENTS = 400
MAX_DEPTH = 4
MAX_CHOICES = 500
MAX_LABEL = 300
MAX_PATTERN = 500
COLUMNS = 16
