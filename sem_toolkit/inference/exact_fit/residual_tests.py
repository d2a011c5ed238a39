"""Browne's residual tests: n eᵀ[V − VΔ(ΔᵀVΔ)⁻¹ΔᵀV]e, with V of normal theory or free of distribution.

Source: Browne (1984), British Journal of Mathematical and Statistical Psychology 37, 62-83.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import DenseWeight, NormalWeight, Weight, invert_symmetric, once
from sem_toolkit.discrepancy.moment_covariance import build_model_based_weight, spread_weight
from sem_toolkit.discrepancy.weights import compute_delta, compute_residual_moments
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.given_residuals import compute_given_residual_test
from sem_toolkit.inference.exact_fit.statistics import TestStatistic, build_test, compute_standard_test
from sem_toolkit.libraries import lapack
from sem_toolkit.sample.moments import FloatArray

_NO_VARIANCE = 1e-12
"""Eigenvalue of a covariance matrix with unit diagonal below which it is singular."""


def compute_reference_test(evaluation: AtEstimate, scaled: bool = False, free: bool = False) -> TestStatistic:
    """The test that fit measures are made of: the standard one, but for ULS and DWLS Browne's residual test.

    What ULS and DWLS minimise has no known distribution; lavaan takes browne.residual.nt for them, or, `free` of
    distribution, browne.residual.adf, unless a `scaled` test corrects for that. Of ordered variables there is the
    latter where nothing was minimised, and otherwise none (`Kind.reference`).
    """
    name = "standard" if scaled or evaluation.kind.has_distribution else evaluation.kind.reference
    if name == "standard":
        return compute_standard_test(evaluation)
    return RESIDUAL_TESTS["browne.residual.adf" if free else name](evaluation)


@once
def compute_browne_nt_test(evaluation: AtEstimate) -> TestStatistic:
    """Browne's residual test by normal theory at the sample covariance. Source: Browne (1984), equation 2.20a."""
    weight = NormalWeight(invert_symmetric(evaluation.sample_cov))
    return build_test("browne.residual.nt", compute_residual_test(evaluation, weight), evaluation.df)


def compute_browne_adf_test(evaluation: AtEstimate) -> TestStatistic:
    """Browne's distribution-free residual test, by the covariance matrix of the casewise moments.

    Where that matrix is singular (0/1 variables with means: a square is a line) it is taken in the directions that the
    model leaves out. Source: Browne (1984), British Journal of Mathematical and Statistical Psychology 37, 62-83,
    equation 2.20b.
    """
    gammas = evaluation.data.casewise_gammas(evaluation)
    kept = evaluation.kind.vector.find_free(evaluation)
    inner = [gamma[np.ix_(kept, kept)] for gamma in gammas]
    if any(map(_is_singular, inner)):
        return _compute_adf_by_complement(evaluation, gammas, kept)
    weight = DenseWeight(tuple(spread_weight(invert_symmetric(gamma), kept) for gamma in inner))
    return build_test("browne.residual.adf", compute_residual_test(evaluation, weight), evaluation.df)


def _is_singular(gamma: FloatArray) -> bool:
    """Whether a covariance matrix, scaled to unit diagonal, has a direction without variance."""
    size = np.sqrt(np.maximum(np.diag(gamma), 1e-300))
    return bool(np.linalg.eigvalsh(gamma / (size[:, None] * size))[0] < _NO_VARIANCE)


def _compute_adf_by_complement(
    evaluation: AtEstimate, gammas: Sequence[FloatArray], kept: NDArray[np.bool_]
) -> TestStatistic:
    """eᵀC(CᵀΓC)⁻¹Cᵀe over all groups, C orthogonal to the derivatives within the constraints: no inverse of Γ itself.

    NaN where Γ is singular in these directions too.
    """
    evaluation = evaluation.sized
    sizes, count, groups = evaluation.sizes, int(kept.sum()), len(gammas)
    delta = compute_delta(evaluation)[:, kept].reshape(groups * count, -1) @ evaluation.basis
    left, singular, _ = np.linalg.svd(delta, full_matrices=True)
    beyond = left[:, int(np.sum(singular > 1e-10 * singular[0])) :]
    parts = [beyond[g * count : (g + 1) * count] for g in range(groups)]
    residuals = compute_residual_moments(evaluation)[:, kept]
    gap = sum(part.T @ e for part, e in zip(parts, residuals, strict=True))
    pairs = zip(parts, gammas, sizes, strict=True)
    spread = np.asarray(sum(part.T @ gamma[np.ix_(kept, kept)] @ part / size for part, gamma, size in pairs))
    if not beyond.shape[1] or _is_singular(spread):
        return TestStatistic("browne.residual.adf", math.nan, evaluation.df, math.nan)
    stat = float(gap @ np.linalg.solve(spread, gap))
    return build_test("browne.residual.adf", stat * sizes / sizes.sum(), evaluation.df)


@once
def compute_reweighted_least_squares(evaluation: AtEstimate) -> FloatArray:
    """Browne's residual test by normal theory at the implied moments (lavaan's browne.residual.nt.model), by group (G).

    n eᵀ[V − VΔ(ΔᵀVΔ)⁻¹ΔᵀV]e with V of normal theory at Σ̂: at an ML estimate ΔᵀVe is 0, so that n·eᵀVe remains.
    Given exogenous variables e is that of their regressions. Source: Browne (1984), equation 2.20a, with a structured
    weight.
    """
    if not (evaluation.is_conditional and evaluation.data.is_reweighted):
        return compute_residual_test(evaluation, evaluation.data.residual_weight(evaluation))
    return compute_given_residual_test(evaluation)


def compute_gfi_chisq(evaluation: AtEstimate, test: TestStatistic) -> float:
    """The statistic that the GFI is made of: reweighted least squares, or χ² with non-linear constraints,
    incomplete rows, moments of pairs or two levels, as in lavaan. NaN where Σ̂ is not positive definite and so
    weights nothing.
    """
    if evaluation.model.constraints.equalities or not evaluation.data.is_reweighted:
        return test.stat
    if any(lapack.dpotrf(covariance, lower=1)[1] for covariance in evaluation.implied_cov):
        return math.nan
    return float(compute_reweighted_least_squares(evaluation).sum())


def compute_residual_test(evaluation: AtEstimate, weight: Weight) -> FloatArray:
    """n eᵀ[V − VΔ(ΔᵀVΔ)⁻¹ΔᵀV]e, shared out over the groups in proportion to n eᵀVe (G).

    The middle term, summed over the groups, is that of all parameters together, within their equality constraints.
    """
    own = evaluation.sized is evaluation and weight is evaluation.weight
    evaluation = evaluation.sized
    basis, along = evaluation.basis, weight.slope(evaluation)
    whole = evaluation.sizes * (evaluation.quadratic if own else weight.quadratic(evaluation))
    information = evaluation.information if own else weight.information(evaluation)
    if basis.shape[0] != basis.shape[1]:
        along, information = basis.T @ along, basis.T @ information @ basis
    if not along.any():
        return whole
    explained = float(along @ _solve(information, along)) * evaluation.total
    total = float(whole.sum())
    parts = whole / total if total > 0.0 else evaluation.sizes / evaluation.total  # an indefinite weight: as they come
    return np.asarray(whole - explained * parts)


def _solve(information: FloatArray, along: FloatArray) -> FloatArray:
    """Information⁻¹ along; parameters on which nothing hangs, as a loading of 0 of which the square counts, stay."""
    try:
        return np.asarray(np.linalg.solve(information, along))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(information, hermitian=True) @ along)


def _compute_model_based_test(evaluation: AtEstimate) -> TestStatistic:
    structured = compute_residual_test(evaluation, build_model_based_weight(evaluation))
    return build_test("browne.residual.adf.model", structured, evaluation.df)


def _compute_reweighted_test(evaluation: AtEstimate) -> TestStatistic:
    return build_test("browne.residual.nt.model", compute_reweighted_least_squares(evaluation), evaluation.df)


RESIDUAL_TESTS: dict[str, Callable[[AtEstimate], TestStatistic]] = {
    "browne.residual.adf": compute_browne_adf_test,
    "browne.residual.adf.model": _compute_model_based_test,
    "browne.residual.nt": compute_browne_nt_test,
    "browne.residual.nt.model": _compute_reweighted_test,
}
