"""Heights of cores in their columns at which straight paths hit, cross and climb least.

The objective is that of a reader: a path that cannot run straight, as something stands in its way, costs most, then
what lies between two cores that covary, two paths that cross, height that paths climb, the order of the model turned
round, and white. A local search moves one core at a time to another height or place in its column, or its indicators to
the other side; the others of the column make way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise, product

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagram.geometry.plane import BoolArray, FloatArray, Rectangle, compute_bounds, segments_enter_box
from sem_toolkit.diagram.places.blocks import OPPOSITE, Block
from sem_toolkit.diagram.places.spreading import separate

HIT, BETWEEN, CROSSING, CLIMB, TURNED, WHITE, LEVEL = 90.0, 18.0, 14.0, 0.08, 3.0, 0.03, 4.0
"""Costs: of a shape in the way of a straight path, of a core between two that covary, of a crossing, of a point of
height climbed, of two cores against the order of the model, of a point of a column's length; what a level path saves.
"""

CLEAR = 5.0
"""How far a straight path keeps from what it passes, in points."""

STEPS = (12.0, 30.0, 60.0, 110.0)
"""How far a core is moved up and down from where it is, in points."""

MOST_SWEEPS, MOST_STARTS, MOST_CORES = 4, 3, 24
"""How often each core is tried, and how often a search begins; with more cores than this all stay where they are."""

FAN, FAN_SHARE = "", 0.5
"""The name of the room between a core and its indicators, and how much of their row it takes."""

NEARLY_LEVEL = 24.0
"""In a symmetric picture, paths between cores that differ by less than this in height are made level, in points."""

HELD = 1000.0
"""Weight of the core that is moved, against 1 for those that make way."""

WORTH = 0.5
"""What a move must save to be made."""

Columns = Sequence[Sequence[tuple[Block, float]]]
"""Blocks of each column with the height of their middle, from top to bottom."""

Gap = Callable[[Block, Block], float]
"""How far apart the middles of two blocks of a column are at least, the upper one first."""

IndexArray = NDArray[np.intp]


@dataclass(frozen=True)
class Aims:
    """What a search keeps to.

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


def straighten(columns: Columns, offsets: FloatArray, aims: Aims) -> list[list[tuple[Block, float]]]:
    """The columns, whose middles are at offsets along the ranks, with their blocks at better heights."""
    blocks = {block.core: block for column in columns for block, _ in column}
    links = tuple((a, b) for a, b in aims.links if a in blocks and b in blocks)
    heights = {block.core: y for column in columns for block, y in column}
    if len(blocks) > MOST_CORES or len(links) < 2:
        return [list(column) for column in columns]
    places = {block.core: k for k, column in enumerate(columns) for block, _ in column}
    search = _Search(aims, links, places, np.array([offsets[places[name]] for name in blocks]), tuple(blocks))
    found, chosen = search.run_often(np.array(list(heights.values())), blocks)
    found = search.mirror(found, chosen)
    result: list[list[tuple[Block, float]]] = [[] for _ in columns]
    for name, y in sorted(zip(blocks, found.tolist(), strict=True), key=lambda entry: entry[1]):
        result[places[name]].append((chosen[name], y))
    return result


@dataclass(frozen=True)
class _Search:
    """Cores by number, and what of the objective does not depend on their heights.

    places  core → number of its column; x: where each core's column is
    """

    aims: Aims
    links: tuple[tuple[str, str], ...]
    places: Mapping[str, int]
    x: FloatArray
    names: tuple[str, ...]

    def run_often(self, heights: FloatArray, blocks: Mapping[str, Block]) -> tuple[FloatArray, Mapping[str, Block]]:
        """Better heights, and the blocks with the sides of their indicators; other beginnings where faults remain."""
        begin = _Field(self, blocks)
        if begin.count_faults(heights) == 0:
            return heights, blocks
        draw = np.random.default_rng(0)
        best = self._run(heights, begin)
        for _ in range(MOST_STARTS - 1):
            _, found, chosen = best
            if chosen.count_faults(found) == 0:
                break
            other = heights.copy()
            for column in self.columns.values():
                other[column] = self._shuffle(column, heights, begin, draw)
            best = min(best, self._run(other, begin), key=lambda found: found[0])
        return best[1], best[2].blocks

    def _shuffle(
        self, column: Sequence[int], heights: FloatArray, begin: "_Field", draw: np.random.Generator
    ) -> FloatArray:
        """The cores of a column in another order around the same middle."""
        order = draw.permutation(column)
        gaps = [begin.find_gap(above, below) for above, below in pairwise(order)]
        places = np.concatenate([[0.0], np.cumsum(gaps)])
        found = heights.copy()
        found[order] = places - places.mean() + heights[column].mean()
        return np.asarray(found[column])

    def _run(self, heights: FloatArray, begin: "_Field") -> tuple[float, FloatArray, "_Field"]:
        """One search: what its end costs, the heights there, and the sides of the indicators."""
        field_ = begin
        cost = float(field_.assess(heights[None])[0][0])
        for _ in range(MOST_SWEEPS):
            before = cost
            for k, name in enumerate(self.names):
                variants = [field_]
                if name in self.aims.turned:
                    other = self.aims.turned[name]
                    if field_.blocks[name].side == other.side:
                        other = begin.blocks[name]
                    variants.append(_Field(self, {**field_.blocks, name: other}))
                for variant in variants:
                    trials = np.array([self._settle(k, y, heights, variant) for y in self._iterate_heights(k, heights)])
                    costs = variant.assess(trials)[0]
                    best = int(costs.argmin())
                    if costs[best] < cost - WORTH:
                        cost, heights, field_ = float(costs[best]), trials[best], variant
            if cost >= before:
                break
        return cost, heights, field_

    def _iterate_heights(self, k: int, heights: FloatArray) -> Iterator[float]:
        """Where a core might go: as it is, level with a neighbour, in their middle, aside, between two others."""
        name, y = self.names[k], float(heights[k])
        ends = [float(heights[self.number[b if a == name else a]]) for a, b in self.links if name in (a, b)]
        column = sorted(float(heights[m]) for m in self.columns[self.places[name]] if m != k)
        wanted = [y, *ends, *([sum(ends) / len(ends)] if ends else [])]
        wanted += [y + sign * step for step, sign in product(STEPS, (-1, 1))]
        wanted += [(one + other) / 2 for one, other in pairwise(column)]
        wanted += [column[0] - 1.0, column[-1] + 1.0] if column else []
        return iter({round(value, 1): value for value in wanted}.values())

    def _settle(self, k: int, y: float, heights: FloatArray, field_: "_Field") -> FloatArray:
        """The heights with one core at another one and the others of its column as near to theirs as may be."""
        column = self.columns[self.places[self.names[k]]]
        wanted = {m: y if m == k else float(heights[m]) for m in column}
        order = sorted(column, key=lambda m: (wanted[m], m))
        distances = [field_.find_gap(above, below) for above, below in pairwise(order)]
        settled = heights.copy()
        settled[order] = separate([wanted[m] for m in order], distances, [HELD if m == k else 1.0 for m in order])
        return settled

    def mirror(self, heights: FloatArray, blocks: Mapping[str, Block]) -> FloatArray:
        """The heights made symmetric about a level line, where the model is so and no fault comes of it."""
        other = np.arange(len(self.names))
        for column in self.columns.values():
            order = sorted(column, key=lambda m: heights[m])
            other[order] = order[::-1]
        partner = {name: self.names[other[k]] for k, name in enumerate(self.names)}
        arcs = {frozenset(pair) for pair in self.aims.covarying}
        is_symmetric = (
            {(partner[a], partner[b]) for a, b in self.links} == {*self.links}
            and {frozenset(partner[name] for name in pair) for pair in arcs} == arcs
            and all(_is_mirrored(blocks[name], blocks[partner[name]]) for name in self.names)
        )
        if not is_symmetric or (other == np.arange(len(other))).all():
            return heights
        middles = [(heights[column].min() + heights[column].max()) / 2 for column in self.columns.values()]
        field_ = _Field(self, blocks)
        mirrored = (heights - heights[other]) / 2
        trials = np.array([self._level_pairs(mirrored, field_), mirrored]) + sum(middles) / len(middles)
        good = field_.assess(trials)[1] <= field_.count_faults(heights)
        return np.asarray(trials[int(good.argmax())]) if good.any() else heights

    def _level_pairs(self, heights: FloatArray, field_: "_Field") -> FloatArray:
        """Mirrored heights with columns of two cores as far apart as those to which nearly level paths lead."""
        found = heights.copy()
        for column in self.columns.values():
            if len(column) != 2:
                continue
            upper, lower = sorted(column, key=lambda m: heights[m])
            linked = {int(b if a == upper else a) for a, b in self.ends if upper in (a, b)}
            near = [found[m] for m in linked if abs(found[m] - found[upper]) < NEARLY_LEVEL and found[m] < 0]
            wide = [y for y in near if -2 * y >= field_.find_gap(upper, lower)]
            if wide:
                found[upper] = min(wide, key=lambda y: abs(y - heights[upper]))
                found[lower] = -found[upper]
        return found

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
    def ends(self) -> IndexArray:
        """Numbers of the two cores of each link, m × 2."""
        return np.array([[self.number[a], self.number[b]] for a, b in self.links])

    @cached_property
    def pairs(self) -> IndexArray:
        """Pairs of links that do not meet at a core, p × 2."""
        found = [(k, m) for k, m in combinations(range(len(self.links)), 2) if not {*self.links[k]} & {*self.links[m]}]
        return np.array(found, np.intp).reshape(-1, 2)

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


def _is_mirrored(block: Block, other: Block) -> bool:
    """Whether two cores have as many indicators on the same side, or above the one and below the other."""
    if block.core == other.core:
        return True
    side = other.side if other.side in ("left", "right") else OPPOSITE[other.side]
    return len(block.places) == len(other.places) and (block.side == side or len(block.places) == 1)


def _find_fan(block: Block) -> Iterator[tuple[str, Rectangle]]:
    """The room in which most loadings of a block run, if it has several."""
    core, items = block.places[block.core], [box for name, box in block.places.items() if name != block.core]
    if len(items) > 1:
        middle = compute_bounds([core, compute_bounds(items)])
        across = abs(middle.x - core.x) > abs(middle.y - core.y)
        rows = compute_bounds(items)
        wide, high = (middle.width, rows.height * FAN_SHARE) if across else (rows.width * FAN_SHARE, middle.height)
        yield FAN, Rectangle(middle.x if across else rows.x, rows.y if across else middle.y, wide, high)


class _Field:
    """The shapes of all blocks with their indicators on given sides."""

    def __init__(self, search: _Search, blocks: Mapping[str, Block]) -> None:
        self.search, self.blocks = search, blocks
        shapes = [
            (k, name, box)
            for k, core in enumerate(search.names)
            for name, box in (*blocks[core].places.items(), *_find_fan(blocks[core]))
        ]
        self.owner = np.array([k for k, _, _ in shapes])
        self.x, self.y = np.array([box.x for *_, box in shapes]), np.array([box.y for *_, box in shapes])
        self.half = np.array([[box.width / 2 + CLEAR, box.height / 2 + CLEAR] for *_, box in shapes])
        is_core = np.array([name in (search.names[k], FAN) for k, name, _ in shapes])
        at_end = (self.owner == search.ends[:, :1]) | (self.owner == search.ends[:, 1:])
        self.own: BoolArray = at_end & is_core

    def find_gap(self, above: int, below: int) -> float:
        names = self.search.names
        return self.search.aims.gap(self.blocks[names[above]], self.blocks[names[below]])

    def count_faults(self, heights: FloatArray) -> float:
        """How many faults that could be mended the cores have at these heights (n)."""
        return float(self.assess(heights[None])[1][0])

    def assess(self, heights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What c vectors of heights (c × n) cost, and how many faults that could be mended each has."""
        search = self.search
        a, b = search.ends.T
        start, rise = heights[:, a], heights[:, b] - heights[:, a]
        run = (search.x[b] - search.x[a])[None]
        px = search.x[a][:, None] - (search.x[self.owner] + self.x)
        py = start[:, :, None] - (heights[:, self.owner] + self.y)[:, None]
        entered = segments_enter_box(
            px[None], py, np.broadcast_to(run[..., None], py.shape), rise[..., None], self.half[:, 0], self.half[:, 1]
        )
        hits = (entered & ~self.own).sum(axis=(1, 2))
        crossings = self._count_crossings(start, rise, run)
        pairs, prices = search.ordered
        turned = ((heights[:, pairs[:, 0]] > heights[:, pairs[:, 1]]) * prices).sum(axis=1)
        one, other, third = (heights[:, search.between[:, k]] for k in range(3))
        between = ((third - one) * (third - other) < 0).sum(axis=1)
        climbed = np.abs(rise)
        white = sum(np.ptp(heights[:, column], axis=1) for column in search.columns.values())
        cost = HIT * hits + BETWEEN * between + CROSSING * crossings + CLIMB * climbed.sum(axis=1) + turned
        return cost + WHITE * white - LEVEL * (climbed < 0.5).sum(axis=1), hits + crossings + between

    def _count_crossings(self, start: FloatArray, rise: FloatArray, run: FloatArray) -> FloatArray:
        """How many pairs of straight paths cross that do not meet at a core; length c."""
        search = self.search
        k, m = search.pairs.T
        x, dx = search.x[search.ends[:, 0]], run[0]

        def is_between(one: IndexArray, other: IndexArray) -> BoolArray:
            gx, gy = x[other] - x[one], start[:, other] - start[:, one]
            first = dx[one] * gy - rise[:, one] * gx
            second = dx[one] * (gy + rise[:, other]) - rise[:, one] * (gx + dx[other])
            return np.asarray(first * second < 0)

        return np.asarray((is_between(k, m) & is_between(m, k)).sum(axis=1), float)
