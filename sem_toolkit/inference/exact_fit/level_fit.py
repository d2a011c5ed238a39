"""The fit of one level by itself: the model of the other level is replaced by a saturated one.

What misfit is left belongs to the level that keeps its model; it is held against a baseline model of that level alone.
Source: Ryu & West (2009), Structural Equation Modeling 16, 583-601.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.spec.table import CONSTRAINT_OPERATORS, Operator, Parameter, ParameterTable

_WORD = re.compile(r"[\w.]+")
_TIED = "parameters of both levels are tied to each other, so that neither can be judged by itself"


def build_level_evaluation(evaluation: AtEstimate, level: int) -> AtEstimate:
    """The model of one level (0 within clusters, 1 between them) beside a saturated other one, at its estimate.

    Raises ModelError where constraints tie parameters of both levels, and where no optimum is found.
    """
    from sem_toolkit.estimation import EstimationOptions, estimate
    from sem_toolkit.model import build_model

    table, x = evaluation.model.table, evaluation.x
    kept = [
        row._replace(ustart=float(x[row.free - 1])) if row.free else row
        for row in table.parameters
        if row.group % 2 != level % 2
    ]
    others = [row for g in range(1 - level, evaluation.model.n_groups, 2) for row in list_saturated_rows(evaluation, g)]
    rows = sorted([*kept, *others], key=lambda row: row.group)
    whole = number_rows(replace(table, rows=(*rows, *_choose_constraints(table, level))))
    solution = estimate(build_model(whole), evaluation.sample, EstimationOptions(has_levels=True, bad_marker_crit=0.0))
    if not solution.certificate.converged:
        message = f"the model with a saturated level has no certified optimum: {solution.certificate.verdict}"
        raise ModelError(Diagnostic("error", "no-optimum", message))
    constraints = solution.model.constraints
    tangent = solution.tangent if constraints.inequalities or constraints.has_bounds else None
    return replace(evaluation, model=solution.model, x=solution.x, tangent=tangent, level=level)


def list_saturated_rows(evaluation: AtEstimate, g: int) -> Iterator[Parameter]:
    """Rows that say nothing of a level (its group, from 0) given its fixed exogenous variables; `free` is 1 or 0."""
    model = evaluation.model
    presence, mean = model.presence, evaluation.sample_mean
    assert presence is not None  # noqa: S101 (the groups are levels)
    assert mean is not None  # noqa: S101 (levels have means)
    own = [row for row in model.table.parameters if row.group == g + 1]
    fixed = {row.lhs for row in own if row.is_given}
    covariance = evaluation.sample_cov[g]
    here = [model.observed[i] for i in np.flatnonzero(presence[g])]
    place = {name: model.observed.index(name) for name in here}
    given = [name for name in here if name in fixed]
    rest = [name for name in here if name not in fixed]

    def build(lhs: str, op: Operator, rhs: str, free: int, value: float | None, exo: int = 0) -> Parameter:
        return Parameter(lhs, op, rhs, 0, g + 1, g + 1, free, value, exo, level=g % 2 + 1)

    for name in here:
        variance = float(covariance[place[name], place[name]])
        yield build(name, "~~", name, 0, None, 1) if name in fixed else build(name, "~~", name, 1, variance)
    for first, second in combinations(rest, 2):
        yield build(first, "~~", second, 1, None)
    for first, second in combinations(given, 2):
        yield build(first, "~~", second, 0, None, 1)
    for outcome in rest:
        for cause in given:
            yield build(outcome, "~", cause, 1, None)
    for name in here:
        upper = g % 2 == 0 and bool(presence[g + 1][place[name]])
        if name in fixed:
            yield build(name, "~1", "", 0, None, 1)
        else:
            yield build(name, "~1", "", int(not upper), 0.0 if upper else float(mean[g, place[name]]))


def number_rows(table: ParameterTable) -> ParameterTable:
    """The table with its free parameters numbered in their order."""
    rows, count = [], 0
    for row in table.rows:
        count += row.free > 0
        rows.append(row._replace(free=count) if row.free else row)
    return replace(table, rows=tuple(rows))


def _choose_constraints(table: ParameterTable, level: int) -> list[Parameter]:
    """Constraints of the level's own parameters; raises ModelError for those of both levels."""
    names: list[set[str]] = [set(), set()]
    for row in table.parameters:
        names[1 - row.group % 2] |= {row.label, row.plabel} - {""}
    definitions = {row.lhs: row.rhs for row in table.rows if row.op == ":="}
    found = []
    for row in table.rows:
        if row.op not in CONSTRAINT_OPERATORS:
            continue
        words = set(_WORD.findall(f"{row.lhs} {row.rhs}"))
        for name in list(words & set(definitions)):
            words |= set(_WORD.findall(definitions[name]))
        touched = [bool(words & own) for own in names]
        if all(touched):
            raise ModelError(Diagnostic("error", "levels-tied", _TIED, hint="label parameters of one level only"))
        if touched[level]:
            found.append(row)
    return found
