"""Sums of whole-number answers: which pairs (Σx, Σx²) n answers on a scale can have, and by which frequencies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

IntegerArray = NDArray[np.int64]


@lru_cache(maxsize=16)
def list_attainable_sums(n: int, scale: tuple[int, int]) -> IntegerArray:
    """Every (Σx, Σx²) that n answers on the scale can have, as rows of an (N × 2) array.

    Row by row of the data: the set after one more answer is the union of the shifted sets (exact, no rounding).
    """
    steps = range(scale[1] - scale[0] + 1)
    reachable = np.zeros((n * steps[-1] + 1, n * steps[-1] ** 2 + 1), dtype=bool)
    reachable[0, 0] = True
    for count in range(n):
        rows, columns = count * steps[-1] + 1, count * steps[-1] ** 2 + 1
        known = reachable[:rows, :columns].copy()
        for step in steps[1:]:
            reachable[step : step + rows, step * step : step * step + columns] |= known
    shifted, shifted_squares = np.nonzero(reachable)
    first = scale[0]
    totals = shifted + n * first
    squares = shifted_squares + 2 * first * shifted + n * first * first
    pairs = np.column_stack([totals, squares]).astype(np.int64)
    pairs.flags.writeable = False
    return pairs


def list_sums_within(n: int, scale: tuple[int, int], low: float, high: float) -> IntegerArray:
    """Every (Σx, Σx²) that n answers on a wide scale may have with n Σx² − (Σx)² from `low` to `high`, (N × 2).

    By necessary conditions only: Σx² is even or odd with Σx, and no answer lies off the scale, so that
    Σ(x − first)(last − x) ≥ 0. On a scale of many values few pairs that meet them are out of reach.
    """
    first, last = scale
    totals = np.arange(n * first, n * last + 1, dtype=np.int64)
    smallest = np.ceil((low + totals**2) / n).astype(np.int64)
    smallest += (smallest - totals) % 2
    largest = np.minimum(np.floor((high + totals**2) / n).astype(np.int64), (first + last) * totals - n * first * last)
    counts = np.maximum((largest - smallest) // 2 + 1, 0)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.column_stack([np.repeat(totals, counts), np.repeat(smallest, counts) + 2 * offsets])


def list_frequency_tables(n: int, total: int, squares: int, scale: tuple[int, int]) -> IntegerArray:
    """Every table of counts of the scale's values with these sums, as rows of an (N × number of values) array."""
    values = tuple(range(scale[0], scale[1] + 1))
    found = [counts[::-1] for counts in _extend(values, n, total, squares)]
    return np.array(found, dtype=np.int64).reshape(-1, len(values))


def _extend(values: Sequence[int], n: int, total: int, squares: int) -> Iterator[tuple[int, ...]]:
    """Counts of the values from the last to the first; the last three follow from the three sums."""
    if len(values) <= 3:
        yield from _solve_last(values, n, total, squares)
        return
    value = values[-1]
    for count in range(min(n, squares // (value * value) if value else n) + 1):
        for rest in _extend(values[:-1], n - count, total - count * value, squares - count * value * value):
            yield (count, *rest)


def _solve_last(values: Sequence[int], n: int, total: int, squares: int) -> Iterator[tuple[int, ...]]:
    """Counts of at most three neighbouring values with given sums: at most one solution."""
    first = values[0]
    shifted, shifted_squares = total - first * n, squares - 2 * first * total + first * first * n
    twice_top = shifted_squares - shifted if len(values) == 3 else 0
    top, odd = divmod(twice_top, 2)
    middle = shifted - 2 * top if len(values) >= 2 else 0
    counts = (top, middle, n - top - middle)[3 - len(values) :]
    sums_agree = sum(counts) == n and middle + 2 * top == shifted and middle + 4 * top == shifted_squares
    if not odd and min(counts) >= 0 and sums_agree:
        yield counts


def compute_product_range(first: IntegerArray, second: IntegerArray, scale: tuple[int, int]) -> tuple[int, int]:
    """Smallest and largest Σxy over all frequency tables of x (rows of `first`) and y (rows of `second`).

    Rearrangement inequality: sorted the same way the sum is largest, sorted the opposite way smallest.
    """
    values = np.arange(scale[0], scale[1] + 1)
    x = np.array([np.repeat(values, counts) for counts in first], dtype=np.float64)
    y = np.array([np.repeat(values, counts) for counts in second], dtype=np.float64)
    return int((x @ y[:, ::-1].T).min()), int((x @ y.T).max())
