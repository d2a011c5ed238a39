"""Complete rows, or moments alone: the likelihood of normal data by sample means and covariances."""

import math

import numpy as np

from sem_toolkit.discrepancy import MomentPair, NormalWeight, Weight, centre_rows, once
from sem_toolkit.inference.weights.observed import (
    ObservedWeight,
    compute_complete_first_order,
    compute_complete_gradient,
    compute_complete_hessian,
    difference_gradient,
    score_complete_rows,
)
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

    def weight(self, pair: MomentPair) -> Weight:
        return weigh(pair)

    def information(self, pair: MomentPair) -> FloatArray:
        return weigh(pair).information(pair)

    def robust_weight(self, pair: MomentPair, information: str) -> Weight:
        """That of the estimator, or, for ML by "observed" information, that of the saturated model's moments."""
        observed = pair.kind.is_likelihood and information == "observed"
        return ObservedWeight(pair) if observed else weigh(pair)

    def residual_weight(self, pair: MomentPair) -> Weight:
        return weigh(pair) if pair.kind.is_likelihood else NormalWeight(pair.implied_inverse)

    def gradient(self, pair: MomentPair) -> FloatArray:
        return compute_complete_gradient(pair)

    def hessian(self, pair: MomentPair) -> FloatArray:
        if pair.model.composites is not None:
            return difference_gradient(pair, compute_complete_gradient)
        return compute_complete_hessian(pair)

    def first_order(self, pair: MomentPair) -> FloatArray:
        return compute_complete_first_order(pair)

    def scores(self, pair: MomentPair, group: int) -> FloatArray:
        return score_complete_rows(pair, group, centre_rows(pair, group, at_model=True))

    def explained(self, pair: MomentPair) -> FloatArray:
        return np.asarray(1.0 - weigh(pair).quadratic(pair) / weigh(pair).observed_quadratic(pair))

    def baseline_moments(self, pair: MomentPair, exogenous: tuple[int, ...]) -> tuple[FloatArray | None, FloatArray]:
        return pair.sample_mean, pair.sample_cov

    def estimate_baseline(self, pair: MomentPair, model: Model, x: FloatArray) -> FloatArray:
        return x


@once
def weigh(pair: MomentPair) -> Weight:
    """V by the discrepancy itself, once."""
    return pair.kind.weigh(pair)


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
