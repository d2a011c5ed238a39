"""Indices of misfit: how far χ² is above its degrees of freedom, as RMSEA and as the GFI of the population.

chisq, df   test statistic on the chi-square scale and its degrees of freedom
n           rows used, all groups together; with likelihood "wishart" less the number of groups
groups      number of groups; the RMSEA is multiplied by its root
            (Steiger, 1998, Structural Equation Modeling 5, 411-419)
scaling     factor c of a robust test: the robust indices put c·df in the place of df
            (Brosseau-Liard, Savalei & Li, 2012, Multivariate Behavioral Research 47, 904-930)
"""

import math
from dataclasses import dataclass

from sem_toolkit.inference.distributions import (
    compute_noncentral_probability,
    compute_noncentral_tail,
    compute_noncentrality_limit,
)

Measures = dict[str, float]

CLOSE, NOT_CLOSE, LEVEL = 0.05, 0.08, 0.90


@dataclass(frozen=True)
class Misfit:
    """A χ² and what it is held against.

    chisq, df, scaling    point estimates are made of χ² − c·df
    tail, tail_scaling    limits and p-values are made of the scaled χ² and its factor
    n                     number of observations where it is another than that of the other tests
    """

    chisq: float
    df: float
    scaling: float = 1.0
    tail: float = math.nan
    tail_scaling: float = 1.0
    n: float | None = None


def compute_rmsea_measures(
    n: float, groups: int, plain: Misfit, scaled: Misfit | None = None, robust: Misfit | None = None
) -> Measures:
    """RMSEA with its interval and the tests of close and not-close fit, by each χ² that there is."""
    measures = {"rmsea.ci.level": LEVEL, "rmsea.close.h0": CLOSE, "rmsea.notclose.h0": NOT_CLOSE}
    for by, suffix in ((plain, ""), (scaled, ".scaled"), (robust, ".robust")):
        if by is None:
            continue
        own = n if by.n is None else by.n
        measures[f"rmsea{suffix}"] = compute_rmsea(by.chisq, by.df, own, groups, by.scaling)
        lower, upper = compute_rmsea_interval(by.tail, by.df, own, groups, by.tail_scaling, LEVEL)
        close, not_close = compute_rmsea_pvalues(by.tail, by.df, own, groups, by.tail_scaling, CLOSE, NOT_CLOSE)
        measures |= {
            f"rmsea.ci.lower{suffix}": lower,
            f"rmsea.ci.upper{suffix}": upper,
            f"rmsea.pvalue{suffix}": close,
            f"rmsea.notclose.pvalue{suffix}": not_close,
        }
    return measures


def compute_gfi_measures(n: float, p: int, plain: Misfit, robust: Misfit | None = None) -> Measures:
    """The GFI of the population with its interval, by each χ² that there is."""
    measures = {"gfi.ci.level": LEVEL}
    for by, suffix in ((plain, ""), (robust, ".robust")):
        if by is None:
            continue
        own = n if by.n is None else by.n
        measures[f"gfi{suffix}"] = compute_gfi(by.chisq, by.df, own, p, by.scaling)
        lower, upper = compute_gfi_interval(by.tail, by.df, own, p, by.tail_scaling, LEVEL)
        measures |= {f"gfi.ci.lower{suffix}": lower, f"gfi.ci.upper{suffix}": upper}
    return measures


def compute_rmsea(chisq: float, df: float, n: float, groups: int = 1, scaling: float = 1.0) -> float:
    """Root mean square error of approximation: sqrt(max(χ² − c·df, 0)·G / (n·df)); 0 where df is 0.

    The robust RMSEA takes the unscaled χ² with the scaling factor c.
    Source: Steiger (1990), Multivariate Behavioral Research 25, 173-180.
    """
    return math.sqrt(max(chisq - scaling * df, 0.0) * groups / (n * df)) if df > 0 else 0.0


def compute_rmsea_interval(
    chisq: float, df: float, n: float, groups: int = 1, scaling: float = 1.0, level: float = 0.90
) -> tuple[float, float]:
    """Confidence limits of the RMSEA from those of the noncentrality; (0, 0) where df is below 1, as in lavaan.

    The robust limits take the scaled χ² together with the scaling factor.
    Source: Browne & Cudeck (1993), in Bollen & Long, Testing structural equation models, 136-162.
    """
    if df < 1:
        return 0.0, 0.0
    limits = (compute_noncentrality_limit(chisq, df, 0.5 * (1.0 + side * level)) for side in (1, -1))
    lower, upper = (math.sqrt(scaling * limit * groups / (n * df)) for limit in limits)
    return lower, upper


def compute_rmsea_pvalues(
    chisq: float,
    df: float,
    n: float,
    groups: int = 1,
    scaling: float = 1.0,
    close: float = 0.05,
    not_close: float = 0.08,
) -> tuple[float, float]:
    """P-values of "RMSEA ≤ close" (close fit) and of "RMSEA ≥ not_close" (not-close fit); NaN where df is 0.

    Source: MacCallum, Browne & Sugawara (1996), Psychological Methods 1, 130-149; groups: Dudgeon (2004), equation 16.
    """
    if df <= 0:
        return math.nan, math.nan
    close_ncp, far_ncp = (n * df / scaling * bound**2 / groups for bound in (close, not_close))
    return compute_noncentral_tail(chisq, df, close_ncp), compute_noncentral_probability(chisq, df, far_ncp)


def compute_gfi(chisq: float, df: float, n: float, p: int, scaling: float = 1.0) -> float:
    """Goodness-of-fit index of the population: n·p / (n·p + 2·max(χ² − c·df, 0)).

    chisq is the reweighted least squares statistic (Browne's residual test by the implied moments), p the number of
    observed variables. Source: Maydeu-Olivares, Ximénez & Revuelta (2024), Psychological Methods, equation 20.
    """
    return n * p / (n * p + 2.0 * max(chisq - scaling * df, 0.0))


def compute_gfi_interval(
    chisq: float, df: float, n: float, p: int, scaling: float = 1.0, level: float = 0.90
) -> tuple[float, float]:
    """Confidence limits of the GFI from those of the noncentrality (the robust ones take the scaled χ²).

    Source: Maydeu-Olivares, Ximénez & Revuelta (2024), equation 23.
    """
    if df <= 0:
        return (math.nan, math.nan) if math.isnan(chisq) else (1.0, 1.0)
    limits = [compute_noncentrality_limit(chisq, df, 0.5 * (1.0 + side * level)) for side in (-1, 1)]
    lower, upper = (n * p / (n * p + 2.0 * scaling * limit) for limit in limits)
    return lower, upper
