"""The statistics of ordered and numeric variables together, and their asymptotic covariance matrix Γ.

Muthén (1984), Psychometrika 49, 115-132; Muthén & Satorra (1995), Psychometrika 60, 489-503. The statistics of p
variables given k covariates are, in lavaan's order: the thresholds of ordered variables and the intercepts of numeric
ones, variable by variable; the slopes, covariate by covariate; the residual variances of numeric variables; the
residual covariances (correlations, where the response behind an ordered variable has variance 1), column by column.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.sample.categorical.influences import sum_threshold_products
from sem_toolkit.sample.categorical.margins import FloatArray, Margin, fit_numeric, fit_ordered
from sem_toolkit.sample.categorical.pairs import PairFit, fit_polychoric, fit_polyserial, fit_residuals
from sem_toolkit.sample.categorical.polychoric import compute_polychoric

IntArray = NDArray[np.int64]

_STATIONARY = 1e-8
NEARLY_ONE = 0.99
"""Size of a correlation from which it is told."""


@dataclass(frozen=True, eq=False)
class CategoricalStatistics:
    """Statistics of p variables given k covariates (m in all), in the order said above.

    values       m: the statistics
    weight_gamma m × m: Γ of independent rows, whose inverse weighs
    gamma        m × m: Γ of standard errors and tests; another one where rows are in clusters
    thresholds   of each of the p variables; empty for a numeric one
    intercepts   p: of numeric variables; 0 for ordered ones
    slopes       p × k
    covariance   p × p: residual covariances, 1 on the diagonal of ordered variables
    pairs_at_fault  positions of pairs (i, j) whose correlation the answers do not determine, or that is ±1
    nearly_one   positions of pairs with a correlation above .99 in size
    empty_tables positions of pairs of binary variables whose table has a cell without a row
    """

    values: FloatArray
    weight_gamma: FloatArray
    gamma: FloatArray
    thresholds: tuple[FloatArray, ...]
    intercepts: FloatArray
    slopes: FloatArray
    covariance: FloatArray
    pairs_at_fault: tuple[tuple[int, int], ...] = ()
    nearly_one: tuple[tuple[int, int], ...] = ()
    empty_tables: tuple[tuple[int, int], ...] = ()

    def find(self, order: IntArray) -> IntArray:
        """Places of the statistics of some variables, in this order; `order` has their positions here."""
        p, k = self.slopes.shape
        sizes = np.array([max(len(own), 1) for own in self.thresholds])
        starts = np.concatenate([[0], np.cumsum(sizes)])
        is_numeric = np.array([not len(own) for own in self.thresholds])
        of_variance = starts[-1] + p * k + np.cumsum(is_numeric) - 1
        columns, rows = np.triu_indices(p, 1)
        of_pair = np.zeros((p, p), dtype=np.int64)
        of_pair[rows, columns] = of_pair[columns, rows] = starts[-1] + p * k + is_numeric.sum() + np.arange(len(rows))
        columns, rows = np.triu_indices(len(order), 1)
        return np.concatenate(
            [
                *[np.arange(starts[v], starts[v + 1]) for v in order],
                *[starts[-1] + x * p + order for x in range(k)],
                of_variance[order[is_numeric[order]]],
                of_pair[order[rows], order[columns]],
            ]
        ).astype(np.int64)

    def pick(self, order: IntArray) -> CategoricalStatistics:
        """The same of some variables, or of all in another order: `order` has their positions here."""
        if np.array_equal(order, np.arange(len(self.slopes))):
            return self
        places = self.find(order)
        at = {int(old): new for new, old in enumerate(order)}

        def rename(pairs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
            return tuple((max(at[i], at[j]), min(at[i], at[j])) for i, j in pairs if i in at and j in at)

        return CategoricalStatistics(
            values=self.values[places],
            weight_gamma=self.weight_gamma[np.ix_(places, places)],
            gamma=self.gamma[np.ix_(places, places)],
            thresholds=tuple(self.thresholds[v] for v in order),
            intercepts=self.intercepts[order],
            slopes=self.slopes[order],
            covariance=self.covariance[np.ix_(order, order)],
            pairs_at_fault=rename(self.pairs_at_fault),
            nearly_one=rename(self.nearly_one),
            empty_tables=rename(self.empty_tables),
        )

    def with_values(self, values: FloatArray) -> CategoricalStatistics:
        """Other statistics (m) in the place of these, with Γ as it is."""
        p, k = self.slopes.shape
        sizes = [max(len(own), 1) for own in self.thresholds]
        first = np.split(values[: sum(sizes)], np.cumsum(sizes)[:-1])
        ordered = np.array([len(own) > 0 for own in self.thresholds])
        start = sum(sizes)
        slopes = values[start : start + p * k].reshape(k, p).T
        variances = np.ones(p)
        variances[~ordered] = values[start + p * k : start + p * k + int((~ordered).sum())]
        columns, rows = np.triu_indices(p, 1)
        covariance = np.diag(variances)
        covariance[rows, columns] = covariance[columns, rows] = values[len(values) - len(rows) :]
        return replace(
            self,
            values=values,
            thresholds=tuple(own if there else np.zeros(0) for own, there in zip(first, ordered, strict=True)),
            intercepts=np.array([0.0 if there else own[0] for own, there in zip(first, ordered, strict=True)]),
            slopes=slopes,
            covariance=covariance,
        )


@dataclass(frozen=True)
class EmptyCells:
    """What is done about empty cells of tables: see `compute_polychoric`."""

    zero_add: tuple[float, float] = (0.5, 0.0)
    keep_margins: bool = True


def compute_categorical_statistics(
    data: FloatArray,
    categories: tuple[int, ...],
    covariates: FloatArray | None = None,
    *,
    weights: FloatArray | None = None,
    clusters: IntArray | None = None,
    cells: EmptyCells | None = None,
    frequencies: bool = False,
) -> CategoricalStatistics:
    """Statistics of n × p rows, NaN where there is no answer.

    data         ordered variables coded 0 … categories − 1, the others as they are
    categories   of each variable; 0 for a numeric one. Every category must occur.
    covariates   n × k, complete, or None
    weights      n: sampling weights with sum n; with `frequencies` they count rows, otherwise they are of a design
    clusters     n: cluster of each row from 0, within which rows hang together

    Raises ValueError where a pair of variables has no row in common.
    """
    n, p = data.shape
    covariates = np.zeros((n, 0)) if covariates is None else covariates
    weight = np.ones(n) if weights is None else weights
    steps = estimate_two_steps(data, categories, covariates, weight, cells or EmptyCells())
    margins, correlations, influences, pairs = steps.margins, steps.correlations, steps.influences, steps.pairs
    rows = influences / np.sqrt(weight)[:, None] if frequencies and weights is not None else influences
    weight_gamma = rows.T @ rows / n
    gamma = weight_gamma if clusters is None else _sum_clusters(influences, clusters)
    j, i = np.triu_indices(p, 1)
    deviations = np.sqrt([margin.variance for margin in margins])
    matrix = np.eye(p)
    matrix[i, j] = matrix[j, i] = correlations
    covariance = matrix * deviations[:, None] * deviations
    values = np.concatenate(
        [
            *[margin.first for margin in margins],
            *[[margin.slopes[k] for margin in margins] for k in range(covariates.shape[1])],
            [margin.variance for margin in margins if not margin.is_ordered],
            covariance[i, j],
        ]
    )
    return CategoricalStatistics(
        values=values,
        weight_gamma=weight_gamma,
        gamma=gamma,
        thresholds=tuple(margin.first if margin.is_ordered else np.zeros(0) for margin in margins),
        intercepts=np.array([0.0 if margin.is_ordered else margin.first[0] for margin in margins]),
        slopes=np.array([margin.slopes for margin in margins]).reshape(p, covariates.shape[1]),
        covariance=covariance,
        pairs_at_fault=tuple(pairs.at_fault),
        nearly_one=tuple(place for place, r in zip(pairs.places, correlations, strict=True) if abs(r) > NEARLY_ONE),
        empty_tables=tuple(pairs.empty),
    )


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
    influences = len(data) * _to_statistics(first, second, margins, correlations, starts)
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


def _to_statistics(
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


def _sum_clusters(influences: FloatArray, clusters: IntArray) -> FloatArray:
    """Γ of rows in clusters, with the factor C/(C − 1) of C clusters, as lavaan and Mplus have it."""
    count = int(clusters.max()) + 1
    sums = np.zeros((count, influences.shape[1]))
    np.add.at(sums, clusters, influences)
    return np.asarray(sums.T @ sums / len(influences) * (count / (count - 1.0)))
