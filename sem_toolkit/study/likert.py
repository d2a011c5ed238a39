"""Preliminaries of a Likert questionnaire: items, weights, reliability, and whether factor analysis is worth while.

The paper's plan names weights of the factors and prints none, nor how they would be computed. Both usual kinds are
given and named: weights from mean scores (an item weighs as much as its mean), and weights from loadings (as much as
its loading on the one factor of its scale).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.comparison.exploration import analyse_in_parallel
from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.libraries import pd, special
from sem_toolkit.study.intervals import FloatArray


@dataclass(frozen=True, eq=False)
class Reliability:
    """Cronbach's α of a scale.

    items  one row an item: correlation with the sum of the others, α without the item
    """

    alpha: float
    standardised_alpha: float
    items: pd.DataFrame


@dataclass(frozen=True, eq=False)
class SamplingAdequacy:
    """Are the correlations fit for factor analysis?

    kmo      Kaiser-Meyer-Olkin measure of all items; items: measure of each
    chisq    Bartlett's test that all correlations are zero, with df and pvalue
    """

    kmo: float
    items: pd.Series
    chisq: float
    df: int
    pvalue: float


@dataclass(frozen=True, eq=False)
class FactorScreening:
    """An exploratory first look.

    eigenvalues         of the correlation matrix, descending
    random_eigenvalues  95th percentile of those of independent data of the same size (parallel analysis)
    factors             number of leading eigenvalues above the random ones
    loadings            item × factor, varimax-rotated principal-axis loadings (one column where one factor is kept)
    communalities       share of each item's variance that the factors explain
    """

    eigenvalues: FloatArray
    random_eigenvalues: FloatArray
    factors: int
    loadings: pd.DataFrame
    communalities: pd.Series


def describe_items(data: pd.DataFrame, items: Sequence[str], scale: tuple[int, int] = (1, 5)) -> pd.DataFrame:
    """One row an item: n, mean, sd (divisor n − 1), skewness and excess kurtosis as in SPSS, counts of each value."""
    answers = _require_items(data, items)
    low, high = scale
    outside = [item for item in items if not answers[item].dropna().between(low, high).all()]
    if outside:
        message = f"{', '.join(outside)} has answers outside {low}–{high}"
        raise DataError(Diagnostic("error", "outside-scale", message))
    table = pd.DataFrame(
        {
            "n": answers.count(),
            "mean": answers.mean(),
            "sd": answers.std(),
            "skewness": answers.skew(),
            "kurtosis": answers.kurt(),
        }
    )
    counts = {f"count_{value}": (answers == value).sum() for value in range(low, high + 1)}
    return table.assign(**counts).rename_axis("item")


def compute_weights(data: pd.DataFrame, scales: dict[str, Sequence[str]]) -> pd.DataFrame:
    """Weights of items within their scale, summing to 1, by mean scores and by loadings.

    scales  scale → its items

    Loadings are of the first principal axis of each scale; with two items both load alike.
    """
    rows = []
    for scale, items in scales.items():
        answers = _require_items(data, items).dropna()
        means = answers.mean().to_numpy(float)
        loadings = _compute_principal_axes(np.corrcoef(answers.to_numpy(float), rowvar=False), 1)[:, 0]
        loadings = np.abs(loadings)
        rows.append(
            pd.DataFrame(
                {
                    "scale": scale,
                    "item": list(items),
                    "mean": means,
                    "weight_by_mean": means / means.sum(),
                    "loading": loadings,
                    "weight_by_loading": loadings / loadings.sum(),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def compute_reliability(data: pd.DataFrame, items: Sequence[str]) -> Reliability:
    """Cronbach (1951), Psychometrika 16, 297-334: k/(k − 1) (1 − Σ var(x_i)/var(Σ x_i)), on complete rows."""
    x = _require_items(data, items, least=2).dropna().to_numpy(float)
    covariance = np.cov(x, rowvar=False)
    correlation = np.corrcoef(x, rowvar=False)
    others = x.sum(axis=1, keepdims=True) - x
    rest = [float(np.corrcoef(x[:, i], others[:, i])[0, 1]) for i in range(len(items))]
    without = [_compute_alpha(np.delete(np.delete(covariance, i, 0), i, 1)) for i in range(len(items))]
    table = pd.DataFrame({"item_rest_correlation": rest, "alpha_without": without}, index=pd.Index(items, name="item"))
    return Reliability(_compute_alpha(covariance), _compute_alpha(correlation), table)


def compute_adequacy(data: pd.DataFrame, items: Sequence[str]) -> SamplingAdequacy:
    """KMO and Bartlett's test on complete rows.

    KMO: Kaiser & Rice (1974), Educational and Psychological Measurement 34, 111-117: Σ r² / (Σ r² + Σ p²) with partial
    correlations p. Bartlett (1950), British Journal of Psychology 3, 77-85: −(n − 1 − (2p + 5)/6) ln|R|.
    """
    x = _require_items(data, items, least=2).dropna().to_numpy(float)
    n, p = x.shape
    r = np.corrcoef(x, rowvar=False)
    sign, log_determinant = np.linalg.slogdet(r)
    if sign <= 0 or not np.isfinite(log_determinant):
        raise DataError(Diagnostic("error", "collinear", "the items are linearly dependent: KMO does not exist"))
    inverse = np.linalg.inv(r)
    scale = np.sqrt(np.diag(inverse))
    partial = -inverse / np.outer(scale, scale)
    off = ~np.eye(p, dtype=bool)
    r2, p2 = np.where(off, r, 0.0) ** 2, np.where(off, partial, 0.0) ** 2
    chisq = float(-(n - 1 - (2 * p + 5) / 6) * log_determinant)
    df = p * (p - 1) // 2
    of_items = r2.sum(axis=0) / (r2.sum(axis=0) + p2.sum(axis=0))
    return SamplingAdequacy(
        float(r2.sum() / (r2.sum() + p2.sum())),
        pd.Series(of_items, index=pd.Index(items, name="item"), name="kmo"),
        chisq,
        df,
        float(special.chdtrc(df, chisq)),
    )


def screen_factors(
    data: pd.DataFrame, items: Sequence[str], factors: int | None = None, draws: int = 200, seed: int = 0
) -> FactorScreening:
    """Parallel analysis (Horn, 1965, Psychometrika 30, 179-185) and principal-axis factoring with varimax rotation.

    factors  number to extract; by default as many as parallel analysis keeps, at least one
    """
    from statsmodels.multivariate.factor_rotation import rotate_factors

    x = _require_items(data, items, least=3).dropna().to_numpy(float)
    r = np.corrcoef(x, rowvar=False)
    parallel = analyse_in_parallel(r, len(x), draws, seed=seed)
    number = max(parallel.factors if factors is None else factors, 1)
    loadings = _compute_principal_axes(r, number)
    if number > 1:
        loadings = rotate_factors(loadings, "varimax")[0]
    loadings = loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    index = pd.Index(items, name="item")
    names = [f"factor_{i}" for i in range(1, number + 1)]
    return FactorScreening(
        parallel.eigenvalues,
        parallel.limit,
        parallel.factors,
        pd.DataFrame(loadings, index, names),
        pd.Series((loadings**2).sum(axis=1), index, name="communality"),
    )


def _compute_principal_axes(r: FloatArray, factors: int) -> FloatArray:
    """Principal-axis loadings by statsmodels; squared multiple correlations to start."""
    from statsmodels.multivariate.factor import Factor

    if len(r) == 2:
        # Two items carry one correlation: equal loadings are the only choice that is not arbitrary.
        return np.full((2, 1), np.sqrt(abs(r[0, 1])))
    loadings: FloatArray = Factor(corr=r, n_factor=factors, method="pa").fit(maxiter=500, tol=1e-10).loadings
    return loadings


def _compute_alpha(covariance: FloatArray) -> float:
    k = len(covariance)
    if k < 2:
        return float("nan")
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def _require_items(data: pd.DataFrame, items: Sequence[str], least: int = 1) -> pd.DataFrame:
    missing = [item for item in items if item not in data.columns]
    if missing:
        raise DataError(Diagnostic("error", "unknown-column", f"the data have no column {', '.join(missing)}"))
    if len(items) < least:
        raise DataError(Diagnostic("error", "too-few-items", f"{len(items)} items where at least {least} are needed"))
    answers = data[list(items)]
    constant = [item for item in items if answers[item].nunique() < 2]
    if constant:
        raise DataError(Diagnostic("error", "constant-column", f"{', '.join(constant)} is constant"))
    return answers
