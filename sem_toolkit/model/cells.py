"""Where parameters stand in the RAM matrices: the cells of A (directed), S (symmetric) and m (intercepts)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.spec.table import Parameter

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

DIRECTED, SYMMETRIC, INTERCEPT, WEIGHT, THRESHOLD, SCALE = range(6)
KINDS = {
    "=~": DIRECTED,
    "~": DIRECTED,
    "~~": SYMMETRIC,
    "~1": INTERCEPT,
    "<~": WEIGHT,
    "|": THRESHOLD,
    "~*~": SCALE,
}


@dataclass(frozen=True, eq=False)
class Locations:
    """Where the free parameters stand, in the order of the vector x; every array has length q.

    kind    DIRECTED (A), SYMMETRIC (S), INTERCEPT (m), or without a cell of its own WEIGHT (of a composite), THRESHOLD
            and SCALE (of the response behind an ordered variable)
    row     the variable that is affected; column: the variable that affects it (or the other one of a covariance)
    """

    kind: IntArray
    group: IntArray
    row: IntArray
    column: IntArray


@dataclass(frozen=True, eq=False)
class Cells:
    """The free cells of one group, ready for the gather kernels; every array has length c.

    With U = F B (p × t), V = B S Bᵀ, W = U S Bᵀ (p × t) and C = [U W] (p × 2t), each cell changes the covariance matrix
    by weight (C·left C·rightᵀ + C·right C·leftᵀ): left = i; right = t + j for A_ij and j for S_ij; weight ½ on the
    diagonal of S, 0 for intercepts, else 1.
    """

    position: IntArray
    kind: IntArray
    row: IntArray
    column: IntArray
    right: IntArray
    weight: FloatArray

    @property
    def size(self) -> int:
        return len(self.position)

    def stand_as(self, other: "Cells") -> bool:
        """Whether these cells are those of another group, in the same order."""
        return (
            np.array_equal(self.kind, other.kind)
            and np.array_equal(self.row, other.row)
            and np.array_equal(self.column, other.column)
        )

    def places_in(self, used: IntArray) -> "CellPlaces":
        """Where the columns of these cells stand among the columns of C that are used (k, ascending)."""
        return CellPlaces(np.searchsorted(used, self.row), np.searchsorted(used, self.right))

    @cached_property
    def weight_products(self) -> FloatArray:
        """w_a w_b of every pair of cells (c × c)."""
        return self.weight[:, None] * self.weight

    @cached_property
    def mean_factors(self) -> tuple[FloatArray, FloatArray]:
        """a and b (c each) of the slope a E(column) + b of the mean of each cell's row: 1, 0 for A and 0, 1 for m."""
        return (self.kind == DIRECTED).astype(np.float64), (self.kind == INTERCEPT).astype(np.float64)

    @cached_property
    def directed(self) -> IntArray:
        return np.flatnonzero(self.kind == DIRECTED)

    @cached_property
    def symmetric(self) -> IntArray:
        return np.flatnonzero(self.kind == SYMMETRIC)

    @cached_property
    def intercept(self) -> IntArray:
        return np.flatnonzero(self.kind == INTERCEPT)

    @cached_property
    def directed_places(self) -> tuple[IntArray, IntArray, IntArray]:
        """Position in the vector, row and column of the cells of A; likewise below."""
        return self._places(self.directed)

    @cached_property
    def symmetric_places(self) -> tuple[IntArray, IntArray, IntArray]:
        return self._places(self.symmetric)

    @cached_property
    def intercept_places(self) -> tuple[IntArray, IntArray, IntArray]:
        return self._places(self.intercept)

    def _places(self, chosen: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        return self.position[chosen], self.row[chosen], self.column[chosen]


@dataclass(frozen=True, eq=False)
class CellPlaces:
    """For the cells of one group (c): the places of their left and right columns among the used columns of C."""

    left: IntArray
    right: IntArray


@dataclass(frozen=True, eq=False)
class Placed:
    """Cells of g groups: position (g × c) says where each group's stand in the vector of cells."""

    position: IntArray

    @cached_property
    def spans(self) -> tuple[slice, ...] | None:
        """Where those of each group stand, if they stand one behind the other in their order, as they mostly do."""
        size = self.position.shape[1]
        if not size or (self.position != self.position[:, :1] + np.arange(size)).any():
            return None
        return tuple([slice(first, first + size) for first in self.position[:, 0].tolist()])

    @property
    def leads(self) -> bool:
        """Whether they are the first ones of the vector, in its order, as those of the only group may be."""
        return self.spans is not None and len(self.spans) == 1 and self.spans[0].start == 0


@dataclass(frozen=True, eq=False)
class Run(Placed):
    """Neighbouring groups whose cells stand in the same places, so that one gathering serves them all.

    span   the groups, g of them; cells: of the first of them, and so but for their positions of the others
    """

    span: slice
    cells: Cells
    places: CellPlaces

    @cached_property
    def bends(self) -> "Bends":
        """What second derivatives of the moments are gathered by."""
        cells, places = self.cells, self.places
        a, s, m = cells.directed, cells.symmetric, cells.intercept
        return Bends(
            position=self.position[:, np.concatenate([a, s, m])],
            sources=cells.column[a],
            lefts=places.left[a],
            effects=np.concatenate([cells.row[a], cells.row[s], cells.column[s], cells.row[m]]),
            pulls=np.concatenate([places.right[a], places.right[s], places.left[s], places.left[a]]),
            weight=2.0 * cells.weight[s],
        )


@dataclass(frozen=True, eq=False)
class Bends(Placed):
    """What second derivatives of the moments are gathered by; cells in the order: of A (a), of S (s), of m.

    sources   the affecting variable of each cell of A; lefts: its left column among the used columns of C
    effects   columns of B, and pulls: of CᵀDC, for cells of A, those of S from either side, and of m (A again)
    weight    2 w of the cells of S
    """

    sources: IntArray
    lefts: IntArray
    effects: IntArray
    pulls: IntArray
    weight: FloatArray


@dataclass(frozen=True, eq=False)
class Filling:
    """How the RAM matrices are filled: A, S and m of all groups one behind the other are [values; constants][places].

    constants  the distinct fixed values, 0 among them
    places     2 G t² + G t
    """

    constants: FloatArray
    places: IntArray


def is_placeholder(row: Parameter) -> bool:
    """lavaan writes "f =~ f" for a latent variable without indicators; it says no more than that f is latent."""
    return row.op == "=~" and row.lhs == row.rhs


def find_cell(row: Parameter, place: dict[str, int]) -> tuple[int, int, int]:
    kind = KINDS[row.op]
    if kind in (INTERCEPT, THRESHOLD):
        return kind, place[row.lhs], 0
    affected, other = (row.rhs, row.lhs) if row.op == "=~" else (row.lhs, row.rhs)
    return kind, place[affected], place[other]
