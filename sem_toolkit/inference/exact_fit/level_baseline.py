"""The baseline model of two levels: variances and means, without covariances but those among fixed exogenous ones."""

from dataclasses import replace

import numpy as np

from sem_toolkit.discrepancy import once
from sem_toolkit.estimation import fill_exogenous_moments
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.level_fit import list_saturated_rows, number_rows
from sem_toolkit.model import build_model
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.names import exogenous_observed_variables
from sem_toolkit.spec.table import Operator, Parameter


class LevelBaseline:
    """The baseline model of rows in clusters (see `BaselineModel`)."""

    def build(self, evaluation: AtEstimate) -> AtEstimate:
        return build_level_baseline(evaluation)

    def count_degrees(self, evaluation: AtEstimate) -> int:
        return build_level_baseline(evaluation).df

    def minimise(self, evaluation: AtEstimate, scaled: bool, free: bool) -> FloatArray:
        return evaluation.data.discrepancy(build_level_baseline(evaluation))


@once
def build_level_baseline(evaluation: AtEstimate) -> AtEstimate:
    """The baseline model as a model, at its estimate; means are free where they are seen."""
    model = evaluation.model
    presence = model.presence
    mean = evaluation.sample_mean
    assert presence is not None  # noqa: S101 (the groups are levels)
    assert mean is not None  # noqa: S101 (levels have means)
    names = model.observed
    exogenous = {names.index(name) for name in exogenous_observed_variables(model.table)}
    fixed = {(row.group, row.lhs) for row in model.table.parameters if row.is_given}
    rows: list[Parameter] = []
    for g, own in enumerate(presence):
        if evaluation.level is not None and g % 2 != evaluation.level:
            rows += list_saturated_rows(evaluation, g)
            continue
        here = [int(i) for i in np.flatnonzero(own)]
        values: list[tuple[Operator, int, int, float]]
        values = [("~~", i, i, float(evaluation.sample_cov[g, i, i])) for i in here]
        values += [
            ("~~", i, j, float(evaluation.sample_cov[g, i, j]))
            for k, i in enumerate(here)
            for j in here[:k]
            if {i, j} <= exogenous and (g + 1, names[i]) in fixed and (g + 1, names[j]) in fixed
        ]
        values += [("~1", i, i, float(mean[g, i])) for i in here]
        upper = presence[g - g % 2 + 1]
        for op, i, j, value in values:
            is_fixed = (g + 1, names[i]) in fixed
            held = is_fixed or (op == "~1" and g % 2 == 0 and bool(upper[i]))
            free = int(not held)
            rhs = names[j] if op == "~~" else ""
            rows.append(Parameter(names[i], op, rhs, 0, g + 1, g + 1, free, value, int(is_fixed), level=g % 2 + 1))
    table = number_rows(replace(model.table, rows=tuple(rows)))
    found = build_model(fill_exogenous_moments(table, evaluation.sample))
    start = np.array([np.nan if row.ustart is None else row.ustart for row in found.parameters])
    x = evaluation.data.estimate_baseline(evaluation, found, start)
    return replace(evaluation, model=found, x=x, tangent=None)
