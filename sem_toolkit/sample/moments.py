"""Means and covariances of complete rows."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def compute_mean_and_covariance(data: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean (p) and covariance (p × p) with divisor n of complete data (n × p), in two passes.

    The rows are centred twice: what the rounding of the first mean leaves is taken off before products are formed,
    so that a large common offset costs no digits (Chan, Golub & LeVeque, 1983, American Statistician 37, 242-247).
    """
    mean = data.mean(axis=0)
    centred = data - mean
    remainder = centred.mean(axis=0)
    centred -= remainder
    return mean + remainder, centred.T @ centred / data.shape[0]


def compute_correlation(covariance: FloatArray) -> FloatArray:
    """Correlations of a covariance matrix (… × p × p) with positive diagonal."""
    deviations = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    return np.asarray(covariance / (deviations[..., :, None] * deviations[..., None, :]), dtype=np.float64)
