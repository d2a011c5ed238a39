"""Tables of ordered variables, means and variances of numeric ones, by one pass over rows that are not kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sem_toolkit.sample.categorical.margins import FloatArray
from sem_toolkit.sample.categorical.tabled import IntArray, PairTables


@dataclass(eq=False)
class MixtureMargins:
    """What one pass over the rows finds: tables of the ordered variables, means and variances of the q numeric ones.

    categories  of each of the p variables; 0 of a numeric one. One is ordered at least, and one numeric.
    counts      rows with a value (q), their means (q) and sums of squared deviations (q)
    common      rows that have both variables of a pair (p × p)
    """

    categories: tuple[int, ...]
    tables: PairTables = field(init=False)
    counts: FloatArray = field(init=False)
    means: FloatArray = field(init=False)
    squares: FloatArray = field(init=False)
    common: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self.tables = PairTables(tuple(count for count in self.categories if count))
        numeric = len(self.numeric)
        self.counts, self.means, self.squares = np.zeros(numeric), np.zeros(numeric), np.zeros(numeric)
        self.common = np.zeros((len(self.categories), len(self.categories)))

    @property
    def ordered(self) -> IntArray:
        """Places of the ordered variables."""
        return np.flatnonzero(np.array(self.categories) > 0)

    @property
    def numeric(self) -> IntArray:
        """Places of the numeric variables (q)."""
        return np.flatnonzero(np.array(self.categories) == 0)

    @property
    def n(self) -> int:
        """Rows taken in."""
        return self.tables.n

    @property
    def variances(self) -> FloatArray:
        """Of the numeric variables (q), with as many as have a value for divisor."""
        return np.asarray(self.squares / self.counts)

    def add(self, codes: IntArray, values: FloatArray) -> None:
        """Take in rows: codes of the ordered variables as `PairTables` does, values (q × b) of the others, NaN where
        there is none.
        """
        self.tables.add(codes)
        there = ~np.isnan(values)
        counts = there.sum(axis=1)
        means = np.where(there, values, 0.0).sum(axis=1) / np.maximum(counts, 1)
        left = np.where(there, values - means[:, None], 0.0)
        total = self.counts + counts
        gap, share = means - self.means, counts / np.maximum(total, 1)
        self.squares += (left**2).sum(axis=1) + gap**2 * (self.counts * share)
        self.means += gap * share
        self.counts = total
        marks = np.empty((len(self.categories), codes.shape[1]), dtype=np.float32)
        marks[self.ordered], marks[self.numeric] = codes < self.tables.most, there
        self.common += marks @ marks.T
