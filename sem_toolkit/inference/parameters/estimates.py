"""The table of estimates: est, se, z, p, interval and standardised values of every parameter and definition."""

from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from sem_toolkit.discrepancy import once
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_normal_quantile, compute_two_sided_pvalue
from sem_toolkit.inference.errors.covariance import compute_information_matrix
from sem_toolkit.inference.frames import build_frame, build_place_columns, build_text_columns
from sem_toolkit.inference.parameters.standardized import Scale, Standardization, standardize
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    import pandas as pd

_SMALL = 1e-9
"""A standard error below this, relative to the estimate or its unit, is that of a value which cannot vary."""


def build_estimate_table(evaluation: AtEstimate, covariance: FloatArray, level: float = 0.95) -> "pd.DataFrame":
    """One row a parameter and definition, in the order of the table, with lavaan's columns.

    covariance  of x, q × q; NaN where there are no standard errors
    """
    standard, definitions = standardize(evaluation), evaluation.model.definitions
    values, se = standard.estimates, _compute_free_se(standard, covariance)
    units = np.append(compute_units(evaluation), 0.0)[standard.layout.free - 1]  # 0 for what is fixed
    if definitions.rows:
        values = np.concatenate([values, definitions.values(evaluation.x)])
        slopes = definitions.jacobian(evaluation.x)
        se = np.concatenate([se, compute_delta_se(slopes, covariance)])
        units = np.concatenate([units, np.abs(slopes) @ compute_units(evaluation)])
    tests = build_test_columns(values, se, level, units)
    standardized: dict[str, FloatArray] = {scale: standard.values(scale) for scale in get_args(Scale)}
    return build_frame(describe_rows(evaluation) | {"est": values} | tests | standardized)


def build_standardized_table(
    evaluation: AtEstimate, covariance: FloatArray, level: float = 0.95, scale: Scale = "std.all"
) -> "pd.DataFrame":
    """Standardised estimates with delta-method standard errors, z, p and limits (lavaan's standardizedSolution)."""
    standard = standardize(evaluation)
    values = standard.values(scale)
    se = compute_delta_se(standard.jacobian(scale), covariance)
    return build_frame(
        describe_rows(evaluation) | {"est.std": values, **build_test_columns(values, se, level, np.ones(len(values)))}
    )


@once
def describe_rows(evaluation: AtEstimate) -> dict[str, Any]:
    """The columns that say which row is which: those of the table's parameters, then of its definitions."""
    rows = evaluation.model.table.parameters + evaluation.model.definitions.rows
    texts = build_text_columns(
        {
            "lhs": [row.lhs for row in rows],
            "op": [row.op for row in rows],
            "rhs": [row.rhs for row in rows],
            "label": [row.lhs if row.op == ":=" else row.label for row in rows],
        }
    )
    places = [(0, 0) if row.op == ":=" else (row.block, row.group) for row in rows]
    marks = [(*place, row.free, row.exo) for place, row in zip(places, rows, strict=True)]
    block, group, free, exo = np.array(marks, dtype=np.int64).reshape(-1, 4).T
    label = texts.pop("label")
    place = build_place_columns(evaluation.model.table, group)
    return texts | {"block": block} | place | {"free": free, "label": label, "exo": exo}


def _compute_free_se(standard: Standardization, covariance: FloatArray) -> FloatArray:
    """Standard errors of the rows (k): those of the free parameters, 0 for what is fixed."""
    free, se = standard.layout.free, np.zeros(len(standard.layout.free))
    chosen = np.flatnonzero(free)
    se[chosen] = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))[free[chosen] - 1]
    return se


def compute_delta_se(slopes: FloatArray, covariance: FloatArray) -> FloatArray:
    """Standard errors of k functions with derivatives `slopes` (k × q): the root of JCJᵀ's diagonal.

    0 where nothing varies, NaN where the covariance is not known. Source: delta method, Cramér (1946), section 28.4.
    """
    known = np.nan_to_num(covariance)
    variances = np.sum((slopes @ known) * slopes, axis=1)
    touched = np.any(slopes != 0.0, axis=1) & bool(np.isnan(covariance).any())
    return np.where(touched, np.nan, np.sqrt(np.maximum(variances, 0.0)))


@once
def compute_units(evaluation: AtEstimate) -> FloatArray:
    """What the standard error of each parameter would be with all others known (q): the size that errors have here.

    0 for what only constraints determine, such as the correlation in `p == v*r` of which no moment hangs.
    """
    if not len(evaluation.x):
        return np.zeros(0)
    information = evaluation.total * np.diagonal(compute_information_matrix(evaluation, "expected"))
    return np.where(information > 0.0, 1.0 / np.sqrt(np.where(information > 0.0, information, 1.0)), 0.0)


def build_test_columns(values: FloatArray, se: FloatArray, level: float, units: FloatArray) -> dict[str, FloatArray]:
    """se, z, pvalue, ci.lower and ci.upper; z and p are NaN where the standard error is 0.

    units  sizes that standard errors of this kind have (k); what is tiny beside them, or the value, is rounding
    """
    se = np.where(se < _SMALL * np.maximum(np.abs(values), np.nan_to_num(units)), 0.0, se)
    z = np.divide(values, se, out=np.full(len(values), np.nan), where=(se > 0))
    reach = compute_normal_quantile(0.5 * (1.0 + level)) * se
    return {
        "se": se,
        "z": z,
        "pvalue": compute_two_sided_pvalue(z),
        "ci.lower": values - reach,
        "ci.upper": values + reach,
    }
