"""Heights of cores → what straight paths between them cost a reader.

A path that cannot run straight, as something stands in its way, costs most, then what lies between two cores that
covary, two paths that cross, height that paths climb, the order of the model turned round, and white.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle, compute_bounds
from sem_toolkit.diagram.places.blocks import Block
from sem_toolkit.diagram.places.meetings import TOUCHING, Crossings, IndexArray, Passings

HIT, BETWEEN, CROSSING, CLIMB, TURNED, WHITE, LEVEL = 90.0, 18.0, 14.0, 0.08, 3.0, 0.03, 4.0
"""Costs: of a shape in the way of a straight path, of a core between two that covary, of a crossing, of a point of
height climbed, of two cores against the order of the model, of a point of a column's length; what a level path saves.
"""

CLEAR = 5.0
"""How far a straight path keeps from what it passes, in points."""

FAN, FAN_SHARE = "", 0.5
"""The name of the room between a core and its indicators, and how much of their row it takes."""

Gap = Callable[[Block, Block], float]
"""How far apart the middles of two blocks of a column are at least, the upper one first."""


@dataclass(frozen=True)
class Aims:
    """What a search for better heights keeps to.

    links      pairs of cores with a path between them
    covarying  pairs of cores with an arc between them
    order      core → its number in the model
    fixed      cores that keep their order among each other
    turned     core → the same block with its indicators on the other side, where they may go there
    """

    links: Sequence[tuple[str, str]]
    covarying: Sequence[tuple[str, str]]
    order: Mapping[str, int]
    fixed: frozenset[str]
    turned: Mapping[str, Block]
    gap: Gap


@dataclass(frozen=True)
class Ranks:
    """Cores by number, and what of their cost does not depend on their heights.

    links   pairs of these cores with a path between them
    places  core → number of its column; x: where each core's column is
    """

    aims: Aims
    links: tuple[tuple[str, str], ...]
    places: Mapping[str, int]
    x: FloatArray
    names: tuple[str, ...]

    @cached_property
    def number(self) -> dict[str, int]:
        return {name: k for k, name in enumerate(self.names)}

    @cached_property
    def columns(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for name, column in self.places.items():
            found.setdefault(column, []).append(self.number[name])
        return found

    @cached_property
    def by_column(self) -> tuple[IndexArray, IndexArray]:
        """The numbers of all cores, one column after the other, and where each column begins."""
        columns = list(self.columns.values())
        starts = np.cumsum([0, *(len(column) for column in columns[:-1])])
        return np.array([k for column in columns for k in column]), starts

    @cached_property
    def neighbours(self) -> list[list[int]]:
        """The numbers of the cores at the other end of each core's links."""
        return [[self.number[b if a == name else a] for a, b in self.links if name in (a, b)] for name in self.names]

    @cached_property
    def ends(self) -> IndexArray:
        """Numbers of the two cores of each link, m × 2."""
        return np.array([[self.number[a], self.number[b]] for a, b in self.links])

    @cached_property
    def run(self) -> FloatArray:
        """How far each link runs along the ranks, m."""
        a, b = self.ends.T
        return np.asarray(self.x[b] - self.x[a])

    @cached_property
    def pairs(self) -> IndexArray:
        """Pairs of links that do not meet at a core and share some of their way along the ranks, p × 2."""
        low: list[float] = self.x[self.ends].min(axis=1).tolist()
        high: list[float] = self.x[self.ends].max(axis=1).tolist()

        def may_cross(k: int, m: int) -> bool:
            start, end = max(low[k], low[m]), min(high[k], high[m])
            return start < end or (start == end and (low[k] == high[k] or low[m] == high[m]))

        found = [
            (k, m)
            for k, m in combinations(range(len(self.links)), 2)
            if may_cross(k, m) and not {*self.links[k]} & {*self.links[m]}
        ]
        return np.array(found, np.intp).reshape(-1, 2)

    @cached_property
    def crossings(self) -> Crossings:
        """All pairs of links that may cross."""
        return Crossings.of(self.ends, self.x, self.pairs)

    @cached_property
    def _moving(self) -> dict[int, Crossings]:
        """Column → the pairs of links of which one ends there."""
        columns = np.array([self.places[name] for name in self.names])[self.ends]
        touched = {column: (columns == column).any(axis=1) for column in self.columns}
        return {
            column: Crossings.of(self.ends, self.x, self.pairs[at[self.pairs].any(axis=1)])
            for column, at in touched.items()
        }

    def find_moving(self, column: int) -> Crossings:
        """The pairs of links that cross or not as the cores of one column move."""
        return self._moving[column]

    @cached_property
    def ordered(self) -> tuple[IndexArray, FloatArray]:
        """Pairs of cores of a column in the order of the model, q × 2, and what it costs to turn each."""
        pairs = [
            sorted(pair, key=lambda m: self.aims.order[self.names[m]])
            for column in self.columns.values()
            for pair in combinations(column, 2)
        ]
        prices = [1e6 if {self.names[m] for m in pair} <= self.aims.fixed else TURNED for pair in pairs]
        return np.array(pairs, np.intp).reshape(-1, 2), np.array(prices)

    @cached_property
    def between(self) -> IndexArray:
        """Two cores of a column that covary and a third one of it that does not covary with both, t × 3."""
        arcs = {frozenset(pair) for pair in self.aims.covarying}
        found = [
            (self.number[a], self.number[b], m)
            for a, b in self.aims.covarying
            if self.places.get(a, -1) == self.places.get(b, -2)
            for m in self.columns[self.places[a]]
            if self.names[m] not in (a, b)
            and not {frozenset((a, self.names[m])), frozenset((b, self.names[m]))} <= arcs
        ]
        return np.array(found, np.intp).reshape(-1, 3)


class Field:
    """The shapes of all blocks with their indicators on given sides."""

    def __init__(self, ranks: Ranks, blocks: Mapping[str, Block]) -> None:
        self.ranks, self.blocks = ranks, blocks
        self._gaps: dict[tuple[int, int], float] = {}
        shapes = [
            (k, name, box)
            for k, core in enumerate(ranks.names)
            for name, box in (*blocks[core].extents.items(), *_find_fan(blocks[core]))
        ]
        owner = np.array([k for k, _, _ in shapes])
        x, y = np.array([box.x for *_, box in shapes]), np.array([box.y for *_, box in shapes])
        half = np.array([[box.width / 2 + CLEAR, box.height / 2 + CLEAR] for *_, box in shapes])
        is_core = np.array([name in (ranks.names[k], FAN) for k, name, _ in shapes])
        at_end = (owner == ranks.ends[:, :1]) | (owner == ranks.ends[:, 1:])
        # Columns do not move: only what a link passes along the ranks can be in its way.
        px = ranks.x[ranks.ends[:, 0]][:, None] - (ranks.x[owner] + x)
        apart = np.abs(px + ranks.run[:, None] / 2) >= half[:, 0] + np.abs(ranks.run[:, None]) / 2 - TOUCHING
        link, shape = np.nonzero(~apart & ~(at_end & is_core))
        start, end = ranks.ends[link].T
        dx = ranks.run[link]
        self._passings = Passings(
            start, end, owner[shape], y[shape], half[shape, 1], px[link, shape] + dx / 2, dx, half[shape, 0]
        )
        self._moving: dict[int, Passings] = {}
        self._here: FloatArray | None = None
        self._all = 0.0, 0.0
        self._others: dict[int, tuple[float, float]] = {}

    def find_gap(self, above: int, below: int) -> float:
        """How far apart the middles of two cores are at least, the upper one first."""
        pair = above, below
        if pair not in self._gaps:
            names = self.ranks.names
            self._gaps[pair] = self.ranks.aims.gap(self.blocks[names[above]], self.blocks[names[below]])
        return self._gaps[pair]

    def count_faults(self, heights: FloatArray) -> float:
        """How many faults that could be mended the cores have at these heights (n)."""
        return float(self.assess(heights[None])[1][0])

    def assess(self, heights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What c vectors of heights (c × n) cost, and how many faults that could be mended each has."""
        ranks = self.ranks
        return self._sum_up(heights, self._passings.count_hits(heights), ranks.crossings.count(heights))

    def assess_moved(self, heights: FloatArray, column: int, here: FloatArray) -> FloatArray:
        """The same cost where only cores of one column stand elsewhere than `here` (n): it alone is looked at again."""
        if column not in self._moving:
            self._moving[column] = self._passings.take(np.array(self.ranks.columns[column]))
        passings, pairs = self._moving[column], self.ranks.find_moving(column)
        other_hits, other_crossings = self._count_others(column, here)
        hits, crossings = other_hits + passings.count_hits(heights), other_crossings + pairs.count(heights)
        return self._sum_up(heights, hits, crossings)[0]

    def _count_others(self, column: int, here: FloatArray) -> tuple[float, float]:
        """What is hit and what crosses at these heights (n) whatever the cores of one column do."""
        if self._here is None or not np.array_equal(self._here, here):
            self._here, self._others = here, {}
            one = here[None]
            self._all = float(self._passings.count_hits(one)[0]), float(self.ranks.crossings.count(one)[0])
        if column not in self._others:
            hits, crossings = self._all
            one = here[None]
            hits -= float(self._moving[column].count_hits(one)[0])
            self._others[column] = hits, crossings - float(self.ranks.find_moving(column).count(one)[0])
        return self._others[column]

    def _sum_up(self, heights: FloatArray, hits: FloatArray, crossings: FloatArray) -> tuple[FloatArray, FloatArray]:
        ranks = self.ranks
        a, b = ranks.ends.T
        pairs, prices = ranks.ordered
        turned = ((heights.take(pairs[:, 0], axis=1) > heights.take(pairs[:, 1], axis=1)) * prices).sum(axis=1)
        between: FloatArray | float = 0.0
        if len(ranks.between):
            one, other, third = (heights.take(ranks.between[:, k], axis=1) for k in range(3))
            between = ((third - one) * (third - other) < 0).sum(axis=1)
        climbed = np.abs(heights.take(b, axis=1) - heights.take(a, axis=1))
        by_column, starts = ranks.by_column
        sorted_heights = heights.take(by_column, axis=1)
        lowest = np.minimum.reduceat(sorted_heights, starts, axis=1)
        white = (np.maximum.reduceat(sorted_heights, starts, axis=1) - lowest).sum(axis=1)
        cost = HIT * hits + BETWEEN * between + CROSSING * crossings + CLIMB * climbed.sum(axis=1) + turned
        return cost + WHITE * white - LEVEL * (climbed < 0.5).sum(axis=1), hits + crossings + between


def _find_fan(block: Block) -> Iterator[tuple[str, Rectangle]]:
    """The room in which most loadings of a block run, if it has several."""
    core, items = block.places[block.core], [box for name, box in block.places.items() if name != block.core]
    if len(items) > 1:
        middle = compute_bounds([core, compute_bounds(items)])
        across = abs(middle.x - core.x) > abs(middle.y - core.y)
        rows = compute_bounds(items)
        wide, high = (middle.width, rows.height * FAN_SHARE) if across else (rows.width * FAN_SHARE, middle.height)
        yield FAN, Rectangle(middle.x if across else rows.x, rows.y if across else middle.y, wide, high)
