"""Polychoric correlations of many samples, and what they vary by: a pair of items at a time.

The two steps of `polychoric` and the influences of `statistics`: all that is asked of samples are the tables of their
pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sem_toolkit.libraries import special
from sem_toolkit.sample.categorical.polychoric import (
    BoolArray,
    FloatArray,
    IntArray,
    fill_empty_cells,
    find_diagonal_tables,
)
from sem_toolkit.sample.categorical.stacked_tables import StackedTables
from sem_toolkit.sample.categorical.two_steps import EmptyCells

_RULES = tuple((bound, np.polynomial.legendre.leggauss(count)) for bound, count in ((0.7, 12), (0.9, 20), (1.0, 48)))
"""Nodes that have all digits up to a correlation, more than Genz (2004) takes."""
_BOUND = 0.9999
_SMALLEST = 1e-300
_STATIONARY, _FLAT = 1e-8, 1e-4
_STEPS = 40


@dataclass(frozen=True, eq=False)
class StackedCorrelations:
    """Of b samples of p items with T thresholds in all.

    thresholds    b × T, item by item
    correlations  b × p × p; variances: of them, n times (b × p × p), 1 on the diagonal
    influences    of each pair (i > j, column by column): what a row in a cell of its table adds to n times the error of
                  the correlation, b × k × l
    complete      b: whether every category occurs
    usable        b: whether it does, and every correlation is a maximum that the answers determine
    """

    thresholds: FloatArray
    correlations: FloatArray
    variances: FloatArray
    influences: tuple[FloatArray, ...]
    complete: BoolArray
    usable: BoolArray


def compute_stacked_correlations(tables: StackedTables, start: FloatArray, cells: EmptyCells) -> StackedCorrelations:
    """Thresholds and correlations of the samples that these tables are of.

    start  p × p: correlations near them, from which each search begins
    """
    items = len(tables.categories)
    margins = [tables.count(item) for item in range(items)]
    usable = np.all([(own > 0.0).all(axis=1) for own in margins], axis=0)
    grids = []
    for margin in margins:
        known = margin.shape[1]
        with np.errstate(invalid="ignore"):
            below = np.cumsum(margin, axis=1)[:, :-1] / margin.sum(axis=1, keepdims=True)
        grids.append(np.where(usable[:, None], below, np.arange(1, known) / known))
    bounds, complete = [special.ndtri(own) for own in grids], usable.copy()
    correlations = np.tile(np.eye(items), (len(usable), 1, 1))
    variances, influences = correlations.copy(), []
    for j in range(items):
        for i in range(j + 1, items):
            table = tables.cross(i, j)
            table[~complete] = 1.0
            pair = _Pair(bounds[i], bounds[j], grids[i], grids[j])
            found, influence, sound = _fit_pair(pair, table, float(start[i, j]), cells)
            shares = table / table.sum(axis=(1, 2), keepdims=True)
            correlations[:, i, j] = correlations[:, j, i] = found
            with np.errstate(invalid="ignore"):  # of what is not sound
                variances[:, i, j] = variances[:, j, i] = (shares * influence**2).sum(axis=(1, 2))
            influences.append(influence)
            usable &= sound
    thresholds = np.concatenate(bounds, axis=1)
    return StackedCorrelations(thresholds, correlations, variances, tuple(influences), complete, usable)


def compute_stacked_gamma(found: StackedCorrelations, codes: IntArray) -> FloatArray:
    """Γ of the correlations of samples with rows of their own (codes: b × n × p): the mean product of their influences.

    b × P × P, in the order of the pairs; see `statistics`.
    """
    draws, n, items = codes.shape
    influences = np.empty((draws, len(found.influences), n))
    places = [(i, j) for j in range(items) for i in range(j + 1, items)]
    for number, ((i, j), influence) in enumerate(zip(places, found.influences, strict=True)):
        cell = codes[:, :, i] * influence.shape[2] + codes[:, :, j]
        influences[:, number] = np.take_along_axis(influence.reshape(draws, -1), cell, axis=1)
    return np.asarray(influences @ influences.swapaxes(1, 2) / n)


@dataclass(frozen=True, eq=False)
class _Pair:
    """Thresholds of two items (b × k and b × l) and the shares of rows below them."""

    first: FloatArray
    second: FloatArray
    below_first: FloatArray
    below_second: FloatArray

    def pick(self, chosen: IntArray) -> _Pair:
        return _Pair(self.first[chosen], self.second[chosen], self.below_first[chosen], self.below_second[chosen])

    def compute_cells(self, correlation: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Probabilities of the cells and their first and second derivatives by the correlation (b × k + 1 × l + 1).

        The bivariate distribution is integrated over the arc sine of the correlation (Genz 2004, equation 3); its
        derivative is the density.
        """
        rho = correlation[:, None, None]
        x, y = self.first[:, :, None], self.second[:, None, :]
        squares, product = 0.5 * (x**2 + y**2), x * y
        strongest = float(np.abs(correlation).max(initial=0.0))
        nodes, weights = next(rule for bound, rule in _RULES if strongest <= bound)
        angle = 0.5 * np.arcsin(rho)
        total = np.zeros_like(product)
        for node, weight in zip(nodes, weights, strict=True):
            sine = np.sin(angle * (1.0 + node))
            term = product * sine
            term -= squares
            term /= 1.0 - sine**2
            total += weight * np.exp(term, out=term)
        heights = self.below_first[:, :, None] * self.below_second[:, None, :] + angle * total / (2.0 * np.pi)
        rest = 1.0 - rho**2
        density = np.exp((rho * product - squares) / rest) / (2.0 * np.pi * np.sqrt(rest))
        bend = density * (rho / rest + (product * (1.0 + rho**2) - 2.0 * rho * squares) / rest**2)
        corners = _surround(heights, self.below_first, self.below_second, 1.0)
        rims = [_surround(own, 0.0, 0.0, 0.0) for own in (density, bend)]
        cells, changes, bends = (np.diff(np.diff(own, axis=1), axis=2) for own in (corners, *rims))
        return np.asarray(np.maximum(cells, _SMALLEST)), changes, bends


def _surround(inner: FloatArray, right: FloatArray | float, lower: FloatArray | float, corner: float) -> FloatArray:
    """Values at the corners of all cells (b × k + 2 × l + 2): 0 at the lower rim, the margins at the upper one."""
    draws, k, size = inner.shape
    whole = np.zeros((draws, k + 2, size + 2))
    whole[:, 1:-1, 1:-1] = inner
    whole[:, 1:-1, -1] = right
    whole[:, -1, 1:-1] = lower
    whole[:, -1, -1] = corner
    return whole


def _fit_pair(
    pair: _Pair, table: FloatArray, start: float, cells: EmptyCells
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Correlations of a pair (b), what each cell's rows add to their errors, and whether they can be used."""
    draws, known = len(table), np.array(table.shape[1:])
    which = np.zeros(draws, dtype=np.int64), np.ones(draws, dtype=np.int64)
    empty = table == 0.0
    filled = fill_empty_cells(table, empty, known, which, cells.zero_add, cells.keep_margins)
    at_bound = find_diagonal_tables(empty, known, which) != 0.0
    shares = filled / filled.sum(axis=(1, 2), keepdims=True)
    values = np.full(draws, np.clip(start, -0.95, 0.95))
    slopes, informed = np.zeros(draws), np.zeros(draws)
    active = np.flatnonzero(~at_bound)
    reach = np.full(draws, 0.75)
    for _ in range(_STEPS):
        if not len(active):
            break
        own = pair.pick(active)
        chance, change, bend = own.compute_cells(values[active])
        share = shares[active]
        ratio = np.where(chance > 1e-14, change / chance, 0.0)
        slope = (share * ratio).sum(axis=(1, 2))
        expected = (change * ratio).sum(axis=(1, 2))
        curved = (share * (ratio**2 - np.where(chance > 1e-14, bend / chance, 0.0))).sum(axis=(1, 2))
        turned = slope * slopes[active] < 0.0  # it went too far: shorter steps from here on
        reach[active] = np.where(turned, 0.5 * reach[active], reach[active])
        slopes[active], informed[active] = slope, expected
        step = slope / np.where(curved > 0.2 * expected, curved, np.maximum(expected, 1e-12))
        limit = reach[active] * (1.0 - np.abs(values[active]))
        moved = np.clip(values[active] + np.clip(step, -limit, limit), -_BOUND, _BOUND)
        moving = np.abs(slope) > 1e-11
        values[active[moving]] = moved[moving]
        active = active[moving]
    sound = ~at_bound & (np.abs(slopes) < _STATIONARY) & (informed > _FLAT)
    return values, _compute_influences(pair, table, values), sound


def _compute_influences(pair: _Pair, table: FloatArray, correlation: FloatArray) -> FloatArray:
    """What a row of each cell adds to n times the errors of correlations (b × k + 1 × l + 1).

    As the influences of `statistics`: the score, less what the thresholds' own errors bring, over the information.
    """
    shares = table / table.sum(axis=(1, 2), keepdims=True)
    chance, change, _ = pair.compute_cells(correlation)
    there = shares > 0.0
    score = np.divide(change, chance, out=np.zeros_like(change), where=there)
    weighted = np.divide(shares * score, chance, out=np.zeros_like(change), where=there)
    left = _spread_errors(pair, correlation, weighted)
    turned = _Pair(pair.second, pair.first, pair.below_second, pair.below_first)
    right = _spread_errors(turned, correlation, weighted.swapaxes(1, 2))
    information = (shares * score**2).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((score - left[:, :, None] - right[:, None, :]) / information[:, None, None])


def _spread_errors(pair: _Pair, correlation: FloatArray, weighted: FloatArray) -> FloatArray:
    """What the errors of the first item's thresholds bring to the score, by category of the row (b × k + 1)."""
    at, other = pair.first, pair.second
    rest = np.sqrt(1.0 - correlation**2)[:, None, None]
    below = special.ndtr((other[:, None, :] - correlation[:, None, None] * at[:, :, None]) / rest)
    ends = np.zeros((*below.shape[:2], 1))
    given = np.diff(np.concatenate([ends, below, ends + 1.0], axis=2), axis=2)
    # the density at the threshold is in the threshold's error as well, and falls out
    crossed = (given * (weighted[:, :-1] - weighted[:, 1:])).sum(axis=2)
    reached = np.arange(at.shape[1] + 1) <= np.arange(at.shape[1])[:, None]
    return np.asarray(crossed @ reached - (crossed * pair.below_first).sum(axis=1)[:, None])
