"""Heights of cores in their columns at which straight paths hit, cross and climb least (`height_costs`).

A local search moves one core at a time to another height or place in its column, or its indicators to the other side;
the others of the column make way.
"""

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product

import numpy as np

from sem_toolkit.diagram.geometry.plane import FloatArray
from sem_toolkit.diagram.places.blocks import Block
from sem_toolkit.diagram.places.height_costs import Aims, Field, Ranks
from sem_toolkit.diagram.places.measures import Side
from sem_toolkit.diagram.places.mirroring import mirror_heights
from sem_toolkit.diagram.places.spreading import separate

STEPS = (12.0, 30.0, 60.0, 110.0)
"""How far a core is moved up and down from where it is, in points."""

MOST_SWEEPS, MOST_STARTS, MOST_CORES = 4, 3, 24
"""How often each core is tried, and how often a search begins; with more cores than this all stay where they are."""

LEAST_LINKS = 2
"""With fewer paths there is nothing to be straightened."""

HELD = 1000.0
"""Weight of the core that is moved, against 1 for those that make way."""

WORTH = 0.5
"""What a move must save to be made."""

Columns = Sequence[Sequence[tuple[Block, float]]]
"""Blocks of each column with the height of their middle, from top to bottom."""


def straighten(columns: Columns, offsets: FloatArray, aims: Aims) -> list[list[tuple[Block, float]]]:
    """The columns, whose middles are at offsets along the ranks, with their blocks at better heights."""
    blocks = {block.core: block for column in columns for block, _ in column}
    heights = {block.core: y for column in columns for block, y in column}
    ranks = _build_ranks(columns, offsets, aims)
    places = ranks.places
    if len(blocks) > MOST_CORES or len(ranks.links) < LEAST_LINKS:
        return [list(column) for column in columns]
    search = _Search(ranks)
    found, chosen = search.run_often(np.array(list(heights.values())), blocks)
    found = mirror_heights(ranks, found, search.find_field(chosen))
    result: list[list[tuple[Block, float]]] = [[] for _ in columns]
    for name, y in sorted(zip(blocks, found.tolist(), strict=True), key=lambda entry: entry[1]):
        result[places[name]].append((chosen[name], y))
    return result


def count_faults(columns: Columns, offsets: FloatArray, aims: Aims) -> float:
    """How many faults there are at these heights that straightening might mend; 0 where it would not look for any."""
    blocks = {block.core: block for column in columns for block, _ in column}
    ranks = _build_ranks(columns, offsets, aims)
    if len(blocks) > MOST_CORES or len(ranks.links) < LEAST_LINKS:
        return 0.0
    return Field(ranks, blocks).count_faults(np.array([y for column in columns for _, y in column]))


def _build_ranks(columns: Columns, offsets: FloatArray, aims: Aims) -> Ranks:
    places = {block.core: k for k, column in enumerate(columns) for block, _ in column}
    links = tuple((a, b) for a, b in aims.links if a in places and b in places)
    return Ranks(aims, links, places, np.array([offsets[place] for place in places.values()]), tuple(places))


class _Search:
    """The search for better heights; it remembers the shapes of blocks turned one way or another."""

    def __init__(self, ranks: Ranks) -> None:
        self.ranks = ranks
        self._fields: dict[tuple[Side, ...], Field] = {}

    def run_often(self, heights: FloatArray, blocks: Mapping[str, Block]) -> tuple[FloatArray, Mapping[str, Block]]:
        """Better heights, and the blocks with the sides of their indicators; other beginnings where faults remain."""
        begin = self.find_field(blocks)
        if begin.count_faults(heights) == 0:
            return heights, blocks
        draw = np.random.default_rng(0)
        best = self._run(heights, begin)
        for _ in range(MOST_STARTS - 1):
            _, found, chosen = best
            if chosen.count_faults(found) == 0:
                break
            other = heights.copy()
            for column in self.ranks.columns.values():
                other[column] = self._shuffle(column, heights, begin, draw)
            best = min(best, self._run(other, begin), key=lambda found: found[0])
        return self._level_steps(best[1], best[2]), best[2].blocks

    def _level_steps(self, heights: FloatArray, field: Field) -> FloatArray:
        """The same heights, or as good ones at which more steps to the next rank are level: what passes them climbs."""
        cost, count = float(field.assess(heights[None])[0][0]), self._count_level(heights)
        for k, name in enumerate(self.ranks.names):
            for m in self.ranks.neighbours[k]:
                if abs(self.ranks.places[self.ranks.names[m]] - self.ranks.places[name]) != 1:
                    continue
                trial = self._settle(k, float(heights[m]), heights, field)
                changed, level = float(field.assess(trial[None])[0][0]), self._count_level(trial)
                if level > count and changed <= cost + WORTH:
                    heights, cost, count = trial, changed, level
        return heights

    def _count_level(self, heights: FloatArray) -> int:
        """How many links to the next rank run level."""
        columns = np.array([self.ranks.places[name] for name in self.ranks.names])
        steps, climbed = (np.abs(np.diff(values[self.ranks.ends], axis=1)[:, 0]) for values in (columns, heights))
        return int(((steps == 1) & (climbed < 0.5)).sum())

    def find_field(self, blocks: Mapping[str, Block]) -> Field:
        """The shapes with the indicators on these sides."""
        sides = tuple(blocks[name].side for name in self.ranks.names)
        if sides not in self._fields:
            self._fields[sides] = Field(self.ranks, blocks)
        return self._fields[sides]

    def _shuffle(
        self, column: Sequence[int], heights: FloatArray, begin: Field, draw: np.random.Generator
    ) -> FloatArray:
        """The cores of a column in another order around the same middle."""
        order = draw.permutation(column)
        gaps = [begin.find_gap(above, below) for above, below in pairwise(order.tolist())]
        places = np.concatenate([[0.0], np.cumsum(gaps)])
        found = heights.copy()
        found[order] = places - places.mean() + heights[column].mean()
        return np.asarray(found[column])

    def _run(self, heights: FloatArray, begin: Field) -> tuple[float, FloatArray, Field]:
        """One search: what its end costs, the heights there, and the sides of the indicators."""
        field = begin
        cost = float(field.assess(heights[None])[0][0])
        turned = self.ranks.aims.turned
        moves, tried = 0, [-1] * len(self.ranks.names)
        for _ in range(MOST_SWEEPS):
            before = cost
            for k, name in enumerate(self.ranks.names):
                if tried[k] == moves:
                    # Nothing has moved since this one was tried.
                    continue
                tried[k] = moves
                variants = [field]
                if name in turned:
                    other = turned[name]
                    if field.blocks[name].side == other.side:
                        other = begin.blocks[name]
                    variants.append(self.find_field({**field.blocks, name: other}))
                for variant in variants:
                    trials = self._settle_all(k, list(self._iterate_heights(k, heights)), heights, variant)
                    costs = variant.assess_moved(trials, self.ranks.places[name], heights)
                    best = int(costs.argmin())
                    if costs[best] < cost - WORTH:
                        cost, heights, field = float(costs[best]), trials[best], variant
                        moves += 1
            if cost >= before:
                break
        return cost, heights, field

    def _iterate_heights(self, k: int, heights: FloatArray) -> Iterator[float]:
        """Where a core might go: as it is, level with a neighbour, in their middle, aside, between two others."""
        ranks, y = self.ranks, float(heights[k])
        ends = [float(heights[m]) for m in ranks.neighbours[k]]
        column = sorted(float(heights[m]) for m in ranks.columns[ranks.places[ranks.names[k]]] if m != k)
        wanted = [y, *ends, *([sum(ends) / len(ends)] if ends else [])]
        wanted += [y + sign * step for step, sign in product(STEPS, (-1, 1))]
        wanted += [(one + other) / 2 for one, other in pairwise(column)]
        wanted += [column[0] - 1.0, column[-1] + 1.0] if column else []
        return iter({round(value, 1): value for value in wanted}.values())

    def _settle(self, k: int, y: float, heights: FloatArray, field: Field) -> FloatArray:
        """The heights with one core at another one and the others of its column as near to theirs as may be."""
        return np.asarray(self._settle_all(k, [y], heights, field)[0])

    def _settle_all(self, k: int, wanted: Sequence[float], heights: FloatArray, field: Field) -> FloatArray:
        """The same for each of c heights of the core; c × n."""
        column = self.ranks.columns[self.ranks.places[self.ranks.names[k]]]
        settled = np.repeat(heights[None], len(wanted), axis=0)
        if len(column) == 1:
            settled[:, k] = wanted
            return settled
        others = sorted((float(heights[m]), m) for m in column if m != k)
        orders, found = [], []
        for y in wanted:
            place = bisect(others, (y, k))
            entries = [*others[:place], (y, k), *others[place:]]
            order = [m for _, m in entries]
            distances = [field.find_gap(above, below) for above, below in pairwise(order)]
            weights = [1.0] * len(order)
            weights[place] = HELD
            orders.append(order)
            found.append(separate([value for value, _ in entries], distances, weights))
        settled[np.arange(len(wanted))[:, None], orders] = found
        return settled
