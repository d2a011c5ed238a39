"""Rows of a printed matrix into numbers: whole or either triangle, with or without a diagonal, rounded or scaled."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.moments import FloatArray

Row = list[str]
DASHES = frozenset({"-", "–", "—", "--", "---"})
_LAYOUT = (
    "one name without blanks stands before the numbers of a row, or above them; a title line begins with #, and names "
    "of several words need tabs or semicolons between the cells"
)
_MOST_DECIMALS = 6
_LARGEST_ROUNDING = 0.02  # of a correlation; more is no rounding, however few digits are printed


def fill_matrix(names: Sequence[str], rows: Sequence[Row], path: Path) -> tuple[FloatArray, int]:
    """The p × p matrix, NaN where neither half has a number, and the decimals it was printed with."""
    rows = [*rows]
    p = len(names)
    lengths = [len([cell for cell in row if cell]) for row in rows]
    padded = any(row and not row[0] for row in rows)
    offset = 0  # column of the first cell of row 0, for triangles that are written from the left
    upward = False  # an upper triangle written from the left: row i begins at column i
    strict = False
    if not padded and p > 1:
        if lengths == list(range(1, p)) or lengths == list(range(p)):
            strict = True
            rows = [[], *rows] if len(rows) == p - 1 else rows
        elif lengths == list(range(p - 1, 0, -1)) or lengths == list(range(p - 1, -1, -1)):
            strict, upward, offset = True, True, 1
            rows = [*rows, []] if len(rows) == p - 1 else rows
        elif lengths == list(range(p, 0, -1)):
            upward = True
    if len(rows) != p:
        raise malformed(path, f"{p} names but {len(rows)} rows", _LAYOUT)
    matrix = np.full((p, p), np.nan)
    decimals = 0
    for i, row in enumerate(rows):
        start = i + offset if upward else 0
        if start + len(row) > p:
            raise malformed(path, f"row {names[i]!r} has {len(row)} values for {p} names", _LAYOUT)
        for j, cell in enumerate(row, start=start):
            if cell in DASHES and i == j:
                strict = True
            elif cell:
                if not is_number(cell):
                    raise malformed(path, f"row {names[i]!r} holds {cell!r}, which is not a number", _LAYOUT)
                matrix[i, j] = to_number(cell)
                decimals = max(decimals, _count_decimals(cell))
    if strict:
        diagonal = np.diag(matrix)
        np.fill_diagonal(matrix, np.where(np.isnan(diagonal), 1.0, diagonal))
    return np.where(np.isnan(matrix), matrix.T, matrix), decimals


def _count_decimals(cell: str) -> int:
    """Digits after the point of a printed number; many where it has an exponent, so that none counts as rounded."""
    if "e" in cell.lower():
        return _MOST_DECIMALS + 1
    return len(cell.replace(",", ".").partition(".")[2])


def average_rounding(matrix: FloatArray, decimals: int, path: Path) -> tuple[FloatArray, list[Diagnostic]]:
    """The mean of two halves that differ by one unit of their last digit, and a note of it; others stay as they are."""
    gap = np.abs(matrix - matrix.T)
    unit = 10.0**-decimals
    deviations = np.sqrt(np.abs(np.diag(matrix)))
    scale = np.outer(deviations, deviations)
    tolerated = np.minimum(1.001 * unit, _LARGEST_ROUNDING * scale)
    if decimals > _MOST_DECIMALS or not np.any(gap > 0) or not np.all(gap <= tolerated):
        return matrix, []
    text = f"{path}: the two halves of the matrix differ by at most {unit:g}, as by rounding; they were averaged"
    return (matrix + matrix.T) / 2, [Diagnostic("note", "rounded-halves", text)]


def scale(matrix: FloatArray, deviations: FloatArray, path: Path) -> FloatArray:
    """Covariances from correlations and standard deviations; the matrix as it is where it has these variances."""
    if np.any(deviations <= 0):
        raise malformed(path, "a standard deviation is not positive")
    diagonal = np.diag(matrix)
    if np.all(diagonal == 1):
        return np.asarray(matrix * np.outer(deviations, deviations))
    if np.allclose(diagonal, deviations**2, rtol=0.02):
        return matrix
    raise malformed(path, "the diagonal of the matrix is neither 1 nor the square of the standard deviations")


def is_value(cell: str) -> bool:
    """Whether a cell is a number, or the dash of a diagonal that is left out."""
    return is_number(cell) or cell in DASHES


def is_number(cell: str) -> bool:
    """Whether a cell is a number, with a point or a comma, that float64 can hold."""
    try:
        number = to_number(cell)
    except ValueError:
        return False
    return "_" not in cell and not np.isinf(number)


def to_number(cell: str) -> float:
    """The number in a cell, with a point or a comma."""
    return float(cell.replace(",", "."))


def malformed(source: str | Path, reason: str, hint: str | None = None) -> DataError:
    """The fault of moments that are not written as moments are."""
    return DataError(Diagnostic("error", "malformed-covariance", f"{source}: {reason}", hint=hint))
