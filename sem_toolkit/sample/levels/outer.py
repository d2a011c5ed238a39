"""What a cluster says of the variables that are the same for all of its rows: the others are taken given these."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.sample.levels.clusters import Clusters
from sem_toolkit.sample.levels.likelihood import LevelMoments
from sem_toolkit.sample.moments import FloatArray

IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Outer:
    """What a cluster says of the variables that do not vary within it, by pattern of their empty cells (C of these).

    pattern   of each cluster (J)
    inverse   Σ_zz⁻¹ among the cells that are there (C × p × p)
    reach     I − K with K the regression of u on z (C × p × p)
    left      S, the covariance matrix of u given z among the variables that vary within clusters (C × p × p)
    size      log|Σ_zz| (C)
    gap       z − μ_z, 0 for empty cells and for the other variables (J × p)
    """

    pattern: IntArray
    inverse: FloatArray
    reach: FloatArray
    left: FloatArray
    size: FloatArray
    gap: FloatArray

    @cached_property
    def shift(self) -> FloatArray:
        """K(z − μ_z), J × p."""
        return np.asarray(self.gap - np.einsum("jab,jb->ja", self.reach[self.pattern], self.gap))


def build_outer(clusters: Clusters, moments: LevelMoments) -> Outer:
    """z by pattern of its empty cells; raises LinAlgError where Σ_zz is not positive definite."""
    p = len(moments.mean)
    values = clusters.rows[clusters.starts]
    there = ~np.isnan(values) & ~clusters.within
    patterns, pattern = np.unique(there, axis=0, return_inverse=True)
    inner = np.flatnonzero(clusters.within)
    inverse, reach = np.zeros((len(patterns), p, p)), np.zeros((len(patterns), p, p))
    left, size = np.zeros((len(patterns), p, p)), np.zeros(len(patterns))
    for c, present in enumerate(patterns):
        z = np.flatnonzero(present)
        block = moments.between[np.ix_(z, z)]
        root = np.linalg.cholesky(block)
        size[c] = 2.0 * np.log(np.diagonal(root)).sum()
        own = np.linalg.inv(block)
        slopes = moments.between[np.ix_(inner, z)] @ own
        inverse[c][np.ix_(z, z)] = own
        reach[c] = np.eye(p)
        reach[c][np.ix_(inner, z)] = -slopes
        left[c][np.ix_(inner, inner)] = (
            moments.between[np.ix_(inner, inner)] - slopes @ moments.between[np.ix_(z, inner)]
        )
    gap = np.where(there, values - moments.mean, 0.0)
    return Outer(np.asarray(pattern).reshape(-1).astype(np.intp), inverse, reach, left, size, gap)
