"""Statistics of ordered and numeric variables of which the rows pass by, batch after batch, and are not kept.

The two steps of `two_steps` without covariates and weights (Muthén 1984). Means, variances and the tables of ordered
pairs come from one pass; polyserial correlations are searched for all at once, a pass a step; and as a row's influence
on the statistics is linear in its scores, Γ comes from the sums of products of these, which take one pass more.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from sem_toolkit.sample.categorical.correlation_search import CorrelationSearch
from sem_toolkit.sample.categorical.influences import score_tables
from sem_toolkit.sample.categorical.margins import FAR, FloatArray, Margin, fit_ordered, invert_products
from sem_toolkit.sample.categorical.mixture_margins import MixtureMargins
from sem_toolkit.sample.categorical.pairs import ResidualSums, derive_residuals, score_residuals
from sem_toolkit.sample.categorical.polychoric import PolychoricCorrelations, correlate_tables
from sem_toolkit.sample.categorical.polyserial import PolyserialRows
from sem_toolkit.sample.categorical.statistics import CategoricalStatistics, build_statistics
from sem_toolkit.sample.categorical.tabled import IntArray, PairTables
from sem_toolkit.sample.categorical.two_steps import EmptyCells, NoCommonRowError, map_to_statistics

_STATIONARY = 1e-8
_LEAST, _ROUGH = 1e-10, 1e-5
"""Mean slope at which the search for a polyserial correlation ends, far below what its standard error could tell; and
that at which the search among the first rows ends.
"""


class MixedStatistics:
    """Statistics of rows that pass by: `seek` those of a pass and `settle`, until all `is_settled`; then `add` them
    once more, and `build`. `begin` with some of them saves passes.
    """

    def __init__(self, found: MixtureMargins, cells: EmptyCells) -> None:
        """Raises NoCommonRowError for a pair without a row, ValueError for a category without one."""
        for j, i in np.argwhere(np.triu(found.common == 0, 1)).tolist():
            message = f"{i} {j}"
            raise NoCommonRowError(message, i, j)
        self._found, tables = found, found.tables
        margins = tables.margins
        self._tabled = _correlate(tables, cells)
        self._bounds = [_find_bounds(own, tables.most) for own in self._tabled.thresholds]
        self._of_thresholds = []
        self._margins: list[Margin] = [_describe_numeric(0.0, 1.0)] * len(found.categories)
        for number, place in enumerate(found.ordered):
            known = found.categories[place]
            codes = np.arange(known, dtype=np.float64)  # a row of each category stands for them all
            margin = fit_ordered(codes, known, np.zeros((known, 0)), margins[number, :known])
            table = np.zeros((known - 1, tables.most + 1))
            table[:, :known] = margin.scores.T
            self._margins[place] = margin
            self._of_thresholds.append(table)
        for place, mean, variance in zip(found.numeric, found.means, found.variances, strict=True):
            self._margins[place] = _describe_numeric(mean, variance)
        self._starts = np.concatenate([[0], np.cumsum([len(margin.values) for margin in self._margins])])
        columns, rows = np.triu_indices(len(found.categories), 1)
        self._pairs = [(int(i), int(j)) for j, i in zip(columns, rows, strict=True)]
        self._searches = self._start_searches()
        self._sums = {pair: np.zeros(3) for pair in self._searches}
        self._residual_sums = np.zeros((2, len(found.numeric), len(found.numeric)))
        self._correlations: dict[tuple[int, int], float] = {}
        self._score_tables: dict[tuple[int, int], FloatArray] = {}
        size = self._starts[-1] + len(self._pairs)
        self._crossed = np.zeros((len(self._pairs), self._starts[-1]))
        self._products = np.zeros((size, size))
        self._passes = 0

    @property
    def is_settled(self) -> bool:
        """Whether all correlations are found."""
        return self._passes > 0 and all(search.is_over for search in self._searches.values())

    def begin(self, codes: IntArray, values: FloatArray) -> None:
        """Let the searches begin where they end among these rows, which are kept no longer."""
        z, there = self._standardise(values)
        for (number, item), search in self._searches.items():
            rows, mask = self._pair_up(z[number], codes[item], item), there[number]
            first = CorrelationSearch(search.start, max(float(mask.sum()), 1.0), _ROUGH)
            while not first.is_over:
                first.take(*rows.evaluate(first.trial, mask))
            self._searches[number, item] = CorrelationSearch(first.rho, search.total, _LEAST)

    def seek(self, codes: IntArray, values: FloatArray) -> None:
        """Take in rows for the searches of polyserial correlations that go on."""
        z, there = self._standardise(values)
        if not self._passes:
            self._residual_sums += z**2 @ there.T, z @ z.T
        for (number, item), search in self._searches.items():
            if search.is_over:
                continue
            rows = self._pair_up(z[number], codes[item], item)
            self._sums[number, item] += rows.evaluate(search.trial, there[number])

    def settle(self) -> None:
        """End a pass."""
        for pair, search in self._searches.items():
            if not search.is_over:
                search.take(*self._sums[pair].tolist())
                self._sums[pair][:] = 0.0
        self._passes += 1
        if self.is_settled:
            self._collect()

    def add(self, codes: IntArray, values: FloatArray) -> None:
        """Take in rows (few at a time: the scores of all are made at once) for Γ, once all is settled."""
        z, there = self._standardise(values)
        found, starts = self._found, self._starts
        codes = np.minimum(codes, found.tables.most)
        scores = np.zeros((len(self._products), codes.shape[1]))
        for place, code, table in zip(found.ordered, codes, self._of_thresholds, strict=True):
            scores[starts[place] : starts[place + 1]] = table[:, code]
        for place, own, mask in zip(found.numeric, z, there, strict=True):
            variance = self._margins[place].variance
            scores[starts[place]] = own / np.sqrt(variance)
            scores[starts[place] + 1] = 0.5 * (own**2 - 1.0) / variance * mask
        item = {int(place): number for number, place in enumerate(found.ordered)}
        column = {int(place): number for number, place in enumerate(found.numeric)}
        for number, (i, j) in enumerate(self._pairs):
            row = scores[starts[-1] + number]
            if i in item and j in item:
                row[:] = self._score_tables[i, j][codes[item[j]], codes[item[i]]]
            elif i in column and j in column:
                self._score_residuals(number, row, (i, j), z[[column[i], column[j]]], there[[column[i], column[j]]])
            else:
                numeric, ordered = (i, j) if i in column else (j, i)
                at, mask = column[numeric], there[column[numeric]]
                self._score_polyserial(number, row, (numeric, ordered), z[at], codes[item[ordered]], mask)
        self._products += scores @ scores.T

    def build(self) -> CategoricalStatistics:
        """The statistics, once all rows have been added."""
        products, starts, size = self._products, self._starts, int(self._starts[-1])
        first = np.zeros((len(products), size))
        for start, end in pairwise(starts.tolist()):
            first[start:end, start:end] = invert_products(products[start:end, start:end])
        information = np.diagonal(products)[size:]
        second = -first @ self._crossed.T
        second[size:] = np.eye(len(information))
        with np.errstate(divide="ignore", invalid="ignore"):
            second /= information
        second[:, information <= 0.0] = 0.0
        correlations = np.array([self._correlations[pair] for pair in self._pairs])
        influences = map_to_statistics(first, second, self._margins, correlations, starts)
        gamma = self._found.n * influences.T @ products @ influences
        found = build_statistics(self._margins, correlations, gamma, gamma)
        return replace(found, pairs_at_fault=tuple(self._at_fault), empty_tables=tuple(self._empty))

    def _start_searches(self) -> dict[tuple[int, int], CorrelationSearch]:
        """By number of the numeric and of the ordered variable. From 0 the first step is a good guess."""
        found = self._found
        return {
            (number, item): CorrelationSearch(0.0, float(found.common[place, other]), _LEAST)
            for number, place in enumerate(found.numeric)
            for item, other in enumerate(found.ordered)
        }

    def _standardise(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values in standard deviations from their means, 0 where there is none, and which there are (as 0 and 1)."""
        there = ~np.isnan(values)
        found = self._found
        z = (values - found.means[:, None]) / np.sqrt(found.variances)[:, None]
        return np.where(there, z, 0.0), there.astype(np.float64)

    def _pair_up(self, z: FloatArray, code: IntArray, item: int) -> PolyserialRows:
        low, high = self._bounds[item]
        known = np.minimum(code, self._found.tables.most)
        return PolyserialRows(z, low[known], high[known])

    def _collect(self) -> None:
        """Correlations of all pairs, and the scores of ordered ones by their answers."""
        found = self._found
        ordered, numeric = found.ordered.tolist(), found.numeric.tolist()
        self._at_fault: list[tuple[int, int]] = []
        self._empty: list[tuple[int, int]] = []
        for (number, item), search in self._searches.items():
            pair = _sort(numeric[number], ordered[item])
            self._correlations[pair] = search.rho
            if abs(search.slope) > _STATIONARY * search.total:
                self._at_fault.append(pair)
        squares, crossed = self._residual_sums
        for b, a in zip(*np.triu_indices(len(numeric), 1), strict=True):
            pair = numeric[a], numeric[b]
            sums = ResidualSums(float(found.common[pair]), squares[a, b], crossed[a, b], squares[b, a])
            search = CorrelationSearch(sums.start, sums.total)
            while not search.is_over:
                search.take(*sums.evaluate(search.trial))
            self._correlations[pair] = search.rho
            if abs(search.slope) > _STATIONARY * search.total:
                self._at_fault.append(pair)
        self._collect_tables(ordered)

    def _collect_tables(self, ordered: list[int]) -> None:
        if len(ordered) < 2:
            return
        tables, found, at = self._found.tables, self._tabled, np.triu_indices(len(ordered), 1)
        scores, by_thresholds = score_tables(tables.tables[at], found)
        own = np.concatenate([[0], np.cumsum([len(values) for values in found.thresholds])])
        number = {pair: place for place, pair in enumerate(self._pairs)}
        looked = np.zeros((tables.most + 1, tables.most + 1))
        for place, (a, b) in enumerate(zip(*at, strict=True)):
            pair = ordered[b], ordered[a]
            self._correlations[pair] = float(found.correlations[a, b])
            self._score_tables[pair] = looked.copy()
            self._score_tables[pair][:-1, :-1] = scores[place]
            for side in (a, b):
                start, values = self._starts[ordered[side]], by_thresholds[place, own[side] : own[side + 1]]
                self._crossed[number[pair], start : start + len(values)] = values
            if not found.certified[a, b] or abs(found.correlations[a, b]) >= 1.0:
                self._at_fault.append(pair)
            if found.empty_cells[a, b] and tables.categories[a] == tables.categories[b] == 2:
                self._empty.append(pair)

    def _score_residuals(
        self, number: int, row: FloatArray, pair: tuple[int, int], z: FloatArray, there: FloatArray
    ) -> None:
        """Scores of rows of two numeric variables, into `row`; their sums with those of the margins are added up."""
        rho, both = self._correlations[pair], there[0] * there[1]
        row[:] = score_residuals(rho, *z) * both
        for own, other, place in ((z[0], z[1], pair[0]), (z[1], z[0], pair[1])):
            by_mean, by_variance = derive_residuals(rho, own, other, self._margins[place].variance)
            start = self._starts[place]
            self._crossed[number, start : start + 2] += row @ by_mean, row @ by_variance

    def _score_polyserial(
        self, number: int, row: FloatArray, pair: tuple[int, int], z: FloatArray, code: IntArray, mask: FloatArray
    ) -> None:
        """The same of a numeric and an ordered variable (`pair`)."""
        numeric, ordered = pair
        rows = self._pair_up(z, code, self._found.ordered.tolist().index(ordered))
        found = rows.derive(self._correlations[_sort(numeric, ordered)])
        row[:] = found.scores * mask
        by_mean, by_variance = rows.derive_by_numeric(found, self._margins[numeric].variance)
        start = self._starts[numeric]
        self._crossed[number, start : start + 2] += row @ by_mean, row @ by_variance
        known = self._found.categories[ordered]
        start, end = self._starts[ordered], self._starts[ordered + 1]
        at_high = np.bincount(code, weights=row * found.above, minlength=known)[: known - 1]
        at_low = np.bincount(code, weights=row * found.below, minlength=known)[1:known]
        self._crossed[number, start:end] += at_high - at_low


def _sort(first: int, second: int) -> tuple[int, int]:
    return max(first, second), min(first, second)


def _correlate(tables: PairTables, cells: EmptyCells) -> PolychoricCorrelations:
    return correlate_tables(tables.tables, tables.margins, tables.categories, cells.zero_add, cells.keep_margins)


def _find_bounds(thresholds: FloatArray, most: int) -> tuple[FloatArray, FloatArray]:
    """Lower and upper bounds of an item's answers by their codes (most + 1 each): the whole line without one."""
    low, high = np.full(most + 1, -FAR), np.full(most + 1, FAR)
    low[1 : len(thresholds) + 1] = high[: len(thresholds)] = thresholds
    return low, high


def _describe_numeric(mean: float, variance: float) -> Margin:
    """The margin of a numeric variable without its rows."""
    none = np.zeros(0)
    values, scores = np.array([mean, variance]), np.zeros((0, 2))
    return Margin(values, 1, False, scores, none.astype(np.bool_), none, none, none, none.astype(np.int64))
