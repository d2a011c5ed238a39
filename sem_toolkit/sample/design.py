"""How the rows of a sample count: sampling weights and clusters, and what sums over rows become with them.

Sources: Muthén & Satorra (1995), Sociological Methodology 25, 267-316; Asparouhov & Muthén (2005), Multivariate
statistical modeling with survey data.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Design:
    """Weights and clusters of the n rows of a group.

    weights      n: sampling weight of each row, or None where each counts for one
    clusters     n: cluster of each row, from 0, or None where rows are independent draws
    frequencies  weights are numbers of equal rows, so that a row of weight 2 says as much as two independent ones
    """

    weights: FloatArray | None = None
    clusters: NDArray[np.intp] | None = None
    frequencies: bool = False

    @property
    def is_simple(self) -> bool:
        """Whether rows are independent draws that count alike."""
        return self.weights is None and self.clusters is None

    def count(self, n: int) -> float:
        """What the n rows count for: the sum of their weights, whole where it is so but for rounding."""
        if self.weights is None:
            return float(n)
        total = float(self.weights.sum())
        return float(round(total)) if abs(total - round(total)) < 1e-9 * total else total

    def average(self, values: FloatArray) -> FloatArray:
        """Mean over the rows of values (n × k): k."""
        if self.weights is None:
            return np.asarray(values.mean(axis=0))
        return np.asarray(self.weights @ values / self.weights.sum())

    def sum_draws(self, values: FloatArray) -> FloatArray:
        """Values of rows (n × k), each times its weight, to those of clusters (c × k) times √(c/(c − 1)), as in lavaan.

        Cross-products of what comes out estimate those that independent draws vary by.
        """
        return self._sum(values, self.weights)

    def sum_moments(self, values: FloatArray) -> FloatArray:
        """The same of moments of rows; weights that are frequencies count once in cross-products, not twice."""
        if self.weights is None or not self.frequencies:
            return self.sum_draws(values)
        return self._sum(values, np.sqrt(self.weights))

    def _sum(self, values: FloatArray, weights: FloatArray | None) -> FloatArray:
        if weights is not None:
            values = values * weights[:, None]
        if self.clusters is None:
            return values
        count = int(self.clusters.max()) + 1
        order = np.argsort(self.clusters, kind="stable")
        starts = np.searchsorted(self.clusters[order], np.arange(count))
        return np.asarray(np.add.reduceat(values[order], starts, axis=0) * np.sqrt(count / (count - 1.0)))


PLAIN = Design()
"""Rows that are independent draws and count alike."""
