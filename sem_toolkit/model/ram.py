"""The RAM model: matrices A (directed), S (symmetric) and m (intercepts), and where their free cells stand.

McArdle & McDonald (1984), British Journal of Mathematical and Statistical Psychology 37, 234-251:
v = A v + u, Cov(u) = S, E(u) = m, with the observed variables first among v.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.model.cells import (
    INTERCEPT,
    KINDS,
    SYMMETRIC,
    THRESHOLD,
    CellPlaces,
    Cells,
    Filling,
    FloatArray,
    IntArray,
    Locations,
    Run,
    find_cell,
    is_placeholder,
)
from sem_toolkit.model.composites import Composites
from sem_toolkit.model.constraints import Constraints
from sem_toolkit.model.definitions import Definitions, build_definitions
from sem_toolkit.model.responses import Responses, ResponseVariances
from sem_toolkit.spec.table import CONSTRAINT_OPERATORS, ECHELON, TIED_ECHELON, Parameter, ParameterTable

if TYPE_CHECKING:
    from sem_toolkit.model.interleaved import Interleaved
    from sem_toolkit.model.layout import MomentLayout
    from sem_toolkit.model.measured import Measured
    from sem_toolkit.model.pairs import Pairs


@dataclass(frozen=True, eq=False)
class Model:
    """A model ready for numbers. p observed variables, t variables in all, q free parameters, G groups.

    observed     names of the p observed variables; variables: these, then latent variables and composites
    parameters   the q rows with free > 0, in the order of `free`; the vector x has their values
    has_means    whether the table has intercepts, so that means are part of the model
    locations    where the parameters stand
    directed, symmetric, intercepts   G × t × t, G × t × t, G × t: the fixed values, 0 where free
    composites   how the cells of composites follow from weights; None where there are none
    responses    thresholds and scales of ordered variables; None where there are none
    depth        arrows on the longest directed path; None where there is a loop
    """

    table: ParameterTable
    observed: tuple[str, ...]
    variables: tuple[str, ...]
    groups: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    has_means: bool
    locations: Locations
    directed: FloatArray
    symmetric: FloatArray
    intercepts: FloatArray
    cells: tuple[Cells, ...]
    constraints: Constraints
    definitions: Definitions
    composites: Composites | None = None
    responses: Responses | None = None
    depth: int | None = None

    @cached_property
    def derived(self) -> "Composites | ResponseVariances | None":
        """What makes the cells that follow from parameters without a cell of their own; None where there are none."""
        return self.composites if self.composites is not None else derive_cells(self.responses, self.exogenous)

    @cached_property
    def layout(self) -> "MomentLayout":
        """The vector of statistics that the model explains in each group."""
        from sem_toolkit.model.layout import build_layout

        return build_layout(self)

    @cached_property
    def n_hidden(self) -> int:
        """How many parameters have no cell of their own."""
        return self.n_parameters - sum(int((cells.position < self.n_parameters).sum()) for cells in self.cells)

    @cached_property
    def presence(self) -> NDArray[np.bool_] | None:
        """Which observed variables occur in which group (G × p), where groups are levels of rows in clusters; or None.

        What does not occur has variance 0 there.
        """
        if not self.table.separated:
            return None
        there = {(row.group, name) for row in self.table.parameters for name in (row.lhs, row.rhs)}
        return np.array([[(g + 1, name) in there for name in self.observed] for g in range(self.n_groups)])

    def sees(self, row: Parameter) -> bool:
        """Whether data tell of a moment by itself: of means at both levels they tell only the sum, at the upper one."""
        if self.presence is None or row.op != "~1" or row.lhs not in self.observed or row.group % 2 == 0:
            return True
        return not self.presence[row.group][self.observed.index(row.lhs)]

    @property
    def n_observed(self) -> int:
        return len(self.observed)

    @property
    def n_variables(self) -> int:
        return len(self.variables)

    @property
    def n_parameters(self) -> int:
        return len(self.parameters)

    @property
    def n_searched(self) -> int:
        """How many parameters a search for estimates has: those that rotation frees are not among them."""
        return sum(row.user not in (ECHELON, TIED_ECHELON) for row in self.parameters)

    @property
    def n_groups(self) -> int:
        return len(self.groups)

    @cached_property
    def exogenous(self) -> tuple[int, ...]:
        """Positions of the observed variables whose moments are taken from the data (fixed.x)."""
        return find_exogenous(self.table, self.observed)

    @cached_property
    def filling(self) -> Filling:
        """Where the values of the free cells go in the RAM matrices."""
        t, square = self.n_variables, self.directed.size
        target, source = [], []
        for group, cells in enumerate(self.cells):
            start = group * t * t
            position, row, column = cells.directed_places
            target.append(start + row * t + column)
            position_s, row, column = cells.symmetric_places
            target += [square + start + row * t + column, square + start + column * t + row]
            position_m, row, _ = cells.intercept_places
            target.append(2 * square + group * t + row)
            source += [position, position_s, position_s, position_m]
        fixed = np.concatenate([matrix.ravel() for matrix in (self.directed, self.symmetric, self.intercepts)])
        held = np.flatnonzero(fixed)  # few
        numbers: dict[float, int] = {0.0: 0}
        size = sum(cells.size for cells in self.cells) + self.n_hidden
        places = np.full(len(fixed), size)
        places[held] += np.array([numbers.setdefault(value, len(numbers)) for value in fixed[held].tolist()], np.intp)
        places[np.concatenate(target)] = np.concatenate(source)
        return Filling(np.array([*numbers]), places)

    @cached_property
    def used_columns(self) -> IntArray:
        """Which columns of C = [U W] free cells need, in ascending order (k): all derivatives are made of these."""
        columns = [column for cells in self.cells for column in (cells.row, cells.right)]
        return np.flatnonzero(np.bincount(np.concatenate(columns)))  # np.unique would load masked arrays

    @cached_property
    def cell_places(self) -> tuple[CellPlaces, ...]:
        """Where the cells of each group stand among `used_columns`."""
        return tuple(cells.places_in(self.used_columns) for cells in self.cells)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The groups, those beside each other taken together whose cells stand in the same places."""
        first = [g for g in range(self.n_groups) if not g or not self.cells[g].stand_as(self.cells[g - 1])]
        return tuple(
            Run(
                np.array([cells.position for cells in self.cells[start:end]]),
                slice(start, end),
                self.cells[start],
                self.cell_places[start],
            )
            for start, end in pairwise([*first, self.n_groups])
        )

    @cached_property
    def cell_products(self) -> tuple[IntArray, FloatArray, IntArray]:
        """For all groups' cells: the element of the stacked products CᵀDC (G k k) that is their slope, its factor
        2 w, and the position of the cell."""
        k = len(self.used_columns)
        pairs = enumerate(zip(self.cells, self.cell_places, strict=True))
        place = [group * k * k + places.left * k + places.right for group, (_, places) in pairs]
        factor = np.concatenate([2.0 * cells.weight for cells in self.cells])
        return np.concatenate(place), factor, np.concatenate([cells.position for cells in self.cells])

    @cached_property
    def cell_order(self) -> IntArray | None:
        """Where each element of the vector of cells stands among the cells of all groups one behind the other.

        What is no cell of its own stands behind the last of them. None where the order is the same.
        """
        position = np.concatenate([cells.position for cells in self.cells])
        order = np.full(len(position) + self.n_hidden, len(position))
        order[position] = np.arange(len(position))
        return None if np.array_equal(order, np.arange(len(position))) else order

    @cached_property
    def square_order(self) -> IntArray | None:
        """The same for squares of cells: places among the groups' flattened squares, 0 behind the last of them."""
        if self.cell_order is None and len(self.cells) == 1:
            return None
        total = sum(cells.size**2 for cells in self.cells)
        size = sum(cells.size for cells in self.cells) + self.n_hidden
        order, start = np.full((size, size), total), 0
        for cells in self.cells:
            block = np.arange(start, start + cells.size**2).reshape(cells.size, cells.size)
            order[cells.position[:, None], cells.position] = block
            start += cells.size**2
        return order.ravel()

    @cached_property
    def pairs(self) -> "Pairs":
        """How second derivatives over stacks are gathered."""
        from sem_toolkit.model.pairs import build_pairs

        return build_pairs(self)

    @cached_property
    def parameter_names(self) -> tuple[str, ...]:
        """A readable name a parameter, unique: "visual=~x2", with the group's label where there are several."""
        return tuple(format_parameter(row, self.groups) for row in self.parameters)

    @cached_property
    def layouts(self) -> "dict[bytes, Interleaved]":
        """How it is laid out for many points, by the shares of its groups: filled by `find_layout`."""
        return {}

    @cached_property
    def measured_layouts(self) -> "dict[bytes, Measured | None]":
        """How it is laid out for slopes alone, likewise: filled by `find_measured`."""
        return {}

    def compute_units(self, scale: FloatArray) -> FloatArray:
        """What each parameter (q) is measured in when the variables are measured in `scale` (t)."""
        where = self.locations
        left = scale[where.row]
        right = np.where(np.isin(where.kind, (INTERCEPT, THRESHOLD)), 1.0, scale[where.column])
        return np.where(where.kind == SYMMETRIC, left * right, left / right)

    def in_units(self, scale: FloatArray) -> "Model":
        """The same model of variables that are divided by `scale` (t): what is fixed, given or bound changes with them.

        Responses behind ordered variables have no units: their scale is to be 1.

        With x of this model, x / compute_units(scale) is the same point of that one. Its table has the rows of
        parameters only: constraints are texts about numbers in the old units, and their new form is in `constraints`.
        """
        place = {name: position for position, name in enumerate(self.variables)}
        units = self.compute_units(scale)
        rows = tuple(
            _measure_row(row, scale, place)
            for row in self.table.rows
            if row.op not in CONSTRAINT_OPERATORS and row.op != ":="
        )
        table = replace(self.table, rows=rows)
        parameters = tuple(sorted((row for row in rows if row.free > 0), key=lambda row: row.free))
        return replace(
            self,
            table=table,
            parameters=parameters,
            directed=self.directed / (scale[:, None] / scale),
            symmetric=self.symmetric / (scale[:, None] * scale),
            intercepts=self.intercepts / scale,
            constraints=self.constraints.measure_in(units),
            definitions=build_definitions(table, parameters),
            composites=None if self.composites is None else self.composites.in_units(scale),
        )


def format_parameter(row: Parameter, groups: tuple[str, ...] = ("",)) -> str:
    """The row as a user would type it, followed by its group where there are several."""
    name = f"{row.lhs} {row.op} {row.rhs}".rstrip()
    return name if len(groups) < 2 else f"{name} [{groups[row.group - 1]}]"


def _measure_row(row: Parameter, scale: FloatArray, place: dict[str, int]) -> Parameter:
    """The row with its value in other units."""
    if row.ustart is None or is_placeholder(row):
        return row
    kind, i, j = (KINDS[row.op], place[row.lhs], place[row.rhs]) if row.op == "<~" else find_cell(row, place)
    right = 1.0 if kind in (INTERCEPT, THRESHOLD) else scale[j]
    return row._replace(ustart=float(row.ustart / (scale[i] * right if kind == SYMMETRIC else scale[i] / right)))


def find_exogenous(table: ParameterTable, observed: tuple[str, ...]) -> tuple[int, ...]:
    """Positions of the observed variables whose moments are taken from the data."""
    names = {row.lhs for row in table.given}
    return tuple(i for i, name in enumerate(observed) if name in names)


def derive_cells(responses: Responses | None, exogenous: tuple[int, ...]) -> ResponseVariances | None:
    """The residual variances that follow from scales; none under theta, where they are parameters."""
    if responses is None or not responses.is_delta:
        return None
    return ResponseVariances(responses, exogenous if responses.is_conditional else ())
