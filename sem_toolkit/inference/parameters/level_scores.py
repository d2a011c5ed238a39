"""Factor scores at two levels: of rows within clusters, of clusters between them.

The weights of one level, times what all rows of a cluster say of the parts u and e of its variables. With regression
weights that is E(η | rows). Source: Rabe-Hesketh, Skrondal & Pickles (2004), Psychometrika 69, 167-190.
"""

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.parameters.numeric_scores import compute_bartlett_weights
from sem_toolkit.inference.parameters.score_kind import FactorScores, ScoreMethod
from sem_toolkit.inference.weights.levels import get_evaluation
from sem_toolkit.sample.levels.directions import compute_directions
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.slopes import list_slopes


class LevelScores:
    """Of rows within clusters, or of clusters (see `ScoreKind`); Bartlett's weigh what the rows say of its parts."""

    def score(self, evaluation: AtEstimate, g: int, method: ScoreMethod) -> FactorScores:
        if method == "tenberge":
            message = (
                "ten Berge scores are those of rows that are observed themselves, which the parts of two levels are not"
            )
            raise DataError(Diagnostic("error", "not-with-levels", message, hint='ask for "regression" or "bartlett"'))
        names = _list_factors(evaluation, g)
        if method == "bartlett" and list_slopes(evaluation.model.table):
            message = "random slopes have no indicators, by which Bartlett's scores are made"
            raise DataError(Diagnostic("error", "not-with-slopes", message, hint='ask for "regression"'))
        weights = None if method == "regression" else compute_bartlett_weights(evaluation, g)[0]
        scores, se, determinacy = score_level(evaluation, g, weights)
        chosen = [evaluation.model.variables.index(name) for name in names]
        label = evaluation.sample.groups[g].label
        return FactorScores(label, names, scores[:, chosen], se[chosen], determinacy[chosen])


def _list_factors(evaluation: AtEstimate, g: int) -> tuple[str, ...]:
    """The latent variables of a level, and the random slopes."""
    model = evaluation.model
    there = {name for row in model.table.parameters if row.group == g + 1 for name in (row.lhs, row.rhs)}
    slopes = [slope.name for slope in list_slopes(model.table)] if g % 2 else []
    return tuple(name for name in (*model.variables[model.n_observed :], *dict.fromkeys(slopes)) if name in there)


def score_level(
    evaluation: AtEstimate, g: int, weights: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Scores of all t variables, one row a cluster between them and a row of data within, errors and determinacy (t).

    weights  of the parts of the observed variables (k × p); None for regression
    """
    p = evaluation.model.n_observed
    likelihood = get_evaluation(evaluation).likelihoods[g // 2]
    found = compute_directions(likelihood, between=bool(g % 2))
    V = evaluation.moments.all_covariance[g]
    cross, own = V[:, :p], np.diag(V)
    # what becomes of V⁻¹(y − μ); a level's observed variables are given by themselves
    reach = cross if weights is None else np.concatenate([cross[:p], weights @ V[:p, :p]])
    common = np.einsum("ka,ab,kb->k", reach, found.precision, cross)
    variance = np.einsum("ka,ab,kb->k", reach, found.precision, reach)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(np.maximum(own - 2.0 * common + variance, 0.0))
        determinacy = common / np.sqrt(variance * own)
    pull = found.pull if g % 2 else likelihood.clusters.restore(found.pull)
    all_mean = evaluation.moments.all_mean
    assert all_mean is not None  # noqa: S101 (models of levels have means)
    return pull @ reach.T + all_mean[g], se, determinacy
