"""What is left of the variance of clusters' parts once their rows are known."""

import numpy as np

from sem_toolkit.sample.moments import FloatArray


def compute_posterior(prior: FloatArray, weighed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """M = (I + SA)⁻¹S (J × v × v) and log|I + SA| (J) of the prior S and what the rows weigh A (both J × v × v).

    By the root of A, so that an S that is not positive definite is found out where I + SA is not either: then it raises
    LinAlgError.
    """
    values, vectors = np.linalg.eigh(weighed)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]) @ vectors.swapaxes(1, 2)
    middle = np.eye(prior.shape[-1]) + root @ prior @ root
    factor = np.linalg.cholesky(0.5 * (middle + middle.swapaxes(1, 2)))
    half = np.linalg.solve(factor, root @ prior)
    return prior - half.swapaxes(1, 2) @ half, get_log_determinants(factor)


def get_log_determinants(factor: FloatArray) -> FloatArray:
    """Logarithms of the determinants (J) of what has these Cholesky factors (J × v × v)."""
    return np.asarray(2.0 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1))
