"""UΓ, whose eigenvalues weight the chi-squares that a test statistic is a sum of when data are not normal.

U = V − VΔE⁻¹ΔᵀV over all groups, E the information within the constraints, Γ the covariance of the casewise moments.
Source: Satorra & Bentler (1994), in von Eye & Clogg, Latent variables analysis, 399-419.
"""

from collections.abc import Sequence

import numpy as np

from sem_toolkit.discrepancy import Weight, once
from sem_toolkit.discrepancy.moment_covariance import compute_explained_covariance, compute_normal_variances
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.covariance import (
    compute_normal_meat,
    compute_robust_meat,
    compute_weight_inverse,
    invert_any,
)
from sem_toolkit.inference.exact_fit.nuisance import compute_full_delta
from sem_toolkit.inference.weights.casewise import CasewiseMoments
from sem_toolkit.inference.weights.estimator import build_estimator_weight
from sem_toolkit.inference.weights.normal_gamma import multiply_normal_gamma
from sem_toolkit.inference.weights.robust import build_robust_weight
from sem_toolkit.sample.moments import FloatArray


def build_casewise(evaluation: AtEstimate, weight: Weight) -> tuple[CasewiseMoments, ...]:
    """The casewise moments of every group, by a weight."""
    return tuple(CasewiseMoments(evaluation, weight, g) for g in range(evaluation.model.n_groups))


def compute_ugamma_trace(evaluation: AtEstimate, information: str = "expected") -> float:
    """tr(UΓ) = Σ_g tr(V_gΓ_g) − tr(E⁻¹ Σ_g share_g ΔᵀVΓVΔ)."""
    saturated, model = compute_ugamma_traces(evaluation, information)
    return saturated - model


@once
def compute_ugamma_traces(evaluation: AtEstimate, information: str = "expected") -> tuple[float, float]:
    """Both parts of tr(UΓ): what the moments have, and what the parameters take of it."""
    weight = build_robust_weight(evaluation, information)
    gammas = evaluation.data.gammas(evaluation)
    if gammas is not None:
        saturated = sum(float(np.trace(weight.times(g, gamma))) for g, gamma in enumerate(gammas))
    else:
        saturated = sum(part.trace() for part in build_casewise(evaluation, weight))
    if evaluation.model.composites is not None:
        return saturated, saturated - float(np.trace(_over_moments(evaluation, weight, gammas)))
    meat = compute_robust_meat(evaluation, information)
    return saturated, float(np.einsum("ij,ji->", compute_weight_inverse(evaluation, weight), meat))


def compute_ugamma_matrix(evaluation: AtEstimate, information: str = "expected") -> FloatArray:
    """A symmetric matrix with the non-zero eigenvalues of UΓ: n × n over rows, or Gm × Gm over moments, the smaller.

    Over rows: Γ = ZᵀZ, so that ZUZᵀ has them; its elements are casewise products of moments and of scores. Over
    moments: LᵀUL with Γ = LLᵀ.
    """
    gammas = evaluation.data.gammas(evaluation)
    if gammas is not None:
        return _over_moments(evaluation, build_robust_weight(evaluation, information), gammas)
    rows = evaluation.sample.n
    moments = evaluation.moments_per_group * evaluation.model.n_groups
    over = _over_moments if moments <= rows or evaluation.model.composites is not None else _over_rows
    return over(evaluation, build_robust_weight(evaluation, information))


def compute_normal_ugamma_trace(evaluation: AtEstimate) -> float:
    """tr(UΓ) with Γ by normal theory, for estimators with a diagonal weight (ULS, DWLS)."""
    weight = build_estimator_weight(evaluation)
    meat = compute_normal_meat(evaluation, weight)
    saturated = sum(
        weight.times(g, compute_normal_variances(S, means=evaluation.has_means, exogenous=evaluation.exogenous)).sum()
        for g, S in enumerate(evaluation.sample_cov)
    )
    return float(saturated - np.einsum("ij,ji->", compute_weight_inverse(evaluation, weight), meat))


def _build_normal_gamma(evaluation: AtEstimate, group: int) -> FloatArray:
    """Γ by normal theory at the sample covariance, given fixed exogenous variables (m × m)."""
    S, unit, means = evaluation.sample_cov[group], np.eye(evaluation.moments_per_group), evaluation.has_means
    gamma = multiply_normal_gamma(S, unit, means)
    if evaluation.exogenous:
        gamma = gamma - multiply_normal_gamma(compute_explained_covariance(S, evaluation.exogenous), unit, means)
    return np.asarray(gamma)


def compute_ugamma_squared_trace(evaluation: AtEstimate, information: str = "expected", normal: bool = False) -> float:
    """tr((UΓ)²), by normal theory where asked for."""
    if normal:
        gammas = [_build_normal_gamma(evaluation, g) for g in range(evaluation.model.n_groups)]
        return float(np.sum(_over_moments(evaluation, build_estimator_weight(evaluation), gammas) ** 2))
    own = evaluation.data.gammas(evaluation)
    if own is not None and evaluation.sample.cross_gamma is None:  # no root of Γ is needed for a trace
        return _compute_squared_trace(evaluation, build_robust_weight(evaluation, information), own)
    return float(np.sum(compute_ugamma_matrix(evaluation, information) ** 2))


def compute_ugamma_eigenvalues(evaluation: AtEstimate, information: str = "expected") -> FloatArray:
    """The df largest eigenvalues of UΓ, in descending order."""
    return np.asarray(np.linalg.eigvalsh(compute_ugamma_matrix(evaluation, information))[::-1][: evaluation.df])


def _over_rows(evaluation: AtEstimate, weight: Weight) -> FloatArray:
    groups = build_casewise(evaluation, weight)
    pairs = list(zip(evaluation.shares, groups, strict=True))
    scores = np.concatenate([np.sqrt(f / part.size) * part.scores for f, part in pairs])
    matrix = -scores @ compute_weight_inverse(evaluation, weight) @ scores.T
    start = 0
    for part in groups:
        block = slice(start, start + len(part.scores))
        matrix[block, block] += part.gram() / part.size
        start = block.stop
    return np.asarray(matrix)


def _over_moments(evaluation: AtEstimate, weight: Weight, gammas: Sequence[FloatArray] | None = None) -> FloatArray:
    if evaluation.sample.cross_gamma is not None:
        root = _square_root(evaluation.sample.cross_gamma)
        return np.asarray(root.T @ _build_residual_weight(evaluation, weight) @ root)
    groups = [part.gamma for part in build_casewise(evaluation, weight)] if gammas is None else gammas
    m = evaluation.moments_per_group
    roots = [_square_root(gamma / share) for share, gamma in zip(evaluation.shares, groups, strict=True)]
    U = _build_residual_weight(evaluation, weight)
    return np.block(
        [
            [roots[i].T @ U[i * m : (i + 1) * m, j * m : (j + 1) * m] @ roots[j] for j in range(len(groups))]
            for i in range(len(groups))
        ]
    )


def _compute_squared_trace(evaluation: AtEstimate, weight: Weight, gammas: Sequence[FloatArray]) -> float:
    """tr((UΓ)²) by UΓ = VΓ − VΔE⁻¹(ΔᵀVΓ): all but the first part's square is of the size of the parameters."""
    delta, basis = compute_full_delta(evaluation)
    q = delta.shape[-1]
    total, information, twice, thrice = 0.0, np.zeros((q, q)), np.zeros((q, q)), np.zeros((q, q))
    for g, (own, gamma, share) in enumerate(zip(delta, gammas, evaluation.shares, strict=True)):
        pull, product = weight.times(g, own), weight.times(g, gamma)
        reach = pull.T @ gamma
        information += share * own.T @ pull
        twice += share * reach @ pull
        thrice += share * reach @ weight.times(g, reach.T)
        total += float(np.sum(product * product.T))
    inverse = invert_any(information, basis)
    taken = inverse @ twice
    return total - 2.0 * float(np.sum(inverse * thrice)) + float(np.sum(taken * taken.T))


def _build_residual_weight(evaluation: AtEstimate, weight: Weight) -> FloatArray:
    """U over the moments of all groups, Gm × Gm."""
    groups, m = evaluation.model.n_groups, evaluation.moments_per_group
    V, slopes = np.zeros((groups * m, groups * m)), []
    delta, basis = compute_full_delta(evaluation)
    for g, share in enumerate(evaluation.shares):
        block = slice(g * m, (g + 1) * m)
        V[block, block] = share * weight.times(g, np.eye(m))
        slopes.append(share * weight.times(g, delta[g]))
    along = np.concatenate(slopes)
    information = np.concatenate(list(delta)).T @ along
    return np.asarray(V - along @ invert_any(information, basis) @ along.T)


def _square_root(gamma: FloatArray) -> FloatArray:
    """L with LLᵀ = Γ, for positive semi-definite Γ."""
    values, vectors = np.linalg.eigh(gamma)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
