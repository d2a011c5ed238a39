"""Least squares on the stacked moments: ULS, WLS (asymptotically distribution free) and DWLS.

F = ½ Σ_g (n_g − 1)/n rᵀ W r with r = [m; vech S] − [μ; vech Σ], S with divisor n − 1, where W is the identity (ULS),
the inverse of the distribution-free covariance matrix Γ of the sample moments (WLS; Browne 1984, British Journal of
Mathematical and Statistical Psychology 37, 62-83), or the inverse of the diagonal of the normal-theory Γ (DWLS on
continuous data, as lavaan 0.7 has it: s_ii for means, s_ii s_jj + s_ij² for covariances).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.estimation.discrepancy.base import Quadratic, QuadraticEvaluation, invert_symmetric
from sem_toolkit.estimation.targets import Targets
from sem_toolkit.model import ImpliedMoments, Model, compute_jacobian
from sem_toolkit.model.jacobian import vech_indices

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LeastSquares(Quadratic):
    """A quadratic form in the residual moments.

    weights  for each group m × m, or m where W is diagonal
    """

    weights: tuple[FloatArray, ...]

    def evaluate(self, moments: ImpliedMoments) -> QuadraticEvaluation | None:
        residuals = self._compute_residuals(moments)
        if not np.isfinite(residuals).all():
            return None
        weighted = np.stack([_apply(W, r) for W, r in zip(self.weights, residuals, strict=True)])
        values = 0.5 * self.factors * (residuals * weighted).sum(axis=1)
        pull = -weighted * (self.factors * self.targets.share)[:, None]
        p = moments.covariance.shape[-1]
        first = p if self.targets.mean is not None else 0
        rows, columns = vech_indices(p)
        D = np.zeros(moments.covariance.shape)
        D[:, rows, columns] = D[:, columns, rows] = pull[:, first:] * np.where(rows == columns, 1.0, 0.5)
        return QuadraticEvaluation(self, moments, values, D, pull[:, :p] if first else None)

    def information(self, model: Model, x: FloatArray, moments: ImpliedMoments) -> FloatArray:
        scale = self.factors * self.targets.share
        result = np.zeros((model.n_parameters, model.n_parameters))
        for group, jacobian in enumerate(compute_jacobian(model, x, moments)):
            result += scale[group] * jacobian.T @ _apply(self.weights[group], jacobian)
        return result

    def _compute_residuals(self, moments: ImpliedMoments) -> FloatArray:
        rows, columns = vech_indices(moments.covariance.shape[-1])
        apart = (self.targets.covariance - moments.covariance)[:, rows, columns]
        if self.targets.mean is None or moments.mean is None:
            return apart
        return np.concatenate([self.targets.mean - moments.mean, apart], axis=1)


def build_least_squares(
    targets: Targets,
    kind: Literal["ULS", "WLS", "DWLS"],
    deviations: FloatArray | None = None,
    *,
    distribution_free: bool = False,
) -> LeastSquares:
    """ULS, WLS or DWLS; WLS needs raw data with more rows than there are moments.

    deviations  p: what the variables were divided by; ULS alone depends on their units, and is kept in the old ones
    distribution_free   weigh by the sample variances of the moments with DWLS, not by normal-theory ones
    """
    p = targets.covariance.shape[-1]
    size = p * (p + 1) // 2 + (p if targets.mean is not None else 0)
    if kind == "ULS":
        weight = np.ones(size) if deviations is None else _weigh_by_scale(deviations, targets.mean is not None)
        return LeastSquares(targets, tuple(weight for _ in targets.n))
    if kind == "DWLS" and distribution_free:
        return LeastSquares(
            targets, tuple(_build_sample_diagonal(data, targets.mean is not None) for data in targets.data)
        )
    if kind == "DWLS":
        return LeastSquares(targets, tuple(_build_diagonal(S, targets.mean is not None) for S in targets.covariance))
    return LeastSquares(targets, tuple(_build_weight(data, targets, size) for data in targets.data))


def compute_distribution_free_covariance(data: FloatArray, *, means: bool) -> FloatArray:
    """Γ: n times the covariance matrix of the sample moments [m; vech S], from raw data (n × p), divisor n."""
    centred = data - data.mean(axis=0)
    rows, columns = vech_indices(data.shape[1])
    products = centred[:, rows] * centred[:, columns]
    scores = np.concatenate([centred, products], axis=1) if means else products
    scores = scores - scores.mean(axis=0)
    return np.asarray(scores.T @ scores / len(data))


def _weigh_by_scale(deviations: FloatArray, means: bool) -> FloatArray:
    rows, columns = vech_indices(len(deviations))
    products = (deviations[rows] * deviations[columns]) ** 2
    return np.concatenate([deviations**2, products]) if means else products


def _build_diagonal(covariance: FloatArray, means: bool) -> FloatArray:
    variance = np.diagonal(covariance)
    rows, columns = vech_indices(len(covariance))
    spread = variance[rows] * variance[columns] + covariance[rows, columns] ** 2
    return np.asarray(1.0 / np.concatenate([variance, spread] if means else [spread]))


def _build_sample_diagonal(data: FloatArray | None, means: bool) -> FloatArray:
    if data is None:
        message = "WLSM and WLSMV need raw data: their weights are fourth-order moments"
        raise DataError(Diagnostic("error", "raw-data-needed", message, hint="use ML, GLS, ULS or DWLS"))
    return np.asarray(1.0 / np.diagonal(compute_distribution_free_covariance(data, means=means)))


def _build_weight(data: FloatArray | None, targets: Targets, size: int) -> FloatArray:
    if data is None:
        message = "WLS needs raw data: its weights are fourth-order moments"
        raise DataError(
            Diagnostic("error", "raw-data-needed", message, hint="use ML, GLS or ULS with a covariance matrix")
        )
    if len(data) <= size:
        message = f"WLS needs more rows than moments: there are {len(data)} rows and {size} moments"
        raise DataError(Diagnostic("error", "too-few-rows", message, hint="use ML, GLS, ULS or DWLS"))
    gamma = compute_distribution_free_covariance(data, means=targets.mean is not None)
    scale = 1.0 / np.sqrt(np.diagonal(gamma))
    try:
        np.linalg.cholesky(gamma * scale[:, None] * scale)
    except np.linalg.LinAlgError:
        message = "the weight matrix of WLS cannot be inverted: some moments are linear functions of others"
        raise DataError(Diagnostic("error", "not-positive-definite", message, hint="use ML or DWLS")) from None
    return invert_symmetric(gamma)


def _apply(weight: FloatArray, columns: FloatArray) -> FloatArray:
    if weight.ndim == 2:
        return np.asarray(weight @ columns)
    return np.asarray(weight * columns if columns.ndim == 1 else weight[:, None] * columns)
