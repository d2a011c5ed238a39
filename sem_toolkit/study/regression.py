"""Linear regression as SPSS prints it: the coefficients' table, ANOVA, collinearity, and stepwise selection.

statsmodels fits; this module does the procedure and the tables. Criteria of stepwise selection as in SPSS Statistics
Algorithms, REGRESSION: enter the candidate with the smallest p of F-to-enter while p ≤ `entry`, then remove the one
with the largest p of F-to-remove while p ≥ `removal`; a candidate needs a tolerance above 0.0001.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.libraries import pd, special

LEAST_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Regression:
    """An ordinary least-squares fit.

    coefficients    one row a term, the constant first: b, se, beta, t, sig, tolerance, vif (NaN for the constant)
    anova           rows Regression, Residual, Total: sum_of_squares, df, mean_square, f, sig
    standard_error  of the estimate, the root of the residual mean square
    n               rows used
    """

    outcome: str
    predictors: tuple[str, ...]
    coefficients: pd.DataFrame
    anova: pd.DataFrame
    r2: float
    adj_r2: float
    standard_error: float
    n: int

    @property
    def f(self) -> float:
        return float(self.anova.loc["Regression", "f"])

    @property
    def sig_f(self) -> float:
        return float(self.anova.loc["Regression", "sig"])


@dataclass(frozen=True, eq=False)
class Step:
    """One step: the term that entered or left, and the model after it."""

    action: str
    term: str
    regression: Regression


@dataclass(frozen=True, eq=False)
class StepwiseRegression:
    """Stepwise selection: its steps, the final model (None where nothing entered), and what stayed outside.

    excluded  one row a term outside: beta_in, t, sig, partial correlation, tolerance, as if it entered next
    """

    steps: tuple[Step, ...]
    final: Regression | None
    excluded: pd.DataFrame


def fit_regression(data: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> Regression:
    """Regress `outcome` on `predictors` with a constant; rows with a missing value are left out.

    Raises DataError where a column is missing or not numeric, or rows are too few, or predictors depend on one another.
    """
    from statsmodels.regression.linear_model import OLS

    used = _require_columns(data, (outcome, *predictors))
    n, k = len(used), len(predictors)
    if n < k + 2:
        raise DataError(Diagnostic("error", "too-few-rows", f"{n} rows for {k} predictors and a constant"))
    x, y = used[list(predictors)].to_numpy(float), used[outcome].to_numpy(float)
    if np.linalg.matrix_rank(x - x.mean(axis=0)) < k:
        names = ", ".join(predictors)
        raise DataError(Diagnostic("error", "collinear", f"the predictors {names} are linearly dependent or constant"))
    fitted = OLS(y, np.column_stack([np.ones(n), x])).fit()
    vif = np.diag(np.linalg.inv(np.atleast_2d(np.corrcoef(x, rowvar=False))))
    coefficients = pd.DataFrame(
        {
            "b": fitted.params,
            "se": fitted.bse,
            "beta": [np.nan, *(fitted.params[1:] * x.std(axis=0) / y.std())],
            "t": fitted.tvalues,
            "sig": fitted.pvalues,
            "tolerance": [np.nan, *(1.0 / vif)],
            "vif": [np.nan, *vif],
        },
        index=pd.Index(["constant", *predictors], name="term"),
    )
    return Regression(
        outcome,
        tuple(predictors),
        coefficients,
        _build_anova(float(fitted.ess), float(fitted.ssr), k, n),
        float(fitted.rsquared),
        float(fitted.rsquared_adj),
        float(np.sqrt(fitted.mse_resid)),
        n,
    )


def stepwise_regression(
    data: pd.DataFrame, outcome: str, candidates: Sequence[str], entry: float = 0.05, removal: float = 0.10
) -> StepwiseRegression:
    """Stepwise selection among `candidates` on the rows complete in all of them (SPSS's listwise default)."""
    if entry >= removal:
        message = f"entry {entry} must be below removal {removal}, or a term could enter and leave for ever"
        raise DataError(Diagnostic("error", "stepwise-criteria", message))
    used = _require_columns(data, (outcome, *candidates))
    selected: list[str] = []
    steps: list[Step] = []
    while True:
        outside = _build_excluded(used, outcome, selected, [name for name in candidates if name not in selected])
        eligible = outside[(outside["sig"] <= entry) & (outside["tolerance"] > LEAST_TOLERANCE)]
        if eligible.empty:
            break
        selected.append(str(eligible["t"].abs().idxmax()))
        steps.append(Step("entered", selected[-1], fit_regression(used, outcome, selected)))
        while (leaving := _find_leaving(steps[-1].regression, removal)) is not None:
            selected.remove(leaving)
            steps.append(Step("removed", leaving, fit_regression(used, outcome, selected)))
    return StepwiseRegression(tuple(steps), steps[-1].regression if selected else None, outside)


def compute_correlations(data: pd.DataFrame, variables: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pearson correlations and their two-sided p-values on complete rows; p is NaN on the diagonal."""
    used = _require_columns(data, variables)
    r = np.atleast_2d(np.corrcoef(used.to_numpy(float), rowvar=False))
    df = len(used) - 2
    with np.errstate(divide="ignore"):
        p = special.betainc(df / 2, 0.5, np.clip(1.0 - r * r, 0.0, 1.0))
    np.fill_diagonal(p, np.nan)
    labels = pd.Index(variables)
    return pd.DataFrame(r, labels, labels), pd.DataFrame(p, labels, labels)


def _build_anova(explained: float, residual: float, k: int, n: int) -> pd.DataFrame:
    df = n - k - 1
    f = explained / k / (residual / df) if residual > 0 else np.inf
    return pd.DataFrame(
        {
            "sum_of_squares": [explained, residual, explained + residual],
            "df": [k, df, n - 1],
            "mean_square": [explained / k, residual / df, np.nan],
            "f": [f, np.nan, np.nan],
            "sig": [float(special.fdtrc(k, df, f)), np.nan, np.nan],
        },
        index=pd.Index(["Regression", "Residual", "Total"], name="source"),
    )


def _build_excluded(data: pd.DataFrame, outcome: str, selected: list[str], outside: list[str]) -> pd.DataFrame:
    """What each term outside would get if it entered, from residuals on the selected terms (Frisch-Waugh-Lovell)."""
    n = len(data)
    base = np.column_stack([np.ones(n), data[selected].to_numpy(float)])
    targets = data[[outcome, *outside]].to_numpy(float)
    residuals = targets - base @ np.linalg.lstsq(base, targets)[0]
    y, x = residuals[:, 0], residuals[:, 1:]
    total_x, total_y = targets[:, 1:].var(axis=0) * n, targets[:, 0].var() * n
    square = (x * x).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        tolerance = np.where(total_x > 0, square / total_x, 0.0)
        partial = np.where(tolerance > LEAST_TOLERANCE, x.T @ y / np.sqrt(square * (y @ y)), np.nan)
        df = n - len(selected) - 2
        t = partial * np.sqrt(df / (1.0 - partial**2))
        beta = x.T @ y / square * np.sqrt(total_x / total_y)
        sig = special.betainc(df / 2, 0.5, df / (df + t * t))
    table = {"beta_in": beta, "t": t, "sig": sig, "partial": partial, "tolerance": tolerance}
    return pd.DataFrame(table, index=pd.Index(outside, name="term"))


def _find_leaving(regression: Regression, removal: float) -> str | None:
    sig = regression.coefficients["sig"].iloc[1:]
    return str(sig.idxmax()) if sig.max() >= removal else None


def _require_columns(data: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    missing = [name for name in names if name not in data.columns]
    if missing:
        raise DataError(Diagnostic("error", "unknown-column", f"the data have no column {', '.join(missing)}"))
    text = [name for name in names if not pd.api.types.is_numeric_dtype(data[name])]
    if text:
        raise DataError(Diagnostic("error", "not-numeric", f"column {', '.join(text)} is not numeric"))
    return data[list(names)].dropna()
