"""Intervals from bootstrap draws: percentile, basic, normal, bias-corrected and accelerated.

Source: Davison & Hinkley (1997), Bootstrap methods and their application, chapter 5; order statistics are interpolated
on the scale of normal quantiles (equation 5.8), so that limits equal those of lavaan and of the R package boot.
"""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.libraries import special

FloatArray = NDArray[np.float64]

INTERVALS = {
    "perc": "percentile",
    "basic": "basic",
    "norm": "normal, with the bias taken off",
    "bca.simple": "bias-corrected percentile",
    "bca": "bias-corrected and accelerated percentile",
}
"""Kinds of intervals by lavaan's names."""


def build_limits(
    draws: FloatArray,
    estimate: FloatArray,
    level: float,
    kind: str = "perc",
    acceleration: FloatArray | None = None,
    centre: FloatArray | None = None,
) -> FloatArray:
    """Lower and upper limits (2 × k) of k quantities.

    draws         b × k; a draw that is NaN for a quantity does not count there
    estimate      k; level: such as 0.95
    acceleration  k, for "bca"; see `compute_acceleration`
    centre        k, for "norm": the quantities at the mean of the parameters, from which lavaan takes the bias of
                  definitions; None: the mean of the quantities themselves
    """
    found = np.full((2, draws.shape[1]), np.nan)
    for place in range(draws.shape[1]):
        own = draws[:, place]
        own = np.sort(own[np.isfinite(own)])
        if len(own) > 1 and np.isfinite(estimate[place]):
            a = 0.0 if acceleration is None or kind != "bca" else float(acceleration[place])
            middle = float(own.mean() if centre is None else centre[place])
            found[:, place] = _limit(own, (float(estimate[place]), middle), level, kind, a)
    return found


def _limit(
    ordered: FloatArray, centres: tuple[float, float], level: float, kind: str, acceleration: float
) -> FloatArray:
    estimate, middle = centres
    tails = np.array([(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    if ordered[0] == ordered[-1]:  # what never varies, such as a fixed value
        return np.array([estimate, estimate])
    if kind == "norm":
        return np.asarray(2.0 * estimate - middle + special.ndtri(tails) * ordered.std())
    if kind == "basic":
        return np.asarray(2.0 * estimate - interpolate(ordered, tails)[::-1])
    if kind in ("bca", "bca.simple"):
        below = float((ordered < estimate).mean())
        if below in (0.0, 1.0):
            return np.full(2, np.nan)
        shift = special.ndtri(below)
        z = shift + special.ndtri(tails)
        tails = special.ndtr(shift + z / (1.0 - acceleration * z))
    return interpolate(ordered, tails)


def interpolate(ordered: FloatArray, tails: FloatArray) -> FloatArray:
    """Quantiles of sorted values (b) at some probabilities, between order statistics by normal quantiles."""
    b = len(ordered)
    rank = (b + 1) * tails
    below = np.floor(rank + 1e-10 * b)  # a rank that is whole but for rounding
    k = np.clip(below, 1, b - 1).astype(np.intp)
    first, second, wanted = special.ndtri(k / (b + 1)), special.ndtri((k + 1) / (b + 1)), special.ndtri(tails)
    between = ordered[k - 1] + (wanted - first) / (second - first) * (ordered[k] - ordered[k - 1])
    whole = np.abs(rank - np.round(rank)) < 1e-10 * b
    exact = ordered[np.clip(np.round(rank), 1, b).astype(np.intp) - 1]
    inside = np.where(whole, exact, between)
    return np.where(below < 1, ordered[0], np.where(below >= b, ordered[-1], inside))


def compute_acceleration(without: FloatArray) -> FloatArray:
    """Σd³/(6 (Σd²)^1.5) of estimates without one row each (n × k), d their mean less each: k values, 0 where constant.

    Source: Efron (1987), Journal of the American Statistical Association 82, 171-185.
    """
    d = np.nanmean(without, axis=0) - without
    squares = np.nansum(d**2, axis=0)
    safe = np.where(squares > 0.0, squares, 1.0)
    return np.where(squares > 0.0, np.nansum(d**3, axis=0) / (6.0 * safe**1.5), 0.0)
