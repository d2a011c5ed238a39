"""Minima of many samples from starts that are near them: a step of scoring, then Newton's by exact second derivatives.

Where such a step does not improve, it is damped (Levenberg 1944, Quarterly of Applied Mathematics 2, 164-168) until one
does: along a curved valley that takes fewer steps than the expected information would.
Convergence is quadratic (Nocedal & Wright 2006, Numerical Optimization, theorem 3.5), so that the last step is taken
without a look at where it leads when the slopes so far foretell it; where slopes alone are quick, they make the last
ones (`ending`). Those that take long are put together, so that not every part of a stack waits for its own last one.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import Evaluations, Status
from sem_toolkit.discrepancy.stack import (
    StackedEvaluator,
    factor_stack,
    pick_evaluations,
)
from sem_toolkit.estimation.arrivals import Arrival, Arrivals, begin_arrivals, expand_arrivals
from sem_toolkit.estimation.box import clip_to_box, find_box, find_free
from sem_toolkit.estimation.ending import LEFT, Ending, end_searches, write_minima
from sem_toolkit.estimation.minimand import Minimand, compute_scales, find_better, scale_curvature
from sem_toolkit.estimation.systems import FIRST_DAMPING, HARDER, MOST_DAMPING, restore, solve, solve_damped
from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]

_ROUNDS = (6, 8, 24)
"""Steps until what has not arrived is put together with the others that have not."""
_CLOSE = 1e-5
"""Slopes from which the last step may be taken unseen."""
_SMALL, _SMALLEST = 1e-3, 1e-6
"""Steps, in units of the root of the information, that may be; the smallest where no step before it foretells it."""
_SHORT = 0.02
"""Steps from which on second derivatives are kept."""
_LEAST_DAMPING, _EASIER = 0.02, 0.2
_CACHE = 1 << 23
"""Bytes of the second derivatives of what is evaluated together."""


@dataclass(frozen=True, eq=False)
class Foretold:
    """What is known of b starts: which of them are minima (b) and the values there (b).

    close  which others are so near that no step of scoring need come first (b)
    """

    found: NDArray[np.bool_]
    values: FloatArray
    close: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Task(Minimand):
    """What is minimised, and the largest scaled slope at a minimum."""

    tolerance: float


@dataclass(frozen=True, eq=False)
class _Points:
    """What is on its way. place: which start each is (s); theta: s × r; at: the discrepancy there.

    exact     whether the second derivative there is, and not the expected one (s)
    before    the length of the last step, where it was one of Newton's (s)
    damping   of the next step, in units of the information of each parameter (s)
    """

    place: NDArray[np.intp]
    theta: FloatArray
    at: Evaluations
    exact: NDArray[np.bool_]
    before: FloatArray
    damping: FloatArray

    def pick(self, chosen: NDArray[np.intp]) -> "_Points":
        return _Points(
            self.place[chosen],
            self.theta[chosen],
            pick_evaluations(self.at, chosen),
            self.exact[chosen],
            self.before[chosen],
            self.damping[chosen],
        )


@dataclass(frozen=True, eq=False)
class _Steps:
    """Steps from points (s × r), their lengths and the largest slopes (s), in units of the scale (s × r).

    definite  where the second derivative itself is known to be (s): there its factor stands in one triangle of it
    diagonal  of the second derivatives (s × r); damping: with which the other steps were made (s)
    """

    step: FloatArray
    length: FloatArray
    size: FloatArray
    scale: FloatArray
    definite: NDArray[np.bool_]
    diagonal: FloatArray
    damping: FloatArray


def approach_minima(
    model: Model,
    discrepancy: StackedEvaluator,
    starts: FloatArray,
    tolerance: float = 1e-10,
    foretold: Foretold | None = None,
) -> Arrivals:
    """Minimise from every start x (b × q), each with the sample at its place; starts must be NumPy arrays.

    foretold  what is known of the starts

    Equalities and bounds as in `minimise_stack`. What had no value at its start, or found no minimum, says so.
    """
    box = find_box(model)
    box = box if box is not None and box.has_ends else None
    theta = clip_to_box(starts[:, model.constraints.linear.kept], box)
    task = _Task(model, discrepancy, box, tolerance)
    size = int(np.clip(_CACHE // (8 * max(theta.shape[1], 1) ** 2), 32, 1024))
    found, damping = begin_arrivals(theta), np.zeros(len(theta))
    if foretold is not None:
        found.status[foretold.found], found.values[foretold.found] = Arrival.MINIMUM, foretold.values[foretold.found]
    for number, steps in enumerate(_ROUNDS):
        near = np.full(len(theta), number > 0) if number or foretold is None else foretold.close
        for exact in (True, False):
            left = np.flatnonzero((found.status == Arrival.ITERATION_LIMIT) & (near == exact))
            for part in np.array_split(left, -(-len(left) // size)) if len(left) else ():
                points = replace(_look(task, found.x[part], part, exact=exact), damping=damping[part])
                _approach(task, points, damping, found, steps, may_end=number + 1 < len(_ROUNDS))
    return expand_arrivals(model, found)


def _approach(task: _Task, points: _Points, damping: FloatArray, into: Arrivals, steps: int, *, may_end: bool) -> None:
    """So many steps of the points; what arrives, or cannot go on, is written where it belongs.

    damping  of the next step of all (b), which is written
    may_end  whether the last steps may be taken by slopes alone
    """
    usable = np.asarray(points.at.status) == int(Status.OK)
    if not usable.all():
        into.status[points.place[~usable]] = Arrival.NO_VALUE_AT_START
        points = points.pick(np.flatnonzero(usable))
    endings: list[Ending] = []
    for _ in range(steps):
        if not len(points.place):
            break
        scale = compute_scales(points.at.informations) * find_free(points.theta, points.at.gradients, task.box)
        made = _compute_steps(points, scale)
        arrived = _have_arrived(task, points, made)
        ending = ~arrived & _may_end(task, points, made) & may_end
        last = made.step if task.box is None else np.zeros_like(made.step)
        at = points.at
        write_minima(points.place, points.theta, at.values, at.gradients, np.flatnonzero(arrived), last, into)
        if ending.any():
            endings.append(_begin_ending(points, made, np.flatnonzero(ending)))
        left = np.flatnonzero(~(arrived | ending))
        points = _go(task, points, left, made) if len(left) else points.pick(left)
        into.iterations[points.place] += 1
        stuck = points.damping > MOST_DAMPING
        if stuck.any():
            into.status[points.place[stuck]] = Arrival.STALLED
            points = points.pick(np.flatnonzero(~stuck))
    into.x[points.place], damping[points.place] = points.theta, points.damping
    if endings:
        end_searches(task, endings, damping, into)


def _have_arrived(task: _Task, points: _Points, steps: _Steps) -> NDArray[np.bool_]:
    """Whether slopes are nothing, or will be after one more step, as what is left is squared, and it is no saddle."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        foretold = steps.length * (steps.length / points.before) ** 2
    small = np.where(np.isfinite(points.before), _SMALL, _SMALLEST)
    close = (steps.size < _CLOSE) & (foretold < LEFT) & (steps.length < small) & (task.box is None)
    found = points.exact & ((steps.size < task.tolerance) | close)
    unknown = np.flatnonzero(found & ~steps.definite)
    if len(unknown):
        found[unknown] = factor_stack(scale_curvature(points.at.informations[unknown], steps.scale[unknown]))[0]
    return np.asarray(found)


def _may_end(task: _Task, points: _Points, steps: _Steps) -> NDArray[np.bool_]:
    """Whether the second derivatives there are will do for the steps that are left."""
    if task.box is not None or not task.has_slopes:
        return np.zeros(len(points.place), dtype=np.bool_)
    return np.asarray(points.exact & steps.definite & (steps.length < _SHORT))


def _begin_ending(points: _Points, steps: _Steps, chosen: NDArray[np.intp]) -> Ending:
    """Some of the points, at the beginning of their steps."""
    at = points.at
    whole = Ending(
        points.place, points.theta, at.values, at.gradients, steps.step, steps.length, steps.scale, at.informations
    )
    return whole.pick(chosen)


def _go(task: _Task, points: _Points, left: NDArray[np.intp], steps: _Steps) -> _Points:
    """Those left at the end of their step where that is better; where it is not, where they were, with more damping.

    What has arrived is not copied, nor are second derivatives that nobody needs any more: they are large.
    """
    place, theta, exact, damping = points.place[left], points.theta[left], points.exact[left], steps.damping[left]
    trial = clip_to_box(theta + steps.step[left], task.box)
    ahead, behind = _look(task, trial, place, exact=True), points.at
    steepest = _find_steepest(task, ahead.at.gradients, ahead.theta)
    flatter = steepest < _find_steepest(task, behind.gradients[left], theta)
    better = find_better(ahead.at.values, behind.values[left], flatter)
    before = np.where(better & exact & (damping == 0.0), steps.length[left], np.inf)
    lighter = np.where(damping < _LEAST_DAMPING, 0.0, _EASIER * damping)
    worse = np.flatnonzero(~better)
    if not len(worse):
        return replace(ahead, before=before, damping=lighter)
    back = left[worse]
    restore(behind.informations, steps.diagonal, back[steps.definite[back]])
    trial[worse] = theta[worse]
    ahead.at.write(worse, pick_evaluations(behind, back))
    heavier = np.maximum(HARDER * damping, FIRST_DAMPING)
    return _Points(place, trial, ahead.at, exact | better, before, np.where(better, lighter, heavier))


def _find_steepest(task: _Task, gradients: FloatArray, theta: FloatArray) -> FloatArray:
    """The largest slope along what no bound holds (s)."""
    if task.box is not None:
        gradients = gradients * find_free(theta, gradients, task.box)
    return np.asarray(np.abs(gradients).max(axis=1))


def _look(task: _Task, theta: FloatArray, place: NDArray[np.intp], *, exact: bool) -> _Points:
    """The discrepancy at θ (s × r)."""
    count = len(place)
    at = task.evaluate(theta, place, exact=exact)
    return _Points(place, theta, at, np.full(count, exact), np.full(count, np.inf), np.zeros(count))


def _compute_steps(points: _Points, scale: FloatArray) -> _Steps:
    """−(H + damping)⁻¹g in what is free, 0 in what a bound holds; more damping where that is not definite.

    Where H itself is, its factor takes the place of one triangle of it.
    """
    at, damping = points.at, points.damping.copy()
    step, definite = -at.gradients, np.zeros(len(scale), dtype=np.bool_)
    diagonal = at.informations.diagonal(axis1=-2, axis2=-1).copy()
    plain = np.flatnonzero((damping == 0.0) & (scale != 0.0).all(axis=1))
    definite[plain] = solve(at.informations, step, plain)
    restore(at.informations, diagonal, plain[~definite[plain]])
    slope = at.gradients * scale
    left = np.flatnonzero(~definite)
    if len(left):
        curvature = scale_curvature(at.informations[left], scale[left])
        step[left], damping[left] = solve_damped(curvature, -slope[left], damping[left])
        step[left] *= scale[left]
    with np.errstate(divide="ignore", invalid="ignore"):
        length = np.abs(step / scale).max(axis=1)  # in a flat valley small slopes promise nothing
    return _Steps(step, length, np.abs(slope).max(axis=1), scale, definite, diagonal, damping)
