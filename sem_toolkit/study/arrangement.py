"""Arrange whole-number answers over respondents so that their sums of products are exactly the wanted ones.

A column is a fixed multiset of answers (its frequency table), so Σx and Σx² hold whatever the order; only swaps of two
respondents' answers are needed to reach the products.
"""

from __future__ import annotations

import numpy as np

from sem_toolkit.study.integer_sums import IntegerArray
from sem_toolkit.study.intervals import FloatArray

_MOST_STEPS = 20_000
_PATIENCE = 60


def draw_column(counts: IntegerArray, first: int, propensity: FloatArray) -> IntegerArray:
    """Answers with the given counts of the values first, first + 1, …, larger ones where `propensity` is larger."""
    answers = np.repeat(np.arange(first, first + len(counts)), counts)
    column = np.empty(len(answers), dtype=np.int64)
    column[np.argsort(propensity, kind="stable")] = answers
    return column


def arrange_columns(
    columns: IntegerArray,
    products: IntegerArray,
    score: FloatArray,
    crossed: FloatArray,
    tolerance: FloatArray,
    rng: np.random.Generator,
) -> IntegerArray | None:
    """Swap answers within columns until Σ x_i x_j equals `products` and Σ x_i score is near `crossed`.

    columns    n × k start
    products   k × k wanted sums of products; the diagonal does not matter
    score      n values, centred
    crossed    k wanted sums of x_i times score, each to within `tolerance` (k)

    Steepest descent over all swaps, with a few random swaps where it is stuck; None where that does not get there.
    """
    x = columns.copy()
    k = x.shape[1]
    off = ~np.eye(k, dtype=bool)
    best, waiting = np.inf, 0
    for _ in range(_MOST_STEPS):
        product_error = ((x.T @ x - products) * off).astype(np.float64)
        cross_error = (score @ x - crossed) / tolerance
        error = float((product_error**2).sum() / 2 + (cross_error**2).sum())
        if not product_error.any() and (np.abs(cross_error) <= 1.0).all():
            return x
        waiting = 0 if error < best - 1e-12 else waiting + 1
        best = min(best, error)
        column, a, b, gain = _find_best_swap(x, product_error, cross_error, score, tolerance)
        if gain >= 0 or waiting > _PATIENCE:
            column, (a, b) = int(rng.integers(k)), rng.choice(len(x), 2, replace=False)
            waiting, best = 0, np.inf
        x[[a, b], column] = x[[b, a], column]
    return None


def _find_best_swap(
    x: IntegerArray, product_error: FloatArray, cross_error: FloatArray, score: FloatArray, tolerance: FloatArray
) -> tuple[int, int, int, float]:
    """Column, two rows, and the change of the error (below zero is better) of the best single swap."""
    found = (0, 0, 1, np.inf)
    differences = x[None, :, :] - x[:, None, :]
    score_difference = score[None, :] - score[:, None]
    for column in range(x.shape[1]):
        own = differences[:, :, column]
        change = np.zeros(own.shape)
        for other in range(x.shape[1]):
            if other != column:
                moved = product_error[column, other] - own * differences[:, :, other]
                change += moved**2 - product_error[column, other] ** 2
        moved_cross = cross_error[column] - own * score_difference / tolerance[column]
        change += moved_cross**2 - cross_error[column] ** 2
        change[own == 0] = np.inf
        # Rounded, so that swaps equally good tie on every machine and the first of them is taken.
        a, b = np.unravel_index(int(change.round(9).argmin()), change.shape)
        if change[a, b] < found[3] - 1e-9:
            found = (column, int(a), int(b), float(change[a, b]))
    return found
