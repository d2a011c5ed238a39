"""Least squares on the stacked moments: ULS, WLS (asymptotically distribution free) and DWLS.

F = ½ Σ_g (n_g − 1)/n rᵀ W r with r = [m; vech S] − [μ; vech Σ], S with divisor n − 1, where W is the identity (ULS),
the inverse of the distribution-free covariance matrix Γ of the sample moments (WLS; Browne 1984, British Journal of
Mathematical and Statistical Psychology 37, 62-83), or the inverse of the diagonal of the normal-theory Γ (DWLS on
continuous data, as lavaan 0.7 has it: s_ii for means, s_ii s_jj + s_ij² for covariances). Where exogenous variables are
fixed, Γ is conditional on them, and W is 0 for the moments of these alone.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.discrepancy.base import Quadratic, QuadraticEvaluation, invert_symmetric
from sem_toolkit.discrepancy.targets import Targets
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
        return LeastSquares(targets, tuple(_build_sample_diagonal(data, targets) for data in targets.data))
    if kind == "DWLS":
        variances = [
            compute_normal_variances(S, means=targets.mean is not None, exogenous=targets.exogenous)
            for S in targets.covariance
        ]
        return LeastSquares(targets, tuple(_invert_diagonal(value, targets) for value in variances))
    return LeastSquares(targets, tuple(_build_weight(data, targets) for data in targets.data))


def compute_distribution_free_covariance(
    data: FloatArray, *, means: bool, exogenous: tuple[int, ...] = ()
) -> FloatArray:
    """Γ: n times the covariance matrix of the sample moments [m; vech S], from raw data (n × p), divisor n.

    Given exogenous variables it is that of the moments less those of the regressions on these.
    """
    centred = data - data.mean(axis=0)
    scores = _compute_products(centred, means)
    if exogenous:
        basis, _ = np.linalg.qr(centred[:, list(exogenous)])
        scores = scores - _compute_products(basis @ (basis.T @ centred), means)
    scores = scores - scores.mean(axis=0)
    return np.asarray(scores.T @ scores / len(data))


def compute_normal_variances(covariance: FloatArray, *, means: bool, exogenous: tuple[int, ...] = ()) -> FloatArray:
    """Diagonal of the normal-theory Γ of [m; vech S], m: given exogenous variables, less that of the regressions."""
    parts = [covariance]
    if exogenous:
        parts.append(compute_explained_covariance(covariance, exogenous))
    rows, columns = vech_indices(len(covariance))
    found = []
    for part in parts:
        variance = np.diagonal(part)
        spread = variance[rows] * variance[columns] + part[rows, columns] ** 2
        found.append(np.concatenate([variance, spread] if means else [spread]))
    return np.asarray(found[0] - sum(found[1:]))


def compute_explained_covariance(covariance: FloatArray, exogenous: tuple[int, ...]) -> FloatArray:
    """Covariance (p × p) of the regressions on exogenous variables."""
    block = list(exogenous)
    across = covariance[:, block]
    return np.asarray(across @ np.linalg.solve(covariance[np.ix_(block, block)], across.T))


def find_conditional(p: int, exogenous: tuple[int, ...], *, means: bool) -> NDArray[np.bool_]:
    """Which of [m; vech S] are not moments of exogenous variables alone, m."""
    alone = np.isin(np.arange(p), exogenous)
    rows, columns = vech_indices(p)
    found = ~(alone[rows] & alone[columns])
    return np.concatenate([~alone, found]) if means else found


def spread_weight(inner: FloatArray, kept: NDArray[np.bool_]) -> FloatArray:
    """A weight of some moments as one of all (m × m, or m for a diagonal), 0 for the others."""
    if kept.all():
        return inner
    whole = np.zeros((len(kept),) * inner.ndim)
    whole[np.ix_(kept, kept) if inner.ndim == 2 else kept] = inner
    return whole


def _compute_products(centred: FloatArray, means: bool) -> FloatArray:
    rows, columns = vech_indices(centred.shape[1])
    products = centred[:, rows] * centred[:, columns]
    return np.concatenate([centred, products], axis=1) if means else products


def _find_weighted(targets: Targets) -> NDArray[np.bool_]:
    return find_conditional(targets.covariance.shape[-1], targets.exogenous, means=targets.mean is not None)


def _invert_diagonal(variances: FloatArray, targets: Targets) -> FloatArray:
    kept = _find_weighted(targets)
    return spread_weight(1.0 / variances[kept], kept)


def _weigh_by_scale(deviations: FloatArray, means: bool) -> FloatArray:
    rows, columns = vech_indices(len(deviations))
    products = (deviations[rows] * deviations[columns]) ** 2
    return np.concatenate([deviations**2, products]) if means else products


def _build_sample_diagonal(data: FloatArray | None, targets: Targets) -> FloatArray:
    if data is None:
        message = "WLSM and WLSMV need raw data: their weights are fourth-order moments"
        raise DataError(Diagnostic("error", "raw-data-needed", message, hint="use ML, GLS, ULS or DWLS"))
    means = targets.mean is not None
    gamma = compute_distribution_free_covariance(data, means=means, exogenous=targets.exogenous)
    return _invert_diagonal(np.diagonal(gamma), targets)


def _build_weight(data: FloatArray | None, targets: Targets) -> FloatArray:
    if data is None:
        message = "WLS needs raw data: its weights are fourth-order moments"
        raise DataError(
            Diagnostic("error", "raw-data-needed", message, hint="use ML, GLS or ULS with a covariance matrix")
        )
    kept = _find_weighted(targets)
    size = int(kept.sum())
    if len(data) <= size:
        message = f"WLS needs more rows than moments: there are {len(data)} rows and {size} moments"
        raise DataError(Diagnostic("error", "too-few-rows", message, hint="use ML, GLS, ULS or DWLS"))
    means = targets.mean is not None
    gamma = compute_distribution_free_covariance(data, means=means, exogenous=targets.exogenous)[np.ix_(kept, kept)]
    scale = 1.0 / np.sqrt(np.diagonal(gamma))
    try:
        np.linalg.cholesky(gamma * scale[:, None] * scale)
    except np.linalg.LinAlgError:
        message = "the weight matrix of WLS cannot be inverted: some moments are linear functions of others"
        raise DataError(Diagnostic("error", "not-positive-definite", message, hint="use ML or DWLS")) from None
    return spread_weight(invert_symmetric(gamma), kept)


def _apply(weight: FloatArray, columns: FloatArray) -> FloatArray:
    if weight.ndim == 2:
        return np.asarray(weight @ columns)
    return np.asarray(weight * columns if columns.ndim == 1 else weight[:, None] * columns)
