"""Correlations among the predictors of a printed regression, enclosed by branch and prune.

Beta_i = τ_i sqrt(VIF_i) with τ_i = t_i sqrt((1 − R²)/df) known almost exactly, so the printed Beta bound each VIF, and
R² = Σ Beta_i Beta_j r_ij bounds the sum. Boxes of correlations that cannot meet these bounds (or be a positive definite
matrix) are dropped, the rest halved; what is left at the end encloses every admissible matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.study.intervals import Interval, as_interval, build_interval
from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.relations import compute_r2, compute_t

Matrix = list[list[Interval]]
MOST_PREDICTORS = 4
_MOST_BOXES = 400_000


@dataclass(frozen=True, eq=False)
class CorrelationBoxes:
    """Boxes that together enclose every correlation matrix the table admits.

    pairs     the m pairs (i, j), i < j, of predictors in printed order
    boxes     (number of boxes) × m intervals; none where no matrix is admissible
    """

    pairs: tuple[tuple[int, int], ...]
    boxes: Interval

    @property
    def hull(self) -> Interval:
        """m intervals: the range of each correlation; empty where nothing is admissible."""
        if not len(self.boxes.lo):
            return build_interval(np.full(len(self.pairs), np.inf), np.full(len(self.pairs), -np.inf))
        return Interval(self.boxes.lo.min(axis=0), self.boxes.hi.max(axis=0))


def compute_predictor_correlations(table: PrintedTable, n: int, resolution: float = 1e-3) -> CorrelationBoxes | None:
    """Enclose the predictors' correlations; None where the table has too few figures or more than four predictors."""
    k = len(table.predictors)
    r2 = compute_r2(table, n)
    if not 2 <= k <= MOST_PREDICTORS or any("t" not in row.figures for row in table.predictors) or bool(r2.is_empty):
        return None
    scale = ((1.0 - r2) / as_interval(n - k - 1)).sqrt()
    standardised_t = [compute_t(row) * scale for row in table.predictors]
    beta = [row.figures["beta"].interval if "beta" in row.figures else None for row in table.predictors]
    pairs = tuple((i, j) for i in range(k) for j in range(i + 1, k))
    constraint = _Constraint(pairs, standardised_t, beta, r2)
    return CorrelationBoxes(pairs, _prune(constraint, len(pairs), resolution))


@dataclass(frozen=True, eq=False)
class _Constraint:
    pairs: tuple[tuple[int, int], ...]
    standardised_t: Sequence[Interval]
    beta: Sequence[Interval | None]
    r2: Interval

    def admits(self, boxes: Interval) -> NDArray[np.bool_]:
        """For each of N boxes (N × m): can it hold a matrix that meets the printed figures?"""
        matrix = self._build_matrix(boxes)
        k = len(matrix)
        determinant = compute_determinant(matrix)
        possible = determinant.hi > 0
        positive = Interval(np.maximum(determinant.lo, 1e-300), np.maximum(determinant.hi, 1e-300))
        beta = []
        for i in range(k):
            minor = compute_determinant([[matrix[a][b] for b in range(k) if b != i] for a in range(k) if a != i])
            possible &= minor.hi > 0
            vif = Interval(np.maximum(minor.lo, 0.0), np.maximum(minor.hi, 1e-300)) / positive
            vif = vif & build_interval(1.0, np.inf)
            implied = self.standardised_t[i] * vif.sqrt()
            printed = self.beta[i]
            beta.append(implied if printed is None else implied & printed)
            possible &= ~vif.is_empty & ~beta[i].is_empty
        explained = as_interval(0.0)
        for i in range(k):
            explained += beta[i].square()
            for j in range(i + 1, k):
                explained += 2.0 * (beta[i] * beta[j] * matrix[i][j])
        return np.asarray(possible & explained.overlaps(self.r2))

    def _build_matrix(self, boxes: Interval) -> Matrix:
        k = len(self.standardised_t)
        one = as_interval(np.ones(len(boxes.lo)))
        matrix: Matrix = [[one] * k for _ in range(k)]
        for column, (i, j) in enumerate(self.pairs):
            entry = Interval(boxes.lo[:, column], boxes.hi[:, column])
            matrix[i][j] = matrix[j][i] = entry
        return matrix


def compute_determinant(matrix: Matrix) -> Interval:
    """Determinant of a matrix of intervals by expansion along the first row; 1 for a matrix without rows."""
    if not matrix:
        return as_interval(1.0)
    if len(matrix) == 1:
        return matrix[0][0]
    total = as_interval(0.0)
    for column, entry in enumerate(matrix[0]):
        minor = compute_determinant([[*row[:column], *row[column + 1 :]] for row in matrix[1:]])
        total = total + entry * minor if column % 2 == 0 else total - entry * minor
    return total


def _prune(constraint: _Constraint, dimensions: int, resolution: float) -> Interval:
    """Halve and drop until all boxes are narrower than `resolution`, or too many remain (they enclose all the same)."""
    boxes = build_interval(np.full((1, dimensions), -1.0), np.full((1, dimensions), 1.0))
    while len(boxes.lo):
        boxes = boxes[constraint.admits(boxes)]
        if not len(boxes.lo) or boxes.width.max() <= resolution or len(boxes.lo) > _MOST_BOXES:
            break
        boxes = _halve(boxes)
    return boxes


def _halve(boxes: Interval) -> Interval:
    """Each box cut across its widest side."""
    side = np.argmax(boxes.width, axis=1)
    row = np.arange(len(side))
    middle = boxes.middle[row, side]
    left_hi, right_lo = boxes.hi.copy(), boxes.lo.copy()
    left_hi[row, side] = middle
    right_lo[row, side] = middle
    return build_interval(np.concatenate([boxes.lo, right_lo]), np.concatenate([left_hi, boxes.hi]))
