"""Normal log-likelihoods of complete data from their moments."""

import numpy as np

from sem_toolkit.sample.moments import FloatArray


def compute_normal_logl(
    n: int,
    sample_cov: FloatArray,
    implied_cov: FloatArray,
    sample_mean: FloatArray | None = None,
    implied_mean: FloatArray | None = None,
) -> float:
    """Log-likelihood of n rows with mean m and covariance S (p × p, divisor n) under a normal distribution.

    −n/2 [p·log 2π + log|Σ| + tr(Σ⁻¹S) + (m − μ)ᵀΣ⁻¹(m − μ)]; the last term is 0 where no means are given, as if they
    were saturated. NaN where Σ is not positive definite.
    """
    p = len(sample_cov)
    sign, log_determinant = np.linalg.slogdet(implied_cov)
    if sign <= 0:
        return float("nan")
    second = sample_cov
    if sample_mean is not None and implied_mean is not None:
        gap = sample_mean - implied_mean
        second = sample_cov + np.outer(gap, gap)
    trace = np.trace(np.linalg.solve(implied_cov, second))
    return float(-0.5 * n * (p * np.log(2.0 * np.pi) + log_determinant + trace))


def compute_saturated_logl(n: int, sample_cov: FloatArray) -> float:
    """Log-likelihood where the moments are the sample's own; 0 for no variables."""
    return compute_normal_logl(n, sample_cov, sample_cov) if len(sample_cov) else 0.0
