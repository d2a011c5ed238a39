"""Factor scores of numeric variables: linear in the rows, or in what each row has."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.parameters.score_kind import FactorScores, ScoreMethod, require_rows
from sem_toolkit.inference.weights.incomplete import list_likelihoods
from sem_toolkit.model import compute_matrices
from sem_toolkit.sample.incomplete import compute_incomplete_likelihood
from sem_toolkit.sample.moments import FloatArray

_NONE = 1e-10
"""Share of what is known of a factor below which nothing is left, and of the largest eigenvalue below which it is 0."""
_WITHOUT_ERROR = 1e-10
"""Share of an indicator's variance below which its error is none."""


class NumericScores:
    """Of complete rows (see `ScoreKind`)."""

    def score(self, evaluation: AtEstimate, g: int, method: ScoreMethod) -> FactorScores:
        group, model = evaluation.sample.groups[g], evaluation.model
        _, mean = require_rows(evaluation, g)
        p, all_mean = model.n_observed, evaluation.moments.all_mean
        level = _level_by_observed(evaluation, g, mean) if all_mean is None else all_mean[g, p:]
        weights, se = _score_weights(evaluation, g, method)
        determinacy = _determinacy(evaluation, g, weights)
        # either method gives a row at the mean the factors' means
        scores = self.score_rows(evaluation, g, method, weights) + level
        return FactorScores(group.label, model.variables[p:], scores, se, determinacy)

    def score_rows(self, evaluation: AtEstimate, g: int, method: ScoreMethod, weights: FloatArray) -> FloatArray:
        """Scores less the factors' means (n × k) by weights of the centred observed variables (k × p)."""
        data, mean = require_rows(evaluation, g)
        all_mean = evaluation.moments.all_mean
        return (data - (mean if all_mean is None else all_mean[g, : len(mean)])) @ weights.T


class IncompleteScores(NumericScores):
    """The same of rows with empty cells, with Σ, Λ and μ of what each row has.

    Bartlett's take (ΛᵀΣ⁻¹Λ)⁻¹ΛᵀΣ⁻¹, which is (ΛᵀΘ⁻¹Λ)⁻¹ΛᵀΘ⁻¹. Observed causes of indicators are fixed like the factors,
    so that an indicator says nothing where one of its causes is missing.
    """

    def score_rows(self, evaluation: AtEstimate, g: int, method: ScoreMethod, weights: FloatArray) -> FloatArray:
        likelihood, p = list_likelihoods(evaluation)[g], evaluation.model.n_observed
        if method == "regression":
            return np.asarray(likelihood.directions @ evaluation.moments.all_covariance[g, p:, :p].T)
        if method == "tenberge":
            message = "ten Berge scores need rows without empty cells"
            hint = 'ask for "regression" or "bartlett"'
            raise DataError(Diagnostic("error", "complete-rows-needed", message, hint=hint))
        k = evaluation.moments.all_covariance.shape[1] - p
        scores, equations = np.full((len(likelihood.patterns.row), k), np.nan), _build_equations(evaluation, g)
        if equations is None:
            return scores
        both, L, C = equations.variables, equations.loadings, equations.effects
        patterns = likelihood.patterns.pick(both)
        own = compute_incomplete_likelihood(patterns, likelihood.mean[both], equations.covariance)
        assert own is not None  # noqa: S101 (errors and causes are positive definite where the model's moments are)
        inner, sides = L.T @ own.inverses @ L, own.directions @ L
        informed = np.diagonal(inner, axis1=1, axis2=2)
        if C.size:
            crossed = L.T @ own.inverses @ C
            taken = crossed @ np.linalg.pinv(C.T @ own.inverses @ C, rcond=_NONE, hermitian=True)
            inner = inner - taken @ crossed.transpose(0, 2, 1)
            sides = sides - (taken[patterns.row] @ (own.directions @ C)[:, :, None])[:, :, 0]
        seen = np.diagonal(inner, axis1=1, axis2=2) > _NONE * informed  # factors of which a pattern has an indicator
        inner = inner * (seen[:, :, None] & seen[:, None, :])
        known = np.linalg.matrix_rank(inner, hermitian=True) == seen.sum(axis=1)
        there = np.flatnonzero((patterns.row >= 0) & known[patterns.row])
        at = patterns.row[there]
        solved = (np.linalg.pinv(inner, hermitian=True)[at] @ sides[there][:, :, None])[:, :, 0]
        scores[np.ix_(there, equations.factors)] = np.where(seen[at], solved, np.nan)
        return scores


@dataclass(frozen=True, eq=False)
class _Equations:
    """The indicators of a group and their observed causes (v), solved for: y − μ = L(η − α) + C(x − μ_x) + e.

    factors     those (f) that have indicators; loadings: L (v × f); effects: C (v × c)
    covariance  of y with factors and causes independent (v × v), which weighs as that of e does (Lawley & Maxwell,
                1971, chapter 8)
    """

    variables: NDArray[np.intp]
    factors: NDArray[np.intp]
    loadings: FloatArray
    effects: FloatArray
    covariance: FloatArray


def _build_equations(evaluation: AtEstimate, g: int) -> _Equations | None:
    """None where no factor has an indicator."""
    matrices, V = compute_matrices(evaluation.model, evaluation.x), evaluation.moments.all_covariance[g]
    p = evaluation.model.n_observed
    loadings, within = matrices.directed[g, :p, p:], np.eye(p) - matrices.directed[g, :p, :p]
    rows, factors = np.flatnonzero(np.any(loadings != 0, axis=1)), np.flatnonzero(np.any(loadings != 0, axis=0))
    if not factors.size:
        return None
    causes = np.setdiff1d(np.flatnonzero(np.any(within[rows] != 0, axis=0)), rows)
    both, first = np.concatenate([rows, causes]), len(rows)
    equations, covariance = np.eye(len(both)), np.zeros((len(both),) * 2)
    equations[:first] = within[np.ix_(rows, both)]
    own = loadings[np.ix_(rows, factors)]
    latent = own @ V[np.ix_(p + factors, p + factors)] @ own.T
    covariance[:first, :first] = matrices.symmetric[g][np.ix_(rows, rows)] + latent
    covariance[first:, first:] = V[np.ix_(causes, causes)]
    inverse = np.asarray(np.linalg.inv(equations), dtype=np.float64)
    return _Equations(both, factors, inverse[:, :first] @ own, inverse[:, first:], inverse @ covariance @ inverse.T)


def _level_by_observed(evaluation: AtEstimate, g: int, mean: FloatArray) -> FloatArray:
    """Means of the factors (k) with intercepts of 0, by the sample means of the observed variables that cause them."""
    p = evaluation.model.n_observed
    directed = compute_matrices(evaluation.model, evaluation.x).directed[g]
    causes = directed[p:, :p] @ mean
    return np.asarray(np.linalg.solve(np.eye(len(causes)) - directed[p:, p:], causes))


def _score_weights(evaluation: AtEstimate, g: int, method: ScoreMethod) -> tuple[FloatArray, FloatArray]:
    """Weights (k × p) of the centred observed variables, and standard errors (k)."""
    p = evaluation.model.n_observed
    V = evaluation.moments.all_covariance[g]
    Q, cross, factors = evaluation.implied_inverse[g], V[p:, :p], V[p:, p:]
    if method == "regression":
        weights = cross @ Q
        return weights, np.sqrt(np.maximum(np.diag(factors - weights @ cross.T), 0.0))
    if method == "tenberge":
        return _ten_berge_weights(V[:p, :p], cross.T, factors), np.full(len(factors), np.nan)
    return compute_bartlett_weights(evaluation, g)


def compute_bartlett_weights(evaluation: AtEstimate, g: int) -> tuple[FloatArray, FloatArray]:
    """From the equations of the indicators: (I − A_oo)y − m = A_oη η + u with Cov(u) = S_oo.

    Composites are sums of their indicators, whose equations leave S_oo singular: they are what they are, without error.
    With indicators without error (of single indicators) Cov(A_oη η + u) takes the place of S_oo: the weights are the
    same where both have an inverse (Lawley & Maxwell, 1971, Factor analysis as a statistical method, chapter 8).
    """
    p = evaluation.model.n_observed
    matrices = compute_matrices(evaluation.model, evaluation.x)
    loadings, within = matrices.directed[g, :p, p:].copy(), np.eye(p) - matrices.directed[g, :p, :p]
    k = loadings.shape[1]
    weights, se = np.full((k, p), np.nan), np.full(k, np.nan)
    members = () if evaluation.model.composites is None else evaluation.model.composites.members
    for member in members:
        if member.group == g:
            own = member.variable - p
            weights[own], se[own], loadings[:, own] = 0.0, 0.0, 0.0
            weights[own, member.indicators] = member.weight_values(evaluation.x)
    rows, factors = np.flatnonzero(np.any(loadings != 0, axis=1)), np.flatnonzero(np.any(loadings != 0, axis=0))
    if not factors.size:
        return weights, se
    L = loadings[np.ix_(rows, factors)]
    unique = matrices.symmetric[g][np.ix_(rows, rows)]
    known = unique.diagonal() <= _WITHOUT_ERROR * evaluation.moments.all_covariance[g].diagonal()[rows]
    latent = np.zeros((len(factors),) * 2)
    if known.any():
        latent = evaluation.moments.all_covariance[g][np.ix_(p + factors, p + factors)]
    along = np.linalg.solve(unique + L @ latent @ L.T, L)
    inverse = np.linalg.inv(L.T @ along)
    weights[factors] = inverse @ along.T @ within[rows]
    se[factors] = np.sqrt(np.maximum(np.diag(inverse - latent), 0.0))
    return weights, se


def _ten_berge_weights(covariance: FloatArray, cross: FloatArray, factors: FloatArray) -> FloatArray:
    """Φ^½ (CᵀC)^−½ CᵀΣ^−½ with C = Σ^−½ Cov(y, η) Φ^−½."""
    root, inverse_root = _power(factors, 0.5), _power(covariance, -0.5)
    C = inverse_root @ cross @ _power(factors, -0.5)
    return np.asarray(root @ _power(C.T @ C, -0.5) @ C.T @ inverse_root)


def _power(matrix: FloatArray, exponent: float) -> FloatArray:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 1e-300) ** exponent) @ vectors.T)


def _determinacy(evaluation: AtEstimate, g: int, weights: FloatArray) -> FloatArray:
    """Correlation of wᵀy with η under the model (k); NaN for a factor whose variance is not positive."""
    p = evaluation.model.n_observed
    V = evaluation.moments.all_covariance[g]
    covariance = np.einsum("kp,kp->k", weights, V[p:, :p])
    variance = np.einsum("kp,pr,kr->k", weights, V[:p, :p], weights)
    with np.errstate(divide="ignore", invalid="ignore"):  # NaN where a variance is not positive
        return np.asarray(covariance / np.sqrt(variance * np.diag(V)[p:]))
