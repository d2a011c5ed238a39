"""Ordered variables of the structural part: their thresholds belong to no measurement block and are as in the data."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model import Model, compute_moments
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.sample import Sample
from sem_toolkit.spec.table import ParameterTable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def has_thresholds(table: ParameterTable) -> bool:
    """Whether a table has ordered variables."""
    return any(row.op == "|" for row in table.parameters)


def find_loose_thresholds(model: Model, names: Collection[str]) -> IntArray:
    """Places in x of the thresholds of ordered variables of the structural part.

    Raises ModelError where their scale follows from the structural part (theta), which is yet to come.
    """
    rows = [row for row in model.parameters if row.op == "|" and row.lhs in names]
    if rows and model.table.parameterization == "theta":
        message = f'"{rows[0].lhs}" is ordered and has no indicators: with theta its scale is not known before the rest'
        hint = 'parameterization = "delta"'
        raise ModelError(Diagnostic("error", "theta-in-steps", message, rows[0].origin.span, hint))
    wanted = {row.free for row in rows}
    return np.array([place for place, row in enumerate(model.parameters) if row.free in wanted], dtype=np.intp)


def take_thresholds(model: Model, sample: Sample, x: FloatArray, loose: IntArray) -> FloatArray:
    """x (q) with those thresholds at the values that the statistics of each group ask for."""
    layout = model.layout
    if not len(loose) or not isinstance(layout, CategoricalLayout):
        return x
    assert model.responses is not None  # noqa: S101 (it has such a layout)
    moments, found = compute_moments(model, x), x.copy()
    implied, (variable, threshold) = layout.stack(moments), layout.first
    for g, group in enumerate(sample.groups):
        assert group.categorical is not None  # noqa: S101 (a sample of ordered variables)
        places = np.where(threshold >= 0, model.responses.free_thresholds[g][threshold], -1)
        own = np.flatnonzero(np.isin(places, loose))
        left = group.categorical.values[own] - implied[g][own]
        found[places[own]] += left / layout.find_units(moments, g)[variable[own]]
    return found
