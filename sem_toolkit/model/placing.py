"""Parameter table to RAM model: every row is placed in the matrices, or refused."""

from collections.abc import Iterable
from operator import attrgetter

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model.cells import (
    DIRECTED,
    INTERCEPT,
    SYMMETRIC,
    THRESHOLD,
    Cells,
    FloatArray,
    Locations,
    find_cell,
    is_placeholder,
)
from sem_toolkit.model.composite_rows import build_composites
from sem_toolkit.model.composites import Composites
from sem_toolkit.model.constraint_rows import build_constraints
from sem_toolkit.model.definitions import build_definitions
from sem_toolkit.model.ram import Model, derive_cells, find_exogenous
from sem_toolkit.model.responses import ResponseVariances, build_responses
from sem_toolkit.spec.names import latent_variables, observed_variables
from sem_toolkit.spec.table import Parameter, ParameterTable

Cell = tuple[int, int, int, int]
"""Kind, row, column and group (from 0)."""
_MOST_PARAMETERS = 8_000  # a matrix of parameters by parameters takes half a gigabyte, and a fit needs several
_MOST_CELLS = 9_000_000  # of the matrix A of all groups, which with its likes then takes a gigabyte


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
    _require_supported(table)
    observed = require_observed(table)
    variables = observed + latent_variables(table)
    place = {name: position for position, name in enumerate(variables)}
    parameters = tuple(sorted([row for row in rows if row.free > 0], key=attrgetter("free")))
    _require_size(len(parameters), len(variables), len(table.groups))
    _require_numbered(parameters)
    found = _find_cells(rows, place)
    shape = (len(table.groups), len(variables), len(variables))
    matrices = _place_fixed(rows, found, shape)
    locations = _locate(rows, found)
    composites = build_composites(table, place, locations, parameters) if "<~" in table.operators else None
    responses = build_responses(table, observed, parameters)
    derived = composites if responses is None else derive_cells(responses, find_exogenous(table, observed))
    cells = _build_cells(locations, composites, derived, len(table.groups), len(variables))
    return Model(
        table=table,
        observed=observed,
        variables=variables,
        groups=table.groups,
        parameters=parameters,
        has_means="~1" in table.operators,
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


def require_observed(table: ParameterTable) -> tuple[str, ...]:
    """Names of the observed variables, in the order of the model. Raises ModelError where there are none."""
    observed = observed_variables(table)
    if not observed:
        raise ModelError(Diagnostic("error", "empty-model", "the model has no observed variables"))
    return observed


def _compute_depth(directed: FloatArray, cells: tuple[Cells, ...]) -> int | None:
    """Length of the longest directed path over all groups' arrows, None where they form a loop.

    Variables are taken away, sources first: Kahn (1962), Communications of the ACM 5, 558-562.
    """
    arrows = (directed != 0.0).any(axis=0)
    for group in cells:
        arrows[group.row[group.directed], group.column[group.directed]] = True
    incoming = arrows.sum(axis=1)
    (sources,) = (incoming == 0).nonzero()
    depth, left = -1, len(incoming)
    while len(sources):
        depth, left = depth + 1, left - len(sources)
        if not left:
            break
        incoming[sources] = -1
        incoming -= arrows[:, sources].sum(axis=1)
        (sources,) = (incoming == 0).nonzero()
    return None if left else depth


def _require_supported(table: ParameterTable) -> None:
    if table.operators >= {"|", "<~"}:
        threshold = next(row for row in table.parameters if row.op == "|")
        message = f'composites (<~) beside ordered variables ("{threshold.lhs}") cannot be estimated'
        hint = "use a factor (=~) in the place of the composite, or take the answers as numbers"
        raise ModelError(Diagnostic("error", "composite-of-ordered", message, span=threshold.origin.span, hint=hint))


def require_size(table: ParameterTable) -> None:
    """Raise ModelError where the model of a table is too large to be held in memory."""
    _require_size(table.npar, len(observed_variables(table)) + len(latent_variables(table)), len(table.groups))


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


def _find_cells(rows: Iterable[Parameter], place: dict[str, int]) -> list[Cell]:
    """The cell of every row; raises ModelError where two have the same."""
    found: list[Cell] = []
    seen: set[tuple[object, ...]] = set()
    for row in rows:
        kind, i, j = find_cell(row, place)
        group = row.group - 1
        other: object = row.rhs if kind == THRESHOLD else j
        cell = (group, kind, j, i) if kind == SYMMETRIC and j < i else (group, kind, i, other)
        if cell in seen:
            message = f'"{row.lhs} {row.op} {row.rhs}" is in the model twice'
            raise ModelError(Diagnostic("error", "duplicate-parameter", message, span=row.origin.span))
        seen.add(cell)
        found.append((kind, i, j, group))
    return found


def _place_fixed(
    rows: Iterable[Parameter], cells: Iterable[Cell], shape: tuple[int, int, int]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A, S (G × t × t) and m (G × t) with the fixed values of the rows, 0 elsewhere."""
    directed, symmetric, intercepts = np.zeros(shape), np.zeros(shape), np.zeros(shape[:2])
    for row, (kind, i, j, group) in zip(rows, cells, strict=True):
        value = row.ustart
        if not value or row.free > 0:
            continue
        if kind == DIRECTED and not is_placeholder(row):
            directed[group, i, j] = value
        elif kind == SYMMETRIC:
            symmetric[group, i, j] = symmetric[group, j, i] = value
        elif kind == INTERCEPT:
            intercepts[group, i] = value
    return directed, symmetric, intercepts


def _locate(rows: Iterable[Parameter], cells: Iterable[Cell]) -> Locations:
    """Where the free rows stand, in the order of their numbers."""
    free = sorted([(row.free, cell) for row, cell in zip(rows, cells, strict=True) if row.free > 0])
    table = np.array([cell for _, cell in free], dtype=np.intp).reshape(-1, 4)
    return Locations(kind=table[:, 0], group=table[:, 3], row=table[:, 1], column=table[:, 2])


def _build_cells(
    locations: Locations,
    composites: Composites | None,
    derived: Composites | ResponseVariances | None,
    n_groups: int,
    t: int,
) -> tuple[Cells, ...]:
    """Cells of each group: those of the parameters, then those that follow from parameters without a cell."""
    has_cell = (locations.kind == DIRECTED) | (locations.kind == SYMMETRIC) | (locations.kind == INTERCEPT)
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
