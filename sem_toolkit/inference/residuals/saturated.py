"""The saturated model: covariance matrix Γ of the sample moments, information W that the estimator gives them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy.moment_covariance import build_distribution_free_weight
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.residuals.metrics import MetricJacobian
from sem_toolkit.inference.weights.casewise import CasewiseMoments
from sem_toolkit.inference.weights.clusters import list_cluster_covariances
from sem_toolkit.inference.weights.moment_derivatives import Matrix
from sem_toolkit.inference.weights.normal_gamma import multiply_normal_gamma
from sem_toolkit.inference.weights.robust import build_robust_weight
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


class Gamma(Protocol):
    """The covariance matrix Γ (m × m) of the sample moments of one group, times n."""

    def times(self, columns: FloatArray) -> FloatArray:
        """Γ times a matrix (m × k)."""
        ...

    def variances(self, jacobian: MetricJacobian) -> FloatArray:
        """diag(JΓJᵀ), m."""
        ...


def build_gamma(evaluation: AtEstimate, options: InferenceOptions, group: int) -> Gamma:
    """Γ as standard errors and tests ask for: free of distribution for robust ones, else by normal theory.

    Weights that are frequencies count as such where variances of moments are made. With first-order information it is
    the inverse of the outer products of the saturated scores. All as in lavaan.
    """
    free = options.needs_gamma or evaluation.kind.is_distribution_free
    if evaluation.sample.has_design:
        if free and evaluation.sample.groups[group].design.frequencies:
            return DenseGamma(
                CasewiseMoments(evaluation, build_robust_weight(evaluation, options.information), group).gamma
            )
        return DenseGamma(list_cluster_covariances(evaluation)[group])
    known = evaluation.data.residual_gammas(evaluation, options.information, robust=options.se == "robust.huber.white")
    if known is not None:
        return DenseGamma(known[group])
    if options.information == "first.order":
        normal = NormalGamma(evaluation, group)
        whole = normal.times(np.eye(evaluation.moments_per_group))
        return DenseGamma(whole @ build_distribution_free_weight(evaluation, group) @ whole)
    if (free or options.se == "robust.huber.white") and not options.takes_normal_gamma(evaluation.kind):
        return CasewiseGamma(CasewiseMoments(evaluation, build_robust_weight(evaluation, options.information), group))
    return NormalGamma(evaluation, group)


@dataclass(frozen=True, eq=False)
class DenseGamma:
    """Γ as numbers, m × m."""

    matrix: FloatArray

    def times(self, columns: FloatArray) -> FloatArray:
        return np.asarray(self.matrix @ columns)

    def variances(self, jacobian: MetricJacobian) -> FloatArray:
        return np.asarray(np.diag(jacobian.times(jacobian.times(self.matrix).T)))


@dataclass(frozen=True, eq=False)
class CasewiseGamma:
    """Γ of casewise moments, free of distribution: by some moments of all n rows at a time, never n × m."""

    part: CasewiseMoments

    def times(self, columns: FloatArray) -> FloatArray:
        moments = self.part.moments
        return np.asarray(moments.T @ (moments @ columns) / len(moments))

    def variances(self, jacobian: MetricJacobian) -> FloatArray:
        return np.concatenate([np.mean(block**2, axis=1) for _, block in jacobian.list_casewise(self.part)])

    def variances_and_shares(
        self, jacobian: MetricJacobian, delta: Matrix, scores: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """diag(JΓJᵀ) and diag(JZᵀ/n · scores · Δᵀ), m each, for scores n × q and Δ m × q."""
        along, own, shared = np.ascontiguousarray(scores.T), [], []
        for rows, block in jacobian.list_casewise(self.part):
            own.append(np.einsum("bn,bn->b", block, block))
            shared.append(np.einsum("bn,bn->b", block, delta[rows] @ along))
        return np.concatenate(own) / len(scores), np.concatenate(shared) / len(scores)


@dataclass(frozen=True, eq=False)
class NormalGamma:
    """Γ of normal theory at the sample covariance, given the fixed exogenous variables where there are any."""

    evaluation: AtEstimate
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

    def variances(self, jacobian: MetricJacobian) -> FloatArray:
        if self.explained is not None:
            whole = self.times(np.eye(self.evaluation.moments_per_group))
            return DenseGamma(whole).variances(jacobian)
        return jacobian.normal_variances()


def times_delta(evaluation: AtEstimate, options: InferenceOptions, group: int, delta: FloatArray) -> FloatArray:
    """W times the derivatives of the moments (m × q).

    A cell changes Σ by w(lrᵀ + rlᵀ), and normal-theory information makes of X the matrix ½(QXR + RXQ), so that for
    covariances alone the columns are products of those of QC and RC.
    """
    plain = evaluation.data.has_products and evaluation.kind.is_normal_theory and evaluation.model.composites is None
    if not plain or options.information == "first.order" or evaluation.has_means:
        return evaluation.data.times_information(evaluation, options.information, group, delta)
    S = evaluation.sample_cov[group]
    Q = evaluation.implied_inverse[group] if evaluation.kind.is_likelihood else np.linalg.inv(S)
    R = 2.0 * Q @ S @ Q - Q if evaluation.kind.is_likelihood and options.information == "observed" else Q
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
