"""Small DMN files built from Python, so that a test shows only what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def text(name: str, feel: str, **attributes: str) -> str:
    """An element with a FEEL text."""
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{given}><text>{escape(feel)}</text></{name}>"


def literal(feel: str) -> str:
    """A literal expression."""
    return text("literalExpression", feel)


def table(  # noqa: PLR0913  (every part of a table can be left out)
    inputs: Sequence[str],
    rows: Iterable[tuple[Sequence[str], Sequence[str]]],
    *,
    policy: str = "UNIQUE",
    aggregation: str = "",
    outputs: Sequence[str] = ("结果",),
    order: str = "",
    default: str = "",
    allowed: str = "",
    types: Sequence[str] = (),
) -> str:
    """A decision table: inputs by expression, rows as (cells, outputs)."""
    columns = ""
    for index, name in enumerate(inputs):
        kind = {"typeRef": types[index]} if types else {}
        columns += f"<input>{text('inputExpression', name, **kind)}"
        columns += (text("inputValues", allowed) if allowed and index == 0 else "") + "</input>"
    for name in outputs:
        columns += f"<output name={quoteattr(name)}>" + (text("outputValues", order) if order else "")
        columns += (text("defaultOutputEntry", default) if default else "") + "</output>"
    body = ""
    for number, (cells, results) in enumerate(rows, 1):
        body += f'<rule id="r{number}">' + "".join(text("inputEntry", cell) for cell in cells)
        body += "".join(text("outputEntry", result) for result in results)
        body += text("annotationEntry", f"依据：第{number}条") + "</rule>"
    how = f' aggregation="{aggregation}"' if aggregation else ""
    return f'<decisionTable id="t" hitPolicy="{policy}"{how}>{columns}{body}</decisionTable>'


def decision(name: str, logic: str, *needs: str, kind: str = "") -> str:
    """A decision with its requirements (ids); its id is `d-` and the name."""
    required = ""
    for need in needs:
        tag, wrapper = {
            "i": ("requiredInput", "informationRequirement"),
            "d": ("requiredDecision", "informationRequirement"),
            "b": ("requiredKnowledge", "knowledgeRequirement"),
            "s": ("requiredKnowledge", "knowledgeRequirement"),
        }[need[0]]
        required += f'<{wrapper}><{tag} href="#{need}"/></{wrapper}>'
    reference = f' typeRef="{kind}"' if kind else ""
    variable = f"<variable name={quoteattr(name)}{reference}/>"
    return f'<decision id="d-{name}" name={quoteattr(name)}>{variable}{required}{logic}</decision>'


def data(*names: str, kind: str = "") -> str:
    """Input data; the id is `i-` and the name."""
    reference = f' typeRef="{kind}"' if kind else ""
    return "".join(
        f'<inputData id="i-{name}" name={quoteattr(name)}>'
        f"<variable name={quoteattr(name)}{reference}/></inputData>"
        for name in names
    )


def model(*parts: str, namespace: str = "urn:test", name: str = "test") -> bytes:
    """A whole file."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{NAMESPACE}" namespace="{namespace}" '
        f'name="{name}" id="m">\n' + "\n".join(parts) + "\n</definitions>"
    ).encode()
