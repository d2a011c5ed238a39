"""One variable at a time: thresholds by probit regression, or mean and variance by linear regression, with scores.

This is the first of the two steps of Muthén (1984), Psychometrika 49, 115-132. Rows without an answer have scores of 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.libraries import special

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_INVERSE_ROOT = 1.0 / np.sqrt(2.0 * np.pi)
FAR = 40.0
"""Where the rim of the line is: the normal distribution function is 0 or 1 there, its density 0."""
_SMALLEST = 1e-300
_OWN = 1e-10
"""Share of its sum of squares that a score must have beside the others to count as one of its own."""


@dataclass(frozen=True, eq=False)
class Margin:
    """What one variable says by itself, given k covariates.

    values     its parameters (c): thresholds (ordered) or intercept (numeric), then k slopes, then, of a numeric
               variable, the residual variance
    n_first    how many thresholds there are; 1 for the intercept of a numeric variable
    is_ordered whether it has thresholds
    scores     n × c: derivative of each row's log likelihood, 0 where there is no answer; without weights
    answered   n: which rows have an answer
    low, high  n: of an ordered variable the bounds of each row's answer on the scale of the response, less what the
               covariates explain
    residual   n: of a numeric variable what is left of it, in units of its residual standard deviation
    codes      n: of an ordered variable the category from 0, 0 where there is no answer
    """

    values: FloatArray
    n_first: int
    is_ordered: bool
    scores: FloatArray
    answered: BoolArray
    low: FloatArray
    high: FloatArray
    residual: FloatArray
    codes: NDArray[np.int64]

    @property
    def first(self) -> FloatArray:
        """Thresholds, or the intercept."""
        return self.values[: self.n_first]

    @property
    def slopes(self) -> FloatArray:
        """Slopes of the covariates (k)."""
        return self.values[self.n_first :] if self.is_ordered else self.values[1:-1]

    @property
    def variance(self) -> float:
        """Residual variance: 1 for the response behind an ordered variable."""
        return 1.0 if self.is_ordered else float(self.values[-1])

    def influences(self, weights: FloatArray) -> FloatArray:
        """What each row adds to the error of the parameters (n × c): A⁻¹ times its score, A the scores' own products.

        Where scores repeat each other, as those of mean and variance of a binary variable do, the shortest solution.
        """
        return np.asarray(weights[:, None] * (self.scores @ self.invert(weights)))

    def invert(self, weights: FloatArray) -> FloatArray:
        """The inverse of the scores' products (c × c), or the generalised one: see `influences`."""
        return invert_products(self.scores.T @ (weights[:, None] * self.scores))


def invert_products(product: FloatArray) -> FloatArray:
    """The inverse of a margin's sums of products of scores (c × c), or the shortest generalised one."""
    scale = 1.0 / np.sqrt(np.maximum(np.diagonal(product), _SMALLEST))
    scaled = product * scale[:, None] * scale
    if np.linalg.eigvalsh(scaled)[0] > _OWN:
        return np.asarray(np.linalg.inv(scaled) * scale[:, None] * scale)
    return np.asarray(np.linalg.pinv(product, rcond=_OWN, hermitian=True))  # shortest in the data's units


def fit_ordered(codes: FloatArray, categories: int, covariates: FloatArray, weights: FloatArray) -> Margin:
    """Thresholds and slopes of an ordered variable coded 0 … categories − 1 (n, NaN without answer) by probit.

    covariates  n × k; weights  n, with mean 1 or all 1
    """
    answered = ~np.isnan(codes)
    known = np.where(answered, codes, 0.0).astype(np.int64)
    counts = np.bincount(known[answered], weights=weights[answered], minlength=categories)
    values = np.concatenate([special.ndtri(np.cumsum(counts)[:-1] / counts.sum()), np.zeros(covariates.shape[1])])
    if covariates.shape[1]:
        values = _maximise_probit(values, known, categories, covariates, weights * answered)
    low, high = _find_bounds(values, known, categories, covariates)
    scores, _ = _score_probit(low, high, known, categories, covariates)
    n = len(codes)
    return Margin(values, categories - 1, True, scores * answered[:, None], answered, low, high, np.zeros(n), known)


def fit_numeric(values: FloatArray, covariates: FloatArray, weights: FloatArray) -> Margin:
    """Intercept, slopes and residual variance (divisor n) of a numeric variable (n, NaN without value)."""
    answered = ~np.isnan(values)
    used = weights * answered
    filled = np.where(answered, values, 0.0)
    design = np.column_stack([np.ones(len(values)), covariates])
    centre, spread = _locate(covariates)
    even = np.column_stack([np.ones(len(values)), (covariates - centre) / spread])
    offset = (used @ filled) / used.sum()  # centred, so that a large mean costs no digits
    root = np.sqrt(used)
    effects = np.linalg.lstsq(root[:, None] * even, root * (filled - offset), rcond=None)[0]
    left = np.where(answered, filled - offset - even @ effects, 0.0)
    effects[1:] /= spread
    effects[0] += offset - centre @ effects[1:]
    variance = float(used @ left**2 / used.sum())
    by_mean = left / variance
    by_variance = np.where(answered, 0.5 * (left**2 / variance - 1.0) / variance, 0.0)
    scores = np.column_stack([by_mean[:, None] * design, by_variance])
    zeros = np.zeros(len(values))
    found = np.append(effects, variance)
    residual = left / np.sqrt(variance)
    return Margin(found, 1, False, scores, answered, zeros, zeros, residual, np.zeros(len(values), dtype=np.int64))


def density(heights: FloatArray) -> FloatArray:
    """The standard normal density, elementwise."""
    return np.asarray(_INVERSE_ROOT * np.exp(-0.5 * heights**2))


def _find_bounds(
    values: FloatArray, codes: NDArray[np.int64], categories: int, covariates: FloatArray
) -> tuple[FloatArray, FloatArray]:
    rim = np.concatenate([[-FAR], values[: categories - 1], [FAR]])
    explained = covariates @ values[categories - 1 :]
    low = np.where(codes == 0, -FAR, rim[codes] - explained)
    high = np.where(codes == categories - 1, FAR, rim[codes + 1] - explained)
    return low, high


def _score_probit(
    low: FloatArray, high: FloatArray, codes: NDArray[np.int64], categories: int, covariates: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Derivatives of log P(low < u < high) by thresholds and slopes (n × c), and log P (n)."""
    chance = np.maximum(_interval(low, high), _SMALLEST)
    below, above = density(low) / chance, density(high) / chance
    scores = np.zeros((len(codes), categories - 1 + covariates.shape[1]))
    at = np.arange(len(codes))
    upper, lower = codes < categories - 1, codes > 0
    scores[at[upper], codes[upper]] = above[upper]
    scores[at[lower], codes[lower] - 1] = -below[lower]
    scores[:, categories - 1 :] = (below - above)[:, None] * covariates
    return scores, np.log(chance)


def _interval(low: FloatArray, high: FloatArray) -> FloatArray:
    """P(low < u < high) without loss of digits in the upper tail."""
    flipped = low > 0.0
    first, second = np.where(flipped, -high, low), np.where(flipped, -low, high)
    return np.asarray(special.ndtr(second) - special.ndtr(first))


def _maximise_probit(
    values: FloatArray, codes: NDArray[np.int64], categories: int, covariates: FloatArray, weights: FloatArray
) -> FloatArray:
    """Newton's method on the log likelihood, which is concave (Pratt 1981), with halved steps."""
    T = categories - 1
    centre, spread = _locate(covariates)
    inner = (covariates - centre) / spread  # near 1 in size, whatever the units
    values = values.copy()

    def evaluate(at: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        low, high = _find_bounds(at, codes, categories, inner)
        scores, logs = _score_probit(low, high, codes, categories, inner)
        chance = np.exp(logs)
        curved_low, curved_high = low * density(low) / chance, high * density(high) / chance
        # ∂²log P = −s sᵀ plus the curvature of P itself, by the two bounds
        by_low = np.zeros((len(codes), T + inner.shape[1]))
        by_high = by_low.copy()
        rows = np.arange(len(codes))
        upper, lower = codes < T, codes > 0
        by_high[rows[upper], codes[upper]] = 1.0
        by_high[:, T:] = -inner
        by_low[rows[lower], codes[lower] - 1] = 1.0
        by_low[:, T:] = -inner
        hessian = -(scores.T @ (weights[:, None] * scores))
        hessian += by_low.T @ ((weights * curved_low)[:, None] * by_low)
        hessian -= by_high.T @ ((weights * curved_high)[:, None] * by_high)
        return float(weights @ logs), weights @ scores, hessian

    value, slope, hessian = evaluate(values)
    for _ in range(60):
        step = np.linalg.lstsq(-hessian, slope, rcond=1e-12)[0]
        if float(slope @ step) < 1e-24 * max(weights.sum(), 1.0):
            break
        length = 1.0
        while length > 1e-8:
            trial = values + length * step
            if (np.diff(trial[:T]) > 0).all():
                found = evaluate(trial)
                if found[0] >= value - 1e-12 * abs(value):
                    values, (value, slope, hessian) = trial, found
                    break
            length *= 0.5
        else:
            break
    values[T:] /= spread
    values[:T] += float(centre @ values[T:])
    return values


def _locate(covariates: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of each covariate (k), 1 for one that does not vary."""
    spread = covariates.std(axis=0)
    return np.asarray(covariates.mean(axis=0)), np.where(spread > 0.0, spread, 1.0)
