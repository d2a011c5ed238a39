"""Where the search for a step begins: near the step before, which has all but a few of its parameters."""

from dataclasses import replace

import numpy as np

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.fit import Fit, estimate
from sem_toolkit.fit.prepared import Prepared
from sem_toolkit.model import Model
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.table import Parameter


def build_start(model: Model, before: Fit) -> FloatArray:
    """Start values (q) of the model's parameters from another fit; what it had fixed begins where it was fixed.

    A parameter that the other fit does not have at all is NaN: estimation finds a start for it.
    """
    values = {_key(row): row.ustart for row in before.table.parameters if not row.free}
    solution = before.solution.searched
    values |= {_key(row): float(x) for row, x in zip(solution.model.parameters, solution.x, strict=True)}
    found = [values.get(_key(row)) for row in model.parameters]
    start = np.array([np.nan if value is None else value for value in found], dtype=np.float64)
    linear = model.constraints.linear
    return start if linear.is_trivial or not np.isfinite(start).all() else _step_into(model, before, start)


def _step_into(model: Model, before: Fit, start: FloatArray) -> FloatArray:
    """From a point outside the linear equalities a Newton step to the point within them.

    What the search would find if the discrepancy were quadratic; of equalities of parameters that differ by little more
    than their errors this is very near. Where there is no such step the point stays as it is.
    """
    linear = model.constraints.linear
    try:
        discrepancy = replace(before.evaluated.evaluation, model=model, x=start).evaluated
    except ModelError:
        return start
    gradient, hessian = discrepancy.gradient(model, start), discrepancy.hessian(model, start)
    pull = linear.basis.T @ (hessian @ (start - linear.offset) - gradient)
    try:
        theta = np.asarray(np.linalg.solve(linear.basis.T @ hessian @ linear.basis, pull), dtype=np.float64)
    except np.linalg.LinAlgError:
        return start
    return linear.expand(theta) if np.isfinite(theta).all() else start


def estimate_from(prepared: Prepared, before: Fit | None) -> Fit:
    """Estimate a step from the one before, and from scratch where that leads nowhere."""
    if before is None or not before.converged:
        return estimate(prepared)
    found = estimate(prepared, build_start(prepared.model, before))
    return found if found.certified else estimate(prepared)


def _key(row: Parameter) -> tuple[str, str, str, int]:
    return row.lhs, row.op, row.rhs, row.group
