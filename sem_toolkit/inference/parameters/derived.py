"""Rows of a table that are fixed in it and follow from its parameters: their values, and the derivatives of these."""

from collections.abc import Mapping, Sequence

import numpy as np

from sem_toolkit.model import ImpliedMoments, Model
from sem_toolkit.model.cells import INTERCEPT
from sem_toolkit.model.moments import compute_cell_values
from sem_toolkit.model.responses import Responses
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.table import Parameter

Places = Mapping[tuple[int, str], int]
"""Rows by group and variable."""
Derived = dict[int, tuple[float, FloatArray]]
"""Value and derivative by x (q) of rows."""


def list_derived_values(
    model: Model,
    x: FloatArray,
    moments: ImpliedMoments,
    rows: Sequence[Parameter],
    variances: Places,
    intercepts: Places,
) -> Derived:
    """Moments of composites, and of responses behind ordered variables the residual variance (delta) or scale (theta).

    rows        of the table (k), by whose places the values are named
    variances   places of the rows of variances, and of those of `intercepts`
    """
    if model.responses is not None:
        return _list_response_values(model, x, moments, model.responses, rows, variances)
    if model.composites is None:
        return {}
    values, slopes = compute_cell_values(model, x), model.composites.jacobian(model, x)
    found = {}
    for member in model.composites.members:
        cells, key = model.cells[member.group], (member.group + 1, model.variables[member.variable])
        own = cells.row == member.variable
        for places, chosen in (
            (variances, own & (cells.column == member.variable) & (cells.weight == 0.5)),
            (intercepts, own & (cells.kind == INTERCEPT)),
        ):
            k, at = places.get(key), np.flatnonzero(chosen)
            if k is not None and not rows[k].free:
                place = int(cells.position[at[-1]])
                found[k] = float(values[place]), slopes[place - len(x)]
    return found


def _list_response_values(
    model: Model,
    x: FloatArray,
    moments: ImpliedMoments,
    responses: Responses,
    rows: Sequence[Parameter],
    variances: Places,
) -> Derived:
    found: Derived = {}
    if model.derived is not None:
        values, slopes = compute_cell_values(model, x)[len(x) :], model.derived.jacobian(model, x)
        for place, (group, item) in enumerate(
            (group, item) for group in range(model.n_groups) for item in responses.items
        ):
            k = variances.get((group + 1, model.observed[item]))
            if k is not None:
                found[k] = float(values[place]), slopes[place]
        return found
    from sem_toolkit.model.categorical_layout import CategoricalLayout

    layout = model.layout
    assert isinstance(layout, CategoricalLayout)  # noqa: S101
    for group, changes in enumerate(layout.list_changes(model, x, moments)):
        units = layout.find_units(moments, group)
        by_x = np.zeros((len(x), len(units)))
        by_x[changes.moving] = changes.change.units
        at = {model.observed[variable]: place for place, variable in enumerate(layout.variables.tolist())}
        for k, row in enumerate(rows):
            if row.op == "~*~" and row.group == group + 1:
                found[k] = float(units[at[row.lhs]]), by_x[:, at[row.lhs]]
    return found
