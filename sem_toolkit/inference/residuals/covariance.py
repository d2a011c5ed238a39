"""Covariance matrix of the residual moments: Γ − ΓWΔA⁻¹Δᵀ − ΔA⁻¹ΔᵀWΓ + ΔA⁻¹(ΔᵀWΓWΔ)A⁻¹Δᵀ over the sample size.

A = ΔᵀWΔ within the constraints, Γ the covariance matrix of the sample moments, W what the estimator weights them with.
Where only its diagonal is asked for, no m × m matrix is formed.
"""

from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy import invert_symmetric
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.covariance import invert_information
from sem_toolkit.inference.errors.estimates import compute_estimate_covariance
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.residuals.metrics import MetricJacobian
from sem_toolkit.inference.residuals.saturated import CasewiseGamma, Gamma, NormalGamma, build_gamma, times_delta
from sem_toolkit.inference.weights.casewise import CasewiseMoments
from sem_toolkit.inference.weights.estimator import compute_estimator_information
from sem_toolkit.inference.weights.moment_derivatives import Matrix, build_delta, compute_row_products, to_dense
from sem_toolkit.inference.weights.robust import build_robust_weight
from sem_toolkit.model import compute_information, compute_jacobian
from sem_toolkit.sample.moments import FloatArray

_ROUNDING = 1e-11
"""What is left of a variance, relative to that of the sample moment, where nothing should be."""


@dataclass(frozen=True, eq=False)
class ResidualCovariance:
    """The pieces of the covariance matrix of the residuals, m × m by group.

    gammas    Γ of each group
    spread    ΓWΔ of each group (m × q), or ΔᵀW(z_i − z̄) of its rows (n × q) where Γ is casewise
    inverse   A⁻¹ (q × q); meat: ΔᵀWΓWΔ of all groups together (q × q)
    """

    evaluation: AtEstimate
    options: InferenceOptions
    gammas: tuple[Gamma, ...]
    spread: tuple[FloatArray, ...]
    inverse: FloatArray
    meat: FloatArray

    @cached_property
    def delta(self) -> list[Matrix]:
        return build_delta(self.evaluation)

    def sample_variances(self, g: int, metric: str) -> FloatArray:
        """Variances of the sample moments (m) in a metric."""
        return np.asarray(self.gammas[g].variances(self._jacobian(g, metric)) / self.evaluation.rows[g])

    def simple_variances(self, g: int, metric: str) -> FloatArray:
        """Variances of the sample moments less those of the implied ones (m), which may be negative."""
        covariance = compute_estimate_covariance(self.evaluation, self.options)
        delta = self._jacobian(g, metric).times(self.delta[g])
        return np.asarray(self.sample_variances(g, metric) - compute_row_products(delta, covariance))

    def variances(self, g: int, metric: str) -> FloatArray:
        """Variances of the residuals (m) in a metric; 0 where the model meets a moment of any sample."""
        jacobian, gamma = self._jacobian(g, metric), self.gammas[g]
        delta = jacobian.times(self.delta[g])
        if isinstance(gamma, CasewiseGamma):
            own, shared = gamma.variances_and_shares(jacobian, delta, self.spread[g] @ self.inverse)
        else:
            own = gamma.variances(jacobian)
            shared = compute_row_products(delta, self.inverse, jacobian.times(self.spread[g]))
        taken = compute_row_products(delta, self.inverse @ self.meat @ self.inverse) - 2.0 * shared
        own = own / self.evaluation.rows[g]
        found = own + taken / self.evaluation.rows.sum()
        return np.where(found > _ROUNDING * own, found, 0.0)

    def matrix(self, g: int, metric: str) -> FloatArray:
        """The covariance matrix itself, m × m."""
        n, gamma, along = self.evaluation.rows.sum(), self.gammas[g], to_dense(self.delta[g]) @ self.inverse
        spread = self.spread[g]
        if isinstance(gamma, CasewiseGamma):
            spread = gamma.part.moments.T @ spread / len(spread)
        cross = along @ spread.T / n
        whole = gamma.times(np.eye(len(along))) / self.evaluation.rows[g]
        whole = whole - cross - cross.T + along @ self.meat @ along.T / n
        jacobian = self._jacobian(g, metric).matrix
        return np.asarray(jacobian @ (jacobian @ whole).T)

    def _jacobian(self, g: int, metric: str) -> MetricJacobian:
        return MetricJacobian(self.evaluation.sample_cov[g], metric, self.evaluation.has_means)


def build_residual_covariance(evaluation: AtEstimate, options: InferenceOptions) -> ResidualCovariance:
    """The pieces, in the way that suits Γ and W; they are large (m × q), and are not kept beyond their use."""
    gammas = tuple(build_gamma(evaluation, options, g) for g in range(evaluation.model.n_groups))
    if any(isinstance(gamma, CasewiseGamma) for gamma in gammas):
        build = _spread_by_cases
    elif _is_normal(evaluation, options) and all(isinstance(gamma, NormalGamma) for gamma in gammas):
        build = _spread_by_gather
    else:
        build = _spread_by_products
    return ResidualCovariance(evaluation, options, gammas, *build(evaluation, options, gammas))


Pieces = tuple[tuple[FloatArray, ...], FloatArray, FloatArray]
"""spread, inverse and meat."""


def _is_normal(evaluation: AtEstimate, options: InferenceOptions) -> bool:
    """Whether W and Γ are both of normal theory, so that products with derivatives are gathers like these."""
    expected = evaluation.kind.is_normal_theory and options.information == "expected"
    return (
        expected and evaluation.data.has_products and not evaluation.exogenous and evaluation.model.composites is None
    )


def _spread_by_cases(evaluation: AtEstimate, options: InferenceOptions, gammas: tuple[Gamma, ...]) -> Pieces:
    weight = build_robust_weight(evaluation, options.information)
    scores = tuple(CasewiseMoments(evaluation, weight, g).scores for g in range(len(gammas)))
    inverse = invert_information(weight.information(evaluation), evaluation.free_basis)
    parts = zip(evaluation.shares, scores, strict=True)
    return scores, inverse, np.asarray(sum(share * part.T @ part / len(part) for share, part in parts))


def _spread_by_gather(evaluation: AtEstimate, options: InferenceOptions, gammas: tuple[Gamma, ...]) -> Pieces:
    """ΓWΔ has columns w(l̃r̃ᵀ + r̃l̃ᵀ) with l̃ = SQl: a Jacobian with SQC for C; ΔᵀWΓWΔ is an information by QSQ."""
    e = evaluation
    Q = e.implied_inverse if e.kind.is_likelihood else invert_symmetric(e.sample_cov)
    turned = e.sample_cov @ Q
    moments = replace(
        e.moments,
        total_effects=_turn(turned, e.moments.total_effects),
        all_covariance=_turn(turned, e.moments.all_covariance),
    )
    spread = compute_jacobian(e.model, e.x, moments)
    unused = e.moments.mean is not None and not e.has_means
    inverse = invert_information(compute_estimator_information(e), e.free_basis)
    meat = compute_information(e.model, e.x, e.moments, Q @ e.sample_cov @ Q, e.shares, means=e.has_means)
    return tuple(spread[:, e.model.n_observed :] if unused else spread), inverse, meat


def _turn(turned: FloatArray, matrices: FloatArray) -> FloatArray:
    """The rows of the observed variables of matrices (G × t × t) multiplied by G × p × p ones."""
    p = turned.shape[-1]
    result = matrices.copy()
    result[:, :p] = turned @ matrices[:, :p]
    return result


def _spread_by_products(evaluation: AtEstimate, options: InferenceOptions, gammas: tuple[Gamma, ...]) -> Pieces:
    delta = [to_dense(block) for block in build_delta(evaluation)]
    weighted = [times_delta(evaluation, options, g, block) for g, block in enumerate(delta)]
    spread = [gamma.times(columns) for gamma, columns in zip(gammas, weighted, strict=True)]
    shares = evaluation.shares
    information = sum(f * d.T @ w for f, d, w in zip(shares, delta, weighted, strict=True))
    meat = sum(f * w.T @ s for f, w, s in zip(shares, weighted, spread, strict=True))
    return tuple(spread), invert_information(np.asarray(information), evaluation.free_basis), np.asarray(meat)
