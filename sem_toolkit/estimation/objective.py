"""The discrepancy as a function of θ, the parameters that are left when linear equalities are solved."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.discrepancy import Discrepancy, Evaluation
from sem_toolkit.model import ImpliedMoments, Model, compute_gradient, compute_moments

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Point:
    """A point at which the discrepancy has a value, with what is needed for its derivatives there."""

    theta: FloatArray
    x: FloatArray
    moments: ImpliedMoments
    evaluation: Evaluation

    @property
    def value(self) -> float:
        return self.evaluation.value


@dataclass(frozen=True, eq=False)
class Objective:
    """F(θ) with exact derivatives; x = offset + basis θ."""

    model: Model
    discrepancy: Discrepancy

    @property
    def size(self) -> int:
        return len(self.model.constraints.linear.kept)

    def locate(self, theta: FloatArray) -> Point | None:
        """The point θ, or None where the discrepancy has no value there (Σ not positive definite, I − A singular)."""
        x = self.model.constraints.linear.expand(theta)
        if not np.isfinite(x).all():
            return None
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                moments = compute_moments(self.model, x)
                evaluation = self.discrepancy.evaluate(moments)
        except np.linalg.LinAlgError:
            return None
        return None if evaluation is None or not np.isfinite(evaluation.value) else Point(theta, x, moments, evaluation)

    def gradient(self, point: Point) -> FloatArray:
        """dF/dθ (r)."""
        found = point.evaluation
        by_x = compute_gradient(self.model, point.x, point.moments, found.by_covariance, found.by_mean)
        linear = self.model.constraints.linear
        return by_x if linear.is_trivial else by_x @ linear.basis

    def information(self, point: Point) -> FloatArray:
        """Expected second derivative by θ (r × r)."""
        return self._restrict(self.discrepancy.information(self.model, point.x, point.moments, point.evaluation))

    def hessian(self, point: Point) -> FloatArray:
        """Exact second derivative by θ (r × r)."""
        return self._restrict(self.discrepancy.hessian(self.model, point.x, point.moments, point.evaluation))

    def _restrict(self, square: FloatArray) -> FloatArray:
        linear = self.model.constraints.linear
        return square if linear.is_trivial else linear.basis.T @ square @ linear.basis
