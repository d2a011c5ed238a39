"""Rows in clusters whose coefficients vary between these: who is who among the variables, and the sums they need.

Rows are taken given the exogenous variables within clusters. With x̃ = (1, x) each cluster and pattern of empty cells
says no more than Σ x̃x̃ᵀ, Σ x̃yᵀ and Σ yyᵀ: the cost is one of clusters, not of rows.
"""

from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.sample.levels.clusters import BoolArray, Clusters, IntArray
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True)
class SlopePath:
    """Places of the variables of a random slope; factor: what a unit of carrier × cause × slope is, of the outcome."""

    carrier: int
    cause: int
    slope: int
    factor: float = 1.0


@dataclass(frozen=True, eq=False)
class Cells:
    """Sums over the rows of a cluster with the same pattern of empty cells (R of these), 0 for what is empty.

    cluster, pattern, count  R each; crossed Σ x̃x̃ᵀ (R × k × k), mixed Σ x̃yᵀ (R × k × y), squares Σ yyᵀ (R × y × y)
    there                    which outcomes each pattern has (C × y)
    """

    cluster: IntArray
    pattern: IntArray
    count: FloatArray
    crossed: FloatArray
    mixed: FloatArray
    squares: FloatArray
    there: BoolArray

    @cached_property
    def _starts(self) -> IntArray:
        return np.flatnonzero(np.diff(self.cluster, prepend=-1))

    def sum_clusters(self, values: FloatArray) -> FloatArray:
        """Sums of values of cells (R × ...) over each cluster, all of which have rows: J × ..."""
        return np.asarray(np.add.reduceat(values, self._starts, axis=0))


@dataclass(frozen=True, eq=False)
class SlopeClusters(Clusters):
    """Clusters with random slopes. Slopes and carriers are columns of the rows that mean nothing.

    paths  the random slopes
    given  p: the exogenous variables within clusters, which rows are taken given
    """

    paths: tuple[SlopePath, ...] = ()
    given: BoolArray | None = None

    @cached_property
    def outcomes(self) -> IntArray:
        """Places of the variables that vary within clusters, those given left out (y)."""
        return np.flatnonzero(self.within & ~self._given)

    @cached_property
    def causes(self) -> IntArray:
        """Places of those given (k − 1)."""
        return np.flatnonzero(self._given)

    @cached_property
    def slopes(self) -> IntArray:
        """Places of the random slopes."""
        return np.unique([path.slope for path in self.paths]).astype(np.intp)

    @cached_property
    def hidden(self) -> IntArray:
        """Places of what varies between clusters and is not observed: parts of outcomes, then slopes (v)."""
        parts = np.flatnonzero(self.within & ~self._given & self.between)
        return np.concatenate([parts, self.slopes])

    @cached_property
    def placed_paths(self) -> tuple[tuple[SlopePath, int, int], ...]:
        """The random slopes, each with the places of its cause in x̃ and of the slope in `hidden`."""
        row = {int(place): k for k, place in enumerate(self.causes, start=1)}
        column = {int(place): k for k, place in enumerate(self.hidden)}
        return tuple((path, row[path.cause], column[path.slope]) for path in self.paths)

    @cached_property
    def outer(self) -> IntArray:
        """Places of the variables that have one value a cluster."""
        own = self.between & ~self.within
        own[self.slopes] = False
        return np.flatnonzero(own)

    @cached_property
    def is_complete(self) -> bool:
        return False  # of no use to the likelihood of complete rows

    @property
    def _given(self) -> BoolArray:
        assert self.given is not None  # noqa: S101
        return self.given

    @cached_property
    def constant(self) -> float:
        return float(self.count_values().sum() * np.log(2.0 * np.pi))

    def count_values(self) -> FloatArray:
        there, counts = ~np.isnan(self.rows), np.zeros(len(self.within))
        counts[self.outcomes] = there[:, self.outcomes].sum(axis=0)
        counts[self.outer] = there[self.starts][:, self.outer].sum(axis=0)
        return counts

    @cached_property
    def cells(self) -> Cells:
        y = self.rows[:, self.outcomes]
        x = np.column_stack([np.ones(self.n), self.rows[:, self.causes]])
        there, pattern = np.unique(~np.isnan(y), axis=0, return_inverse=True)
        key, place = np.unique(self.cluster * len(there) + np.asarray(pattern).reshape(-1), return_inverse=True)
        y = np.nan_to_num(y)

        def add(values: FloatArray) -> FloatArray:
            total = np.zeros((len(key), *values.shape[1:]))
            np.add.at(total, place, values)
            return total

        return Cells(
            cluster=(key // len(there)).astype(np.intp),
            pattern=(key % len(there)).astype(np.intp),
            count=np.bincount(place, minlength=len(key)).astype(np.float64),
            crossed=add(x[:, :, None] * x[:, None, :]),
            mixed=add(x[:, :, None] * y[:, None, :]),
            squares=add(y[:, :, None] * y[:, None, :]),
            there=there,
        )

    def divide(self, units: FloatArray) -> "SlopeClusters":
        paths = tuple(
            replace(path, factor=path.factor * units[path.carrier] * units[path.cause] * units[path.slope])
            for path in self.paths
        )
        return replace(self, rows=self.rows / units, paths=paths)

    def pick(self, order: IntArray) -> "SlopeClusters":
        if np.array_equal(order, np.arange(len(self.within))):
            return self
        place = np.empty(len(order), dtype=np.intp)
        place[order] = np.arange(len(order))
        paths = tuple(
            SlopePath(int(place[path.carrier]), int(place[path.cause]), int(place[path.slope]), path.factor)
            for path in self.paths
        )
        within, between, given = self.within[order], self.between[order], self._given[order]
        return replace(self, rows=self.rows[:, order], within=within, between=between, paths=paths, given=given)
