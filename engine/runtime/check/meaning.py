"""Whether a diagram says what it must: lanes, forms, articles, deadlines, verbs, tables, FEEL, calls.

Long because each kind of element is asked here for everything it must say, each answer with its own sentence.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine import operation
from engine.errors import Finding, RuleError
from engine.rules import feel
from engine.rules.feel.expression import unknown_names
from engine.runtime.check.names import Release, data_names
from engine.runtime.model import Element, Process
from engine.sentence import Sentence

CLAUSE = re.compile(r"[A-Z][1-9][0-9]?|[一-鿿〔〕《》（）0-9]+")
SIGN = re.compile(r"all|any|turn|ratio:(0?\.[0-9]+|1(\.0+)?)")
SINGLE = ("decision", "signature")  # answers that are given one case at a time
RULES = ("starter", "team", "team_leader")
STAGES = ("", "ended", "any")
KNOWN_PROPERTIES = {
    "process": {"takes", "gives", "case", "clause", "no_return"},
    "userTask": {
        "form",
        "clause",
        "deadline",
        "deadline_from",
        "operation",
        "routes",
        "excludes",
        "assignee",
        "sign",
        "lane",
        "documents",
        "signature",
        "no_return",
        "bulk",
    },
    "manualTask": {
        "clause",
        "deadline",
        "deadline_from",
        "excludes",
        "assignee",
        "lane",
        "operation",
        "no_return",
    },
    "serviceTask": {"clause", "lane", "no_return"},
    "businessRuleTask": {"clause", "lane"},
    "callActivity": {"items", "collection", "each", "clause", "lane"},
    "boundaryEvent": {"deadline", "deadline_from", "clause", "lane"},
    "intermediateCatchEvent": {"deadline", "deadline_from", "clause", "lane"},
    "startEvent": {"by", "form", "operation", "clause", "lane", "stage"},
}


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1, 0.5)
    return Sentence("最接近的是“{near}”。", near=near[0]) if near else ""


class _Checker:
    def __init__(self, process: Process, release: Release) -> None:
        self.process = process
        self.release = release
        self.names = data_names(process, release)

    def finding(
        self,
        element: Element | None,
        rule: str,
        reason: str,
        hint: str = "",
        *,
        severity: str = "error",
        line: int = 0,
    ) -> Finding:
        if element is None:
            return Finding(
                self.process.file,
                self.process.id,
                self.process.name,
                line or self.process.line,
                rule,
                reason,
                hint,
                severity,
            )
        return Finding(
            self.process.file, element.id, element.name, line or element.line, rule, reason, hint, severity
        )

    def run(self) -> Iterator[Finding]:
        for key in sorted(set(self.process.properties) - KNOWN_PROPERTIES["process"]):
            yield self.finding(
                None,
                "unknown-property",
                Sentence("流程属性“{key}”没有意义。", key=key),
                _nearest(key, KNOWN_PROPERTIES["process"]),
            )
        for element in self.process.elements.values():
            yield from self.properties(element)
            yield from self.lane(element)
            check = getattr(self, f"check_{element.kind}", None)
            if check is not None:
                yield from check(element)
        for flow in self.process.flows:
            if flow.condition:
                yield from self.expression(flow.condition, None, flow.id, flow.name, flow.line)
        for trigger in self.process.triggers:
            yield from self.trigger(trigger.element)

    def properties(self, element: Element) -> Iterator[Finding]:
        known = KNOWN_PROPERTIES.get(element.kind, {"lane"})
        for key in sorted(set(element.properties) - known):
            yield self.finding(
                element,
                "unknown-property",
                Sentence("属性“{key}”在这里没有意义。", key=key),
                _nearest(key, known),
            )
        if element.property("no_return", "true") != "true":
            yield self.finding(element, "no-return", "属性“no_return”只能写 true。", "不需要时请删去它。")
        clause = element.property("clause")
        for reference in clause.split():
            if not CLAUSE.fullmatch(reference):
                yield self.finding(
                    element,
                    "clause",
                    Sentence("依据“{reference}”不是条文引用。", reference=reference),
                    "写成 J8、W9 这样的条号，或法律名称。",
                )

    def lane(self, element: Element) -> Iterator[Finding]:
        lanes = self.release.ports.lanes()
        human = element.kind in ("userTask", "manualTask")
        system = element.kind in ("serviceTask", "businessRuleTask")
        if human and element.lane not in lanes and not element.property("assignee"):
            reason = (
                Sentence("泳道“{lane}”不在岗位表中。", lane=element.lane)
                if element.lane
                else "这个环节不在任何泳道中。"
            )
            yield self.finding(
                element, "lane", reason, _nearest(element.lane, lanes) or "把它放进一个岗位的泳道。"
            )
        elif human and element.lane == "系统":
            yield self.finding(element, "lane-human", "人工环节放在了“系统”泳道。", "放进办理岗位的泳道。")
        elif system and element.lane and element.lane != "系统":
            yield self.finding(
                element,
                "lane-system",
                Sentence("系统环节放在了“{lane}”泳道。", lane=element.lane),
                "放进“系统”泳道。",
            )

    def check_userTask(self, element: Element) -> Iterator[Finding]:  # noqa: N802 (BPMN's name)
        form = element.property("form")
        if not form:
            yield self.finding(element, "no-form", "人工环节没有表单。", "在属性 form 中选一张表单。")
        elif form not in self.release.forms:
            yield self.finding(
                element,
                "unknown-form",
                Sentence("没有表单“{form}”。", form=form),
                _nearest(form, self.release.forms),
            )
        if not element.property("clause"):
            yield self.finding(element, "no-clause", "没有写明依据。", "在属性 clause 中写条号，如 J8。")
        yield from self.deadline(element, required=False)
        verb = element.property("operation")
        if verb:
            yield from self.verb(element, verb, {})
        keys = self.release.forms.get(form, [])
        for key in element.property("routes").split():
            if keys and key not in keys:
                yield self.finding(
                    element,
                    "routes",
                    Sentence("表单“{form}”没有“{key}”这一项。", form=form, key=key),
                    _nearest(key, keys),
                )
        sign = element.property("sign")
        if sign and not SIGN.fullmatch(sign):
            yield self.finding(
                element,
                "sign",
                Sentence("会签规则“{sign}”不认识。", sign=sign),
                "可用 all、any、turn 或 ratio:0.5。",
            )
        yield from self.bulk(element, keys)
        yield from self.people(element)

    def bulk(self, element: Element, keys: Sequence[str]) -> Iterator[Finding]:
        """Steps that many cases may be answered in at once: nothing that is decided or signed one by one."""
        if "bulk" not in element.properties:
            return
        if element.property("bulk") != "true":
            yield self.finding(element, "bulk", "属性“bulk”只能写 true。", "不能批量办理的环节请删去它。")
            return
        single = next((key for key in keys if key in SINGLE or key.startswith("secret_")), "")
        if single or element.property("sign") or element.property("signature"):
            why = Sentence("表单有“{single}”", single=single) if single else "它要会签或签名"
            yield self.finding(
                element,
                "bulk",
                Sentence("这个环节不能批量办理：{why}。", why=why),
                "审批、会签、签字的环节须逐件办，请删去 bulk。",
            )

    def people(self, element: Element) -> Iterator[Finding]:
        steps = {name for process in self.release.processes().values() for name in process.elements}
        for step in element.property("excludes").split():
            if step not in steps:
                yield self.finding(
                    element,
                    "excludes",
                    Sentence("回避的环节“{step}”不存在。", step=step),
                    _nearest(step, steps),
                )
        rule = element.property("assignee")
        kind, _, rest = rule.partition(":")
        if kind == "same" and rest not in steps:
            yield self.finding(
                element, "assignee", Sentence("环节“{rest}”不存在。", rest=rest), _nearest(rest, steps)
            )
        elif kind == "person" and rest not in self.names:
            yield self.finding(
                element,
                "assignee",
                Sentence("流程数据中没有“{rest}”。", rest=rest),
                _nearest(rest, self.names),
            )
        elif rule and kind not in ("same", "person") and rule not in RULES:
            yield self.finding(
                element,
                "assignee",
                Sentence("办理人规则“{rule}”不认识。", rule=rule),
                Sentence("可用 {rules}、same:环节、person:数据。", rules="、".join(RULES)),
            )

    def check_manualTask(self, element: Element) -> Iterator[Finding]:  # noqa: N802
        yield from self.deadline(element, required=False)
        yield from self.people(element)

    def check_serviceTask(self, element: Element) -> Iterator[Finding]:  # noqa: N802
        if not element.operator:
            yield self.finding(element, "no-operation", "服务任务没有选动作。", "从动作目录中选一个。")
            return
        yield from self.verb(element, element.operator, element.parameters)

    def check_businessRuleTask(self, element: Element) -> Iterator[Finding]:  # noqa: N802
        if element.decision not in self.release.decisions:
            reason = (
                Sentence("没有决策“{decision}”。", decision=element.decision)
                if element.decision
                else "业务规则任务没有选决策。"
            )
            yield self.finding(
                element, "unknown-decision", reason, _nearest(element.decision, self.release.decisions)
            )

    def check_callActivity(self, element: Element) -> Iterator[Finding]:  # noqa: N802
        called = self.release.processes().get(element.called)
        if called is None:
            yield self.finding(
                element,
                "unknown-process",
                Sentence("没有流程“{called}”。", called=element.called),
                _nearest(element.called, self.release.processes()),
            )
            return
        yield from self.items(element, called)
        given = {element.property("each")}
        if not element.multiple or given != {""}:
            for key in called.takes:
                if key not in self.names | given:
                    yield self.finding(
                        element,
                        "takes",
                        Sentence("被调流程需要“{key}”，这里没有。", key=key),
                        _nearest(key, self.names),
                    )

    def items(self, element: Element, called: Process) -> Iterator[Finding]:
        """A multi-instance call names a source of the catalogue (`items`) or a FEEL list (`collection`)."""
        items, text, each = (element.property(name) for name in ("items", "collection", "each"))
        if not element.multiple:
            if items or text or each:
                yield self.finding(
                    element,
                    "items-single",
                    "写了条目来源，但没有设为多实例。",
                    "设为并行多实例，或删去 items、collection 和 each。",
                )
            return
        if items and text:
            yield self.finding(
                element, "items-twice", "条目来源写了两个：items 和 collection。", "只留一个。"
            )
        elif text:
            yield from self.expression(
                text,
                element,
                element.id,
                Sentence("{element} 的属性 collection", element=element.name),
                element.line,
            )
        elif items not in operation.feeds():
            yield self.finding(
                element,
                "items",
                Sentence("没有条目来源“{items}”。", items=items),
                _nearest(items, operation.feeds())
                or "在属性 items 中选一个来源，或在 collection 中写 FEEL 列表。",
            )
        if each and not text:
            yield self.finding(
                element, "each", "each 只和 collection 一起用。", "删去 each，或改用 collection。"
            )
        elif each and called.takes and each not in called.takes:
            yield self.finding(
                element, "each", Sentence("被调流程不接收“{each}”。", each=each), _nearest(each, called.takes)
            )

    def check_boundaryEvent(self, element: Element) -> Iterator[Finding]:  # noqa: N802
        if element.event == "timer":
            yield from self.deadline(element, required=True)

    check_intermediateCatchEvent = check_boundaryEvent  # noqa: N815

    def deadline(self, element: Element, *, required: bool) -> Iterator[Finding]:
        key = element.property("deadline")
        if not key and required:
            yield self.finding(
                element, "no-deadline", "定时事件没有写期限。", "在属性 deadline 中选一个期限。"
            )
        elif key and key not in self.release.deadlines:
            yield self.finding(
                element,
                "unknown-deadline",
                Sentence("期限表中没有“{key}”。", key=key),
                _nearest(key, self.release.deadlines),
            )
        origin = element.property("deadline_from")
        if origin and origin not in self.names:
            yield self.finding(
                element,
                "deadline-from",
                Sentence("流程数据中没有“{origin}”。", origin=origin),
                _nearest(origin, self.names),
            )

    def verb(self, element: Element, name: str, parameters: Mapping[str, str]) -> Iterator[Finding]:
        verb = operation.catalogue().get(name)
        if verb is None:
            yield self.finding(
                element,
                "unknown-operation",
                Sentence("目录中没有动作“{name}”。", name=name),
                _nearest(name, operation.catalogue()),
            )
            return
        for parameter in sorted(set(parameters) - set(verb.parameters)):
            yield self.finding(
                element,
                "parameter",
                Sentence("动作“{name}”没有参数“{parameter}”。", name=name, parameter=parameter),
                _nearest(parameter, verb.parameters),
            )
        for parameter, text in parameters.items():
            yield from self.expression(
                text,
                element,
                element.id,
                Sentence("{element} 的参数 {parameter}", element=element.name, parameter=parameter),
                element.line,
            )
        for parameter, required in verb.parameters.items():
            if required and parameter not in parameters and parameter not in self.names:
                yield self.finding(
                    element,
                    "missing-parameter",
                    Sentence(
                        "动作“{name}”需要“{parameter}”，流程数据中没有。", name=name, parameter=parameter
                    ),
                    _nearest(parameter, self.names),
                )

    def trigger(self, element: Element) -> Iterator[Finding]:
        lanes = self.release.ports.lanes()
        by = [
            label.strip() for label in element.property("by").replace("，", ",").split(",") if label.strip()
        ]
        if not by:
            yield self.finding(element, "no-by", "没有写明谁可以发起。", "在属性 by 中写岗位，用逗号分开。")
        for label in by:
            if label not in lanes:
                yield self.finding(
                    element,
                    "by",
                    Sentence("岗位“{label}”不在岗位表中。", label=label),
                    _nearest(label, lanes),
                )
        if element.property("stage") not in STAGES:
            yield self.finding(
                element,
                "stage",
                Sentence("属性 stage“{property}”没有意义。", property=element.property("stage")),
                "不写：办理中可以发起；ended：办结后；any：都可以。",
            )
        form = element.property("form")
        if form and form not in self.release.forms:
            yield self.finding(
                element,
                "unknown-form",
                Sentence("没有表单“{form}”。", form=form),
                _nearest(form, self.release.forms),
            )
        verb = element.property("operation")
        if verb:
            yield from self.verb(element, verb, {})

    def expression(
        self, text: str, element: Element | None, identity: str, name: str, line: int
    ) -> Iterator[Finding]:
        try:
            unknown = list(unknown_names(feel.parse(text).node, self.names))
        except RuleError as fault:
            where = (
                Sentence("第 {position} 个字：", position=fault.position + 1) if fault.position >= 0 else ""
            )
            reason = Sentence(
                "表达式“{text}”读不懂：{where}{reason}", text=text, where=where, reason=fault.reason
            )
            yield Finding(self.process.file, identity, name, line, "feel", reason, fault.hint)
            return
        for missing in unknown:
            reason = Sentence(
                "表达式“{text}”用到流程数据里没有的：{reason}", text=text, reason=missing.reason
            )
            yield Finding(self.process.file, identity, name, line, "feel-name", reason, missing.hint)
        del element


def check(process: Process, release: Release) -> list[Finding]:
    """Findings about what one process says."""
    return list(_Checker(process, release).run())
