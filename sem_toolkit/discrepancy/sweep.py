"""Inverses and determinants of many symmetric positive definite matrices, side by side in memory.

Small matrices are swept (Beaton 1964; Goodnight 1979, The American Statistician 33, 149-158) with the stack along the
last axis, where a library call a matrix would take longer than its arithmetic; larger ones are put together from their
halves by products (Duncan 1944, Philosophical Magazine 35, 660-670).
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_PIVOT = 1e-13  # of its diagonal element: what is smaller is rounding
_SWEPT = 8
"""Rows of the largest matrix that is swept."""


def invert_definite(matrices: FloatArray) -> tuple[NDArray[np.bool_], FloatArray, FloatArray]:
    """Which matrices (b × p × p) are positive definite, logarithms of their determinants (b), and their inverses.

    What is not positive definite does not stop its neighbours; its numbers mean nothing.
    """
    floor = _PIVOT * matrices.diagonal(axis1=-2, axis2=-1)
    with np.errstate(all="ignore"):
        pivots, inverse = _invert(matrices)
        usable = np.asarray((pivots > np.maximum(floor.T, 0.0)).all(axis=0))
        logarithms = np.log(np.where(usable, pivots, 1.0)).sum(axis=0)
    return usable, logarithms, inverse


def _invert(matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Pivots (p × b) and inverses (b × p × p)."""
    p = matrices.shape[-1]
    if p <= _SWEPT:
        pivots, inverse = sweep(matrices.transpose(1, 2, 0).copy(order="C"))
        return pivots, np.ascontiguousarray(inverse.transpose(2, 0, 1))
    half = p // 2
    across = np.ascontiguousarray(matrices[:, :half, half:])
    first_pivots, first = _invert(matrices[:, :half, :half])
    turned = first @ across
    second_pivots, second = _invert(matrices[:, half:, half:] - across.swapaxes(-1, -2) @ turned)
    corner = turned @ second
    inverse = np.empty_like(matrices, order="C")
    inverse[:, :half, :half] = first + corner @ turned.swapaxes(-1, -2)
    inverse[:, :half, half:] = -corner
    inverse[:, half:, :half] = -corner.swapaxes(-1, -2)
    inverse[:, half:, half:] = second
    return np.concatenate([first_pivots, second_pivots]), inverse


def sweep(work: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Pivots (p × b) and inverses (p × p × b) of matrices p × p × b, which are used up."""
    p, b = len(work), work.shape[-1]
    pivots, outer = np.empty((p, b), dtype=work.dtype), np.empty_like(work)
    for k in range(p):
        pivots[k] = work[k, k]
        column = work[:, k].copy()
        row = column / pivots[k]
        np.multiply(column[:, None], row, out=outer)
        work -= outer
        work[k] = work[:, k] = row
        work[k, k] = -1.0 / pivots[k]
    return pivots, np.negative(work, out=work)
