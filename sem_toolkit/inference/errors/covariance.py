"""Covariance matrices of the free parameters: inverse information and sandwiches, within the constraints."""

import numpy as np

from sem_toolkit.discrepancy import Weight, once
from sem_toolkit.discrepancy.moment_covariance import compute_explained_covariance
from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.weights.casewise import CasewiseMoments
from sem_toolkit.inference.weights.estimator import build_estimator_weight, compute_estimator_information
from sem_toolkit.inference.weights.information import (
    compute_expected_information,
    compute_first_order_information,
    compute_observed_first_order,
    compute_observed_information,
)
from sem_toolkit.inference.weights.normal_gamma import multiply_normal_gamma
from sem_toolkit.inference.weights.robust import build_robust_weight
from sem_toolkit.libraries import lapack, linalg
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.sample import TWO_STAGE

_SINGULAR = 1e-7
"""Smallest diagonal element of the Cholesky factor of a scaled information that counts as regular."""


_NULL = 1e-10
"""Eigenvalue of a scaled matrix of cross-products below which its direction has none."""
_UNTOUCHED = 1e-6
"""Share of a parameter that may lie in such directions before it counts as not determined."""


@once
def compute_information_matrix(evaluation: AtEstimate, kind: str = "expected") -> FloatArray:
    """The information of the estimator, per observation (q × q): "expected", "observed",
    "observed.h1" (without the curvature of the moments) or "first.order".
    """
    if not evaluation.kind.is_likelihood:
        return compute_estimator_information(evaluation)
    if kind == "observed":
        return compute_observed_information(evaluation)
    if kind == "observed.h1":
        return compute_observed_first_order(evaluation)
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
    if basis.shape[0] != basis.shape[1]:
        half = invert_information_root(information, basis)
        return np.asarray(half.T @ half)
    scaled = _factorise(information)
    if scaled is None:
        return np.full_like(information, np.nan)
    factor, size = scaled
    half, _ = lapack.dpotri(factor, lower=1)  # its lower triangle; the upper one is 0, as it is in the factor
    whole = (half + half.T) * (size[:, None] * size)
    whole.flat[:: len(whole) + 1] *= 0.5
    return np.asarray(whole)


@once
def compute_inverse_information(evaluation: AtEstimate, kind: str = "expected") -> FloatArray:
    """The inverse information (q × q) within all constraints that hold at the estimate; NaN as above.

    Cross-products of scores are singular where a score is a combination of others in every row, such as those of the
    mean and the variance of a variable with two values. Then what does not hang on such combinations has its
    inverse all the same.
    """
    information = compute_information_matrix(evaluation, kind)
    inverse = invert_information(information, evaluation.free_basis)
    if kind == "first.order" and np.isnan(inverse).all():
        return invert_estimable(information, evaluation.free_basis)
    return inverse


def invert_estimable(information: FloatArray, basis: FloatArray) -> FloatArray:
    """K(KᵀIK)⁺Kᵀ (q × q) for what the information determines: NaN for parameters that its null space changes.

    Source: Rao (1973), Linear statistical inference and its applications, section 4a (estimable functions).
    """
    inner = basis.T @ information @ basis
    if not np.isfinite(inner).all():
        return np.full_like(information, np.nan)
    size = np.sqrt(np.maximum(inner.diagonal(), 1e-300))
    values, vectors = np.linalg.eigh(inner / np.outer(size, size))
    known = values > _NULL
    turned = (basis / size) @ vectors
    inverse = (turned[:, known] / values[known]) @ turned[:, known].T
    reach = np.sqrt(np.sum(turned[:, ~known] ** 2, axis=1) / np.maximum(np.sum(turned**2, axis=1), 1e-300))
    unknown = reach > _UNTOUCHED
    inverse[unknown], inverse[:, unknown] = np.nan, np.nan
    return np.asarray(inverse)


def invert_any(information: FloatArray, basis: FloatArray) -> FloatArray:
    """K (KᵀIK)⁻¹ Kᵀ for an information that need not be positive definite, such as away from an optimum; NaN
    where singular.
    """
    try:
        if basis.shape[0] == basis.shape[1]:  # it spans everything, as in `_factorise`
            return np.asarray(np.linalg.inv(information))
        return np.asarray(basis @ np.linalg.solve(basis.T @ information @ basis, basis.T))
    except np.linalg.LinAlgError:
        return np.full_like(information, np.nan)


@once
def compute_weight_inverse(evaluation: AtEstimate, weight: Weight) -> FloatArray:
    """E⁻¹ (q × q) within the constraints, E = ΔᵀVΔ by any weight; NaN where singular."""
    return invert_any(weight.information(evaluation), evaluation.free_basis)


def invert_information_root(information: FloatArray, basis: FloatArray) -> FloatArray:
    """H (r × q) with HᵀH = K (KᵀIK)⁻¹ Kᵀ; NaN as above."""
    if not basis.size:
        return np.zeros(basis.T.shape)
    scaled = _factorise(basis.T @ information @ basis)
    if scaled is None:
        return np.full(basis.T.shape, np.nan)
    factor, size = scaled
    return np.asarray(linalg.solve_triangular(factor, (basis * size).T, lower=True))


def _factorise(information: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Lower Cholesky factor of DID (r × r) and the diagonal of D (r), which scales the information's to 1.

    None where the information is not positive definite. A square basis spans everything, so that with one the
    constraints can be left out: `information` is then that of all parameters.
    """
    diagonal = information.diagonal()
    if not (diagonal > 0).all():
        return None
    size = 1.0 / np.sqrt(diagonal)
    factor, fault = lapack.dpotrf(information * (size[:, None] * size), lower=1, clean=1)
    if fault or (factor.diagonal() < _SINGULAR).any():
        return None
    return factor, size


@once
def compute_parameter_covariance_matrix(evaluation: AtEstimate, options: InferenceOptions) -> FloatArray:
    """Covariance matrix of x (q × q) by the kind of standard errors asked for.

    Sources: robust.sem: Satorra & Bentler (1994), in von Eye & Clogg, Latent variables analysis, 399-419, equation
    16.10, and with Ω of two stages in the place of Γ (`weights.two_stage`); robust.huber.white: Huber (1967); White
    (1982), Econometrica 50, 1-25.
    """
    if options.se == "none":
        return np.full((evaluation.model.n_parameters,) * 2, np.nan)
    if options.se in TWO_STAGE:
        weight = build_robust_weight(evaluation, options.information)
        bread = compute_weight_inverse(evaluation, weight)
        return np.asarray(bread @ compute_robust_meat(evaluation, options.information) @ bread / evaluation.total)
    by_h1 = options.information == "observed" and options.observed == "h1"
    bread = compute_inverse_information(evaluation, "observed.h1" if by_h1 else options.information)
    if options.se == "standard":
        return bread / evaluation.total
    return bread @ compute_meat(evaluation, options) @ bread / evaluation.total


def compute_meat(evaluation: AtEstimate, options: InferenceOptions) -> FloatArray:
    """What stands between the two inverses of a sandwich, per observation (q × q)."""
    if options.se in ("robust.huber.white", "robust.cluster"):
        return compute_first_order_information(evaluation)
    if options.se == "robust.sem.nt":
        return compute_normal_meat(evaluation, build_estimator_weight(evaluation))
    return compute_robust_meat(evaluation, options.information)


@once
def compute_robust_meat(evaluation: AtEstimate, information: str = "expected") -> FloatArray:
    """ΔᵀVΓVΔ, free of distribution, with the weight of robust tests (q × q)."""
    return compute_distribution_free_meat(evaluation, build_robust_weight(evaluation, information))


def compute_distribution_free_meat(evaluation: AtEstimate, weight: Weight) -> FloatArray:
    """Σ_g share_g ΔᵀVΓVΔ with Γ the sample covariance (divisor n) of the casewise moments, or that of
    the saturated estimates of incomplete rows: q × q.
    """
    q = evaluation.model.n_parameters
    total = np.zeros((q, q))
    gammas = evaluation.data.free_gammas(evaluation)
    if gammas is not None:
        parts = zip(compute_delta(evaluation), gammas, strict=True)
        for g, (delta, gamma) in enumerate(parts):
            columns = weight.times(g, delta)
            total += evaluation.shares[g] * columns.T @ gamma @ columns
        return total + _compute_cross_meat(evaluation, weight)
    for g in range(evaluation.model.n_groups):
        part = CasewiseMoments(evaluation, weight, g)
        total += evaluation.shares[g] * part.scores.T @ part.scores / part.size
    return total


def _compute_cross_meat(evaluation: AtEstimate, weight: Weight) -> FloatArray:
    """What moments add that covary between groups: Σ_{g≠h} share_g share_h Δ_gᵀV_gΓ_ghV_hΔ_h, q × q."""
    cross, m = evaluation.sample.cross_gamma, evaluation.moments_per_group
    if cross is None:
        return np.zeros((evaluation.model.n_parameters,) * 2)
    delta = compute_delta(evaluation)
    columns = np.concatenate([share * weight.times(g, delta[g]) for g, share in enumerate(evaluation.shares)])
    between = cross.copy()
    for g in range(len(delta)):
        between[g * m : (g + 1) * m, g * m : (g + 1) * m] = 0.0
    return np.asarray(columns.T @ between @ columns)


def compute_normal_meat(evaluation: AtEstimate, weight: Weight) -> FloatArray:
    """Σ_g share_g ΔᵀVΓVΔ with Γ by normal theory at the sample covariance, given fixed exogenous variables, q × q."""
    delta = compute_delta(evaluation)
    total = np.zeros((evaluation.model.n_parameters,) * 2)
    for g in range(evaluation.model.n_groups):
        columns = weight.times(g, delta[g])
        S = evaluation.sample_cov[g]
        product = multiply_normal_gamma(S, columns, evaluation.has_means)
        if evaluation.exogenous:
            explained = compute_explained_covariance(S, evaluation.exogenous)
            product -= multiply_normal_gamma(explained, columns, evaluation.has_means)
        total += evaluation.shares[g] * columns.T @ product
    return total
