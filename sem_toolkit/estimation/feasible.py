"""Phase one of a search under constraints: a point at which all of them hold, as near to the start as steps lead.

Every step is the shortest that satisfies the linearised constraints, or, where none does, the one that misses them
least. It is cut back where it would leave the domain of a logarithm or a root in a constraint, or the points at which
the discrepancy has a value.
"""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.conditions import Conditions, look, solve_least_distance
from sem_toolkit.estimation.objective import Objective
from sem_toolkit.estimation.scoring import compute_scale

FloatArray = NDArray[np.float64]

_STEPS, _HALVINGS = 60, 20
_INSIDE = 1e-8  # a margin in the conditions' own scale, so that rounding leaves none of them violated
_SPREADS = (0.0, 0.3, 1.0, 1.0, 3.0, 3.0, 10.0, 30.0)  # of the starts, in units of the information


def find_feasible(objective: Objective, theta: FloatArray, seed: int = 1) -> FloatArray | None:
    """θ (r) at which all constraints hold and the discrepancy has a value, from θ on; None where none was found."""
    rng = np.random.default_rng(seed)
    start = objective.locate(theta)
    scale = np.ones(len(theta)) if start is None else compute_scale(start.information)
    for spread in _SPREADS:
        found = _climb(objective, theta + spread * scale * rng.normal(size=len(theta)), scale)
        if found is not None:
            return found
    return None


def _climb(objective: Objective, theta: FloatArray, scale: FloatArray) -> FloatArray | None:
    """Steps from θ on until all constraints hold; None where they lead nowhere."""
    here = look(objective, theta, scale)
    has_value = objective.locate(theta) is not None
    for _ in range(_STEPS):
        if here.hold and has_value:
            return theta
        step = _find_step(here)
        if step is None:
            return None
        for share in 0.5 ** np.arange(_HALVINGS):
            trial = theta + share * step * scale
            there = look(objective, trial, scale)
            if there.stay_inside(here) and there.improve_on(here, share):
                inside = objective.locate(trial) is not None
                if inside >= has_value:
                    break
        else:
            return None
        theta, here, has_value = trial, there, inside
    return None


def _find_step(here: Conditions) -> FloatArray | None:
    """The shortest step that satisfies all linearised conditions, or the one that misses them least."""
    rows, wanted = here.linearise(_INSIDE)
    found = solve_least_distance(rows, wanted)
    if found is None:
        short = wanted > 0.0
        step = np.linalg.lstsq(rows[short], wanted[short], rcond=1e-10)[0]
    else:
        step = found[0]
    return np.asarray(step) if np.isfinite(step).all() and step.any() else None
