"""Reading a FEEL text once and evaluating it often: the public face of the language."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from engine.errors import RuleError
from engine.sentence import Sentence

from .builtins import BUILTINS
from .compiler import Closure, Compiler, Env
from .limits import DEFAULT, Limits, Run
from .parser import Parser
from .tokens import KEYWORDS, NameBook, normal
from .tree import Call, ContextNode, Filter, For, FunctionNode, Name, Node, Quantified, as_json, children
from .types import Type
from .values import adapt

_BUILTIN_NAMES = NameBook(BUILTINS)


@dataclass
class Result:
    """A value and, where it became null on the way, the reasons."""

    value: Any
    diagnostics: list[str] = field(default_factory=list)


def read(text: str, names: Collection[str] = (), *, unary: bool = False, limits: Limits = DEFAULT) -> Node:
    """A text as its tree; `names` are known names that a plain word cannot be (spaces, operators)."""
    book = _BUILTIN_NAMES.copy()
    for name in names:
        book.add(name)
    parser = Parser(text, book, limits)
    try:
        return parser.unary_only() if unary else parser.expression_only()
    except RecursionError:
        raise RuleError("表达式嵌套过深。", position=0, hint="请拆成几条规则。") from None


def free_names(  # noqa: C901  (one branch per binding construct)
    node: Node, bound: frozenset[str] = frozenset()
) -> Iterator[tuple[str, int, bool, bool]]:
    """The names a tree needs from outside: name, position, called as a function, inside a filter."""
    waiting = [(node, bound, False)]
    while waiting:
        current, inner, filtered = waiting.pop()
        if isinstance(current, Name):
            if current.name not in inner:
                yield current.name, current.at, False, filtered
            continue
        if isinstance(current, Call) and isinstance(current.function, Name):
            if current.function.name not in inner:
                yield current.function.name, current.function.at, True, filtered
            waiting.extend((argument, inner, filtered) for argument in current.arguments)
        elif isinstance(current, For | Quantified):
            scope = inner | ({"partial"} if isinstance(current, For) else set())
            for name, source in current.iterators:
                waiting.append((source, scope, filtered))
                scope = scope | {name}
            waiting.append((current.body, scope, filtered))
        elif isinstance(current, FunctionNode):
            waiting.append((current.body, inner | {name for name, _ in current.parameters}, filtered))
        elif isinstance(current, ContextNode):
            scope = inner
            for name, value in current.entries:
                waiting.append((value, scope, filtered))
                scope = scope | {name}
        elif isinstance(current, Filter):
            waiting.append((current.value, inner, filtered))
            waiting.append((current.condition, inner | {"item"}, True))
        else:
            waiting.extend((child, inner, filtered) for child in children(current))


class Expression:
    """A FEEL text, read once. Evaluation copies the data it names and never changes it."""

    def __init__(
        self,
        text: str,
        node: Node,
        *,
        lenient: bool = True,
        unary: bool = False,
        special: frozenset[str] = frozenset(),
        types: Mapping[str, Type] | None = None,
    ) -> None:
        self.text = text
        self.node = node
        self._lenient = lenient
        self._unary = unary
        self._special = special
        needed = [(name, called) for name, _, called, _ in free_names(node)]
        self._names = frozenset(name for name, called in needed if not (called and name in BUILTINS))
        self._functions = frozenset(name for name, called in needed if called or name in BUILTINS)
        self._needed = tuple(self._names | self._functions | ({"?"} if unary else set()))
        self.closure: Closure = Compiler(BUILTINS, types).compile(node)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def names(self) -> set[str]:
        """The variables it needs from outside (`?` is the input of a table cell)."""
        return {name for name in self._names if name not in BUILTINS and name != "?"}

    def functions(self) -> set[str]:
        """The functions it calls that are not defined inside it."""
        return set(self._functions)

    def tree(self) -> Any:
        """The tree as JSON, for the browser."""
        return as_json(self.node)

    def _for(self, context: Mapping[str, Any]) -> Expression:
        """This text read with the names of the data at hand, where those are more than plain words."""
        special = frozenset(_special_names(context))
        if not special or special <= self._special:
            return self
        return _parse(self.text, special, self._unary)

    def evaluate(self, context: Mapping[str, Any], *, limits: Limits = DEFAULT) -> Result:
        """The value and the diagnostics. Raises RuleError only beyond a limit."""
        ready = self._for(context) if self._lenient else self
        run = Run(limits)
        variables = {name: adapt(context[name]) for name in ready._needed if name in context}  # noqa: SLF001
        return Result(run.finish(ready.run(variables, run)), run.diagnostics)

    def run(self, variables: Mapping[str, Any], run: Run) -> Any:
        """Evaluate over FEEL values, on a running account."""
        try:
            return self.closure(Env(variables, None, run))
        except RecursionError:
            raise RuleError("计算嵌套过深。", hint="请检查函数是否无休止地调用自己。") from None

    def value(self, context: Mapping[str, Any]) -> Any:
        """The value; a null that has diagnostics is a RuleError, never a silent null."""
        result = self.evaluate(context)
        if result.value is None and result.diagnostics:
            raise RuleError(
                Sentence(
                    "表达式“{text}”没有结果：{diagnostics}。",
                    text=self.text,
                    diagnostics=result.diagnostics[0],
                ),
                diagnostics=result.diagnostics,
            )
        return result.value


def _special_names(context: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Names in the data that are more than one plain word, two levels of nesting deep."""
    for key, value in context.items():
        if not key.isidentifier() or key in _WORDS:
            yield key
        if depth < 3:  # noqa: PLR2004
            first = value[0] if isinstance(value, list) and value else value
            if isinstance(first, Mapping):
                yield from _special_names(first, depth + 1)


_WORDS = KEYWORDS - {"true", "false", "null"}


@lru_cache(maxsize=4096)
def _parse(text: str, special: frozenset[str], unary: bool) -> Expression:
    return Expression(text, read(text, special, unary=unary), unary=unary, special=special)


@lru_cache(maxsize=4096)
def _parse_known(text: str, names: frozenset[str], unary: bool) -> Expression:
    node = read(text, names, unary=unary)
    for error in unknown_names(node, names):
        raise error
    return Expression(text, node, lenient=False, unary=unary, special=names)


def unknown_names(node: Node, names: Collection[str]) -> Iterator[RuleError]:
    """Every name and function that is neither given nor built in, with its place and the nearest known one.

    Names inside a filter may be those of the items, which nobody can know; functions there are checked.
    """
    known = {normal(name) for name in names}
    for name, at, called, filtered in free_names(node):
        if name in known or name in BUILTINS or name == "?" or (filtered and not called):
            continue
        kind = Sentence("函数") if called else Sentence("名称")
        choices = [*BUILTINS, *known] if called else sorted(known)
        near = get_close_matches(name, choices, n=1, cutoff=0.5)
        hint = Sentence("是否想写“{near}”？", near=near[0]) if near else _choices(known)
        yield RuleError(
            Sentence("第 {place} 个字符处的{kind}“{name}”不存在。", place=at + 1, kind=kind, name=name),
            position=at,
            hint=hint,
        )


def _choices(names: Collection[str]) -> str:
    shown = sorted(names)[:8]
    return Sentence("可用的有：{names}。", names="、".join(shown)) if shown else "此处没有可用的名称。"


def parse(text: str, *, names: Collection[str] | None = None, unary: bool = False) -> Expression:
    """A FEEL text, ready to evaluate; cached.

    With `names` (the variables that will exist) an unknown name or function is refused at once, with its
    position and the nearest known one. Without, names are looked up when evaluated. `unary` reads a decision
    table cell, whose input is `?`. Raises RuleError with `position` counted from 0.
    """
    if not text.strip():
        raise RuleError("表达式为空。", position=0, hint="请填写表达式。")
    if len(text) > DEFAULT.length:
        raise RuleError(
            Sentence("表达式长度 {count} 超过上限 {length}。", count=len(text), length=DEFAULT.length),
            position=0,
            hint="请拆成几条规则。",
        )
    if names is None:
        return _parse(text, frozenset(), unary)
    return _parse_known(text, frozenset(names), unary)


def evaluate(text: str, context: Mapping[str, Any] | None = None) -> Any:
    """The value of a FEEL text over some data: `parse(text).value(context)`."""
    return parse(text).value(context or {})
