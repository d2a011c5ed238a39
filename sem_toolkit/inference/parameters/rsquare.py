"""Explained variance of endogenous variables."""

import math
from collections.abc import Callable

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.model import compute_matrices
from sem_toolkit.sample.moments import FloatArray


def compute_r2_by_group(evaluation: AtEstimate) -> dict[str, dict[str, float]]:
    """R² = 1 − residual variance over implied variance, by group label and variable.

    For every indicator and every dependent variable of a regression that has a residual variance in the table, in the
    order of these rows. NaN where it would exceed 1 (a negative residual variance), as in lavaan. In models with
    feedback the implied variance also holds what a residual sends around the loop (see `compute_blocked_r2_by_group`).
    """
    residuals = _residual_variances(evaluation)
    variances = np.diagonal(evaluation.moments.all_covariance, axis1=-2, axis2=-1)
    return _by_group(evaluation, lambda g, place: 1.0 - residuals[g, place] / variances[g, place])


def compute_blocked_r2_by_group(evaluation: AtEstimate) -> dict[str, dict[str, float]]:
    """Blocked-error R²: the share of a variable's variance that remains when its own residual is held at 0.

    The rule for models with feedback or correlated residuals, where 1 − ψ/σ² counts as explained what the residual
    itself causes by way of the loop, and may be negative. Without either it is the R² above.
    Source: Hayduk (2006), Quality & Quantity 40, 629-649.
    """
    symmetric = compute_matrices(evaluation.model, evaluation.x).symmetric
    variances = np.diagonal(evaluation.moments.all_covariance, axis1=-2, axis2=-1)

    def share(g: int, place: int) -> float:
        blocked = symmetric[g].copy()
        blocked[place] = blocked[:, place] = 0.0
        row = evaluation.moments.total_effects[g, place]
        return float(row @ blocked @ row / variances[g, place])

    return _by_group(evaluation, share)


def _by_group(evaluation: AtEstimate, share: Callable[[int, int], float]) -> dict[str, dict[str, float]]:
    """A share of the variance of each dependent variable, from its group and position (from 0)."""
    places = {name: place for place, name in enumerate(evaluation.model.variables)}
    result: dict[str, dict[str, float]] = {}
    for g, label in enumerate(evaluation.model.groups):
        mine = [row for row in evaluation.model.table.parameters if row.group == g + 1]
        dependent = {row.rhs for row in mine if row.op == "=~"} | {row.lhs for row in mine if row.op == "~"}
        names = [row.lhs for row in mine if row.op == "~~" and row.lhs == row.rhs and row.lhs in dependent]
        values = {name: float(share(g, places[name])) for name in names}
        result[label] = {name: value if value <= 1.0 else math.nan for name, value in values.items()}
    return result


def _residual_variances(evaluation: AtEstimate) -> FloatArray:
    return np.diagonal(compute_matrices(evaluation.model, evaluation.x).symmetric, axis1=-2, axis2=-1)
