"""Maximum likelihood under normality.

F = ½ (log|Σ| − log|S| + tr(SΣ⁻¹) − p + (m − μ)ᵀ Σ⁻¹ (m − μ)), weighted by the groups' shares of the sample.
Jöreskog (1967), Psychometrika 32, 443-482; second derivatives: Neudecker & Satorra (1991), Statistics & Probability
Letters 11, 57-61. With the Wishart likelihood S has divisor n − 1 and F is the same function.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.estimation.discrepancy.base import Evaluation, add_second_order, invert_symmetric
from sem_toolkit.estimation.targets import Targets
from sem_toolkit.model import ImpliedMoments, Model, compute_information
from sem_toolkit.model.kernels import add_block, compute_observed_part, empty_square, pull_back_square

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MaximumLikelihood:
    """ML for the given targets, which must be positive definite."""

    targets: Targets

    @cached_property
    def log_determinants(self) -> FloatArray:
        """log|S| of each group."""
        sign, value = np.linalg.slogdet(self.targets.covariance)
        if not (sign > 0).all():
            message = "the sample covariance matrix is not positive definite"
            raise DataError(Diagnostic("error", "not-positive-definite", message))
        return np.asarray(value)

    def value(self, moments: ImpliedMoments) -> float:
        found = self._compute_values(moments)
        return np.inf if found is None else float(self.targets.share @ found[0])

    def evaluate(self, moments: ImpliedMoments) -> Evaluation | None:
        found = self._compute_values(moments)
        if found is None:
            return None
        values, inverse = found
        share = self.targets.share
        pull = self._compute_pull(moments, inverse)
        D = 0.5 * (inverse - inverse @ self._compute_spread(moments) @ inverse) * share[:, None, None]
        D = 0.5 * (D + np.swapaxes(D, -1, -2))
        e = None if pull is None else -pull * share[:, None]
        return Evaluation(float(share @ values), values, D, e, inverse)

    def information(self, model: Model, x: FloatArray, moments: ImpliedMoments, evaluation: Evaluation) -> FloatArray:
        assert evaluation.inverse is not None  # noqa: S101 (this class put it there)
        return compute_information(model, x, moments, evaluation.inverse, self.targets.share)

    def hessian(self, model: Model, x: FloatArray, moments: ImpliedMoments, evaluation: Evaluation) -> FloatArray:
        inverse = evaluation.inverse
        assert inverse is not None  # noqa: S101
        pull = self._compute_pull(moments, inverse)
        spread = inverse @ self._compute_spread(moments) @ inverse
        result = empty_square(model, moments.covariance)
        for group, cells in enumerate(model.cells):
            z = None if pull is None else pull[group]
            right = 0.5 * (spread[group] + spread[group].T) - 0.5 * inverse[group]
            block = compute_observed_part(model, moments, group, inverse[group], right, z)
            add_block(result, cells, self.targets.share[group] * block)
        return add_second_order(model, x, moments, evaluation, pull_back_square(model, x, result))

    def _compute_values(self, moments: ImpliedMoments) -> tuple[FloatArray, FloatArray] | None:
        """F of each group and Σ⁻¹, or None where Σ is not positive definite."""
        if not np.isfinite(moments.covariance).all():
            return None
        try:
            root = np.linalg.cholesky(moments.covariance)
            inverse = invert_symmetric(moments.covariance)
        except np.linalg.LinAlgError:
            return None
        log_determinant = 2.0 * np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)
        trace = (self._compute_spread(moments) * inverse).sum(axis=(-2, -1))
        p = moments.covariance.shape[-1]
        values = 0.5 * (log_determinant - self.log_determinants + trace - p)
        return np.asarray(values, dtype=np.float64), inverse

    def _compute_spread(self, moments: ImpliedMoments) -> FloatArray:
        """S + (m − μ)(m − μ)ᵀ."""
        if moments.mean is None or self.targets.mean is None:
            return self.targets.covariance
        apart = self.targets.mean - moments.mean
        return self.targets.covariance + apart[:, :, None] * apart[:, None, :]

    def _compute_pull(self, moments: ImpliedMoments, inverse: FloatArray) -> FloatArray | None:
        """Σ⁻¹ (m − μ)."""
        if moments.mean is None or self.targets.mean is None:
            return None
        return np.asarray((inverse @ (self.targets.mean - moments.mean)[:, :, None])[..., 0])
