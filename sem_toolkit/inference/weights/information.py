"""Information of the free parameters, each an average over observations (q × q): divide its inverse by N."""

from dataclasses import replace

import numpy as np

from sem_toolkit.discrepancy import MomentPair, NormalWeight, centre_rows, iterate_rows, once
from sem_toolkit.discrepancy.weights import spread_cells
from sem_toolkit.inference.weights.estimator import compute_estimator_information
from sem_toolkit.inference.weights.incomplete import (
    build_information_weight,
    compute_incomplete_gradient,
    compute_incomplete_hessian,
    compute_incomplete_scores,
)
from sem_toolkit.inference.weights.levels import compute_level_scores, get_evaluation
from sem_toolkit.model import compute_gradient
from sem_toolkit.model.kernels import (
    add_block,
    compute_observed_part,
    compute_second_order,
    empty_square,
    pull_back_square,
)
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

    With Q = Σ⁻¹, T = S + (m − μ)(m − μ)ᵀ and z = Q(m − μ) a group contributes
    ½tr(Q ∂aΣ (2QTQ − Q) ∂bΣ) + ∂aμᵀQ∂bμ + ∂aμᵀQ∂bΣz + ∂bμᵀQ∂aΣz + ½tr((Q − QTQ)∂a∂bΣ) − zᵀ∂a∂bμ.
    """
    model, moments = evaluation.model, evaluation.moments
    if evaluation.kind.has_levels:
        return evaluation.evaluated.hessian(model, evaluation.x)
    if model.composites is not None:
        return _difference_gradient(evaluation)
    if evaluation.is_incomplete:
        return compute_incomplete_hessian(evaluation)
    Q, gap = evaluation.implied_inverse, evaluation.mean_gap
    P = Q @ _second_moments(evaluation) @ Q
    weights = evaluation.shares[:, None, None]
    bend = None if gap is None else -evaluation.shares[:, None] * (Q @ gap[..., None])[..., 0]
    bent = compute_second_order(model, moments, weights * 0.5 * (Q - P), bend)
    return compute_observed_first_order(evaluation) + pull_back_square(model, evaluation.x, bent)


def compute_observed_first_order(evaluation: MomentPair) -> FloatArray:
    """The part of it that first derivatives make: ΔᵀWΔ with W the observed information of the saturated model."""
    if evaluation.kind.has_levels:
        return get_evaluation(evaluation).pull_back(evaluation.model, evaluation.x, expected=False)
    if evaluation.is_incomplete:
        return build_information_weight(evaluation, "observed").information(evaluation)
    model, moments = evaluation.model, evaluation.moments
    Q, gap = evaluation.implied_inverse, evaluation.mean_gap
    P = Q @ _second_moments(evaluation) @ Q
    result = empty_square(model, moments.covariance)
    for g, cells in enumerate(model.cells):
        block = 0.5 * compute_observed_part(model, moments, g, Q[g], 2.0 * P[g] - Q[g], None)
        if gap is not None:
            block += compute_observed_part(model, moments, g, Q[g], np.zeros_like(Q[g]), Q[g] @ gap[g])
        add_block(result, cells, evaluation.shares[g] * block)
    return pull_back_square(model, evaluation.x, result)


def compute_gradient_of_fit(evaluation: MomentPair) -> FloatArray:
    """Gradient of −logl/N by x (q) for normal data; zero along the basis at an optimum."""
    if evaluation.kind.has_levels:
        return evaluation.evaluated.gradient(evaluation.model, evaluation.x)
    if evaluation.is_incomplete:
        return compute_incomplete_gradient(evaluation)
    Q, gap = evaluation.implied_inverse, evaluation.mean_gap
    shares = evaluation.shares[:, None, None]
    by_covariance = 0.5 * shares * (Q - Q @ _second_moments(evaluation) @ Q)
    by_mean = None if gap is None else -shares[:, :, 0] * (Q @ gap[..., None])[..., 0]
    return compute_gradient(evaluation.model, evaluation.x, evaluation.moments, by_covariance, by_mean)


def compute_casewise_scores(evaluation: MomentPair, group: int) -> FloatArray:
    """Gradient of each row's (with levels: each cluster's) log-likelihood by x, n × q, for normal data.

    Without means in the model they are saturated: rows are taken from their sample mean.
    """
    if evaluation.kind.has_levels:
        return compute_level_scores(evaluation, group)
    if evaluation.is_incomplete:
        return compute_incomplete_scores(evaluation, group)
    return _score_rows(evaluation, group, centre_rows(evaluation, group, at_model=True))


def _score_rows(evaluation: MomentPair, group: int, rows: FloatArray) -> FloatArray:
    """The same for rows less their mean (b × p): b × q."""
    weight = NormalWeight(evaluation.implied_inverse)
    scores = weight.scores(evaluation, group, rows)
    cells = evaluation.model.cells[group]
    columns = evaluation.moments.columns[group]
    inner = np.einsum("ic,ij,jc->c", columns[:, cells.row], evaluation.implied_inverse[group], columns[:, cells.right])
    return scores - spread_cells(evaluation, group, cells.weight * inner)


@once
def compute_first_order_information(evaluation: MomentPair) -> FloatArray:
    """Cross-products of the scores of rows, or of clusters, over N (outer product of gradients)."""
    if any(group.stream is not None for group in evaluation.sample.groups):
        streamed = np.zeros((evaluation.model.n_parameters,) * 2)
        for g in range(evaluation.model.n_groups):
            for rows in iterate_rows(evaluation, g, at_model=True):
                scores = _score_rows(evaluation, g, rows)
                streamed += scores.T @ scores
        return streamed / float(evaluation.rows.sum())
    total = sum(
        scores.T @ scores
        for scores in (
            group.design.sum_draws(compute_casewise_scores(evaluation, g))
            for g, group in enumerate(evaluation.sample.groups)
        )
    )
    return np.asarray(total / evaluation.rows.sum())


def _second_moments(evaluation: MomentPair) -> FloatArray:
    """S + (m − μ)(m − μ)ᵀ of each group, G × p × p."""
    gap = evaluation.mean_gap
    return evaluation.sample_cov if gap is None else evaluation.sample_cov + gap[:, :, None] * gap[:, None, :]


def _difference_gradient(evaluation: MomentPair) -> FloatArray:
    """The Hessian by fourth-order central differences: for composites, whose cells are not linear in x."""
    size = evaluation.model.n_parameters
    hessian = np.zeros((size, size))
    for j in range(size):
        step = 1e-3 * max(abs(evaluation.x[j]), 0.1)
        for factor, weight in ((-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)):
            moved = evaluation.x.copy()
            moved[j] += factor * step
            hessian[:, j] += weight * compute_gradient_of_fit(replace(evaluation, x=moved)) / (12.0 * step)
    return 0.5 * (hessian + hessian.T)
