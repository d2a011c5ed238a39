"""Whether estimates of many samples are those of variables that can exist."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model import ImpliedMoments, Model
from sem_toolkit.model.moments import compute_matrices

FloatArray = NDArray[np.float64]

_ROUNDING = 1e-9


def are_admissible(model: Model, x: FloatArray, moments: ImpliedMoments) -> NDArray[np.bool_]:
    """Whether the estimates (b × q) are those of variables: variances, residual and latent covariance matrices (b)."""
    p = model.n_observed
    symmetric = compute_matrices(model, x).symmetric
    fine = (np.diagonal(symmetric, axis1=-2, axis2=-1) >= -_ROUNDING).all(axis=(1, 2))
    for matrices in (symmetric[..., :p, :p], symmetric[..., p:, p:], moments.all_covariance[..., p:, p:]):
        if matrices.shape[-1]:
            size = np.abs(np.diagonal(matrices, axis1=-2, axis2=-1))
            scale = 1.0 / np.sqrt(np.where(size > 0.0, size, 1.0))
            fine &= are_above(matrices * scale[..., :, None] * scale[..., None, :], -_ROUNDING).all(axis=-1)
    return np.asarray(fine)


def are_above(matrices: FloatArray, bound: float) -> NDArray[np.bool_]:
    """Whether the smallest eigenvalues (...) of symmetric matrices (... × p × p) are above a bound near 0.

    Cholesky factors of all of them, less the bound, settle the usual case.
    """
    try:
        np.linalg.cholesky(matrices - bound * np.eye(matrices.shape[-1]))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.eigvalsh(matrices)[..., 0] > bound)
    return np.ones(matrices.shape[:-2], dtype=np.bool_)
