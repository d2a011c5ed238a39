"""Covariance matrices of the free parameters: inverse information and sandwiches, within the constraints."""

import numpy as np
from scipy.linalg import solve_triangular

from sem_toolkit.inference.casewise import CasewiseMoments
from sem_toolkit.inference.estimator_weights import build_estimator_weight
from sem_toolkit.inference.evaluation import Evaluation
from sem_toolkit.inference.information import (
    compute_expected_information,
    compute_first_order_information,
    compute_observed_information,
)
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.robust_weights import build_robust_weight
from sem_toolkit.inference.weights import Weight, compute_delta
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray

_SINGULAR = 1e-7
"""Smallest diagonal element of the Cholesky factor of a scaled information that counts as regular."""


def compute_information_matrix(evaluation: Evaluation, kind: str = "expected") -> FloatArray:
    """The information of the estimator, per observation (q × q): "expected", "observed" or "first.order"."""
    if evaluation.estimator != "ML":
        return build_estimator_weight(evaluation).information(evaluation)
    if kind == "observed":
        return compute_observed_information(evaluation)
    return (
        compute_first_order_information(evaluation)
        if kind == "first.order"
        else compute_expected_information(evaluation)
    )


def invert_information(information: FloatArray, basis: FloatArray) -> FloatArray:
    """K (KᵀIK)⁻¹ Kᵀ, q × q: the inverse within the constraints.

    NaN where KᵀIK is singular or not positive definite: then there are no standard errors.
    Source: Silvey (1959), Annals of Mathematical Statistics 30, 389-407.
    """
    half = invert_information_root(information, basis)
    return np.asarray(half.T @ half)


def invert_any(information: FloatArray, basis: FloatArray) -> FloatArray:
    """K (KᵀIK)⁻¹ Kᵀ for an information that need not be positive definite, such as away from an optimum; NaN
    where singular.
    """
    try:
        return np.asarray(basis @ np.linalg.solve(basis.T @ information @ basis, basis.T))
    except np.linalg.LinAlgError:
        return np.full_like(information, np.nan)


def invert_information_root(information: FloatArray, basis: FloatArray) -> FloatArray:
    """H (r × q) with HᵀH = K (KᵀIK)⁻¹ Kᵀ; NaN as above."""
    inner = basis.T @ information @ basis
    nothing = np.full(basis.T.shape, np.nan)
    if not inner.size:
        return np.zeros_like(nothing)
    diagonal = np.diag(inner)
    if not np.all(diagonal > 0):
        return nothing
    size = 1.0 / np.sqrt(diagonal)
    try:
        factor = np.linalg.cholesky(inner * size[:, None] * size)
    except np.linalg.LinAlgError:
        return nothing
    if np.min(np.diag(factor)) < _SINGULAR:
        return nothing
    return np.asarray(solve_triangular(factor, (basis * size).T, lower=True))


def compute_parameter_covariance_matrix(evaluation: Evaluation, options: InferenceOptions) -> FloatArray:
    """Covariance matrix of x (q × q) by the kind of standard errors asked for.

    Sources: robust.sem: Satorra & Bentler (1994), in von Eye & Clogg, Latent variables analysis, 399-419, equation
    16.10; robust.huber.white: Huber (1967); White (1982), Econometrica 50, 1-25.
    """
    if options.se == "none":
        return np.full((evaluation.model.n_parameters,) * 2, np.nan)
    bread = invert_information(compute_information_matrix(evaluation, options.information), evaluation.free_basis)
    if options.se == "standard":
        return bread / evaluation.total
    return bread @ compute_meat(evaluation, options) @ bread / evaluation.total


def compute_meat(evaluation: Evaluation, options: InferenceOptions) -> FloatArray:
    """What stands between the two inverses of a sandwich, per observation (q × q)."""
    if options.se == "robust.huber.white":
        return compute_first_order_information(evaluation)
    if options.se == "robust.sem.nt":
        return compute_normal_meat(evaluation, build_estimator_weight(evaluation))
    return compute_distribution_free_meat(evaluation, build_robust_weight(evaluation, options.information))


def compute_distribution_free_meat(evaluation: Evaluation, weight: Weight) -> FloatArray:
    """Σ_g share_g ΔᵀVΓVΔ with Γ the sample covariance (divisor n) of the casewise moments, q × q."""
    q = evaluation.model.n_parameters
    total = np.zeros((q, q))
    for g in range(evaluation.model.n_groups):
        scores = CasewiseMoments(evaluation, weight, g).scores
        total += evaluation.shares[g] * scores.T @ scores / len(scores)
    return total


def compute_normal_meat(evaluation: Evaluation, weight: Weight) -> FloatArray:
    """Σ_g share_g ΔᵀVΓVΔ with Γ by normal theory at the sample covariance, q × q."""
    delta = compute_delta(evaluation)
    total = np.zeros((evaluation.model.n_parameters,) * 2)
    for g in range(evaluation.model.n_groups):
        columns = weight.times(g, delta[g])
        total += (
            evaluation.shares[g]
            * columns.T
            @ multiply_normal_gamma(evaluation.sample_cov[g], columns, evaluation.has_means)
        )
    return total


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
