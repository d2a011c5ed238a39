"""Tails, quantiles and noncentrality limits of the chi-square and normal distributions, without scipy.stats."""

import math
from collections.abc import Callable

import numpy as np
from scipy.special import chdtr, chdtrc, chdtri, chndtr, log_ndtr, ndtri

from sem_toolkit.sample.moments import FloatArray


def compute_chisq_pvalue(chisq: float, df: float) -> float:
    """Upper tail of the central chi-square distribution; NaN where df is not positive."""
    return float(chdtrc(df, max(chisq, 0.0))) if df > 0 and math.isfinite(chisq) else math.nan


def compute_chisq_quantile(probability: float, df: float) -> float:
    """The value below which the central chi-square distribution has this probability."""
    return float(chdtri(df, 1.0 - probability))


def compute_noncentral_probability(chisq: float, df: float, noncentrality: float) -> float:
    """P(X ≤ chisq) for the noncentral chi-square distribution."""
    if noncentrality == 0:
        return float(chdtr(df, chisq))
    return float(chndtr(chisq, df, noncentrality))


def compute_noncentrality_limit(chisq: float, df: float, probability: float) -> float:
    """The noncentrality at which P(X ≤ chisq) falls to `probability`; 0 where it is below that from the start.

    With `probability` (1 + level)/2 this is the lower limit of the confidence interval of the noncentrality, with
    (1 − level)/2 the upper one. NaN where chisq or df are not finite and positive.
    """
    if not (math.isfinite(chisq) and df > 0):
        return math.nan

    def excess(noncentrality: float) -> float:
        return compute_noncentral_probability(chisq, df, noncentrality) - probability

    return 0.0 if chisq <= 0 or excess(0.0) < 0 else _find_root(excess, max(2.0 * chisq, 10.0))


def compute_two_sided_pvalue(z: FloatArray) -> FloatArray:
    """P(|Z| ≥ |z|) for the standard normal distribution, accurate in the far tail; NaN stays NaN."""
    return np.asarray(2.0 * np.exp(log_ndtr(-np.abs(z))))


def compute_normal_quantile(probability: float) -> float:
    """The value below which the standard normal distribution has this probability."""
    return float(ndtri(probability))


def _find_root(decreasing: Callable[[float], float], upper: float) -> float:
    """The root of a decreasing function that is not negative at 0, by bisection to the last bits."""
    while decreasing(upper) > 0:
        upper *= 2.0
    lower = 0.0
    while upper - lower > 1e-13 * upper:
        middle = 0.5 * (lower + upper)
        if middle in (lower, upper):
            break
        lower, upper = (middle, upper) if decreasing(middle) > 0 else (lower, middle)
    return 0.5 * (lower + upper)
