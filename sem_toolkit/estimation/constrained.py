"""Non-linear equalities, inequalities and bounds: scipy's SLSQP finds the active set, Newton steps on it finish.

The Newton steps solve the optimality conditions of Karush, Kuhn and Tucker with the exact Hessian of the Lagrangian:
Nocedal & Wright (2006), Numerical Optimization, ch. 18.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.objective import Objective, Point
from sem_toolkit.estimation.scoring import ENOUGH, TIGHT, Outcome, compute_scale, minimise

FloatArray = NDArray[np.float64]

FEASIBLE = 1e-9
_ACTIVE_BELOW = 1e-7
_OUTSIDE = 1e8


@dataclass(frozen=True, eq=False)
class ActiveSet:
    """The constraints that hold with equality at a point.

    equalities    number of non-linear equalities, which come first; then the active inequalities
    inequalities  positions of the active ones among all inequalities
    values        k; slopes k × r, by θ
    multipliers   k: gradient = slopesᵀ multipliers at the optimum; not negative for inequalities
    """

    equalities: int
    inequalities: tuple[int, ...]
    values: FloatArray
    slopes: FloatArray
    multipliers: FloatArray

    @property
    def size(self) -> int:
        return len(self.values)

    def without(self, place: int) -> "ActiveSet":
        """The others than an inequality at that place."""
        left = np.arange(self.size) != place
        inequalities = tuple(np.delete(self.inequalities, place - self.equalities).tolist())
        return ActiveSet(self.equalities, inequalities, self.values[left], self.slopes[left], self.multipliers[left])


def find_active_set(objective: Objective, point: Point, chosen: tuple[int, ...] | None = None) -> ActiveSet:
    """The constraints that hold with equality, or the given inequalities, and their multipliers by least squares."""
    constraints = objective.model.constraints
    if constraints.is_linear:
        return ActiveSet(0, (), np.zeros(0), np.zeros((0, objective.size)), np.zeros(0))
    basis = constraints.linear.basis
    equal, equal_slopes = constraints.equality_values(point.x)
    values, slopes = constraints.inequality_values(point.x)
    if chosen is None:
        room = _ACTIVE_BELOW * (1.0 + np.abs(slopes) @ np.abs(point.x))
        chosen = tuple(int(i) for i in np.flatnonzero(values < room))
    picked = list(chosen)
    all_values = np.concatenate([equal, values[picked]])
    all_slopes = np.nan_to_num(np.concatenate([equal_slopes, slopes[picked]])) @ basis
    gradient = point.gradient
    multipliers = np.linalg.lstsq(all_slopes.T, gradient, rcond=1e-12)[0] if len(all_values) else np.zeros(0)
    return ActiveSet(len(equal), chosen, all_values, all_slopes, np.asarray(multipliers, dtype=np.float64))


def compute_tangent(slopes: FloatArray, size: int) -> FloatArray:
    """Orthonormal basis (r × s) of the directions in which no active constraint changes."""
    if not len(slopes) or not size:
        return np.eye(size)
    _, singular, right = np.linalg.svd(slopes)
    rank = int((singular > 1e-10 * max(singular[0], 1e-300)).sum())
    return np.asarray(right[rank:].T)


def compute_scaled_tangent(active: ActiveSet, scale: FloatArray, size: int) -> FloatArray:
    """The same in units of the parameters (scale: r); slopes, as of a^1e308 == 1, may leave the range of numbers."""
    with np.errstate(over="ignore"):
        return compute_tangent(active.slopes * scale, size)


def compute_lagrangian_hessian(objective: Objective, point: Point, active: ActiveSet) -> FloatArray:
    """Exact Hessian of the discrepancy less the curvature of the active constraints, which is differenced (r × r)."""
    hessian = point.hessian
    constraints = objective.model.constraints
    curved = constraints.equalities or any(i < len(constraints.inequalities) for i in active.inequalities)
    if not curved:
        return hessian
    size = objective.size
    curvature = np.zeros((size, size))
    for i in range(size):
        step = 1e-6 * max(1.0, abs(point.theta[i]))
        ends = [
            active.multipliers @ _active_slopes(objective, point.theta + sign * step * np.eye(size)[i], active)
            for sign in (1.0, -1.0)
        ]
        curvature[i] = (ends[0] - ends[1]) / (2.0 * step)
    return np.asarray(hessian - 0.5 * (curvature + curvature.T))


def compute_violation(objective: Objective, point: Point) -> float:
    """The largest amount by which a constraint is missed; infinite where one has no value."""
    constraints = objective.model.constraints
    equal = np.abs(constraints.equality_values(point.x)[0]).max(initial=0.0)
    below = np.maximum(-constraints.inequality_values(point.x)[0], 0.0).max(initial=0.0)
    return float(np.nan_to_num(np.maximum(equal, below), nan=np.inf))


def minimise_constrained(objective: Objective, theta: FloatArray, max_iterations: int = 500) -> Outcome:
    """Minimise from θ under all constraints.

    Where none but inequalities are there, the optimum without them is looked for first: inside of them it is the
    answer, at a fraction of the price.
    """
    start = objective.locate(theta)
    if start is None:
        return Outcome(None, "no value at the start", 0, np.inf)
    if not objective.model.constraints.equalities:
        free = minimise(objective, theta, max_iterations)
        if free.converged and free.point is not None and _is_inside(objective, free.point):
            return free
    scale = compute_scale(start.information)
    found, iterations = _run_slsqp(objective, theta, scale, max_iterations)
    point = objective.locate(found)
    point = start if point is None else point
    return _polish(objective, point, iterations)


def _is_inside(objective: Objective, point: Point) -> bool:
    """Whether no inequality is missed or holds with equality."""
    return not find_active_set(objective, point).size and compute_violation(objective, point) == 0.0


def polish_constrained(objective: Objective, theta: FloatArray) -> Outcome:
    """Only the Newton steps, from a point that is nearly optimal."""
    point = objective.locate(theta)
    return Outcome(None, "no value at the start", 0, np.inf) if point is None else _polish(objective, point, 0)


def _run_slsqp(
    objective: Objective, theta: FloatArray, scale: FloatArray, max_iterations: int
) -> tuple[FloatArray, int]:
    from scipy.optimize import minimize

    constraints, linear = objective.model.constraints, objective.model.constraints.linear
    last: dict[str, Any] = {}

    def look(z: FloatArray) -> Point | None:
        if "z" not in last or not np.array_equal(last["z"], z):
            last.update(z=z.copy(), point=objective.locate(scale * z))
        point: Point | None = last["point"]
        return point

    def value(z: FloatArray) -> float:
        point = look(z)
        return _OUTSIDE if point is None else point.value

    def slope(z: FloatArray) -> FloatArray:
        point = look(z)
        return np.zeros(len(z)) if point is None else point.gradient * scale

    def equal(z: FloatArray) -> FloatArray:
        return constraints.equality_values(linear.expand(scale * z))[0]

    def equal_slopes(z: FloatArray) -> FloatArray:
        return constraints.equality_values(linear.expand(scale * z))[1] @ linear.basis * scale

    def above(z: FloatArray) -> FloatArray:
        return constraints.inequality_values(linear.expand(scale * z))[0]

    def above_slopes(z: FloatArray) -> FloatArray:
        return constraints.inequality_values(linear.expand(scale * z))[1] @ linear.basis * scale

    conditions = []
    if constraints.equalities:
        conditions.append({"type": "eq", "fun": equal, "jac": equal_slopes})
    if constraints.inequalities or constraints.has_bounds:
        conditions.append({"type": "ineq", "fun": above, "jac": above_slopes})
    options = {"ftol": 1e-13, "maxiter": max_iterations}
    with np.errstate(all="ignore"):
        result = minimize(value, theta / scale, jac=slope, method="SLSQP", constraints=conditions, options=options)
    return np.asarray(result.x * scale), int(result.nit)


def _polish(objective: Objective, point: Point, iterations: int) -> Outcome:
    """Newton steps on the conditions of optimality; the active set changes when a multiplier or a value asks for it."""
    active = find_active_set(objective, point)
    active = _drop_inactive(objective, point, active)
    best, best_size = point, np.inf
    for step_number in range(40):
        size = compute_projected_gradient(objective, point, active)
        missed = compute_violation(objective, point)
        merit = max(size, missed)
        if merit < best_size:
            best, best_size = point, merit
        if size < TIGHT and missed < FEASIBLE and _signs_hold(active):
            return Outcome(point, "optimum", iterations + step_number, size)
        step = _kkt_step(objective, point, active)
        trial = None if step is None else objective.locate(point.theta + step)
        if trial is None:
            break
        point = trial
        active = _revise(objective, point, active)
    active = find_active_set(objective, best)
    reached = best_size < ENOUGH and _signs_hold(_drop_inactive(objective, best, active))
    return Outcome(best, "optimum" if reached else "stalled", iterations, best_size)


def compute_projected_gradient(objective: Objective, point: Point, active: ActiveSet) -> float:
    """Largest element of the gradient along the active constraints, each parameter in units of its information."""
    scale = compute_scale(point.information)
    tangent = compute_scaled_tangent(active, scale, objective.size)
    along = tangent @ (tangent.T @ (point.gradient * scale))
    return float(np.abs(along).max(initial=0.0))


def _kkt_step(objective: Objective, point: Point, active: ActiveSet) -> FloatArray | None:
    size = objective.size
    hessian = compute_lagrangian_hessian(objective, point, active)
    tangent = compute_tangent(active.slopes, size)
    try:
        np.linalg.cholesky(tangent.T @ hessian @ tangent)
    except np.linalg.LinAlgError:
        hessian = point.information
    system = np.block([[hessian, active.slopes.T], [active.slopes, np.zeros((active.size, active.size))]])
    target = -np.concatenate([point.gradient, active.values])
    if not (np.isfinite(system).all() and np.isfinite(target).all()):
        return None
    step = np.linalg.lstsq(system, target, rcond=1e-14)[0][:size]
    return np.asarray(step) if np.isfinite(step).all() else None


def _signs_hold(active: ActiveSet) -> bool:
    return bool((active.multipliers[active.equalities :] >= -1e-7).all())


def _drop_inactive(objective: Objective, point: Point, active: ActiveSet) -> ActiveSet:
    """Take off inequalities whose multiplier says that the optimum lies inside, worst first."""
    while not _signs_hold(active):
        worst = int(np.argmin(active.multipliers[active.equalities :]))
        kept = tuple(number for place, number in enumerate(active.inequalities) if place != worst)
        active = find_active_set(objective, point, kept)
    return active


def _revise(objective: Objective, point: Point, active: ActiveSet) -> ActiveSet:
    """The active set at a new point: those it had and those it now violates, without those that pull inwards."""
    values = objective.model.constraints.inequality_values(point.x)[0]
    violated = set(np.flatnonzero(values < -FEASIBLE).tolist())
    chosen = tuple(sorted(violated | set(active.inequalities)))
    return _drop_inactive(objective, point, find_active_set(objective, point, chosen))


def _active_slopes(objective: Objective, theta: FloatArray, active: ActiveSet) -> FloatArray:
    constraints = objective.model.constraints
    x = constraints.linear.expand(theta)
    equal = constraints.equality_values(x)[1]
    above = constraints.inequality_values(x)[1][list(active.inequalities)]
    return np.asarray(np.nan_to_num(np.concatenate([equal, above])) @ constraints.linear.basis)
