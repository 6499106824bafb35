"""List functions (10.3.4.4): they never change a list, they give a new one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from engine.rules.feel import arithmetic
from engine.rules.feel.invocation import call
from engine.rules.feel.limits import Run
from engine.rules.feel.temporal import DaysTime, YearsMonths
from engine.rules.feel.values import NUMBERS, Builtin, Function, compare, equal
from engine.sentence import Sentence

from .registry import builtin, no


def _numbers(run: Run, name: str, items: list[Any]) -> list[Decimal] | None:
    if all(isinstance(item, Decimal) for item in items):
        return items
    return no(run, Sentence("{name}() 的列表里有不是数字的项", name=name))


def _variadic(name: str) -> Callable[[Callable[[Run, list[Any]], Any]], Callable[[Run, list[Any]], Any]]:
    """Declare a function that takes a list or the items themselves."""

    def register(work: Callable[[Run, list[Any]], Any]) -> Callable[[Run, list[Any]], Any]:
        def spread(run: Run, *items: Any) -> Any:
            if len(items) == 1:
                if items[0] is None:
                    return no(run, Sentence("{name}() 的参数为 null", name=name))
                return work(run, items[0] if isinstance(items[0], list) else [items[0]])
            return work(run, list(items))

        builtin(name, "list:list")(work)
        builtin(name, "*n:any")(spread)
        return work

    return register


@builtin("list contains", "list:list", "element:any")
def list_contains(run: Run, items: list[Any], element: Any) -> bool:
    """Whether an equal item occurs."""
    run.weigh(items)
    return any(equal(item, element) is True for item in items)


@builtin("count", "list:list")
def count(_run: Run, items: list[Any]) -> Decimal:
    """How many items."""
    return Decimal(len(items))


def _extreme(run: Run, name: str, items: list[Any], wanted: int) -> Any:
    if not items:
        return no(run, Sentence("{name}() 的列表为空", name=name))
    best = items[0]
    for item in items:
        order = compare(item, best)
        if order is None:
            return no(run, Sentence("{name}() 的列表里有无法比较的项", name=name))
        best = item if order == wanted else best
    return best


@_variadic("min")
def smallest(run: Run, items: list[Any]) -> Any:
    """The least item of one ordered type."""
    return _extreme(run, "min", items, -1)


@_variadic("max")
def largest(run: Run, items: list[Any]) -> Any:
    """The greatest item of one ordered type."""
    return _extreme(run, "max", items, 1)


@_variadic("sum")
def total(run: Run, items: list[Any]) -> Any:
    """The sum of numbers or of durations of one kind; none of an empty list."""
    if not items:
        return no(run, "sum() 的列表为空")
    result = items[0]
    if not isinstance(result, Decimal | YearsMonths | DaysTime):
        return no(run, "sum() 的列表里有不是数字的项")
    for item in items[1:]:
        result = arithmetic.calculate("+", result, item) if type(item) is type(result) else None
        if result is None:
            return no(run, "sum() 的列表里有不能相加的项")
    return result


@_variadic("mean")
def mean(run: Run, items: list[Any]) -> Any:
    """The arithmetic mean."""
    if not items:
        return no(run, "mean() 的列表为空")
    result = total(run, items)
    return None if result is None else arithmetic.calculate("/", result, Decimal(len(items)))


@_variadic("product")
def product(run: Run, items: list[Any]) -> Any:
    """The product of numbers."""
    numbers = _numbers(run, "product", items)
    if not numbers:
        return no(run, "product() 的列表为空")
    result: Any = numbers[0]
    for item in numbers[1:]:
        result = arithmetic.calculate("*", result, item)
        if result is None:
            return no(run, "product() 的结果超出数字范围")
    return result


@_variadic("median")
def median(run: Run, items: list[Any]) -> Any:
    """The middle number, or the mean of the two in the middle."""
    numbers = _numbers(run, "median", items)
    if not numbers:
        return no(run, "median() 的列表为空")
    ordered = sorted(numbers)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return NUMBERS.divide(NUMBERS.add(ordered[half - 1], ordered[half]), Decimal(2))


@_variadic("stddev")
def stddev(run: Run, items: list[Any]) -> Any:
    """The standard deviation of a sample."""
    numbers = _numbers(run, "stddev", items)
    if numbers is None or len(numbers) < 2:  # noqa: PLR2004
        return no(run, "stddev() 至少需要两个数")
    middle = mean(run, list(numbers))
    squares: Any = Decimal(0)
    for item in numbers:
        distance = arithmetic.calculate("-", item, middle)
        squares = arithmetic.calculate("+", squares, arithmetic.calculate("*", distance, distance))
    if squares is None:
        return no(run, "stddev() 的结果超出数字范围")
    return NUMBERS.sqrt(NUMBERS.divide(squares, Decimal(len(numbers) - 1)))


@_variadic("mode")
def mode(run: Run, items: list[Any]) -> Any:
    """The most frequent numbers, ascending."""
    numbers = _numbers(run, "mode", items)
    if numbers is None:
        return None
    counts: dict[Decimal, int] = {}
    for item in numbers:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(item for item, often in counts.items() if often == most)


def _decided(run: Run, name: str, items: list[Any], decides: bool) -> bool | None:
    if any(item is decides for item in items):
        return decides
    if all(isinstance(item, bool) for item in items):
        return not decides
    return no(run, Sentence("{name}() 的列表里有不是真假值的项", name=name))


@_variadic("all")
def every(run: Run, items: list[Any]) -> bool | None:
    """Conjunction of a list, in three-valued logic; true of an empty list."""
    return _decided(run, "all", items, decides=False)


@_variadic("any")
def some(run: Run, items: list[Any]) -> bool | None:
    """Disjunction of a list, in three-valued logic; false of an empty list."""
    return _decided(run, "any", items, decides=True)


@builtin("not", "negand:boolean?")
def negation(_run: Run, value: bool | None) -> bool | None:
    """The opposite; null of null."""
    return None if value is None else not value


def _index(position: Decimal, size: int) -> int | None:
    if position != position.to_integral_value() or abs(position) > size or position == 0:
        return None
    whole = int(position)
    return whole - 1 if whole > 0 else size + whole


@builtin("sublist", "list:list", "start position:number", "length:number=")
def sublist(run: Run, items: list[Any], start: Decimal, length: Decimal | None = None) -> list[Any] | None:
    """From a position counted from 1, or from the end when negative."""
    begin = _index(start, len(items))
    if begin is None or (length is not None and length < 0):
        return no(run, Sentence("sublist() 的位置 {start} 不在列表内", start=start))
    return items[begin:] if length is None else items[begin : begin + int(min(length, Decimal(len(items))))]


@builtin("append", "list:list", "*item:any")
def append(run: Run, items: list[Any], *more: Any) -> list[Any]:
    """The list with items at its end."""
    run.hold_list(len(items) + len(more))
    return [*items, *more]


@builtin("concatenate", "*list:list")
def concatenate(run: Run, *lists: list[Any]) -> list[Any]:
    """The lists one behind the other."""
    run.hold_list(sum(map(len, lists)))
    return [item for part in lists for item in part]


@builtin("insert before", "list:list", "position:number", "newItem:any")
def insert_before(run: Run, items: list[Any], position: Decimal, item: Any) -> list[Any] | None:
    """The list with an item put before a position."""
    index = _index(position, len(items))
    if index is None:
        return no(run, Sentence("insert before() 的位置 {position} 不在列表内", position=position))
    run.hold_list(len(items) + 1)
    return [*items[:index], item, *items[index:]]


@builtin("remove", "list:list", "position:number")
def remove(run: Run, items: list[Any], position: Decimal) -> list[Any] | None:
    """The list without the item at a position."""
    index = _index(position, len(items))
    if index is None:
        return no(run, Sentence("remove() 的位置 {position} 不在列表内", position=position))
    return [*items[:index], *items[index + 1 :]]


@builtin("list replace", "list:list", "position:number", "newItem:any")
@builtin("list replace", "list:list", "match:function", "newItem:any")
def list_replace(
    run: Run, items: list[Any], where: Decimal | Function | Builtin, item: Any
) -> list[Any] | None:
    """The list with an item replaced at a position, or wherever `match(item, newItem)` is true."""
    if isinstance(where, Decimal):
        index = _index(where, len(items))
        if index is None:
            return no(run, Sentence("list replace() 的位置 {where} 不在列表内", where=where))
        return [*items[:index], item, *items[index + 1 :]]
    found = []
    for old in items:
        replaced = call(run, where, [old, item], "match")
        if not isinstance(replaced, bool):
            return no(run, "list replace() 的匹配函数应给出真假值")
        found.append(item if replaced else old)
    return found


@builtin("reverse", "list:list")
def reverse(_run: Run, items: list[Any]) -> list[Any]:
    """The list backwards."""
    return items[::-1]


@builtin("index of", "list:list", "match:any")
def index_of(run: Run, items: list[Any], match: Any) -> list[Decimal]:
    """The positions of equal items."""
    run.weigh(items)
    return [Decimal(index) for index, item in enumerate(items, 1) if equal(item, match) is True]


def _distinct(run: Run, items: list[Any]) -> list[Any]:
    found: list[Any] = []
    simple: set[Any] = set()
    for item in items:
        if isinstance(item, Decimal | str):
            key = (type(item), item)
            if key not in simple:
                simple.add(key)
                found.append(item)
            continue
        run.spend(6 * len(found) + 1)
        run.weigh(item)
        if not any(equal(item, other) is True for other in found):
            found.append(item)
    return found


@builtin("union", "*list:list")
def union(run: Run, *lists: list[Any]) -> list[Any]:
    """All items of the lists, each once."""
    return _distinct(run, concatenate(run, *lists))


@builtin("distinct values", "list:list")
def distinct_values(run: Run, items: list[Any]) -> list[Any]:
    """Each item once, in the order of its first place."""
    return _distinct(run, items)


@builtin("flatten", "list:list")
def flatten(run: Run, items: list[Any]) -> list[Any]:
    """Lists in lists laid out flat."""
    run.weigh(items)
    found: list[Any] = []
    waiting = [iter(items)]
    while waiting:
        for item in waiting[-1]:
            if isinstance(item, list):
                waiting.append(iter(item))
                break
            found.append(item)
        else:
            waiting.pop()
    return found


class _Unordered(Exception):
    """The order given by the rule is not an order."""


@builtin("sort", "list:list", "precedes:function=")
def sort(run: Run, items: list[Any], precedes: Function | Builtin | None = None) -> list[Any] | None:
    """Sorted, stable; by `precedes(a, b)` or by the natural order."""

    def by_function(first: Any, second: Any) -> int:
        assert precedes is not None  # noqa: S101
        before = call(run, precedes, [first, second], "precedes")
        if not isinstance(before, bool):
            raise _Unordered
        if before:
            return -1
        return 1 if call(run, precedes, [second, first], "precedes") is True else 0

    def natural(first: Any, second: Any) -> int:
        order = compare(first, second)
        if order is None:
            raise _Unordered
        return order

    run.spend(len(items) * len(items).bit_length())
    try:
        return sorted(items, key=cmp_to_key(natural if precedes is None else by_function))
    except _Unordered:
        return no(run, "sort() 的排序函数没有给出真假值" if precedes else "sort() 的列表里有无法比较的项")


@builtin("partition", "list:list", "size:number")
def partition(run: Run, items: list[Any], size: Decimal) -> list[list[Any]] | None:
    """The list in pieces of a size."""
    if size < 1 or size != size.to_integral_value():
        return no(run, "partition() 的大小应为正整数")
    step = int(min(size, Decimal(len(items) + 1)))
    return [items[start : start + step] for start in range(0, len(items), step)]


@builtin("is empty", "list:list")
def is_empty(_run: Run, items: list[Any]) -> bool:
    """Whether the list has no item."""
    return not items
