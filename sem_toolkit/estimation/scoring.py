"""The native solver: Fisher scoring with step halving and damping, finished by Newton steps.

Far from the optimum the expected information gives the direction (Longford 1987, Biometrika 74, 817-827); near it
the exact Hessian, so that the last digits cost two or three steps whatever the misfit. Where a step does not descend,
Levenberg's damping shortens it towards the steepest descent in the metric of the information's diagonal.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.objective import Objective, Point
from sem_toolkit.libraries import lapack

FloatArray = NDArray[np.float64]
Reason = Literal["optimum", "stalled", "drifting", "iteration limit", "no value at the start", "infeasible"]

TIGHT = 1e-10
ENOUGH = 1e-8
_NEWTON_BELOW = 3e-2
_SHARP_BELOW = 1e-7
_HALVINGS = 12
_HOPELESS = 1e8
_ROUNDING = 1e-24  # of squares
_NOISE = 1e-11  # where a step promises less, differences of the discrepancy say little and its gradient decides
# Parameters that run away win ever less: an attempt ends that gains less than _PROGRESS in _STRETCH iterations, where
# an optimum would have been reached. The ladder goes on from there.
_STRETCH, _PROGRESS = 25, 1e-3


@dataclass(frozen=True, eq=False)
class Outcome:
    """Where an attempt ended: its best point (None where it had none), why, and after how many iterations."""

    point: Point | None
    reason: Reason
    iterations: int
    gradient_max: float

    @property
    def converged(self) -> bool:
        return self.reason == "optimum"


def compute_scale(square: FloatArray) -> FloatArray:
    """1/√diagonal: the unit in which each parameter is measured; 1 where a parameter has no influence but rounding."""
    diagonal = np.diagonal(square)
    floor = max(1e-280, _ROUNDING * float(diagonal.max(initial=0.0)))
    return np.where(diagonal > floor, 1.0 / np.sqrt(np.maximum(diagonal, 1e-300)), 1.0)


def minimise(objective: Objective, theta: FloatArray, max_iterations: int = 200) -> Outcome:
    """Minimise from θ, without constraints other than the linear equalities that θ is free of."""
    point = objective.locate(np.asarray(theta, dtype=np.float64))
    if point is None:
        return Outcome(None, "no value at the start", 0, np.inf)
    if not objective.size:
        return Outcome(point, "optimum", 0, 0.0)
    damping, size, milestone = 0.0, np.inf, np.inf
    newton: _Quadratic | None = None
    for iteration in range(max_iterations):
        if iteration % _STRETCH == _STRETCH - 1:
            if milestone - point.value < _PROGRESS and size > ENOUGH:
                return Outcome(point, "drifting", iteration, size)
            milestone = point.value
        gradient = point.gradient
        if newton is not None and not newton.is_sharp:
            newton = _build_newton(point, newton.scale)
        fisher = None
        if newton is None:
            fisher, damping = _build_fisher(point, damping)
            if damping == 0.0 and fisher.promise(gradient) < _NEWTON_BELOW:
                newton = _build_newton(point, fisher.scale)
        model = newton or fisher
        assert model is not None  # noqa: S101 (one of them was built above)
        size = float(np.abs(gradient * model.scale).max(initial=0.0))
        if size < TIGHT:
            return Outcome(point, "optimum", iteration, size)
        step = model.step(gradient)
        found = _search(objective, point, step, float(gradient @ step))
        if found is None:
            if size < ENOUGH:  # rounding is all that is left
                return Outcome(point, "optimum", iteration, size)
            newton, damping = None, max(10.0 * damping, 1e-4)
            if damping > _HOPELESS:
                return Outcome(point, "stalled", iteration, size)
            continue
        point, length = found
        damping = 0.0 if damping < 1e-7 else damping * (0.1 if length == 1.0 else 1.0)
        damping = max(damping, 1e-4) if length < 0.05 else damping
    return Outcome(point, "optimum" if size < ENOUGH else "iteration limit", max_iterations, size)


@dataclass
class _Quadratic:
    """A quadratic model of the discrepancy: the Cholesky factor of a second derivative in units of `scale`.

    is_sharp  whether the last step was so small that the same factor serves the next one
    """

    factor: FloatArray
    scale: FloatArray
    is_sharp: bool = False

    def step(self, gradient: FloatArray) -> FloatArray:
        """To the minimum of the quadratic."""
        step = -lapack.dpotrs(self.factor, gradient * self.scale, lower=1)[0] * self.scale
        self.is_sharp = bool(-gradient @ step < _SHARP_BELOW)
        return np.asarray(step)

    def promise(self, gradient: FloatArray) -> float:
        """How much a full step would gain, twice."""
        return float(-gradient @ self.step(gradient))


def _build_newton(point: Point, scale: FloatArray) -> _Quadratic | None:
    """From the exact Hessian; None where it is not positive definite."""
    hessian = point.hessian * scale[:, None] * scale
    factor, fault = lapack.dpotrf(hessian, lower=1)
    return None if fault or not np.isfinite(hessian).all() else _Quadratic(factor, scale)


def _build_fisher(point: Point, damping: float) -> tuple[_Quadratic, float]:
    """From the expected information, with as much damping as it takes to be positive definite."""
    information = point.information
    scale = compute_scale(information)
    curvature = information * scale[:, None] * scale
    while damping < _HOPELESS:
        work = curvature + damping * np.eye(len(scale)) if damping else curvature
        factor, fault = lapack.dpotrf(work, lower=1)
        if not fault and np.isfinite(factor).all():
            return _Quadratic(factor, scale), damping
        damping = max(10.0 * damping, 1e-6)
    return _Quadratic(np.eye(len(scale)), np.ones(len(scale))), damping  # steepest descent: the information overflows


def _search(objective: Objective, point: Point, step: FloatArray, slope: float) -> tuple[Point, float] | None:
    """Shorten the step until the discrepancy falls enough; None where it does not."""
    length = 1.0
    noise = _NOISE * (1.0 + abs(point.value))
    for _ in range(_HALVINGS):
        trial = objective.locate(point.theta + length * step)
        if trial is None:
            length *= 0.5
            continue
        excess = trial.value - point.value - 1e-4 * length * slope
        if excess <= 0.0:
            return trial, length
        if -slope < noise and length == 1.0 and _flatter(trial, point):
            return trial, length
        curve = trial.value - point.value - length * slope
        best = -0.5 * slope * length * length / curve if curve > 0.0 else 0.5 * length
        length = min(max(best, 0.1 * length), 0.5 * length)
    return None


def _flatter(trial: Point, point: Point) -> bool:
    """Whether the gradient shrinks: the test where differences of the discrepancy drown in rounding."""
    return float(np.abs(trial.gradient).max()) < 0.5 * float(np.abs(point.gradient).max())
