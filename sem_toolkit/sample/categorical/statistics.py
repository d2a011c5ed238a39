"""The statistics of ordered and numeric variables together, and their asymptotic covariance matrix Γ.

Muthén (1984), Psychometrika 49, 115-132; Muthén & Satorra (1995), Psychometrika 60, 489-503. The statistics of p
variables given k covariates are, in lavaan's order: the thresholds of ordered variables and the intercepts of numeric
ones, variable by variable; the slopes, covariate by covariate; the residual variances of numeric variables; the
residual covariances (correlations, where the response behind an ordered variable has variance 1), column by column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.sample.categorical.margins import FloatArray, Margin
from sem_toolkit.sample.categorical.two_steps import EmptyCells, estimate_two_steps

IntArray = NDArray[np.int64]

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
    n = len(data)
    covariates = np.zeros((n, 0)) if covariates is None else covariates
    weight = np.ones(n) if weights is None else weights
    steps = estimate_two_steps(data, categories, covariates, weight, cells or EmptyCells())
    margins, correlations, influences, pairs = steps.margins, steps.correlations, steps.influences, steps.pairs
    rows = influences / np.sqrt(weight)[:, None] if frequencies and weights is not None else influences
    weight_gamma = rows.T @ rows / n
    gamma = weight_gamma if clusters is None else _sum_clusters(influences, clusters)
    found = build_statistics(margins, correlations, weight_gamma, gamma)
    return replace(found, pairs_at_fault=tuple(pairs.at_fault), empty_tables=tuple(pairs.empty))


def build_statistics(
    margins: Sequence[Margin], correlations: FloatArray, weight_gamma: FloatArray, gamma: FloatArray
) -> CategoricalStatistics:
    """The statistics of p margins and the correlations of their pairs (i > j, column by column), with their Γ."""
    p, k = len(margins), len(margins[0].slopes)
    j, i = np.triu_indices(p, 1)
    deviations = np.sqrt([margin.variance for margin in margins])
    matrix = np.eye(p)
    matrix[i, j] = matrix[j, i] = correlations
    covariance = matrix * deviations[:, None] * deviations
    values = np.concatenate(
        [
            *[margin.first for margin in margins],
            *[[margin.slopes[at] for margin in margins] for at in range(k)],
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
        slopes=np.array([margin.slopes for margin in margins]).reshape(p, k),
        covariance=covariance,
        nearly_one=tuple(
            (int(row), int(column)) for row, column, r in zip(i, j, correlations, strict=True) if abs(r) > NEARLY_ONE
        ),
    )


def _sum_clusters(influences: FloatArray, clusters: IntArray) -> FloatArray:
    """Γ of rows in clusters, with the factor C/(C − 1) of C clusters, as lavaan and Mplus have it."""
    count = int(clusters.max()) + 1
    sums = np.zeros((count, influences.shape[1]))
    np.add.at(sums, clusters, influences)
    return np.asarray(sums.T @ sums / len(influences) * (count / (count - 1.0)))
