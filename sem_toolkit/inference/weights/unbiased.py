"""Γ of the sample moments free of distribution, without the bias that its products of moments have in small samples.

Source: Browne (1974), South African Statistical Journal 8, 1-24; Du & Bentler (2022), Structural Equation Modeling 29,
870-881.
"""

import numpy as np

from sem_toolkit.discrepancy.moment_covariance import compute_distribution_free_covariance
from sem_toolkit.inference.weights.normal_gamma import multiply_normal_gamma
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


def compute_unbiased_gamma(rows: FloatArray, means: bool) -> FloatArray:
    """n times the covariance matrix of [m; vech S] from rows (n × p), m × m; the part of the means where `means`."""
    n, p = rows.shape
    gamma = compute_distribution_free_covariance(rows, means=means)
    first = p if means else 0
    S = np.cov(rows.T, bias=True).reshape(p, p)
    row, column = vech_indices(p)
    vech = S[row, column]
    normal = multiply_normal_gamma(S, np.eye(len(row)), means=False)
    plain = gamma[first:, first:]
    gamma[first:, first:] = n * (n - 1) / ((n - 2) * (n - 3)) * plain - n / ((n - 2) * (n - 3)) * (
        normal - 2.0 / (n - 1) * np.outer(vech, vech)
    )
    gamma[:first, first:] *= n / (n - 2)
    gamma[first:, :first] *= n / (n - 2)
    return gamma
