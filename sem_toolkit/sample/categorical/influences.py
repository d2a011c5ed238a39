"""Thresholds and polychoric correlations to their asymptotic covariance matrix Γ.

Each row's influence on the two-step estimates is found first (rows × statistics); Γ is the mean of its squares and
products. Muthén (1984), Muthén & Satorra (1995).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from sem_toolkit.sample.categorical.polychoric import (
    FloatArray,
    IntArray,
    PolychoricCorrelations,
    build_threshold_grid,
    compute_cells,
)

_INVERSE_ROOT = 1.0 / np.sqrt(2.0 * np.pi)


def compute_polychoric_gamma(codes: FloatArray, estimates: PolychoricCorrelations) -> FloatArray:
    """Γ (q × q): n times the asymptotic covariance matrix of the thresholds and polychoric correlations.

    The thresholds come first, item by item, then the correlations by the columns of the lower triangle: lavaan's
    order. Raises ValueError as `compute_polychoric_influences` does.
    """
    influences = compute_polychoric_influences(codes, estimates)
    return np.asarray(influences.T @ influences / len(codes))


def compute_polychoric_influences(codes: FloatArray, estimates: PolychoricCorrelations) -> FloatArray:
    """What each row adds to √n times the error of each threshold and correlation (n × q), in the order of Γ.

    ``codes`` (n × p) are the answers that gave ``estimates``: 0 … categories − 1, NaN where unanswered. With the
    scores s of the two steps stacked and A their sum of products, without what a step leaves out (the blocks of two
    items' thresholds, and of a threshold on a correlation), a row's influence is n A⁻¹ s. A is lower block
    triangular, so that the thresholds are solved item by item and then put into the correlations.

    Raises ValueError where a correlation is not certified or is ±1: its score does not exist there.
    """
    pairs = np.triu_indices(codes.shape[1], 1)
    correlations = estimates.correlations[pairs]
    if not np.all(estimates.certified[pairs]) or np.any(np.abs(correlations) >= 1.0):
        at = np.flatnonzero(~estimates.certified[pairs] | (np.abs(correlations) >= 1.0))[0]
        raise ValueError(f"the correlation of items {pairs[0][at]} and {pairs[1][at]} is not determined by the answers")
    answered = ~np.isnan(codes)
    cells = np.where(answered, codes, 0.0).astype(np.int64)
    parts = []
    for item, values in enumerate(estimates.thresholds):
        scores = _score_thresholds(values)[cells[:, item]] * answered[:, item, None]
        parts.append(np.linalg.solve(scores.T @ scores, scores.T).T)
    first_step = np.hstack(parts)
    pair_scores, crossed = sum_threshold_products(codes, estimates, np.ones(len(codes)))
    second_step = (pair_scores - first_step @ crossed.T) / np.sum(pair_scores**2, axis=0)
    return np.asarray(len(codes) * np.hstack((first_step, second_step)))


def sum_threshold_products(
    codes: FloatArray, estimates: PolychoricCorrelations, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Scores of the correlations (n × pairs), and the weighted sums of their products with those of thresholds in the
    likelihood of the pair (pairs × thresholds), pairs by the rows of the upper triangle.
    """
    items = codes.shape[1]
    pairs = np.triu_indices(items, 1)
    # At ±1 there is no score; what is made of it there is not used.
    correlations = np.clip(estimates.correlations[pairs], -0.999999, 0.999999)
    answered = ~np.isnan(codes)
    cells = np.where(answered, codes, 0.0).astype(np.int64)
    grid = build_threshold_grid(estimates.thresholds)
    starts = np.concatenate(([0], np.cumsum([len(values) for values in estimates.thresholds])))
    first, second = grid[pairs[0]], grid[pairs[1]]
    probabilities, changes = compute_cells(first, second, correlations)
    score_tables = changes / probabilities
    both = answered[:, pairs[0]] & answered[:, pairs[1]]
    pair_scores = score_tables[np.arange(len(correlations)), cells[:, pairs[0]], cells[:, pairs[1]]] * both

    tables = _count_tables(cells, answered, pairs, grid.shape[1] - 1, weights)
    weighted = tables * score_tables / probabilities
    crossed = np.zeros((len(correlations), starts[-1]))
    for side, other, turned, known in (
        (first, second, weighted, pairs[0]),
        (second, first, weighted.transpose(0, 2, 1), pairs[1]),
    ):
        summed = _sum_threshold_scores(side, other, correlations, turned)
        for item in range(items):
            at = np.flatnonzero(known == item)
            crossed[at, starts[item] : starts[item + 1]] = summed[at, : len(estimates.thresholds[item])]
    return pair_scores, crossed


def _score_thresholds(thresholds: FloatArray) -> FloatArray:
    """Derivative of the log probability of each category with respect to each threshold (categories × thresholds)."""
    heights = _INVERSE_ROOT * np.exp(-0.5 * thresholds**2)
    shares = np.diff(ndtr(thresholds), prepend=0.0, append=1.0)
    below, above = np.vstack((np.diag(heights), np.zeros(len(heights)))), np.zeros((len(shares), len(heights)))
    above[1:] = np.diag(heights)
    return np.asarray((below - above) / shares[:, None])


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
    below = ndtr((other[:, None, :] - correlations[:, None, None] * at[:, :, None]) / rest)
    changes = _INVERSE_ROOT * np.exp(-0.5 * at**2)[:, :, None] * np.diff(below, axis=2)
    return np.asarray(np.sum(changes * (weighted[:, :-1] - weighted[:, 1:]), axis=2))
