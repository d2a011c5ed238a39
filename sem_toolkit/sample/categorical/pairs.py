"""Two variables, one of them ordered at most or with covariates: their correlation given both margins, with scores.

The second of the two steps of Muthén (1984), Psychometrika 49, 115-132: polyserial correlations (Olsson, Drasgow &
Dorans 1982, Psychometrika 47, 337-347), correlations of residuals, and polychoric correlations given covariates.
Without covariates the polychoric ones come from tables (`polychoric`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sem_toolkit.libraries import special
from sem_toolkit.sample.categorical.correlation_search import CorrelationSearch
from sem_toolkit.sample.categorical.margins import FloatArray, Margin, density
from sem_toolkit.sample.categorical.polychoric import compute_bivariate_normal
from sem_toolkit.sample.categorical.polyserial import PolyserialRows

_SMALLEST = 1e-300


@dataclass(frozen=True, eq=False)
class PairFit:
    """The correlation of two variables, and how it depends on what their margins say.

    correlation  of the responses, given covariates
    scores       n: derivative of each row's log likelihood by it, 0 where one has no answer; without weights
    by_first     c: sum over rows of this score times those of the first margin's parameters, by weight
    by_second    likewise
    gradient     of the mean log likelihood where the search ended: 0 at a maximum
    """

    correlation: float
    scores: FloatArray
    by_first: FloatArray
    by_second: FloatArray
    gradient: float


Evaluate = Callable[[float], tuple[float, float, float]]


def fit_polyserial(numeric: Margin, ordered: Margin, covariates: FloatArray, weights: FloatArray, /) -> PairFit:
    """Correlation of a numeric variable's residual and the response behind an ordered one."""
    both = numeric.answered & ordered.answered
    used = weights * both
    rows = PolyserialRows(numeric.residual, ordered.low, ordered.high)
    start = float(np.clip(used @ (rows.z * _find_middle(ordered)) / used.sum(), -0.9, 0.9))
    rho, gradient = _maximise(lambda at: rows.evaluate(at, used), start, float(used.sum()))
    found = rows.derive(rho)
    scores = found.scores * both
    by_mean, by_variance = rows.derive_by_numeric(found, numeric.variance)
    weighted = used * scores
    by_first = np.concatenate([[weighted @ by_mean], (weighted * by_mean) @ covariates, [weighted @ by_variance]])
    by_second = _sum_ordered(ordered, weighted * found.above, weighted * found.below, covariates)
    return PairFit(rho, scores, by_first, by_second, gradient)


def fit_residuals(first: Margin, second: Margin, covariates: FloatArray, weights: FloatArray, /) -> PairFit:
    """Correlation of the residuals of two numeric variables, given their means and variances."""
    both = first.answered & second.answered
    used = weights * both
    a, b = first.residual, second.residual
    sums = ResidualSums(float(used.sum()), *(float(used @ product) for product in (a * a, a * b, b * b)))
    rho, gradient = _maximise(sums.evaluate, sums.start, sums.total)
    scores = score_residuals(rho, a, b) * both
    weighted = used * scores
    found = []
    for own, other, margin in ((a, b, first), (b, a, second)):
        by_mean, by_variance = derive_residuals(rho, own, other, margin.variance)
        along = weighted * by_mean
        found.append(np.concatenate([[along.sum()], along @ covariates, [weighted @ by_variance]]))
    return PairFit(rho, scores, found[0], found[1], gradient)


@dataclass(frozen=True)
class ResidualSums:
    """Of two numeric variables, in units of their residual standard deviations: weight of the rows that have both, and
    the sums of squares and products in these.
    """

    total: float
    aa: float
    ab: float
    bb: float

    @property
    def start(self) -> float:
        """Where the search for the correlation begins."""
        return float(np.clip(self.ab / self.total, -0.99, 0.99))

    def evaluate(self, rho: float) -> tuple[float, float, float]:
        """Log likelihood, its slope and the information."""
        rest = 1.0 - rho**2
        value = -0.5 * self.total * np.log(rest) - 0.5 * (self.aa - 2.0 * rho * self.ab + self.bb) / rest
        slope = self.total * rho / rest + ((1.0 + rho**2) * self.ab - rho * (self.aa + self.bb)) / rest**2
        return float(value), float(slope), float(self.total * (1.0 + rho**2) / rest**2)


def score_residuals(rho: float, a: FloatArray, b: FloatArray) -> FloatArray:
    """Derivatives of the log likelihood of rows by the correlation of two numeric variables (n)."""
    rest = 1.0 - rho**2
    return np.asarray(rho / rest + (a * b * (1.0 + rho**2) - rho * (a * a + b * b)) / rest**2)


def derive_residuals(rho: float, own: FloatArray, other: FloatArray, variance: float) -> tuple[FloatArray, FloatArray]:
    """The same by the mean and the variance of one of them (n each)."""
    rest = 1.0 - rho**2
    by_mean = (own - rho * other) / (rest * np.sqrt(variance))
    return np.asarray(by_mean), np.asarray(-0.5 / variance * (1.0 - (own * own - rho * own * other) / rest))


def fit_polychoric(first: Margin, second: Margin, covariates: FloatArray, weights: FloatArray, /) -> PairFit:
    """Correlation of the responses behind two ordered variables, given covariates."""
    both = first.answered & second.answered
    used = weights * both
    corners = [
        (sign, x, y)
        for x, s in ((first.high, 1.0), (first.low, -1.0))
        for y, sign in ((second.high, s), (second.low, -s))
    ]

    def heights(rho: float) -> tuple[FloatArray, FloatArray]:
        rho_ = np.array(rho)
        chance = np.zeros(len(used))
        change = np.zeros(len(used))
        rest = 1.0 - rho**2
        for sign, x, y in corners:
            chance += sign * compute_bivariate_normal(x, y, rho_)
            change += sign * np.exp(-0.5 * (x**2 - 2.0 * rho * x * y + y**2) / rest)
        return np.maximum(chance, _SMALLEST), change / (2.0 * np.pi * np.sqrt(rest))

    def evaluate(rho: float) -> tuple[float, float, float]:
        chance, change = heights(rho)
        scores = np.where(chance > 1e-14, change / chance, 0.0)
        return float(used @ np.log(chance)), float(used @ scores), float(used @ scores**2)

    start = float(np.clip(used @ (_find_middle(first) * _find_middle(second)) / used.sum(), -0.8, 0.8))
    rho, gradient = _maximise(evaluate, start, float(used.sum()))
    chance, change = heights(rho)
    scores = np.where(chance > 1e-14, change / chance, 0.0) * both
    weighted = used * scores / chance
    rest = np.sqrt(1.0 - rho**2)
    found = []
    for own, other in ((first, second), (second, first)):
        sums = []
        for at in (own.high, own.low):
            inside = special.ndtr((other.high - rho * at) / rest) - special.ndtr((other.low - rho * at) / rest)
            sums.append(weighted * density(at) * inside)
        found.append(_sum_ordered(own, sums[0], sums[1], covariates))
    return PairFit(rho, scores, found[0], found[1], gradient)


def _sum_ordered(margin: Margin, above: FloatArray, below: FloatArray, covariates: FloatArray) -> FloatArray:
    """Sums by thresholds and slopes of what the upper and the lower bound of each row's answer contribute (c)."""
    T = margin.n_first
    at_high = np.bincount(margin.codes, weights=above, minlength=T + 1)[:T]
    at_low = np.bincount(margin.codes, weights=below, minlength=T + 1)[1:]
    return np.concatenate([at_high - at_low, (below - above) @ covariates])


def _find_middle(margin: Margin) -> FloatArray:
    """The expected response given the answer (n), which starts the search."""
    low, high = margin.low, margin.high
    chance = np.maximum(special.ndtr(high) - special.ndtr(low), 1e-12)
    return np.asarray((density(low) - density(high)) / chance)


def _maximise(evaluate: Evaluate, start: float, total: float) -> tuple[float, float]:
    """The correlation with the largest log likelihood, and the mean slope there."""
    search = CorrelationSearch(start, total)
    while not search.is_over:
        search.take(*evaluate(search.trial))
    return search.rho, search.slope / total
