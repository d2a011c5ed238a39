"""Scores that may take any value on the scale: columns with exactly the wanted moments, within the scale's ends.

The wanted sums are linear in the score but for its own sum of squares, so a score is the solution of the linear
equations plus a part orthogonal to them whose length is free. Clipping to the scale and solving again, in turn,
brings all values within it.
"""

from __future__ import annotations

import numpy as np

from sem_toolkit.libraries import special
from sem_toolkit.study.intervals import FloatArray

_MOST_ROUNDS = 2_000


def build_normal_score(n: int, mean: float, q: float, rng: np.random.Generator) -> FloatArray:
    """Normal quantiles in random order with the given mean and root of the sum of squares about it."""
    quantiles = special.ndtri((np.arange(n) + 0.5) / n)
    score: FloatArray = mean + rng.permutation(quantiles) * (q / np.sqrt(quantiles @ quantiles))
    return score


def solve_score(
    start: FloatArray, columns: FloatArray, mean: float, q: float, crossed: FloatArray, scale: tuple[float, float]
) -> FloatArray | None:
    """The score near `start` with mean, Σ(y − ȳ)² = q² and Σ(x_i − x̄_i)(y − ȳ) = crossed_i, within the scale.

    columns  n × m predictors x; crossed has m elements

    None where no score has these moments, or none within the scale is found.
    """
    centred = columns - columns.mean(axis=0)
    basis, triangle = np.linalg.qr(centred)
    # In the orthonormal basis the wanted products are coordinates of the score.
    coordinates = np.linalg.solve(triangle.T, crossed)
    free_square = q * q - float(coordinates @ coordinates)
    if free_square <= 0:
        return None
    fixed = mean + basis @ coordinates
    score = start
    for _ in range(_MOST_ROUNDS):
        free = score - score.mean()
        free = free - basis @ (basis.T @ free)
        score = fixed + free * np.sqrt(free_square / float(free @ free))
        if score.min() >= scale[0] and score.max() <= scale[1]:
            return np.asarray(score)
        score = np.clip(score, scale[0] + 0.01, scale[1] - 0.01)
    return None


def solve_composites(
    start: FloatArray,
    score: FloatArray,
    means: FloatArray,
    centred: FloatArray,
    crossed: FloatArray,
    scale: tuple[float, float],
) -> FloatArray | None:
    """k columns near `start` (n × k) with given means, centred products (k × k) and products with the centred score.

    None where no such columns exist or none within the scale are found.
    """
    deviation = score - score.mean()
    square = float(deviation @ deviation)
    rest = centred - np.outer(crossed, crossed) / square
    if np.linalg.eigvalsh(rest).min() <= 0:
        return None
    root = np.linalg.cholesky(rest)
    fixed = means + np.outer(deviation, crossed / square)
    columns = start
    for _ in range(_MOST_ROUNDS):
        free = columns - columns.mean(axis=0)
        free = free - np.outer(deviation, deviation @ free / square)
        # Nearest columns with the wanted products: whiten symmetrically towards the root, keep the orientation.
        own_root = np.linalg.cholesky(free.T @ free)
        columns = fixed + free @ np.linalg.inv(own_root).T @ root.T
        if columns.min() >= scale[0] and columns.max() <= scale[1]:
            return np.asarray(columns)
        columns = np.clip(columns, scale[0] + 0.01, scale[1] - 0.01)
    return None
