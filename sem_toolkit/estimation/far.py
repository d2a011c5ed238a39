"""Minima of samples that a search from near the estimate has none for: many samples at once, from scattered starts.

What the ladder tries one sample at a time is here done for all of them: scattered starts in a model that no marker
holds (`multistart`), brought back to the scale of the markers and finished there, and a trust region along the valleys
in which parameters run far away. Few starts come first, and more only where those lead to no minimum.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import Kind, StackedDiscrepancy
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.estimation.arrivals import Arrival, Arrivals, begin_arrivals
from sem_toolkit.estimation.batch import Search, minimise_stack
from sem_toolkit.estimation.box import find_box
from sem_toolkit.estimation.multistart import Released, draw_starts, release_markers, restore_markers
from sem_toolkit.estimation.nearby import approach_minima
from sem_toolkit.estimation.trust_region import descend_stack
from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

_STARTS = (12, 48)
_SCATTERED = Search(tolerance=1e-2, sharp=0.0)
"""From where Newton's steps finish."""
_MEMORY = 1 << 25
"""Bytes of the second derivatives of what is searched together."""


def seek_minima(
    model: Model,
    kind: Kind,
    targets: Targets,
    start: FloatArray,
    spread: Targets,
    seed: int,
    released: Released | None = None,
) -> Arrivals:
    """The lowest minimum that is found for each of the samples of the targets (b); those without one say so.

    start     where each search begins once (q)
    spread    moments in whose units the other starts are scattered
    released  the model without its markers, where somebody has it
    """
    count = len(targets.covariance)
    task = _Task(model, kind, targets, released or release_markers(model))
    found = begin_arrivals(np.tile(start, (count, 1)))
    lowest = _Lowest(found.x.copy(), np.full(count, np.inf))
    rng = np.random.default_rng(seed)
    given = task.release(start)
    for size in _STARTS:
        starts = np.concatenate([given[None], draw_starts(task.search, spread, rng, size)])
        starts = np.stack([task.search.constraints.linear.average(x) for x in starts])
        together = max(1, _MEMORY // (8 * len(starts) * starts.shape[1] ** 2))
        left = np.flatnonzero(found.status != Arrival.MINIMUM)
        for first in range(0, len(left), together):
            _scatter(task, left[first : first + together], starts, found, lowest)
    box = find_box(model)
    if box is None or not box.has_ends:
        _follow_valleys(task, np.flatnonzero(found.status != Arrival.MINIMUM), start, found, lowest)
    return found


@dataclass(frozen=True, eq=False)
class _Task:
    """What is minimised: the model in the scale of its markers, and, where there is such a one, without them."""

    model: Model
    kind: Kind
    targets: Targets
    released: Released | None

    @property
    def search(self) -> Model:
        return self.model if self.released is None else self.released.model

    def release(self, x: FloatArray) -> FloatArray:
        """x (q) with the values of the markers behind it."""
        if self.released is None:
            return x
        return np.concatenate([x, [float(row.ustart or 1.0) for row in self.released.markers]])

    def restore(self, x: FloatArray) -> FloatArray:
        """x (s × q and more) in the scale of the markers."""
        if self.released is None:
            return x
        return np.stack([restore_markers(self.model, self.released, row)[0] for row in x])

    def build(self, samples: IntArray) -> StackedDiscrepancy:
        """The discrepancy of these samples."""
        mean = self.targets.mean
        own = self.targets.with_moments(self.targets.covariance[samples], None if mean is None else mean[samples])
        found = self.kind.build(own, None)
        assert isinstance(found, StackedDiscrepancy)  # noqa: S101 (only such are searched in stacks)
        return found


@dataclass(frozen=True, eq=False)
class _Lowest:
    """The lowest points so far, minima or not, of each sample: x (b × q) and values (b)."""

    x: FloatArray
    values: FloatArray


def _scatter(task: _Task, samples: IntArray, starts: FloatArray, into: Arrivals, lowest: _Lowest) -> None:
    """From every start for each of the samples."""
    each = np.repeat(samples, len(starts))
    discrepancy = task.build(each)
    ends = minimise_stack(task.search, discrepancy, np.tile(starts, (len(samples), 1)), _SCATTERED)
    x = task.restore(ends.x)
    shape = len(samples), len(starts)
    best = np.arange(len(each)).reshape(shape)[np.arange(len(samples)), ends.values.reshape(shape).argmin(axis=1)]
    lower = ends.values[best] < lowest.values[samples]
    lowest.x[samples[lower]], lowest.values[samples[lower]] = x[best[lower]], ends.values[best[lower]]
    _keep_lowest(approach_minima(task.model, discrepancy, x), each, into)


def _follow_valleys(task: _Task, samples: IntArray, start: FloatArray, into: Arrivals, lowest: _Lowest) -> None:
    """From the start and from the lowest point that was met, by a trust region."""
    if len(samples):
        each = np.concatenate([samples, samples])
        starts = np.concatenate([np.tile(start, (len(samples), 1)), lowest.x[samples]])
        _keep_lowest(descend_stack(task.model, task.build(each), starts), each, into)


def _keep_lowest(ends: Arrivals, samples: IntArray, into: Arrivals) -> None:
    """Write down the lowest of the minima of each sample, where it is lower than what is there."""
    minima = np.flatnonzero(np.asarray(ends.status == Arrival.MINIMUM))
    for place in minima[np.argsort(-ends.values[minima], kind="stable")]:
        own = samples[place]
        if ends.values[place] < into.values[own]:
            into.x[own], into.values[own], into.status[own] = ends.x[place], ends.values[place], Arrival.MINIMUM
