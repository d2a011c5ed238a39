"""The baseline model given exogenous variables: every other variable has its regression on them, and nothing more."""

from dataclasses import replace

import numpy as np

from sem_toolkit.discrepancy import once
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.model import build_model
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.table import Operator, Parameter, ParameterTable


class GivenBaseline:
    """The baseline model given exogenous variables (see `BaselineModel`)."""

    def build(self, evaluation: AtEstimate) -> AtEstimate:
        return build_given_baseline(evaluation)

    def count_degrees(self, evaluation: AtEstimate) -> int:
        p = evaluation.model.n_observed - len(evaluation.sample.auxiliary) - len(evaluation.exogenous)
        return evaluation.model.n_groups * (p * (p - 1) // 2)

    def minimise(self, evaluation: AtEstimate, scaled: bool, free: bool) -> FloatArray:
        return evaluation.data.discrepancy(build_given_baseline(evaluation))


@once
def build_given_baseline(evaluation: AtEstimate) -> AtEstimate:
    """The model at its estimate: least squares of the rows that have the variable, which is what likelihood takes."""
    names, table = evaluation.model.observed, evaluation.model.table
    given = list(evaluation.exogenous)
    others = [i for i in range(len(names)) if i not in given]
    rows: list[Parameter] = []
    x: list[float] = []
    mean = evaluation.sample_mean
    assert mean is not None  # noqa: S101 (there are means, always)
    for g, S in enumerate(evaluation.sample_cov):

        def add(lhs: int, op: Operator, rhs: str, value: float, fixed: bool, group: int = g + 1) -> None:
            free = 0 if fixed else len(x) + 1
            x.extend([] if fixed else [value])
            rows.append(Parameter(names[lhs], op, rhs, 0, group, group, free, value, int(fixed)))

        for k, i in enumerate(given):
            for j in given[: k + 1]:
                add(i, "~~", names[j], float(S[i, j]), True)
            add(i, "~1", "", float(mean[g, i]), True)
        for i in others:
            own_mean, own = _select_rows(evaluation, g, i, given, mean[g], S)
            slopes = np.linalg.solve(own[:-1, :-1], own[:-1, -1])
            for j, slope in zip(given, slopes, strict=True):
                add(i, "~", names[j], float(slope), False)
            add(i, "~~", names[i], float(own[-1, -1] - slopes @ own[:-1, -1]), False)
            add(i, "~1", "", float(own_mean[-1] - slopes @ own_mean[:-1]), False)
    model = build_model(ParameterTable(tuple(rows), table.groups))
    return replace(evaluation, model=model, x=np.array(x), tangent=None)


def _select_rows(
    evaluation: AtEstimate, g: int, i: int, given: list[int], mean: FloatArray, covariance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Moments of the given variables and, last, of another, of the rows that have it."""
    places = [*given, i]
    saturated = evaluation.sample.groups[g].saturated
    if saturated is None:
        return mean[places], covariance[np.ix_(places, places)]
    order = [evaluation.sample.variables.index(evaluation.model.observed[place]) for place in places]
    rows = saturated.likelihood.patterns.rows[:, order]
    rows = rows[~np.isnan(rows).any(axis=1)]
    return rows.mean(axis=0), np.cov(rows.T, bias=True)
