"""What a recognised figure is: a cell for every variable that has its place in it, and the sides of what belongs to it.

Cells are (column, row). Columns are equally far apart, rows follow each other without touching, and numbers between
two whole ones stand between two columns or rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Side = Literal["left", "right", "top", "bottom"]
Cell = tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """An arrangement of the field.

    name   what it is called
    cells  variable → (column, row); indicators without a cell of their own go with their core
    sides  core → the side on which its indicators stand
    outer  variable → the side to which its variance and its arcs go; others find their own
    ports  True where structural paths leave and arrive in the middle of the sides that look at each other
    """

    name: str
    cells: Mapping[str, Cell]
    sides: Mapping[str, Side] = field(default_factory=dict)
    outer: Mapping[str, Side] = field(default_factory=dict)
    ports: bool = False
