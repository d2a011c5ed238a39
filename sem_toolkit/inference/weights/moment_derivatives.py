"""Δ and what is made of it, sparse where most of it is 0: a loading changes p covariances of p(p + 1)/2."""

from typing import TYPE_CHECKING, Union

import numpy as np

from sem_toolkit.discrepancy import MomentPair
from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.model.kernels import mean_slopes
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Matrix = Union[FloatArray, "csr_array"]

_SPARSE = 0.05
"""Share of elements that are not 0 up to which sparse products are faster than dense ones."""
_BLOCK = 1024
"""Rows at a time."""


def build_delta(evaluation: MomentPair) -> list[Matrix]:
    """The Jacobian of the moments by x (m × q) of each group, as a sparse matrix where that saves work."""
    if evaluation.model.composites is not None:
        return list(compute_delta(evaluation))
    sparse = [build_sparse_delta(evaluation, g) for g in range(evaluation.model.n_groups)]
    if all(matrix.nnz <= _SPARSE * matrix.shape[0] * matrix.shape[1] for matrix in sparse):
        return list(sparse)
    return [matrix.toarray() for matrix in sparse]


def build_sparse_delta(evaluation: MomentPair, g: int) -> "csr_array":
    """A cell changes Σ by w(lrᵀ + rlᵀ): elements only where l and r have any."""
    from scipy.sparse import coo_array

    model, moments = evaluation.model, evaluation.moments
    p, cells, C = model.n_observed, model.cells[g], moments.columns[g]
    first = p if evaluation.has_means else 0
    start = np.arange(p) * p - np.arange(p) * (np.arange(p) + 1) // 2 + first  # of column j of vech, less j
    slopes = None if moments.all_mean is None or not first else mean_slopes(cells, moments.all_mean[g])
    places, values, counts = [], [], []
    inside = [np.flatnonzero(column) for column in C.T]
    for k, (left, right, weight) in enumerate(zip(cells.row, cells.right, cells.weight, strict=True)):
        a, b = inside[left], inside[right]
        product = weight * np.multiply.outer(C[a, left], C[b, right]) * (1.0 + np.equal.outer(a, b))
        high, low = np.maximum.outer(a, b), np.minimum.outer(a, b)
        parts = [(start[low] + high).ravel()]
        numbers = [product.ravel()]
        if slopes is not None and slopes[k]:
            parts.append(a)
            numbers.append(C[a, left] * slopes[k])
        places += parts
        values += numbers
        counts.append(sum(len(part) for part in parts))
    columns = np.repeat(cells.position, counts)
    rows = np.concatenate(places) if places else np.zeros(0, dtype=np.intp)
    found = np.concatenate(values) if values else np.zeros(0)
    shape = (first + p * (p + 1) // 2, model.n_parameters)
    return coo_array((found, (rows, columns)), shape=shape).tocsr()


def to_dense(matrix: Matrix) -> FloatArray:
    """The same as an array."""
    return matrix if isinstance(matrix, np.ndarray) else np.asarray(matrix.toarray())


def compute_row_products(matrix: Matrix, inner: FloatArray, other: Matrix | None = None) -> FloatArray:
    """diag(X M Yᵀ) for X (m × q), M (q × q) and Y (m × q; X itself by default), without an m × m matrix: m."""
    right = matrix if other is None else other
    result = np.empty(matrix.shape[0])
    for begin in range(0, len(result), _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        product = matrix[rows] @ inner
        if isinstance(right, np.ndarray):
            result[rows] = np.einsum("mq,mq->m", product, right[rows])
        else:
            result[rows] = right[rows].multiply(product).sum(axis=1)
    return result
