"""Requirement graphs of one or several files: inputs, decisions, knowledge models, services; deciding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from engine.errors import Finding, ModelInvalid, NotFound, RuleError
from engine.rules.feel.invocation import call_named
from engine.rules.feel.limits import DEFAULT, Limits, Run
from engine.rules.feel.values import adapt
from engine.sentence import Sentence

from .boxed import Boxes, coerced, logic_of
from .document import Document, collect_names, define_types, import_types
from .reader import Element, local, name_of, part, parts, read
from .session import Key, Node, Session, alias_of
from .table import Matched, Table, read_table

_REQUIREMENTS = {
    "informationRequirement": ("requiredDecision", "requiredInput"),
    "knowledgeRequirement": ("requiredKnowledge",),
}
_KINDS = {
    "inputData": "input",
    "decision": "decision",
    "businessKnowledgeModel": "knowledge",
    "decisionService": "service",
}


@dataclass
class Decision:
    """An answer with its reasons: the value, what was wrong, the rows that matched, the inputs used.

    `broken`: outputs of tables that became null by a fault, wherever they stand in the value.
    `title`: the decision's own name, where its variable has a shorter one.
    """

    name: str
    value: Any
    diagnostics: list[str] = field(default_factory=list)
    matched: list[Matched] = field(default_factory=list)
    inputs: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    title: str = ""

    def usable(self) -> Any:
        """The value; a null that has diagnostics is a RuleError, never a silent null, not even inside it."""
        if self.broken or (self.value is None and self.diagnostics):
            why = self.broken[0] if self.broken else self.diagnostics[0]
            reason = Sentence("决策“{name}”没有结果：{why}。", name=self.name, why=why)
            raise RuleError(reason, diagnostics=self.diagnostics)
        return self.value


class Model:
    """DMN files ready to decide. Made by `load` or `load_all`."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = list(documents)
        self.main = documents[0]
        self.name = name_of(self.main.root)
        self.nodes: dict[Key, Node] = {}
        by_namespace = {document.namespace: document for document in documents}
        for document in documents:
            import_types(document, by_namespace)
        for document in documents:
            for element in parts(document.root, *_KINDS):
                self._add(document, element)
        for node in self.nodes.values():
            self._connect(node)
        for node in self.nodes.values():
            with node.document.seeing(*self._visible(node), alone=True):
                _build(node)

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with the files, in reading order."""
        return [finding for document in self.documents for finding in document.findings]

    def _add(self, document: Document, element: Element) -> None:
        variable = part(element, "variable")
        name = name_of(variable) if variable is not None and name_of(variable) else name_of(element)
        identity = element.get("id") or name
        key = (document.namespace, identity)
        if key in self.nodes:
            document.find_fault(
                element, "duplicate", Sentence("id“{identity}”重复。", identity=identity), "请改用不同的 id。"
            )
            return
        self.nodes[key] = Node(_KINDS[local(element)], identity, name, key, document, element)

    def _key(self, node: Node, element: Element) -> Key | None:
        href = element.get("href") or ""
        namespace, _, identity = href.rpartition("#")
        key = (namespace or node.document.namespace, identity or href)
        if key in self.nodes:
            return key
        node.document.find_fault(
            element,
            "reference",
            Sentence("引用的元素 {href} 不存在。", href=href),
            "请检查依赖箭头或导入的文件。",
        )
        return None

    def _connect(self, node: Node) -> None:
        for requirement in parts(node.element, *_REQUIREMENTS):
            for reference in parts(requirement, *_REQUIREMENTS[local(requirement)]):
                key = self._key(node, reference)
                if key:
                    node.needs.append(key)
        if node.kind == "service":
            wanted = {"inputData": node.inputs, "inputDecision": node.inputs, "outputDecision": node.outputs}
            for name, found in wanted.items():
                keys = [self._key(node, reference) for reference in parts(node.element, name)]
                found.extend(key for key in keys if key)
            for reference in parts(node.element, "encapsulatedDecision"):
                self._key(node, reference)

    def _visible(self, node: Node) -> list[str]:
        """The names that an element's expressions may use: what it requires, by name or by import name."""
        names = [node.name] if node.kind == "knowledge" else []
        for key in node.needs:
            other = self.nodes[key]
            names.append(
                other.name if other.document is node.document else alias_of(node, other) or other.name
            )
        return names

    # -- asking

    def decisions(self) -> list[Node]:
        """The decisions of the main file, in reading order."""
        return [
            node for node in self.nodes.values() if node.kind == "decision" and node.document is self.main
        ]

    def tables(self, *nodes: Node) -> list[Table]:
        """The decision tables of some elements, else of the whole main file, for analysis and display."""
        found = []
        for node in nodes or self.nodes.values():
            document = node.document
            if nodes or document is self.main:
                quiet = Document(
                    document.file,
                    document.root,
                    document.namespace,
                    types=document.types,
                    names=document.names,
                )
                label = Sentence("决策表“{node}”", node=node.name)
                tables = node.element.iter("{*}decisionTable")
                found += [read_table(quiet, element, label, deep=True) for element in tables]
        return found

    def find(self, name_or_id: str, *kinds: str) -> Node:
        """An element by id or name. Raises NotFound with the nearest known name."""
        wanted = " ".join(name_or_id.split())
        nodes = [node for node in self.nodes.values() if node.kind in kinds]
        nodes.sort(key=lambda node: node.document is not self.main)
        for test in (lambda node: node.id == name_or_id, lambda node: node.name == wanted,
                     lambda node: name_of(node.element) == wanted):  # fmt: skip
            for node in nodes:
                if test(node):
                    return node
        near = get_close_matches(wanted, [node.name for node in nodes], n=1, cutoff=0.4)
        hint = (
            Sentence("是否想写“{near}”？", near=near[0])
            if near
            else Sentence("可用的有：{names}。", names="、".join(node.name for node in nodes[:8]))
        )
        raise NotFound(
            Sentence(
                "“{file}”中没有决策“{name_or_id}”。", file=self.main.file or self.name, name_or_id=name_or_id
            ),
            hint=hint,
        )

    def decide(self, name_or_id: str, context: Mapping[str, Any], *, limits: Limits = DEFAULT) -> Decision:
        """The value of a decision over input data by name. Raises NotFound, or RuleError beyond a limit."""
        node = self.find(name_or_id, "decision")
        return self._answer(node, lambda session: session.value(node.key), context, limits)

    def invoke(self, name_or_id: str, arguments: Mapping[str, Any], *, limits: Limits = DEFAULT) -> Decision:
        """Call a decision service or a knowledge model with arguments by parameter name."""
        node = self.find(name_or_id, "service", "knowledge")

        def call_it(session: Session) -> Any:
            function = session.function(node)
            given = {name: adapt(value) for name, value in arguments.items() if name in function.parameters}
            return call_named(session.run, function, given, node.name)

        return self._answer(node, call_it, arguments, limits)

    def _answer(self, node: Node, work: Any, context: Mapping[str, Any], limits: Limits) -> Decision:
        run = Run(limits)
        session = Session(self, run, context)
        try:
            value = run.finish(work(session))
        except RecursionError:
            raise RuleError(
                Sentence("决策“{node}”嵌套过深。", node=node.name), hint="请检查是否无休止地调用自己。"
            ) from None
        matched: list[Any] = list(run.matched)
        title = name_of(node.element)
        return Decision(node.name, value, run.diagnostics, matched, session.used, run.broken, title)


def _build(node: Node) -> None:
    document = node.document
    variable = part(node.element, "variable")
    node.type = document.type(variable.get("typeRef"), variable) if variable is not None else None
    boxes = Boxes(document)
    if node.kind == "decision":
        label = Sentence("决策“{node}”", node=node.name)
        node.logic = coerced(boxes.build(logic_of(node.element), label), node.type, label)
    elif node.kind == "knowledge":
        body = part(node.element, "encapsulatedLogic")
        result = node.type if node.type is not None and node.type.root().name != "function" else None
        if node.type is not None and node.type.root().name == "function":
            result = node.type.root().result
        if body is None:
            document.find_fault(node.element, "logic", "业务知识模型没有内容。", "请填写函数体。")
        else:
            node.make = boxes.function(body, node.name, result)


def _document(data: bytes, file: str) -> Document:
    root, findings = read(data, file)
    document = Document(file, root, root.get("namespace") or "", findings=findings)
    for element in parts(root, "import"):
        document.imports[name_of(element)] = element.get("namespace") or ""
    document.names = collect_names(root)
    return document


def load_all(files: Sequence[tuple[str, bytes]], *, strict: bool = True) -> Model:
    """Read several files, the first being the main one; the others serve its imports.

    With `strict` (a release) any finding refuses the whole as ModelInvalid, all findings at once. Without it
    only the faulty expression is unusable: it gives null with the reason, and `model.findings` tells why.
    """
    documents = [_document(data, file) for file, data in files]
    spaces = {document.namespace for document in documents}
    for document in documents:
        for alias, namespace in document.imports.items():
            importing = [item for item in parts(document.root, "import") if name_of(item) == alias]
            if namespace not in spaces and "DMN" in (importing[0].get("importType") or "DMN").upper():
                document.find_fault(
                    importing[0],
                    "import",
                    Sentence("导入的模型 {namespace} 不在一起。", namespace=namespace),
                    "请同时提交该文件。",
                )
    for document in _by_dependency(documents):
        import_types(document, {other.namespace: other for other in documents})
        define_types(document)
    model = Model(documents)
    if strict and model.findings:
        raise ModelInvalid(model.findings)
    return model


def _by_dependency(documents: Sequence[Document]) -> list[Document]:
    """Imported files before those that import them."""
    waiting, done, order = list(documents), set(), []
    while waiting:
        spaces = {document.namespace for document in waiting}
        ready = [
            item for item in waiting if not (set(item.imports.values()) & spaces - {item.namespace})
        ] or waiting[:1]
        for document in ready:
            waiting.remove(document)
            done.add(document.namespace)
            order.append(document)
    return order


def load(data: bytes, *, file: str = "", strict: bool = True) -> Model:
    """Read one DMN file. Raises ModelInvalid with every finding: file, element, name, line, reason, hint."""
    return load_all([(file, data)], strict=strict)
