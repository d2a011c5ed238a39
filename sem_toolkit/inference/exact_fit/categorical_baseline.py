"""The baseline model of ordered variables: free thresholds, intercepts, variances and slopes, no other associations."""

from dataclasses import replace

import numpy as np

from sem_toolkit.discrepancy import DenseWeight, once
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.weights.estimator import build_estimator_weight
from sem_toolkit.model import build_model
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.subset import select_statistics
from sem_toolkit.spec.names import exogenous_observed_variables
from sem_toolkit.spec.table import Operator, Parameter, ParameterTable


class CategoricalBaseline:
    """The baseline model of ordered variables (see `BaselineModel`)."""

    def build(self, evaluation: AtEstimate) -> AtEstimate:
        return build_categorical_baseline(evaluation)

    def count_degrees(self, evaluation: AtEstimate) -> int:
        return build_categorical_baseline(evaluation).df

    def minimise(self, evaluation: AtEstimate, scaled: bool, free: bool) -> FloatArray:
        return compute_categorical_baseline(evaluation)


@once
def build_categorical_baseline(evaluation: AtEstimate) -> AtEstimate:
    """The baseline model at the estimate for diagonal weights, which is what the sample says by itself.

    As in lavaan, exogenous variables keep their covariances, and what is conditional on them its slopes.
    """
    model, layout = evaluation.model, evaluation.model.layout
    assert isinstance(layout, CategoricalLayout)  # noqa: S101
    assert model.responses is not None  # noqa: S101
    names, exogenous = model.observed, set(exogenous_observed_variables(model.table))
    ordered = {names[item] for item in model.responses.items}
    given = {names[item] for item in layout.covariates}
    fixed = {names[item] for item in evaluation.exogenous}
    rows: list[Parameter] = []
    x: list[float] = []

    def add(
        group: int, op: Operator, lhs: str, rhs: str, value: float, *, is_fixed: bool = False, exo: int = 0
    ) -> None:
        free = 0 if is_fixed else len(x) + 1
        if not is_fixed:
            x.append(value)
        rows.append(Parameter(lhs, op, rhs, 0, group, group, free, value, exo))

    for number, (own, statistics) in enumerate(zip(evaluation.sample.groups, evaluation.statistics, strict=True)):
        group = number + 1
        S, mean = own.covariance, own.mean
        assert mean is not None  # noqa: S101
        place = {name: at for at, name in enumerate(names)}
        for at, variable in enumerate(layout.variables):
            name = names[variable]
            for threshold, value in enumerate(statistics.thresholds[at]):
                add(group, "|", name, f"t{threshold + 1}", float(value))
            for column, covariate in enumerate(layout.covariates):
                add(group, "~", name, names[covariate], float(statistics.slopes[at, column]))
            if name in fixed:
                add(group, "~1", name, "", float(statistics.intercepts[at]), is_fixed=True, exo=1)
            elif name in ordered:
                add(group, "~*~", name, name, 1.0, is_fixed=True)
                add(group, "~~", name, name, 1.0, is_fixed=True)
                add(group, "~1", name, "", 0.0, is_fixed=True)
            else:
                add(group, "~~", name, name, float(statistics.covariance[at, at]))
                add(group, "~1", name, "", float(statistics.intercepts[at]))
        for first in given:
            add(group, "~1", first, "", float(mean[place[first]]), is_fixed=True, exo=1)
        for first in names:
            for second in names[: place[first] + 1]:
                if first in fixed and second in fixed:
                    value = float(S[place[first], place[second]])
                    add(group, "~~", first, second, value, is_fixed=True, exo=1)
                elif first in exogenous and second in exogenous and first != second:
                    add(group, "~~", first, second, float(S[place[first], place[second]]))
    table = ParameterTable(tuple(rows), model.table.groups, conditional_x=model.table.conditional_x)
    baseline, sample = build_model(table), evaluation.sample
    if baseline.observed != names:  # a variable that was no outcome has slopes here, and stands among the outcomes
        sample = select_statistics(sample, baseline.observed, tuple(given))
    return replace(evaluation, model=baseline, sample=sample, x=np.array(x), tangent=None)


def compute_categorical_baseline(evaluation: AtEstimate) -> FloatArray:
    """Minimum of eᵀWe over the baseline model, each group (G): only statistics that it does not free are left of e."""
    baseline = build_categorical_baseline(evaluation)
    weight = build_estimator_weight(baseline)
    assert isinstance(weight, DenseWeight)  # noqa: S101
    if all(own.ndim == 1 for own in weight.matrices):
        return weight.quadratic(baseline)
    minima = []
    delta = baseline.model.layout.jacobian(baseline.model, baseline.x, baseline.moments)
    for g, (own, W) in enumerate(zip(baseline.statistics, weight.matrices, strict=True)):
        residual = own.values - baseline.model.layout.stack(baseline.moments)[g]
        slopes = delta[g][:, np.abs(delta[g]).any(axis=0)]
        along = slopes.T @ W @ residual
        minima.append(float(residual @ W @ residual - along @ np.linalg.solve(slopes.T @ W @ slopes, along)))
    return np.array(minima)
