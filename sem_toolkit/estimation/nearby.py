"""Minima of many samples from starts that are near them: a step of scoring, then Newton's by exact second derivatives.

Where such a step does not improve, it is damped (Levenberg 1944, Quarterly of Applied Mathematics 2, 164-168) until one
does: along a curved valley that takes fewer steps than the expected information would.
Convergence is quadratic (Nocedal & Wright 2006, Numerical Optimization, theorem 3.5), so that the last step is taken
without a look at where it leads when the slopes so far foretell it. Those that take long are put together, so that not
every part of a stack waits for its own last one.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import Evaluations, Status
from sem_toolkit.discrepancy.stack import (
    StackedEvaluator,
    factor_stack,
    pick_evaluations,
    solve_stack,
)
from sem_toolkit.estimation.batch import (
    Arrival,
    Arrivals,
    Minimand,
    begin_arrivals,
    compute_scales,
    expand_arrivals,
    find_better,
    scale_curvature,
)
from sem_toolkit.estimation.box import clip_to_box, find_box, find_free
from sem_toolkit.libraries import lapack
from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]

_ROUNDS = (6, 8, 24)
"""Steps until what has not arrived is put together with the others that have not."""
_CLOSE = 1e-5
"""Slopes from which the last step may be taken unseen."""
_SMALL, _SMALLEST = 1e-3, 1e-6
"""Steps, in units of the root of the information, that may be; the smallest where no step before it foretells it."""
_LEFT = 1e-9
"""What may be left after the last step, in these units."""
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 0.03, 0.02, 1e4
_EASIER, _HARDER = 0.2, 4.0
_SOLVED = 250
"""Systems that are copied and solved together."""
_CACHE = 1 << 22
"""Bytes of the second derivatives of what is evaluated together."""


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


def approach_minima(
    model: Model, discrepancy: StackedEvaluator, starts: FloatArray, tolerance: float = 1e-10
) -> Arrivals:
    """Minimise from every start x (b × q), each with the sample at its place; starts must be NumPy arrays.

    Equalities and bounds as in `minimise_stack`. What had no value at its start, or found no minimum, says so.
    """
    box = find_box(model)
    box = box if box is not None and box.has_ends else None
    theta = clip_to_box(starts[:, model.constraints.linear.kept], box)
    task = _Task(model, discrepancy, box, tolerance)
    size = int(np.clip(_CACHE // (8 * max(theta.shape[1], 1) ** 2), 32, 1024))
    found = begin_arrivals(theta)
    for number, steps in enumerate(_ROUNDS):
        left = np.flatnonzero(found.status == Arrival.ITERATION_LIMIT)
        for part in np.array_split(left, -(-len(left) // size)) if len(left) else ():
            _approach(task, part, found, steps, is_first=number == 0)
    return expand_arrivals(model, found)


def _approach(task: _Task, place: NDArray[np.intp], into: Arrivals, steps: int, *, is_first: bool) -> None:
    """So many steps from where the places are; what arrives, or cannot go on, is written where it belongs."""
    points = _look(task, into.x[place], place, exact=not is_first)
    usable = np.asarray(points.at.status) == int(Status.OK)
    if not usable.all():
        into.status[place[~usable]] = Arrival.NO_VALUE_AT_START
        points = points.pick(np.flatnonzero(usable))
    for _ in range(steps):
        if not len(points.place):
            return
        scale = compute_scales(points.at.informations) * find_free(points.theta, points.at.gradients, task.box)
        slope = points.at.gradients * scale
        size = np.abs(slope).max(axis=1)
        step, definite = _compute_step(points, scale, slope)
        with np.errstate(divide="ignore", invalid="ignore"):
            length = np.abs(step / scale).max(axis=1)  # in a flat valley small slopes promise nothing
        arrived = _have_arrived(task, points, (size, length, scale), definite)
        left = np.flatnonzero(~arrived)
        if len(left) < len(arrived):
            _write(points, np.flatnonzero(arrived), step if task.box is None else 0.0 * step, into)
            if not len(left):
                return
        points = _go(task, points, left, length[left], step[left])
        into.iterations[points.place] += 1
        stuck = points.damping > _MOST_DAMPING
        if stuck.any():
            into.status[points.place[stuck]] = Arrival.STALLED
            points = points.pick(np.flatnonzero(~stuck))
    into.x[points.place] = points.theta


def _have_arrived(
    task: _Task, points: _Points, measured: tuple[FloatArray, FloatArray, FloatArray], definite: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether slopes are nothing, or will be after one more step, as what is left is squared, and it is no saddle.

    measured  the largest slopes and the lengths of the steps (s), the scale (s × r); definite: where it is known to be
              no saddle (s)
    """
    size, length, scale = measured
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        foretold = length * (length / points.before) ** 2
    small = np.where(np.isfinite(points.before), _SMALL, _SMALLEST)
    close = (size < _CLOSE) & (foretold < _LEFT) & (length < small) & (task.box is None)
    found = points.exact & ((size < task.tolerance) | close)
    unknown = np.flatnonzero(found & ~definite)
    if len(unknown):
        found[unknown] = factor_stack(scale_curvature(points.at.informations[unknown], scale[unknown]))[0]
    return np.asarray(found)


def _write(points: _Points, there: NDArray[np.intp], steps: FloatArray, into: Arrivals) -> None:
    place, step = points.place[there], steps[there]
    into.x[place] = points.theta[there] + step
    into.values[place] = points.at.values[there] + 0.5 * (points.at.gradients[there] * step).sum(axis=1)
    into.status[place] = Arrival.MINIMUM


def _go(task: _Task, points: _Points, left: NDArray[np.intp], length: FloatArray, step: FloatArray) -> _Points:
    """Those left at the end of their step where that is better; where it is not, where they were, with more damping.

    What has arrived is not copied, nor are second derivatives that nobody needs any more: they are large.
    """
    place, theta, damping, exact = points.place[left], points.theta[left], points.damping[left], points.exact[left]
    trial = clip_to_box(theta + step, task.box)
    ahead, behind = _look(task, trial, place, exact=True), points.at
    steepest = _find_steepest(task, ahead.at.gradients, ahead.theta)
    flatter = steepest < _find_steepest(task, behind.gradients[left], theta)
    better = find_better(ahead.at.values, behind.values[left], flatter)
    before = np.where(better & exact & (damping == 0.0), length, np.inf)
    lighter = np.where(damping < _LEAST_DAMPING, 0.0, _EASIER * damping)
    worse = np.flatnonzero(~better)
    if not len(worse):
        return replace(ahead, before=before, damping=lighter)
    back = left[worse]
    trial[worse] = theta[worse]
    ahead.at.write(worse, pick_evaluations(behind, back))
    heavier = np.maximum(_HARDER * damping, _FIRST_DAMPING)
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


def _compute_step(points: _Points, scale: FloatArray, slope: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """−(H + damping)⁻¹g in what is free, 0 in what a bound holds (s × r); where H is known to be definite (s)."""
    at, damping = points.at, points.damping
    step, definite = np.empty_like(slope), np.zeros(len(slope), dtype=np.bool_)
    plain = np.flatnonzero((damping == 0.0) & (scale != 0.0).all(axis=1))
    for first in range(0, len(plain), _SOLVED):
        own = plain[first : first + _SOLVED]
        # a C-ordered symmetric matrix is its own transpose, which LAPACK takes as it lies, and overwrites
        matrices, sides = at.informations[own].swapaxes(-1, -2), -at.gradients[own]
        systems = zip(matrices, sides, strict=True)
        faults = [lapack.dposv(one, side, lower=1, overwrite_a=1, overwrite_b=1)[2] for one, side in systems]
        step[own], definite[own] = sides, np.array(faults) == 0
    left = np.flatnonzero(~definite)
    if len(left):
        curvature = scale_curvature(at.informations[left], scale[left])
        curvature += damping[left, None, None] * np.eye(scale.shape[1])
        step[left] = -solve_stack(curvature, slope[left]) * scale[left]
    return step, definite
