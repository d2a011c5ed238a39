"""Tails, quantiles and noncentrality limits of the chi-square and normal distributions, without scipy.stats."""

import math

import numpy as np

from sem_toolkit.libraries import special
from sem_toolkit.sample.moments import FloatArray

_MOST_STEPS = 200
_FEW_DIGITS = 1e-4
_FAR_OUT = 1e6  # so far out a tail is 0 in double precision, or noncentrality is so large that it is none
_EXACT = 1e-8
"""Relative Newton step after which the search for a noncentrality ends: the next one would be of its square."""
_ROOT_OF_TWO_PI = math.sqrt(2.0 * math.pi)


def compute_chisq_pvalue(chisq: float, df: float) -> float:
    """Upper tail of the central chi-square distribution; NaN where df is not positive."""
    return float(special.chdtrc(df, max(chisq, 0.0))) if df > 0 and math.isfinite(chisq) else math.nan


def compute_chisq_quantile(probability: float, df: float) -> float:
    """The value below which the central chi-square distribution has this probability."""
    return float(special.chdtri(df, 1.0 - probability))


def compute_noncentral_probability(chisq: float, df: float, noncentrality: float) -> float:
    """P(X ≤ chisq) for the noncentral chi-square distribution."""
    if noncentrality == 0:
        return float(special.chdtr(df, chisq))
    return float(special.chndtr(chisq, df, noncentrality))


def compute_noncentral_tail(chisq: float, df: float, noncentrality: float) -> float:
    """P(X > chisq) for the noncentral chi-square distribution, with all its digits where it is small.

    Near 0 it is summed as Poisson's mixture of central tails, all terms positive; 1 less the distribution function
    would be rounding. Source: Johnson, Kotz & Balakrishnan (1995), Continuous univariate distributions 2, ch. 29.
    """
    if noncentrality == 0:
        return float(special.chdtrc(df, chisq))
    above = 1.0 - compute_noncentral_probability(chisq, df, noncentrality)
    if not above < _FEW_DIGITS or chisq > _FAR_OUT:
        return above
    middle = 0.5 * max(noncentrality, chisq)
    j = np.arange(int(middle + 12.0 * math.sqrt(middle + 1.0)) + 100)
    log_weights = j * math.log(0.5 * noncentrality) - 0.5 * noncentrality - special.gammaln(j + 1.0)
    return float(np.sum(np.exp(log_weights) * special.chdtrc(df + 2.0 * j, chisq)))


def compute_noncentral_quantile(probability: float, df: float, noncentrality: float) -> float:
    """The value below which the noncentral chi-square distribution has this probability."""
    if noncentrality == 0:
        return compute_chisq_quantile(probability, df)
    return float(special.chndtrix(probability, df, noncentrality))


def compute_noncentrality_limit(chisq: float, df: float, probability: float) -> float:
    """The noncentrality at which P(X ≤ chisq) falls to `probability`; 0 where it is below that from the start.

    With `probability` (1 + level)/2 this is the lower limit of the confidence interval of the noncentrality, with
    (1 − level)/2 the upper one. NaN where chisq or df are not finite and positive.
    """
    if not (math.isfinite(chisq) and df > 0):
        return math.nan
    if chisq <= 0 or compute_noncentral_probability(chisq, df, 0.0) < probability:
        return 0.0
    return _search_noncentrality(chisq, df, probability)


def _search_noncentrality(chisq: float, df: float, probability: float) -> float:
    """Newton steps on the scale of normal quantiles, where the probability is nearly straight, kept within a bracket.

    ∂P/∂λ = ½(P(X ≤ chisq; df + 2, λ) − P(X ≤ chisq; df, λ)) (Johnson, Kotz & Balakrishnan, 1995, Continuous univariate
    distributions 2, equation 29.14). The start is that of a normal X: (chisq − df − λ)² = 2z²(df + 2λ).
    """
    z, lower, upper = float(special.ndtri(probability)), 0.0, math.inf
    half = chisq - df + 2.0 * z * z
    point = half - math.copysign(math.sqrt(max(half * half - (chisq - df) ** 2 + 2.0 * z * z * df, 0.0)), z)
    point = point if point > 0 else 0.5 * chisq
    for _ in range(_MOST_STEPS):
        value = float(special.chndtr(chisq, df, point))
        lower, upper = (point, upper) if value > probability else (lower, point)
        slope = 0.5 * (float(special.chndtr(chisq, df + 2.0, point)) - value)
        following = math.nan
        if 0.0 < value < 1.0 and slope < 0.0:
            reached = float(special.ndtri(value))
            following = point - (reached - z) * math.exp(-0.5 * reached * reached) / (_ROOT_OF_TWO_PI * slope)
        if abs(following - point) <= _EXACT * point:
            return following
        if not lower < following < upper:
            following = 2.0 * point if math.isinf(upper) else 0.5 * (lower + upper)
        if following in (lower, upper):
            return following
        point = following
    return point


def compute_two_sided_pvalue(z: FloatArray) -> FloatArray:
    """P(|Z| ≥ |z|) for the standard normal distribution, accurate in the far tail; NaN stays NaN."""
    return np.asarray(2.0 * np.exp(special.log_ndtr(-np.abs(z))))


def compute_normal_quantile(probability: float) -> float:
    """The value below which the standard normal distribution has this probability."""
    return float(special.ndtri(probability))
