"""Boxed expressions → closures over FEEL environments."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.rules.feel.compiler import Closure, Env
from engine.rules.feel.invocation import call_named
from engine.rules.feel.limits import Run
from engine.rules.feel.types import Type
from engine.rules.feel.values import Builtin, Function, type_name
from engine.sentence import Sentence

from .document import Document
from .reader import Element, local, name_of, part, parts, text_of
from .table import build_table

EXPRESSIONS = (
    "literalExpression", "decisionTable", "context", "invocation", "list", "relation", "functionDefinition",
    "conditional", "filter", "for", "every", "some",
)  # fmt: skip
_FEEL_LANGUAGES = ("/FEEL/", "feel.xsd", "feel")


def logic_of(element: Element) -> Element | None:
    """The boxed expression directly inside an element."""
    return part(element, *EXPRESSIONS)


def coerced(closure: Closure, kind: Type | None, label: str) -> Closure:
    """The value as its declared type, or null with the reason."""
    if kind is None:
        return closure
    shown = kind.name

    def convert(env: Env) -> Any:
        value = closure(env)
        env.run.weigh(value)
        result, fits = kind.coerce(value)
        if not fits:
            env.run.say(
                Sentence(
                    "{label}的值（{value_type}）不符合类型“{shown}”",
                    label=label,
                    value_type=type_name(value),
                    shown=shown,
                )
            )
        return result

    return convert


class Boxes:
    """Builds the closures of one file's boxed expressions. `label` names the place for messages."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def build(self, element: Element | None, label: str) -> Closure:
        """The closure of a boxed expression; none at all gives null with the reason."""
        if element is None:
            return self.document.broken(Sentence("{label}没有决策逻辑", label=label))
        name = local(element)
        language = element.get("expressionLanguage")
        if language and not any(known in language for known in _FEEL_LANGUAGES):
            self.document.find_fault(
                element,
                "language",
                Sentence("不支持表达式语言 {language}。", language=language),
                "请改用 FEEL。",
            )
            return self.document.broken(Sentence("{label}不是 FEEL 表达式", label=label))
        if part(element, "importedValues") is not None:
            return self.document.broken(Sentence("{label}引用外部取值", label=label))
        make: Callable[[Element, str], Closure] = getattr(self, "_" + name.lower())
        closure = make(element, label)
        if name == "functionDefinition":
            return closure
        return coerced(closure, self.document.type(element.get("typeRef"), element), label)

    def inner(self, element: Element | None, label: str) -> Closure:
        """The closure of the expression inside a wrapper such as `if` or `in`."""
        return self.build(logic_of(element) if element is not None else None, label)

    def _literalexpression(self, element: Element, label: str) -> Closure:
        text = text_of(element)
        if not text:
            return self.document.broken(Sentence("{label}的表达式为空", label=label))
        return self.document.compile(text, element)

    def _decisiontable(self, element: Element, label: str) -> Closure:
        return build_table(self.document, element, label)

    def _context(self, element: Element, label: str) -> Closure:
        entries: list[tuple[str, Closure]] = []
        for entry in parts(element, "contextEntry"):
            variable = part(entry, "variable")
            name = name_of(variable) if variable is not None else ""
            # A function may call itself by the name of its entry.
            with self.document.seeing(*(known for known, _ in entries), name):
                closure = self.build(
                    logic_of(entry), Sentence("{label}的“{name}”", label=label, name=name or "结果")
                )
            kind = self.document.type(variable.get("typeRef"), variable) if variable is not None else None
            entries.append(
                (name, coerced(closure, kind, Sentence("{label}的“{name}”", label=label, name=name)))
            )

        def build(env: Env) -> Any:
            values: dict[str, Any] = {}
            inner = Env(values, env, env.run)
            for name, closure in entries:
                value = closure(inner)
                if not name:
                    return value
                values[name] = value
            return dict(values)

        return build

    def _list(self, element: Element, label: str) -> Closure:
        items = [
            self.build(item, Sentence("{label}第 {index} 项", label=label, index=index))
            for index, item in enumerate(parts(element, *EXPRESSIONS), 1)
        ]
        return lambda env: [item(env) for item in items]

    def _relation(self, element: Element, label: str) -> Closure:
        columns = [
            (name_of(column), self.document.type(column.get("typeRef"), column))
            for column in parts(element, "column")
        ]
        rows = []
        for index, row in enumerate(parts(element, "row"), 1):
            cells = parts(row, *EXPRESSIONS)
            if len(cells) != len(columns):
                self.document.find_fault(
                    row,
                    "relation",
                    Sentence(
                        "第 {index} 行有 {count} 格，应为 {columns} 格。",
                        index=index,
                        count=len(cells),
                        columns=len(columns),
                    ),
                )
            rows.append([
                (name, coerced(self.build(cell, _place(label, index, name)), kind, f"“{name}”"))
                for (name, kind), cell in zip(columns, cells, strict=False)
            ])  # fmt: skip
        return lambda env: [{name: cell(env) for name, cell in row} for row in rows]

    def _invocation(self, element: Element, label: str) -> Closure:
        function = self.build(logic_of(element), label)
        bindings = []
        for binding in parts(element, "binding"):
            parameter = part(binding, "parameter")
            name = name_of(parameter) if parameter is not None else ""
            kind = self.document.type(parameter.get("typeRef"), parameter) if parameter is not None else None
            bindings.append(
                (
                    name,
                    coerced(
                        self.build(
                            logic_of(binding), Sentence("{label}的参数“{name}”", label=label, name=name)
                        ),
                        kind,
                        Sentence("参数“{name}”", name=name),
                    ),
                )
            )

        def invoke(env: Env) -> Any:
            called = function(env)
            arguments = {name: closure(env) for name, closure in bindings}
            if not isinstance(called, Function | Builtin):
                env.run.say(Sentence("{label}调用的不是函数", label=label))
                return None
            return call_named(env.run, called, arguments)

        return invoke

    def function(self, element: Element, label: str, result: Type | None = None) -> Callable[[Env], Function]:
        """A function definition or encapsulated logic as a maker of functions."""
        kind = element.get("kind") or "FEEL"
        parameters = [
            (name_of(item), self.document.type(item.get("typeRef"), item))
            for item in parts(element, "formalParameter")
        ]
        names = tuple(name for name, _ in parameters)
        types = tuple(item for _, item in parameters)
        if kind != "FEEL":
            self.document.find_fault(
                element, "external", Sentence("不允许调用外部函数({kind})。", kind=kind), "请改写为 FEEL。"
            )
            body = self.document.broken(
                Sentence("{label}是外部（{kind}）函数，不允许调用", label=label, kind=kind)
            )
        else:
            with self.document.seeing(*names):
                body = self.build(logic_of(element), label)

        def make(env: Env) -> Function:
            def invoke(run: Run, arguments: list[Any]) -> Any:
                run.spend(1)
                return body(Env(dict(zip(names, arguments, strict=True)), env, run))

            return Function(label, names, invoke, types, result)

        return make

    def _functiondefinition(self, element: Element, label: str) -> Closure:
        reference = self.document.type(element.get("typeRef"), element)
        return self.function(
            element, label, reference if reference and reference.root().name != "function" else None
        )

    def _conditional(self, element: Element, label: str) -> Closure:
        condition = self.inner(part(element, "if"), Sentence("{label}的条件", label=label))
        yes, no = self.inner(part(element, "then"), label), self.inner(part(element, "else"), label)

        def choose(env: Env) -> Any:
            value = condition(env)
            if not isinstance(value, bool) and value is not None:
                env.run.say(
                    Sentence(
                        "{label}的条件不是真假值而是 {value_type}", label=label, value_type=type_name(value)
                    )
                )
                return None
            return yes(env) if value is True else no(env)

        return choose

    def _filter(self, element: Element, label: str) -> Closure:
        source = self.inner(part(element, "in"), label)
        seen, self.document.scope = self.document.scope, None  # the names of the items, which nobody knows
        condition = self.inner(part(element, "match"), Sentence("{label}的条件", label=label))
        self.document.scope = seen

        def select(env: Env) -> Any:
            found = source(env)
            if found is None:
                env.run.say(Sentence("{label}对 null 筛选", label=label))
                return None
            items = found if isinstance(found, list) else [found]
            kept = []
            for item in items:
                env.run.spend(1)
                inner = Env({"item": item}, env, env.run)
                value = condition(Env(item, inner, env.run) if isinstance(item, dict) else inner)
                if isinstance(value, Decimal):
                    index = int(value)
                    if 1 <= abs(index) <= len(items):
                        return items[index - 1 if index > 0 else index]
                    env.run.say(Sentence("{label}没有第 {index} 项", label=label, index=index))
                    return None
                if value is not None and not isinstance(value, bool):
                    env.run.say(
                        Sentence(
                            "{label}的条件不是真假值而是 {value_type}",
                            label=label,
                            value_type=type_name(value),
                        )
                    )
                    return None
                if value is True:
                    kept.append(item)
            return kept

        return select

    def _source(self, element: Element, label: str) -> Callable[[Env], list[Any] | None]:
        source = self.inner(part(element, "in"), label)

        def values(env: Env) -> list[Any] | None:
            found = source(env)
            if found is None:
                env.run.say(Sentence("{label}没有可循环的列表", label=label))
                return None
            return found if isinstance(found, list) else [found]

        return values

    def _for(self, element: Element, label: str) -> Closure:
        source = self._source(element, label)
        variable = " ".join((element.get("iteratorVariable") or "").split())
        with self.document.seeing(variable, "partial"):
            body = self.inner(part(element, "return"), label)

        def loop(env: Env) -> Any:
            items = source(env)
            if items is None:
                return None
            results: list[Any] = []
            for item in items:
                env.run.spend(1 + len(results) // 8)
                outer = Env({"partial": results[:]}, env, env.run)
                results.append(body(Env({variable: item}, outer, env.run)))
            return results

        return loop

    def _quantified(self, element: Element, label: str, *, decides: bool) -> Closure:
        source = self._source(element, label)
        variable = " ".join((element.get("iteratorVariable") or "").split())
        with self.document.seeing(variable):
            body = self.inner(part(element, "satisfies"), label)

        def ask(env: Env) -> Any:
            items = source(env)
            if items is None:
                return None
            unknown = False
            for item in items:
                env.run.spend(1)
                value = body(Env({variable: item}, env, env.run))
                if value is decides:
                    return decides
                unknown = unknown or not isinstance(value, bool)
            if unknown:
                env.run.say(Sentence("{label}的条件不是真假值", label=label))
                return None
            return not decides

        return ask

    def _every(self, element: Element, label: str) -> Closure:
        return self._quantified(element, label, decides=False)

    def _some(self, element: Element, label: str) -> Closure:
        return self._quantified(element, label, decides=True)


def _place(label: str, row: int, column: str) -> Sentence:
    """A cell of a relation, for what is said about it."""
    return Sentence("{label}第 {row} 行“{column}”", label=label, row=row, column=column)
