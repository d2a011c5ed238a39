"""Least squares on the stacked moments: ULS, WLS (asymptotically distribution free) and DWLS.

F = ½ Σ_g (n_g − 1)/n rᵀ W r with r = [m; vech S] − [μ; vech Σ], S with divisor n − 1, where W is the identity (ULS),
the inverse of the distribution-free covariance matrix Γ of the sample moments (WLS; Browne 1984, British Journal of
Mathematical and Statistical Psychology 37, 62-83), or the inverse of the diagonal of the normal-theory Γ (DWLS on
continuous data, as lavaan 0.7 has it: s_ii for means, s_ii s_jj + s_ij² for covariances). Where exogenous variables are
fixed, Γ is conditional on them, and W is 0 for the moments of these alone.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.discrepancy.base import Quadratic, QuadraticEvaluation, apply_weight, invert_symmetric
from sem_toolkit.discrepancy.kind import Kind
from sem_toolkit.discrepancy.moment_covariance import (
    compute_distribution_free_covariance,
    compute_normal_variances,
    spread_weight,
)
from sem_toolkit.discrepancy.stack import Evaluations, conclude, pick_draws
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.discrepancy.vectors import find_conditional
from sem_toolkit.discrepancy.weights import AsBuilt
from sem_toolkit.model import ImpliedMoments, Model, compute_jacobian
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.kernels import compute_products as compute_moment_products
from sem_toolkit.model.moments import compute_stacked_moments
from sem_toolkit.model.namespace import get_namespace, move_to, swap, take
from sem_toolkit.sample.design import Design

FloatArray = NDArray[np.float64]

_OWN_VARIANCE = 1e-12
"""Share of its variance that a moment must have beside the others for Γ to have an inverse."""


@dataclass(frozen=True, eq=False)
class LeastSquares(Quadratic):
    """A quadratic form in the residual moments.

    weights   for each group m × m, or m where W is diagonal; draws × that where every sample has its own
    is_dense  whether they are m × m
    """

    weights: tuple[FloatArray, ...]
    is_dense: bool = False

    def evaluate(self, moments: ImpliedMoments) -> QuadraticEvaluation | None:
        residuals = self._compute_residuals(moments)
        if not np.isfinite(residuals).all():
            return None
        weighted = np.stack([apply_weight(W, r) for W, r in zip(self.weights, residuals, strict=True)])
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
            result += scale[group] * jacobian.T @ apply_weight(self.weights[group], jacobian)
        return result

    def evaluate_many(
        self, model: Model, x: FloatArray, draws: NDArray[np.intp] | None = None, *, exact: bool = False
    ) -> Evaluations:
        """Values and derivatives by x at every x (... × q); draws (b): which sample each of them belongs to."""
        space, targets = get_namespace(x), self.targets
        rows, columns = vech_indices(model.n_observed)
        flat = rows * model.n_observed + columns
        with np.errstate(all="ignore"):
            moments, exists = compute_stacked_moments(model, x)
            apart = pick_draws(targets.covariance, draws, 3) - moments.covariance
            residuals = take(space.reshape(apart, (*apart.shape[:-2], -1)), flat, -1)
            jacobian = compute_jacobian(model, x, moments)
            if moments.mean is not None and targets.mean is not None:
                gap = pick_draws(targets.mean, draws, 2) - moments.mean
                residuals = space.concat([gap, residuals], axis=-1)
            elif moments.mean is not None:
                jacobian = jacobian[..., model.n_observed :, :]
            values = space.zeros_like(residuals[..., 0, 0])
            gradients, informations, pulls = values[..., None], values[..., None, None], []
            for group, scale in enumerate(self.factors * targets.share):
                delta, off = jacobian[..., group, :, :], residuals[..., group, :]
                weight = pick_draws(self.weights[group], draws, 2 if self.is_dense else 1)
                if self.is_dense:
                    along, times = (weight @ off[..., None])[..., 0], weight @ delta
                else:
                    along, times = weight * off, weight[..., None] * delta
                values = values + 0.5 * float(scale) * space.sum(off * along, axis=-1)
                gradients = gradients - float(scale) * (along[..., None, :] @ delta)[..., 0, :]
                informations = informations + float(scale) * (swap(delta) @ times)
                pulls.append(-float(scale) * along)
            if exact:
                informations = informations + self._compute_second_order(model, moments, space.stack(pulls, axis=-2))
            usable = space.ones((*exists.shape, 1), dtype=space.bool)
            return conclude(moments, exists, usable, values, gradients, informations)

    def _compute_second_order(self, model: Model, moments: ImpliedMoments, pulls: FloatArray) -> FloatArray:
        """What the curvature of the moments adds, from derivatives by [μ; vech Σ] (... × G × m): ... × q × q."""
        p = model.n_observed
        rows, columns = vech_indices(p)
        first = pulls.shape[-1] - len(rows)
        places = np.zeros((p, p), dtype=np.intp)
        places[rows, columns] = places[columns, rows] = np.arange(first, pulls.shape[-1])
        D = get_namespace(pulls).reshape(take(pulls, places.ravel(), -1), (*pulls.shape[:-1], p, p))
        products = compute_moment_products(moments, D * move_to(0.5 + 0.5 * np.eye(p), D))
        by_mean = pulls[..., :first] if first else None
        from sem_toolkit.model.pairs import gather_stacked_second_order

        return gather_stacked_second_order(model.pairs, moments, products, by_mean)

    def _compute_residuals(self, moments: ImpliedMoments) -> FloatArray:
        rows, columns = vech_indices(moments.covariance.shape[-1])
        apart = (self.targets.covariance - moments.covariance)[:, rows, columns]
        if self.targets.mean is None or moments.mean is None:
            return apart
        return np.concatenate([self.targets.mean - moments.mean, apart], axis=1)


def build_unweighted(targets: Targets, deviations: FloatArray | None) -> LeastSquares:
    """ULS, which alone depends on the units of the variables: it is kept in those before any division."""
    means, p = targets.mean is not None, targets.covariance.shape[-1]
    scale = np.ones(p) if deviations is None else deviations
    return LeastSquares(targets, tuple(_weigh_by_scale(scale, means) for _ in targets.n))


def build_weighted(targets: Targets, deviations: FloatArray | None = None) -> LeastSquares:
    """WLS; raises DataError without raw data with more rows than there are moments."""
    parts = zip(targets.data, targets.designs, strict=True)
    return LeastSquares(targets, tuple(_build_weight(*part, targets) for part in parts), is_dense=True)


def build_diagonally_weighted(targets: Targets, deviations: FloatArray | None = None) -> LeastSquares:
    """DWLS by normal theory."""
    means = targets.mean is not None
    groups = [targets.covariance[..., group, :, :] for group in range(targets.covariance.shape[-3])]
    variances = [compute_normal_variances(S, means=means, exogenous=targets.exogenous) for S in groups]
    return LeastSquares(targets, tuple(_invert_diagonal(value, targets) for value in variances))


def build_sample_weighted(targets: Targets, deviations: FloatArray | None = None) -> LeastSquares:
    """DWLS by the sample variances of the moments; raises DataError without raw data."""
    return LeastSquares(
        targets,
        tuple(_build_sample_diagonal(*part, targets) for part in zip(targets.data, targets.designs, strict=True)),
    )


def _find_weighted(targets: Targets) -> NDArray[np.bool_]:
    return find_conditional(targets.covariance.shape[-1], targets.exogenous, means=targets.mean is not None)


def _invert_diagonal(variances: FloatArray, targets: Targets) -> FloatArray:
    """1/γ (... × m), 0 for the moments of fixed exogenous variables alone."""
    kept = _find_weighted(targets)
    if kept.all():
        return 1.0 / variances
    known = move_to(kept.astype(np.float64), variances)
    return known / (variances * known + (1.0 - known))  # type: ignore[no-any-return]


def _weigh_by_scale(deviations: FloatArray, means: bool) -> FloatArray:
    rows, columns = vech_indices(len(deviations))
    products = (deviations[rows] * deviations[columns]) ** 2
    return np.concatenate([deviations**2, products]) if means else products


def _build_sample_diagonal(data: FloatArray | None, design: Design, targets: Targets) -> FloatArray:
    if data is None:
        message = "WLSM and WLSMV need raw data: their weights are fourth-order moments"
        raise DataError(Diagnostic("error", "raw-data-needed", message, hint="use ML, GLS, ULS or DWLS"))
    means = targets.mean is not None
    gamma = compute_distribution_free_covariance(data, means=means, exogenous=targets.exogenous, design=design)
    return _invert_diagonal(np.diagonal(gamma), targets)


def _build_weight(data: FloatArray | None, design: Design, targets: Targets) -> FloatArray:
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
    gamma = compute_distribution_free_covariance(data, means=means, exogenous=targets.exogenous, design=design)
    gamma = gamma[np.ix_(kept, kept)]
    if not _is_regular(gamma):
        message = "the weight matrix of WLS cannot be inverted: some moments are linear functions of others"
        raise DataError(Diagnostic("error", "not-positive-definite", message, hint="use ML or DWLS"))
    return spread_weight(invert_symmetric(gamma), kept)


def _is_regular(gamma: FloatArray) -> bool:
    """Whether every moment has a variance of its own; that of a 0/1 variable has none where both are as frequent."""
    variances = np.diagonal(gamma)
    if not (variances > 0.0).all():
        return False
    scale = 1.0 / np.sqrt(variances)
    try:
        smallest = np.linalg.cholesky(gamma * scale[:, None] * scale).diagonal().min()
    except np.linalg.LinAlgError:
        return False
    return bool(smallest**2 >= _OWN_VARIANCE)


ULS = Kind(
    "ULS",
    build=build_unweighted,
    weigh=AsBuilt(build_unweighted),
    has_distribution=False,
    counts_exogenous=True,
)
DWLS = Kind(
    "DWLS",
    build=build_diagonally_weighted,
    weigh=AsBuilt(build_diagonally_weighted),
    has_distribution=False,
)
SAMPLE_DWLS = replace(DWLS, build=build_sample_weighted, weigh=AsBuilt(build_sample_weighted))
"""DWLS whose weights are sample variances of the moments, not normal-theory ones."""
WLS = Kind(
    "WLS",
    build=build_weighted,
    weigh=AsBuilt(build_weighted),
    is_distribution_free=True,
)
