"""Room for straight paths of a figure: columns and rows so far apart that they miss what stands between their ends."""

from collections.abc import Mapping
from dataclasses import dataclass

from sem_toolkit.diagram.content.figure import Figure
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.blocks import Block

CLEAR = 6.0
"""Distance of a straight path from what stands between its ends in the column of one of them."""

LEAST_SLANT = 0.55
"""A path that would have to come so close to the vertical to miss it (as a share of the columns' distance) is bent."""


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
