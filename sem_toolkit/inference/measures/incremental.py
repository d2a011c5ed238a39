"""Incremental indices: how much better the model fits than the baseline model (CFI, TLI and their kin).

chisq, df             test statistic on the chi-square scale and its degrees of freedom
chisq_null, df_null   the same of the baseline model
scaling, scaling_null   factor c of a robust test: the robust indices put c·df in the place of df
                        (Brosseau-Liard & Savalei, 2014, Multivariate Behavioral Research 49, 460-470)
"""

import math
from dataclasses import dataclass

Measures = dict[str, float]


@dataclass(frozen=True)
class Comparison:
    """The tests of the model and of the baseline model, as above."""

    chisq: float
    df: float
    chisq_null: float
    df_null: float
    scaling: float = 1.0
    scaling_null: float = 1.0


def compute_incremental_measures(
    plain: Comparison, scaled: Comparison | None = None, robust: Comparison | None = None
) -> Measures:
    """All of them by the tests as they are, by scaled ones (`.scaled`), and robust ones (`.robust`)."""
    measures = _compute_all(plain)
    if scaled is not None:
        measures |= {f"{name}.scaled": value for name, value in _compute_all(scaled).items()}
    return measures if robust is None else measures | _compute_robust(robust)


def _compute_all(by: Comparison) -> Measures:
    four = (by.chisq, by.df, by.chisq_null, by.df_null)
    tli = compute_tli(*four)
    return {
        "cfi": compute_cfi(*four),
        "tli": tli,
        "nnfi": tli,
        "rfi": compute_rfi(*four),
        "nfi": compute_nfi(*four),
        "pnfi": compute_pnfi(*four),
        "ifi": compute_ifi(by.chisq, by.df, by.chisq_null),
        "rni": compute_rni(*four),
    }


def _compute_robust(by: Comparison) -> Measures:
    """NaN where the scaling of either model does not exist."""
    if math.isnan(by.scaling) or math.isnan(by.scaling_null):
        return dict.fromkeys(("cfi.robust", "tli.robust", "nnfi.robust", "rni.robust"), math.nan)
    six = (by.chisq, by.df, by.chisq_null, by.df_null, by.scaling, by.scaling_null)
    tli = compute_tli(*six)
    return {"cfi.robust": compute_cfi(*six), "tli.robust": tli, "nnfi.robust": tli, "rni.robust": compute_rni(*six)}


def compute_cfi(
    chisq: float, df: float, chisq_null: float, df_null: float, scaling: float = 1.0, scaling_null: float = 1.0
) -> float:
    """Comparative fit index: 1 − max(χ² − c·df, 0) / max(χ² − c·df, χ²₀ − c₀·df₀, 0); 1 where both are 0.

    NaN where one of the tests does not exist.
    Source: Bentler (1990), Psychological Bulletin 107, 238-246; robust: Brosseau-Liard & Savalei (2014), equation 15.
    """
    target, null = chisq - scaling * df, chisq_null - scaling_null * df_null
    if math.isnan(target) or math.isnan(null):  # max() takes NaN for small
        return math.nan
    largest = max(target, null, 0.0)
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


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if abs(denominator) > 1e-8 else math.nan
