"""Searches by scipy, where Fisher scoring ends at no optimum: they leave saddles, flat valleys, negative variances."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.objective import Objective
from sem_toolkit.estimation.scoring import Outcome, compute_scale, minimise
from sem_toolkit.model.cells import SYMMETRIC

FloatArray = NDArray[np.float64]


def minimise_in_trust_region(objective: Objective, theta: FloatArray) -> Outcome:
    """scipy's trust region with the exact Hessian, which leaves saddles and flat valleys; then our own last steps."""
    from scipy.optimize import minimize

    start = objective.locate(theta)
    if start is None:
        return Outcome(None, "no value at the start", 0, np.inf)
    scale = compute_scale(start.information)
    ceiling = start.value + 1e3

    def value(z: FloatArray) -> float:
        point = objective.locate(scale * z)
        return ceiling if point is None else point.value

    def slope(z: FloatArray) -> FloatArray:
        point = objective.locate(scale * z)
        return np.zeros(len(z)) if point is None else point.gradient * scale

    def curvature(z: FloatArray) -> FloatArray:
        point = objective.locate(scale * z)
        return np.eye(len(z)) if point is None else point.hessian * scale[:, None] * scale

    try:
        with np.errstate(all="ignore"):
            result = minimize(
                value,
                theta / scale,
                jac=slope,
                hess=curvature,
                method="trust-exact",
                options={"maxiter": 100, "gtol": 1e-7},
            )
    except (np.linalg.LinAlgError, ValueError):
        return Outcome(start, "stalled", 0, np.inf)
    finished = minimise(objective, scale * result.x, 50)
    return Outcome(finished.point, finished.reason, int(result.nit) + finished.iterations, finished.gradient_max)


def minimise_with_positive_variances(objective: Objective, theta: FloatArray) -> FloatArray:
    """Where L-BFGS-B ends when no variance may become negative: a point from which the variances are released."""
    from scipy.optimize import minimize

    start = objective.locate(theta)
    if start is None:
        return theta
    where, kept = objective.model.locations, objective.model.constraints.linear.kept
    is_variance = ((where.kind == SYMMETRIC) & (where.row == where.column))[kept]
    scale = compute_scale(start.information)
    ceiling = start.value + 1e3
    bounds = [(1e-6 / unit if own else None, None) for own, unit in zip(is_variance, scale, strict=True)]

    def value(z: FloatArray) -> tuple[float, FloatArray]:
        point = objective.locate(scale * z)
        return (ceiling, np.zeros(len(z))) if point is None else (point.value, point.gradient * scale)

    options = {"maxiter": 300, "ftol": 1e-12}
    with np.errstate(all="ignore"):
        result = minimize(value, theta / scale, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(scale * result.x)
