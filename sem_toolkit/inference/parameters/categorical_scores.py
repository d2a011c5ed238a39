"""Scores of factors behind ordered answers: the mode of what an answer pattern leaves, or the likelihood's maximum.

Answers are independent given the factors: the probability of an answer is that of an interval of its response. The
objective is concave (Pratt 1981, Journal of the American Statistical Association 76, 103-106), so that Newton's method
finds the one maximum; all rows are done at once. Skrondal & Rabe-Hesketh (2004), Generalized latent variable modeling,
chapter 7.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic, ModelError
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.parameters.score_kind import FactorScores, ScoreMethod, require_rows
from sem_toolkit.libraries import special
from sem_toolkit.model import compute_matrices
from sem_toolkit.sample.moments import FloatArray

_FAR = 40.0
_SMALLEST = 1e-300
_INVERSE_ROOT = 1.0 / np.sqrt(2.0 * np.pi)
_FLAT = 1e-4
_RUNAWAY = 50.0
"""A score so far away, or where the likelihood is so flat, has no maximum: all answers are at one end."""


class OrderedScores:
    """Behind ordered answers (see `ScoreKind`); the standard error of a factor is that of an average row."""

    def score(self, evaluation: AtEstimate, g: int, method: ScoreMethod) -> FactorScores:
        require_rows(evaluation, g)
        if method == "tenberge":
            message = "ten Berge scores are linear in numeric variables, and some are ordered"
            hint = 'ask for "regression" or "bartlett"'
            raise DataError(Diagnostic("error", "numeric-rows-needed", message, hint=hint))
        scores, se = score_ordered_rows(evaluation, g, prior=method == "regression")
        p = evaluation.model.n_observed
        variances = np.diag(evaluation.moments.all_covariance[g])[p:]
        with np.errstate(invalid="ignore", divide="ignore"):
            average = np.sqrt(np.nansum(se**2, axis=0) / (~np.isnan(se)).sum(axis=0))  # NaN where no row has one
            known = 1.0 - average**2 / variances if method == "regression" else 1.0 / (1.0 + average**2 / variances)
        determinacy = np.sqrt(np.maximum(known, 0.0))
        label = evaluation.sample.groups[g].label
        return FactorScores(label, evaluation.model.variables[p:], scores, average, determinacy)


@dataclass(frozen=True, eq=False)
class _Measurement:
    """How n rows of p' variables follow from k factors, given covariates.

    loadings   p' × k; location  n × p': means where the factors are 0; spread  p': residual standard deviations
    low, high  n × p': bounds of the answers on the scale of the response; numeric  n × p': values of numeric variables
    answered   n × p'; is_ordered p'
    level      n × k: means of the factors; inverse  k × k: of their covariance matrix
    """

    loadings: FloatArray
    location: FloatArray
    spread: FloatArray
    low: FloatArray
    high: FloatArray
    numeric: FloatArray
    answered: NDArray[np.bool_]
    is_ordered: NDArray[np.bool_]
    level: FloatArray
    inverse: FloatArray

    def differentiate(self, scores: FloatArray, *, prior: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Value (n), slope (n × k) and minus the second derivative (n × k × k) of the log of what is maximised."""
        mean = self.location + scores @ self.loadings.T
        z_low, z_high = (self.low - mean) / self.spread, (self.high - mean) / self.spread
        z_low, z_high = np.maximum(z_low, -_FAR), np.minimum(z_high, _FAR)
        flipped = z_low > 0.0
        chance = special.ndtr(np.where(flipped, -z_low, z_high)) - special.ndtr(np.where(flipped, -z_high, z_low))
        chance = np.maximum(chance, _SMALLEST)
        below, above = (_INVERSE_ROOT * np.exp(-0.5 * z**2) / chance for z in (z_low, z_high))
        apart = (self.numeric - mean) / self.spread
        value = np.where(self.is_ordered, np.log(chance), -0.5 * apart**2)
        first = np.where(self.is_ordered, below - above, apart) / self.spread
        second = np.where(self.is_ordered, (below - above) ** 2 + z_high * above - z_low * below, 1.0) / self.spread**2
        value, first, second = (np.where(self.answered, part, 0.0) for part in (value, first, second))
        total, slope = value.sum(axis=1), first @ self.loadings
        curvature = np.einsum("ni,ik,il->nkl", second, self.loadings, self.loadings)
        if prior:
            gap = scores - self.level
            total = total - 0.5 * np.einsum("nk,kl,nl->n", gap, self.inverse, gap)
            slope, curvature = slope - gap @ self.inverse, curvature + self.inverse
        return total, slope, curvature


def score_ordered_rows(evaluation: AtEstimate, g: int, *, prior: bool) -> tuple[FloatArray, FloatArray]:
    """Scores (n × k) of a group's rows and their standard errors (n × k), by the curvature at the maximum.

    prior  the mode given the factors' own distribution (empirical Bayes); otherwise the maximum of the likelihood,
           which is NaN for rows without one

    Raises ModelError where ordered or numeric variables act on each other, so that answers are not independent.
    """
    measurement = _describe(evaluation, g)
    scores = measurement.level.copy() if prior else np.zeros_like(measurement.level)
    value, slope, curvature = measurement.differentiate(scores, prior=prior)
    length = np.ones(len(scores))
    ridge = 1e-10 * np.eye(scores.shape[1])
    for _ in range(100):
        step = np.linalg.solve(curvature + ridge, slope[..., None])[..., 0]
        step = np.clip(step, -5.0, 5.0)
        trial = scores + length[:, None] * step
        found = measurement.differentiate(trial, prior=prior)
        better = found[0] >= value - 1e-13 * (1.0 + np.abs(value))
        length = np.where(better, 1.0, 0.5 * length)
        scores = np.where(better[:, None], trial, scores)
        value = np.where(better, found[0], value)
        slope = np.where(better[:, None], found[1], slope)
        curvature = np.where(better[:, None, None], found[2], curvature)
        if np.abs(step[np.abs(scores).max(axis=1) < _RUNAWAY]).max(initial=0.0) < 1e-11:
            break
    flat = np.linalg.eigvalsh(curvature)[:, 0] < _FLAT * np.linalg.eigvalsh(curvature)[:, -1].max()
    away = (np.abs(scores).max(axis=1) >= _RUNAWAY) | flat
    scores[away] = np.nan
    with np.errstate(invalid="ignore"):
        se = np.sqrt(np.diagonal(np.linalg.inv(curvature + ridge), axis1=1, axis2=2).copy())
    se[away] = np.nan
    return scores, se


def _describe(evaluation: AtEstimate, g: int) -> _Measurement:
    model, p = evaluation.model, evaluation.model.n_observed
    responses, group = model.responses, evaluation.sample.groups[g]
    assert responses is not None  # noqa: S101 (scores of ordered answers)
    assert group.data is not None  # noqa: S101
    matrices = compute_matrices(model, evaluation.x)
    A, S, m = matrices.directed[g], matrices.symmetric[g], matrices.intercepts[g]
    given = np.array(evaluation.exogenous, dtype=np.intp)
    own, latent = np.setdiff1d(np.arange(p), given), np.arange(p, len(A))
    if np.any(A[np.ix_(own, own)] != 0.0) or np.any(A[np.ix_(latent, own)] != 0.0):
        message = "factor scores of ordered variables are there for measurement models, and observed variables act here"
        hint = "fit the measurement part alone for scores"
        raise ModelError(Diagnostic("error", "no-factor-scores", message, hint=hint))
    x = group.data[:, given]
    inner = np.linalg.inv(np.eye(len(A) - p) - A[p:, p:])
    level = (m[p:] + x @ A[np.ix_(latent, given)].T) @ inner.T
    covariance = inner @ S[p:, p:] @ inner.T
    codes = np.where(np.isnan(group.data), 0.0, group.data)
    low, high = np.zeros((len(x), len(own))), np.zeros((len(x), len(own)))
    for place, variable in enumerate(own):
        mine = np.flatnonzero(responses.owner == variable)
        if len(mine) and evaluation.moments.thresholds is not None:
            rim = np.concatenate([[-1e6], evaluation.moments.thresholds[g][mine], [1e6]])
            code = codes[:, variable].astype(np.int64)
            low[:, place], high[:, place] = rim[code], rim[code + 1]
    return _Measurement(
        loadings=A[np.ix_(own, latent)],
        location=m[own] + x @ A[np.ix_(own, given)].T,
        spread=np.sqrt(np.maximum(np.diag(S)[own], 1e-12)),
        low=low,
        high=high,
        numeric=codes[:, own],
        answered=~np.isnan(group.data[:, own]),
        is_ordered=np.isin(own, responses.items),
        level=level,
        inverse=np.linalg.pinv(covariance, hermitian=True),
    )
