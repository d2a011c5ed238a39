"""Clusters that show exactly the moments of a population: what models are fitted to where no sample is meant.

Their statistics are what those of rows in clusters of these sizes are expected to be, so that the likelihood is highest
at the moments of the population.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.sample.levels.clusters import Clusters, IntArray
from sem_toolkit.sample.levels.likelihood import LevelMoments, compute_level_likelihood
from sem_toolkit.sample.levels.saturated import SaturatedLevels
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True, eq=False)
class ExpectedClusters(Clusters):
    """Clusters of certain sizes; their rows are the mean of the population, and not looked at.

    expected  the moments of both levels
    """

    expected: LevelMoments = field(kw_only=True)

    @cached_property
    def is_complete(self) -> bool:
        return True

    @cached_property
    def scatter(self) -> FloatArray:
        return (self.n - self.count) * self.expected.within

    @cached_property
    def size_means(self) -> FloatArray:
        return np.tile(self.expected.mean, (len(self.distinct[0]), 1))

    @cached_property
    def size_scatter(self) -> FloatArray:
        return np.asarray(self.expected.between + self.expected.within / self.distinct[0][:, None, None])

    def divide(self, units: FloatArray) -> "ExpectedClusters":
        at, scale = self.expected, units[:, None] * units
        moments = LevelMoments(at.mean / units, at.within / scale, at.between / scale)
        return replace(self, rows=self.rows / units, expected=moments)

    def pick(self, order: IntArray) -> "ExpectedClusters":
        at, block = self.expected, np.ix_(order, order)
        moments = LevelMoments(at.mean[order], at.within[block], at.between[block])
        return replace(
            self, rows=self.rows[:, order], within=self.within[order], between=self.between[order], expected=moments
        )


def build_expected_levels(clusters: Clusters, moments: LevelMoments) -> SaturatedLevels | None:
    """The saturated model of a population in clusters of the same sizes; None where Σ_B or Σ_W is impossible."""
    rows = np.tile(moments.mean, (clusters.n, 1))
    expected = ExpectedClusters(rows, clusters.cluster, clusters.within, clusters.between, expected=moments)
    likelihood = compute_level_likelihood(expected, moments)
    return None if likelihood is None else SaturatedLevels(likelihood, 0.0, 0, True, True)
