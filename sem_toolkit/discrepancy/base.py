"""What every discrepancy function offers: value, derivatives by the moments, and two second derivatives by x."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.model import ImpliedMoments, Model
from sem_toolkit.model.kernels import (
    compute_products,
    gather_cell_gradient,
    gather_second_order,
    pull_back,
    pull_back_square,
)

FloatArray = NDArray[np.float64]

#: How many numbers a stack of Jacobians may hold, so that memory stays small however large the model is.
_CHUNK = 1 << 20


class Evaluation(Protocol):
    """A discrepancy at a point.

    value     lavaan's fmin: half the discrepancy, groups weighted
    by_group  G: the same for each group, unweighted
    moments   the implied moments there
    by_mean   G × p: e with dF = eᵀdμ, or None
    """

    @property
    def value(self) -> float: ...

    @property
    def by_group(self) -> FloatArray: ...

    @property
    def moments(self) -> ImpliedMoments: ...

    @property
    def by_mean(self) -> FloatArray | None: ...

    @property
    def products(self) -> FloatArray:
        """CᵀDC, G × k × k, where dF = tr(D dΣ): gradient and second order are gathered from it."""
        ...

    def gradient(self, model: Model, x: FloatArray) -> FloatArray:
        """dF/dx (q)."""
        ...

    def information(self, model: Model, x: FloatArray) -> FloatArray:
        """Expected second derivative by x (q × q), that is the Gauss-Newton matrix of the quadratic discrepancies."""
        ...

    def hessian(self, model: Model, x: FloatArray) -> FloatArray:
        """Exact second derivative by x (q × q)."""
        ...


class Discrepancy(Protocol):
    """A function of sample and implied moments that is 0 where they are equal."""

    def value(self, moments: ImpliedMoments) -> float:
        """fmin, infinite outside its domain."""
        ...

    def evaluate(self, moments: ImpliedMoments) -> Evaluation | None:
        """Value and what its derivatives are made of; None outside its domain."""
        ...


@dataclass(frozen=True, eq=False)
class Quadratic:
    """What the discrepancies that are quadratic forms of residual moments share."""

    targets: Targets

    @property
    def has_draws(self) -> bool:
        """Whether there are several samples, one for each start."""
        return self.targets.has_draws

    @property
    def factors(self) -> FloatArray:
        """(n_g − 1)/n_g: what lavaan scales each group's discrepancy by."""
        return np.asarray((self.targets.n - 1.0) / self.targets.n)

    def value(self, moments: ImpliedMoments) -> float:
        """fmin, infinite outside its domain."""
        evaluation = self.evaluate(moments)
        return np.inf if evaluation is None else evaluation.value

    def evaluate(self, moments: ImpliedMoments) -> "QuadraticEvaluation | None":
        """Value and derivatives by the moments; None outside its domain."""
        raise NotImplementedError

    def information(self, model: Model, x: FloatArray, moments: ImpliedMoments) -> FloatArray:
        """The Gauss-Newton matrix by x (q × q)."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class QuadraticEvaluation:
    """A quadratic discrepancy at a point; by_covariance: D, G × p × p symmetric, with dF = tr(D dΣ)."""

    discrepancy: Quadratic
    moments: ImpliedMoments
    by_group: FloatArray
    by_covariance: FloatArray
    by_mean: FloatArray | None

    @cached_property
    def value(self) -> float:
        return float(self.discrepancy.targets.share @ self.by_group)

    @cached_property
    def products(self) -> FloatArray:
        return compute_products(self.moments, self.by_covariance)

    def gradient(self, model: Model, x: FloatArray) -> FloatArray:
        return gather_gradient(self, model, x)

    def information(self, model: Model, x: FloatArray) -> FloatArray:
        return self.discrepancy.information(model, x, self.moments)

    def hessian(self, model: Model, x: FloatArray) -> FloatArray:
        return add_second_order(model, x, self, self.information(model, x))


def apply_weight(weight: FloatArray, columns: FloatArray) -> FloatArray:
    """A weight (m × m, or its diagonal, m) times columns (m × k) or a vector (m)."""
    if weight.ndim == 2:
        return np.asarray(weight @ columns)
    return np.asarray(weight * columns if columns.ndim == 1 else weight[:, None] * columns)


def gather_gradient(evaluation: Evaluation, model: Model, x: FloatArray) -> FloatArray:
    """dF/dx (q) of a discrepancy that depends on x through Σ and μ alone."""
    by_cells = gather_cell_gradient(model, evaluation.moments, evaluation.products, evaluation.by_mean)
    return pull_back(model, x, by_cells)


def invert_symmetric(matrix: FloatArray) -> FloatArray:
    """Inverse of symmetric matrices (... × p × p) with positive diagonals, scaled to unit diagonal on the way."""
    scale = 1.0 / np.sqrt(np.diagonal(matrix, axis1=-2, axis2=-1))
    outer = scale[..., :, None] * scale[..., None, :]
    inverse = np.linalg.inv(matrix * outer)
    return np.asarray(0.5 * (inverse + np.swapaxes(inverse, -1, -2)) * outer, dtype=np.float64)


def add_second_order(model: Model, x: FloatArray, evaluation: Evaluation, first: FloatArray) -> FloatArray:
    """`first` (q × q) plus what the curvature of the moments themselves contributes."""
    rest = gather_second_order(model, evaluation.moments, evaluation.products, evaluation.by_mean)
    hessian = first + pull_back_square(model, x, rest)
    return hessian if model.derived is None else hessian + _compute_cell_curvature(model, x, evaluation)


def _compute_cell_curvature(model: Model, x: FloatArray, evaluation: Evaluation) -> FloatArray:
    """Σ_c ∂F/∂c ∂²c/∂x∂xᵀ of the cells that follow from others, by differences of their Jacobian (q × q)."""
    derived = model.derived
    assert derived is not None  # noqa: S101
    slopes = gather_cell_gradient(model, evaluation.moments, evaluation.products, evaluation.by_mean)
    result = np.zeros((len(x), len(x)))
    if not slopes[len(x) :].any():  # nothing depends on them, as on residual variances of ordered indicators
        return result
    steps = np.diag(1e-5 * np.maximum(1.0, np.abs(x)))
    per_chunk = max(1, _CHUNK // (derived.n_derived * len(x)))
    for start in range(0, len(x), per_chunk):
        step = steps[start : start + per_chunk]
        difference = derived.jacobian(model, x + step) - derived.jacobian(model, x - step)
        result[start : start + per_chunk] = slopes[len(x) :] @ difference / (2.0 * step.sum(axis=1)[:, None])
    return 0.5 * (result + result.T)
