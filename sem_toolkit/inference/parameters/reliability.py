"""Reliability of composites and validity of factors."""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.parameters.ordinal_reliability import compute_answer_alpha, compute_green_yang
from sem_toolkit.model import compute_matrices
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.sample.moments import FloatArray, compute_correlation


@dataclass(frozen=True, eq=False)
class Reliability:
    """Reliability and validity in one group, by factors with observed indicators (k).

    alpha          Cronbach's α of the indicators' sum (tau-equivalent true scores)
    omega          share of the sum's observed variance that the factor explains: (1ᵀλ)²ψ / 1ᵀS1 (McDonald's ω)
    omega_model    the same of the implied variance: (1ᵀλ)²ψ / 1ᵀΣ1 (Bentler's ω)
    composite      without other common variance below the line: (1ᵀλ)²ψ / ((1ᵀλ)²ψ + 1ᵀΘ1) (Raykov's composite
    reliability)
    ave            average variance extracted: Σλ²ψ / Σs_ii; ave_model: Σλ²ψ / Σσ_ii
    correlations   of the factors as implied, k × k
    fornell_larcker   √AVE on the diagonal, correlations below it, k × k, NaN above
    alpha_response, omega_response   with ordered variables: α and ω of the sum of the responses behind them, as if
                   these were known; `alpha` is then of the answers as coded, and `omega`, `omega_model` and `composite`
                   are of the sum of the answers (Green & Yang 2009), NaN for a factor of ordered and numeric variables
    htmt, htmt2    ratios of mean correlations between and within (arithmetic, geometric), k × k, 1 on the diagonal
    """

    label: str
    factors: tuple[str, ...]
    alpha: FloatArray
    omega: FloatArray
    omega_model: FloatArray
    composite: FloatArray
    ave: FloatArray
    ave_model: FloatArray
    correlations: FloatArray
    fornell_larcker: FloatArray
    htmt: FloatArray
    htmt2: FloatArray
    alpha_response: FloatArray | None = None
    omega_response: FloatArray | None = None


def compute_alpha(covariance: FloatArray) -> float:
    """Cronbach's α of k items: k/(k − 1) (1 − tr(S)/1ᵀS1), S k × k; NaN for one item.

    Source: Cronbach (1951), Psychometrika 16, 297-334.
    """
    k = len(covariance)
    return k / (k - 1) * (1.0 - float(np.trace(covariance)) / float(covariance.sum())) if k > 1 else float("nan")


def compute_omega(loadings: FloatArray, variance: float, total: float) -> float:
    """(1ᵀλ)²ψ / total: share of the variance of a sum that a factor with k loadings and variance ψ explains.

    Sources: McDonald (1999), Test theory; Bentler (2009), Psychometrika 74, 137-143; Raykov (2001), British Journal of
    Mathematical and Statistical Psychology 54, 315-323. They differ in the total.
    """
    return float(loadings.sum() ** 2 * variance / total)


def compute_ave(loadings: FloatArray, variance: float, variances: FloatArray) -> float:
    """Average variance extracted: Σλ²ψ / Σσ_ii over k indicators.

    Source: Fornell & Larcker (1981), Journal of Marketing Research 18, 39-50.
    """
    return float(np.sum(loadings**2) * variance / np.sum(variances))


def compute_htmt(correlation: FloatArray, blocks: list[list[int]], geometric: bool = False) -> FloatArray:
    """Heterotrait-monotrait ratios of k blocks of items, k × k; NaN for blocks of one item, 1 on the diagonal.

    Mean absolute correlation between two blocks over the root of the product of the means within them.
    Sources: Henseler, Ringle & Sarstedt (2015), Journal of the Academy of Marketing Science 43, 115-135; geometric
    means:
    Roemer, Schuberth & Henseler (2021), Industrial Management & Data Systems 121, 2637-2650.
    """
    absolute = np.abs(correlation)
    k = len(blocks)
    within = np.full(k, np.nan)
    for i, block in enumerate(blocks):
        inner = absolute[np.ix_(block, block)][np.tril_indices(len(block), -1)]
        within[i] = _mean(inner, geometric)
    ratios = np.eye(k)
    for i in range(k):
        for j in range(i):
            between = _mean(absolute[np.ix_(blocks[i], blocks[j])].ravel(), geometric)
            scale = np.sqrt(within[i] * within[j])
            ratios[i, j] = ratios[j, i] = between / scale if scale else np.nan
    return ratios


def compute_group_reliability(evaluation: AtEstimate) -> tuple[Reliability, ...]:
    """Reliability and validity in every group, of the factors that observed variables measure."""
    evaluation.require_saturated("reliabilities")
    return tuple(_describe_group(evaluation, g) for g in range(evaluation.model.n_groups))


def _measure_responses(
    evaluation: AtEstimate, layout: CategoricalLayout, g: int, directed: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Effects, covariances of all variables and sample covariances with responses in units of standard deviations."""
    moments, group = evaluation.moments, evaluation.sample.groups[g]
    units = np.ones(len(directed))
    units[layout.variables] = layout.find_units(moments, g)
    V = moments.all_covariance[g] * units[:, None] * units
    return directed * units[:, None] / units, V, group.covariance


def _describe_answers(
    evaluation: AtEstimate,
    layout: CategoricalLayout,
    g: int,
    blocks: list[list[int]],
    commons: list[FloatArray],
    sample: FloatArray,
    implied: FloatArray,
) -> FloatArray:
    """α of the answers, and ω by sample and implied correlations and without other common variance (4 × k)."""
    data = evaluation.sample.groups[g].data
    assert data is not None  # noqa: S101
    first = layout.stack(evaluation.moments)[g][layout.parts[0]]
    variable, threshold = layout.first
    heights = {int(own): first[(variable == at) & (threshold >= 0)] for at, own in enumerate(layout.variables)}
    found = []
    for block, common in zip(blocks, commons, strict=True):
        thresholds = [heights[at] for at in block]
        alpha = compute_answer_alpha(data[:, block])
        if not all(len(values) for values in thresholds):
            found.append([alpha, np.nan, np.nan, np.nan])
            continue
        inner = np.ix_(block, block)
        alone = common.copy()
        np.fill_diagonal(alone, 1.0)
        totals = (compute_correlation(sample[inner]), compute_correlation(implied[inner]), alone)
        found.append([alpha, *(compute_green_yang(thresholds, common, total) for total in totals)])
    return np.array(found).reshape(len(blocks), 4).T


def _describe_group(evaluation: AtEstimate, g: int) -> Reliability:
    model, p = evaluation.model, evaluation.model.n_observed
    places = {name: i for i, name in enumerate(model.variables)}
    measured: dict[str, list[int]] = {}
    for row in model.table.parameters:
        if row.op == "=~" and row.group == g + 1 and places[row.rhs] < p:
            measured.setdefault(row.lhs, []).append(places[row.rhs])
    directed = compute_matrices(model, evaluation.x).directed[g]
    V, S, Sigma = evaluation.moments.all_covariance[g], evaluation.sample_cov[g], evaluation.implied_cov[g]
    if isinstance(model.layout, CategoricalLayout):
        directed, V, S = _measure_responses(evaluation, model.layout, g, directed)
        Sigma = V[:p, :p]
    names = tuple(measured)
    found: list[list[float]] = []
    for name, block in measured.items():
        loadings, variance = directed[block, places[name]], float(V[places[name], places[name]])
        observed, implied = S[np.ix_(block, block)], Sigma[np.ix_(block, block)]
        common = directed[np.ix_(block, range(p, len(V)))]
        unique = implied - common @ V[p:, p:] @ common.T
        true = float(loadings.sum() ** 2 * variance)
        found.append(
            [
                compute_alpha(observed),
                compute_omega(loadings, variance, observed.sum()),
                compute_omega(loadings, variance, implied.sum()),
                compute_omega(loadings, variance, true + float(unique.sum())),
                compute_ave(loadings, variance, np.diag(observed)),
                compute_ave(loadings, variance, np.diag(implied)),
            ]
        )
    columns = np.array(found).reshape(len(names), 6).T
    where = [places[name] for name in names]
    with np.errstate(invalid="ignore"):  # NaN where a variance is negative
        correlations = compute_correlation(V[np.ix_(where, where)]) if names else np.zeros((0, 0))
        table = np.where(np.tri(len(names), dtype=bool), correlations, np.nan)
        np.fill_diagonal(table, np.sqrt(columns[4]))
    with np.errstate(invalid="ignore"):  # variables that do not occur at a level have no variance there
        sample = compute_correlation(S)
    blocks = list(measured.values())
    alpha_response = omega_response = None
    if isinstance(model.layout, CategoricalLayout):
        alpha_response, omega_response = columns[0].copy(), columns[1].copy()
        commons = [
            np.outer(directed[block, at], directed[block, at]) * V[at, at]
            for block, at in zip(blocks, where, strict=True)
        ]
        columns[:4] = _describe_answers(evaluation, model.layout, g, blocks, commons, S, Sigma)
    return Reliability(
        evaluation.sample.groups[g].label,
        names,
        alpha=columns[0],
        omega=columns[1],
        omega_model=columns[2],
        composite=columns[3],
        ave=columns[4],
        ave_model=columns[5],
        correlations=correlations,
        fornell_larcker=table,
        htmt=compute_htmt(sample, blocks),
        htmt2=compute_htmt(sample, blocks, geometric=True),
        alpha_response=alpha_response,
        omega_response=omega_response,
    )


def _mean(values: FloatArray, geometric: bool) -> float:
    if not values.size:
        return float("nan")
    with np.errstate(divide="ignore"):  # a correlation of 0 makes a geometric mean of 0
        return float(np.exp(np.mean(np.log(values)))) if geometric else float(values.mean())
