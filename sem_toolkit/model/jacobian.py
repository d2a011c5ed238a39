"""The dense Jacobian of the moments: for weights that are no function of Σ, for tests, and for identification."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.cells import Cells
from sem_toolkit.model.kernels import mean_slopes
from sem_toolkit.model.moments import ImpliedMoments, compute_moments
from sem_toolkit.model.namespace import get_namespace, move_to, take
from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]


@lru_cache(maxsize=16)
def vech_indices(p: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the lower triangle, column by column: lavaan's order. They are not to be written to."""
    columns, rows = np.triu_indices(p)
    columns.flags.writeable = rows.flags.writeable = False
    return rows, columns


def compute_jacobian(model: Model, x: FloatArray, moments: ImpliedMoments | None = None) -> FloatArray:
    """Derivative of [μ; vech Σ] by x: ... × G × m × q, m = p + p(p + 1)/2 with means, p(p + 1)/2 without.

    vech is the lower triangle column by column; the mean comes first, and only where the model has means.
    """
    moments = compute_moments(model, x) if moments is None else moments
    columns = moments.columns
    p, space = model.n_observed, get_namespace(columns)
    rows, cols = vech_indices(p)
    blocks = []
    for group, cells in enumerate(model.cells):
        own = columns[..., group, :, :]
        left, right = take(own, cells.row, -1), take(own, cells.right, -1) * move_to(cells.weight, own)
        block = take(left, rows, -2) * take(right, cols, -2) + take(right, rows, -2) * take(left, cols, -2)
        if moments.all_mean is not None:
            slopes = mean_slopes(cells, moments.all_mean[..., group, :])
            block = space.concat([left * slopes[..., None, :], block], axis=-2)
        blocks.append(_spread(model, cells, block))
    result = space.stack(blocks, axis=-3)
    if model.derived is None:
        return result  # type: ignore[no-any-return]
    q, by_x = model.n_parameters, model.derived.jacobian(model, x)
    return np.asarray(result[..., :q] + result[..., q:] @ (by_x if by_x.ndim == 2 else by_x[..., None, :, :]))


def _spread(model: Model, cells: Cells, block: FloatArray) -> FloatArray:
    """Columns of one group's cells (... × m × c) among those of all cells, zero elsewhere."""
    size = model.n_parameters + (0 if model.derived is None else model.derived.n_derived)
    if np.array_equal(cells.position, np.arange(size)):
        return block
    places = np.full(size, cells.size)
    places[cells.position] = np.arange(cells.size)
    space = get_namespace(block)
    nothing = space.zeros_like(block[..., :1]) if cells.size else space.zeros((*block.shape[:-1], 1), dtype=block.dtype)
    return take(space.concat([block, nothing], axis=-1), places, -1)  # type: ignore[no-any-return]
