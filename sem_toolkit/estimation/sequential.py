"""Phase two of a search under constraints: from a point at which they hold, sequential quadratic programming.

Each step minimises a quadratic under the linearised constraints: a least distance problem in the metric of the Hessian,
or of the expected information where that is not positive definite. The merit function is Han's (1977), Journal of
Optimization Theory and Applications 22, 297-309. Unlike SLSQP it never looks outside of the domains of functions in
constraints, and starts with the curvature that SLSQP would have to learn.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.conditions import Conditions, look, solve_least_distance
from sem_toolkit.estimation.objective import Objective, Point
from sem_toolkit.estimation.scoring import compute_scale
from sem_toolkit.libraries import linalg

FloatArray = NDArray[np.float64]

_HALVINGS = 30
_SHORT = 1e-9  # a step, in units of the information
_RIDGE = 1e-8


@dataclass(frozen=True, eq=False)
class _Step:
    """A step z (r), the gain in F that its quadratic promises, and the largest multiplier of a condition."""

    z: FloatArray
    gain: float
    price: float


def minimise_sequentially(objective: Objective, theta: FloatArray, max_iterations: int = 200) -> tuple[FloatArray, int]:
    """Where the steps end (θ, r), and their number; the discrepancy has a value at θ."""
    point = objective.locate(theta)
    price = 0.0
    for number in range(max_iterations):
        if point is None:
            break
        theta, scale = point.theta, compute_scale(point.information)
        here = look(objective, theta, scale)
        step = _find_step(point, here, scale)
        if step is None or float(np.abs(step.z).max(initial=0.0)) < _SHORT:
            return theta, number
        price = max(price, 2.0 * step.price)
        point = _walk(objective, point, here, step, scale, price)
    return theta, max_iterations


def _walk(
    objective: Objective, point: Point, here: Conditions, step: _Step, scale: FloatArray, price: float
) -> Point | None:
    """The first point along a step, halved again and again, that lowers F plus the price of what is missed."""
    merit = point.value + price * here.missed_in(here.sizes)
    for share in 0.5 ** np.arange(_HALVINGS):
        theta = point.theta + share * step.z * scale
        there = look(objective, theta, scale)
        if there.missing > here.missing or not there.stay_inside(here):
            continue
        trial = objective.locate(theta)
        if trial is None:
            continue
        if trial.value + price * there.missed_in(here.sizes) < merit - 1e-4 * share * step.gain:
            return trial
    return None


def _find_metric(point: Point, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The curvature of the quadratic and its Cholesky factor (both r × r)."""
    for square in (point.hessian, point.information):
        scaled = square * scale[:, None] * scale
        try:
            return scaled, np.asarray(np.linalg.cholesky(scaled + _RIDGE * np.eye(len(scaled))))
        except np.linalg.LinAlgError:
            continue
    return np.eye(len(scale)), np.eye(len(scale))


def _find_step(point: Point, here: Conditions, scale: FloatArray) -> _Step | None:
    """The minimum of the quadratic under the linearised conditions; those that are missed are to be missed no more."""
    slope = point.gradient * scale
    square, root = _find_metric(point, scale)
    rows, wanted = here.linearise()
    forward = linalg.solve_triangular(root, slope, lower=True)
    turned = linalg.solve_triangular(root, rows.T, lower=True).T  # rows @ L⁻ᵀ
    for target in (wanted, np.minimum(wanted, 0.0)):
        found = solve_least_distance(turned, target + turned @ forward)
        if found is not None:
            away, multipliers = found
            z = linalg.solve_triangular(root, away - forward, lower=True, trans="T")
            return _Step(z, float(z @ square @ z), float(multipliers.max(initial=0.0)))
    return None
