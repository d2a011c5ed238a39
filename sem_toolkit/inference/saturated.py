"""The saturated model: covariance matrix Γ of the sample moments, information W that the estimator gives them,
metrics.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from sem_toolkit.inference.casewise import CasewiseMoments
from sem_toolkit.inference.covariance import multiply_normal_gamma
from sem_toolkit.inference.estimator_weights import build_estimator_weight, compute_gamma
from sem_toolkit.inference.evaluation import Evaluation
from sem_toolkit.inference.information import centre_rows
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.robust_weights import times_observed_information
from sem_toolkit.inference.weights import NormalWeight, compute_products
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


class Gamma(Protocol):
    """The covariance matrix Γ (m × m) of the sample moments of one group, times n."""

    def times(self, columns: FloatArray) -> FloatArray:
        """Γ times a matrix (m × k)."""
        ...

    def sandwich(self, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        """ΓX and XᵀΓX for a matrix X (m × k)."""
        ...

    def variances(self, jacobian: "MetricJacobian") -> FloatArray:
        """diag(JΓJᵀ), m."""
        ...


def build_gamma(evaluation: Evaluation, options: InferenceOptions, group: int) -> Gamma:
    """Γ as standard errors and tests ask for: free of distribution for robust ones, else by normal theory.

    With first-order information it is the inverse of the outer products of the saturated scores, as in lavaan.
    """
    if options.information == "first.order":
        normal = NormalGamma(evaluation, group)
        whole = normal.times(np.eye(evaluation.moments_per_group))
        return DenseGamma(whole @ np.linalg.solve(compute_gamma(evaluation, group), whole))
    if options.needs_gamma or options.se == "robust.huber.white" or evaluation.estimator == "WLS":
        return CasewiseGamma(CasewiseMoments(evaluation, build_estimator_weight(evaluation), group).moments)
    return NormalGamma(evaluation, group)


@dataclass(frozen=True, eq=False)
class DenseGamma:
    """Γ as numbers, m × m."""

    matrix: FloatArray

    def times(self, columns: FloatArray) -> FloatArray:
        return np.asarray(self.matrix @ columns)

    def sandwich(self, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        spread = self.times(columns)
        return spread, np.asarray(columns.T @ spread)

    def variances(self, jacobian: "MetricJacobian") -> FloatArray:
        return np.asarray(np.diag(jacobian.times(jacobian.times(self.matrix).T)))


@dataclass(frozen=True, eq=False)
class CasewiseGamma:
    """Γ of casewise moments (n × m), free of distribution."""

    moments: FloatArray

    def times(self, columns: FloatArray) -> FloatArray:
        return np.asarray(self.moments.T @ (self.moments @ columns) / len(self.moments))

    def sandwich(self, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        scores = self.moments @ columns
        n = len(self.moments)
        return np.asarray(self.moments.T @ scores / n), np.asarray(scores.T @ scores / n)

    def variances(self, jacobian: "MetricJacobian") -> FloatArray:
        return np.asarray(np.mean(jacobian.times(self.moments.T) ** 2, axis=1))


@dataclass(frozen=True, eq=False)
class NormalGamma:
    """Γ of normal theory at the sample covariance, given the fixed exogenous variables where there are any."""

    evaluation: Evaluation
    group: int

    @cached_property
    def covariance(self) -> FloatArray:
        return np.asarray(self.evaluation.sample_cov[self.group])

    @cached_property
    def explained(self) -> FloatArray | None:
        """Covariance (p × p) of the regressions on the fixed exogenous variables."""
        block = list(self.evaluation.exogenous)
        if not block:
            return None
        across = self.covariance[:, block]
        return np.asarray(across @ np.linalg.solve(self.covariance[np.ix_(block, block)], across.T))

    def times(self, columns: FloatArray) -> FloatArray:
        means = self.evaluation.has_means
        product = multiply_normal_gamma(self.covariance, columns, means)
        return product if self.explained is None else product - multiply_normal_gamma(self.explained, columns, means)

    def sandwich(self, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        spread = self.times(columns)
        return spread, np.asarray(columns.T @ spread)

    def variances(self, jacobian: "MetricJacobian") -> FloatArray:
        if self.explained is not None:
            whole = self.times(np.eye(self.evaluation.moments_per_group))
            return DenseGamma(whole).variances(jacobian)
        return jacobian.normal_variances()


def times_saturated_information(
    evaluation: Evaluation, options: InferenceOptions, group: int, columns: FloatArray
) -> FloatArray:
    """W times columns (m × k), W the information that the estimator gives the moments of a group."""
    if evaluation.estimator == "ML" and options.information == "observed":
        return times_observed_information(evaluation, group, columns)
    if evaluation.estimator == "ML" and options.information == "first.order":
        scores = _saturated_scores(evaluation, group)
        return np.asarray(scores.T @ (scores @ columns) / len(scores))
    return build_estimator_weight(evaluation).times(group, columns)


def times_delta(evaluation: Evaluation, options: InferenceOptions, group: int, delta: FloatArray) -> FloatArray:
    """W times the derivatives of the moments (m × q).

    A cell changes Σ by w(lrᵀ + rlᵀ), and normal-theory information makes of X the matrix ½(QXR + RXQ), so that for
    covariances alone the columns are products of those of QC and RC.
    """
    plain = evaluation.estimator in {"ML", "GLS"} and evaluation.model.composites is None
    if not plain or options.information == "first.order" or evaluation.has_means:
        return times_saturated_information(evaluation, options, group, delta)
    S = evaluation.sample_cov[group]
    Q = evaluation.implied_inverse[group] if evaluation.estimator == "ML" else np.linalg.inv(S)
    R = 2.0 * Q @ S @ Q - Q if evaluation.estimator == "ML" and options.information == "observed" else Q
    cells, C = evaluation.model.cells[group], evaluation.moments.columns[group]
    rows, cols = vech_indices(len(Q))
    half = np.where(rows == cols, 0.25, 0.5)[:, None]
    block = np.zeros((len(rows), cells.size))
    for left, right in ((Q @ C, R @ C), (R @ C, Q @ C)):
        first, second = left[:, cells.row], right[:, cells.right] * cells.weight
        block += first[rows] * second[cols] + second[rows] * first[cols]
    result = np.zeros(delta.shape)
    result[:, cells.position] = block * half
    return result


def _saturated_scores(evaluation: Evaluation, group: int) -> FloatArray:
    """Scores of the saturated model at the implied moments, n × m: V(z_i − σ̂)."""
    rows = centre_rows(evaluation, group, at_model=True)
    products = compute_products(evaluation, rows)
    first, second = vech_indices(rows.shape[1])
    products[:, -len(first) :] -= evaluation.implied_cov[group][first, second]
    return NormalWeight(evaluation.implied_inverse).times(group, products.T).T


class MetricJacobian:
    """Derivative J (m × m, sparse) of the moments in a metric by the raw ones, at the sample covariance (p × p)."""

    def __init__(self, covariance: FloatArray, metric: str, means: bool) -> None:
        p = len(covariance)
        self.rows, self.cols = vech_indices(p)
        self.first = p if means else 0
        self.covariance, self.metric = covariance, metric
        deviation = np.sqrt(np.diag(covariance))
        self.deviation = deviation
        self.scale = 1.0 / (deviation[self.rows] * deviation[self.cols]) if metric != "raw" else np.ones(len(self.rows))
        self.diagonal = np.flatnonzero(self.rows == self.cols)

    def times(self, columns: FloatArray) -> FloatArray:
        """J times columns (m × k)."""
        second = columns[self.first :]
        result = self.scale[:, None] * second
        if self.metric == "cor.bollen":
            correlation = self.covariance[self.rows, self.cols] * self.scale
            relative = second[self.diagonal] / (self.deviation**2)[:, None]
            result = result - 0.5 * correlation[:, None] * (relative[self.rows] + relative[self.cols])
            result[self.diagonal] = 0.0
        if not self.first:
            return np.asarray(result)
        means = columns[: self.first]
        return np.concatenate([means if self.metric == "raw" else means / self.deviation[:, None], result])

    def normal_variances(self) -> FloatArray:
        """diag(JΓJᵀ) for Γ of normal theory: s_ii s_jj + s_ij² for covariances, (1 − ρ²)² for correlations."""
        variances = np.diag(self.covariance)
        squares = self.covariance[self.rows, self.cols] ** 2
        both = variances[self.rows] * variances[self.cols]
        second = (1.0 - squares / both) ** 2 if self.metric == "cor.bollen" else (both + squares) * self.scale**2
        if not self.first:
            return np.asarray(second)
        return np.concatenate([variances if self.metric == "raw" else np.ones(self.first), second])
