"""The cheapest way for one flow: A* over crossings of lines and the direction in which they are reached."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Protocol

from engine.runtime.layout.grid import BAND, BORDER, Grid
from engine.runtime.layout.model import Flow

EAST, SOUTH, WEST, NORTH = range(4)
STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))
BEND, CROSS, HARD = 32.0, 34.0, 4000.0
NEVER = 1e18
MANY = 12
Vertex = tuple[int, int]
State = tuple[Vertex, int]


@dataclass
class Port:
    """A way out of a shape: the lines from its middle (or border) to the first free crossing outside."""

    way: list[Vertex]
    direction: int
    cost: float = 0.0


class Ground(Protocol):
    """What the search asks about: the grid and the flows that lie on it already."""

    grid: Grid
    spots: dict[str, tuple[int, int]]
    units: dict[tuple[int, int, int], set[str]]

    def wall(self, flow: Flow) -> bytearray:
        """1 where the flow may not pass."""

    def stub(self, flow: Flow, way: list[Vertex]) -> float:
        """Price of a port that other flows use."""

    def corner(self, flow: Flow, v: Vertex, direction: int, turn: int) -> float:
        """Price of a bend and of meeting others."""

    def together(self, flow: Flow, unit: tuple[int, int, int], step: float) -> float:
        """Price of running on top of others."""


class Search:
    """One search. `strict` forbids what `HARD` only makes dear: overlaps, and bends on other flows."""

    def __init__(
        self, ground: Ground, flow: Flow, outs: list[Port], ins: list[Port], *, strict: bool
    ) -> None:
        self.ground, self.flow, self.strict = ground, flow, strict
        self.x, self.y = ground.grid.x, ground.grid.y
        self.high = len(self.y)
        self.blocked = ground.wall(flow)
        self.own_line = ground.spots[flow.source][0] if flow.source in ground.spots else -1
        self.outs = outs
        self.goals: dict[Vertex, list[Port]] = {}
        for port in ins:
            self.goals.setdefault(port.way[-1], []).append(port)
        self.targets = [
            (self.x.nominal[v[0]], self.y.nominal[v[1]], min(port.cost for port in ports))
            for v, ports in self.goals.items()
        ]
        self.heap: list[tuple[float, int, Vertex, int]] = []
        self.price: dict[State, float] = {}
        self.came: dict[State, State | Port] = {}
        self.best: tuple[float, State | None, Port | None] = (NEVER, None, None)

    def run(self) -> list[Vertex] | None:
        """All crossings from the middle of the source to that of the target; None if there is no way."""
        for port in self.outs:
            cost = port.cost + self.ground.stub(self.flow, port.way)
            if not self._wall(port.way[-1]) and not (self.strict and cost >= HARD):
                self._offer((port.way[-1], port.direction), cost, port)
        closed: set[State] = set()
        while self.heap:
            estimate, _, v, direction = heapq.heappop(self.heap)
            if estimate >= self.best[0]:
                break
            state = (v, direction)
            if state not in closed:
                closed.add(state)
                self._arrive(state)
                self._walk(state)
        return self._way()

    def _wall(self, v: Vertex) -> bool:
        return bool(self.blocked[v[0] * self.high + v[1]])

    def _ahead(self, v: Vertex) -> float:
        """A bound from below for the rest of the way; a pool has a port at every column, no bound then."""
        if len(self.targets) > MANY:
            return 0.0
        here, level = self.x.nominal[v[0]], self.y.nominal[v[1]]
        return min(abs(x - here) + abs(y - level) + cost for x, y, cost in self.targets)

    def _offer(self, state: State, cost: float, origin: State | Port) -> None:
        if cost < self.price.get(state, NEVER):
            self.price[state], self.came[state] = cost, origin
            heapq.heappush(self.heap, (cost + self._ahead(state[0]), len(self.came), *state))

    def _arrive(self, state: State) -> None:
        v, direction = state
        for port in self.goals.get(v, ()):
            arrival = (port.direction + 2) % 4
            first = self.came[state]
            if port.direction == direction or (isinstance(first, Port) and first.way == port.way):
                continue
            cost = self.price[state] + port.cost + self.ground.stub(self.flow, port.way)
            cost += self.ground.corner(self.flow, v, direction, arrival)
            if cost < self.best[0] and not (self.strict and cost >= HARD):
                self.best = (cost, state, port)

    def _walk(self, state: State) -> None:
        (i, j), direction = state
        for turn, (right, down) in enumerate(STEPS):
            after = (i + right, j + down)
            if turn == (direction + 2) % 4 or not (0 <= after[0] < len(self.x) and 0 <= after[1] < self.high):
                continue
            if self._wall(after):
                continue
            if down == 0:
                if self.y.kind[j] == BORDER:
                    continue
                step = abs(self.x.nominal[after[0]] - self.x.nominal[i]) * (1 + 0.004 * self.y.bias[j])
                unit = (0, min(i, after[0]), j)
            else:
                if not self._upright(i):
                    continue
                step = abs(self.y.nominal[after[1]] - self.y.nominal[j]) * (1 + 0.004 * self.x.bias[i])
                unit = (1, i, min(j, after[1]))
            cost = self.price[state] + step + self.ground.corner(self.flow, (i, j), direction, turn)
            if unit in self.ground.units:
                cost += self.ground.together(self.flow, unit, step)
            if not (self.strict and cost >= HARD):
                self._offer((after, turn), cost, state)

    def _upright(self, line: int) -> bool:
        """Flows run along tracks and the middle of columns; a boundary event also has its own line."""
        kind = self.x.kind[line]
        return kind != BORDER and (kind != BAND or line in (self.x.centre[self.x.cell[line]], self.own_line))

    def _way(self) -> list[Vertex] | None:
        _, here, port = self.best
        if here is None or port is None:
            return None
        path = []
        step: State | Port = here
        while not isinstance(step, Port):
            path.append(step[0])
            step = self.came[step]
        return [*step.way[:-1], *path[::-1], *port.way[-2::-1]]
