"""What every discrepancy function offers: value, derivatives by the moments, and two second derivatives by x."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.targets import Targets
from sem_toolkit.model import ImpliedMoments, Model, compute_second_order
from sem_toolkit.model.kernels import compute_cell_gradient, pull_back_square

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A discrepancy at a point.

    value          lavaan's fmin: half the discrepancy, groups weighted
    by_group       G: the same for each group, unweighted
    by_covariance  G × p × p: D with dF = tr(D dΣ); by_mean G × p: dF = eᵀdμ, or None
    inverse        G × p × p: Σ⁻¹ where the discrepancy needs it
    """

    value: float
    by_group: FloatArray
    by_covariance: FloatArray
    by_mean: FloatArray | None
    inverse: FloatArray | None = None


class Discrepancy(Protocol):
    """A function of sample and implied moments that is 0 where they are equal."""

    def value(self, moments: ImpliedMoments) -> float:
        """fmin, infinite outside its domain."""
        ...

    def evaluate(self, moments: ImpliedMoments) -> Evaluation | None:
        """Value and derivatives by the moments; None outside its domain."""
        ...

    def information(self, model: Model, x: FloatArray, moments: ImpliedMoments, evaluation: Evaluation) -> FloatArray:
        """Expected second derivative by x (q × q), that is the Gauss-Newton matrix of the quadratic discrepancies."""
        ...

    def hessian(self, model: Model, x: FloatArray, moments: ImpliedMoments, evaluation: Evaluation) -> FloatArray:
        """Exact second derivative by x (q × q)."""
        ...


@dataclass(frozen=True, eq=False)
class Quadratic:
    """What the discrepancies that are quadratic forms of residual moments share."""

    targets: Targets

    @property
    def factors(self) -> FloatArray:
        """(n_g − 1)/n_g: what lavaan scales each group's discrepancy by."""
        return np.asarray((self.targets.n - 1.0) / self.targets.n)

    def value(self, moments: ImpliedMoments) -> float:
        """fmin, infinite outside its domain."""
        evaluation = self.evaluate(moments)
        return np.inf if evaluation is None else evaluation.value

    def evaluate(self, moments: ImpliedMoments) -> Evaluation | None:
        """Value and derivatives by the moments; None outside its domain."""
        raise NotImplementedError


def invert_symmetric(matrix: FloatArray) -> FloatArray:
    """Inverse of symmetric matrices (... × p × p) with positive diagonals, scaled to unit diagonal on the way."""
    scale = 1.0 / np.sqrt(np.diagonal(matrix, axis1=-2, axis2=-1))
    outer = scale[..., :, None] * scale[..., None, :]
    inverse = np.linalg.inv(matrix * outer)
    return np.asarray(0.5 * (inverse + np.swapaxes(inverse, -1, -2)) * outer, dtype=np.float64)


def add_second_order(
    model: Model, x: FloatArray, moments: ImpliedMoments, evaluation: Evaluation, first: FloatArray
) -> FloatArray:
    """`first` (q × q) plus what the curvature of the moments themselves contributes."""
    rest = compute_second_order(model, moments, evaluation.by_covariance, evaluation.by_mean)
    hessian = first + pull_back_square(model, x, rest)
    return hessian if model.composites is None else hessian + _compute_cell_curvature(model, x, moments, evaluation)


def _compute_cell_curvature(model: Model, x: FloatArray, moments: ImpliedMoments, evaluation: Evaluation) -> FloatArray:
    """Σ_c ∂F/∂c ∂²c/∂x∂xᵀ of the cells that follow from weights, by differences of their Jacobian (q × q)."""
    composites = model.composites
    assert composites is not None  # noqa: S101
    slopes = compute_cell_gradient(model, moments, evaluation.by_covariance, evaluation.by_mean)
    result = np.empty((len(x), len(x)))
    for i in range(len(x)):
        step = 1e-5 * max(1.0, abs(x[i]))
        ahead, behind = x.copy(), x.copy()
        ahead[i] += step
        behind[i] -= step
        difference = composites.cell_jacobian(model, ahead) - composites.cell_jacobian(model, behind)
        result[i] = slopes @ difference / (2.0 * step)
    return 0.5 * (result + result.T)
