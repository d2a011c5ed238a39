"""The last steps of many searches, by slopes alone and the second derivative that each has from a point before."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.arrivals import Arrival, Arrivals
from sem_toolkit.estimation.minimand import Minimand, find_better
from sem_toolkit.estimation.quasi_newton import Memory
from sem_toolkit.estimation.systems import FIRST_DAMPING, invert_factored

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

LEFT = 1e-9
"""What may be left after the last step, in units of the root of the information."""
_FAST, _STEPS = 0.5, 10
"""What a step must be of the one before, and how many there may be."""
_TOGETHER, _GONE = 512, 0.25
"""Searches whose samples stay near the processor, and the share of them that has left from which on the others are put
together.
"""


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
    place, values, length, inverse = ending.place, ending.values, ending.length, invert_factored(ending.factors)
    slowest = np.zeros(len(place))
    samples, memory, alive = task.hold(place), Memory(_STEPS, theta.shape), np.ones(len(place), dtype=np.bool_)
    for _ in range(_STEPS):
        theta = theta + step
        with np.errstate(all="ignore"):
            at = task.evaluate_held(samples, theta)
            solved = np.ascontiguousarray((inverse @ at.gradients.T[:, :, None])[:, :, 0].T)
            step, curved = memory.find_step(step, slopes, at.gradients, solved)
            further = np.abs(step * units).max(axis=0)
            shorter = alive & at.usable & (((further < _FAST * length) & curved) | (further < 0.1 * LEFT))
            # where the step before was Newton's, others shorten half as fast, and one step may be short by chance
            slowest = np.maximum(further / length, slowest)
            there = shorter & (further * np.minimum(2.0 * slowest, 1.0) < 0.1 * LEFT)
            slowest = further / length
        write_minima(place, theta.T, at.values, at.gradients.T, np.flatnonzero(there), step.T, into)
        going = shorter & ~there
        moved = alive & (going | find_better(at.values, values, shorter))
        into.x[place[moved & ~there]] = theta.T[moved & ~there]
        damping[place[alive & ~moved]] = FIRST_DAMPING
        alive, slopes, length = going, at.gradients, further
        chosen = np.flatnonzero(alive)
        if not len(chosen):
            return
        if len(chosen) < (1.0 - _GONE) * len(alive):  # the few that have left are carried along
            place, alive, inverse = place[chosen], alive[chosen], inverse[chosen]
            values, length, slowest = values[chosen], length[chosen], slowest[chosen]
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
