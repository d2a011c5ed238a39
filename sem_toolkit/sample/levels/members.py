"""Which patterns of empty cells the rows of each cluster have, and how often: what sums over its rows are made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.sample.levels.clusters import Clusters
from sem_toolkit.sample.moments import FloatArray

IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Members:
    """The patterns of the rows of each cluster: one entry a pair of a cluster and a pattern that occurs in it (R).

    cluster, pattern, count  R each; entries of a cluster stand together
    row_entry  the entry of each row (n), −1 for a row without any value
    """

    cluster: IntArray
    pattern: IntArray
    count: FloatArray
    row_entry: IntArray
    n_clusters: int

    def sum_clusters(self, values: FloatArray) -> FloatArray:
        """Sums of values of entries (R × ...) over each cluster: J × ..."""
        found = np.zeros((self.n_clusters, *values.shape[1:]))
        if len(values):
            starts = np.flatnonzero(np.diff(self.cluster, prepend=-1))
            found[self.cluster[starts]] = np.add.reduceat(values, starts, axis=0)
        return found

    def iterate_clusters(self) -> Iterator[tuple[int, slice]]:
        """Every cluster that has rows with values, and its entries."""
        starts = np.flatnonzero(np.diff(self.cluster, prepend=-1)).tolist()
        for start, end in pairwise([*starts, len(self.cluster)]):
            yield int(self.cluster[start]), slice(start, end)

    def sum_rows(self, values: FloatArray) -> FloatArray:
        """Sums of values of rows (n × k) over each entry: R × k; entries are in the order of the clusters."""
        used = np.flatnonzero(self.row_entry >= 0)
        order = used[np.argsort(self.row_entry[used], kind="stable")]
        starts = np.flatnonzero(np.diff(self.row_entry[order], prepend=-1))
        return np.asarray(np.add.reduceat(values[order], starts, axis=0))


def build_members(clusters: Clusters) -> Members:
    row = clusters.patterns.row
    used = np.flatnonzero(row >= 0)
    keys = clusters.cluster[used] * (int(row.max(initial=0)) + 1) + row[used]
    found, entry, count = np.unique(keys, return_inverse=True, return_counts=True)
    row_entry = np.full(len(row), -1, dtype=np.intp)
    row_entry[used] = entry
    width = int(row.max(initial=0)) + 1
    return Members(found // width, found % width, count.astype(np.float64), row_entry, clusters.count)
