"""Many minimisations at once along curved valleys, where scoring and Newton's steps creep: a trust region each.

The step is the exact minimum of the quadratic by the exact second derivative, whatever its curvature, within a ball in
units of the expected information where the search stands (Moré & Sorensen 1983, SIAM Journal on Scientific and
Statistical Computing 4, 553-572). The eigenvectors that this takes make a step dear: it is for the few of a stack that
nothing else brings to an end.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import Evaluations, Status
from sem_toolkit.discrepancy.stack import StackedEvaluator, merge_evaluations, pick_evaluations
from sem_toolkit.estimation.arrivals import Arrival, Arrivals, begin_arrivals, expand_arrivals
from sem_toolkit.estimation.minimand import Minimand, compute_scales, find_better, scale_curvature
from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]

_WIDER, _NARROWER, _NARROWEST = 3.0, 0.3, 1e-9
_GOOD, _BAD, _ENOUGH = 0.75, 0.25, 1e-4
"""Shares of what the quadratic promised from which on a step is good, up to which it is bad, and taken at all."""
_BISECTIONS = 40
_FLAT = 1e-10  # of the largest curvature
_CURVED = 1e-12


@dataclass(frozen=True, eq=False)
class _Searches:
    """What is on its way. place: which start each is (s); theta: s × r; at: the discrepancy there; radius (s)."""

    place: NDArray[np.intp]
    theta: FloatArray
    at: Evaluations
    radius: FloatArray

    def pick(self, chosen: NDArray[np.intp]) -> "_Searches":
        own = pick_evaluations(self.at, chosen)
        return _Searches(self.place[chosen], self.theta[chosen], own, self.radius[chosen])


def descend_stack(
    model: Model,
    discrepancy: StackedEvaluator,
    starts: FloatArray,
    tolerance: float = 1e-10,
    max_iterations: int = 200,
) -> Arrivals:
    """Minimise from every start x (b × q), each with the sample at its place, under linear equalities alone.

    tolerance  of the largest slope, in units of the root of the expected information
    """
    theta = starts[:, model.constraints.linear.kept]
    task = Minimand(model, discrepancy, None)
    count = len(theta)
    into = begin_arrivals(theta, max_iterations)
    place = np.arange(count)
    left = _Searches(place, theta, task.evaluate(theta, place, exact=True), np.ones(count))
    left = _leave(left, np.asarray(left.at.status) != int(Status.OK), Arrival.NO_VALUE_AT_START, 0, into)
    for iteration in range(max_iterations):
        if not len(left.place):
            break
        scale = compute_scales(task.evaluate(left.theta, left.place, exact=False).informations)
        curvature, axes = np.linalg.eigh(scale_curvature(left.at.informations, scale))
        slope = left.at.gradients * scale
        flat = np.abs(slope).max(axis=1) < tolerance
        if flat.any():
            curved = curvature[:, 0] > _CURVED
            _leave(left, flat & curved, Arrival.MINIMUM, iteration, into)
            _leave(left, flat & ~curved, Arrival.STALLED, iteration, into)
            chosen = np.flatnonzero(~flat)
            left, scale, slope = left.pick(chosen), scale[chosen], slope[chosen]
            curvature, axes = curvature[chosen], axes[chosen]
            if not len(chosen):
                break
        along = (axes.swapaxes(1, 2) @ slope[:, :, None])[:, :, 0]
        step = _find_step(curvature, along, left.radius)
        promised = -(along * step).sum(axis=1) - 0.5 * (curvature * step * step).sum(axis=1)
        trial = left.theta + (axes @ step[:, :, None])[:, :, 0] * scale
        ahead = task.evaluate(trial, left.place, exact=True)
        left = _judge(left, trial, ahead, scale, promised, np.sqrt((step * step).sum(axis=1)))
        left = _leave(left, left.radius < _NARROWEST, Arrival.STALLED, iteration, into)
    into.x[left.place], into.values[left.place] = left.theta, left.at.values
    return expand_arrivals(model, into)


def _leave(left: _Searches, leaving: NDArray[np.bool_], status: Arrival, iteration: int, into: Arrivals) -> _Searches:
    """Write down those that leave and give back the others."""
    if not leaving.any():
        return left
    place = left.place[leaving]
    into.x[place], into.values[place] = left.theta[leaving], left.at.values[leaving]
    into.status[place], into.iterations[place] = status, iteration
    return left.pick(np.flatnonzero(~leaving))


def _find_step(curvature: FloatArray, slope: FloatArray, radius: FloatArray) -> FloatArray:
    """−g / (w + λ) with the least λ ≥ 0 that is convex and within the radius (s × r), along the eigenvectors."""
    least = curvature[:, 0]
    floor = _FLAT * np.maximum(np.abs(curvature).max(axis=1), 1e-300)
    low = np.where(least < floor, floor - least, 0.0)

    def is_long(damping: FloatArray) -> NDArray[np.bool_]:
        return np.asarray(((slope / (curvature + damping[:, None])) ** 2).sum(axis=1) > radius * radius)

    within = ~is_long(low)
    short, long = low, low + np.sqrt((slope * slope).sum(axis=1)) / radius
    for _ in range(_BISECTIONS):
        middle = 0.5 * (short + long)
        beyond = is_long(middle)
        short, long = np.where(beyond, middle, short), np.where(beyond, long, middle)
    return np.asarray(-slope / (curvature + np.where(within, low, long)[:, None]))


def _judge(
    left: _Searches, trial: FloatArray, ahead: Evaluations, scale: FloatArray, promised: FloatArray, length: FloatArray
) -> _Searches:
    """Every search at its trial point where that is better, with a radius that follows what the quadratic was worth."""
    old = left.at
    flatter = np.abs(ahead.gradients * scale).max(axis=1) < np.abs(old.gradients * scale).max(axis=1)
    better = find_better(ahead.values, old.values, flatter)
    share = (old.values - ahead.values) / np.maximum(promised, 1e-300)
    taken = better & ((share > _ENOUGH) | flatter)
    wider = taken & (share > _GOOD) & (length > 0.8 * left.radius)
    narrower = ~taken | ((share < _BAD) & ~flatter)
    radius = np.where(wider, _WIDER * left.radius, left.radius)
    radius = np.where(narrower, _NARROWER * np.minimum(length, left.radius), radius)
    theta = np.where(taken[:, None], trial, left.theta)
    return _Searches(left.place, theta, merge_evaluations(taken, ahead, old), radius)
