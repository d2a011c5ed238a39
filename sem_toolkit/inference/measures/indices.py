"""Indices of fit as functions of plain numbers, each with its formula and source.

chisq        test statistic on the chi-square scale (the scaled one where a scaled index is wanted)
df           its degrees of freedom
chisq_null, df_null   the same of the baseline model
n            rows used, all groups together; with likelihood "wishart" less the number of groups
groups       number of groups; the RMSEA is multiplied by its root
             (Steiger, 1998, Structural Equation Modeling 5, 411-419)
scaling, scaling_null   factor c of a robust test: the robust indices put c·df in the place of df
                        (Brosseau-Liard, Savalei & Li, 2012, Multivariate Behavioral Research 47, 904-930;
                        Brosseau-Liard & Savalei, 2014, Multivariate Behavioral Research 49, 460-470)
"""

import math

from sem_toolkit.inference.distributions import (
    compute_chisq_quantile,
    compute_noncentral_probability,
    compute_noncentral_tail,
    compute_noncentrality_limit,
)


def compute_cfi(
    chisq: float, df: float, chisq_null: float, df_null: float, scaling: float = 1.0, scaling_null: float = 1.0
) -> float:
    """Comparative fit index: 1 − max(χ² − c·df, 0) / max(χ² − c·df, χ²₀ − c₀·df₀, 0); 1 where both are 0.

    Source: Bentler (1990), Psychological Bulletin 107, 238-246; robust: Brosseau-Liard & Savalei (2014), equation 15.
    """
    target = chisq - scaling * df
    largest = max(target, chisq_null - scaling_null * df_null, 0.0)
    return 1.0 if largest < 1e-8 else 1.0 - max(target, 0.0) / largest


def compute_rni(
    chisq: float, df: float, chisq_null: float, df_null: float, scaling: float = 1.0, scaling_null: float = 1.0
) -> float:
    """Relative noncentrality index: 1 − (χ² − c·df) / (χ²₀ − c₀·df₀), not kept between 0 and 1.

    Source: McDonald & Marsh (1990), Psychological Bulletin 107, 247-255.
    """
    return 1.0 - _ratio(chisq - scaling * df, chisq_null - scaling_null * df_null)


def compute_tli(
    chisq: float, df: float, chisq_null: float, df_null: float, scaling: float = 1.0, scaling_null: float = 1.0
) -> float:
    """Tucker-Lewis (non-normed fit) index: 1 − (χ² − c·df)·df₀ / ((χ²₀ − c₀·df₀)·df); 1 where df is 0.

    Source: Tucker & Lewis (1973), Psychometrika 38, 1-10; Bentler & Bonett (1980), Psychological Bulletin 88, 588-606.
    """
    if df <= 0 or chisq_null == scaling_null * df_null:
        return 1.0
    return 1.0 - (chisq - scaling * df) * df_null / ((chisq_null - scaling_null * df_null) * df)


def compute_nfi(chisq: float, df: float, chisq_null: float, df_null: float) -> float:
    """Normed fit index: (χ²₀ − χ²) / χ²₀; 1 where df is 0. Source: Bentler & Bonett (1980)."""
    if df > df_null:
        return math.nan
    return _ratio(chisq_null - chisq, chisq_null) if df > 0 else 1.0


def compute_rfi(chisq: float, df: float, chisq_null: float, df_null: float) -> float:
    """Relative fit index: (χ²₀/df₀ − χ²/df) / (χ²₀/df₀); 1 where df is 0 or it would be negative.

    Source: Bollen (1986), Psychometrika 51, 375-377.
    """
    if df > df_null:
        return math.nan
    if df <= 0 or df_null <= 0:
        return 1.0
    gain, null = chisq_null / df_null - chisq / df, chisq_null / df_null
    return 1.0 if gain < 0 or null < 0 else _ratio(gain, null)


def compute_pnfi(chisq: float, df: float, chisq_null: float, df_null: float) -> float:
    """Parsimony normed fit index: df/df₀ (χ²₀ − χ²)/χ²₀. Source: James, Mulaik & Brett (1982), Causal analysis."""
    return df / df_null * (chisq_null - chisq) / chisq_null if df_null > 0 and chisq_null > 0 else math.nan


def compute_ifi(chisq: float, df: float, chisq_null: float) -> float:
    """Incremental fit index: (χ²₀ − χ²) / (χ²₀ − df).

    Source: Bollen (1989), Sociological Methods & Research 17, 303-316.
    """
    return 1.0 if chisq_null < df else _ratio(chisq_null - chisq, chisq_null - df)


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


def compute_agfi_lisrel(gfi: float, df: float, moments: int) -> float:
    """Adjusted GFI of LISREL: 1 − (m/df)(1 − GFI), m the number of sample moments; 1 where df is 0.

    Source: Jöreskog & Sörbom (1984), LISREL VI user's guide.
    """
    return 1.0 - moments / df * (1.0 - gfi) if df > 0 else 1.0


def compute_pgfi(gfi: float, df: float, moments: int) -> float:
    """Parsimony GFI: df/m · GFI. Source: Mulaik et al. (1989), Psychological Bulletin 105, 430-445."""
    return df / moments * gfi


def compute_mfi(chisq: float, df: float, n: float) -> float:
    """McDonald's fit index: exp(−½(χ² − df)/n). Source: McDonald (1989), Journal of Classification 6, 97-103."""
    return math.exp(-0.5 * (chisq - df) / n)


def compute_ecvi(chisq: float, npar: int, n: float) -> float:
    """Expected cross-validation index: (χ² + 2·npar)/n.

    Source: Browne & Cudeck (1989), Multivariate Behavioral Research 24, 445-455.
    """
    return (chisq + 2.0 * npar) / n


def compute_critical_n(chisq: float, df: float, n: float, alpha: float) -> float:
    """Hoelter's critical n: χ²(1 − α; df)·n/χ² + 1; NaN for a saturated model that fits exactly.

    Source: Hoelter (1983), Sociological Methods & Research 11, 325-344.
    """
    if df <= 0 or chisq <= 0:
        return math.nan if chisq < 1.5e-8 else 1.0
    return compute_chisq_quantile(1.0 - alpha, df) * n / chisq + 1.0


def compute_aic(logl: float, npar: int) -> float:
    """Akaike's information criterion: −2·logl + 2·npar.

    Source: Akaike (1974), IEEE Trans. Automatic Control 19, 716-723.
    """
    return -2.0 * logl + 2.0 * npar


def compute_bic(logl: float, npar: int, n: float) -> float:
    """Bayesian information criterion: −2·logl + npar·log n. Source: Schwarz (1978), Annals of Statistics 6, 461-464."""
    return -2.0 * logl + npar * math.log(n)


def compute_sabic(logl: float, npar: int, n: float) -> float:
    """Sample-size adjusted BIC (lavaan's bic2): log((n + 2)/24) for log n.

    Source: Sclove (1987), Psychometrika 52, 333-343.
    """
    return -2.0 * logl + npar * math.log((n + 2.0) / 24.0)


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if abs(denominator) > 1e-8 else math.nan
