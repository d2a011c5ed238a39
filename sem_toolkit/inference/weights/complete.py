"""Complete rows, or moments alone: the likelihood of normal data by sample means and covariances."""

import math

import numpy as np

from sem_toolkit.discrepancy import MomentPair, NormalWeight, Weight, once
from sem_toolkit.inference.weights.estimator import build_estimator_weight, compute_estimator_quadratic
from sem_toolkit.model import Model
from sem_toolkit.sample.moments import FloatArray

_ROUNDING = 64 * float(np.finfo(float).eps)
"""A discrepancy below this share of the terms that it is a difference of is 0."""


class CompleteData:
    """What moments of complete rows say (see `DataKind`)."""

    def discrepancy(self, pair: MomentPair) -> FloatArray:
        return compute_complete_discrepancy(pair)

    def saturated_logl(self, pair: MomentPair) -> float:
        return compute_complete_saturated_logl(pair)

    def residual_weight(self, pair: MomentPair) -> Weight:
        return build_estimator_weight(pair) if pair.kind.is_likelihood else NormalWeight(pair.implied_inverse)

    def explained(self, pair: MomentPair) -> FloatArray:
        whole = build_estimator_weight(pair).observed_quadratic(pair)
        return np.asarray(1.0 - compute_estimator_quadratic(pair) / whole)

    def baseline_moments(self, pair: MomentPair, exogenous: tuple[int, ...]) -> tuple[FloatArray | None, FloatArray]:
        return pair.sample_mean, pair.sample_cov

    def estimate_baseline(self, pair: MomentPair, model: Model, x: FloatArray) -> FloatArray:
        return x


@once
def compute_complete_discrepancy(evaluation: MomentPair) -> FloatArray:
    """log|Σ| + tr(Σ⁻¹S) − log|S| − p + (m − μ)ᵀΣ⁻¹(m − μ) of each group (G); NaN where Σ is not positive definite.

    Source: Jöreskog (1967), Psychometrika 32, 443-482.
    """
    S, Q, gap = evaluation.sample_cov, evaluation.implied_inverse, evaluation.mean_gap
    sign, size = np.linalg.slogdet(evaluation.implied_cov)
    value = size - evaluation.sample_logdet + (Q * S).sum(axis=(1, 2)) - S.shape[-1]
    if gap is not None:
        value = value + (gap * (Q @ gap[..., None])[..., 0]).sum(axis=1)
    rounding = _ROUNDING * (np.abs(size) + np.abs(evaluation.sample_logdet) + S.shape[-1])
    value = np.where(np.abs(value) < rounding, 0.0, value)
    return np.asarray(value if (sign > 0).all() else np.where(sign > 0, value, np.nan))


@once
def compute_complete_saturated_logl(evaluation: MomentPair) -> float:
    """Log-likelihood of the saturated model, all groups, given the exogenous variables where these are fixed."""
    rows, p = evaluation.rows, evaluation.model.n_observed
    whole = sum(compute_saturated_logl(n, p, size) for n, size in zip(rows, evaluation.sample_logdet, strict=True))
    block = list(evaluation.exogenous)
    if not block:
        return float(whole)
    among = compute_logdet(evaluation.sample_cov[:, block][:, :, block])
    fixed = sum(compute_saturated_logl(n, len(block), size) for n, size in zip(rows, among, strict=True))
    return float(whole - fixed)


def compute_saturated_logl(n: float, p: int, logdet: float) -> float:
    """Log-likelihood of n rows of p variables at their own mean and covariance S: −n/2 [p (log 2π + 1) + log|S|].

    logdet  log|S|, S with divisor n
    """
    return -0.5 * n * (p * (math.log(2.0 * math.pi) + 1.0) + logdet)


def compute_logdet(matrices: FloatArray) -> FloatArray:
    """log|M| of positive definite matrices (… × p × p)."""
    return np.asarray(np.linalg.slogdet(matrices)[1])
