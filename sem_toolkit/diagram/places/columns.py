"""Distances of columns: as close as their shapes allow, as far apart as numbers ask for and the page has room."""

from collections.abc import Sequence

import numpy as np

from sem_toolkit.diagram.geometry.plane import FloatArray
from sem_toolkit.diagram.places.blocks import Block
from sem_toolkit.diagram.places.stacking import Room

WIDEST_GAP = 130.0
"""Columns are at most so many points apart because of steep or many paths."""

STRETCH = 1.5
"""Ranks are drawn apart by this factor at most, where many paths connect them."""

FILLED = 0.7
"""How much of the page they fill then."""


class ColumnShape:
    """The extents of a column's variables as arrays, around the middle of its cores."""

    def __init__(self, blocks: Sequence[tuple[Block, float]]) -> None:
        named = [(name, box.moved(0, y), block.core) for block, y in blocks for name, box in block.extents.items()]
        boxes = [box for _, box, _ in named]
        self.left, self.right = np.array([box.left for box in boxes]), np.array([box.right for box in boxes])
        self.top, self.bottom = np.array([box.top for box in boxes]), np.array([box.bottom for box in boxes])
        self.is_core = np.array([name == core for name, _, core in named], bool)

    def find_reaches(self, other: "ColumnShape", beside: float, apart: bool) -> tuple[float, float]:
        """How far the middle of another column must lie to the right of this one's: at least, and without the gap.

        beside  between indicators at about the same height; the gap is that of cores, or of whole columns `apart`
        """
        if len(self.left) == 0 or len(other.left) == 0:
            return 0.0, -np.inf
        if apart:
            return -np.inf, float(self.right.max() - other.left.min())
        cores = self.is_core[:, None] & other.is_core[None]
        level = (self.bottom[:, None] + beside > other.top) & (self.top[:, None] - beside < other.bottom)
        needed = self.right[:, None] - other.left
        rest = np.where(level & ~cores, needed, -np.inf).max() + beside
        return float(rest), float(np.where(cores, needed, -np.inf).max())


def fit_columns(
    columns: Sequence[ColumnShape], room: Room, limit: float | None, apart: bool, stretch: bool
) -> FloatArray:
    """Where the columns stand: as far apart as wanted, closer where the page is too small; length of columns.

    stretch  whether they are drawn out where they would take little of the page
    """
    reaches = [[one.find_reaches(other, room.beside, apart) for one in columns[:k]] for k, other in enumerate(columns)]
    offsets = _line_up(columns, reaches, room.along)
    # Arcs outside the first and last column take room, too.
    free = None if limit is None else limit - 16
    if free is None:
        return offsets
    low, high = room.tight, room.along
    if measure_columns(columns, offsets) <= free:
        if not stretch or measure_columns(columns, offsets) >= FILLED * free:
            return offsets
        low, high, free = room.along, max(STRETCH * room.along, WIDEST_GAP), FILLED * free
    for _ in range(6):
        middle = (low + high) / 2
        fits = measure_columns(columns, _line_up(columns, reaches, middle)) <= free
        low, high = (middle, high) if fits else (low, middle)
    return _line_up(columns, reaches, low)


def _line_up(
    columns: Sequence[ColumnShape], reaches: Sequence[Sequence[tuple[float, float]]], gap: float
) -> FloatArray:
    """Where columns stand whose cores are a gap apart; reaches: of each column from each before it."""
    offsets = np.zeros(len(columns))
    for k, column in enumerate(columns[1:], start=1):
        wanted = [offsets[m] + max(rest, reach + gap) for m, (rest, reach) in enumerate(reaches[k])]
        # A column of channels only is passed by paths.
        offsets[k] = max([*wanted, offsets[k - 1] + (gap if len(column.left) == 0 else 0.0)])
    return offsets


def measure_columns(columns: Sequence[ColumnShape], offsets: FloatArray) -> float:
    filled = [(column, x) for column, x in zip(columns, offsets, strict=True) if len(column.left)]
    right = max(float(column.right.max() + x) for column, x in filled)
    return right - min(float(column.left.min() + x) for column, x in filled)
