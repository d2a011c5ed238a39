"""Inference from incomplete rows: what the likelihood of each group says by the moments, brought to the parameters.

The moments of a group are [mean; vech(covariance)], as in `weights`. Information of the saturated model is taken at the
implied moments (structured) or at its own estimates (unstructured). Sources: Savalei (2010), Psychological Methods 15,
352-367; Yuan & Bentler (2000), Sociological Methodology 30, 165-200.
"""

from dataclasses import replace

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.discrepancy import DenseWeight, MomentPair, Weight, once
from sem_toolkit.discrepancy.pair import Pair
from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.inference.weights.clusters import compute_cluster_trace, list_cluster_covariances
from sem_toolkit.inference.weights.complete import CompleteData, Gammas
from sem_toolkit.inference.weights.moment_information import find_kept, invert_known
from sem_toolkit.inference.weights.observed import difference_gradient
from sem_toolkit.model import Model, compute_gradient
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.kernels import compute_second_order, pull_back_square
from sem_toolkit.sample.incomplete import IncompleteLikelihood, compute_incomplete_likelihood
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.patterns import Patterns, build_patterns, compute_available_moments

Likelihoods = tuple[IncompleteLikelihood, ...]


class IncompleteData(CompleteData):
    """What rows with empty cells say (see `DataKind`)."""

    is_reweighted = False
    has_corrected_test = True
    has_equations = False
    has_products = False

    def discrepancy(self, pair: MomentPair) -> FloatArray:
        return compute_incomplete_discrepancy(pair)

    def saturated_logl(self, pair: MomentPair) -> float:
        return compute_incomplete_saturated_logl(pair)

    def weight(self, pair: MomentPair) -> Weight:
        return build_information_weight(pair)

    def information(self, pair: MomentPair) -> FloatArray:
        return build_information_weight(pair).information(pair)

    def robust_weight(self, pair: MomentPair, information: str) -> Weight:
        return build_information_weight(pair, "observed" if information == "observed" else "expected")

    def times_information(self, pair: MomentPair, information: str, group: int, columns: FloatArray) -> FloatArray:
        return np.asarray(list_information(pair, information)[group] @ columns)

    def residual_weight(self, pair: MomentPair) -> Weight:
        return build_information_weight(pair)

    def free_gammas(self, pair: MomentPair) -> Gammas | None:
        if pair.sample.has_design:
            return list_cluster_covariances(pair)
        return self.gammas(pair) or list_moment_covariances(pair, "observed", True)

    def unbiased_gammas(self, pair: MomentPair) -> Gammas:
        if pair.sample.is_clustered:
            return list_cluster_covariances(pair)
        return list_moment_covariances(pair, "observed", True)

    def residual_gammas(self, pair: MomentPair, information: str, *, robust: bool) -> Gammas | None:
        return list_moment_covariances(pair, information, robust)

    def saturated_trace(self, pair: MomentPair, information: str) -> tuple[float, int]:
        clustered = pair.sample.has_design
        return (compute_cluster_trace if clustered else compute_incomplete_saturated_trace)(pair, information)

    def gradient(self, pair: MomentPair) -> FloatArray:
        return compute_incomplete_gradient(pair)

    def hessian(self, pair: MomentPair) -> FloatArray:
        if pair.model.composites is not None:
            return difference_gradient(pair, compute_incomplete_gradient)
        return compute_incomplete_hessian(pair)

    def first_order(self, pair: MomentPair) -> FloatArray:
        return build_information_weight(pair, "observed").information(pair)

    def scores(self, pair: MomentPair, group: int) -> FloatArray:
        return compute_incomplete_scores(pair, group)

    def explained(self, pair: MomentPair) -> FloatArray:
        """By the expected information and the moments of available cases, as in lavaan."""
        residual, whole = compute_available_quadratics(pair, build_information_weight(pair))
        return np.asarray(1.0 - residual / whole)

    def baseline_moments(self, pair: MomentPair, exogenous: tuple[int, ...]) -> tuple[FloatArray | None, FloatArray]:
        return compute_baseline_moments(pair, exogenous)

    def estimate_baseline(self, pair: MomentPair, model: Model, x: FloatArray) -> FloatArray:
        """Saturated correlates leave no closed form."""
        from sem_toolkit.estimation import estimate

        return estimate(model, pair.sample).x if pair.sample.auxiliary else x


@once
def list_saturated_likelihoods(evaluation: MomentPair) -> Likelihoods:
    """The likelihood of each group at the saturated model's estimates."""
    return tuple(group.saturated.likelihood for group in evaluation.sample.groups if group.saturated is not None)


def list_patterns(evaluation: MomentPair) -> tuple[Patterns, ...]:
    """The patterns of the rows of each group."""
    return tuple(likelihood.patterns for likelihood in list_saturated_likelihoods(evaluation))


@once
def find_likelihoods(evaluation: MomentPair) -> tuple[IncompleteLikelihood | None, ...]:
    """The likelihood of each group at the implied moments; None where Σ is not positive definite."""
    mean = evaluation.moments.mean
    if mean is None:
        raise ModelError(Diagnostic("error", "no-means", "the likelihood of incomplete rows needs a model with means"))
    parts = zip(list_patterns(evaluation), mean, evaluation.implied_cov, strict=True)
    return tuple(compute_incomplete_likelihood(*part) for part in parts)


def list_likelihoods(evaluation: MomentPair) -> Likelihoods:
    """The same, required: raises ModelError where Σ is not positive definite."""
    return tuple(_require(likelihood) for likelihood in find_likelihoods(evaluation))


def _require(likelihood: IncompleteLikelihood | None) -> IncompleteLikelihood:
    if likelihood is None:
        message = "the implied covariance matrix is not positive definite"
        raise ModelError(Diagnostic("error", "not-positive-definite", message))
    return likelihood


def compute_incomplete_discrepancy(evaluation: MomentPair) -> FloatArray:
    """−2(logl − logl of the saturated model)/n of each group (G); NaN where Σ is not positive definite."""
    pairs = zip(find_likelihoods(evaluation), list_saturated_likelihoods(evaluation), strict=True)
    return np.array([np.nan if own is None else 2.0 * (own.value - saturated.value) for own, saturated in pairs])


@once
def compute_incomplete_saturated_logl(evaluation: MomentPair) -> float:
    """Log-likelihood of the saturated model, all groups, less that of the fixed exogenous variables by themselves.

    Where these have empty cells (ml.x) their likelihood is taken at the saturated moments of all variables, as in
    lavaan.
    """
    total, block = 0.0, list(evaluation.exogenous)
    for saturated in list_saturated_likelihoods(evaluation):
        total += saturated.logl
        if block:
            own = build_patterns(saturated.patterns.rows[:, block], saturated.patterns.weights)
            covariance = saturated.covariance[np.ix_(block, block)]
            total -= _require(compute_incomplete_likelihood(own, saturated.mean[block], covariance)).logl
    return float(total)


@once
def list_information(evaluation: MomentPair, kind: str = "expected", structured: bool = True) -> tuple[FloatArray, ...]:
    """Information of the moments of each group (m × m), per row: "expected", "observed" or "first.order".

    structured  at the implied moments, NaN where any Σ is not positive definite; otherwise at the estimates of the
                saturated model
    """
    if structured and None in find_likelihoods(evaluation):
        size = evaluation.moments.covariance.shape[-1]
        return (np.full((size + size * (size + 1) // 2,) * 2, np.nan),) * len(evaluation.shares)
    found = list_likelihoods(evaluation) if structured else list_saturated_likelihoods(evaluation)
    if kind == "first.order":
        return tuple(_cross(likelihood) for likelihood in found)
    return tuple(likelihood.information(expected=kind == "expected") for likelihood in found)


def _cross(likelihood: IncompleteLikelihood) -> FloatArray:
    scores = likelihood.casewise_scores()
    return np.asarray(scores.T @ scores / likelihood.patterns.total)


@once
def build_information_weight(evaluation: MomentPair, kind: str = "expected", structured: bool = True) -> DenseWeight:
    """The information of the moments as a weight of their residuals."""
    return DenseWeight(list_information(evaluation, kind, structured))


def list_slopes(evaluation: MomentPair) -> tuple[FloatArray, FloatArray]:
    """D (G × p × p) and e (G × p), d(−logl/N) = Σ_g tr(D_g dΣ_g) + e_gᵀdμ_g; NaN where Σ is not positive definite."""
    if None in find_likelihoods(evaluation):
        covariance = evaluation.moments.covariance
        return np.full_like(covariance, np.nan), np.full(covariance.shape[:-1], np.nan)
    found, shares = list_likelihoods(evaluation), evaluation.shares
    D = shares[:, None, None] * np.stack([own.by_covariance for own in found])
    return D, shares[:, None] * np.stack([own.by_mean for own in found])


def compute_incomplete_gradient(evaluation: MomentPair) -> FloatArray:
    """Gradient of −logl/N by x (q)."""
    return compute_gradient(evaluation.model, evaluation.x, evaluation.moments, *list_slopes(evaluation))


def compute_incomplete_hessian(evaluation: MomentPair) -> FloatArray:
    """Hessian of −logl/N by x (q × q), without composites."""
    bent = compute_second_order(evaluation.model, evaluation.moments, *list_slopes(evaluation))
    first = build_information_weight(evaluation, "observed").information(evaluation)
    return np.asarray(first + pull_back_square(evaluation.model, evaluation.x, bent))


def compute_incomplete_scores(evaluation: MomentPair, group: int) -> FloatArray:
    """Gradient of each row's log-likelihood by x, n × q; NaN where Σ is not positive definite."""
    own, delta = find_likelihoods(evaluation)[group], compute_delta(evaluation)[group]
    if own is None:
        return np.full((len(list_patterns(evaluation)[group].rows), delta.shape[1]), np.nan)
    return own.casewise_scores(delta)


@once
def list_moment_covariances(evaluation: MomentPair, kind: str, robust: bool) -> tuple[FloatArray, ...]:
    """n times the covariance matrix of the saturated estimates of each group (m × m): inverse information, or, free of
    distribution, the sandwich with the cross-products of the scores.
    """
    kept = find_kept(evaluation)
    inverses = [invert_known(matrix, kept) for matrix in list_information(evaluation, kind, False)]
    if not robust:
        return tuple(inverses)
    crosses = list_information(evaluation, "first.order", False)
    return tuple(inverse @ cross @ inverse for inverse, cross in zip(inverses, crosses, strict=True))


@once
def compute_incomplete_saturated_trace(evaluation: MomentPair, kind: str) -> tuple[float, int]:
    """tr(A₁⁻¹B₁) of the saturated model at its own estimates, all groups, and the number of its moments."""
    total, count = 0.0, 0
    pairs = zip(
        list_information(evaluation, kind, False), list_information(evaluation, "first.order", False), strict=True
    )
    for matrix, cross in pairs:
        inverse = invert_known(matrix, find_kept(evaluation))
        total += float((inverse * cross).sum())
        count += int((inverse.diagonal() > 0.0).sum())
    return total, count


def complete(evaluation: Pair) -> Pair:
    """The same with the saturated model's estimates for the moments of a complete sample."""
    return replace(evaluation, sample=replace(evaluation.sample, missing="listwise"))


def compute_baseline_moments(evaluation: MomentPair, exogenous: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
    """Means (G × p) and covariances (G × p × p) of the baseline model: those of the values that are there; exogenous
    variables have their own saturated model, or, where they are fixed and rows count alike, the moments of available
    cases, as in lavaan.
    """
    from sem_toolkit.sample.saturated import compute_saturated_model

    means, covariances = [], []
    for patterns in list_patterns(evaluation):
        mean = patterns.means.copy()
        covariance = np.diag(patterns.variances)
        available_mean, available = compute_available_moments(patterns)
        for block in ([i for i in exogenous if i not in evaluation.exogenous], list(evaluation.exogenous)):
            if not block:
                continue
            places = np.ix_(block, block)
            if block[0] in evaluation.exogenous and patterns.weights is None:
                mean[block], covariance[places] = available_mean[block], available[places]
            else:
                own = build_patterns(patterns.rows[:, block], patterns.weights)
                found = compute_saturated_model(own)
                mean[block], covariance[places] = found.mean, found.covariance
        means.append(mean)
        covariances.append(covariance)
    return np.stack(means), np.stack(covariances)


def compute_available_quadratics(evaluation: MomentPair, weight: DenseWeight) -> tuple[FloatArray, FloatArray]:
    """eᵀWe and sᵀWs of each group (G) with s the moments of available cases and e what they exceed the implied ones by.

    The moments of fixed exogenous variables count as 0.
    """
    own, residual, mean = (
        np.zeros(evaluation.model.n_groups),
        np.zeros(evaluation.model.n_groups),
        evaluation.moments.mean,
    )
    rows, cols = vech_indices(evaluation.model.n_observed)
    kept = find_kept(evaluation)
    assert mean is not None  # noqa: S101
    for g, patterns in enumerate(list_patterns(evaluation)):
        middle, covariance = compute_available_moments(patterns)
        if patterns.weights is not None:
            saturated = list_saturated_likelihoods(evaluation)[g]
            middle, covariance = saturated.mean, saturated.covariance
        s = np.concatenate([middle, covariance[rows, cols]])
        e = s - np.concatenate([mean[g], evaluation.implied_cov[g][rows, cols]])
        W = weight.matrices[g][np.ix_(kept, kept)]
        own[g], residual[g] = s[kept] @ W @ s[kept], e[kept] @ W @ e[kept]
    return residual, own
