"""Metrics of residual moments: how changes of the raw moments change those in a metric."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.inference.weights.casewise import CasewiseMoments
from sem_toolkit.inference.weights.moment_derivatives import Matrix
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

IntArray = NDArray[np.intp]

_BLOCK = 256
"""Moments of all rows at a time: what fits a cache."""


class MetricJacobian:
    """Derivative J (m × m, sparse) of the moments in a metric by the raw ones, at the sample covariance (p × p).

    metric  "raw"; "cor.bentler": over the sample's standard deviations; "cor.bollen": correlations
    means   whether the means come first among the moments
    """

    def __init__(self, covariance: FloatArray, metric: str, means: bool) -> None:
        p = len(covariance)
        self.rows, self.cols = vech_indices(p)
        self.first = p if means else 0
        self.covariance, self.metric = covariance, metric
        self.deviation = np.sqrt(np.diag(covariance))
        both = self.deviation[self.rows] * self.deviation[self.cols]
        self.scale = 1.0 / both if metric != "raw" else np.ones(len(self.rows))
        self.diagonal = np.flatnonzero(self.rows == self.cols)
        self.half = 0.5 * covariance[self.rows, self.cols] / both if metric == "cor.bollen" else None

    @cached_property
    def matrix(self) -> "csr_array":
        """J itself. A correlation changes by (Δs_ij)/(d_i d_j) − ½ρ(Δs_ii/s_ii + Δs_jj/s_jj)."""
        from scipy.sparse import coo_array

        m = self.first + len(self.rows)
        places, own = np.arange(m), np.concatenate([self._mean_scale(), self.scale])
        if self.half is None:
            return coo_array((own, (places, places))).tocsr()
        variances = self.deviation**2
        sides = [self.diagonal[side] + self.first for side in (self.rows, self.cols)]
        pulls = [-self.half / variances[side] for side in (self.rows, self.cols)]
        off = places[self.first :]
        values = np.concatenate([own, *pulls])
        values[self.first + self.diagonal] = 0.0
        for k in (0, 1):
            values[m + k * len(off) + self.diagonal] = 0.0
        at = np.concatenate([places, off, off]), np.concatenate([places, *sides])
        return coo_array((values, at), shape=(m, m)).tocsr()

    def times(self, columns: Matrix) -> Matrix:
        """J times columns (m × k), sparse where these are."""
        return self.matrix @ columns

    def list_casewise(self, part: CasewiseMoments) -> Iterator[tuple[slice, FloatArray]]:
        """J(z_i − z̄) of all rows, some moments at a time: which ones, and b × n."""
        T = np.ascontiguousarray(part.rows.T)
        F = None if part.fitted is None else np.ascontiguousarray(part.fitted.T)
        if self.first:
            block = T if F is None else T - F
            yield slice(0, self.first), (block - block.mean(axis=1, keepdims=True)) * self._mean_scale()[:, None]
        relative = _center_products(T, F, np.arange(len(T)), np.arange(len(T))) / (self.deviation**2)[:, None]
        for begin in range(0, len(self.rows), _BLOCK):
            some = slice(begin, begin + _BLOCK)
            i, j = self.rows[some], self.cols[some]
            block = _center_products(T, F, i, j)
            if self.metric != "raw":
                block *= self.scale[some, None]
            if self.half is not None:
                block -= self.half[some, None] * (relative[i] + relative[j])
                block[i == j] = 0.0
            yield slice(self.first + begin, self.first + begin + len(i)), block

    def normal_variances(self) -> FloatArray:
        """diag(JΓJᵀ) for Γ of normal theory: s_ii s_jj + s_ij² for covariances, (1 − ρ²)² for correlations."""
        variances = np.diag(self.covariance)
        squares = self.covariance[self.rows, self.cols] ** 2
        both = variances[self.rows] * variances[self.cols]
        second = (1.0 - squares / both) ** 2 if self.metric == "cor.bollen" else (both + squares) * self.scale**2
        if not self.first:
            return np.asarray(second)
        return np.concatenate([variances if self.metric == "raw" else np.ones(self.first), second])

    def _mean_scale(self) -> FloatArray:
        """What the means (if there are any) are multiplied by."""
        if not self.first:
            return np.zeros(0)
        return np.ones(self.first) if self.metric == "raw" else 1.0 / self.deviation


def _center_products(T: FloatArray, F: FloatArray | None, i: IntArray, j: IntArray) -> FloatArray:
    """T_i T_j less F_i F_j (of rows that are fixed), less their means: b × n for positions i and j (b)."""
    block = T[i]
    block *= T[j]
    if F is not None:
        block -= F[i] * F[j]
    block -= block.mean(axis=1, keepdims=True)
    return block
