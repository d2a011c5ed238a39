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
from sem_toolkit.sample.categorical.margins import FAR, FloatArray, Margin, density
from sem_toolkit.sample.categorical.polychoric import compute_bivariate_normal

_BOUND = 0.9999
_SMALLEST = 1e-300
_STATIONARY = 1e-9


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
    z = numeric.residual

    def bounds(rho: float) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        rest = np.sqrt(1.0 - rho**2)
        low, high = (ordered.low - rho * z) / rest, (ordered.high - rho * z) / rest
        low, high = np.where(ordered.low <= -FAR, -FAR, low), np.where(ordered.high >= FAR, FAR, high)
        flipped = low > 0.0
        first, second = np.where(flipped, -high, low), np.where(flipped, -low, high)
        return low, high, np.maximum(special.ndtr(second) - special.ndtr(first), _SMALLEST), rest

    def score(rho: float) -> tuple[FloatArray, FloatArray]:
        low, high, chance, rest = bounds(rho)
        slope_high = np.where(ordered.high >= FAR, 0.0, density(high) * (rho * ordered.high - z))
        slope_low = np.where(ordered.low <= -FAR, 0.0, density(low) * (rho * ordered.low - z))
        return (slope_high - slope_low) / (chance * rest**3), chance

    def evaluate(rho: float) -> tuple[float, float, float]:
        scores, chance = score(rho)
        return float(used @ np.log(chance)), float(used @ scores), float(used @ scores**2)

    start = float(np.clip(used @ (z * _find_middle(ordered)) / used.sum(), -0.9, 0.9))
    rho, gradient = _maximise(evaluate, start, float(used.sum()))
    scores = score(rho)[0] * both
    low, high, chance, rest = bounds(rho)
    above, below = density(high) / chance, density(low) / chance
    along = rho / rest * (above - below)
    deviation = np.sqrt(numeric.variance)
    by_mean = (z + along) / deviation
    by_variance = 0.5 * ((z**2 - 1.0) + along * z) / numeric.variance
    weighted = used * scores
    by_first = np.concatenate([[weighted @ by_mean], (weighted * by_mean) @ covariates, [weighted @ by_variance]])
    by_second = _sum_ordered(ordered, weighted * above / rest, weighted * below / rest, covariates)
    return PairFit(rho, scores, by_first, by_second, gradient)


def fit_residuals(first: Margin, second: Margin, covariates: FloatArray, weights: FloatArray, /) -> PairFit:
    """Correlation of the residuals of two numeric variables, given their means and variances."""
    both = first.answered & second.answered
    used = weights * both
    a, b = first.residual, second.residual
    aa, ab, bb = (float(used @ product) for product in (a * a, a * b, b * b))
    total = float(used.sum())

    def score(rho: float) -> FloatArray:
        rest = 1.0 - rho**2
        return np.asarray(rho / rest + (a * b * (1.0 + rho**2) - rho * (a * a + b * b)) / rest**2)

    def evaluate(rho: float) -> tuple[float, float, float]:
        rest = 1.0 - rho**2
        value = -0.5 * total * np.log(rest) - 0.5 * (aa - 2.0 * rho * ab + bb) / rest
        slope = total * rho / rest + ((1.0 + rho**2) * ab - rho * (aa + bb)) / rest**2
        return float(value), float(slope), float(total * (1.0 + rho**2) / rest**2)

    rho, gradient = _maximise(evaluate, float(np.clip(ab / total, -0.99, 0.99)), total)
    scores = score(rho) * both
    weighted = used * scores
    found = []
    for own, other, margin in ((a, b, first), (b, a, second)):
        rest = 1.0 - rho**2
        by_mean = (own - rho * other) / (rest * np.sqrt(margin.variance))
        by_variance = -0.5 / margin.variance * (1.0 - (own * own - rho * own * other) / rest)
        along = weighted * by_mean
        found.append(np.concatenate([[along.sum()], along @ covariates, [weighted @ by_variance]]))
    return PairFit(rho, scores, found[0], found[1], gradient)


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
    """The correlation with the largest log likelihood, and the mean slope there.

    Fisher scoring in the inverse hyperbolic tangent, with halved steps; the information is that of the scores'
    squares.
    """
    rho = start
    value, slope, information = evaluate(rho)
    length = 1.0
    for _ in range(100):
        if abs(slope) < 1e-12 * total:
            break
        jacobian = 1.0 - rho**2
        step = np.clip(slope / (max(information, 1e-12 * total) * jacobian), -1.5, 1.5)
        trial = float(np.clip(np.tanh(np.arctanh(rho) + length * step), -_BOUND, _BOUND))
        found = evaluate(trial)
        if found[0] >= value - 1e-13 * abs(value):
            if trial == rho:
                break
            rho, (value, slope, information) = trial, found
            length = min(1.0, 2.0 * length)
        else:
            length *= 0.25
            if length < 1e-8:
                break
    return rho, slope / total
