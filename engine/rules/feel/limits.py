"""How much one FEEL text may cost, and the running account of one evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.errors import RuleError
from engine.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that hold for owners' rules; counts, never times, so that a refusal repeats everywhere."""

    length: int = 20_000
    depth: int = 64
    nodes: int = 2_000
    list_size: int = 20_000
    string_size: int = 100_000
    memory: int = 2_000_000
    steps: int = 40_000
    calls: int = 60
    digits: int = 400
    exponent: int = 6144
    result: int = 20_000


DEFAULT = Limits()


@dataclass(slots=True)
class Run:
    """One evaluation: its limits, what it has spent, and what it has to say."""

    limits: Limits = DEFAULT
    steps: int = 0
    memory: int = 0
    calls: int = 0
    diagnostics: list[str] = field(default_factory=list)
    matched: list[object] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def spend(self, steps: int) -> None:
        """Count work about to be done; refuses what would go beyond the budget."""
        if self.steps + steps > self.limits.steps:
            raise RuleError(
                Sentence("计算步数超过上限 {steps}。", steps=self.limits.steps),
                hint="请缩小列表或减少嵌套循环。",
            )
        self.steps += steps

    def hold_list(self, size: int) -> None:
        """Count a list being made; refuses one that is too long."""
        if size > self.limits.list_size:
            raise RuleError(
                Sentence(
                    "列表长度 {size} 超过上限 {list_size}。", size=size, list_size=self.limits.list_size
                ),
                hint="请先筛选再计算。",
            )
        self._hold(size)

    def grow(self, size: int) -> None:
        """Count one more item in a list being made; refuses one that is too long."""
        if size > self.limits.list_size:
            self.hold_list(size)
        self._hold(1)

    def hold_text(self, size: int) -> None:
        """Count a string being made; refuses one that is too long."""
        if size > self.limits.string_size:
            raise RuleError(
                Sentence(
                    "字符串长度 {size} 超过上限 {string_size}。",
                    size=size,
                    string_size=self.limits.string_size,
                ),
                hint="请缩短文本。",
            )
        self._hold(size)

    def _hold(self, size: int) -> None:
        if self.memory + size > self.limits.memory:
            raise RuleError(
                Sentence("计算占用超过上限 {memory}。", memory=self.limits.memory), hint="请缩小列表或文本。"
            )
        self.memory += size

    def weigh(self, value: Any) -> None:
        """Count every item of a nested value; refuses one whose shared parts make it endless."""
        waiting = [value]
        while waiting:
            current = waiting.pop()
            if isinstance(current, list | dict):
                self.spend(len(current) + 1)
                waiting.extend(current.values() if isinstance(current, dict) else current)

    def finish(self, value: Any) -> Any:
        """The result, if it is of a size that can be stored and shown."""
        size, waiting = 0, [value]
        while waiting:
            current = waiting.pop()
            if isinstance(current, list | dict):
                size += len(current)
                if size > self.limits.result:
                    raise RuleError(
                        Sentence("结果超过 {result} 项。", result=self.limits.result), hint="请缩小列表。"
                    )
                waiting.extend(current.values() if isinstance(current, dict) else current)
        return value

    def say(self, reason: str) -> None:
        """Note why a value became null."""
        if len(self.diagnostics) < 50:  # noqa: PLR2004  (a page of reasons is enough for a person)
            self.diagnostics.append(reason)
