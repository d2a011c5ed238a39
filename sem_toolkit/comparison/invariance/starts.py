"""Where the search for a step begins: at the step before, which has all but a few of its parameters."""

import numpy as np

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
    return np.array([np.nan if value is None else value for value in found], dtype=np.float64)


def estimate_from(prepared: Prepared, before: Fit | None) -> Fit:
    """Estimate a step from the one before, and from scratch where that leads nowhere."""
    if before is None or not before.converged:
        return estimate(prepared)
    found = estimate(prepared, build_start(prepared.model, before))
    return found if found.certified else estimate(prepared)


def _key(row: Parameter) -> tuple[str, str, str, int]:
    return row.lhs, row.op, row.rhs, row.group
