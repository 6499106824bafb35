"""A DMN file as a checked element tree: hardened parsing, known elements only, findings with their line."""

from __future__ import annotations

from lxml import etree

from engine import markup
from engine.errors import Finding, ModelInvalid
from engine.sentence import Sentence

Element = etree._Element  # noqa: SLF001  (lxml gives its element class no public name)

NAMESPACES = frozenset({
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
    "https://www.omg.org/spec/DMN/20240513/MODEL/",
})  # fmt: skip
_KNOWN = frozenset(
    """
    definitions import description extensionElements itemDefinition typeRef allowedValues typeConstraint
    itemComponent functionItem parameters inputData variable decision question allowedAnswers
    businessKnowledgeModel encapsulatedLogic formalParameter decisionService outputDecision
    encapsulatedDecision inputDecision informationRequirement knowledgeRequirement authorityRequirement
    requiredInput requiredDecision requiredKnowledge requiredAuthority knowledgeSource type owner
    literalExpression text context contextEntry invocation binding parameter list relation column row
    functionDefinition conditional if then else filter in match for return every some satisfies
    decisionTable input inputExpression inputValues output outputValues defaultOutputEntry annotation
    rule inputEntry outputEntry annotationEntry textAnnotation association sourceRef targetRef group
    businessContextElement performanceIndicator organizationUnit elementCollection drgElement
    decisionMaker decisionOwner impactingDecision impactedPerformanceIndicator supportedObjective
    usingProcess usingTask decisionMade decisionOwned locationURI
    """.split()  # noqa: SIM905  (ninety words read better as words)
)


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def is_dmn(element: Element) -> bool:
    """Whether the element belongs to DMN; everything else is a tool's own and means nothing to us."""
    return isinstance(element.tag, str) and etree.QName(element).namespace in NAMESPACES


def parts(element: Element, *names: str) -> list[Element]:
    """The DMN children, all or those of these names."""
    return [child for child in element if is_dmn(child) and (not names or local(child) in names)]


def part(element: Element, *names: str) -> Element | None:
    """The first DMN child of these names."""
    found = parts(element, *names)
    return found[0] if found else None


def text_of(element: Element | None) -> str:
    """The FEEL text of a cell or an expression."""
    if element is None:
        return ""
    inner = part(element, "text")
    return ((inner.text if inner is not None else element.text) or "").strip()


def name_of(element: Element) -> str:
    """The name with single spaces, as FEEL compares names."""
    return " ".join((element.get("name") or "").split())


def finding(file: str, element: Element, rule: str, reason: str, hint: str = "") -> Finding:
    """What is wrong, at which element and line."""
    owner: Element | None = element
    while owner is not None and not owner.get("id"):
        owner = owner.getparent()
    shown = owner if owner is not None else element
    label = shown.get("id") or local(shown)
    return Finding(file, label, name_of(shown), element.sourceline or 0, rule, reason, hint)


def read(data: bytes, file: str) -> tuple[Element, list[Finding]]:
    """The root and the findings. Refuses what is not XML, too large, has a DOCTYPE or is not DMN 1.1–1.6."""
    root = markup.read(data, file)
    if not is_dmn(root) or local(root) != "definitions":
        raise ModelInvalid(
            [
                finding(
                    file,
                    root,
                    "namespace",
                    Sentence(
                        "根元素 {name} 不是 DMN 1.1–1.6 的 definitions。",
                        name=etree.QName(root).text,
                    ),
                    "请另存为 DMN 1.5。",
                )
            ]
        )
    findings = [
        finding(
            file,
            element,
            "unknown-element",
            Sentence("不认识的元素 {local}。", local=local(element)),
            "请删去或改用标准元素。",
        )
        for element in _dmn_elements(root)
        if local(element) not in _KNOWN
    ]
    return root, findings


def _dmn_elements(root: Element) -> list[Element]:
    """All DMN elements outside tool extensions."""
    found, waiting = [], [root]
    while waiting:
        element = waiting.pop()
        if not is_dmn(element):
            continue
        found.append(element)
        if local(element) != "extensionElements":
            waiting.extend(element)
    return found[::-1]
