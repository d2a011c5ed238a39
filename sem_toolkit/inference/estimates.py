"""The table of estimates: est, se, z, p, interval and standardised values of every parameter and definition."""

from typing import TYPE_CHECKING, Any

import numpy as np

from sem_toolkit.inference.distributions import compute_normal_quantile, compute_two_sided_pvalue
from sem_toolkit.inference.evaluation import Evaluation
from sem_toolkit.inference.standardized import Scale, Standardization, standardize
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    import pandas as pd

_SMALL = 1e-9
"""A standard error below this, relative to the estimate, is that of a value which cannot vary."""


def build_estimate_table(evaluation: Evaluation, covariance: FloatArray, level: float = 0.95) -> "pd.DataFrame":
    """One row a parameter and definition, in the order of the table, with lavaan's columns.

    covariance  of x, q × q; NaN where there are no standard errors
    """
    import pandas as pd

    standard = standardize(evaluation)
    definitions = evaluation.model.definitions
    values = np.concatenate([standard.estimates, definitions.values(evaluation.x)])
    slopes = np.concatenate([standard.free_by_x, definitions.jacobian(evaluation.x)])
    tests = build_test_columns(values, compute_delta_se(slopes, covariance), level)
    scales: tuple[Scale, ...] = ("std.lv", "std.all", "std.nox")
    standardized: dict[str, FloatArray] = {scale: standard.values(scale) for scale in scales}
    columns: dict[str, Any] = {**describe_rows(standard), "est": values, **tests, **standardized}
    return pd.DataFrame(columns)


def build_standardized_table(
    evaluation: Evaluation, covariance: FloatArray, level: float = 0.95, scale: Scale = "std.all"
) -> "pd.DataFrame":
    """Standardised estimates with delta-method standard errors, z, p and limits (lavaan's standardizedSolution)."""
    import pandas as pd

    standard = standardize(evaluation)
    values = standard.values(scale)
    se = compute_delta_se(standard.jacobian(scale), covariance)
    columns: dict[str, Any] = {**describe_rows(standard), "est.std": values, **build_test_columns(values, se, level)}
    return pd.DataFrame(columns)


def describe_rows(standard: Standardization) -> dict[str, list[object]]:
    """The columns that say which row is which: those of the table's parameters, then of its definitions."""
    rows = (*standard.rows, *standard.evaluation.model.definitions.rows)
    names = ("lhs", "op", "rhs", "block", "group", "free", "label", "exo")
    columns: dict[str, list[object]] = {name: [getattr(row, name) for row in rows] for name in names}
    for name in ("block", "group"):
        columns[name] = [0 if row.op == ":=" else value for row, value in zip(rows, columns[name], strict=True)]
    columns["label"] = [row.lhs if row.op == ":=" else row.label for row in rows]
    return columns


def compute_delta_se(slopes: FloatArray, covariance: FloatArray) -> FloatArray:
    """Standard errors of k functions with derivatives `slopes` (k × q): the root of JCJᵀ's diagonal.

    0 where nothing varies, NaN where the covariance is not known. Source: delta method, Cramér (1946), section 28.4.
    """
    known = np.nan_to_num(covariance)
    variances = np.sum((slopes @ known) * slopes, axis=1)
    touched = np.any(slopes != 0.0, axis=1) & bool(np.isnan(covariance).any())
    return np.where(touched, np.nan, np.sqrt(np.maximum(variances, 0.0)))


def build_test_columns(values: FloatArray, se: FloatArray, level: float) -> dict[str, FloatArray]:
    """se, z, pvalue, ci.lower and ci.upper; z and p are NaN where the standard error is 0."""
    se = np.where(se < _SMALL * np.maximum(np.abs(values), 1.0), 0.0, se)
    z = np.divide(values, se, out=np.full(len(values), np.nan), where=(se > 0))
    reach = compute_normal_quantile(0.5 * (1.0 + level)) * se
    return {
        "se": se,
        "z": z,
        "pvalue": compute_two_sided_pvalue(z),
        "ci.lower": values - reach,
        "ci.upper": values + reach,
    }
