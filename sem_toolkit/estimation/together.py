"""Towards minima of many samples near one that is fitted, by slopes alone: quasi-Newton steps of all samples at once.

They begin from the inverse of the second derivative at the fit, which all samples share but for their units (`metric`):
what a step costs is the slopes of a sample and a few products along its last steps, but no second derivative and no
factor. As the inverse stays positive definite, steps lead downhill, and end in no saddle. Long ones are cut. Samples in
which that takes long are for Newton's steps, from where these have come to.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.stack import HeldSamples, Slopes
from sem_toolkit.estimation.coordinates import Coordinates
from sem_toolkit.estimation.metric import Metric
from sem_toolkit.estimation.quasi_newton import Memory

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

_STEPS = 24
"""Of a sample."""
_LEFT = 1e-9
"""What may be left after the last step, in units of the root of the information."""
_FAST = 0.5
"""What the last step may be of the one before."""
_FAR, _LONGER = 0.3, 1.0
"""How long a step may be, in these units, and what it may be of the one before: of a longer one a part is gone."""
_CLOSE = 0.06
"""Steps, in these units, from which on second derivatives may be used at once."""
_COARSE, _FINE = 3e-4, 0.05
"""Steps, in these units, to which slopes in single precision lead, and the share of samples that may be nearer."""
_GONE = 0.25
"""Share of samples that have left from which on the others are put together."""


@dataclass(frozen=True, eq=False)
class Ends:
    """Where b samples came to: z (q × b), values (b), whether that is a minimum (b).

    close  of the others, which are so near that Newton's steps come next (b)
    """

    z: FloatArray
    values: FloatArray
    found: BoolArray
    close: BoolArray


@dataclass(eq=False)
class _Course:
    """Samples on their way (b): which they are, their units (q × b), z and the slopes by it and the last step (q × b),
    its length and what it is of the one before, and which part of a longer one (b).

    light  the samples in single precision, while steps are long
    """

    place: IntArray
    samples: HeldSamples
    units: FloatArray | None
    z: FloatArray
    memory: Memory
    slopes: FloatArray = field(init=False)
    step: FloatArray = field(init=False)
    length: FloatArray = field(init=False)
    ratio: FloatArray = field(init=False)
    part: FloatArray | None = None
    alive: BoolArray = field(init=False)
    light: HeldSamples | None = field(init=False)

    def __post_init__(self) -> None:
        self.light = self.samples.lighten()
        self.alive = np.ones(len(self.place), dtype=np.bool_)
        self.length, self.ratio = np.full(len(self.place), np.inf), np.ones(len(self.place))

    def evaluate(self, x: FloatArray) -> Slopes:
        """Slopes at x (q × b), as good as steps are long."""
        if self.light is None:
            return self.samples.evaluate(x)
        at = self.light.evaluate(x)
        doubtful = np.flatnonzero(self.alive & ~at.usable)
        if len(doubtful):
            again = self.samples.keep(doubtful).evaluate(x[:, doubtful])
            at.gradients[:, doubtful], at.usable[doubtful] = again.gradients, again.usable
        return at

    def leave_out(self, leaving: BoolArray) -> None:
        """Go on without some, which are carried along while they are few."""
        few = int(_FINE * len(self.length))
        if self.light is not None and np.partition(self.length, few)[few] < _COARSE:
            self.light = None
        self.alive &= ~leaving
        chosen = np.flatnonzero(self.alive)
        if len(chosen) > (1.0 - _GONE) * len(self.alive):
            return
        self.place, self.alive, self.light = self.place[chosen], self.alive[chosen], None
        self.length, self.ratio = self.length[chosen], self.ratio[chosen]
        self.part = None if self.part is None else self.part[chosen]
        self.units = None if self.units is None else self.units.take(chosen, axis=1)
        self.z, self.slopes, self.step = (own.take(chosen, axis=1) for own in (self.z, self.slopes, self.step))
        if len(chosen):
            self.samples, self.memory = self.samples.keep(chosen), self.memory.keep(chosen)


def descend_together(coordinates: Coordinates, metric: Metric, samples: HeldSamples, starts: FloatArray) -> Ends:
    """Minimise from starts z (q × b), one for each of the samples."""
    b, weights = starts.shape[1], metric.scale[:, None]
    ends = Ends(starts.copy(), np.full(b, np.inf), np.zeros(b, dtype=np.bool_), np.zeros(b, dtype=np.bool_))
    units = metric.find_units(starts - coordinates.origin[:, None])
    course = _Course(np.arange(b), samples, units, starts, Memory(_STEPS, starts.shape))
    with np.errstate(all="ignore"):
        for number in range(_STEPS):
            there = coordinates.restore(course.z)
            at = course.evaluate(there.x)
            slopes, usable = coordinates.turn_slopes(at.gradients, there), at.usable
            solved = metric.solve(slopes, course.units)
            if number:
                step, curved = course.memory.find_step(course.step, course.slopes, slopes, solved, course.part)
                usable = usable & curved
            else:
                step = -solved
            length = np.abs(step * weights).max(axis=0)
            most = np.minimum(_LONGER * course.length, _FAR)
            course.part = None if (length <= most).all() else np.minimum(most / length, 1.0)
            if course.part is not None:
                step, length = step * course.part, length * course.part
            ratio = length / course.length
            left = length * np.maximum(ratio, course.ratio)  # one step may be short by chance
            found = usable & (left < _LEFT) & (ratio < _FAST) & (number > 1)
            course.z, course.step, course.slopes = course.z + step, step, slopes
            course.length, course.ratio = length, ratio
            _write(ends, course, found & course.alive, at)
            course.leave_out(~usable | found)
            if not len(course.place):
                return ends
    _give_up(ends, course)
    return ends


def _write(ends: Ends, course: _Course, found: BoolArray, at: Slopes) -> None:
    """Write down where the last step of some has led, and the value that slopes foretell there."""
    chosen = np.flatnonzero(found)
    if not len(chosen):
        return
    place, step = course.place[chosen], course.step.take(chosen, axis=1)
    ends.z[:, place], ends.found[place] = course.z.take(chosen, axis=1), True
    ends.values[place] = at.values[chosen] + 0.5 * (course.slopes.take(chosen, axis=1) * step).sum(axis=0)


def _give_up(ends: Ends, course: _Course) -> None:
    """Write down from where those that are left are to go on by other steps, where that is near enough."""
    chosen = np.flatnonzero(course.alive & (course.length < _CLOSE))
    place = course.place[chosen]
    ends.z[:, place], ends.close[place] = course.z[:, chosen], True
