"""Complete rows, or moments alone: derivatives of the likelihood of normal data by x, and the observed information of
the saturated model as a weight.

With Q = Σ⁻¹ and T = S + (m − μ)(m − μ)ᵀ. Source: Savalei (2010), Psychological Methods 15, 352-367.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.discrepancy import MomentPair, NormalWeight
from sem_toolkit.discrepancy.vectors import blank_exogenous, stack_moments
from sem_toolkit.discrepancy.weights import compute_delta, compute_residual_moments, spread_cells
from sem_toolkit.model import compute_gradient
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.kernels import (
    add_block,
    compute_observed_part,
    compute_second_order,
    empty_square,
    mean_slopes,
    pull_back_square,
)
from sem_toolkit.sample.moments import FloatArray

Pieces = tuple[FloatArray, FloatArray, FloatArray | None]


@dataclass(frozen=True, eq=False)
class ObservedWeight:
    """V as the observed information of the saturated model at the implied moments; pieces: `observed_pieces` by group.

    It holds no pair of moments: a pair that remembers it would else refer to itself.
    """

    pieces: tuple[Pieces, ...]

    def times(self, group: int, columns: FloatArray) -> FloatArray:
        """V times a matrix (m × k)."""
        return times_observed_information(self.pieces[group], columns)

    def quadratic(self, pair: MomentPair) -> FloatArray:
        return self._squares(compute_residual_moments(pair))

    def observed_quadratic(self, pair: MomentPair) -> FloatArray:
        """sᵀVs of the sample moments s themselves, each group (G); those of exogenous variables count as 0."""
        return self._squares(stack_moments(*blank_exogenous(pair)))

    def information(self, pair: MomentPair) -> FloatArray:
        return compute_complete_first_order(pair)

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


def build_observed_weight(pair: MomentPair) -> ObservedWeight:
    """The observed information at a pair as a weight."""
    return ObservedWeight(tuple(observed_pieces(pair, group) for group in range(pair.model.n_groups)))


def observed_pieces(pair: MomentPair, group: int) -> Pieces:
    """Q = Σ⁻¹, R = 2QTQ − Q with T = S + (m − μ)(m − μ)ᵀ (p × p each), and z = Q(m − μ) (p), or None without means."""
    Q, gap = pair.implied_inverse[group], pair.mean_gap
    T = pair.sample_cov[group] if gap is None else pair.sample_cov[group] + np.outer(gap[group], gap[group])
    return Q, 2.0 * Q @ T @ Q - Q, None if gap is None else Q @ gap[group]


def times_observed_information(pieces: Pieces, columns: FloatArray) -> FloatArray:
    """Observed information of the saturated model at the implied moments, times columns (m × k).

    The Hessian of −logl/n in the direction (a, X): ½(QXR + RXQ) with R = 2QTQ − Q, and Qa + QXz, Qaz with z = Q(m − μ).
    """
    Q, R, z = pieces
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


def compute_complete_gradient(evaluation: MomentPair) -> FloatArray:
    """Gradient of −logl/N by x (q)."""
    Q, gap = evaluation.implied_inverse, evaluation.mean_gap
    shares = evaluation.shares[:, None, None]
    by_covariance = 0.5 * shares * (Q - Q @ _second_moments(evaluation) @ Q)
    by_mean = None if gap is None else -shares[:, :, 0] * (Q @ gap[..., None])[..., 0]
    return compute_gradient(evaluation.model, evaluation.x, evaluation.moments, by_covariance, by_mean)


def compute_complete_hessian(evaluation: MomentPair) -> FloatArray:
    """Hessian of −logl/N by x (q × q), without composites.

    A group contributes, with z = Q(m − μ),
    ½tr(Q ∂aΣ (2QTQ − Q) ∂bΣ) + ∂aμᵀQ∂bμ + ∂aμᵀQ∂bΣz + ∂bμᵀQ∂aΣz + ½tr((Q − QTQ)∂a∂bΣ) − zᵀ∂a∂bμ.
    """
    Q, gap = evaluation.implied_inverse, evaluation.mean_gap
    P = Q @ _second_moments(evaluation) @ Q
    weights = evaluation.shares[:, None, None]
    bend = None if gap is None else -evaluation.shares[:, None] * (Q @ gap[..., None])[..., 0]
    bent = compute_second_order(evaluation.model, evaluation.moments, weights * 0.5 * (Q - P), bend)
    return compute_complete_first_order(evaluation) + pull_back_square(evaluation.model, evaluation.x, bent)


def compute_complete_first_order(evaluation: MomentPair) -> FloatArray:
    """The part of it that first derivatives make: ΔᵀWΔ with W the observed information of the saturated model."""
    model, moments = evaluation.model, evaluation.moments
    Q, gap = evaluation.implied_inverse, evaluation.mean_gap
    P = Q @ _second_moments(evaluation) @ Q
    result = empty_square(model, moments.covariance)
    for run in model.runs:
        own, other = Q[run.span], P[run.span]
        block = 0.5 * compute_observed_part(moments, run, own, 2.0 * other - own, None)
        if gap is not None:
            pull = (own @ gap[run.span, :, None])[..., 0]
            block += compute_observed_part(moments, run, own, np.zeros_like(own), pull)
        add_block(result, run, block, evaluation.shares[run.span])
    return pull_back_square(model, evaluation.x, result)


def score_complete_rows(evaluation: MomentPair, group: int, rows: FloatArray) -> FloatArray:
    """Gradient of the log-likelihood of rows less their mean (b × p) by x: b × q."""
    weight = NormalWeight(evaluation.implied_inverse)
    scores = weight.scores(evaluation, group, rows)
    cells = evaluation.model.cells[group]
    columns = evaluation.moments.columns[group]
    inner = np.einsum("ic,ij,jc->c", columns[:, cells.row], evaluation.implied_inverse[group], columns[:, cells.right])
    return scores - spread_cells(evaluation, group, cells.weight * inner)


def _second_moments(evaluation: MomentPair) -> FloatArray:
    """S + (m − μ)(m − μ)ᵀ of each group, G × p × p."""
    gap = evaluation.mean_gap
    return evaluation.sample_cov if gap is None else evaluation.sample_cov + gap[:, :, None] * gap[:, None, :]


def difference_gradient(evaluation: MomentPair, gradient: Callable[[MomentPair], FloatArray]) -> FloatArray:
    """The Hessian by fourth-order central differences: for composites, whose cells are not linear in x."""
    size = evaluation.model.n_parameters
    hessian = np.zeros((size, size))
    for j in range(size):
        step = 1e-3 * max(abs(evaluation.x[j]), 0.1)
        for factor, weight in ((-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)):
            moved = evaluation.x.copy()
            moved[j] += factor * step
            hessian[:, j] += weight * gradient(replace(evaluation, x=moved)) / (12.0 * step)
    return 0.5 * (hessian + hessian.T)
