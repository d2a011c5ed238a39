"""Linear equations of parameters, solved exactly: a basis of the points that satisfy them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.spec.table import Parameter

FloatArray = NDArray[np.float64]

LARGEST = 1e50
"""Sizes beyond it overflow when a covariance matrix and its information are made of them."""


class Equation(Protocol):
    """What an equation is called, and the row that it was written in."""

    @property
    def row(self) -> Parameter: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, eq=False)
class LinearEqualities:
    """matrix @ x = target (k × q), solved exactly: x = offset + basis @ θ, with a q × r basis.

    Each θ is one of the x, `kept` (r positions); the others follow from these.
    """

    matrix: FloatArray
    target: FloatArray
    offset: FloatArray
    basis: FloatArray
    kept: NDArray[np.intp]

    @property
    def is_trivial(self) -> bool:
        return len(self.target) == 0

    def expand(self, theta: FloatArray) -> FloatArray:
        """θ (r) to x (q)."""
        return theta if self.is_trivial else self.offset + self.basis @ theta

    def reduce(self, x: FloatArray) -> FloatArray:
        """The θ of x; with `expand`, the point that satisfies the equalities and agrees with x in what is kept."""
        return x if self.is_trivial else x[self.kept]

    def average(self, x: FloatArray) -> FloatArray:
        """The point nearest to x that satisfies the equalities (least squares)."""
        if self.is_trivial:
            return x
        theta = np.linalg.lstsq(self.basis, x - self.offset, rcond=None)[0]
        return self.expand(np.asarray(theta))


def solve_linear(matrix: FloatArray, target: FloatArray, equations: Sequence[Equation]) -> LinearEqualities:
    """Gauss-Jordan elimination; of two equal parameters the earlier is kept."""
    q = matrix.shape[1]
    if not len(target):
        return LinearEqualities(matrix, target, np.zeros(q), np.eye(q), np.arange(q))
    if (tied := _solve_ties(matrix, target)) is not None:
        return tied
    work = np.concatenate([matrix, target[:, None]], axis=1)
    size = np.abs(matrix).max(axis=1, initial=0.0) + 1e-300
    pivots: list[int] = []
    rows: list[int] = []
    for row in range(len(work)):
        head = np.abs(work[row, :q])
        top = head.max(initial=0.0)
        if top <= 1e-10 * size[row]:
            _require_consistent(work[row, q], size[row], equations[row])
            continue
        pivot = int(np.flatnonzero(head >= 0.999 * top)[-1])
        work[row] /= work[row, pivot]
        others = np.flatnonzero(work[:, pivot])
        others = others[others != row]
        work[others] -= work[others, pivot][:, None] * work[row]
        work[others, pivot] = 0.0
        pivots.append(pivot)
        rows.append(row)
    kept = np.setdiff1d(np.arange(q), pivots)
    offset, basis = np.zeros(q), np.zeros((q, len(kept)))
    offset[pivots] = work[rows, q]
    for place in rows:
        if not np.isfinite(work[place]).all() or np.abs(work[place]).max(initial=0.0) > LARGEST:
            _report_size(equations[place])
    basis[kept, np.arange(len(kept))] = 1.0
    basis[pivots] = -work[rows][:, kept]
    return LinearEqualities(matrix, target, offset, basis + 0.0, kept)


def _solve_ties(matrix: FloatArray, target: FloatArray) -> LinearEqualities | None:
    """What elimination gives where every equation says that two parameters are equal: each takes the value of the first
    that it is tied to. None for other equations.
    """
    rows, columns = np.nonzero(matrix)
    if target.any() or len(rows) != 2 * len(matrix) or not np.array_equal(rows[::2], rows[1::2]):
        return None
    values = matrix[rows, columns]
    if (np.abs(values) != 1.0).any() or (values[::2] != -values[1::2]).any():
        return None
    first = list(range(matrix.shape[1]))
    for one, other in columns.reshape(-1, 2).tolist():
        while first[one] != one:
            one = first[one]
        while first[other] != other:
            other = first[other]
        first[max(one, other)] = min(one, other)
    for place, earlier in enumerate(first):
        first[place] = first[earlier]  # the earlier one has its own already
    kept, own = np.unique(np.array(first), return_inverse=True)
    basis = (own[:, None] == np.arange(len(kept))).astype(np.float64)
    return LinearEqualities(matrix, target, np.zeros(len(first)), basis, kept)


def _report_size(equation: Equation) -> None:
    message = f'the constraint "{equation.text}" asks for numbers of more than 50 digits'
    raise ModelError(Diagnostic("error", "constraint-too-large", message, span=equation.row.origin.span))


def _require_consistent(left_over: float, size: float, equation: Equation) -> None:
    if abs(left_over) > 1e-8 * max(size, 1.0):
        message = f'the constraint "{equation.text}" contradicts the others'
        raise ModelError(Diagnostic("error", "contradictory-constraints", message, span=equation.row.origin.span))
