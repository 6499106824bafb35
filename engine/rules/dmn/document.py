"""One DMN file with what its expressions need: the names in it, its types, and the place for findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Finding, ModelInvalid, RuleError
from engine.rules.feel.builtins import BUILTINS
from engine.rules.feel.compiler import Closure, Compiler, Env
from engine.rules.feel.expression import free_names, unknown_names
from engine.rules.feel.expression import read as read_feel
from engine.rules.feel.limits import Run
from engine.rules.feel.tree import ListNode, Node, TypeNode, children
from engine.rules.feel.types import BUILT_IN, Type, resolve
from engine.rules.feel.values import Builtin, Function
from engine.sentence import Sentence

from .reader import Element, finding, name_of, part, parts, text_of

MOST_TEXTS = 20_000


@dataclass(eq=False)
class Document:
    """A file: its namespace, imports (name → namespace), types by name, names for FEEL, findings."""

    file: str
    root: Element
    namespace: str
    imports: dict[str, str] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    scope: frozenset[str] | None = None
    texts: int = 0
    _compiled: dict[tuple[str, bool, frozenset[str] | None], Closure] = field(default_factory=dict)

    @contextmanager
    def seeing(self, *names: str, alone: bool = False) -> Iterator[None]:
        """While reading a part: the names its expressions may use, beside (or instead of) those around it."""
        outer = self.scope
        self.scope = frozenset(names) | (frozenset() if alone or outer is None else outer)
        yield
        self.scope = outer

    def find_fault(self, element: Element, rule: str, reason: str, hint: str = "") -> None:
        """Note a finding."""
        self.findings.append(finding(self.file, element, rule, reason, hint))

    def read(self, text: str, element: Element, *, unary: bool = False) -> Node | None:
        """A FEEL text as its tree; a fault becomes a finding. Refuses a file with too many of them."""
        self.texts += 1
        if self.texts > MOST_TEXTS:
            reason = Sentence("模型中的表达式超过 {most} 条。", most=MOST_TEXTS)
            raise ModelInvalid([finding(self.file, element, "size", reason, "请拆分模型。")])
        try:
            return read_feel(text, self.names, unary=unary)
        except RuleError as error:
            self.find_fault(
                element,
                "feel",
                Sentence("表达式“{text}”有误：{reason}", text=text[:80], reason=error.reason),
                error.hint,
            )
            return None

    def compile(self, text: str, element: Element, *, unary: bool = False) -> Closure:
        """A FEEL text as a closure; a faulty text gives null with the reason."""
        known = self._compiled.get((text, unary, self.scope))
        if known is not None:
            return known
        node = self.read(text, element, unary=unary)
        faults = len(self.findings)
        for error in unknown_names(node, self.scope) if node is not None and self.scope is not None else ():
            self.find_fault(
                element,
                "name",
                Sentence("表达式“{text}”有误：{reason}", text=text[:80], reason=error.reason),
                error.hint,
            )
        if node is None:
            return self.broken(Sentence("表达式“{text}”无法读取", text=text[:80]))
        closure = self.compile_node(node)
        if len(self.findings) == faults:
            self._compiled[text, unary, self.scope] = closure
        return closure

    def compile_node(self, node: Node) -> Closure:
        """A tree as a closure that knows this file's types."""
        return Compiler(BUILTINS, self.types).compile(node)

    def tests(self, element: Element | None) -> list[Closure]:
        """The single tests of a list of allowed values, in their order (which is their priority)."""
        if element is None or not text_of(element):
            return []
        node: Any = self.read(text_of(element), element, unary=True)
        return [self.compile_node(test) for test in node.tests] if node is not None else []

    def constants(self, text: str, element: Element) -> tuple[set[str], list[Any]]:
        """The names a table cell needs beside its input, and the constant values written in it."""
        if text in {"", "-"}:
            return set(), []
        quiet = Document(self.file, self.root, self.namespace, names=self.names)
        root = quiet.read(text, element, unary=True)
        if root is None:
            return set(), []
        needs = {name for name, *_ in free_names(root) if name != "?" and name not in BUILTINS}
        values = []
        waiting = list(children(root))
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, TypeNode):
                continue
            if isinstance(node, ListNode) or any(name not in BUILTINS for name, *_ in free_names(node)):
                waiting.extend(children(node))
                continue
            value = self.compile_node(node)(Env({}, None, Run()))
            if value is not None and not isinstance(value, Function | Builtin):
                values.append(value)
        return needs, values

    def broken(self, reason: str) -> Closure:
        """A closure that is always null, with the reason."""

        def null(env: Env) -> None:
            env.run.say(f"{self.file}:{reason}")

        return null

    def type(self, reference: str | None, element: Element) -> Type | None:
        """The type of a typeRef; None for none and for an unknown one, which is a finding."""
        text = " ".join((reference or "").split())
        if ":" in text and text not in self.types:
            text = text.split(":", 1)[1]
        if not text or text == "Any":
            return None
        known = self.types.get(text) or BUILT_IN.get(text)
        if known is None and "<" in text:
            known = self._written(text)
        if known is None:
            self.find_fault(
                element,
                "type",
                Sentence("没有类型“{text}”。", text=text),
                "请先定义数据类型或改用 FEEL 的基本类型。",
            )
        return known

    def _written(self, text: str) -> Type | None:
        node: Any = read_feel(f"null instance of {text}", self.names)
        return resolve(node.type, self.types)


def collect_names(root: Element) -> set[str]:
    """Every name in a file that an expression may use."""
    found = set()
    for element in root.iter():
        for attribute in ("name", "iteratorVariable"):
            text = element.get(attribute) if isinstance(element.tag, str) else None
            if text:
                found.add(" ".join(text.split()))
    return found


def define_types(document: Document) -> None:
    """Turn the item definitions into types; they may refer to each other in any order."""
    definitions = parts(document.root, "itemDefinition")
    for definition in definitions:
        document.types[name_of(definition)] = Type(name_of(definition))
    for definition in definitions:
        _fill(document, document.types[name_of(definition)], definition)
    for name in list(document.types):
        _refuse_endless(document, document.types[name])


def _refuse_endless(document: Document, kind: Type) -> None:
    seen = set()
    step: Type | None = kind
    while step is not None and step.base is not None:
        if id(step) in seen:
            document.find_fault(
                document.root,
                "type",
                Sentence("类型“{kind}”以自身为基础。", kind=kind.name),
                "请改用基本类型。",
            )
            step.base = None
            step.name = "Any"
            return
        seen.add(id(step))
        step = step.base


def _fill(document: Document, kind: Type, definition: Element) -> None:
    allowed = _constraint(document, part(definition, "allowedValues"))
    whole = _constraint(document, part(definition, "typeConstraint"))
    components = parts(definition, "itemComponent")
    function = part(definition, "functionItem")
    reference = part(definition, "typeRef")
    body = kind
    if definition.get("isCollection") == "true":
        body = Type(kind.name)
        kind.name, kind.element, kind.allowed = "list", body, whole
    body.choices = document.tests(part(definition, "allowedValues"))
    body.allowed = allowed if body is not kind or whole is None else whole
    if components:
        body.name, body.fields = "context", {}
        for component in components:
            inner = Type(name_of(component))
            body.fields[name_of(component)] = inner
            _fill(document, inner, component)
    elif function is not None:
        body.name = "function"
        parameters = [document.type(item.get("typeRef"), item) for item in parts(function, "parameters")]
        body.parameters = tuple(item or BUILT_IN["Any"] for item in parameters)
        body.result = document.type(function.get("outputTypeRef"), function)
    else:
        base = document.type(reference.text if reference is not None else None, definition)
        body.base = base or BUILT_IN["Any"]


def _constraint(document: Document, element: Element | None) -> Callable[[Any], bool] | None:
    text = text_of(element)
    if element is None or not text:
        return None
    test = document.compile(text, element, unary=True)

    def allowed(value: Any) -> bool:
        return test(Env({"?": value}, None, Run())) is True

    return allowed


def import_types(document: Document, others: Mapping[str, Document]) -> None:
    """Make the types and names of imported files known under their import name."""
    for alias, namespace in document.imports.items():
        other = others.get(namespace)
        if other is None:
            continue
        prefix = f"{alias}." if alias else ""
        document.types.update({prefix + name: kind for name, kind in other.types.items()})
        document.names |= other.names
