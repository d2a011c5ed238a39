"""Γ of normal theory, never formed: what it does to columns."""

import numpy as np

from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


def multiply_normal_gamma(covariance: FloatArray, columns: FloatArray, means: bool) -> FloatArray:
    """Γ times columns (m × k), Γ the covariance matrix of [y; vech(yyᵀ)] for normal y with this covariance (p × p).

    Γ vech(X) = 2 vech(S X̃ S), where X̃ is X with its off-diagonal elements halved.
    """
    p = len(covariance)
    rows, cols = vech_indices(p)
    first = p if means else 0
    half = np.where(rows == cols, 1.0, 0.5)[:, None] * columns[first:]
    full = np.zeros((columns.shape[1], p, p))
    full[:, rows, cols] = half.T
    full[:, cols, rows] = half.T
    product = 2.0 * (covariance @ full @ covariance)
    lower = product[:, rows, cols].T
    return np.concatenate([covariance @ columns[:first], lower]) if means else lower
