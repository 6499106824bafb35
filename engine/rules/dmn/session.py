"""One evaluation of a requirement graph: the elements, the inputs given, the values known so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.rules.feel.compiler import Closure, Env
from engine.rules.feel.limits import Run
from engine.rules.feel.types import Type
from engine.rules.feel.values import Function, adapt, type_name
from engine.sentence import Sentence

from .document import Document
from .reader import Element, name_of

if TYPE_CHECKING:
    from .model import Model

Key = tuple[str, str]


@dataclass(slots=True, eq=False)
class Node:
    """An element of the requirement graph."""

    kind: str
    id: str
    name: str
    key: Key
    document: Document
    element: Element
    type: Type | None = None
    needs: list[Key] = field(default_factory=list)
    logic: Closure | None = None
    make: Any = None
    inputs: list[Key] = field(default_factory=list)
    outputs: list[Key] = field(default_factory=list)


def alias_of(node: Node, other: Node) -> str:
    """The import name under which an element sees another file's."""
    spaces = node.document.imports.items()
    return next((alias for alias, space in spaces if space == other.document.namespace), "")


class Session:
    """One evaluation of a graph: the inputs given, the values known so far."""

    def __init__(
        self, model: Model, run: Run, context: Mapping[str, Any], known: dict[Key, Any] | None = None
    ) -> None:
        self.model = model
        self.run = run
        self.context = context
        self.values: dict[Key, Any] = known if known is not None else {}
        self.used: dict[str, Any] = {}
        self._open: set[Key] = set()

    def value(self, key: Key) -> Any:
        """The value of an input or a decision, computed once."""
        if key in self.values:
            return self.values[key]
        node = self.model.nodes[key]
        if key in self._open:
            self.run.say(Sentence("“{node}”依赖它自己", node=node.name))
            return None
        self._open.add(key)
        value = self._input(node) if node.kind == "input" else self._decide(node)
        self._open.discard(key)
        self.values[key] = value
        return value

    def _decide(self, node: Node) -> Any:
        self.run.spend(1)
        if node.logic is None:
            return None
        return node.logic(Env(self.scope(node), None, self.run))

    def _input(self, node: Node) -> Any:
        found, value = self._given(node)
        if not found:
            self.run.say(Sentence("缺少输入“{node}”", node=node.name))
            return None
        value = adapt(value)
        self.used[node.name] = value
        if node.type is None:
            return value
        result, fits = node.type.coerce(value)
        if not fits:
            self.run.say(
                Sentence(
                    "输入“{node}”（{value_type}）不符合类型“{type}”",
                    node=node.name,
                    value_type=type_name(value),
                    type=node.type.name,
                )
            )
        return result

    def _given(self, node: Node) -> tuple[bool, Any]:
        """An input by its name, or under the import name of its file."""
        if node.document is not self.model.main:
            for alias, namespace in self.model.main.imports.items():
                inner = self.context.get(alias)
                if namespace == node.document.namespace and isinstance(inner, Mapping) and node.name in inner:
                    return True, inner[node.name]
        if node.name in self.context:
            return True, self.context[node.name]
        name = name_of(node.element)
        return name in self.context, self.context.get(name)

    def scope(self, node: Node) -> dict[str, Any]:
        """The variables that an element's logic may see: what it requires, and nothing else."""
        variables: dict[str, Any] = {}
        for key in node.needs:
            other = self.model.nodes[key]
            value = self.function(other) if other.kind in {"knowledge", "service"} else self.value(key)
            alias = alias_of(node, other)
            if other.document is not node.document and alias:
                variables.setdefault(alias, {})[other.name] = value
            else:
                variables[other.name] = value
        return variables

    def function(self, node: Node) -> Function:
        """A knowledge model or a decision service as a function."""
        if node.key in self.values:
            known: Function = self.values[node.key]
            return known
        if node.kind == "service":
            made = self._service(node)
        elif node.make is None:
            made = Function(
                node.name, (), lambda run, _arguments: run.say(Sentence("“{node}”没有内容", node=node.name))
            )
        else:
            variables: dict[str, Any] = {}
            made = node.make(Env(variables, None, self.run))
            self.values[node.key] = made
            variables.update(self.scope(node))
            variables.setdefault(node.name, made)
        self.values[node.key] = made
        return made

    def _service(self, node: Node) -> Function:
        nodes = [self.model.nodes[key] for key in node.inputs]

        def invoke(run: Run, arguments: list[Any]) -> Any:
            known = dict(zip(node.inputs, arguments, strict=True))
            inner = Session(self.model, run, {}, known)
            values = {self.model.nodes[key].name: inner.value(key) for key in node.outputs}
            return next(iter(values.values())) if len(values) == 1 else values

        return Function(
            node.name,
            tuple(item.name for item in nodes),
            invoke,
            tuple(item.type for item in nodes),
            _service_type(node),
        )


def _service_type(node: Node) -> Type | None:
    if node.type is None:
        return None
    return node.type.root().result if node.type.root().name == "function" else node.type
