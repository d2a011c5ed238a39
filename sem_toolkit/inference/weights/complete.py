"""Complete rows, or moments alone: the likelihood of normal data by sample means and covariances."""

import math

import numpy as np

from sem_toolkit.discrepancy import MomentPair, NormalWeight, Weight, centre_rows, invert_symmetric, once
from sem_toolkit.discrepancy.moment_covariance import compute_gamma
from sem_toolkit.discrepancy.vectors import compute_products
from sem_toolkit.inference import weights
from sem_toolkit.inference.weights.casewise import CasewiseMoments
from sem_toolkit.inference.weights.observed import (
    build_observed_weight,
    compute_complete_first_order,
    compute_complete_gradient,
    compute_complete_hessian,
    difference_gradient,
    observed_pieces,
    score_complete_rows,
    times_observed_information,
)
from sem_toolkit.model import Model
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray

Gammas = tuple[FloatArray, ...]
"""n times the covariance matrix of the statistics of each group (m × m)."""
_ROUNDING = 64 * float(np.finfo(float).eps)
"""A discrepancy below this share of the terms that it is a difference of is 0."""


class CompleteData:
    """What moments of complete rows say (see `DataKind`)."""

    levels = 1
    is_reweighted = True
    has_residual_tests = True
    has_corrected_test = False
    has_equations = True
    has_products = True

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
        return build_observed_weight(pair) if observed else weigh(pair)

    def weight_of_changes(self, pair: MomentPair) -> Weight | None:
        return None

    def times_information(self, pair: MomentPair, information: str, group: int, columns: FloatArray) -> FloatArray:
        if pair.kind.is_likelihood and information == "observed":
            return times_observed_information(observed_pieces(pair, group), columns)
        if pair.kind.is_likelihood and information == "first.order":
            scores = compute_saturated_scores(pair, group)
            return np.asarray(scores.T @ (scores @ columns) / len(scores))
        return self.weight(pair).times(group, columns)

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

    def gammas(self, pair: MomentPair) -> Gammas | None:
        """Moments of latent variables have theirs with them."""
        known = tuple(group.moment_gamma for group in pair.sample.groups if group.moment_gamma is not None)
        return known or None

    def free_gammas(self, pair: MomentPair) -> Gammas | None:
        known = self.gammas(pair)
        return weights.list_cluster_covariances(pair) if known is not None and pair.sample.has_design else known

    def casewise_gammas(self, pair: MomentPair) -> Gammas:
        return tuple(compute_gamma(pair, g) for g in range(pair.model.n_groups))

    def unbiased_gammas(self, pair: MomentPair) -> Gammas:
        """As in lavaan, those given exogenous variables and of streamed rows are not corrected."""
        if pair.sample.is_clustered:
            return weights.list_cluster_covariances(pair)
        return tuple(
            compute_gamma(pair, g)
            if group.data is None or pair.exogenous
            else weights.compute_unbiased_gamma(group.data, pair.has_means)
            for g, group in enumerate(pair.sample.groups)
        )

    def residual_gammas(self, pair: MomentPair, information: str, *, robust: bool) -> Gammas | None:
        return None

    def saturated_trace(self, pair: MomentPair, information: str) -> tuple[float, int]:
        if pair.sample.has_design:
            return weights.compute_cluster_trace(pair, information)
        return compute_saturated_trace(pair)

    def explained(self, pair: MomentPair) -> FloatArray:
        return np.asarray(1.0 - weigh(pair).quadratic(pair) / weigh(pair).observed_quadratic(pair))

    def baseline_moments(self, pair: MomentPair, exogenous: tuple[int, ...]) -> tuple[FloatArray | None, FloatArray]:
        return pair.sample_mean, pair.sample_cov

    def estimate_baseline(self, pair: MomentPair, model: Model, x: FloatArray) -> FloatArray:
        return x


class PairwiseData(CompleteData):
    """What covariances of the rows that have both variables say (see `DataKind`): as if rows were complete."""

    is_reweighted = False
    has_equations = False


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
    with np.errstate(invalid="ignore"):  # of a singular Σ
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


def compute_saturated_scores(evaluation: MomentPair, group: int) -> FloatArray:
    """Scores of the saturated model at the implied moments, n × m: V(z_i − σ̂)."""
    rows = centre_rows(evaluation, group, at_model=True)
    products = compute_products(rows, means=evaluation.has_means)
    first, second = vech_indices(rows.shape[1])
    products[:, -len(first) :] -= evaluation.implied_cov[group][first, second]
    return NormalWeight(evaluation.implied_inverse).times(group, products.T).T


@once
def compute_saturated_trace(evaluation: MomentPair) -> tuple[float, int]:
    """tr(A₁⁻¹B₁) of the saturated model, all groups, and the number of its moments; both without fixed exogenous ones.

    B₁ = V(S)ΓV(S) and A₁ = V(S), so that without exogenous variables it is tr(V(S)Γ).
    """
    weight = NormalWeight(invert_symmetric(np.stack([group.covariance for group in evaluation.sample.groups])))
    groups = [CasewiseMoments(evaluation, weight, g) for g in range(evaluation.model.n_groups)]
    free = evaluation.kind.vector.find_free(evaluation)
    if free.all():
        return sum(part.trace() for part in groups), len(groups) * evaluation.moments_per_group
    kept = np.flatnonzero(free)
    total = 0.0
    for g, part in enumerate(groups):
        slopes = weight.times(g, np.eye(len(free)))[:, kept]
        products = sum((inner := moments @ slopes).T @ inner for moments in part.iterate_moments())
        total += float(np.trace(np.linalg.solve(slopes[kept], products)) / part.size)
    return total, len(groups) * len(kept)
