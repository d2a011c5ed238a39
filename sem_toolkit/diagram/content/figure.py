"""What a recognised figure is: a cell for every variable that has its place in it, and the sides of what belongs to it.

Cells are (column, row). Columns are equally far apart, rows follow each other without touching, and numbers between
two whole ones stand between two columns or rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

import numpy as np

Side = Literal["left", "right", "top", "bottom"]
Cell = tuple[float, float]

WITHOUT_PATHS = 0.7
"""Distance of two columns between which there are loadings only."""

TURNED: Mapping[Side, Side] = {"left": "top", "top": "left", "right": "bottom", "bottom": "right"}


@dataclass(frozen=True)
class Figure:
    """An arrangement of the field.

    name   what it is called
    cells  variable → (column, row); indicators without a cell of their own go with their core
    sides  core → the side on which its indicators stand
    outer  variable → the side to which its variance and its arcs go; others find their own
    ports  True where structural paths leave and arrive in the middle of the sides that look at each other
    upright  True where covariances of neighbours in a column are straight
    alone   True where no other arrangement of the model is worth a try
    turned  True where factors stand beside what they load on instead of above or below it
    """

    name: str
    cells: Mapping[str, Cell]
    sides: Mapping[str, Side] = field(default_factory=dict)
    outer: Mapping[str, Side] = field(default_factory=dict)
    ports: bool = False
    upright: bool = False
    alone: bool = False
    turned: bool = False

    @property
    def is_dense(self) -> bool:
        """Whether all variables of a wave lead to all of the next, and covary."""
        return self.ports and self.upright

    def has_arcs_beyond(self, one: str, other: str) -> bool:
        """Whether an arc between two variables of a row surely runs above or below it."""
        return self.alone and self.outer.get(one) == self.outer.get(other) and self.outer.get(one) in ("top", "bottom")

    def turn(self, links: Iterable[tuple[str, str]]) -> "Figure":
        """The same with its columns as rows: what ran from left to right runs downwards.

        Former rows between which no structural path (of `links`) leads are closer to each other.
        """
        rows = sorted({row for _, row in self.cells.values() if row == round(row)})
        crossed = [sorted(self.cells[name][1] for name in link) for link in links if {*link} <= {*self.cells}]
        steps = [
            1.0 if any(low < after and high > before for low, high in crossed) else WITHOUT_PATHS
            for before, after in pairwise(rows)
        ]
        columns = np.concatenate([[0.0], np.cumsum(steps)])
        return replace(
            self,
            cells={name: (float(np.interp(row, rows, columns)), column) for name, (column, row) in self.cells.items()},
            sides={name: TURNED[side] for name, side in self.sides.items()},
            outer={name: TURNED[side] for name, side in self.outer.items()},
            turned=True,
        )
