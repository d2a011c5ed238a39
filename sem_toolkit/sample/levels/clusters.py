"""The rows of a group sorted into clusters, and the statistics that their likelihood needs.

Complete rows: the scatter within clusters, and mean and scatter of the cluster means for every size that clusters have.
Muthén (1990), Mean and covariance structure analysis of hierarchical data; du Toit & du Toit (2008), in de Leeuw &
Meijer, Handbook of multilevel analysis, 435-478.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.patterns import Patterns, build_patterns

IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Clusters:
    """The rows (n × p) of one group, those of a cluster one after the other.

    rows     NaN where a cell is empty
    cluster  n: number of each row's cluster, from 0, ascending
    within   p: which variables vary within clusters; between: which ones are modelled between them. Those that are
             both are split into two parts that are not observed by themselves
    order    n: which of the rows as they were given each of these is; None where they were given like this
    """

    rows: FloatArray
    cluster: IntArray
    within: BoolArray
    between: BoolArray
    order: IntArray | None = None

    @property
    def n(self) -> int:
        return len(self.rows)

    @property
    def count(self) -> int:
        """Number of clusters (J)."""
        return int(self.cluster[-1]) + 1

    @cached_property
    def starts(self) -> IntArray:
        """First row of each cluster (J)."""
        return np.flatnonzero(np.diff(self.cluster, prepend=-1))

    @cached_property
    def sizes(self) -> IntArray:
        """Rows of each cluster (J)."""
        return np.diff(self.starts, append=self.n)

    @cached_property
    def is_complete(self) -> bool:
        """Whether every cell has a value."""
        return not bool(np.isnan(self.rows).any())

    @cached_property
    def means(self) -> FloatArray:
        """Means of the rows of each cluster, J × p."""
        return np.asarray(np.add.reduceat(self.rows, self.starts, axis=0) / self.sizes[:, None])

    @cached_property
    def deviations(self) -> FloatArray:
        """Rows less the mean of their cluster, n × p; 0 for variables without differences within clusters."""
        return np.where(self.within, self.rows - self.means[self.cluster], 0.0)

    @cached_property
    def scatter(self) -> FloatArray:
        """Σ_j Σ_i d_ij d_ijᵀ of these, p × p."""
        return np.asarray(self.deviations.T @ self.deviations)

    @cached_property
    def distinct(self) -> tuple[IntArray, IntArray, IntArray]:
        """The sizes that clusters have, ascending (K), which of them each cluster has (J), and how many have it (K)."""
        sizes, place, counts = np.unique(self.sizes, return_inverse=True, return_counts=True)
        return sizes, place.astype(np.intp), counts

    @cached_property
    def size_means(self) -> FloatArray:
        """Mean over the clusters of each size of their means, K × p."""
        _, place, counts = self.distinct
        sums = np.zeros((len(counts), self.rows.shape[1]))
        np.add.at(sums, place, self.means)
        return sums / counts[:, None]

    @cached_property
    def size_scatter(self) -> FloatArray:
        """Second moments of the clusters' means about the mean of their size, divisor their number: K × p × p."""
        _, place, counts = self.distinct
        gap = self.means - self.size_means[place]
        found = np.empty((len(counts), *self.scatter.shape))
        for k, own in enumerate(counts):
            block = gap[place == k]
            found[k] = block.T @ block / own
        return found

    @cached_property
    def constant(self) -> float:
        """What −2 logl has beside n times twice the value of the likelihood: log 2π a value, and log n_j a mean."""
        constant = float(self.count_values().sum() * np.log(2.0 * np.pi))
        if not self.is_complete:
            return constant
        return constant + int(self.within.sum()) * float(np.log(self.sizes).sum())

    def count_values(self) -> FloatArray:
        """Values of each variable: of its rows, or of its clusters where it does not vary within these (p)."""
        there = ~np.isnan(self.rows)
        counts = np.where(self.within, there.sum(axis=0), there[self.starts].sum(axis=0))
        return np.asarray(counts, dtype=np.float64)

    @cached_property
    def patterns(self) -> Patterns:
        """The patterns of empty cells among the variables that vary within clusters."""
        return build_patterns(self.rows[:, self.within])

    def restore(self, values: FloatArray) -> FloatArray:
        """Values of the rows (n × k) in the order in which these were given."""
        if self.order is None:
            return values
        found = np.empty_like(values)
        found[self.order] = values
        return found

    def divide(self, units: FloatArray) -> "Clusters":
        """The same rows in other units: every variable divided by its own (p)."""
        return replace(self, rows=self.rows / units)

    def pick(self, order: IntArray) -> "Clusters":
        """The same rows with their variables in this order."""
        if np.array_equal(order, np.arange(len(self.within))):
            return self
        return replace(self, rows=self.rows[:, order], within=self.within[order], between=self.between[order])


def build_clusters(rows: FloatArray, codes: IntArray, within: BoolArray, between: BoolArray) -> Clusters:
    """Sort rows (n × p) by the number of their cluster (n, from 0)."""
    order = np.argsort(codes, kind="stable")
    _, cluster = np.unique(codes[order], return_inverse=True)
    return Clusters(np.ascontiguousarray(rows[order]), cluster.astype(np.intp), within, between, order)
