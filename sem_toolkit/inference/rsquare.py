"""Explained variance of endogenous variables."""

import math

import numpy as np

from sem_toolkit.inference.evaluation import Evaluation
from sem_toolkit.model import compute_matrices


def compute_r2_by_group(evaluation: Evaluation) -> dict[str, dict[str, float]]:
    """R² = 1 − residual variance over implied variance, by group label and variable.

    For every indicator and every dependent variable of a regression that has a residual variance in the table, in the
    order of these rows. NaN where it would exceed 1 (a negative residual variance), as in lavaan.
    """
    result: dict[str, dict[str, float]] = {}
    rows = evaluation.model.table.parameters
    places = {name: place for place, name in enumerate(evaluation.model.variables)}
    matrices = compute_matrices(evaluation.model, evaluation.x)
    for number, label in enumerate(evaluation.model.groups, start=1):
        mine = [row for row in rows if row.group == number]
        dependent = {row.rhs for row in mine if row.op == "=~"} | {row.lhs for row in mine if row.op == "~"}
        variances = np.diag(evaluation.moments.all_covariance[number - 1])
        residuals = np.diag(matrices.symmetric[number - 1])
        result[label] = {}
        for row in mine:
            if row.op != "~~" or row.lhs != row.rhs or row.lhs not in dependent:
                continue
            place = places[row.lhs]
            value = 1.0 - residuals[place] / variances[place]
            result[label][row.lhs] = float(value) if value <= 1.0 else math.nan
    return result
