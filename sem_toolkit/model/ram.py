"""Parameter table to RAM model: where each row stands in the matrices A (directed), S (symmetric) and m (intercepts).

McArdle & McDonald (1984), British Journal of Mathematical and Statistical Psychology 37, 234-251:
v = A v + u, Cov(u) = S, E(u) = m, with the observed variables first among v.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model.composites import Composites, build_composites
from sem_toolkit.model.constraints import Constraints, build_constraints
from sem_toolkit.model.definitions import Definitions, build_definitions
from sem_toolkit.model.responses import Responses, ResponseVariances, build_responses
from sem_toolkit.spec.names import latent_variables, observed_variables
from sem_toolkit.spec.table import CONSTRAINT_OPERATORS, ECHELON, TIED_ECHELON, Parameter, ParameterTable

if TYPE_CHECKING:
    from sem_toolkit.model.layout import MomentLayout
    from sem_toolkit.model.pairs import Pairs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

_MOST_PARAMETERS = 8_000  # a matrix of parameters by parameters takes half a gigabyte, and a fit needs several
_MOST_CELLS = 9_000_000  # of the matrix A of all groups, which with its likes then takes a gigabyte
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
class Filling:
    """How the RAM matrices are filled: A, S and m of all groups one behind the other are [values; constants][places].

    constants  the distinct fixed values, 0 among them
    places     2 G t² + G t
    """

    constants: FloatArray
    places: IntArray


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
        return self.composites if self.composites is not None else _derive(self.responses, self.exogenous)

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
        return _find_exogenous(self.table, self.observed)

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
        fixed = (self.directed, self.symmetric, self.intercepts)
        constants, places = np.unique(np.concatenate([matrix.ravel() for matrix in fixed]), return_inverse=True)
        size = sum(cells.size for cells in self.cells) + self.n_hidden
        places = places + size
        places[np.concatenate(target)] = np.concatenate(source)
        return Filling(constants, places)

    @cached_property
    def used_columns(self) -> IntArray:
        """Which columns of C = [U W] free cells need, in ascending order (k): all derivatives are made of these."""
        return np.unique(np.concatenate([column for cells in self.cells for column in (cells.row, cells.right)]))

    @cached_property
    def cell_places(self) -> tuple[CellPlaces, ...]:
        """Where the cells of each group stand among `used_columns`."""
        return tuple(cells.places_in(self.used_columns) for cells in self.cells)

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


def _measure_row(row: Parameter, scale: FloatArray, place: dict[str, int]) -> Parameter:
    """The row with its value in other units."""
    if row.ustart is None or _is_placeholder(row):
        return row
    kind, i, j = (KINDS[row.op], place[row.lhs], place[row.rhs]) if row.op == "<~" else _cell(row, place)
    right = 1.0 if kind in (INTERCEPT, THRESHOLD) else scale[j]
    return replace(row, ustart=float(row.ustart / (scale[i] * right if kind == SYMMETRIC else scale[i] / right)))


def format_parameter(row: Parameter, groups: tuple[str, ...] = ("",)) -> str:
    """The row as a user would type it, followed by its group where there are several."""
    name = f"{row.lhs} {row.op} {row.rhs}".rstrip()
    return name if len(groups) < 2 else f"{name} [{groups[row.group - 1]}]"


def build_model(table: ParameterTable) -> Model:
    """Place every row of the table in the RAM matrices.

    Fixed rows without a value (ustart None) count as 0; moments of exogenous variables (exo = 1) must have been filled
    in from the sample before. Raises ModelError for tables without observed variables, for composites beside ordered
    variables, for two rows of one cell, and for contradictory constraints.
    """
    if table.levels and not table.separated:
        message = "this cannot be done with a model of two levels"
        raise ModelError(Diagnostic("error", "not-with-levels", message, hint="take the level: blocks out"))
    rows = table.parameters
    _require_supported(rows)
    observed = observed_variables(table)
    if not observed:
        raise ModelError(Diagnostic("error", "empty-model", "the model has no observed variables"))
    variables = observed + latent_variables(table)
    place = {name: position for position, name in enumerate(variables)}
    parameters = tuple(sorted((row for row in rows if row.free > 0), key=lambda row: row.free))
    _require_size(len(parameters), len(variables), len(table.groups))
    _require_numbered(parameters)
    _require_one_row_a_cell(rows)
    shape = (len(table.groups), len(variables), len(variables))
    matrices = (np.zeros(shape), np.zeros(shape), np.zeros(shape[:2]))
    for row in rows:
        _place_fixed(matrices, row, place)
    locations = _locate(parameters, place)
    composites = build_composites(table, place, locations, parameters) if _has_composites(rows) else None
    responses = build_responses(table, observed, parameters)
    derived = composites if composites is not None else _derive(responses, _find_exogenous(table, observed))
    cells = _build_cells(locations, composites, derived, len(table.groups), len(variables))
    return Model(
        table=table,
        observed=observed,
        variables=variables,
        groups=table.groups,
        parameters=parameters,
        has_means=any(row.op == "~1" for row in rows),
        locations=locations,
        directed=matrices[0],
        symmetric=matrices[1],
        intercepts=matrices[2],
        cells=cells,
        constraints=build_constraints(table, parameters),
        definitions=build_definitions(table, parameters),
        composites=composites,
        responses=responses,
        depth=_compute_depth(matrices[0], cells),
    )


def _compute_depth(directed: FloatArray, cells: tuple[Cells, ...]) -> int | None:
    """Length of the longest directed path over all groups' arrows, None where they form a loop.

    Variables are taken away, sources first: Kahn (1962), Communications of the ACM 5, 558-562.
    """
    arrows = (directed != 0.0).any(axis=0)
    for group in cells:
        arrows[group.row[group.directed], group.column[group.directed]] = True
    incoming = arrows.sum(axis=1)
    sources = np.flatnonzero(incoming == 0)
    depth, left = -1, len(incoming)
    while len(sources):
        depth, left = depth + 1, left - len(sources)
        incoming[sources] = -1
        incoming -= arrows[:, sources].sum(axis=1)
        sources = np.flatnonzero(incoming == 0)
    return None if left else depth


def _has_composites(rows: Iterable[Parameter]) -> bool:
    return any(row.op == "<~" for row in rows)


def _find_exogenous(table: ParameterTable, observed: tuple[str, ...]) -> tuple[int, ...]:
    """Positions of the observed variables whose moments are taken from the data."""
    names = {row.lhs for row in table.parameters if row.exo > 0 and row.free == 0}
    return tuple(i for i, name in enumerate(observed) if name in names)


def _derive(responses: Responses | None, exogenous: tuple[int, ...]) -> ResponseVariances | None:
    """The residual variances that follow from scales; none under theta, where they are parameters."""
    if responses is None or not responses.is_delta:
        return None
    return ResponseVariances(responses, exogenous if responses.is_conditional else ())


def _require_supported(rows: Iterable[Parameter]) -> None:
    rows = list(rows)
    threshold = next((row for row in rows if row.op == "|"), None)
    if threshold is not None and _has_composites(rows):
        message = f'composites (<~) beside ordered variables ("{threshold.lhs}") cannot be estimated'
        hint = "use a factor (=~) in the place of the composite, or take the answers as numbers"
        raise ModelError(Diagnostic("error", "composite-of-ordered", message, span=threshold.origin.span, hint=hint))


def _require_size(parameters: int, variables: int, groups: int) -> None:
    """Refuse what cannot be held in memory before any matrix is made."""
    hint = "take fewer variables or groups"
    if parameters > _MOST_PARAMETERS:
        message = f"the model has {parameters} free parameters; more than {_MOST_PARAMETERS} cannot be estimated"
        raise ModelError(Diagnostic("error", "too-many-parameters", message, hint=hint))
    if groups * variables**2 > _MOST_CELLS:
        message = f"the model has {variables} variables" + (f" in {groups} groups" if groups > 1 else "")
        message += f"; more than {int((_MOST_CELLS / groups) ** 0.5)} cannot be estimated"
        raise ModelError(Diagnostic("error", "too-many-variables", message, hint=hint))


def _require_numbered(parameters: tuple[Parameter, ...]) -> None:
    if [row.free for row in parameters] != list(range(1, len(parameters) + 1)):
        raise ModelError(
            Diagnostic("error", "free-numbering", "free parameters are not numbered 1, 2, ... in the table")
        )


def _require_one_row_a_cell(rows: Iterable[Parameter]) -> None:
    seen: set[tuple[object, ...]] = set()
    for row in rows:
        pair = tuple(sorted((row.lhs, row.rhs))) if row.op == "~~" else (row.lhs, row.rhs)
        pair = (row.rhs, row.lhs) if row.op == "=~" else pair
        cell = (row.group, KINDS[row.op], *pair)
        if cell in seen:
            message = f'"{row.lhs} {row.op} {row.rhs}" is in the model twice'
            raise ModelError(Diagnostic("error", "duplicate-parameter", message, span=row.origin.span))
        seen.add(cell)


def _is_placeholder(row: Parameter) -> bool:
    """lavaan writes "f =~ f" for a latent variable without indicators; it says no more than that f is latent."""
    return row.op == "=~" and row.lhs == row.rhs


def _place_fixed(matrices: tuple[FloatArray, FloatArray, FloatArray], row: Parameter, place: dict[str, int]) -> None:
    if row.free > 0 or KINDS[row.op] not in (DIRECTED, SYMMETRIC, INTERCEPT) or _is_placeholder(row):
        return
    group, value = row.group - 1, 0.0 if row.ustart is None else row.ustart
    kind, i, j = _cell(row, place)
    if kind == DIRECTED:
        matrices[0][group, i, j] = value
    elif kind == SYMMETRIC:
        matrices[1][group, i, j] = matrices[1][group, j, i] = value
    else:
        matrices[2][group, i] = value


def _cell(row: Parameter, place: dict[str, int]) -> tuple[int, int, int]:
    kind = KINDS[row.op]
    if kind in (INTERCEPT, THRESHOLD):
        return kind, place[row.lhs], 0
    affected, other = (row.rhs, row.lhs) if row.op == "=~" else (row.lhs, row.rhs)
    return kind, place[affected], place[other]


def _locate(parameters: tuple[Parameter, ...], place: dict[str, int]) -> Locations:
    found = [(*_cell(row, place), row.group - 1) for row in parameters]
    table = np.array(found, dtype=np.intp).reshape(-1, 4)
    return Locations(kind=table[:, 0], group=table[:, 3], row=table[:, 1], column=table[:, 2])


def _build_cells(
    locations: Locations,
    composites: Composites | None,
    derived: Composites | ResponseVariances | None,
    n_groups: int,
    t: int,
) -> tuple[Cells, ...]:
    """Cells of each group: those of the parameters, then those that follow from parameters without a cell."""
    has_cell = np.isin(locations.kind, (DIRECTED, SYMMETRIC, INTERCEPT))
    position = np.flatnonzero(has_cell if composites is None else ~composites.hidden)
    columns = [
        position,
        *(array[position] for array in (locations.kind, locations.group, locations.row, locations.column)),
    ]
    if derived is not None:
        columns = [np.concatenate(pair) for pair in zip(columns, derived.cells(len(locations.kind)), strict=True)]
    position, kind, group, row, column = columns
    right = np.where(kind == DIRECTED, t + column, column)
    weight = np.where(kind == INTERCEPT, 0.0, np.where((kind == SYMMETRIC) & (row == column), 0.5, 1.0))
    return tuple(
        Cells(*(array[group == number] for array in (position, kind, row, column, right, weight)))
        for number in range(n_groups)
    )
