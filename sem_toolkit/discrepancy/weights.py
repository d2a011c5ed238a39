"""Weights V of moment residuals: what estimators, standard errors and tests share.

The moments of a group are [mean; vech(covariance)]: vech is the lower triangle column by column, the mean is there only
where the model has means. Their residuals are e, their derivatives by x are Δ (m × q). A weight answers for eᵀVe, ΔᵀVΔ
and ΔᵀVz without forming V where it can.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sem_toolkit.discrepancy.base import apply_weight
from sem_toolkit.discrepancy.pair import FloatArray, MomentPair
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.discrepancy.vectors import blank_exogenous, compute_products
from sem_toolkit.model import compute_gradient, compute_information
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.kernels import mean_slopes, pull_back


@dataclass(frozen=True, eq=False)
class NormalWeight:
    """V of normal theory at a covariance matrix: eᵀVe = gᵀQg + ½tr((QE)²), g the mean residual, E the covariance
    residual.

    inverse  Q = Σ⁻¹ (ML, structured) or S⁻¹ (GLS, unstructured), G × p × p
    """

    inverse: FloatArray

    def quadratic(self, pair: MomentPair) -> FloatArray:
        product = self.inverse @ (pair.sample_cov - pair.implied_cov)
        return self._add_means(0.5 * np.einsum("gij,gji->g", product, product), pair.mean_gap)

    def observed_quadratic(self, pair: MomentPair) -> FloatArray:
        """sᵀVs of the sample moments s themselves, each group (G); those of exogenous variables count as 0."""
        covariance, mean = blank_exogenous(pair)
        product = self.inverse @ covariance
        return self._add_means(0.5 * np.einsum("gij,gji->g", product, product), mean)

    def _add_means(self, value: FloatArray, mean: FloatArray | None) -> FloatArray:
        return value if mean is None else np.asarray(value + np.einsum("gi,gij,gj->g", mean, self.inverse, mean))

    def information(self, pair: MomentPair) -> FloatArray:
        return compute_information(
            pair.model,
            pair.x,
            pair.moments,
            self.inverse,
            pair.shares,
            means=pair.has_means,
        )

    def slope(self, pair: MomentPair) -> FloatArray:
        shares, Q = pair.shares[:, None, None], self.inverse
        by_covariance = 0.5 * shares * (Q @ (pair.sample_cov - pair.implied_cov) @ Q)
        gap = pair.mean_gap
        by_mean = None if gap is None else shares[:, :, 0] * (Q @ gap[..., None])[..., 0]
        return compute_gradient(pair.model, pair.x, pair.moments, by_covariance, by_mean)

    def times(self, group: int, columns: FloatArray) -> FloatArray:
        """vech of QXQ, with half of its diagonal, for each column vech(X); Q times the part of the means."""
        Q = self.inverse[group]
        rows, cols = vech_indices(len(Q))
        first = len(columns) - len(rows)
        full = np.zeros((columns.shape[1], *Q.shape))
        full[:, rows, cols] = full[:, cols, rows] = columns[first:].T
        product = (Q @ full @ Q)[:, rows, cols].T * np.where(rows == cols, 0.5, 1.0)[:, None]
        return np.concatenate([Q @ columns[:first], product]) if first else product

    def scores(self, pair: MomentPair, group: int, rows: FloatArray) -> FloatArray:
        model, moments = pair.model, pair.moments
        cells = model.cells[group]
        projected = rows @ (self.inverse[group] @ moments.columns[group])
        value = cells.weight * projected[:, cells.row] * projected[:, cells.right]
        if pair.has_means and moments.all_mean is not None:
            value = value + projected[:, cells.row] * mean_slopes(cells, moments.all_mean[group])
        return spread_cells(pair, group, value)


@dataclass(frozen=True, eq=False)
class DenseWeight:
    """V as numbers: of each group m × m, or its diagonal (m)."""

    matrices: tuple[FloatArray, ...]

    def times(self, group: int, columns: FloatArray) -> FloatArray:
        """V times a matrix (m × k) or a vector (m)."""
        return apply_weight(self.matrices[group], columns)

    def slope(self, pair: MomentPair) -> FloatArray:
        parts = zip(pair.shares, compute_delta(pair), compute_residual_moments(pair), strict=True)
        return np.asarray(sum(share * delta.T @ self.times(g, e) for g, (share, delta, e) in enumerate(parts)))

    def quadratic(self, pair: MomentPair) -> FloatArray:
        return self._squares(compute_residual_moments(pair))

    def observed_quadratic(self, pair: MomentPair) -> FloatArray:
        """sᵀVs of the sample moments s themselves, each group (G); exogenous ones by the kind."""
        return self._squares(pair.kind.vector.observe(pair))

    def information(self, pair: MomentPair) -> FloatArray:
        delta = compute_delta(pair)
        return np.asarray(
            sum(share * d.T @ self.times(g, d) for g, (share, d) in enumerate(zip(pair.shares, delta, strict=True)))
        )

    def scores(self, pair: MomentPair, group: int, rows: FloatArray) -> FloatArray:
        return np.asarray(compute_products(rows, means=pair.has_means) @ self.times(group, compute_delta(pair)[group]))

    def _squares(self, vectors: FloatArray) -> FloatArray:
        return np.array([vector @ self.times(g, vector) for g, vector in enumerate(vectors)])


def compute_delta(pair: MomentPair) -> FloatArray:
    """Jacobian of the statistics by x, G × m × q; rows of means only where the sample has means."""
    return pair.kind.vector.differentiate(pair)


def compute_residual_moments(pair: MomentPair) -> FloatArray:
    """Sample less implied statistics of each group, G × m."""
    return pair.kind.vector.compare(pair)


def spread_cells(pair: MomentPair, group: int, by_cells: FloatArray) -> FloatArray:
    """Values by the cells of one group (… × c) to values by x (… × q), zero for parameters of other groups."""
    model = pair.model
    cells = model.cells[group]
    size = max((int(block.position.max(initial=-1)) for block in model.cells), default=-1) + 1
    width = max(size, model.n_parameters)
    spread = np.zeros((*by_cells.shape[:-1], width))
    spread[..., cells.position] = by_cells
    return pull_back(model, pair.x, spread)


class Weighted(Protocol):
    """A quadratic form with the weights of its groups: m × m, or m where they are diagonal."""

    @property
    def weights(self) -> tuple[FloatArray, ...]: ...


@dataclass(frozen=True)
class AsBuilt:
    """V of a quadratic form: the weight that it was built with."""

    build: Callable[[Targets, FloatArray | None], Weighted]

    def __call__(self, pair: MomentPair) -> DenseWeight:
        return DenseWeight(self.build(pair.targets, None).weights)
