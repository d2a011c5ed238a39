"""The dense Jacobian of the moments: for weights that are no function of Σ, for tests, and for identification."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.kernels import mean_slopes
from sem_toolkit.model.moments import ImpliedMoments, compute_moments
from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]


def vech_indices(p: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the lower triangle, column by column: lavaan's order."""
    columns, rows = np.triu_indices(p)
    return rows, columns


def compute_jacobian(model: Model, x: FloatArray, moments: ImpliedMoments | None = None) -> FloatArray:
    """Derivative of [μ; vech Σ] by x: G × m × q, m = p + p(p + 1)/2 with means, p(p + 1)/2 without.

    vech is the lower triangle column by column; the mean comes first, and only where the model has means.
    """
    x = np.asarray(x, dtype=np.float64)
    moments = compute_moments(model, x) if moments is None else moments
    columns = moments.columns
    p = model.n_observed
    rows, cols = vech_indices(p)
    first = p if moments.mean is not None else 0
    size = model.n_parameters + (0 if model.derived is None else model.derived.n_derived)
    result = np.zeros((model.n_groups, first + len(rows), size))
    for group, cells in enumerate(model.cells):
        left, right = columns[group][:, cells.row], columns[group][:, cells.right] * cells.weight
        block = left[rows] * right[cols] + right[rows] * left[cols]
        if moments.all_mean is not None:
            block = np.concatenate([left * mean_slopes(cells, moments.all_mean[group]), block])
        result[group][:, cells.position] = block
    return result if model.derived is None else result @ model.derived.cell_jacobian(model, x)
