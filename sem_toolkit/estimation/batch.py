"""Many starts at once: damped Fisher scoring over a stack of points, those masked that have arrived.

The steps are Levenberg's (1944), Quarterly of Applied Mathematics 2, 164-168, in the metric of the expected
information. Directions without information, such as the scale of a factor that nothing fixes, are left as they are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.ml import MaximumLikelihood
from sem_toolkit.model import Model, compute_moments
from sem_toolkit.model.kernels import compute_gradient, compute_information

FloatArray = NDArray[np.float64]

_FLAT = 1e-5
_LEAST_DAMPING, _FIRST_DAMPING, _MOST_DAMPING = 1e-6, 1e-3, 1e6


@dataclass(frozen=True, eq=False)
class Derivatives:
    """Of the discrepancy by θ at b points: values (b, infinite where there is none), gradients and informations."""

    values: FloatArray
    gradients: FloatArray
    informations: FloatArray


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Where the starts led: x (b × q), values (b, infinite where a start had none), whether the gradient is flat."""

    x: FloatArray
    values: FloatArray
    is_flat: NDArray[np.bool_]


def minimise_stack(
    model: Model, discrepancy: MaximumLikelihood, starts: FloatArray, max_iterations: int = 40
) -> Arrivals:
    """Minimise from every start x (b × q) under the model's linear equalities; basins are told apart, no more."""
    linear = model.constraints.linear
    theta = starts[:, linear.kept].copy()
    at = evaluate_stack(model, discrepancy, theta)
    values = at.values.copy()
    is_flat = np.zeros(len(theta), dtype=np.bool_)
    active = np.flatnonzero(np.isfinite(values))
    gradients, informations = at.gradients[active], at.informations[active]
    damping = np.full(len(active), _FIRST_DAMPING)
    for _ in range(max_iterations):
        scale = _compute_scales(informations)
        slope = gradients * scale
        flat = np.abs(slope).max(axis=1, initial=0.0) < _FLAT
        is_flat[active[flat]] = True
        going = ~flat & (damping < _MOST_DAMPING)
        if not going.any():
            break
        active, damping, scale, slope = active[going], damping[going], scale[going], slope[going]
        gradients, informations = gradients[going], informations[going]
        curvature = informations * scale[:, :, None] * scale[:, None, :]
        curvature = curvature + damping[:, None, None] * np.eye(theta.shape[1])
        step = -np.linalg.solve(curvature, slope[:, :, None])[:, :, 0] * scale
        trial = theta[active] + step
        found = evaluate_stack(model, discrepancy, trial)
        better = found.values < values[active]
        theta[active[better]], values[active[better]] = trial[better], found.values[better]
        gradients = np.where(better[:, None], found.gradients, gradients)
        informations = np.where(better[:, None, None], found.informations, informations)
        damping = np.where(better, np.maximum(0.2 * damping, _LEAST_DAMPING), 8.0 * damping)
    return Arrivals(np.stack([linear.expand(row) for row in theta]), values, is_flat)


def evaluate_stack(model: Model, discrepancy: MaximumLikelihood, theta: FloatArray) -> Derivatives:
    """Value, gradient and expected information by θ at every point θ (b × r)."""
    linear, targets = model.constraints.linear, discrepancy.targets
    b, r = theta.shape
    values = np.full(b, np.inf)
    gradients, informations = np.zeros((b, r)), np.tile(np.eye(r), (b, 1, 1))
    x = np.stack([linear.expand(row) for row in theta])
    with np.errstate(all="ignore"):
        try:
            moments = compute_moments(model, x)
        except np.linalg.LinAlgError:  # a loop without a total effect somewhere: its neighbours wait a round
            return Derivatives(values, gradients, informations)
        usable, log_determinants = factor_stack(moments.covariance)
        p = moments.covariance.shape[-1]
        covariance = np.where(usable[..., None, None], moments.covariance, np.eye(p))
        V = np.linalg.inv(covariance)
        spread = targets.covariance
        gap = None
        if moments.mean is not None and targets.mean is not None:
            gap = targets.mean - moments.mean
            spread = spread + gap[..., :, None] * gap[..., None, :]
        VT = V @ spread
        by_group = 0.5 * (log_determinants - discrepancy.log_determinants + np.trace(VT, axis1=-2, axis2=-1) - p)
        D = 0.5 * targets.share[:, None, None] * (V - VT @ V)
        D = 0.5 * (D + D.swapaxes(-1, -2))
        e = None if gap is None else -targets.share[:, None] * (V @ gap[..., None])[..., 0]
        slope = compute_gradient(model, x, moments, D, e)
        square = compute_information(model, x, moments, V, targets.share)
        if not linear.is_trivial:
            slope = slope @ linear.basis
            square = linear.basis.T @ square @ linear.basis
        found = by_group @ targets.share
    good = usable.all(axis=-1) & np.isfinite(found) & np.isfinite(slope).all(axis=1) & np.isfinite(square).all((1, 2))
    values[good], gradients[good], informations[good] = found[good], slope[good], square[good]
    return Derivatives(values, gradients, informations)


def factor_stack(matrices: FloatArray) -> tuple[NDArray[np.bool_], FloatArray]:
    """Which of symmetric matrices (... × p × p) are positive definite, and the logarithms of their determinants."""
    work = matrices.copy()
    p = work.shape[-1]
    floor = 1e-13 * np.diagonal(matrices, axis1=-2, axis2=-1)
    usable = np.ones(work.shape[:-2], dtype=np.bool_)
    total = np.zeros(work.shape[:-2])
    for j in range(p):
        pivot = work[..., j, j]
        usable &= (pivot > floor[..., j]) & (pivot > 0.0)
        safe = np.where(usable, pivot, 1.0)
        total += np.log(safe)
        column = work[..., j + 1 :, j]
        work[..., j + 1 :, j + 1 :] -= column[..., :, None] * (column / safe[..., None])[..., None, :]
    return usable, total


def _compute_scales(informations: FloatArray) -> FloatArray:
    diagonal = np.diagonal(informations, axis1=1, axis2=2)
    return np.where(diagonal > 1e-24, 1.0 / np.sqrt(np.maximum(diagonal, 1e-24)), 1.0)
