"""What clusters and rows say of the two parts that they are made of, u and e: V⁻¹(y − μ), which predicts both.

With V the covariance matrix of all values of a cluster, E(u | rows) − μ_B = Σ_B Σ_i [V⁻¹(y − μ)]_i and
E(e_i | rows) = Σ_W [V⁻¹(y − μ)]_i, and what is known of either has the covariance matrix of these, with the blocks of
V⁻¹ in the middle. Source: Searle, Casella & McCulloch (1992), Variance components, ch. 7.
"""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.sample.levels.complete import CompleteLevels
from sem_toolkit.sample.levels.incomplete import IncompleteLevels
from sem_toolkit.sample.levels.likelihood import LevelLikelihood
from sem_toolkit.sample.levels.slopes import SlopeLevels
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True, eq=False)
class Directions:
    """Of the units of a level, clusters or rows, in the order of `Clusters`.

    pull       V⁻¹(y − μ), summed over the rows of a cluster (units × p)
    precision  mean over the units of their blocks of V⁻¹, summed likewise (p × p); NaN for rows beside random slopes
    """

    pull: FloatArray
    precision: FloatArray


def compute_directions(likelihood: LevelLikelihood, *, between: bool) -> Directions:
    """The directions of clusters, or of rows."""
    if isinstance(likelihood, IncompleteLevels):
        if between:
            return Directions(likelihood.direction, likelihood.outward.mean(axis=0))
        return Directions(likelihood.weights, likelihood.blocks.sum(axis=0) / likelihood.clusters.n)
    if isinstance(likelihood, SlopeLevels):
        if between:
            return Directions(likelihood.between_pull, likelihood.between_precision.mean(axis=0))
        unknown = np.full(likelihood.moments.within.shape, np.nan)
        return Directions(likelihood.compute_row_pull(), unknown)
    assert isinstance(likelihood, CompleteLevels)  # noqa: S101 (there are no others)
    clusters = likelihood.clusters
    sizes, place, counts = clusters.distinct
    gap = clusters.means - likelihood.moments.mean
    outer = np.einsum("jab,jb->ja", likelihood.inverses[place], gap)
    if between:
        return Directions(outer, np.tensordot(counts / clusters.count, likelihood.inverses, axes=1))
    own = np.where(clusters.within, outer / clusters.sizes[:, None], 0.0)
    shared = np.tensordot(counts / sizes, likelihood.inverses, axes=1) / clusters.n
    block = likelihood.inner * likelihood.inverse + shared * np.outer(clusters.within, clusters.within)
    return Directions(clusters.deviations @ likelihood.inverse + own[clusters.cluster], block)
