"""How estimates of the first step depend on the moments of the sample: derivatives, and what the moments vary by.

Moments are [mean; vech(covariance)] of numeric variables, or the statistics of ordered ones and those that go with
them (`model.categorical_layout`); a block of numeric indicators among ordered ones is fitted to moments of the former
kind, which follow from the statistics.
"""

from collections.abc import Iterator

import numpy as np

from sem_toolkit.discrepancy import Weight, compute_delta, once
from sem_toolkit.estimation.steps.blocks import Block
from sem_toolkit.estimation.steps.mapping import BlockPlace
from sem_toolkit.estimation.steps.search import Steps
from sem_toolkit.inference.at_estimate import AtEstimate, evaluate_solution
from sem_toolkit.inference.errors.covariance import compute_information_matrix, invert_information
from sem_toolkit.inference.weights.estimator import build_estimator_weight
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


@once
def list_joint_gammas(evaluation: AtEstimate) -> tuple[FloatArray, ...]:
    """n times the covariance matrix of the moments of each group (m × m), without bias.

    Of incomplete rows and of clusters it is that of the saturated estimates, and with fixed exogenous variables given
    these; of ordered variables that of thresholds and polychoric correlations.
    """
    return evaluation.data.unbiased_gammas(evaluation)


@once
def list_block_slopes(
    evaluation: AtEstimate, steps: Steps, information: str
) -> tuple[tuple[Block, tuple[FloatArray, ...]], ...]:
    """Derivatives of the parameters of each block (q_b) by the moments of each group (m): E⁻¹ΔᵀV."""
    result = []
    for block, place in zip(steps.blocks, steps.places, strict=True):
        own = evaluate_solution(block.solution)
        inverse = invert_information(compute_information_matrix(own, information), own.free_basis)
        weight: Weight = build_estimator_weight(own)
        delta, found = compute_delta(own), []
        for g in range(len(delta)):
            slopes = own.shares[g] * inverse @ weight.times(g, delta[g]).T
            found.append(_spread(evaluation, own, place, g, slopes))
        result.append((block, tuple(found)))
    return tuple(result)


def _spread(evaluation: AtEstimate, own: AtEstimate, place: BlockPlace, g: int, slopes: FloatArray) -> FloatArray:
    """Derivatives by the moments of a block (q_b × m_b) to those by all moments (q_b × m)."""
    p = evaluation.model.n_observed
    layout = evaluation.model.layout
    if isinstance(layout, CategoricalLayout) and own.model.responses is None:
        moments = differentiate_moments(evaluation, g)[find_moments(place.observed, p, own.has_means)]
        return np.asarray(slopes @ moments)
    result = np.zeros((len(slopes), evaluation.moments_per_group))
    if isinstance(layout, CategoricalLayout):
        known = set(layout.covariates.tolist())
        order = np.array([np.flatnonzero(layout.variables == at)[0] for at in place.observed if at not in known])
        result[:, evaluation.statistics[g].find(order)] = slopes
    else:
        result[:, find_moments(place.observed, p, evaluation.has_means)] = slopes
    return result


def list_first_slopes(steps: Steps, evaluation: AtEstimate, information: str) -> tuple[FloatArray, ...]:
    """The same for the parameters of the first step among all (q × m), for each group; 0 for the others."""
    shape = (evaluation.model.n_parameters, evaluation.moments_per_group)
    result = tuple(np.zeros(shape) for _ in range(evaluation.model.n_groups))
    for block, slopes in list_block_slopes(evaluation, steps, information):
        own = np.flatnonzero(block.places >= 0)
        for whole, part in zip(result, slopes, strict=True):
            whole[block.places[own]] = part[own]
    for g, (parameter, statistic) in enumerate(_list_loose(steps, evaluation)):
        result[g][parameter, statistic] = 1.0
    return result


def _list_loose(steps: Steps, evaluation: AtEstimate) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Places in x and among the statistics of each group of the thresholds that are as in the data."""
    layout, responses = evaluation.model.layout, evaluation.model.responses
    if not len(steps.loose) or responses is None or not isinstance(layout, CategoricalLayout):
        return
    _, threshold = layout.first
    for free in responses.free_thresholds:
        parameter = np.where(threshold >= 0, free[threshold], -1)
        statistic = np.flatnonzero(np.isin(parameter, steps.loose))
        yield parameter[statistic], statistic


def compute_first_covariance(steps: Steps, evaluation: AtEstimate) -> FloatArray:
    """Covariance matrix of the first step of ordered variables among all parameters (q × q): PΓPᵀ/n over the groups.

    It is that of each block by itself, which has n − 1 in the place of n, as in lavaan.
    """
    slopes, gammas = list_first_slopes(steps, evaluation, "expected"), list_joint_gammas(evaluation)
    total = np.zeros((evaluation.model.n_parameters,) * 2)
    for part, gamma, n in zip(slopes, gammas, evaluation.rows, strict=True):
        total += part @ gamma @ part.T / n
    return np.asarray(total * (evaluation.rows.sum() / evaluation.total))


def find_moments(variables: np.ndarray, p: int, means: bool) -> np.ndarray:
    """Places of the moments of some variables, in their order, among those of all p."""
    rows, columns = vech_indices(len(variables))
    place = np.zeros((p, p), dtype=np.intp)
    first, second = vech_indices(p)
    place[first, second] = place[second, first] = np.arange(len(first))
    own = place[variables[rows], variables[columns]]
    return np.concatenate([variables, p + own]) if means else own


@once
def differentiate_moments(evaluation: AtEstimate, g: int) -> FloatArray:
    """Derivatives of [mean; vech(covariance)] of all p variables by the m statistics of ordered ones and of others.

    Given covariates x with fixed moments, mean = intercepts + Π x̄ and covariance = Ψ + Π Sₓ Πᵀ, that with x being Π Sₓ.
    """
    layout, group = evaluation.model.layout, evaluation.sample.groups[g]
    assert isinstance(layout, CategoricalLayout)  # noqa: S101 (the layout of a model with ordered variables)
    assert group.mean is not None  # noqa: S101
    p, y, x = evaluation.model.n_observed, layout.variables, layout.covariates
    by_mean, by_cov = np.zeros((p, layout.size)), np.zeros((p, p, layout.size))
    first, slopes, variances, covariances = (np.arange(layout.size)[part] for part in layout.parts)
    variable, threshold = layout.first
    numeric = threshold < 0
    by_mean[y[variable[numeric]], first[numeric]] = 1.0
    across = group.covariance[np.ix_(x, y)]  # Sₓ Πᵀ
    for k, places in enumerate(slopes.reshape(len(x), len(y))):
        by_mean[y, places] = group.mean[x[k]]
        for v, place in zip(y, places, strict=True):
            by_cov[v, y, place] += across[k]
            by_cov[y, v, place] += across[k]
            by_cov[v, x, place] = by_cov[x, v, place] = group.covariance[x[k], x]
    by_cov[y[layout.numeric], y[layout.numeric], variances] = 1.0
    rows, columns = layout.pairs
    by_cov[y[rows], y[columns], covariances] = by_cov[y[columns], y[rows], covariances] = 1.0
    rows, columns = vech_indices(p)
    return np.concatenate([by_mean, by_cov[rows, columns]])
