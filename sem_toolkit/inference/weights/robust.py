"""The weight V that sandwiches and scaled tests give to moments: the estimator's, or the saturated model's
information.
"""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.discrepancy import MomentPair, Weight, once
from sem_toolkit.discrepancy.weights import (
    blank_exogenous,
    compute_delta,
    compute_residual_moments,
    spread_cells,
    stack_moments,
)
from sem_toolkit.inference.weights.estimator import build_estimator_weight
from sem_toolkit.inference.weights.incomplete import build_information_weight
from sem_toolkit.inference.weights.information import compute_observed_first_order
from sem_toolkit.inference.weights.two_stage import build_unstructured_weight
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.kernels import mean_slopes
from sem_toolkit.sample.moments import FloatArray


@once
def build_robust_weight(evaluation: MomentPair, information: str) -> Weight:
    """V: the weight of the estimator, or, for ML by "observed" information, that of the saturated model's moments."""
    if evaluation.is_two_stage and evaluation.kind.is_likelihood:
        return build_unstructured_weight(evaluation)
    if not evaluation.kind.is_likelihood or information != "observed":
        return build_estimator_weight(evaluation)
    if evaluation.is_incomplete:
        return build_information_weight(evaluation, "observed")
    return ObservedWeight(evaluation)


@dataclass(frozen=True, eq=False)
class ObservedWeight:
    """V as the observed information of the saturated model at the implied moments."""

    pair: MomentPair

    def times(self, group: int, columns: FloatArray) -> FloatArray:
        """V times a matrix (m × k)."""
        return times_observed_information(self.pair, group, columns)

    def quadratic(self, pair: MomentPair) -> FloatArray:
        return self._squares(compute_residual_moments(pair))

    def observed_quadratic(self, pair: MomentPair) -> FloatArray:
        """sᵀVs of the sample moments s themselves, each group (G); those of exogenous variables count as 0."""
        return self._squares(stack_moments(*blank_exogenous(pair)))

    def information(self, pair: MomentPair) -> FloatArray:
        return compute_observed_first_order(pair)

    def slope(self, pair: MomentPair) -> FloatArray:
        parts = zip(pair.shares, compute_delta(pair), compute_residual_moments(pair), strict=True)
        return np.asarray(sum(share * gap @ self.times(g, delta) for g, (share, delta, gap) in enumerate(parts)))

    def scores(self, pair: MomentPair, group: int, rows: FloatArray) -> FloatArray:
        """ΔᵀVz_i for z_i = [d_i; vech(d_i d_iᵀ)], n × q, by products of the rows with QC and RC.

        A cell changes Σ by w(lrᵀ + rlᵀ) and μ by s·l; half the trace of its product with ½(QXR + RXQ) + Qazᵀ + zaᵀQ.
        """
        cells, C = pair.model.cells[group], pair.moments.columns[group]
        Q, R, z = observed_pieces(pair, group)
        by_q, by_r = rows @ (Q @ C), rows @ (R @ C)
        first, second = by_q[:, cells.row], by_q[:, cells.right]
        value = 0.5 * (first * by_r[:, cells.right] + by_r[:, cells.row] * second)
        if z is None or pair.moments.all_mean is None:
            return spread_cells(pair, group, cells.weight * value)
        along = z @ C
        value += first * along[cells.right] + along[cells.row] * second
        slopes = mean_slopes(cells, pair.moments.all_mean[group])
        return spread_cells(pair, group, cells.weight * value + first * slopes * (1.0 + rows @ z)[:, None])

    def _squares(self, vectors: FloatArray) -> FloatArray:
        return np.array([vector @ self.times(g, vector[:, None])[:, 0] for g, vector in enumerate(vectors)])


def observed_pieces(pair: MomentPair, group: int) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Q = Σ⁻¹, R = 2QTQ − Q with T = S + (m − μ)(m − μ)ᵀ (p × p each), and z = Q(m − μ) (p), or None without means."""
    Q, gap = pair.implied_inverse[group], pair.mean_gap
    T = pair.sample_cov[group] if gap is None else pair.sample_cov[group] + np.outer(gap[group], gap[group])
    return Q, 2.0 * Q @ T @ Q - Q, None if gap is None else Q @ gap[group]


def times_observed_information(pair: MomentPair, group: int, columns: FloatArray) -> FloatArray:
    """Observed information of the saturated model at the implied moments, times columns (m × k).

    The Hessian of −logl/n in the direction (a, X): ½(QXR + RXQ) with R = 2QTQ − Q, and Qa + QXz, Qaz with z = Q(m − μ).
    """
    Q, R, z = observed_pieces(pair, group)
    rows, cols = vech_indices(len(Q))
    first = len(columns) - len(rows)
    full = np.zeros((columns.shape[1], *Q.shape))
    full[:, rows, cols] = full[:, cols, rows] = columns[first:].T
    product = 0.5 * (Q @ full @ R + R @ full @ Q)
    half = np.where(rows == cols, 0.5, 1.0)[:, None]
    if not first or z is None:
        return np.asarray(product[:, rows, cols].T * half)
    along = (Q @ columns[:first]).T
    cross = along[:, :, None] * z
    product = product + cross + np.swapaxes(cross, 1, 2)
    means = along.T + (Q @ (full @ z).T)
    return np.concatenate([means, product[:, rows, cols].T * half])
