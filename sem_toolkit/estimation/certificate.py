"""The certificate: gradient, curvature, constraints, identification and admissibility of a point."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.estimation.admissibility import check_admissibility
from sem_toolkit.estimation.constrained import (
    FEASIBLE,
    ActiveSet,
    compute_lagrangian_hessian,
    compute_scaled_tangent,
    compute_violation,
    find_active_set,
)
from sem_toolkit.estimation.objective import Objective, Point
from sem_toolkit.estimation.scoring import ENOUGH, compute_scale
from sem_toolkit.estimation.solution import ActiveConstraint, Certificate, Verdict
from sem_toolkit.libraries import lapack
from sem_toolkit.model import check_identification, compute_jacobian
from sem_toolkit.model.identification import build_report, compute_null_space, has_safe_factor

FloatArray = NDArray[np.float64]

_SINGULAR = 1e-10
_CURVED = 1e-8
_NEARLY_STATIONARY = 1e-4
_FAR = 20.0
_LARGE = 250  # from here on Lanczos iteration is faster than a reduction of the whole matrix


@dataclass(frozen=True, eq=False)
class Examination:
    """The certificate, the constraints that were found active, and whether all of them hold."""

    certificate: Certificate
    active: tuple[ActiveConstraint, ...]
    feasible: bool


@dataclass(frozen=True)
class Geometry:
    """Numbers behind the verdict, each along the active constraints and in units of the information's diagonal.

    gradient_max  largest element of the gradient
    curvature     smallest eigenvalue of the exact Hessian, inequalities without force let go
    is_singular   whether the expected information has a direction without information
    missed        by how much a constraint is violated; inward: how strongly an inequality holds back a point wrongly
    """

    gradient_max: float
    curvature: float
    is_singular: bool
    missed: float
    inward: float

    @property
    def is_stationary(self) -> bool:
        return self.gradient_max < ENOUGH and self.is_feasible and self.inward < 1e-6

    @property
    def is_feasible(self) -> bool:
        return self.missed < 10.0 * FEASIBLE

    @property
    def is_optimum(self) -> bool:
        return self.is_stationary and self.curvature > _CURVED and not self.is_singular


def examine(objective: Objective, point: Point, engine: str, iterations: int, note: str = "") -> Examination:
    """Look at a point from every side and give the verdict; `note` says why the search ended where it did."""
    active = find_active_set(objective, point)
    geometry = compute_geometry(objective, point, active)
    if objective.model.composites is not None and geometry.is_stationary and not geometry.is_singular:
        # what cells of composites cancel to is rounding, which looks like information
        geometry = replace(geometry, is_singular=not check_identification(objective.model).identified)
    constraints = _list_active(objective, point, active)
    improper = check_admissibility(objective.model, point.x, point.moments, objective.correlates, objective.units)
    verdict, faults = _decide(objective, point, active, geometry, note)
    messages = list(faults)
    if geometry.is_optimum:
        bounds = [constraint for constraint in constraints if not constraint.is_equality]
        messages += [*(_report_active(constraint) for constraint in bounds), *improper]
        verdict = "improper" if improper else "converged at a boundary" if bounds else "converged"
    certificate = Certificate(
        verdict=verdict,
        converged=geometry.is_optimum,
        admissible=not improper,
        gradient_max=geometry.gradient_max,
        hessian_min_eig=geometry.curvature,
        engine=engine,
        iterations=iterations,
        messages=tuple(messages),
    )
    return Examination(certificate, constraints, geometry.is_feasible)


def compute_geometry(objective: Objective, point: Point, active: ActiveSet) -> Geometry:
    """Gradient, curvature and constraints at a point."""
    information = point.information
    scale = compute_scale(information)
    slope = point.gradient * scale
    hessian = compute_lagrangian_hessian(objective, point, active)
    if active.size:
        tangent = compute_scaled_tangent(active, scale, objective.size)
        slope = tangent @ (tangent.T @ slope)
    else:
        tangent = None
    curvatures = [
        compute_smallest_eigenvalue(_restrict(hessian, scale, own))
        for own in (tangent, *_list_wider_tangents(active, scale, objective.size))
    ]
    return Geometry(
        gradient_max=float(np.abs(slope).max(initial=0.0)),
        curvature=min(curvatures),
        is_singular=_is_singular(_restrict(information, scale, tangent)),
        missed=compute_violation(objective, point) if active.size or not _is_free(objective) else 0.0,
        inward=float((-active.multipliers[active.equalities :]).max(initial=0.0)),
    )


def _list_wider_tangents(active: ActiveSet, scale: FloatArray, size: int) -> Iterator[FloatArray]:
    """The directions that are left when an active inequality is let go, one at a time, where it has no force.

    Along one of them that leads inside, the discrepancy may fall although its slope is 0: a loading of which only the
    square counts, held at 0 by a > 0.
    """
    for place in range(active.equalities, active.size):
        with np.errstate(over="ignore"):
            force = abs(active.multipliers[place]) * np.linalg.norm(active.slopes[place] * scale)
        if force < ENOUGH:
            yield compute_scaled_tangent(active.without(place), scale, size)


def _is_free(objective: Objective) -> bool:
    return objective.model.constraints.is_linear


def _decide(
    objective: Objective, point: Point, active: ActiveSet, geometry: Geometry, note: str
) -> tuple[Verdict, tuple[Diagnostic, ...]]:
    """The verdict on a point that is no optimum, and why; whatever it says of an optimum is not used."""
    if geometry.is_optimum:
        return "converged", ()
    if geometry.is_singular and geometry.gradient_max < _NEARLY_STATIONARY:
        identification = check_identification(objective.model)
        if not identification.identified:
            return "not identified", identification.diagnostics
        if geometry.is_stationary:
            return "not identified", _name_null_space(objective, point, active)
    return "no optimum found", (_explain(objective, point, geometry, note),)


def _is_singular(square: FloatArray) -> bool:
    """Only where the cheap test is in doubt are eigenvalues computed."""
    return not (len(square) and has_safe_factor(square)) and compute_smallest_eigenvalue(square) < _SINGULAR


def compute_smallest_eigenvalue(square: FloatArray) -> float:
    """Smallest eigenvalue of a symmetric matrix (s × s); positive infinity where s = 0.

    A large positive definite matrix is asked through its Cholesky factor by Lanczos iteration (ARPACK, shift-invert), a
    fraction of the work of a reduction to tridiagonal form; what it gives is never below the smallest eigenvalue, and
    within a thousandth of it.
    """
    size = len(square)
    if size == 0:
        return float("inf")
    if size > _LARGE:
        factor, fault = lapack.dpotrf(square, lower=1)
        if not fault:
            return _compute_by_lanczos(square, factor)
    values, _, found, _, fault = lapack.dsyevr(square, compute_v=0, range="I", il=1, iu=1)
    return float(values[0]) if found and not fault else float(np.linalg.eigvalsh(square)[0])


def _compute_by_lanczos(square: FloatArray, factor: FloatArray) -> float:
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    def solve(vector: FloatArray) -> FloatArray:
        return np.asarray(lapack.dpotrs(factor, vector, lower=1)[0])

    inverse = LinearOperator(square.shape, matvec=solve, dtype=np.float64)
    start = np.random.default_rng(3).normal(size=len(square))
    try:
        found = eigsh(square, k=1, sigma=0.0, OPinv=inverse, v0=start, tol=1e-2, return_eigenvectors=False)
    except ArpackNoConvergence:
        return float(np.linalg.eigvalsh(square)[0])
    return float(found[0])


def _restrict(square: FloatArray, scale: FloatArray, tangent: FloatArray | None) -> FloatArray:
    scaled = square * scale[:, None] * scale
    return scaled if tangent is None else tangent.T @ scaled @ tangent


def _name_null_space(objective: Objective, point: Point, active: ActiveSet) -> tuple[Diagnostic, ...]:
    """Which parameters the moments cannot tell apart at this point."""
    model = objective.model
    jacobian = compute_jacobian(model, point.x, point.moments)
    weight = _scale_moments(point.moments.covariance)
    first = jacobian.shape[1] - weight.shape[1]
    jacobian[:, first:] *= weight[:, :, None]
    stacked = jacobian.reshape(-1, jacobian.shape[-1]) @ model.constraints.linear.basis
    rank, null = compute_null_space(np.concatenate([stacked, active.slopes]), tolerance=1e-6 / max(stacked.shape))
    if rank == null.shape[0]:
        message = "the information matrix is singular at the estimates, although the model as such is identified"
        return (Diagnostic("error", "empirically-not-identified", message, hint="look for loadings or effects near 0"),)
    return build_report(model, rank, null, active.size).diagnostics


def _scale_moments(covariance: FloatArray) -> FloatArray:
    """1/(sd sd) of each moment, lower triangle column by column: G × p(p + 1)/2."""
    deviation = np.sqrt(np.abs(np.diagonal(covariance, axis1=-2, axis2=-1)))
    columns, rows = np.triu_indices(covariance.shape[-1])
    return np.asarray(1.0 / np.maximum(deviation[:, rows] * deviation[:, columns], 1e-300))


def _explain(objective: Objective, point: Point, geometry: Geometry, note: str) -> Diagnostic:
    names = objective.model.parameter_names
    largest = int(np.argmax(np.abs(point.x))) if len(point.x) else 0
    if not geometry.is_feasible:
        why = f"a constraint is missed by {geometry.missed:.3g}"
    elif geometry.gradient_max >= ENOUGH:
        why = f"the gradient is not zero ({geometry.gradient_max:.3g})"
    elif geometry.is_singular or geometry.curvature <= _CURVED:
        why = f"the discrepancy is not curved upwards there (smallest eigenvalue {geometry.curvature:.3g})"
    else:
        why = "a constraint holds the point back that should not"
    if len(names) and abs(point.x[largest]) > _FAR * (1.0 + float(np.median(np.abs(point.x)))):
        unit = 1.0 if objective.units is None else objective.units[largest]
        why += f"; {names[largest]} has run away to {point.x[largest] * unit:.3g}"
    message = f"no optimum was found: {why}{'; ' + note if note else ''}"
    hint = "do not interpret the estimates; simplify the model, or look for too small a sample or a misplaced item"
    return Diagnostic("error", "no-optimum", message, hint=hint)


def _list_active(objective: Objective, point: Point, active: ActiveSet) -> tuple[ActiveConstraint, ...]:
    if not active.size:
        return ()
    constraints = objective.model.constraints
    names = [condition.text for condition in constraints.equalities]
    texts = constraints.inequality_texts(objective.model.parameter_names)
    names += [texts[i] for i in active.inequalities]
    above = constraints.inequality_values(point.x)[1][list(active.inequalities)]
    slopes = np.concatenate([constraints.equality_values(point.x)[1], above])
    curved = active.equalities + sum(i < len(constraints.inequalities) for i in active.inequalities)
    return tuple(
        ActiveConstraint(name, place < active.equalities, slope, float(multiplier), place >= curved)
        for place, (name, slope, multiplier) in enumerate(zip(names, slopes, active.multipliers, strict=True))
    )


def _report_active(constraint: ActiveConstraint) -> Diagnostic:
    message = f"the estimate lies at the boundary {constraint.text}"
    hint = "standard errors and tests take it as fixed there; chi-square distributions hold only approximately"
    return Diagnostic("warning", "active-constraint", message, hint=hint)
