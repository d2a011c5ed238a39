"""Whether estimates of many samples are those of variables that can exist."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.stack import factor_stack
from sem_toolkit.model import ImpliedMoments, Model
from sem_toolkit.model.moments import compute_matrices

FloatArray = NDArray[np.float64]

_ROUNDING = 1e-9


def are_admissible(model: Model, x: FloatArray, moments: ImpliedMoments) -> NDArray[np.bool_]:
    """Whether the estimates (b × q) are those of variables: variances, residual and latent covariance matrices (b)."""
    p = model.n_observed
    symmetric = compute_matrices(model, x).symmetric
    fine = (np.diagonal(symmetric, axis1=-2, axis2=-1) >= -_ROUNDING).all(axis=(1, 2))
    related = _find_related(model)
    residuals, factors = np.flatnonzero(related[:p]), p + np.flatnonzero(related[p:])
    parts = [symmetric[..., own[:, None], own] for own in (residuals, factors) if len(own)]
    for matrices in (*parts, moments.all_covariance[..., p:, p:]):
        if matrices.shape[-1]:
            size = np.abs(np.diagonal(matrices, axis1=-2, axis2=-1))
            scale = 1.0 / np.sqrt(np.where(size > 0.0, size, 1.0))
            fine &= are_above(matrices * scale[..., :, None] * scale[..., None, :], -_ROUNDING).all(axis=-1)
    return np.asarray(fine)


def _find_related(model: Model) -> NDArray[np.bool_]:
    """Which variables have a residual covariance, free or fixed (t); of others the variance alone matters."""
    related = np.zeros(model.n_variables, dtype=np.bool_)
    _, row, column = np.nonzero(model.symmetric)
    apart = row != column
    related[row[apart]] = True
    for cells in model.cells:
        _, row, column = cells.symmetric_places
        apart = row != column
        related[row[apart]] = related[column[apart]] = True
    return related


def are_above(matrices: FloatArray, bound: float) -> NDArray[np.bool_]:
    """Whether the smallest eigenvalues (...) of symmetric matrices (... × p × p) are above a bound near 0.

    They are where all of them, less the bound, have Cholesky factors.
    """
    return factor_stack(matrices - bound * np.eye(matrices.shape[-1]))[0]
