"""The weight that each estimator gives to residual moments."""

import numpy as np

from sem_toolkit.discrepancy.least_squares import (
    compute_distribution_free_covariance,
    compute_explained_covariance,
    compute_normal_variances,
    find_conditional,
    spread_weight,
)
from sem_toolkit.inference.evaluation import Evaluation, invert_symmetric, once
from sem_toolkit.inference.weights.incomplete import build_information_weight
from sem_toolkit.inference.weights.weight import DenseWeight, NormalWeight, Weight, compute_products
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


@once
def build_estimator_weight(evaluation: Evaluation) -> Weight:
    """V of ML (at the implied covariance; of incomplete rows their expected information), GLS (at the sample
    covariance), ULS, WLS or DWLS.
    """
    if evaluation.is_incomplete:
        return build_information_weight(evaluation)
    if evaluation.estimator == "ML":
        return NormalWeight(evaluation.implied_inverse)
    if evaluation.estimator == "GLS":
        return NormalWeight(invert_symmetric(evaluation.sample_cov))
    groups = range(evaluation.model.n_groups)
    if evaluation.estimator == "ULS":
        return build_unit_weight(evaluation)
    if evaluation.estimator == "DWLS" and evaluation.distribution_free:
        return DenseWeight(tuple(_invert_kept(evaluation, np.diag(compute_gamma(evaluation, g))) for g in groups))
    if evaluation.estimator == "DWLS":
        return DenseWeight(tuple(_invert_kept(evaluation, _normal_variances(evaluation, g)) for g in groups))
    return DenseWeight(tuple(build_distribution_free_weight(evaluation, g) for g in groups))


def build_distribution_free_weight(evaluation: Evaluation, group: int) -> FloatArray:
    """Γ⁻¹ (m × m); 0 for the moments of fixed exogenous variables alone."""
    return _invert_kept(evaluation, compute_gamma(evaluation, group))


def build_model_based_weight(evaluation: Evaluation) -> DenseWeight:
    """Γ⁻¹ with the casewise moments taken about the implied means and less the implied covariances, in every group."""
    from sem_toolkit.inference.weights.information import centre_rows

    matrices = []
    for g, implied in enumerate(evaluation.implied_cov):
        rows, block = centre_rows(evaluation, g, at_model=True), list(evaluation.exogenous)
        moments = compute_products(evaluation, rows) - _stack_covariance(evaluation, implied)
        if block:
            effects = np.linalg.solve(implied[np.ix_(block, block)], implied[block])
            explained = compute_explained_covariance(implied, evaluation.exogenous)
            moments -= compute_products(evaluation, rows[:, block] @ effects) - _stack_covariance(evaluation, explained)
        matrices.append(_invert_kept(evaluation, moments.T @ moments / len(moments)))
    return DenseWeight(tuple(matrices))


def _stack_covariance(evaluation: Evaluation, covariance: FloatArray) -> FloatArray:
    """[0; vech(covariance)], m: expected casewise moments."""
    rows, cols = vech_indices(len(covariance))
    second = covariance[rows, cols]
    return np.concatenate([np.zeros(len(covariance)), second]) if evaluation.has_means else second


def _invert_kept(evaluation: Evaluation, gamma: FloatArray) -> FloatArray:
    """The inverse of Γ or of its diagonal, without the moments of fixed exogenous variables alone."""
    kept = find_conditional(evaluation.model.n_observed, evaluation.exogenous, means=evaluation.has_means)
    if gamma.ndim == 1:
        return spread_weight(1.0 / gamma[kept], kept)
    return spread_weight(invert_symmetric(gamma[np.ix_(kept, kept)]), kept)


@once
def compute_estimator_information(evaluation: Evaluation) -> FloatArray:
    """Σ_g share_g ΔᵀVΔ with V of the estimator, q × q: for ML the expected information."""
    return build_estimator_weight(evaluation).information(evaluation)


@once
def compute_estimator_quadratic(evaluation: Evaluation) -> FloatArray:
    """eᵀVe of each group (G) with V of the estimator."""
    return build_estimator_weight(evaluation).quadratic(evaluation)


def build_unit_weight(evaluation: Evaluation) -> DenseWeight:
    """1 for every moment."""
    return DenseWeight(tuple(np.ones(evaluation.moments_per_group) for _ in range(evaluation.model.n_groups)))


def compute_gamma(evaluation: Evaluation, group: int) -> FloatArray:
    """Distribution-free covariance matrix (m × m, divisor n) of [y; vech((y − ȳ)(y − ȳ)ᵀ)], given fixed exogenous y.

    Source: Browne (1984), British Journal of Mathematical and Statistical Psychology 37, 62-83.
    """
    from sem_toolkit.inference.weights.information import centre_rows

    rows = centre_rows(evaluation, group, at_model=False)
    return compute_distribution_free_covariance(rows, means=evaluation.has_means, exogenous=evaluation.exogenous)


def _normal_variances(evaluation: Evaluation, group: int) -> FloatArray:
    """Diagonal of Γ by normal theory at the sample covariance: s_ii for means, s_ii s_jj + s_ij² for covariances (m).

    lavaan 0.7 weights continuous data so with DWLS.
    """
    return compute_normal_variances(
        evaluation.sample_cov[group], means=evaluation.has_means, exogenous=evaluation.exogenous
    )
