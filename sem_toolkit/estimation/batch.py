"""Many minimisations at once: damped Fisher scoring over a stack; what has arrived leaves it.

The steps are Levenberg's (1944), Quarterly of Applied Mathematics 2, 164-168, in the metric of the expected
information; bounds are held by projection (Bertsekas 1982, SIAM Journal on Control and Optimization 20, 221-246).
Directions without information, such as the scale of a factor that nothing fixes, are left as they are. What ends
without a minimum says so and is for somebody else to solve.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import Evaluations, Status
from sem_toolkit.discrepancy.stack import (
    StackedEvaluator,
    factor_stack,
    merge_evaluations,
    pick_evaluations,
    solve_stack,
)
from sem_toolkit.estimation.arrivals import Arrival, Arrivals, expand_arrivals, replace_arrivals
from sem_toolkit.estimation.box import clip_to_box, find_box, find_free
from sem_toolkit.estimation.minimand import Minimand, compute_scales, find_better, scale_curvature
from sem_toolkit.model import Model
from sem_toolkit.model.namespace import Array, get_namespace, move_to, take

FloatArray = NDArray[np.float64]

_LEAST_DAMPING, _MOST_DAMPING = 1e-8, 1e6
_EASIER, _HARDER = 0.2, 8.0


@dataclass(frozen=True, eq=False)
class Search:
    """Settings of a search.

    tolerance  of the largest element of the projected gradient, each in units of the root of its information
    sharp      below this the exact second derivative gives the steps; 0: it never does
    damping    of the first step: 0 for starts near the minimum
    """

    tolerance: float = 1e-5
    sharp: float = 0.1
    damping: float = 1e-3
    max_iterations: int = 40


@dataclass(frozen=True, eq=False)
class _Stack:
    """What is still on its way. place (s): which start each is; theta s × r; found: at θ and by θ; damping (s)."""

    place: NDArray[np.intp]
    theta: FloatArray
    found: Evaluations
    damping: FloatArray

    def pick(self, chosen: NDArray[np.intp]) -> "_Stack":
        own = pick_evaluations(self.found, chosen)
        return _Stack(self.place[chosen], take(self.theta, chosen, 0), own, take(self.damping, chosen, 0))


def minimise_stack(
    model: Model, discrepancy: StackedEvaluator, starts: FloatArray, search: Search | None = None
) -> Arrivals:
    """Minimise from every start x (b × q) under the model's linear equalities and its bounds.

    Where the discrepancy has several samples, each start belongs to the one at its place. Inequalities and non-linear
    equalities, and bounds that `find_box` cannot express, are not heeded. What is a minimum to the expected information
    alone, a saddle in truth, counts as stalled.
    """
    search = Search() if search is None else search
    box = find_box(model)
    theta = clip_to_box(take(starts, model.constraints.linear.kept, -1), box)
    task = Minimand(model, discrepancy, box)
    places = np.arange(theta.shape[0])
    if search.sharp <= search.tolerance or model.derived is not None:
        return expand_arrivals(model, _run(task, theta, places, search, exact=False))
    near = _run(task, theta, places, replace(search, tolerance=search.sharp), exact=False)
    close = np.flatnonzero(near.status == Arrival.MINIMUM)
    if not len(close):
        return expand_arrivals(model, near)
    steps = replace(search, damping=0.0)
    finished = replace_arrivals(near, close, _run(task, take(near.x, close, 0), close, steps, exact=True))
    lost = close[finished.status[close] != Arrival.MINIMUM]
    if len(lost):
        again = _run(task, take(near.x, lost, 0), lost, search, exact=False)
        finished = replace_arrivals(finished, lost, again)
    return expand_arrivals(model, finished)


def _run(task: Minimand, theta: FloatArray, place: NDArray[np.intp], search: Search, *, exact: bool) -> Arrivals:
    """One search from θ (s × r), whose starts had these places (s); the x of what comes back is θ."""
    space = get_namespace(theta)
    damping = space.full((len(place),), search.damping, dtype=theta.dtype)
    stack = _Stack(place, theta, task.evaluate(theta, place, exact=exact), damping)
    done = _Done()
    stack = done.take_off(stack, stack.found.status != int(Status.OK), Arrival.NO_VALUE_AT_START, 0)
    for iteration in range(search.max_iterations):
        if not len(stack.place):
            break
        scale = compute_scales(stack.found.informations) * find_free(stack.theta, stack.found.gradients, task.box)
        slope = stack.found.gradients * scale
        flat = space.all(space.abs(slope) < search.tolerance, axis=1)
        stuck = ~flat & (stack.damping >= _MOST_DAMPING)
        kept = ~(flat | stuck)
        if not bool(space.all(kept)):
            arrived, chosen = np.flatnonzero(np.asarray(flat)), np.flatnonzero(np.asarray(kept))
            if exact and len(arrived):
                curved = _is_curved(stack.pick(arrived), take(scale, arrived, 0))
                done.take_off(stack.pick(arrived), ~curved, Arrival.STALLED, iteration)
                done.take_off(stack.pick(arrived), curved, Arrival.MINIMUM, iteration)
            else:
                done.take_off(stack, flat, Arrival.MINIMUM, iteration)
            done.take_off(stack, stuck, Arrival.STALLED, iteration)
            stack, scale, slope = stack.pick(chosen), take(scale, chosen, 0), take(slope, chosen, 0)
            if not len(chosen):
                break
        trial = clip_to_box(stack.theta + _compute_step(stack, scale, slope), task.box)
        stack = _accept(stack, trial, task.evaluate(trial, stack.place, exact=exact))
    done.take_off(stack, space.ones(len(stack.place), dtype=space.bool), Arrival.ITERATION_LIMIT, search.max_iterations)
    return done.collect(place, theta)


def _is_curved(stack: _Stack, scale: FloatArray) -> Array:
    """Whether the second derivative is positive definite in what is free (s)."""
    curvature = scale_curvature(stack.found.informations, scale)
    try:
        get_namespace(curvature).linalg.cholesky(curvature)
    except (np.linalg.LinAlgError, RuntimeError):  # one of them is not, and stops the others
        return factor_stack(curvature)[0]
    return np.ones(len(stack.place), dtype=np.bool_)


def _compute_step(stack: _Stack, scale: FloatArray, slope: FloatArray) -> FloatArray:
    """Towards the minimum of the damped quadratic in what is free; 0 for what is held, whose scale is 0 (s × r)."""
    curvature = scale_curvature(stack.found.informations, scale)
    identity = move_to(np.eye(scale.shape[1]), scale)
    curvature += stack.damping[:, None, None] * identity
    return -solve_stack(curvature, slope) * scale


def _accept(stack: _Stack, trial: FloatArray, found: Evaluations) -> _Stack:
    """Every one at its trial point where that is better, and where it was, with more damping, where it is not."""
    space, old = get_namespace(trial), stack.found
    flatter = space.max(space.abs(found.gradients), axis=1) < space.max(space.abs(old.gradients), axis=1)
    better = find_better(found.values, old.values, flatter)
    lighter = stack.damping * _EASIER
    lighter = space.where(lighter < _LEAST_DAMPING, space.full_like(lighter, _LEAST_DAMPING), lighter)
    heavier = stack.damping * _HARDER
    heavier = space.where(heavier < 1e-3, space.full_like(heavier, 1e-3), heavier)
    damping = space.where(better, lighter, heavier)
    if bool(space.all(better)):
        return _Stack(stack.place, trial, found, damping)
    theta = space.where(better[:, None], trial, stack.theta)
    return _Stack(stack.place, theta, merge_evaluations(better, found, old), damping)


class _Done:
    """What has left a stack, in the order of leaving."""

    def __init__(self) -> None:
        self._places: list[NDArray[np.intp]] = []
        self._parts: list[Arrivals] = []

    def take_off(self, stack: _Stack, leaving: Array, status: Arrival, iteration: int) -> _Stack:
        """Remember those that leave and give back the others."""
        mask = np.asarray(leaving)
        chosen = np.flatnonzero(mask)
        if not len(chosen):
            return stack
        self._places.append(stack.place[chosen])
        self._parts.append(
            Arrivals(
                take(stack.theta, chosen, 0),
                take(stack.found.values, chosen, 0),
                np.full(len(chosen), status, dtype=np.int8),
                np.full(len(chosen), iteration),
            )
        )
        return stack.pick(np.flatnonzero(~mask))

    def collect(self, place: NDArray[np.intp], theta: FloatArray) -> Arrivals:
        """All of them in the order of the places that went in."""
        space = get_namespace(theta)
        if not self._parts:
            return Arrivals(theta, theta[:, :0], np.zeros(0, dtype=np.int8), np.zeros(0, dtype=np.intp))
        order = np.argsort(np.concatenate(self._places))[np.argsort(np.argsort(place))]
        parts = self._parts
        return Arrivals(
            take(space.concat([part.x for part in parts], axis=0), order, 0),
            take(space.concat([part.values for part in parts], axis=0), order, 0),
            np.concatenate([part.status for part in parts])[order],
            np.concatenate([part.iterations for part in parts])[order],
        )
