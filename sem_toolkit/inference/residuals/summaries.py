"""Root mean square residuals with tests, and estimates of what they are in the population (Maydeu-Olivares, 2017)."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sem_toolkit.inference.distributions import compute_normal_quantile
from sem_toolkit.sample.moments import FloatArray

SummaryType = Literal["raw", "cor.bollen", "cor.bentler"]


@dataclass(frozen=True)
class ResidualSummary:
    """A root mean square residual, its tests, and the estimate of its population value (Maydeu-Olivares, 2017).

    rms, se, exact_z, exact_pvalue   of the sample value and the test that residuals are 0 in the population
    unbiased, unbiased_se, lower, upper, close_z, close_pvalue   of the population value, with the test of ≤ `close`
    """

    rms: float
    se: float
    exact_z: float
    exact_pvalue: float
    unbiased: float
    unbiased_se: float
    lower: float
    upper: float
    close: float
    close_z: float
    close_pvalue: float


def summarise_residuals(
    residuals: FloatArray, acov: FloatArray, count: int, close: float = 0.05, level: float = 0.90
) -> ResidualSummary:
    """Sample and population root mean square of residuals (m) with covariance matrix `acov` (m × m) over `count` of
    them.

    Source: Maydeu-Olivares (2017), Psychometrika 82, 533-558, equations 9, 14 and 15.
    """
    square = float(residuals @ residuals)
    if count == 0:
        return ResidualSummary(0.0, *(math.nan,) * 3, 0.0, *(math.nan,) * 3, close, *(math.nan,) * 2)
    rms = math.sqrt(square / count)
    trace, squared = float(np.trace(acov)), float(np.sum(acov**2))
    se = _root(squared / (2.0 * count * trace)) if trace > 0 else math.nan
    expected = math.sqrt(max(trace, 0.0) / count) * (4.0 * trace**2 - squared) / (4.0 * trace**2) if trace > 0 else 0.0
    exact_z = max(rms - expected, 0.0) / se if se and not math.isnan(se) else math.nan
    if square <= 0:
        return ResidualSummary(rms, se, exact_z, _upper_tail(exact_z), 0.0, *(math.nan,) * 3, close, *(math.nan,) * 2)
    spread = squared + 2.0 * float(residuals @ acov @ residuals)
    k = 1.0 - spread / (4.0 * square**2)
    unbiased = math.sqrt(max(square - trace, 0.0) / count) / k
    unbiased_se = _root(spread / (2.0 * count * square) / k**2)
    reach = compute_normal_quantile(0.5 * (1.0 + level)) * unbiased_se
    close_z = (unbiased - close) / unbiased_se if unbiased_se else math.nan
    return ResidualSummary(
        rms,
        se,
        exact_z,
        _upper_tail(exact_z),
        unbiased,
        unbiased_se,
        unbiased - reach,
        unbiased + reach,
        close,
        close_z,
        _upper_tail(close_z),
    )


def _root(variance: float) -> float:
    return math.sqrt(variance) if variance > np.finfo(float).eps else math.nan


def _upper_tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2.0))
