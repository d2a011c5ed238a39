"""Information of the free parameters, each an average over observations (q × q): divide its inverse by N."""

import numpy as np

from sem_toolkit.discrepancy import MomentPair, NormalWeight, once
from sem_toolkit.inference.weights.data import choose_data_kind
from sem_toolkit.inference.weights.estimator import compute_estimator_information
from sem_toolkit.inference.weights.streamed import cross_streamed_scores
from sem_toolkit.sample.moments import FloatArray


def compute_expected_information(evaluation: MomentPair) -> FloatArray:
    """Expected information of normal-theory ML: Σ_g share_g ΔᵀV(Σ)Δ.

    Source: Browne (1974), South African Statistical Journal 8, 1-24.
    """
    if evaluation.kind.is_likelihood:
        return compute_estimator_information(evaluation)  # of incomplete rows too
    return NormalWeight(evaluation.implied_inverse).information(evaluation)


def compute_observed_information(evaluation: MomentPair) -> FloatArray:
    """Hessian of −logl/N for normal data: derivatives of second order included (Savalei, 2010, Psychological Methods
    15, 352-367).
    """
    return choose_data_kind(evaluation.sample).hessian(evaluation)


def compute_observed_first_order(evaluation: MomentPair) -> FloatArray:
    """The part of it that first derivatives make: ΔᵀWΔ with W the observed information of the saturated model."""
    return choose_data_kind(evaluation.sample).first_order(evaluation)


def compute_gradient_of_fit(evaluation: MomentPair) -> FloatArray:
    """Gradient of −logl/N by x (q) for normal data; zero along the basis at an optimum."""
    return choose_data_kind(evaluation.sample).gradient(evaluation)


def compute_casewise_scores(evaluation: MomentPair, group: int) -> FloatArray:
    """Gradient of each row's (with levels: each cluster's) log-likelihood by x, n × q, for normal data.

    Without means in the model they are saturated: rows are taken from their sample mean.
    """
    return choose_data_kind(evaluation.sample).scores(evaluation, group)


@once
def compute_first_order_information(evaluation: MomentPair) -> FloatArray:
    """Cross-products of the scores of rows, or of clusters, over N (outer product of gradients)."""
    if any(group.stream is not None for group in evaluation.sample.groups):
        streamed = sum(cross_streamed_scores(evaluation, g) for g in range(evaluation.model.n_groups))
        return np.asarray(streamed / evaluation.rows.sum())
    total = sum(
        scores.T @ scores
        for scores in (
            group.design.sum_draws(compute_casewise_scores(evaluation, g))
            for g, group in enumerate(evaluation.sample.groups)
        )
    )
    return np.asarray(total / evaluation.rows.sum())
