"""Factor scores at two levels: of rows within clusters, of clusters between them.

The weights of one level, times what all rows of a cluster say of the parts u and e of its variables. With regression
weights that is E(η | rows). Source: Rabe-Hesketh, Skrondal & Pickles (2004), Psychometrika 69, 167-190.
"""

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.weights.levels import get_evaluation
from sem_toolkit.sample.levels.directions import compute_directions
from sem_toolkit.sample.moments import FloatArray


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
