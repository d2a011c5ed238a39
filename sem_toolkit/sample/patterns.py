"""Rows with empty cells, grouped by which cells these are: what the likelihood of incomplete normal data needs."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.sample.moments import FloatArray

IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PatternStack:
    """Patterns with equally many (r) empty cells, so that each step of the algebra takes all of them at once.

    present  places of the observed variables, P × (p − r); absent: of the others, P × r; both ascending
    where    places of these patterns among all (P)
    """

    present: IntArray
    absent: IntArray
    where: IntArray


@dataclass(frozen=True, eq=False)
class Patterns:
    """The patterns of the rows of one group, the most complete first, then the most frequent.

    observed  P × p: whether a variable is there
    counts    P: rows of each pattern; n: the same, or the sum of their weights
    mean      P × p: means of a pattern's rows, 0 where the variable is not there
    scatter   R × p × p: second moments about these means (divisor n), 0 likewise; of patterns of several rows only
    several   R: which patterns these are
    row       pattern of each row of the data (n rows), −1 for a row without any value
    rows      the data, n × p, NaN where a cell is empty; weights: of the rows, None where all are 1
    """

    observed: BoolArray
    counts: IntArray
    n: FloatArray
    mean: FloatArray
    scatter: FloatArray
    several: IntArray
    row: IntArray
    rows: FloatArray
    weights: FloatArray | None = None

    @property
    def total(self) -> float:
        """Rows with any value, or the sum of their weights."""
        return float(self.n.sum())

    @property
    def share(self) -> FloatArray:
        """Each pattern's share of the rows (P)."""
        return np.asarray(self.n / self.total)

    @property
    def n_values(self) -> float:
        """Observed cells."""
        return float(self.n @ self.observed.sum(axis=1))

    @cached_property
    def stacks(self) -> tuple[PatternStack, ...]:
        """The patterns by how many cells are empty."""
        p = self.observed.shape[1]
        empty = p - self.observed.sum(axis=1)
        found = []
        for size in np.unique(empty):
            where = np.flatnonzero(empty == size)
            chosen = self.observed[where]
            present = np.nonzero(chosen)[1].reshape(len(where), p - size)
            absent = np.nonzero(~chosen)[1].reshape(len(where), size)
            found.append(PatternStack(present, absent, where))
        return tuple(found)

    @cached_property
    def coverage(self) -> FloatArray:
        """Share of the rows in which both of two variables are there, p × p."""
        there = self.observed.astype(np.float64)
        return np.asarray((there.T * self.share) @ there)

    @property
    def apart(self) -> BoolArray:
        """Pairs of variables that are never there together, p × p."""
        return np.asarray(self.coverage == 0.0)

    @cached_property
    def variances(self) -> FloatArray:
        """Variances of the observed values of each variable, divisor their number (p)."""
        gap = self.rows - self.means
        return self._average(gap**2)

    @cached_property
    def means(self) -> FloatArray:
        """Means of the observed values of each variable (p)."""
        middle = np.nanmean(self.rows, axis=0)
        return np.asarray(middle + self._average(self.rows - middle))

    def _average(self, values: FloatArray) -> FloatArray:
        there = ~np.isnan(values)
        weights = np.ones(len(values)) if self.weights is None else self.weights
        return np.asarray(weights @ np.where(there, values, 0.0) / (weights @ there))

    def divide(self, units: FloatArray) -> "Patterns":
        """The same data in other units: every variable divided by its own (p)."""
        scatter = self.scatter / (units[:, None] * units)
        return replace(self, mean=self.mean / units, scatter=scatter, rows=self.rows / units)

    def pick(self, order: IntArray) -> "Patterns":
        """The patterns of these variables, in this order."""
        if np.array_equal(order, np.arange(self.rows.shape[1])):
            return self
        return build_patterns(self.rows[:, order], self.weights)


def build_patterns(rows: FloatArray, weights: FloatArray | None = None) -> Patterns:
    """Group rows (n × p, NaN where a cell is empty) by pattern; rows without any value belong to none.

    weights  of the rows (n), such as sampling weights; all 1 by default
    """
    there = ~np.isnan(rows)
    used = np.flatnonzero(there.any(axis=1))
    packed = np.packbits(there[used], axis=1)
    _, first, code, counts = np.unique(packed, axis=0, return_index=True, return_inverse=True, return_counts=True)
    observed = there[used[first]]
    order = np.lexsort((first, -counts, -observed.sum(axis=1)))
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    row = np.full(len(rows), -1, dtype=np.intp)
    row[used] = place[code.ravel()]
    observed, counts = observed[order], counts[order].astype(np.intp)
    sorted_rows = used[np.argsort(row[used], kind="stable")]
    start = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)
    own = np.ones(len(used)) if weights is None else np.asarray(weights, dtype=np.float64)[sorted_rows]
    values = np.where(there[sorted_rows], rows[sorted_rows], 0.0)
    n = np.add.reduceat(own, start) if len(used) else np.zeros(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (
            np.add.reduceat(own[:, None] * values, start, axis=0) / n[:, None]
            if len(used)
            else np.zeros((0, rows.shape[1]))
        )
    values -= np.repeat(mean, counts, axis=0)
    several, scatter = _compute_scatter(values, own, n, counts, start)
    return Patterns(observed, counts, n, mean, scatter, several, row, rows, weights)


def _compute_scatter(
    centred: FloatArray, weights: FloatArray, n: FloatArray, counts: IntArray, start: IntArray
) -> tuple[IntArray, FloatArray]:
    """Second moments of the patterns of several rows; those of about as many rows (within twice) are done at once."""
    p = centred.shape[1]
    several = np.flatnonzero(counts > 1)
    scatter = np.zeros((len(several), p, p))
    octave = np.floor(np.log2(np.maximum(counts[several], 1))).astype(np.intp)
    rooted = np.sqrt(weights)[:, None] * centred
    for power in np.unique(octave):
        mine = np.flatnonzero(octave == power)
        size = counts[several[mine]]
        step = np.arange(size.max())
        inside = step < size[:, None]
        block = rooted[np.where(inside, start[several[mine]][:, None] + step, 0)] * inside[:, :, None]
        scatter[mine] = block.swapaxes(1, 2) @ block / n[several[mine]][:, None, None]
    return several, scatter


def compute_available_moments(patterns: Patterns) -> tuple[FloatArray, FloatArray]:
    """Means (p) of the values that are there, and covariances (p × p) of the rows in which both of a pair are.

    The divisor of a covariance is that of lavaan: (n_pair − 1) n/(n − 1) with n all rows; 0 for a pair never together.
    """
    there = ~np.isnan(patterns.rows)
    middle = np.nanmean(patterns.rows, axis=0)
    values, count = np.where(there, patterns.rows - middle, 0.0), there.astype(np.float64).T @ there
    sums = values.T @ there  # of i in the rows where j is there too
    n = float(there.any(axis=1).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = (values.T @ values - sums * sums.T / count) / (count - 1.0) * ((n - 1.0) / n)
    return middle, np.where(count > 1.0, covariance, 0.0)
