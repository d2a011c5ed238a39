"""What the figures of one printed regression imply for one another, as intervals.

Notation: n rows, k predictors, df = n − k − 1, VIF_i the i-th diagonal element of the inverse correlation matrix of the
predictors. Identities used (Cohen, Cohen, West & Aiken, 2003, Applied Multiple Regression, ch. 3):

    F = (R²/k) / ((1 − R²)/df)            adjusted R² = 1 − (1 − R²)(n − 1)/df
    t_i = B_i/SE_i                        Beta_i = B_i SD(x_i)/SD(y)
    Beta_i/t_i = sqrt(VIF_i (1 − R²)/df)  R² = Σ Beta_i Beta_j r_ij
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sem_toolkit.libraries import special
from sem_toolkit.study.intervals import EVERYTHING, FloatArray, Interval, as_interval, build_interval
from sem_toolkit.study.published import Coefficient, PrintedTable

_UNIT = build_interval(0.0, 1.0)


def compute_r2_from_f(f: Interval, k: int, df: ArrayLike) -> Interval:
    """R² = kF/(kF + df), rising in F."""
    odds, residual = k * f, np.asarray(df, dtype=np.float64)
    return _rising(odds.lo / (odds.lo + residual), odds.hi / (odds.hi + residual))


def compute_r2_from_adjusted(adjusted: Interval, n: ArrayLike, k: int) -> Interval:
    """R² = 1 − (1 − adjusted R²) df/(n − 1)."""
    rows = np.asarray(n, dtype=np.float64)
    return 1.0 - (1.0 - adjusted) * as_interval((rows - k - 1) / (rows - 1))


def compute_r2(table: PrintedTable, n: ArrayLike, source: str | None = None) -> Interval:
    """All R² that agree with the table's R², adjusted R² and F, and with Beta and t of a single predictor.

    Empty where no R² agrees with them all.

    n       sample size, or an array of them: one interval an element
    source  "table" or "text" to use the figures of that source only
    """
    rows = np.asarray(n, dtype=np.float64)
    k = len(table.predictors)
    agreed = _UNIT & build_interval(np.zeros_like(rows), np.ones_like(rows))
    if (printed := table.find("r2", source)) is not None:
        agreed &= printed.interval
    if (adjusted := table.find("adj_r2", source)) is not None:
        agreed &= compute_r2_from_adjusted(adjusted.interval, rows, k)
    if (f := table.find("f", source)) is not None:
        agreed &= compute_r2_from_f(f.interval, k, rows - k - 1)
    if k == 1 and source != "text":
        agreed &= _compute_r2_of_single(table.predictors[0], rows)
    return agreed


def _compute_r2_of_single(row: Coefficient, rows: FloatArray) -> Interval:
    agreed = _UNIT
    if "beta" in row.figures:
        agreed = agreed & row.figures["beta"].interval.square()
    if "t" in row.figures:
        agreed = agreed & compute_r2_from_f(row.figures["t"].interval.square(), 1, rows - 2)
    return agreed


def list_sample_sizes(table: PrintedTable) -> NDArray[np.int64]:
    """Sample sizes to consider: from the fewest that leave a degree of freedom to 10 000, or twice the stated one."""
    return np.arange(len(table.predictors) + 2, max(10_000, 2 * (table.n_stated or 0)) + 1)


def find_compatible_n(table: PrintedTable, source: str | None = None) -> tuple[int, ...]:
    """Sample sizes for which some R² agrees with all of the table's model figures; see `list_sample_sizes`."""
    candidates = list_sample_sizes(table)
    fits = ~compute_r2(table, candidates, source).is_empty
    return tuple(int(n) for n in candidates[fits])


def compute_t(row: Coefficient) -> Interval:
    """The t that agree with the printed t and with B/SE."""
    figures = row.figures
    agreed = figures["t"].interval if "t" in figures else EVERYTHING
    if "b" in figures and "se" in figures:
        agreed &= figures["b"].interval / (figures["se"].interval & build_interval(0.0, np.inf))
    return agreed


def compute_p_of_t(t: Interval, df: Interval) -> Interval:
    """Two-sided p: falls with |t| and with df. Absolute accuracy of the special function is allowed for."""
    magnitude = t.magnitude()
    return _pad(_two_sided(magnitude.hi, df.hi), _two_sided(magnitude.lo, df.lo))


def compute_p_of_f(f: Interval, k: int, df: Interval) -> Interval:
    """Upper tail of F with k and df degrees of freedom, over a range of F; df may be a range too."""
    corners = [special.fdtrc(k, d, value) for d in (df.lo, df.hi) for value in (f.lo, f.hi)]
    return _pad(np.minimum.reduce(corners), np.maximum.reduce(corners))


def compute_t_from_p(p: Interval, df: float) -> Interval:
    """|t| whose two-sided p lies in `p`."""
    largest = np.inf if float(p.lo) <= 0 else float(-special.stdtrit(df, float(p.lo) / 2))
    return _pad(np.asarray(-special.stdtrit(df, min(float(p.hi), 1.0) / 2)), np.asarray(largest))


def compute_vif(row: Coefficient, r2: Interval, df: float) -> Interval:
    """Variance inflation factor, (Beta/t)² df/(1 − R²); everything from 1 where Beta or t is not printed."""
    least = build_interval(1.0, np.inf)
    if "beta" not in row.figures:
        return least
    ratio = row.figures["beta"].interval / compute_t(row)
    return ratio.square() * df / (1.0 - r2)


def _two_sided(t: FloatArray, df: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):
        return np.asarray(special.betainc(df / 2, 0.5, df / (df + np.square(t))))


def _rising(lo: FloatArray, hi: FloatArray) -> Interval:
    return build_interval(np.nextafter(lo, -np.inf), np.nextafter(hi, np.inf))


def _pad(lo: FloatArray, hi: FloatArray) -> Interval:
    return build_interval(np.maximum(lo * (1 - 1e-10), 0.0), hi * (1 + 1e-10))
