"""The point that keeps the largest distance from the borders of rounding intervals: sequential linear programming."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.study.intervals import FloatArray, Interval

_ROUNDS = 60
_MEAN_WEIGHT = 0.05


@dataclass(frozen=True, eq=False)
class InteriorPoint:
    """`margin`: smallest distance of a value from the border of its interval, in half widths (1 is the centre, below 0
    is outside); `worst`: position of that value."""

    x: FloatArray
    margin: float
    worst: int


def maximise_margin(
    compute_values: Callable[[FloatArray], FloatArray], intervals: Sequence[Interval], start: FloatArray, fixed: int = 0
) -> InteriorPoint:
    """Maximise the smallest margin of `compute_values(x)` within `intervals`, and a little of the mean margin with it.

    The mean settles what the smallest margin leaves open; else the answer would depend on the machine's last bits.

    start  first x; its first `fixed` elements keep their values
    """
    middle = np.array([float(interval.middle) for interval in intervals])
    half = np.array([float(interval.width) / 2 for interval in intervals])

    def compute_margins(x: FloatArray) -> FloatArray:
        return np.asarray(1.0 - np.abs(compute_values(x) - middle) / half)

    def compute_merit(x: FloatArray) -> float:
        margins = compute_margins(x)
        return float(margins.min() + _MEAN_WEIGHT * margins.mean())

    best, best_merit, radius = start, compute_merit(start), 0.05
    for _ in range(_ROUNDS):
        proposal = _step(compute_values, middle, half, best, radius, fixed)
        merit = compute_merit(proposal)
        if merit > best_merit + 1e-9:
            best, best_merit, radius = proposal, merit, 2 * radius
        else:
            radius /= 4
        if radius < 1e-10:
            break
    margins = compute_margins(best)
    return InteriorPoint(best, float(margins.min()), int(margins.argmin()))


def _step(
    compute_values: Callable[[FloatArray], FloatArray],
    middle: FloatArray,
    half: FloatArray,
    x: FloatArray,
    radius: float,
    fixed: int,
) -> FloatArray:
    """Linear programme in the step, the margins linearised at x, and their minimum; `radius` is relative to x."""
    from scipy.optimize import linprog

    jacobian = _differentiate(compute_values, x) / half[:, None]
    distance = (middle - compute_values(x)) / half
    reach = radius * np.maximum(np.abs(x), 1e-3)
    reach[:fixed] = 0.0
    figures, unit, none = len(half), np.eye(len(half)), np.zeros((len(half), 1))
    least = np.hstack([np.zeros((figures, len(x))), -unit, np.ones((figures, 1))])
    found = linprog(
        np.concatenate([np.zeros(len(x)), np.full(figures, -_MEAN_WEIGHT / figures), [-1.0]]),
        A_ub=np.vstack([np.hstack([jacobian, unit, none]), np.hstack([-jacobian, unit, none]), least]),
        b_ub=np.concatenate([1.0 + distance, 1.0 - distance, np.zeros(figures)]),
        bounds=[*((-width, width) for width in reach), *[(None, 1.0)] * (figures + 1)],
        method="highs",
    )
    return x if found.x is None else x + found.x[: len(x)]


def _differentiate(compute_values: Callable[[FloatArray], FloatArray], x: FloatArray) -> FloatArray:
    """Central differences: the values are smooth and the programme is repeated, so that their accuracy suffices."""
    columns = []
    for position, value in enumerate(x):
        step = 1e-6 * max(abs(value), 1e-3)
        forward, backward = x.copy(), x.copy()
        forward[position] += step
        backward[position] -= step
        columns.append((compute_values(forward) - compute_values(backward)) / (2 * step))
    return np.column_stack(columns)
