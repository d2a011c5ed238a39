"""Room for straight paths of a figure: columns and rows so far apart that they miss what stands between their ends, and
that those which others cross hold their numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sem_toolkit.diagram.content.figure import Cell, Figure
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.blocks import Block
from sem_toolkit.diagram.places.measures import Measures

CLEAR = 6.0
"""Distance of a straight path from what stands between its ends in the column of one of them."""

LEAST_SLANT = 0.55
"""A path that would have to come so close to the vertical to miss it (as a share of the columns' distance) is bent."""

BESIDE_CROSSING = 4.0
"""How far a number on a level path keeps off what crosses that path, in points."""

SLIVER = 0.2
"""Pieces of a level path between others that are shorter than this, in columns, hold no number."""


@dataclass(frozen=True)
class Passed:
    """A shape with its indicators that a structural path passes, in the column of one of the path's ends.

    start, end  rows of the path's ends, the second of them in the column of what is passed
    row         of what is passed
    box         its bounds, beside the middle of its column
    apart       columns between the ends
    inward      how far it reaches from the middle of its column towards the path
    """

    start: float
    end: float
    row: float
    box: Rectangle
    apart: float
    inward: float

    def find_pitch(self, heights: Mapping[float, float]) -> float:
        """The distance of the columns at which a straight path misses it; 0 where the path cannot."""
        left = 1.0 - self._find_depth(heights) / abs(heights[self.end] - heights[self.start])
        return (self.inward + CLEAR) / (left * self.apart) if left > 0.0 else 0.0

    def move_rows(self, heights: Mapping[float, float], pitch: float) -> dict[float, float]:
        """The rows, those beyond it moved away until a straight path misses it."""
        slant = (self.inward + CLEAR) / (pitch * self.apart)
        if slant > LEAST_SLANT:
            return dict(heights)
        there = abs(heights[self.end] - heights[self.start])
        missing = max(0.0, self._find_depth(heights) / (1.0 - slant) - there)
        if self.end < self.row:
            return {row: y - missing if row < self.row else y for row, y in heights.items()}
        return {row: y + missing if row > self.row else y for row, y in heights.items()}

    def _find_depth(self, heights: Mapping[float, float]) -> float:
        """How far its far end is from the start of the path, along the column."""
        own = self.box.moved(0, heights[self.row])
        return max(abs(edge - heights[self.start]) for edge in (own.top, own.bottom))


def list_passed(figure: Figure, blocks: Mapping[str, Block], structure: Structure) -> list[Passed]:
    """What has indicators and a row of its own between the ends of a path, in a figure that runs from left to right."""
    links = [] if figure.turned else [link for link in structure.links if {*link} <= {*figure.cells}]
    found = []
    for a, b in [pair for link in links for pair in (link, link[::-1])]:
        (x, y), (other_x, other_y) = figure.cells[a], figure.cells[b]
        low, high = sorted((y, other_y))
        for name, (column, row) in figure.cells.items():
            if column == other_x != x and low < row < high and structure.indicators.get(name):
                box = blocks[name].bounds
                inward = -box.left if x < other_x else box.right
                found.append(Passed(y, other_y, row, box, abs(other_x - x), inward))
    return found


def iterate_crossed_pitches(
    figure: Figure,
    blocks: Mapping[str, Block],
    heights: Mapping[float, float],
    structure: Structure,
    measures: Measures,
) -> Iterator[float]:
    """What numbers of two lines on level paths ask of the distance of columns where slanting paths cross these."""
    if measures.more_lines == 0.0 or figure.is_dense:
        return
    cells, tall = figure.cells, measures.more_lines
    links = [link for link in structure.links if {*link} <= {*cells}]
    slanting = [(cells[a], cells[b]) for a, b in links if heights[cells[a][1]] != heights[cells[b][1]]]
    for a, b in links:
        (first, row), (last, other_row) = sorted((cells[a], cells[b]))
        if row != other_row or last - first < 1e-6:
            continue
        free, start = [], first
        for at, margin in sorted(_iterate_crossings(slanting, heights, heights[row], tall)):
            if first < at < last:
                free.append((start, at - margin))
                start = at + margin
        if not free:
            continue
        label = measures.find_number(a, b) + BESIDE_CROSSING
        half = max(blocks[name].places[name].width / 2 for name in (a, b)) + BESIDE_CROSSING
        needed = [
            (label + half * ((low == first) + (high == last))) / (high - low)
            for low, high in [*free, (start, last)]
            if high - low > SLIVER
        ]
        yield min(needed, default=0.0)


def _iterate_crossings(
    links: Sequence[tuple[Cell, Cell]],
    heights: Mapping[float, float],
    level: float,
    tall: float,
) -> Iterator[tuple[float, float]]:
    """Where straight paths cross a level, in columns, and how much a number beside them keeps off there."""
    for (x, row), (other_x, other_row) in links:
        y, other_y = heights[row], heights[other_row]
        if min(y, other_y) < level < max(y, other_y):
            yield x + (other_x - x) * (level - y) / (other_y - y), tall * abs((other_x - x) / (other_y - y))
