"""Factor scores with their standard errors and determinacy."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.parameters.categorical_scores import score_ordered_rows
from sem_toolkit.inference.parameters.level_scores import score_level
from sem_toolkit.inference.weights.incomplete import list_likelihoods
from sem_toolkit.model import compute_matrices
from sem_toolkit.sample.incomplete import compute_incomplete_likelihood
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.slopes import list_slopes

ScoreMethod = Literal["regression", "bartlett", "tenberge"]
_WITHOUT_ERROR = 1e-10
"""Share of an indicator's variance below which its error is none."""


@dataclass(frozen=True, eq=False)
class FactorScores:
    """Scores of one group.

    names        the k latent variables
    scores       n × k, one row a row of data that was used
    se           k: standard deviation of the error of a score, of a row without empty cells; NaN for ten Berge scores
    determinacy  k: correlation of the scores with the factor
    """

    label: str
    names: tuple[str, ...]
    scores: FloatArray
    se: FloatArray
    determinacy: FloatArray


def compute_factor_scores(evaluation: AtEstimate, method: ScoreMethod = "regression") -> tuple[FactorScores, ...]:
    """Scores of every group.

    regression  E(η | y) = α + Cov(η, y)Σ⁻¹(y − μ). Source: Thurstone (1935), The vectors of mind.
    bartlett    unbiased given η: (ΛᵀΘ⁻¹Λ)⁻¹ΛᵀΘ⁻¹(y − ν).
                Source: Bartlett (1937), British Journal of Psychology 28, 97-104.
    tenberge    with the correlations of the factors.
                Source: ten Berge, Krijnen, Wansbeek & Shapiro (1999), Linear Algebra and its Applications 289, 311-318.

    Behind ordered variables the same names stand for the mode given the factors' distribution (lavaan's "EBM"), and
    for the maximum of the likelihood ("ML"), which rows with the highest or the lowest answers only have not (NaN).

    Without means in the model rows are taken from their sample mean, and the factors' means are what the sample means
    of their observed causes imply, as in lavaan. Factors without indicators of their own have no
    Bartlett scores (NaN). A row with empty cells is scored by what it has: it has no Bartlett score of a factor without
    an indicator there, and none at all where its indicators do not tell the factors apart. Rows in clusters at two
    levels have a group of scores within clusters, one row a row of data, and one between them, one row a cluster.
    Raises DataError without raw data, and for ten Berge scores of incomplete rows and of two levels.
    """
    if method not in get_args(ScoreMethod):
        hint = f"one of: {', '.join(get_args(ScoreMethod))}"
        raise OptionError(Diagnostic("error", "option-value", f'there are no factor scores "{method}"', hint=hint))
    if evaluation.kind.has_levels:
        return tuple(_score_level_of_group(evaluation, g, method) for g in range(evaluation.model.n_groups))
    return tuple(_score_group(evaluation, g, method) for g in range(evaluation.model.n_groups))


def _score_level_of_group(evaluation: AtEstimate, g: int, method: ScoreMethod) -> FactorScores:
    """Scores of rows within clusters, or of clusters; Bartlett's weigh what the rows say of its parts."""
    if method == "tenberge":
        message = (
            "ten Berge scores are those of rows that are observed themselves, which the parts of two levels are not"
        )
        raise DataError(Diagnostic("error", "not-with-levels", message, hint='ask for "regression" or "bartlett"'))
    names = _list_factors(evaluation, g)
    if method == "bartlett" and list_slopes(evaluation.model.table):
        message = "random slopes have no indicators, by which Bartlett's scores are made"
        raise DataError(Diagnostic("error", "not-with-slopes", message, hint='ask for "regression"'))
    weights = None if method == "regression" else _bartlett_weights(evaluation, g)[0]
    scores, se, determinacy = score_level(evaluation, g, weights)
    chosen = [evaluation.model.variables.index(name) for name in names]
    label = evaluation.sample.groups[g].label
    return FactorScores(label, names, scores[:, chosen], se[chosen], determinacy[chosen])


def _list_factors(evaluation: AtEstimate, g: int) -> tuple[str, ...]:
    """The latent variables of a level, and the random slopes."""
    model = evaluation.model
    there = {name for row in model.table.parameters if row.group == g + 1 for name in (row.lhs, row.rhs)}
    slopes = [slope.name for slope in list_slopes(model.table)] if g % 2 else []
    return tuple(name for name in (*model.variables[model.n_observed :], *dict.fromkeys(slopes)) if name in there)


def _score_group(evaluation: AtEstimate, g: int, method: ScoreMethod) -> FactorScores:
    group, model = evaluation.sample.groups[g], evaluation.model
    if group.data is None or group.mean is None:
        message = "factor scores need the rows of the data, not only their moments"
        raise DataError(Diagnostic("error", "raw-data-needed", message))
    p = model.n_observed
    if evaluation.kind.is_categorical:
        return _score_ordered_group(evaluation, g, method)
    all_mean = evaluation.moments.all_mean
    location = group.mean if all_mean is None else all_mean[g, :p]
    level = _level_by_observed(evaluation, g) if all_mean is None else all_mean[g, p:]
    weights, se = _score_weights(evaluation, g, method)
    determinacy = _determinacy(evaluation, g, weights)
    if evaluation.is_incomplete:
        scores = _score_incomplete_rows(evaluation, g, method) + level
        return FactorScores(group.label, model.variables[p:], scores, se, determinacy)
    scores = (group.data - location) @ weights.T + level  # either method gives a row at the mean the factors' means
    return FactorScores(group.label, model.variables[p:], scores, se, determinacy)


def _score_ordered_group(evaluation: AtEstimate, g: int, method: ScoreMethod) -> FactorScores:
    """Scores behind ordered answers; the standard error of a factor is that of an average row."""
    if method == "tenberge":
        message = "ten Berge scores are linear in numeric variables, and some are ordered"
        raise DataError(Diagnostic("error", "numeric-rows-needed", message, hint='ask for "regression" or "bartlett"'))
    scores, se = score_ordered_rows(evaluation, g, prior=method == "regression")
    p = evaluation.model.n_observed
    variances = np.diag(evaluation.moments.all_covariance[g])[p:]
    with np.errstate(invalid="ignore", divide="ignore"):
        average = np.sqrt(np.nansum(se**2, axis=0) / (~np.isnan(se)).sum(axis=0))  # NaN where no row has one
        known = 1.0 - average**2 / variances if method == "regression" else 1.0 / (1.0 + average**2 / variances)
    determinacy = np.sqrt(np.maximum(known, 0.0))
    label = evaluation.sample.groups[g].label
    return FactorScores(label, evaluation.model.variables[p:], scores, average, determinacy)


def _level_by_observed(evaluation: AtEstimate, g: int) -> FloatArray:
    """Means of the factors (k) with intercepts of 0, by the sample means of the observed variables that cause them."""
    p, mean = evaluation.model.n_observed, evaluation.sample.groups[g].mean
    directed = compute_matrices(evaluation.model, evaluation.x).directed[g]
    causes = directed[p:, :p] @ mean
    return np.asarray(np.linalg.solve(np.eye(len(causes)) - directed[p:, p:], causes))


def _score_incomplete_rows(evaluation: AtEstimate, g: int, method: ScoreMethod) -> FloatArray:
    """Scores less the factors' means (n × k) with Σ, Λ and μ of what each row has.

    Bartlett's take (ΛᵀΣ⁻¹Λ)⁻¹ΛᵀΣ⁻¹, which is (ΛᵀΘ⁻¹Λ)⁻¹ΛᵀΘ⁻¹.
    """
    likelihood, p = list_likelihoods(evaluation)[g], evaluation.model.n_observed
    if method == "regression":
        return np.asarray(likelihood.directions @ evaluation.moments.all_covariance[g, p:, :p].T)
    if method == "tenberge":
        message = "ten Berge scores need rows without empty cells"
        raise DataError(Diagnostic("error", "complete-rows-needed", message, hint='ask for "regression" or "bartlett"'))
    matrices = compute_matrices(evaluation.model, evaluation.x)
    loadings, within = matrices.directed[g, :p, p:], np.eye(p) - matrices.directed[g, :p, :p]
    rows, factors = np.flatnonzero(np.any(loadings != 0, axis=1)), np.flatnonzero(np.any(loadings != 0, axis=0))
    scores = np.full((len(likelihood.patterns.row), loadings.shape[1]), np.nan)
    if not factors.size:
        return scores
    L = np.linalg.solve(within, loadings[:, factors])[rows]
    patterns = likelihood.patterns.pick(rows)
    own = compute_incomplete_likelihood(patterns, likelihood.mean[rows], likelihood.covariance[np.ix_(rows, rows)])
    assert own is not None  # noqa: S101 (a block of a positive definite matrix)
    inner = L.T @ own.inverses @ L
    seen = np.diagonal(inner, axis1=1, axis2=2) > 0.0  # factors of which a pattern has an indicator
    known = np.linalg.matrix_rank(inner, hermitian=True) == seen.sum(axis=1)
    there = np.flatnonzero((patterns.row >= 0) & known[patterns.row])
    at = patterns.row[there]
    solved = (np.linalg.pinv(inner, hermitian=True)[at] @ (own.directions[there] @ L)[:, :, None])[:, :, 0]
    scores[np.ix_(there, factors)] = np.where(seen[at], solved, np.nan)
    return scores


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
    return _bartlett_weights(evaluation, g)


def _bartlett_weights(evaluation: AtEstimate, g: int) -> tuple[FloatArray, FloatArray]:
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
    """Correlation of wᵀy with η under the model (k)."""
    p = evaluation.model.n_observed
    V = evaluation.moments.all_covariance[g]
    covariance = np.einsum("kp,kp->k", weights, V[p:, :p])
    variance = np.einsum("kp,pr,kr->k", weights, V[:p, :p], weights)
    return np.asarray(covariance / np.sqrt(variance * np.diag(V)[p:]))
