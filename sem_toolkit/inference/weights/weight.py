"""Weights V of moment residuals: what estimators, standard errors and tests share.

The moments of a group are [mean; vech(covariance)]: vech is the lower triangle column by column, the mean is there only
where the model has means. Their residuals are e, their derivatives by x are Δ (m × q). A weight answers for eᵀVe, ΔᵀVΔ
and ΔᵀVz without forming V where it can.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sem_toolkit.inference.evaluation import Evaluation
from sem_toolkit.model import compute_gradient, compute_information, compute_jacobian
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.kernels import mean_slopes, pull_back
from sem_toolkit.sample.moments import FloatArray


class Weight(Protocol):
    """The weight matrices V_g of all groups."""

    def quadratic(self, evaluation: Evaluation) -> FloatArray:
        """eᵀVe of each group (G)."""
        ...

    def observed_quadratic(self, evaluation: Evaluation) -> FloatArray:
        """sᵀVs of the sample moments s themselves, each group (G); those of exogenous variables count as 0."""
        ...

    def information(self, evaluation: Evaluation) -> FloatArray:
        """Σ_g share_g Δ_gᵀV_gΔ_g, q × q."""
        ...

    def slope(self, evaluation: Evaluation) -> FloatArray:
        """Σ_g share_g Δ_gᵀV_ge_g (q): how the fit would improve along each parameter."""
        ...

    def times(self, group: int, columns: FloatArray) -> FloatArray:
        """V times a matrix (m × k)."""
        ...

    def scores(self, evaluation: Evaluation, group: int, rows: FloatArray) -> FloatArray:
        """ΔᵀVz_i for z_i = [d_i; vech(d_i d_iᵀ)] and rows d_i (n × p): n × q."""
        ...


@dataclass(frozen=True, eq=False)
class NormalWeight:
    """V of normal theory at a covariance matrix: eᵀVe = gᵀQg + ½tr((QE)²), g the mean residual, E the covariance
    residual.

    inverse  Q = Σ⁻¹ (ML, structured) or S⁻¹ (GLS, unstructured), G × p × p
    """

    inverse: FloatArray

    def quadratic(self, evaluation: Evaluation) -> FloatArray:
        product = self.inverse @ (evaluation.sample_cov - evaluation.implied_cov)
        return self._add_means(0.5 * np.einsum("gij,gji->g", product, product), evaluation.mean_gap)

    def observed_quadratic(self, evaluation: Evaluation) -> FloatArray:
        """sᵀVs of the sample moments s themselves, each group (G); those of exogenous variables count as 0."""
        covariance, mean = blank_exogenous(evaluation)
        product = self.inverse @ covariance
        return self._add_means(0.5 * np.einsum("gij,gji->g", product, product), mean)

    def _add_means(self, value: FloatArray, mean: FloatArray | None) -> FloatArray:
        return value if mean is None else np.asarray(value + np.einsum("gi,gij,gj->g", mean, self.inverse, mean))

    def information(self, evaluation: Evaluation) -> FloatArray:
        return compute_information(
            evaluation.model,
            evaluation.x,
            evaluation.moments,
            self.inverse,
            evaluation.shares,
            means=evaluation.has_means,
        )

    def slope(self, evaluation: Evaluation) -> FloatArray:
        shares, Q = evaluation.shares[:, None, None], self.inverse
        by_covariance = 0.5 * shares * (Q @ (evaluation.sample_cov - evaluation.implied_cov) @ Q)
        gap = evaluation.mean_gap
        by_mean = None if gap is None else shares[:, :, 0] * (Q @ gap[..., None])[..., 0]
        return compute_gradient(evaluation.model, evaluation.x, evaluation.moments, by_covariance, by_mean)

    def times(self, group: int, columns: FloatArray) -> FloatArray:
        """vech of QXQ, with half of its diagonal, for each column vech(X); Q times the part of the means."""
        Q = self.inverse[group]
        rows, cols = vech_indices(len(Q))
        first = len(columns) - len(rows)
        full = np.zeros((columns.shape[1], *Q.shape))
        full[:, rows, cols] = full[:, cols, rows] = columns[first:].T
        product = (Q @ full @ Q)[:, rows, cols].T * np.where(rows == cols, 0.5, 1.0)[:, None]
        return np.concatenate([Q @ columns[:first], product]) if first else product

    def scores(self, evaluation: Evaluation, group: int, rows: FloatArray) -> FloatArray:
        model, moments = evaluation.model, evaluation.moments
        cells = model.cells[group]
        projected = rows @ (self.inverse[group] @ moments.columns[group])
        value = cells.weight * projected[:, cells.row] * projected[:, cells.right]
        if evaluation.has_means and moments.all_mean is not None:
            value = value + projected[:, cells.row] * mean_slopes(cells, moments.all_mean[group])
        return spread_cells(evaluation, group, value)


@dataclass(frozen=True, eq=False)
class DenseWeight:
    """V as numbers: of each group m × m, or its diagonal (m)."""

    matrices: tuple[FloatArray, ...]

    def times(self, group: int, columns: FloatArray) -> FloatArray:
        """V times a matrix (m × k) or a vector (m)."""
        weight = self.matrices[group]
        if weight.ndim == 2:
            return np.asarray(weight @ columns)
        return np.asarray((weight * columns.T).T)

    def slope(self, evaluation: Evaluation) -> FloatArray:
        parts = zip(evaluation.shares, compute_delta(evaluation), compute_residual_moments(evaluation), strict=True)
        return np.asarray(sum(share * delta.T @ self.times(g, e) for g, (share, delta, e) in enumerate(parts)))

    def quadratic(self, evaluation: Evaluation) -> FloatArray:
        return self._squares(compute_residual_moments(evaluation))

    def observed_quadratic(self, evaluation: Evaluation) -> FloatArray:
        """sᵀVs of the sample moments s themselves, each group (G); those of exogenous variables count for ULS alone."""
        if evaluation.estimator == "ULS":
            return self._squares(stack_moments(evaluation.sample_cov, evaluation.sample_mean))
        return self._squares(stack_moments(*blank_exogenous(evaluation)))

    def information(self, evaluation: Evaluation) -> FloatArray:
        delta = compute_delta(evaluation)
        return np.asarray(
            sum(
                share * d.T @ self.times(g, d)
                for g, (share, d) in enumerate(zip(evaluation.shares, delta, strict=True))
            )
        )

    def scores(self, evaluation: Evaluation, group: int, rows: FloatArray) -> FloatArray:
        return np.asarray(compute_products(evaluation, rows) @ self.times(group, compute_delta(evaluation)[group]))

    def _squares(self, vectors: FloatArray) -> FloatArray:
        return np.array([vector @ self.times(g, vector) for g, vector in enumerate(vectors)])


def compute_delta(evaluation: Evaluation) -> FloatArray:
    """Jacobian of the moments by x, G × m × q; the mean rows only where the sample has means."""
    delta = compute_jacobian(evaluation.model, evaluation.x, evaluation.moments)
    unused = evaluation.moments.mean is not None and not evaluation.has_means
    return delta[:, evaluation.model.n_observed :] if unused else delta


def compute_products(evaluation: Evaluation, rows: FloatArray) -> FloatArray:
    """z_i = [d_i; vech(d_i d_iᵀ)] of rows d_i (n × p): n × m."""
    first, second = vech_indices(rows.shape[1])
    products = rows[:, first] * rows[:, second]
    return np.concatenate([rows, products], axis=1) if evaluation.has_means else products


def compute_residual_moments(evaluation: Evaluation) -> FloatArray:
    """Sample less implied moments of each group, G × m."""
    return stack_moments(evaluation.sample_cov - evaluation.implied_cov, evaluation.mean_gap)


def blank_exogenous(evaluation: Evaluation) -> tuple[FloatArray, FloatArray | None]:
    """Sample covariances and means with 0 for those of exogenous variables among themselves (fixed.x)."""
    covariance, mean = evaluation.sample_cov, evaluation.sample_mean
    block = list(evaluation.exogenous)
    if not block:
        return covariance, mean
    covariance = covariance.copy()
    covariance[:, np.array(block)[:, None], block] = 0.0
    if mean is not None:
        mean = mean.copy()
        mean[:, block] = 0.0
    return covariance, mean


def spread_cells(evaluation: Evaluation, group: int, by_cells: FloatArray) -> FloatArray:
    """Values by the cells of one group (… × c) to values by x (… × q), zero for parameters of other groups."""
    model = evaluation.model
    cells = model.cells[group]
    size = max((int(block.position.max(initial=-1)) for block in model.cells), default=-1) + 1
    width = max(size, model.n_parameters)
    spread = np.zeros((*by_cells.shape[:-1], width))
    spread[..., cells.position] = by_cells
    return pull_back(model, evaluation.x, spread)


def stack_moments(covariance: FloatArray, mean: FloatArray | None) -> FloatArray:
    """[mean; vech(covariance)] of each group, G × m."""
    first, second = vech_indices(covariance.shape[-1])
    vech = covariance[:, first, second]
    return vech if mean is None else np.concatenate([mean, vech], axis=1)
