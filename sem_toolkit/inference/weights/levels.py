"""Inference from rows in clusters at two levels: what their likelihood says by the moments of both, by parameters.

The moments of a group are κ = [μ; vech Σ_W; vech Σ_B], as in `sample.levels`; information is per row. The independent
draws are clusters: scores are those of clusters. Source: Asparouhov & Muthén (2005), Multivariate statistical modeling
with survey data.
"""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.discrepancy import MomentPair, TwoLevelEvaluation, Weight, invert_symmetric, once
from sem_toolkit.discrepancy.two_level import stack_levels
from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.inference.weights.complete import CompleteData, compute_saturated_logl, weigh
from sem_toolkit.model import Model
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.levels import LevelLikelihood, SaturatedLevels
from sem_toolkit.sample.levels.likelihood import compute_logl
from sem_toolkit.sample.levels.saturated import list_free_moments
from sem_toolkit.sample.levels.slope_clusters import SlopeClusters
from sem_toolkit.sample.moments import FloatArray

IntArray = NDArray[np.intp]


class TwoLevelData(CompleteData):
    """What rows in clusters say (see `DataKind`); the groups of a pair are levels."""

    levels = 2
    is_reweighted = False
    has_residual_tests = False
    has_equations = False
    has_products = False

    def discrepancy(self, pair: MomentPair) -> FloatArray:
        return 2.0 * get_evaluation(pair).by_group

    def saturated_logl(self, pair: MomentPair) -> float:
        return compute_level_saturated_logl(pair)

    def information(self, pair: MomentPair) -> FloatArray:
        return pair.evaluated.information(pair.model, pair.x)

    def robust_weight(self, pair: MomentPair, information: str) -> Weight:
        return weigh(pair)

    def gradient(self, pair: MomentPair) -> FloatArray:
        return pair.evaluated.gradient(pair.model, pair.x)

    def hessian(self, pair: MomentPair) -> FloatArray:
        return pair.evaluated.hessian(pair.model, pair.x)

    def first_order(self, pair: MomentPair) -> FloatArray:
        return get_evaluation(pair).pull_back(pair.model, pair.x, expected=False)

    def scores(self, pair: MomentPair, group: int) -> FloatArray:
        return compute_level_scores(pair, group)

    def residual_weight(self, pair: MomentPair) -> Weight:
        raise ModelError(Diagnostic("error", "not-with-levels", "Browne's residual test is not there with two levels"))

    def saturated_trace(self, pair: MomentPair, information: str) -> tuple[float, int]:
        return compute_level_trace(pair, information)

    def explained(self, pair: MomentPair) -> FloatArray:
        return np.full(pair.model.n_groups, np.nan)

    def estimate_baseline(self, pair: MomentPair, model: Model, x: FloatArray) -> FloatArray:
        """Variances at both levels have no closed form."""
        from sem_toolkit.estimation import EstimationOptions, estimate

        return estimate(model, pair.sample, EstimationOptions(has_levels=True, bad_marker_crit=0.0), start=x).x


def get_evaluation(pair: MomentPair) -> TwoLevelEvaluation:
    """The discrepancy of two levels at the moments of the pair."""
    found = pair.evaluated
    assert isinstance(found, TwoLevelEvaluation)  # noqa: S101 (the kind says so)
    return found


def list_saturated(pair: MomentPair) -> tuple[SaturatedLevels, ...]:
    """The saturated model of every group of rows."""
    return tuple(group.levels for group in pair.sample.groups[0::2] if group.levels is not None)


@once
def compute_level_saturated_logl(pair: MomentPair) -> float:
    """Log-likelihood of the saturated model, all groups, less that of the fixed exogenous variables by themselves.

    Rows say of those within clusters, clusters of those between them. What is exogenous at both levels is not taken
    off, as in lavaan.
    """
    total = 0.0
    for g, saturated in enumerate(list_saturated(pair)):
        clusters = saturated.likelihood.clusters
        total += compute_logl(saturated.likelihood)
        starts = np.add.reduceat(clusters.rows, clusters.starts, axis=0) / clusters.sizes[:, None]
        for rows, both in zip((clusters.rows, starts), list_exogenous(pair)[2 * g : 2 * g + 2], strict=True):
            block = [i for i in both if not (clusters.within[i] and clusters.between[i])]
            if isinstance(clusters, SlopeClusters) and rows is clusters.rows:
                block = []  # rows are taken given these
            if block:
                own = rows[:, block]
                own = own[~np.isnan(own).any(axis=1)]
                logdet = float(np.linalg.slogdet(np.atleast_2d(np.cov(own.T, bias=True)))[1])
                total -= compute_saturated_logl(len(own), len(block), logdet)
    return total


@once
def list_exogenous(pair: MomentPair) -> tuple[tuple[int, ...], ...]:
    """Places of the fixed exogenous variables of every level."""
    place = {name: i for i, name in enumerate(pair.model.observed)}
    found: list[dict[int, None]] = [{} for _ in range(pair.model.n_groups)]
    for row in pair.model.table.parameters:
        if row.is_given and row.op == "~~" and row.lhs == row.rhs:
            found[row.group - 1][place[row.lhs]] = None
    return tuple(tuple(sorted(own)) for own in found)


@once
def compute_level_delta(pair: MomentPair) -> FloatArray:
    """Derivative of κ by x, G × m × q."""
    return stack_levels(compute_delta(pair))


def compute_level_scores(pair: MomentPair, group: int) -> FloatArray:
    """Gradient of each cluster's log-likelihood by x, J × q; none at the level between, to which they do not belong."""
    if group % 2:
        return np.zeros((0, pair.model.n_parameters))
    return np.asarray(
        get_evaluation(pair).likelihoods[group // 2].cluster_scores() @ compute_level_delta(pair)[group // 2]
    )


def find_estimated(pair: MomentPair, group: int) -> IntArray:
    """Places in κ of the moments of a group of rows that the saturated model estimates: without those of variables
    that do not occur, and those among fixed exogenous ones.
    """
    clusters = list_saturated(pair)[group].likelihood.clusters
    kept = list_free_moments(clusters)
    p = pair.model.n_observed
    rows, cols = vech_indices(p)
    blocks = list_exogenous(pair)[2 * group : 2 * group + 2]
    fixed = [np.isin(np.arange(p), [*blocks[0], *blocks[1]])]
    fixed += [np.isin(rows, block) & np.isin(cols, block) for block in blocks]
    return kept[~np.concatenate(fixed)[kept]]


def choose_information(likelihood: LevelLikelihood, kind: str) -> FloatArray:
    """Information of κ per row (m × m): "expected", "observed" or "first.order"."""
    if kind == "first.order":
        scores = likelihood.cluster_scores()
        return np.asarray(scores.T @ scores / likelihood.clusters.n)
    return likelihood.information(expected=kind == "expected")


@once
def compute_level_trace(pair: MomentPair, kind: str) -> tuple[float, int]:
    """tr(A₁⁻¹B₁) of the saturated model at its own estimates, all groups, and the number of its moments."""
    total, count = 0.0, 0
    for g, saturated in enumerate(list_saturated(pair)):
        kept = find_estimated(pair, g)
        chosen = np.ix_(kept, kept)
        information = choose_information(saturated.likelihood, kind)[chosen]
        cross = choose_information(saturated.likelihood, "first.order")[chosen]
        total += float(np.trace(np.linalg.solve(information, cross)))
        count += len(kept)
    return total, count


@once
def list_level_covariances(pair: MomentPair, kind: str, robust: bool) -> tuple[FloatArray, ...]:
    """n times the covariance matrix of the saturated κ of every group of rows (m × m), 0 for what is not estimated:
    inverse information, or, free of distribution, the sandwich with the scores of the clusters.
    """
    found = []
    for g, saturated in enumerate(list_saturated(pair)):
        kept = find_estimated(pair, g)
        chosen = np.ix_(kept, kept)
        whole = choose_information(saturated.likelihood, kind)
        own = invert_symmetric(whole[chosen])
        if robust:
            own = own @ choose_information(saturated.likelihood, "first.order")[chosen] @ own
        result = np.zeros_like(whole)
        result[chosen] = own
        found.append(result)
    return tuple(found)
