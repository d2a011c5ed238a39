"""The last steps of many searches, by slopes alone and the second derivative that each has from a point before."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.batch import Arrival, Arrivals, Minimand, find_better
from sem_toolkit.estimation.quasi_newton import Memory
from sem_toolkit.estimation.systems import FIRST_DAMPING, solve_factored

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

LEFT = 1e-9
"""What may be left after the last step, in units of the root of the information."""
_FAST, _STEPS = 0.5, 10
"""What a step must be of the one before, and how many there may be."""
_TOGETHER = 512
"""Searches whose samples stay near the processor."""


@dataclass(frozen=True, eq=False)
class Ending:
    """What goes on by the second derivatives there are.

    place    which start each is (s); theta, slopes and step: s × r; values and length of the step: s
    scale    units of these lengths (s × r); factors: of the second derivatives (s × r × r)
    """

    place: IntArray
    theta: FloatArray
    values: FloatArray
    slopes: FloatArray
    step: FloatArray
    length: FloatArray
    scale: FloatArray
    factors: FloatArray

    @classmethod
    def merge(cls, endings: list["Ending"]) -> "Ending":
        """All of them together."""
        return cls(*(np.concatenate([getattr(one, own.name) for one in endings]) for own in fields(cls)))

    def pick(self, chosen: IntArray | slice) -> "Ending":
        """Some of them."""
        return Ending(*(getattr(self, own.name)[chosen] for own in fields(self)))


def end_searches(task: Minimand, endings: list[Ending], damping: FloatArray, into: Arrivals) -> None:
    """On by slopes alone and the second derivatives there are, as long as that shortens steps fast.

    That they shorten says, too, that the second derivative where they end is as definite as the one they are made of.
    What does not goes on from where it came to by new ones, damped where it came to nothing better.
    """
    whole = endings[0] if len(endings) == 1 else Ending.merge(endings)
    for first in range(0, len(whole.place), _TOGETHER):
        _end(task, whole.pick(slice(first, first + _TOGETHER)), damping, into)


def _end(task: Minimand, ending: Ending, damping: FloatArray, into: Arrivals) -> None:
    into.x[ending.place] = ending.theta
    theta, slopes, step, units = (
        np.ascontiguousarray(own.T) for own in (ending.theta, ending.slopes, ending.step, 1.0 / ending.scale)
    )
    place, values, length, left = ending.place, ending.values, ending.length, np.arange(len(ending.place))
    samples, memory = task.hold(place), Memory(_STEPS, theta.shape)
    for _ in range(_STEPS):
        theta = theta + step
        at = task.evaluate_held(samples, theta)
        solved = solve_factored(ending.factors, left, at.gradients.T).T
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step, curved = memory.find_step(step, slopes, at.gradients, np.ascontiguousarray(solved))
            further = np.abs(step * units).max(axis=0)
            shorter = at.usable & (((further < _FAST * length) & curved) | (further < LEFT))
            # where the step before was Newton's, those by the same second derivative shorten half as fast
            there = shorter & (further * np.minimum(2.0 * further / length, 1.0) < LEFT)
        write_minima(place, theta.T, at.values, at.gradients.T, np.flatnonzero(there), step.T, into)
        going = shorter & ~there
        moved = going | find_better(at.values, values, shorter)
        into.x[place[moved & ~there]] = theta.T[moved & ~there]
        damping[place[~moved]] = FIRST_DAMPING
        if not going.any():
            return
        slopes, length = at.gradients, further
        if not going.all():
            chosen = np.flatnonzero(going)
            place, values, length, left = place[chosen], values[chosen], length[chosen], left[chosen]
            theta, slopes, step, units = (own.take(chosen, axis=1) for own in (theta, slopes, step, units))
            samples, memory = samples.keep(chosen), memory.keep(chosen)


def write_minima(
    place: IntArray,
    theta: FloatArray,
    values: FloatArray,
    gradients: FloatArray,
    there: IntArray,
    steps: FloatArray,
    into: Arrivals,
) -> None:
    """Write down where the last step of some leads from θ, and the value that slopes foretell there."""
    place, step = place[there], steps[there]
    into.x[place] = theta[there] + step
    into.values[place] = values[there] + 0.5 * (gradients[there] * step).sum(axis=1)
    into.status[place] = Arrival.MINIMUM
