"""Normal log-likelihoods of complete data from what estimation minimises."""

import math

import numpy as np

from sem_toolkit.discrepancy import once
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.statistics import compute_likelihood_discrepancy
from sem_toolkit.inference.weights.incomplete import compute_incomplete_saturated_logl
from sem_toolkit.sample.moments import FloatArray


def compute_saturated_logl(n: float, p: int, logdet: float) -> float:
    """Log-likelihood of n rows of p variables at their own mean and covariance S: −n/2 [p (log 2π + 1) + log|S|].

    logdet  log|S|, S with divisor n
    """
    return -0.5 * n * (p * (math.log(2.0 * math.pi) + 1.0) + logdet)


def compute_logl(evaluation: AtEstimate) -> float:
    """Log-likelihood at the estimate, all groups, given the exogenous variables where these are fixed.

    −½ n F less than that of the saturated model, F what ML minimises; without means in the model they are saturated.
    """
    lost = 0.5 * float(evaluation.rows @ compute_likelihood_discrepancy(evaluation))
    return compute_unrestricted_logl(evaluation) - lost


@once
def compute_unrestricted_logl(evaluation: AtEstimate) -> float:
    """Log-likelihood of the saturated model, likewise."""
    if evaluation.is_incomplete:
        return compute_incomplete_saturated_logl(evaluation)
    rows, p = evaluation.rows, evaluation.model.n_observed
    whole = sum(compute_saturated_logl(n, p, size) for n, size in zip(rows, evaluation.sample_logdet, strict=True))
    block = list(evaluation.exogenous)
    if not block:
        return float(whole)
    among = compute_logdet(evaluation.sample_cov[:, block][:, :, block])
    fixed = sum(compute_saturated_logl(n, len(block), size) for n, size in zip(rows, among, strict=True))
    return float(whole - fixed)


def compute_logdet(matrices: FloatArray) -> FloatArray:
    """log|M| of positive definite matrices (… × p × p)."""
    return np.asarray(np.linalg.slogdet(matrices)[1])
