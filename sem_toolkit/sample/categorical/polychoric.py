"""Coded ordinal answers to thresholds and polychoric correlations, all pairs of items at once.

Two steps of maximum likelihood (Olsson 1979; Muthén 1984): the thresholds from each item's own margin, then each pair's
correlation given its thresholds. Rows that lack an answer are left out item by item and pair by pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.libraries import special

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_FEW, _MANY = np.polynomial.legendre.leggauss(20), np.polynomial.legendre.leggauss(48)
"""Nodes and weights: the few have all digits for correlations up to .9 (Genz 2004 takes as many up to .925)."""
_STRONG = 0.9
_FAR = 9.0  # beyond it the normal distribution function is 0 or 1 in double precision
_BOUND = 0.9999
_SMALLEST = 1e-300
_STATIONARY = 1e-8
_FLAT = 1e-4
"""Information in a row below which a likelihood says nothing: a correlation of .99 of balanced items has over 10."""


@dataclass(frozen=True)
class PolychoricCorrelations:
    """Thresholds of each item and the correlations (p × p) of the normal responses behind them.

    ``gradients`` (p × p) is the derivative of each pair's mean log likelihood with respect to its correlation: zero
    at a maximum inside the open interval, and given as zero at a bound that an empty diagonal of a 2 × 2 table sets.
    ``information`` (p × p) is the expected information about it in one row; a likelihood that is flat towards a
    correlation of 1, as sparse tables have it, leaves none, and the value is then one of many as good.
    ``empty_cells`` (p × p) counts the cells of each pair's table without a row.
    """

    thresholds: tuple[FloatArray, ...]
    correlations: FloatArray
    gradients: FloatArray
    information: FloatArray
    empty_cells: FloatArray

    @property
    def certified(self) -> BoolArray:
        """Which correlations (p × p) are maxima that the answers determine; those at a bound are."""
        return np.asarray((np.abs(self.gradients) < _STATIONARY) & (self.information > _FLAT))


def compute_bivariate_normal(first: FloatArray, second: FloatArray, correlation: FloatArray) -> FloatArray:
    """P(X ≤ first, Y ≤ second) of standard normal X and Y, elementwise over arrays that broadcast.

    Gauss–Legendre over the arc sine of the correlation (Drezner & Wesolowsky 1990; Genz 2004, eq. 3).
    """
    angle = 0.5 * np.arcsin(correlation)
    total = np.zeros(np.broadcast_shapes(np.shape(first), np.shape(second), np.shape(correlation)))
    squares, product = 0.5 * (first**2 + second**2), first * second
    rule = _FEW if np.max(np.abs(correlation), initial=0.0) < _STRONG else _MANY
    for node, weight in zip(*rule, strict=True):
        sine = np.sin(angle * (1.0 + node))
        total += weight * np.exp((product * sine - squares) / (1.0 - sine**2))
    return np.asarray(special.ndtr(first) * special.ndtr(second) + angle * total / (2.0 * np.pi))


def compute_thresholds(counts: FloatArray) -> FloatArray:
    """Thresholds (categories − 1) of one item from the rows in each of its categories, which all occur."""
    return np.asarray(special.ndtri(np.cumsum(counts)[:-1] / np.sum(counts)))


def build_threshold_grid(thresholds: tuple[FloatArray, ...]) -> FloatArray:
    """The thresholds of each item between the ends of the line (p × categories + 1), short rows filled with its end."""
    grid = np.full((len(thresholds), max(map(len, thresholds)) + 2), _FAR)
    grid[:, 0] = -_FAR
    for item, values in enumerate(thresholds):
        grid[item, 1 : len(values) + 1] = values
    return grid


def compute_cells(first: FloatArray, second: FloatArray, correlation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Probabilities of the cells of each pair's table (pairs × categories × categories) and their derivatives.

    ``first`` and ``second`` are the pairs' rows of the threshold grid; the derivatives are with respect to the pair's
    correlation: the bivariate density, differenced over the four corners of a cell.
    """
    rho = correlation[:, None, None]
    left, right = first[:, :, None], second[:, None, :]
    rest = 1.0 - rho**2
    density = np.exp(-0.5 * (left**2 + right**2 - 2.0 * rho * left * right) / rest) / (2.0 * np.pi * np.sqrt(rest))
    # A corner of the plane's rim has no density: the rim stands for infinity.
    density[(np.abs(left) >= _FAR) | (np.abs(right) >= _FAR)] = 0.0
    heights = compute_bivariate_normal(left, right, rho)
    cells = np.maximum(np.diff(np.diff(heights, axis=1), axis=2), _SMALLEST)
    return cells, np.diff(np.diff(density, axis=1), axis=2)


def compute_polychoric(
    codes: FloatArray,
    categories: tuple[int, ...],
    zero_add: tuple[float, float] = (0.5, 0.0),
    keep_margins: bool = True,
    weights: FloatArray | None = None,
) -> PolychoricCorrelations:
    """Thresholds and polychoric correlations of items (n × p) coded 0 … categories − 1, with NaN where unanswered.

    ``zero_add`` is added to a pair's empty cells: the first to those of a 2 × 2 table (with ``keep_margins`` the others
    change so that the margins stay when one cell is empty), the second to those of a larger one. ``weights`` (n) make
    a row count for more or less than one.

    Raises ValueError where an item has a category that no row chose, or a pair has no row in common.
    """
    items = codes.shape[1]
    largest = max(categories)
    chosen = (codes[:, :, None] == np.arange(largest)).astype(np.float64)
    weighted = chosen if weights is None else chosen * weights[:, None, None]
    flat = chosen.reshape(len(codes), -1)
    crossed = (flat.T @ weighted.reshape(len(codes), -1)).reshape(items, largest, items, largest).transpose(0, 2, 1, 3)
    return correlate_tables(crossed, weighted.sum(axis=0), categories, zero_add, keep_margins)


def correlate_tables(
    crossed: FloatArray,
    margins: FloatArray,
    categories: tuple[int, ...],
    zero_add: tuple[float, float] = (0.5, 0.0),
    keep_margins: bool = True,
) -> PolychoricCorrelations:
    """The same from the tables of all pairs (p × p × k × k) and the rows in each category (p × k), k the most that an
    item has.
    """
    items = len(categories)
    for item, known in enumerate(categories):
        if known < 2 or np.any(margins[item, :known] == 0):
            raise ValueError(f"item {item} needs two or more categories, each chosen by a row")
    rows, columns = np.tril_indices(items, -1)
    tables = crossed[rows, columns]
    if np.any(tables.sum(axis=(1, 2)) == 0):
        raise ValueError("a pair of items has no row that answers both")
    thresholds = tuple(compute_thresholds(margins[item, :known]) for item, known in enumerate(categories))
    known_cells = np.arange(margins.shape[1]) < np.asarray(categories)[:, None]
    empty = (tables == 0) & known_cells[rows][:, :, None] & known_cells[columns][:, None, :]
    tables = fill_empty_cells(tables, empty, np.asarray(categories), (rows, columns), zero_add, keep_margins)

    grid = build_threshold_grid(thresholds)
    estimates, slopes, informed = _maximise(tables / tables.sum(axis=(1, 2), keepdims=True), grid[rows], grid[columns])
    diagonal = find_diagonal_tables(empty, np.asarray(categories), (rows, columns))
    at_bound = diagonal != 0
    found = (
        (1.0, np.where(at_bound, diagonal, estimates)),
        (0.0, np.where(at_bound, 0.0, slopes)),
        (np.inf, np.where(at_bound, np.inf, informed)),
        (0.0, empty.sum(axis=(1, 2))),
    )
    matrices = [_spread(own, values, (rows, columns), items) for own, values in found]
    return PolychoricCorrelations(thresholds, *matrices)


def _spread(own: float, values: FloatArray, pairs: tuple[IntArray, IntArray], items: int) -> FloatArray:
    """Values of pairs as a symmetric matrix (p × p) with `own` on its diagonal."""
    matrix = np.full((items, items), own, dtype=np.float64)
    matrix[pairs] = matrix[pairs[::-1]] = values
    return matrix


def fill_empty_cells(
    tables: FloatArray,
    empty: BoolArray,
    categories: IntArray,
    pairs: tuple[IntArray, IntArray],
    zero_add: tuple[float, float],
    keep_margins: bool,
) -> FloatArray:
    """The tables with ``zero_add`` in their empty cells."""
    binary = (categories[pairs[0]] == 2) & (categories[pairs[1]] == 2)
    filled = tables + np.where(binary, zero_add[0], zero_add[1])[:, None, None] * empty
    for pair in np.flatnonzero(binary & (empty.sum(axis=(1, 2)) == 1) & keep_margins):
        row, column = np.argwhere(empty[pair])[0]
        sign = 1.0 if row == column else -1.0
        filled[pair] = tables[pair]
        filled[pair, :2, :2] += sign * zero_add[0] * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return np.asarray(filled)


def find_diagonal_tables(empty: BoolArray, categories: IntArray, pairs: tuple[IntArray, IntArray]) -> FloatArray:
    """1 or −1 for each 2 × 2 table with all its rows on one diagonal, whose correlation is at that bound; else 0."""
    binary = (categories[pairs[0]] == 2) & (categories[pairs[1]] == 2)
    on_main = empty[:, 0, 1] & empty[:, 1, 0]
    on_other = empty[:, 0, 0] & empty[:, 1, 1]
    return np.asarray(np.where(binary & on_main, 1.0, np.where(binary & on_other, -1.0, 0.0)))


def _maximise(shares: FloatArray, first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fisher scoring over all pairs at once, in the inverse hyperbolic tangent of the correlation."""
    values = np.zeros(len(shares))
    likelihood, slope, information = _evaluate(shares, first, second, values)
    step_size = np.ones(len(shares))
    for _ in range(100):
        active = np.abs(slope) > 1e-11
        active &= step_size > 1e-8
        if not np.any(active):
            break
        at = np.flatnonzero(active)
        jacobian = 1.0 - values[at] ** 2
        step = step_size[at] * slope[at] / (np.maximum(information[at], 1e-12) * jacobian)
        trial = np.clip(np.tanh(np.arctanh(values[at]) + np.clip(step, -1.5, 1.5)), -_BOUND, _BOUND)
        trial_likelihood, trial_slope, trial_information = _evaluate(shares[at], first[at], second[at], trial)
        better = trial_likelihood >= likelihood[at] - 1e-14
        step_size[at] = np.where(better, np.minimum(1.0, 2.0 * step_size[at]), 0.25 * step_size[at])
        kept = at[better]
        values[kept], likelihood[kept] = trial[better], trial_likelihood[better]
        slope[kept], information[kept] = trial_slope[better], trial_information[better]
    return values, slope, information


def _evaluate(
    shares: FloatArray, first: FloatArray, second: FloatArray, correlation: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean log likelihood, its derivative and expected information of each pair's correlation."""
    cells, changes = compute_cells(first, second, correlation)
    used = shares > 0
    logarithms = np.where(used, np.log(cells), 0.0)
    ratio = np.where(cells > 1e-14, changes / cells, 0.0)
    return (
        np.sum(shares * logarithms, axis=(1, 2)),
        np.sum(np.where(used, shares * ratio, 0.0), axis=(1, 2)),
        np.sum(changes * ratio, axis=(1, 2)),
    )
