"""The weight V that sandwiches and scaled tests give to moments: the estimator's, or the saturated model's
information.
"""

import numpy as np

from sem_toolkit.inference.estimator_weights import build_estimator_weight
from sem_toolkit.inference.evaluation import Evaluation, once
from sem_toolkit.inference.weights import DenseWeight, Weight
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


@once
def build_robust_weight(evaluation: Evaluation, information: str) -> Weight:
    """V: the weight of the estimator, or, for ML by "observed" information, that of the saturated model's moments."""
    if evaluation.estimator != "ML" or information != "observed":
        return build_estimator_weight(evaluation)
    identity = np.eye(evaluation.moments_per_group)
    groups = range(evaluation.model.n_groups)
    return DenseWeight(tuple(times_observed_information(evaluation, g, identity) for g in groups))


def times_observed_information(evaluation: Evaluation, group: int, columns: FloatArray) -> FloatArray:
    """Observed information of the saturated model at the implied moments, times columns (m × k).

    The Hessian of −logl/n in the direction (a, X): ½(QXR + RXQ) with R = 2QTQ − Q, and Qa + QXz, Qaz with z = Q(m − μ).
    """
    Q, gap = evaluation.implied_inverse[group], evaluation.mean_gap
    T = evaluation.sample_cov[group] if gap is None else evaluation.sample_cov[group] + np.outer(gap[group], gap[group])
    R = 2.0 * Q @ T @ Q - Q
    rows, cols = vech_indices(len(Q))
    first = len(columns) - len(rows)
    full = np.zeros((columns.shape[1], *Q.shape))
    full[:, rows, cols] = full[:, cols, rows] = columns[first:].T
    product = 0.5 * (Q @ full @ R + R @ full @ Q)
    half = np.where(rows == cols, 0.5, 1.0)[:, None]
    if not first or gap is None:
        return np.asarray(product[:, rows, cols].T * half)
    z, along = Q @ gap[group], (Q @ columns[:first]).T
    cross = along[:, :, None] * z
    product = product + cross + np.swapaxes(cross, 1, 2)
    means = along.T + (Q @ (full @ z).T)
    return np.concatenate([means, product[:, rows, cols].T * half])
