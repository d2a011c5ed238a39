"""Margins of ordered and numeric variables one by one, then the correlation of each pair given both of its margins.

Muthén (1984), Psychometrika 49, 115-132; Muthén & Satorra (1995), Psychometrika 60, 489-503.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.sample.categorical.influences import sum_threshold_products
from sem_toolkit.sample.categorical.margins import FloatArray, Margin, fit_numeric, fit_ordered
from sem_toolkit.sample.categorical.pairs import PairFit, fit_polychoric, fit_polyserial, fit_residuals
from sem_toolkit.sample.categorical.polychoric import compute_polychoric

IntArray = NDArray[np.int64]

_STATIONARY = 1e-8


@dataclass(frozen=True)
class EmptyCells:
    """What is done about empty cells of tables: see `compute_polychoric`."""

    zero_add: tuple[float, float] = (0.5, 0.0)
    keep_margins: bool = True


@dataclass(frozen=True, eq=False)
class TwoSteps:
    """What the two steps of estimation find.

    margins       of the p variables
    correlations  of all pairs (i > j, column by column)
    influences    n × m: what each row adds to n times the error of each statistic; Γ is the mean of their products
    """

    margins: list[Margin]
    correlations: FloatArray
    influences: FloatArray
    pairs: _Pairs


def estimate_two_steps(
    data: FloatArray, categories: tuple[int, ...], covariates: FloatArray, weights: FloatArray, cells: EmptyCells
) -> TwoSteps:
    """Margins one by one, then each pair given both of its margins; see `compute_categorical_statistics`.

    With the scores of both steps stacked and A their sum of products, without what a step leaves out, a row's influence
    is n A⁻¹ times its score. A is lower block triangular: margins are solved first and put into the correlations.
    """
    margins = [
        fit_ordered(column, count, covariates, weights) if count else fit_numeric(column, covariates, weights)
        for column, count in zip(data.T, categories, strict=True)
    ]
    pairs = _Pairs(data, categories, covariates, weights, margins, cells)
    starts = np.concatenate([[0], np.cumsum([len(margin.values) for margin in margins])])
    first = np.hstack([margin.influences(weights) for margin in margins])
    correlations, scores, crossed = pairs.fit(starts)
    information = weights @ scores**2
    with np.errstate(divide="ignore", invalid="ignore"):
        second = (weights[:, None] * scores - first @ crossed.T) / information
    second[:, information <= 0.0] = 0.0
    influences = len(data) * map_to_statistics(first, second, margins, correlations, starts)
    return TwoSteps(margins, correlations, influences, pairs)


class _Pairs:
    """The correlations of all pairs (i > j, column by column), by the kinds of their variables."""

    def __init__(
        self,
        data: FloatArray,
        categories: tuple[int, ...],
        covariates: FloatArray,
        weights: FloatArray,
        margins: list[Margin],
        cells: EmptyCells,
    ) -> None:
        p = len(margins)
        self.places = [(i, j) for j in range(p) for i in range(j + 1, p)]
        self.at_fault: list[tuple[int, int]] = []
        self.empty: list[tuple[int, int]] = []
        self._data, self._categories, self._covariates = data, categories, covariates
        self._weights, self._margins, self._cells = weights, margins, cells

    def fit(self, starts: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Correlations (P), their scores (n × P, without weights), and the sums of these with the margins' (P × c)."""
        answered = np.column_stack([margin.answered for margin in self._margins]).astype(np.float64)
        common = answered.T @ answered
        for i, j in self.places:
            if not common[i, j]:
                message = f"{i} {j}"
                raise NoCommonRowError(message, i, j)
        correlations = np.zeros(len(self.places))
        scores = np.zeros((len(self._data), len(self.places)))
        crossed = np.zeros((len(self.places), starts[-1]))
        ordered = [place for place, count in enumerate(self._categories) if count]
        by_tables = ordered if not self._covariates.shape[1] else []
        if len(by_tables) > 1:
            self._fit_tables(by_tables, starts, correlations, scores, crossed)
        for number, (i, j) in enumerate(self.places):
            if i in by_tables and j in by_tables:
                continue
            fit, first, second = self._fit_one(i, j)
            correlations[number], scores[:, number] = fit.correlation, fit.scores
            crossed[number, starts[first] : starts[first + 1]] = fit.by_first
            crossed[number, starts[second] : starts[second + 1]] = fit.by_second
            if abs(fit.gradient) > _STATIONARY:
                self.at_fault.append((i, j))
        return correlations, scores, crossed

    def _fit_one(self, i: int, j: int) -> tuple[PairFit, int, int]:
        first, second = (i, j) if not self._categories[i] else (j, i)
        margins = self._margins[first], self._margins[second]
        fit = fit_residuals
        if margins[1].is_ordered:
            fit = fit_polychoric if margins[0].is_ordered else fit_polyserial
        return fit(*margins, self._covariates, self._weights), first, second

    def _fit_tables(
        self, items: list[int], starts: IntArray, correlations: FloatArray, scores: FloatArray, crossed: FloatArray
    ) -> None:
        """All pairs of ordered variables at once, from their tables; in place."""
        codes = self._data[:, items]
        categories = tuple(self._categories[item] for item in items)
        weights = None if (self._weights == 1.0).all() else self._weights
        found = compute_polychoric(codes, categories, self._cells.zero_add, self._cells.keep_margins, weights)
        own_scores, own_crossed = sum_threshold_products(codes, found, self._weights)
        own_starts = np.concatenate([[0], np.cumsum([len(values) for values in found.thresholds])])
        number = {place: position for position, place in enumerate(self.places)}
        for position, (a, b) in enumerate(zip(*np.triu_indices(len(items), 1), strict=True)):
            at = number[items[b], items[a]]
            correlations[at], scores[:, at] = found.correlations[a, b], own_scores[:, position]
            for side in (a, b):
                place = starts[items[side]]
                own = own_crossed[position, own_starts[side] : own_starts[side + 1]]
                crossed[at, place : place + len(own)] = own
            if not found.certified[a, b] or abs(found.correlations[a, b]) >= 1.0:
                self.at_fault.append((items[b], items[a]))
            if found.empty_cells[a, b] and categories[a] == categories[b] == 2:
                self.empty.append((items[b], items[a]))


class NoCommonRowError(ValueError):
    """Two variables that no row answers together."""

    def __init__(self, message: str, first: int, second: int) -> None:
        super().__init__(message)
        self.first, self.second = first, second


def map_to_statistics(
    first: FloatArray,
    second: FloatArray,
    margins: list[Margin],
    correlations: FloatArray,
    starts: IntArray,
) -> FloatArray:
    """Influences on margins and correlations to those on the statistics, in their order (n × m).

    A covariance is r σ_i σ_j, so that its error has parts of those of the variances of numeric variables.
    """
    k = len(margins[0].slopes)
    columns = [first[:, starts[v] : starts[v] + margin.n_first] for v, margin in enumerate(margins)]
    for covariate in range(k):
        at = [starts[v] + margin.n_first + covariate for v, margin in enumerate(margins)]
        columns.append(first[:, at])
    variances = {v: first[:, starts[v + 1] - 1] for v, margin in enumerate(margins) if not margin.is_ordered}
    columns += [column[:, None] for column in variances.values()]
    deviations = np.sqrt([margin.variance for margin in margins])
    j, i = np.triu_indices(len(margins), 1)
    covariances = second * (deviations[i] * deviations[j])
    for v, column in variances.items():
        touched = np.flatnonzero((i == v) | (j == v))
        other = np.where(i[touched] == v, j[touched], i[touched])
        pull = correlations[touched] * deviations[other] / (2.0 * deviations[v])
        covariances[:, touched] += np.outer(column, pull)
    return np.hstack([*columns, covariances])
