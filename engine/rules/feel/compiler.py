"""Tree → closures: each construct becomes one Python function of the environment, nothing is read twice.

Where the standard says null for a wrong type, the closure gives null and notes why in the run's diagnostics.
One method per construct of the grammar, and they build on each other, hence the length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from engine.errors import RuleError
from engine.sentence import Sentence

from . import arithmetic
from .invocation import call, call_named
from .limits import Run
from .properties import MISSING_MEMBER, member
from .temporal import FarDate, day_at, days_of, parse_date_time, parse_day, parse_duration, parse_time
from .tree import (
    AtLiteral,
    Between,
    Binary,
    Call,
    ContextNode,
    Filter,
    For,
    FunctionNode,
    If,
    In,
    InstanceOf,
    IterationRange,
    ListNode,
    Literal,
    Logic,
    Name,
    Negate,
    Node,
    Path,
    Quantified,
    RangeNode,
    UnaryRange,
    UnaryTests,
    walk,
)
from .types import Type, instance_of, resolve
from .values import NUMBERS, Builtin, Function, Range, compare, contains, equal, type_name

MISSING = object()
Closure = Callable[["Env"], Any]


class Env:
    """The variables of one scope, the scope around it, and the running account."""

    __slots__ = ("parent", "run", "vars")

    def __init__(self, variables: Mapping[str, Any], parent: Env | None, run: Run) -> None:
        self.vars = variables
        self.parent = parent
        self.run = run

    def find(self, name: str) -> Any:
        """The value of a name, or MISSING."""
        scope: Env | None = self
        while scope is not None:
            found = scope.vars.get(name, MISSING)
            if found is not MISSING:
                return found
            scope = scope.parent
        return MISSING


def null(env: Env, reason: str, node: Node) -> None:
    """Null, with the reason and the place."""
    env.run.say(Sentence("{reason}（第 {at} 个字符）", reason=reason, at=node.at + 1))


class Compiler:
    """Compiles trees against the functions of the standard and the types of a model."""

    def __init__(self, builtins: Mapping[str, Builtin], types: Mapping[str, Type] | None = None) -> None:
        self.builtins = builtins
        self.types = types or {}

    def compile(self, node: Node) -> Closure:
        """The closure of a tree."""
        found: Closure = getattr(self, "_" + type(node).__name__.lower())(node)
        return found

    def _all(self, nodes: Sequence[Node]) -> tuple[Closure, ...]:
        return tuple(self.compile(node) for node in nodes)

    # -- leaves

    def _literal(self, node: Literal) -> Closure:
        value = NUMBERS.create_decimal(node.value) if isinstance(node.value, Decimal) else node.value
        return lambda _env: value

    def _atliteral(self, node: AtLiteral) -> Closure:
        text = node.text
        value = (
            parse_duration(text)
            if text[:1] == "P" or text[:2] == "-P"
            else parse_day(text) or (parse_date_time(text) if "T" in text[1:] else parse_time(text))
        )
        if value is None:
            return lambda env: null(env, Sentence('@"{text}" 不是日期、时间或时长', text=text), node)
        return lambda _env: value

    def _name(self, node: Name) -> Closure:
        name = node.name
        builtin = self.builtins.get(name)

        def get(env: Env) -> Any:
            value = env.vars.get(name, MISSING)
            if value is MISSING:
                value = env.find(name)
                if value is MISSING:
                    if builtin is not None:
                        return builtin
                    return null(env, Sentence("没有名为“{name}”的数据", name=name), node)
            return value

        return get

    # -- operators

    def _binary(self, node: Binary) -> Closure:
        left, right, op = self.compile(node.left), self.compile(node.right), node.op
        if op in {"=", "!="}:
            return self._equality(node, left, right)
        if op in arithmetic.OPERATIONS:
            return self._arithmetic(node, left, right)
        tests: dict[str, Callable[[int], bool]] = {
            "<": lambda order: order < 0,
            "<=": lambda order: order <= 0,
            ">": lambda order: order > 0,
            ">=": lambda order: order >= 0,
        }
        test = tests[op]

        def ordered(env: Env) -> Any:
            a, b = left(env), right(env)
            order = compare(a, b)
            if order is None:
                return null(
                    env,
                    Sentence(
                        "{a_type} {op} {b_type} 无法比较", a_type=type_name(a), op=op, b_type=type_name(b)
                    ),
                    node,
                )
            return test(order)

        return ordered

    def _equality(self, node: Binary, left: Closure, right: Closure) -> Closure:
        wanted = node.op == "="

        def same(env: Env) -> Any:
            a, b = left(env), right(env)
            if type(a) is type(b) and (type(a) is str or type(a) is Decimal):
                return (a == b) is wanted
            if type(a) is list or type(a) is dict:
                env.run.weigh(a)
            result = equal(a, b)
            if result is None:
                return null(
                    env,
                    Sentence(
                        "{a_type} 与 {b_type} 类型不同，无法判断相等",
                        a_type=type_name(a),
                        b_type=type_name(b),
                    ),
                    node,
                )
            return result is wanted

        return same

    def _arithmetic(self, node: Binary, left: Closure, right: Closure) -> Closure:
        op = node.op

        def operate(env: Env) -> Any:
            a, b = left(env), right(env)
            if a is None or b is None:
                return null(env, Sentence("{op} 的一侧为 null", op=op), node)
            value = arithmetic.calculate(op, a, b)
            if value is None:
                zero = op == "/" and isinstance(b, Decimal) and not b
                reason = (
                    "除数为零"
                    if zero
                    else Sentence(
                        "{a_type} {op} {b_type} 没有结果", a_type=type_name(a), op=op, b_type=type_name(b)
                    )
                )
                return null(env, reason, node)
            if type(value) is str:
                env.run.hold_text(len(value))
            return value

        return operate

    def _logic(self, node: Logic) -> Closure:
        parts = self._all(node.parts)
        decides = node.op == "or"

        def decide(env: Env) -> Any:
            unknown = None
            for part in parts:
                value = part(env)
                if value is decides:
                    return decides
                if value is not (not decides) and unknown is None:
                    unknown = type_name(value)
            if unknown is not None:
                return null(
                    env, Sentence("{op} 的一侧不是真假值而是 {unknown}", op=node.op, unknown=unknown), node
                )
            return not decides

        return decide

    def _negate(self, node: Negate) -> Closure:
        value = self.compile(node.value)

        def minus(env: Env) -> Any:
            found = value(env)
            result = arithmetic.negate(found)
            return (
                null(env, Sentence("{found_type} 不能取负", found_type=type_name(found)), node)
                if result is None
                else result
            )

        return minus

    def _between(self, node: Between) -> Closure:
        value, low, high = self.compile(node.value), self.compile(node.low), self.compile(node.high)

        def between(env: Env) -> Any:
            found, least, most = value(env), low(env), high(env)
            first, second = compare(least, found), compare(found, most)
            if first is None or second is None:
                return null(env, "between 的三个值无法比较", node)
            return first <= 0 and second <= 0

        return between

    # -- tests

    def _in(self, node: In) -> Closure:
        value = self.compile(node.value)
        # A test that turns out null has no answer; only a written null tests for null.
        tests = [(self.compile(test), not isinstance(test, Literal)) for test in node.tests]

        def within(env: Env) -> Any:
            found = value(env)
            unknown = False
            for test, computed in tests:
                wanted = test(env)
                if type(wanted) is list:
                    env.run.weigh(wanted)
                held = None if wanted is None and computed else matches(found, wanted)
                if held:
                    return True
                unknown = unknown or held is None
            return null(env, "in 的两侧无法比较", node) if unknown else False

        return within

    def _unarytests(self, node: UnaryTests) -> Closure:
        if not node.tests:
            return lambda _env: True
        tests = [
            (self.compile(test), _asks_input(test), not isinstance(test, Literal)) for test in node.tests
        ]
        negated = node.negated

        def tested(env: Env) -> Any:
            found = env.find("?")
            unknown = False
            for test, uses_input, computed in tests:
                value = test(env)
                if type(value) is list:
                    env.run.weigh(value)
                if uses_input and (value is None or isinstance(value, bool)):
                    held = value
                else:
                    held = None if value is None and computed else matches(found, value)
                    # A calculated truth holds for any input; the literal `true` asks for a true input.
                    if computed and held is not True and value is True and not isinstance(found, bool):
                        held = True
                if held:
                    return not negated
                unknown = unknown or held is None
            if unknown:
                return null(
                    env, Sentence("条件对 {found_type} 值没有真假", found_type=type_name(found)), node
                )
            return negated

        return tested

    def _unaryrange(self, node: UnaryRange) -> Closure:
        end, op = self.compile(node.value), node.op

        def one_sided(env: Env) -> Any:
            value = end(env)
            if op in {"=", "!="}:
                return Range(value, op == "=", value, op == "=", op)
            if value is None:
                return null(env, Sentence("{op} 之后为 null", op=op), node)
            included = len(op) > 1
            if op[0] == "<":
                return Range(None, False, value, included, op)
            return Range(value, included, None, False, op)

        return one_sided

    def _rangenode(self, node: RangeNode) -> Closure:
        low, high = self.compile(node.low), self.compile(node.high)

        def ends(env: Env) -> Any:
            least, most = low(env), high(env)
            if (least is None and node.low_included) or (most is None and node.high_included):
                return null(env, "闭区间的端点为 null", node)
            if least is not None and most is not None and compare(least, most) is None:
                return null(
                    env,
                    Sentence(
                        "区间两端无法比较：{least_type} 与 {most_type}",
                        least_type=type_name(least),
                        most_type=type_name(most),
                    ),
                    node,
                )
            return Range(least, node.low_included, most, node.high_included)

        return ends

    # -- collections

    def _listnode(self, node: ListNode) -> Closure:
        items = self._all(node.items)

        def build(env: Env) -> Any:
            env.run.hold_list(len(items))
            return [item(env) for item in items]

        return build

    def _contextnode(self, node: ContextNode) -> Closure:
        entries = [(name, self.compile(value)) for name, value in node.entries]

        def build(env: Env) -> Any:
            env.run.hold_list(len(entries))
            values: dict[str, Any] = {}
            inner = Env(values, env, env.run)
            for name, value in entries:
                found = value(inner)
                values[name] = found
            return dict(values)

        return build

    def _path(self, node: Path) -> Closure:
        value, name = self.compile(node.value), node.name

        def follow(env: Env) -> Any:
            found = value(env)
            if type(found) is dict and name in found:
                return found[name]
            if type(found) is list:
                env.run.spend(len(found))
                env.run.hold_list(len(found))
            result = member(found, name)
            if result is MISSING_MEMBER:
                return null(
                    env, Sentence("{found_type} 没有“{name}”", found_type=type_name(found), name=name), node
                )
            return result

        return follow

    def _filter(self, node: Filter) -> Closure:
        value, condition = self.compile(node.value), self.compile(node.condition)
        weight = sum(1 for _ in walk(node.condition)) + 1
        # A filter that cannot give a number needs no look at the first item.
        logical = isinstance(node.condition, Logic | Between | In) or (
            isinstance(node.condition, Binary) and node.condition.op not in arithmetic.OPERATIONS
        )

        def select(env: Env) -> Any:
            found = value(env)
            if found is None:
                return null(env, "对 null 筛选", node)
            items = found if type(found) is list else [found]
            if not logical:
                position = condition(_item_env(items[0] if items else None, env))
                if type(position) is Decimal:
                    return _at(items, position, env, node)
            kept = []
            for item in items:
                env.run.spend(weight)
                held = condition(_item_env(item, env))
                if held is True:
                    kept.append(item)
                elif held is not False and held is not None:
                    return null(
                        env, Sentence("筛选条件不是真假值而是 {held_type}", held_type=type_name(held)), node
                    )
            env.run.hold_list(len(kept))
            return kept

        return select

    # -- control

    def _if(self, node: If) -> Closure:
        condition, yes, no = self.compile(node.condition), self.compile(node.yes), self.compile(node.no)

        def choose(env: Env) -> Any:
            value = condition(env)
            if value is True:
                return yes(env)
            if value is not False and value is not None:
                null(env, Sentence("if 的条件不是真假值而是 {value_type}", value_type=type_name(value)), node)
            return no(env)

        return choose

    def _iterationrange(self, node: IterationRange) -> Closure:
        low, high = self.compile(node.low), self.compile(node.high)
        return lambda env: _steps(low(env), high(env), env, node)

    def _for(self, node: For) -> Closure:
        iterators = [(name, self.compile(source)) for name, source in node.iterators]
        body = self.compile(node.body)
        weight = sum(1 for _ in walk(node.body)) + 1
        looks_back = any(isinstance(part, Name) and part.name == "partial" for part in walk(node))

        def loop(env: Env) -> Any:
            results: list[Any] = []
            so_far: dict[str, Any] = {"partial": []}
            outer = Env(so_far, env, env.run) if looks_back else env
            for inner in _combinations(iterators, outer, node):
                if inner is None:
                    return None
                env.run.spend(weight)
                if looks_back:
                    # A copy: a list must never come to hold itself.
                    env.run.spend(len(results) // 8)
                    so_far["partial"] = results[:]
                results.append(body(inner))
                env.run.grow(len(results))
            return results

        return loop

    def _quantified(self, node: Quantified) -> Closure:
        iterators = [(name, self.compile(source)) for name, source in node.iterators]
        body = self.compile(node.body)
        weight = sum(1 for _ in walk(node.body)) + 1
        decides = node.kind == "some"

        def ask(env: Env) -> Any:
            unknown = False
            for inner in _combinations(iterators, env, node):
                if inner is None:
                    return None
                env.run.spend(weight)
                value = body(inner)
                if value is decides:
                    return decides
                unknown = unknown or not isinstance(value, bool)
            return (
                null(env, Sentence("{node_kind} 的条件不是真假值", node_kind=node.kind), node)
                if unknown
                else not decides
            )

        return ask

    # -- functions

    def _functionnode(self, node: FunctionNode) -> Closure:
        names = tuple(name for name, _ in node.parameters)
        types = tuple(resolve(kind, self.types) if kind is not None else None for _, kind in node.parameters)
        if node.external:
            return lambda env: null(env, "不允许调用外部(Java/PMML)函数", node)
        body = self.compile(node.body)
        weight = sum(1 for _ in walk(node.body)) + 1

        def define(env: Env) -> Any:
            def invoke(run: Run, arguments: list[Any]) -> Any:
                run.spend(weight)
                return body(Env(dict(zip(names, arguments, strict=True)), env, run))

            return Function("", names, invoke, types)

        return define

    def _call(self, node: Call) -> Closure:
        arguments = self._all(node.arguments)
        name = node.function.name if isinstance(node.function, Name) else ""
        builtin = self.builtins.get(name)
        target = self.compile(node.function)
        names = node.names

        def invoke(env: Env) -> Any:
            function: Any = builtin
            if builtin is None:
                function = target(env)
            else:
                own = env.find(name)
                if isinstance(own, Function):
                    function = own
            values = [argument(env) for argument in arguments]
            if not isinstance(function, Function | Builtin):
                return null(env, Sentence("“{name}”不是函数", name=name or type_name(function)), node)
            if names:
                return call_named(env.run, function, dict(zip(names, values, strict=False)), name)
            return call(env.run, function, values, name)

        return invoke

    def _instanceof(self, node: InstanceOf) -> Closure:
        value, wanted = self.compile(node.value), resolve(node.type, self.types)
        if wanted is None:
            return lambda env: null(env, Sentence("没有类型“{type}”", type=node.type.name), node)

        def ask(env: Env) -> bool:
            found = value(env)
            env.run.weigh(found)
            return instance_of(found, wanted)

        return ask

    def _typenode(self, node: Node) -> Closure:
        raise RuleError("类型不是值。", position=node.at)


def _asks_input(test: Node) -> bool:
    return any(isinstance(part, Name) and part.name == "?" for part in walk(test))


def matches(value: Any, test: Any) -> bool | None:
    """Whether a value passes a test: a range holds it, a list has it (or such a range), or it is equal."""
    if type(test) is Range:
        return value == test or contains(test, value) if type(value) is Range else contains(test, value)
    if type(test) is list:
        if type(value) is list and equal(value, test) is True:
            return True
        return any(
            (
                contains(item, value)
                if type(item) is Range and type(value) is not Range
                else equal(value, item)
            )
            is True
            for item in test
        )
    return equal(value, test) is True


def _item_env(item: Any, env: Env) -> Env:
    inner = Env({"item": item}, env, env.run)
    return Env(item, inner, env.run) if type(item) is dict else inner


def _at(items: list[Any], position: Decimal, env: Env, node: Node) -> Any:
    index = int(position) if abs(position) < 10**9 and position == int(position) else 0
    if 1 <= index <= len(items):
        return items[index - 1]
    if -len(items) <= index <= -1:
        return items[index]
    return null(env, Sentence("列表只有 {count} 项，没有第 {index} 项", count=len(items), index=index), node)


def _steps(low: Any, high: Any, env: Env, node: Node) -> list[Any] | None:
    """The values of `low..high` in a loop: whole numbers or days, upwards or downwards."""
    if (
        isinstance(low, Decimal)
        and isinstance(high, Decimal)
        and low == low.to_integral()
        and high == high.to_integral()
    ):
        env.run.hold_list(int(min(abs(high - low), Decimal(10**9))) + 1)
        first, last = int(low), int(high)
        span = range(first, last + 1) if first <= last else range(first, last - 1, -1)
        return [Decimal(number) for number in span]
    if isinstance(low, date | FarDate) and isinstance(high, date | FarDate):
        first, last = days_of(low), days_of(high)
        env.run.hold_list(abs(last - first) + 1)
        span = range(first, last + 1) if first <= last else range(first, last - 1, -1)
        return [day_at(number) for number in span]
    null(
        env,
        Sentence("不能从 {low_type} 循环到 {high_type}", low_type=type_name(low), high_type=type_name(high)),
        node,
    )
    return None


def _combinations(
    iterators: Sequence[tuple[str, Closure]], env: Env, node: Node, index: int = 0
) -> Iterator[Env | None]:
    name, source = iterators[index]
    found = source(env)
    if type(found) is Range:
        low, high = found.low, found.high
        if isinstance(low, Decimal) and isinstance(high, Decimal) and not found.op:
            low = low if found.low_included else NUMBERS.add(low, Decimal(1))
            high = high if found.high_included else NUMBERS.subtract(high, Decimal(1))
            found = _steps(low, high, env, node) if low <= high else []
        elif isinstance(low, date | FarDate) and isinstance(high, date | FarDate) and not found.op:
            first = days_of(low) + (not found.low_included)
            last = days_of(high) - (not found.high_included)
            env.run.hold_list(max(0, last - first + 1))
            found = [day_at(number) for number in range(first, last + 1)]
        else:
            found = None
    if found is None:
        null(env, Sentence("“{name}”没有可循环的列表", name=name), node)
        yield None
        return
    for value in found if type(found) is list else [found]:
        inner = Env({name: value}, env, env.run)
        if index + 1 == len(iterators):
            yield inner
        else:
            env.run.spend(1)
            yield from _combinations(iterators, inner, node, index + 1)
