"""Statistics of ordered items alone: from the tables of all pairs, and Γ from one pass over the rows.

The two steps of `statistics`, Muthén (1984), Psychometrika 49, 115-132. Without covariates and weights what a row adds
to the error of a threshold depends on its answer to the item, and what it adds to that of a correlation on its two
answers: both are looked up. Rows need not be kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.sample.categorical.influences import score_tables
from sem_toolkit.sample.categorical.margins import FloatArray, fit_ordered
from sem_toolkit.sample.categorical.polychoric import correlate_tables
from sem_toolkit.sample.categorical.statistics import NEARLY_ONE, CategoricalStatistics
from sem_toolkit.sample.categorical.two_steps import EmptyCells, NoCommonRowError

IntArray = NDArray[np.intp]

_COUNTED, _SCORED = 16_384, 1_024
"""Rows that are counted and scored at once, so that they stay in the cache."""
_MANY = 1_000_000
"""Rows from which on the products of a batch are made in single precision and summed in double.

That takes half the time and moves Γ, which is known to about 1/√n, by some 1e-6 of its size, errors and tests by 1e-7.
"""


def compute_tabled_statistics(
    data: FloatArray, categories: tuple[int, ...], cells: EmptyCells
) -> CategoricalStatistics:
    """What `compute_categorical_statistics` finds of n × p rows of ordered items, without weights, clusters and
    covariates, and without the influences of all rows at once.
    """
    rows = len(data)
    tables = PairTables(categories)
    for start in range(0, rows, _COUNTED):
        tables.add(_code(data[start : start + _COUNTED], tables.most))
    gamma = StreamedGamma(tables, cells)
    for start in range(0, rows, _SCORED):
        gamma.add(_code(data[start : start + _SCORED], tables.most))
    return gamma.build()


def _code(rows: FloatArray, missing: int) -> IntArray:
    return np.where(np.isnan(rows), missing, rows).T.astype(np.intp)


@dataclass(eq=False)
class PairTables:
    """Counts of the answers of p items, all pairs of them, batch by batch.

    categories  of each item; k is the most that one has
    n           rows taken in; crossed: p·k × p·k, rows with each pair of answers, each item's own on the diagonal
    """

    categories: tuple[int, ...]
    n: int = 0
    crossed: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.categories) * self.most
        self.crossed = np.zeros((size, size))

    @property
    def most(self) -> int:
        """The most categories that an item has (k)."""
        return max(self.categories)

    def add(self, codes: IntArray) -> None:
        """Take in rows (p × b, codes from 0; k or more where there is no answer)."""
        small = np.minimum(codes, self.most).astype(np.min_scalar_type(self.most))  # compared many at a time
        marks = (small[:, None, :] == np.arange(self.most, dtype=small.dtype)[:, None]).reshape(-1, codes.shape[1])
        chosen = marks.astype(np.float32)  # exact: a batch has far fewer than 2²⁴ rows
        self.crossed += chosen @ chosen.T
        self.n += codes.shape[1]

    @property
    def tables(self) -> FloatArray:
        """The table of each pair, p × p × k × k."""
        p = len(self.categories)
        return self.crossed.reshape(p, self.most, p, self.most).transpose(0, 2, 1, 3)

    @property
    def margins(self) -> FloatArray:
        """Rows in each category, p × k."""
        return np.diagonal(self.crossed).reshape(len(self.categories), -1)

    def compute_correlation(self) -> FloatArray:
        """Correlations of the codes themselves (p × p), where all rows have all answers."""
        codes = np.arange(self.margins.shape[1])
        mean = self.margins @ codes / self.n
        covariance = np.einsum("ijkl,k,l->ij", self.tables, codes, codes) / self.n - np.outer(mean, mean)
        deviations = np.sqrt(np.diag(covariance))
        return np.asarray(covariance / np.outer(deviations, deviations))


class StreamedGamma:
    """Thresholds and correlations of the items that have these tables, and Γ once all rows have been added."""

    def __init__(self, tables: PairTables, cells: EmptyCells) -> None:
        """Raises NoCommonRowError for a pair without a row, ValueError for a category without one."""
        items, crossed = len(tables.categories), tables.tables
        for j, i in np.argwhere(np.triu(crossed.sum(axis=(2, 3)) == 0, 1)).tolist():
            message = f"{i} {j}"
            raise NoCommonRowError(message, i, j)
        self._n, self._categories = tables.n, tables.categories
        self._pairs = np.triu_indices(items, 1)
        self._known = tables.most
        self._found = correlate_tables(crossed, tables.margins, tables.categories, cells.zero_add, cells.keep_margins)
        self._of_thresholds = [
            self._look_up_thresholds(own[:count]) for own, count in zip(tables.margins, tables.categories, strict=True)
        ]
        self._of_pairs = self._look_up_pairs(crossed[self._pairs])
        size = sum(count - 1 for count in tables.categories) + len(self._pairs[0])
        self._products = np.zeros((size, size))
        self._buffer = np.zeros((size, 0), dtype=np.float64 if self._n < _MANY else np.float32)
        self._of_thresholds = [table.astype(self._buffer.dtype) for table in self._of_thresholds]
        self._of_pairs = self._of_pairs.astype(self._buffer.dtype)

    def add(self, codes: IntArray) -> None:
        """Take in rows (p × b) as `PairTables` does; few at a time, as the influences of all are made at once."""
        b, width = codes.shape[1], self._known + 1
        if self._buffer.shape[1] < b:
            self._buffer = np.zeros((len(self._products), b), dtype=self._buffer.dtype)
        influences = self._buffer[:, :b]
        codes = np.minimum(codes, self._known)
        at = 0
        for code, table in zip(codes, self._of_thresholds, strict=True):
            influences[at : at + len(table)] = table[:, code]
            at += len(table)
        lines = codes * width
        for row, table, j, i in zip(influences[at:], self._of_pairs, *self._pairs, strict=True):
            np.take(table, lines[j] + codes[i], out=row, mode="clip")
        self._products += influences @ influences.T

    def build(self) -> CategoricalStatistics:
        """The statistics, once all the rows that the tables are of have been added."""
        found, (j, i) = self._found, self._pairs
        items = len(self._categories)
        correlations = found.correlations[i, j]
        gamma = self._products / self._n
        at_fault = ~found.certified[i, j] | (np.abs(correlations) >= 1.0)
        binary = np.array(self._categories) == 2
        is_empty = (found.empty_cells[i, j] > 0) & binary[i] & binary[j]
        return CategoricalStatistics(
            values=np.concatenate([*found.thresholds, correlations]),
            weight_gamma=gamma,
            gamma=gamma,
            thresholds=found.thresholds,
            intercepts=np.zeros(items),
            slopes=np.zeros((items, 0)),
            covariance=found.correlations,
            pairs_at_fault=self._list(at_fault),
            nearly_one=self._list(np.abs(correlations) > NEARLY_ONE),
            empty_tables=self._list(is_empty),
        )

    def _list(self, chosen: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
        j, i = self._pairs
        return tuple((int(i[at]), int(j[at])) for at in np.flatnonzero(chosen))

    def _look_up_thresholds(self, counts: FloatArray) -> FloatArray:
        """n times what a row adds to the errors of an item's thresholds, by its code (T × k + 1), 0 without an answer.

        A row of each category that counts for as many as there are stands for them all.
        """
        known = len(counts)
        margin = fit_ordered(np.arange(known, dtype=np.float64), known, np.zeros((known, 0)), counts)
        table = np.zeros((margin.n_first, self._known + 1))
        table[:, :known] = self._n * (margin.scores @ margin.invert(counts)).T
        return table

    def _look_up_pairs(self, tables: FloatArray) -> FloatArray:
        """n times what a row adds to the error of each correlation, by its two codes (pairs × (k + 1)²)."""
        found = self._found
        scores, crossed = score_tables(tables, found)
        information = (tables * scores**2).sum(axis=(1, 2))
        starts = np.concatenate([[0], np.cumsum([len(own) for own in found.thresholds])])
        looked = np.zeros((len(scores), self._known + 1, self._known + 1))
        looked[:, :-1, :-1] = self._n * scores
        for pair, (j, i) in enumerate(zip(*self._pairs, strict=True)):
            looked[pair] -= (crossed[pair, starts[j] : starts[j + 1]] @ self._of_thresholds[j])[:, None]
            looked[pair] -= crossed[pair, starts[i] : starts[i + 1]] @ self._of_thresholds[i]
        with np.errstate(divide="ignore", invalid="ignore"):
            looked /= information[:, None, None]
        looked[information <= 0.0] = 0.0
        return looked.reshape(len(scores), -1)
