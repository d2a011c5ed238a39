"""What printed figures leave of the outcome's mean and spread, for given integer sums of the predictors.

With the sums of k predictors given (totals S_i, raw products P_ij), N_ij = n P_ij − S_i S_j and their determinants are
exact, and with σ the residual standard error, q = sqrt(Σ(y − ȳ)²) and ρ = sqrt((1 − R²)/df):

    σ = ρ q,   SE_i = σ g_i,   B_i = t_i σ g_i,   g_i² = n |N without i| / |N|
    SE_constant = σ κ,   κ² = |P| n^(k−1) / |N|,   ȳ = a + Σ B_i S_i/n
    VIF_i = N_ii |N without i| / |N|,   Beta_i = t_i ρ sqrt(VIF_i),   df R²/(1 − R²) = Σ t_i t_j g_i g_j N_ij / n

Each printed figure then bounds q and ȳ by half-planes. All arithmetic is outward: what is excluded is excluded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sem_toolkit.study.correlations import Matrix, compute_determinant
from sem_toolkit.study.integer_sums import IntegerArray
from sem_toolkit.study.intervals import EVERYTHING, BoolArray, FloatArray, Interval, as_interval, build_interval
from sem_toolkit.study.published import Coefficient, PrintedTable
from sem_toolkit.study.relations import compute_r2, compute_t, compute_t_from_p

_POSITIVE = build_interval(0.0, np.inf)


@dataclass(frozen=True, eq=False)
class TableFigures:
    """The printed intervals of one table, for one n: EVERYTHING where a figure is not printed."""

    n: int
    r2: Interval
    t: tuple[Interval, ...]
    b: tuple[Interval, ...]
    se: tuple[Interval, ...]
    beta: tuple[Interval, ...]
    constant: Interval
    constant_se: Interval
    constant_t: Interval

    @property
    def k(self) -> int:
        return len(self.t)

    @property
    def df(self) -> int:
        return self.n - self.k - 1

    @property
    def rho(self) -> Interval:
        """Residual standard error over q."""
        return ((1.0 - self.r2) / as_interval(self.df)).sqrt()


def build_table_figures(table: PrintedTable, n: int) -> TableFigures:
    """Collect the intervals of a table; a single predictor's t is tightened by R²."""
    r2, rows, constant = compute_r2(table, n), table.predictors, table.constant

    def printed(column: str) -> tuple[Interval, ...]:
        return tuple(row.figures[column].interval if column in row.figures else EVERYTHING for row in rows)

    def of_constant(column: str) -> Interval:
        has = constant is not None and column in constant.figures
        return constant.figures[column].interval if constant is not None and has else EVERYTHING

    df = n - len(rows) - 1
    t = tuple(_tighten_by_p(row, compute_t(row), df) for row in rows)
    if len(rows) == 1:
        odds = (as_interval(df) * r2 / (1.0 - r2)).sqrt()
        t = (t[0] & _give_sign(rows[0], odds),)
    return TableFigures(
        n,
        r2,
        t,
        printed("b"),
        tuple(se & _POSITIVE for se in printed("se")),
        printed("beta"),
        of_constant("b"),
        of_constant("se") & _POSITIVE,
        of_constant("t"),
    )


def _tighten_by_p(row: Coefficient, t: Interval, df: int) -> Interval:
    if "sig" not in row.figures:
        return t
    return t & _give_sign(row, compute_t_from_p(row.figures["sig"].interval, df))


def _give_sign(row: Coefficient, magnitude: Interval) -> Interval:
    """t has the sign of B; where none is printed, either."""
    signed = [row.figures[column].value for column in ("b", "beta", "t") if column in row.figures]
    if not signed or signed[0] == 0:
        return build_interval(-magnitude.hi, magnitude.hi)
    return magnitude if signed[0] > 0 else -magnitude


@dataclass(frozen=True, eq=False)
class MomentBounds:
    """For each of M sets of sums: what is left of the outcome.

    possible     M, false where no outcome can give the printed figures
    q            root of the outcome's sum of squares about its mean, M intervals
    mean         the outcome's mean, M intervals
    half_planes  M × 4 × 3: rows (a, b, c) with a·q + b·mean ≤ c, beside the two intervals
    """

    possible: BoolArray
    q: Interval
    mean: Interval
    half_planes: FloatArray

    def list_half_planes(self, row: int) -> FloatArray:
        """All half-planes (8 × 3) of one set of sums."""
        sides = [
            [1.0, 0.0, self.q.hi[row]],
            [-1.0, 0.0, -self.q.lo[row]],
            [0.0, 1.0, self.mean.hi[row]],
            [0.0, -1.0, -self.mean.lo[row]],
        ]
        finite = [side for side in [*sides, *self.half_planes[row].tolist()] if np.isfinite(side).all()]
        return np.array(finite)

    def overlaps(self, q: Interval, mean: Interval) -> BoolArray:
        """Which sets of sums are possible within a rectangle."""
        return np.asarray(self.possible & self.q.overlaps(q) & self.mean.overlaps(mean))


def compute_moment_bounds(
    figures: TableFigures, totals: IntegerArray, products: IntegerArray, q: Interval, mean: Interval
) -> MomentBounds:
    """Bounds on (q, mean) for M sets of sums.

    totals    M × k sums
    products  M × k × k sums of products, squares on the diagonal
    q, mean   what is known of the outcome already
    """
    n, k = figures.n, figures.k
    scaled = n * products - totals[:, :, None] * totals[:, None, :]
    centred, raw = _build_matrix(scaled), _build_matrix(products)
    determinant = compute_determinant(centred)
    possible = determinant.lo > 0
    determinant = Interval(np.where(possible, determinant.lo, 1.0), np.where(possible, determinant.hi, 1.0))
    minors = [_compute_minor(centred, i) & _POSITIVE for i in range(k)]
    g = [(as_interval(n) * minor / determinant).sqrt() for minor in minors]
    t = []
    for i in range(k):
        vif_root = (centred[i][i] * minors[i] / determinant).sqrt()
        t.append(figures.t[i] & (figures.beta[i] / (figures.rho * vif_root)))
        possible = possible & ~t[i].is_empty
    possible = possible & _compute_odds(t, g, centred, n).overlaps(
        as_interval(figures.df) * figures.r2 / (1.0 - figures.r2)
    )
    kappa = (compute_determinant(raw) * as_interval(float(n) ** (k - 1)) / determinant).sqrt()
    sigma = q * figures.rho
    for i in range(k):
        sigma = sigma & (figures.se[i] / g[i]) & (figures.b[i] / (t[i] * g[i]) & _POSITIVE)
    sigma = sigma & (figures.constant_se / kappa)
    if not float(figures.constant_t.lo) <= 0 <= float(figures.constant_t.hi):
        sigma = sigma & (figures.constant / figures.constant_t / kappa)
    possible = possible & ~sigma.is_empty
    explained = as_interval(0.0)
    slope = as_interval(0.0)
    for i in range(k):
        average = as_interval(totals[:, i]) / as_interval(n)
        explained = explained + (t[i] * g[i] * sigma & figures.b[i]) * average
        slope = slope + t[i] * g[i] * average
    constant = figures.constant & (figures.constant_t * kappa * sigma)
    left_mean = constant + explained & mean
    left_q = sigma / figures.rho & q
    possible = possible & ~left_mean.is_empty & ~left_q.is_empty & ~constant.is_empty
    return MomentBounds(
        np.asarray(possible), left_q, left_mean, _build_half_planes(figures, slope * figures.rho, kappa * figures.rho)
    )


def find_plausible(figures: TableFigures, totals: IntegerArray, products: IntegerArray, q: Interval) -> BoolArray:
    """A quick first look at M sets of sums: false only where R² or the constant's SE is surely missed.

    In plain floating point, with tolerances far above its error; sets near collinearity, where the error could be
    larger, are kept for `compute_moment_bounds`.
    """
    n, k = figures.n, figures.k
    scaled = (n * products - totals[:, :, None] * totals[:, None, :]).astype(np.float64)
    spread = np.sqrt(np.maximum(np.diagonal(scaled, axis1=1, axis2=2), 1.0))
    r = scaled / (spread[:, :, None] * spread[:, None, :])
    determinant = _compute_plain_determinant(r, tuple(range(k)))
    near_collinear = determinant < 1e-4
    determinant = np.where(near_collinear, 1.0, determinant)
    plausible = np.ones(len(totals), dtype=bool)
    if all(np.isfinite(float(t.width)) for t in figures.t):
        weighted = np.empty_like(spread)
        for i in range(k):
            minor = _compute_plain_determinant(r, tuple(j for j in range(k) if j != i))
            weighted[:, i] = float(figures.t[i].middle) * np.sqrt(np.maximum(minor / determinant, 0.0))
        odds = np.einsum("mi,mij,mj->m", weighted, r, weighted)
        largest = np.einsum("mi,mij,mj->m", np.abs(weighted), np.abs(r), np.abs(weighted))
        relative = max(float(t.width) / 2 / max(abs(float(t.middle)), 1e-12) for t in figures.t)
        slack = largest * (2 * relative + relative**2 + 1e-8)
        wanted = as_interval(figures.df) * figures.r2 / (1.0 - figures.r2)
        plausible &= (odds - slack <= wanted.hi) & (odds + slack >= wanted.lo)
    constant_se = figures.constant_se
    if not float(figures.constant_t.lo) <= 0 <= float(figures.constant_t.hi):
        constant_se = constant_se & (figures.constant / figures.constant_t)
    kappa = (constant_se / (q * figures.rho)).square()
    raw = _compute_plain_determinant(products.astype(np.float64), tuple(range(k)))
    found = raw * float(n) ** (k - 1) / (determinant * np.prod(spread, axis=1) ** 2)
    plausible &= (found >= float(kappa.lo) * (1 - 1e-6)) & (found <= float(kappa.hi) * (1 + 1e-6))
    return np.asarray(plausible | near_collinear)


def _compute_plain_determinant(matrices: FloatArray, rows: tuple[int, ...]) -> FloatArray:
    """Determinants of the principal submatrices of M matrices on the given rows and columns."""

    def expand(remaining: tuple[int, ...], depth: int) -> FloatArray:
        if depth == len(rows):
            return np.ones(len(matrices))
        total = np.zeros(len(matrices))
        for place, column in enumerate(remaining):
            rest = expand(remaining[:place] + remaining[place + 1 :], depth + 1)
            total = total + (-1.0) ** place * matrices[:, rows[depth], column] * rest
        return total

    return expand(rows, 0)


def _build_half_planes(figures: TableFigures, slope: Interval, kappa: Interval) -> FloatArray:
    """a = mean − slope·q within its interval, and within t_a κ q; slope and κ already per unit of q."""
    by_t = slope + figures.constant_t * kappa
    ones = np.ones_like(slope.lo)
    planes = [
        (-slope.hi, ones, ones * figures.constant.hi),
        (slope.lo, -ones, -ones * figures.constant.lo),
        (-by_t.hi, ones, 0.0 * ones),
        (by_t.lo, -ones, 0.0 * ones),
    ]
    return np.stack([np.stack(plane, axis=-1) for plane in planes], axis=-2)


def _compute_odds(t: list[Interval], g: list[Interval], centred: Matrix, n: int) -> Interval:
    weighted = [t_i * g_i for t_i, g_i in zip(t, g, strict=True)]
    total = as_interval(0.0)
    for i in range(len(t)):
        total = total + weighted[i].square() * centred[i][i]
        for j in range(i + 1, len(t)):
            total = total + 2.0 * (weighted[i] * weighted[j] * centred[i][j])
    return total / as_interval(n)


def _build_matrix(values: IntegerArray) -> Matrix:
    k = values.shape[1]
    return [[as_interval(values[:, i, j].astype(np.float64)) for j in range(k)] for i in range(k)]


def _compute_minor(matrix: Matrix, left_out: int) -> Interval:
    rest = [i for i in range(len(matrix)) if i != left_out]
    return compute_determinant([[matrix[a][b] for b in rest] for a in rest])
