"""Coefficients by two-stage least squares, of all equations together where constraints tie them.

With S the covariance matrix, x the regressors of an equation, z its instruments and y its outcome the normal equations
are A b = c with A = S_xz S_zz⁻¹ S_zx and c = S_xz S_zz⁻¹ s_zy (A = S_xx and c = s_xy where no instruments are needed).
Equal coefficients add theirs up. Source: Bollen (1996), Psychometrika 61, 109-121; Fisher & Bollen (2020), Structural
Equation Modeling 27, 525-543.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import DataError, Diagnostic, ModelError
from sem_toolkit.estimation.instruments.equations import Equation
from sem_toolkit.libraries import lapack
from sem_toolkit.model import Model
from sem_toolkit.model.cells import DIRECTED, INTERCEPT, SYMMETRIC

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

_SINGULAR = 1e-10
"""Smallest eigenvalue of normal equations with unit diagonal that counts as regular."""


@dataclass(frozen=True, eq=False)
class Space:
    """What the linear equalities allow parameters of one kind: values = offset + basis @ θ for those at `places`."""

    places: IntArray
    basis: FloatArray
    offset: FloatArray

    @property
    def is_simple(self) -> bool:
        """Whether constraints make parameters equal, and do no more."""
        return self.is_free or bool(np.isin(self.basis, (0.0, 1.0)).all() and (self.basis.sum(axis=1) == 1.0).all())

    def project(self, square: FloatArray, right: FloatArray) -> FloatArray:
        """The values v (or their derivatives by columns, without offset) that minimise ½vᵀMv − vᵀr."""
        if right.ndim > 1:
            return self.step(square, right)
        return np.asarray(self.offset + self.step(square, right - square @ self.offset))

    def step(self, square: FloatArray, right: FloatArray) -> FloatArray:
        """K (KᵀMK)⁻¹ Kᵀr."""
        if self.is_free:
            return _solve(square, right)
        inner = self.basis.T @ square @ self.basis
        return np.asarray(self.basis @ _solve(inner, self.basis.T @ right))

    def step_down(self, square: FloatArray, right: FloatArray) -> FloatArray | None:
        """The same, None where KᵀMK is not positive definite."""
        inner = square if self.is_free else self.basis.T @ square @ self.basis
        found = _solve_positive(inner, right if self.is_free else self.basis.T @ right)
        return found if found is None or self.is_free else np.asarray(self.basis @ found)

    @cached_property
    def is_free(self) -> bool:
        """Whether no constraint holds: K is the identity."""
        return self.basis.shape[0] == self.basis.shape[1] and bool((self.basis == np.eye(len(self.basis))).all())


def _solve(square: FloatArray, right: FloatArray) -> FloatArray:
    """Solve symmetric equations scaled to unit diagonal: units may differ by many powers of ten. Raises DataError."""
    found = _solve_positive(square, right)
    if found is not None:
        return found
    scale = 1.0 / np.sqrt(square.diagonal())
    try:
        solved = np.linalg.solve(square * (scale[:, None] * scale), (right.T * scale).T)
    except np.linalg.LinAlgError:
        raise build_singular_equations() from None
    return np.asarray((solved.T * scale).T)


def _solve_positive(square: FloatArray, right: FloatArray) -> FloatArray | None:
    """The same by Cholesky factors; None where the equations are not positive definite."""
    if not len(square):
        return right
    diagonal = square.diagonal()
    if not diagonal.min() > 0.0:
        return None
    scale = 1.0 / np.sqrt(diagonal)
    _, solved, fault = lapack.dposv(square * (scale[:, None] * scale), (right.T * scale).T, lower=1)
    return None if fault else np.asarray((solved.T * scale).T)


def build_singular_equations() -> DataError:
    message = "the equations of the instruments have no unique solution in these data"
    hint = "bring the variables to similar variances; is one of them nearly constant, or made of others?"
    return DataError(Diagnostic("error", "singular-equations", message, hint=hint))


def split_constraints(model: Model) -> dict[int, Space]:
    """The equalities among coefficients, among (co)variances and among intercepts, by the kind of their parameters.

    Raises ModelError for constraints that cannot be kept one stage after the other: non-linear ones, inequalities, and
    those across kinds.
    """
    constraints, kind = model.constraints, model.locations.kind
    linear = constraints.linear
    if constraints.equalities or constraints.inequalities or constraints.has_bounds:
        message = "estimation by instruments keeps linear equalities, and no inequalities, bounds or other equalities"
        raise ModelError(Diagnostic("error", "constraint-with-instruments", message, hint="leave them out, or use ML"))
    found, rank = {}, 0
    for own in (DIRECTED, SYMMETRIC, INTERCEPT):
        places = np.flatnonzero(kind == own)
        if linear.is_trivial:
            found[own] = Space(places, np.eye(len(places)), np.zeros(len(places)))
            continue
        basis = linear.basis[places]
        basis = basis[:, np.any(basis != 0.0, axis=0)]
        rank += basis.shape[1]
        found[own] = Space(places, basis, linear.offset[places])
    if linear.is_trivial:
        return found
    others = np.flatnonzero(~np.isin(kind, (DIRECTED, SYMMETRIC, INTERCEPT)))
    rank += int(np.any(linear.basis[others] != 0.0, axis=0).sum())
    if rank != linear.basis.shape[1]:
        message = "a constraint ties coefficients to variances or intercepts, which are estimated one after the other"
        raise ModelError(Diagnostic("error", "constraint-with-instruments", message, hint="leave it out, or use ML"))
    return found


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """A and c of one equation with k regressors: gram (k × k), cross (k).

    forecast   W = S_zz⁻¹S_zx, instruments × k; None where no instruments are needed
    reduced    S_zz⁻¹s_zy, instruments; None likewise
    """

    equation: Equation
    gram: FloatArray
    cross: FloatArray
    forecast: FloatArray | None = None
    reduced: FloatArray | None = None

    @cached_property
    def free_gram(self) -> FloatArray:
        """A of the free coefficients."""
        free = self.equation.free
        return self.gram[free[:, None], free]

    @cached_property
    def coefficients(self) -> FloatArray:
        """b (k) of this equation by itself, fixed ones with their values."""
        free, result = self.equation.free, self.equation.fixed.copy()
        if len(free):
            right = (self.cross - self.gram @ self.equation.fixed)[free]
            result[free] = _solve_system(self.free_gram, right)
        return result

    def take(self, x: FloatArray) -> FloatArray:
        """The coefficients (k) in x (q)."""
        return np.where(self.equation.parameters >= 0, x[self.equation.parameters], self.equation.fixed)


def build_normal_equations(equation: Equation, covariance: FloatArray) -> NormalEquations:
    """A and c from a covariance matrix (p × p)."""
    x, z, y = equation.regressors, equation.instruments, equation.outcome
    if equation.kind == "ols":
        return NormalEquations(equation, covariance[x[:, None], x], covariance[x, y])
    rows = covariance[z]
    across = rows[:, np.concatenate([x, [y]])]
    solved = _solve_system(rows[:, z], across)
    forecast, reduced = solved[:, :-1], solved[:, -1]
    both = forecast.T @ across
    return NormalEquations(equation, both[:, :-1], both[:, -1], forecast, reduced)


def _solve_system(square: FloatArray, right: FloatArray) -> FloatArray:
    """Solve symmetric equations, by Cholesky factors where they are positive definite."""
    _, solved, fault = lapack.dposv(square, right, lower=1)
    return np.asarray(np.linalg.solve(square, right) if fault else solved, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class FirstStage:
    """The equations at a sample, and their coefficients and intercepts.

    normal       the normal equations of each
    covariance   G × p × p; mean: G × p, or None without means; sizes: G, observations
    spaces       what constraints allow, by kind
    """

    model: Model
    normal: tuple[NormalEquations, ...]
    covariance: FloatArray
    mean: FloatArray | None
    sizes: FloatArray
    spaces: dict[int, Space]

    @cached_property
    def spots(self) -> tuple[IntArray, ...]:
        """Where the free coefficients of each equation stand among all d coefficients."""
        places = self.spaces[DIRECTED].places
        where = np.full(self.model.n_parameters + 1, -1)
        where[places] = np.arange(len(places))
        return tuple(where[own.equation.parameters[own.equation.free]] for own in self.normal)

    @cached_property
    def square(self) -> FloatArray:
        """Left side of the normal equations of all coefficients together (d × d)."""
        square = np.zeros((len(self.spaces[DIRECTED].places),) * 2)
        for own, to in zip(self.normal, self.spots, strict=True):
            square[to[:, None], to] += own.free_gram
        return square

    @cached_property
    def right(self) -> FloatArray:
        """Their right side (d)."""
        right = np.zeros(len(self.spaces[DIRECTED].places))
        for own, to in zip(self.normal, self.spots, strict=True):
            right[to] += (own.cross - own.gram @ own.equation.fixed)[own.equation.free]
        return right

    @cached_property
    def smallest(self) -> float:
        """Smallest eigenvalue of the system, scaled to unit diagonal: how far the instruments tell regressors apart."""
        basis = self.spaces[DIRECTED].basis
        return _find_smallest(basis.T @ self.square @ basis)

    def require_regular(self) -> None:
        """Raise ModelError where the instruments of an equation do not tell its regressors apart."""
        if self.smallest > _SINGULAR:
            return
        for own in self.normal:
            if _find_smallest(own.free_gram) < _SINGULAR:
                message = f"the instruments of {own.equation.describe(self.model)} do not tell its predictors apart"
                hint = "name other instruments with |~, or use ML"
                raise ModelError(Diagnostic("error", "instruments-singular", message, hint=hint))

    def fill(self, x: FloatArray, by_means: bool) -> FloatArray:
        """x (q) with the coefficients and, unless they are left to all means together, the intercepts of the equations.

        An intercept that several equations share is their mean, weighted by the sizes of their groups.
        """
        x = x.copy()
        space = self.spaces[DIRECTED]
        if len(space.places):
            x[space.places] = space.project(self.square, self.right)
        own = self.spaces[INTERCEPT]
        if self.mean is None or by_means or not len(own.places):
            return x
        weight, target = np.zeros(self.model.n_parameters), np.zeros(self.model.n_parameters)
        for part in self.normal:
            equation = part.equation
            if equation.intercept >= 0:
                mean = self.mean[equation.group]
                level = mean[equation.outcome] - part.take(x) @ mean[equation.regressors]
                weight[equation.intercept] += self.sizes[equation.group]
                target[equation.intercept] += self.sizes[equation.group] * level
        x[own.places] = own.project(np.diag(weight[own.places]), target[own.places])
        return x

    def residual_variance(self, own: NormalEquations) -> float:
        """Variance of y − bᵀx of an equation by itself, with the divisor of the covariance matrix."""
        S, equation, b = self.covariance[own.equation.group], own.equation, own.coefficients
        x, y = equation.regressors, equation.outcome
        return float(S[y, y] - 2.0 * b @ S[x, y] + b @ S[x[:, None], x] @ b)


def _find_smallest(square: FloatArray) -> float:
    if not len(square):
        return np.inf
    size = np.sqrt(np.maximum(np.diagonal(square), 0.0))
    if not (size > 0.0).all():
        return 0.0
    return float(np.linalg.eigvalsh(square / (size[:, None] * size))[0])
