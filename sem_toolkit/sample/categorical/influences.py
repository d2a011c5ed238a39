"""Scores of polychoric correlations, and how they go with those of thresholds, from the tables of all pairs at once.

Muthén (1984), Muthén & Satorra (1995).
"""

from __future__ import annotations

import numpy as np

from sem_toolkit.libraries import special
from sem_toolkit.sample.categorical.polychoric import (
    FloatArray,
    IntArray,
    PolychoricCorrelations,
    build_threshold_grid,
    compute_cells,
)

_INVERSE_ROOT = 1.0 / np.sqrt(2.0 * np.pi)


def sum_threshold_products(
    codes: FloatArray, estimates: PolychoricCorrelations, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Scores of the correlations (n × pairs), and the weighted sums of their products with those of thresholds in the
    likelihood of the pair (pairs × thresholds), pairs by the rows of the upper triangle.
    """
    pairs = np.triu_indices(codes.shape[1], 1)
    answered = ~np.isnan(codes)
    cells = np.where(answered, codes, 0.0).astype(np.int64)
    largest = max(map(len, estimates.thresholds)) + 1
    tables = _count_tables(cells, answered, pairs, largest, weights)
    scores, crossed = score_tables(tables, estimates)
    both = answered[:, pairs[0]] & answered[:, pairs[1]]
    return scores[np.arange(len(scores)), cells[:, pairs[0]], cells[:, pairs[1]]] * both, crossed


def score_tables(tables: FloatArray, estimates: PolychoricCorrelations) -> tuple[FloatArray, FloatArray]:
    """Scores of the correlations by the cells of their pairs' tables (pairs × k × k), and the sums of their products
    with those of thresholds (pairs × thresholds), from the rows in each cell (pairs × k × k).
    """
    items = len(estimates.thresholds)
    pairs = np.triu_indices(items, 1)
    # At ±1 there is no score; what is made of it there is not used.
    correlations = np.clip(estimates.correlations[pairs], -0.999999, 0.999999)
    grid = build_threshold_grid(estimates.thresholds)
    starts = np.concatenate(([0], np.cumsum([len(values) for values in estimates.thresholds])))
    first, second = grid[pairs[0]], grid[pairs[1]]
    probabilities, changes = compute_cells(first, second, correlations)
    scores = changes / probabilities
    weighted = tables * scores / probabilities
    crossed = np.zeros((len(correlations), starts[-1]))
    for side, other, turned, known in (
        (first, second, weighted, pairs[0]),
        (second, first, weighted.transpose(0, 2, 1), pairs[1]),
    ):
        summed = _sum_threshold_scores(side, other, correlations, turned)
        for item in range(items):
            at = np.flatnonzero(known == item)
            crossed[at, starts[item] : starts[item + 1]] = summed[at, : len(estimates.thresholds[item])]
    return scores, crossed


def _count_tables(
    cells: IntArray, answered: np.ndarray, pairs: tuple[IntArray, IntArray], largest: int, weights: FloatArray
) -> FloatArray:
    """Rows, by weight, in each cell of each pair's table (pairs × categories × categories)."""
    chosen = ((cells[:, :, None] == np.arange(largest)) & answered[:, :, None]).astype(np.float64)
    flat = chosen.reshape(len(cells), -1)
    crossed = (
        (flat.T @ (weights[:, None] * flat))
        .reshape(cells.shape[1], largest, cells.shape[1], largest)
        .transpose(0, 2, 1, 3)
    )
    return np.asarray(crossed[pairs])


def _sum_threshold_scores(
    side: FloatArray, other: FloatArray, correlations: FloatArray, weighted: FloatArray
) -> FloatArray:
    """Sum over the rows of each correlation's score times that of the thresholds on one side (pairs × thresholds).

    The probability of a cell changes with the threshold τ that ends it by φ(τ) times the probability that the other
    response, given τ, falls into the cell. ``weighted`` holds rows × score ÷ probability of each cell, with this
    side's categories first.
    """
    at = side[:, 1:-1]
    rest = np.sqrt(1.0 - correlations**2)[:, None, None]
    below = special.ndtr((other[:, None, :] - correlations[:, None, None] * at[:, :, None]) / rest)
    changes = _INVERSE_ROOT * np.exp(-0.5 * at**2)[:, :, None] * np.diff(below, axis=2)
    return np.asarray(np.sum(changes * (weighted[:, :-1] - weighted[:, 1:]), axis=2))
