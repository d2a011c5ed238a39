"""Which statistics there are of variables of which some are ordered, and how they are made of the moments of a group.

The responses behind ordered variables are measured in units of their standard deviations (given covariates).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.model.categorical_changes import Given

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class CategoricalMoments:
    """Statistics of p' variables, some of them ordered, given k covariates.

    variables   p' positions among the observed variables; covariates: k positions of those that are conditioned on
    is_ordered  p': which have thresholds
    owner       T: which of the p' variables each threshold belongs to
    """

    variables: IntArray
    covariates: IntArray
    is_ordered: NDArray[np.bool_]
    owner: IntArray

    @cached_property
    def numeric(self) -> IntArray:
        """Which of the p' variables are numeric."""
        return np.flatnonzero(~self.is_ordered)

    @cached_property
    def ordered_places(self) -> IntArray:
        """Which of the p' variables have thresholds."""
        return np.flatnonzero(self.is_ordered)

    @cached_property
    def first(self) -> tuple[IntArray, IntArray]:
        """Variable and threshold (-1: intercept of a numeric variable) of each of the first statistics."""
        pairs: list[tuple[int, int]] = []
        for variable, ordered in enumerate(self.is_ordered):
            own = np.flatnonzero(self.owner == variable) if ordered else [-1]
            pairs += [(variable, int(threshold)) for threshold in own]
        table = np.array(pairs, dtype=np.intp).reshape(-1, 2)
        return table[:, 0], table[:, 1]

    @cached_property
    def pairs(self) -> tuple[IntArray, IntArray]:
        """Rows and columns of the covariances below the diagonal."""
        columns, rows = np.triu_indices(len(self.variables), 1)
        return rows, columns

    @property
    def size(self) -> int:
        p = len(self.variables)
        return len(self.first[0]) + p * len(self.covariates) + len(self.numeric) + len(self.pairs[0])

    @cached_property
    def parts(self) -> tuple[slice, slice, slice, slice]:
        """Where thresholds and intercepts, slopes, variances and covariances stand."""
        p = len(self.variables)
        sizes = (len(self.first[0]), p * len(self.covariates), len(self.numeric), len(self.pairs[0]))
        ends = np.cumsum(sizes)
        return tuple(slice(int(end - size), int(end)) for end, size in zip(ends, sizes, strict=True))  # type: ignore[return-value]

    def measure(self, scale: FloatArray) -> FloatArray:
        """Divisors of the m statistics when observed variables are divided by `scale` (p, of responses 1).

        Thresholds and correlations of responses have no units.
        """
        own, given = scale[self.variables], scale[self.covariates]
        variable, threshold = self.first
        rows, columns = self.pairs
        first = np.where(threshold >= 0, 1.0, own[variable])
        slopes = (own / given[:, None]).reshape(-1)
        return np.concatenate([first, slopes, own[self.numeric] ** 2, own[rows] * own[columns]])

    def condition(self, covariance: FloatArray, mean: FloatArray) -> Given:
        """Moments of all observed variables (p × p and p) to those given the covariates."""
        y, x = self.variables, self.covariates
        V = covariance[np.ix_(y, y)]
        if not len(x):
            return Given(V, np.zeros((len(y), 0)), mean[y])
        across = covariance[np.ix_(y, x)]
        slopes: FloatArray = np.asarray(np.linalg.solve(covariance[np.ix_(x, x)], across.T).T, dtype=np.float64)
        return Given(V - slopes @ across.T, slopes, mean[y] - slopes @ mean[x])

    def assemble(self, given: Given, units: FloatArray, thresholds: FloatArray) -> FloatArray:
        """The m statistics from the moments of one group.

        units       p': what each variable is multiplied by, 1 for numeric ones
        thresholds  T
        """
        variable, threshold = self.first
        rows, columns = self.pairs
        heights = np.append(thresholds, 0.0)[threshold]
        location = given.intercepts[variable]
        first = np.where(threshold >= 0, units[variable] * (heights - location), location)
        return np.concatenate(
            [
                first,
                (units[:, None] * given.slopes).T.ravel(),
                np.diagonal(given.covariance)[self.numeric],
                units[rows] * units[columns] * given.covariance[rows, columns],
            ]
        )
