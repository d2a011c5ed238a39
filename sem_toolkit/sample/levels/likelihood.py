"""Likelihood of normal rows in clusters as a function of the moments of both levels.

y_ij = u_j + e_ij with u_j ~ N(μ, Σ_B) and e_ij ~ N(0, Σ_W): within clusters nothing but Σ_W is seen, between them
u_j + ē_j. All matrices are p × p: 0 in Σ_W for variables that do not vary within clusters, and in Σ_B for those that
are not modelled between them. McDonald & Goldstein (1989), British Journal of Mathematical and Statistical Psychology
42, 215-232.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sem_toolkit.sample.incomplete import list_vech
from sem_toolkit.sample.levels.clusters import Clusters
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True, eq=False)
class LevelMoments:
    """μ (p), Σ_W and Σ_B (p × p)."""

    mean: FloatArray
    within: FloatArray
    between: FloatArray


class LevelLikelihood(Protocol):
    """The likelihood of one group at moments of both levels: f = −logl/n without its constant.

    Derivatives are by κ = [μ; vech Σ_W; vech Σ_B] (m = p + p(p + 1)), vech column by column.
    """

    @property
    def clusters(self) -> Clusters: ...
    @property
    def moments(self) -> LevelMoments: ...
    @property
    def value(self) -> float:
        """f."""
        ...

    @property
    def by_mean(self) -> FloatArray:
        """e (p) with df = eᵀdμ."""
        ...

    @property
    def by_within(self) -> FloatArray:
        """D (p × p, symmetric) with df = tr(D dΣ_W); what stands at a 0 of Σ_W means nothing."""
        ...

    @property
    def by_between(self) -> FloatArray:
        """The same by Σ_B."""
        ...

    @property
    def mean_information(self) -> FloatArray:
        """Second derivative of f by μ (p × p)."""
        ...

    def information(self, *, expected: bool = True) -> FloatArray:
        """Second derivative of f by κ (m × m), expected or as observed."""
        ...

    def cluster_scores(self) -> FloatArray:
        """∂logl_j/∂κ of every cluster (J × m)."""
        ...


def compute_level_likelihood(clusters: Clusters, moments: LevelMoments) -> LevelLikelihood | None:
    """The likelihood at these moments; None where the covariance matrix of a cluster is not positive definite."""
    from sem_toolkit.sample.levels.complete import compute_complete_likelihood
    from sem_toolkit.sample.levels.incomplete import compute_incomplete_level_likelihood
    from sem_toolkit.sample.levels.slope_clusters import SlopeClusters
    from sem_toolkit.sample.levels.slope_likelihood import compute_slope_likelihood

    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            if isinstance(clusters, SlopeClusters):
                return compute_slope_likelihood(clusters, moments)
            compute = compute_complete_likelihood if clusters.is_complete else compute_incomplete_level_likelihood
            return compute(clusters, moments)
    except np.linalg.LinAlgError:
        return None


def compute_gradient(at: LevelLikelihood) -> FloatArray:
    """df/dκ (m)."""
    lower, upper = list_vech(len(at.moments.mean))
    twice = np.where(lower == upper, 1.0, 2.0)
    return np.concatenate([at.by_mean, twice * at.by_within[lower, upper], twice * at.by_between[lower, upper]])


def compute_logl(likelihood: LevelLikelihood) -> float:
    """Log-likelihood of all rows."""
    return float(-likelihood.clusters.n * likelihood.value - 0.5 * likelihood.clusters.constant)
