"""Exhaustive search for the integer sums of one table's predictors.

Every combination of sums that whole-number answers can have is either shown impossible by outward interval arithmetic
or kept. Σx and Σx² of each predictor are enumerated outright; Σ x_i x_j only within the correlations that the table
admits (`correlations`), which is again an enclosure, so that nothing is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sem_toolkit.study.correlations import CorrelationBoxes, compute_predictor_correlations
from sem_toolkit.study.integer_sums import IntegerArray, list_attainable_sums, list_sums_within
from sem_toolkit.study.intervals import EVERYTHING, FloatArray, Interval, as_interval, build_interval
from sem_toolkit.study.moment_bounds import (
    MomentBounds,
    TableFigures,
    build_table_figures,
    compute_moment_bounds,
    find_plausible,
)
from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.relations import compute_vif

_CHUNK = 400_000
_WIDE = 8  # steps of a scale: sums of several items have more
_POSITIVE = build_interval(0.0, np.inf)


@dataclass(frozen=True, eq=False)
class TableCandidates:
    """Sums of one table's predictors that are not excluded.

    totals    M × k sums Σx
    products  M × k × k sums Σ x_i x_j, Σx² on the diagonal
    bounds    what each leaves of the outcome's moments
    examined  combinations of sums that were looked at
    """

    table: PrintedTable
    totals: IntegerArray
    products: IntegerArray
    bounds: MomentBounds
    examined: int

    def __len__(self) -> int:
        return len(self.totals)


class SearchTooWideError(Exception):
    """The search would have to look at more combinations than its limit."""

    def __init__(self, combinations: float) -> None:
        super().__init__(f"{combinations:.3g} combinations of sums would have to be looked at")
        self.combinations = combinations


def search_table(table: PrintedTable, n: int, q: Interval, mean: Interval, limit: float = 2e8) -> TableCandidates | str:
    """All sums of the table's predictors that its figures and the outcome's known moments leave.

    q, mean  root of the outcome's centred sum of squares, and its mean, as far as known
    limit    most combinations to look at; SearchTooWideError beyond it

    Returns the reason as text where the figures contradict one another whatever the data.
    """
    figures = build_table_figures(table, n)
    if bool(figures.r2.is_empty):
        return f"R², adjusted R² and F cannot belong to one regression of {n} rows"
    if any(bool(t.is_empty) for t in figures.t):
        return "a printed t does not agree with its B/SE or its p"
    enclosure = compute_predictor_correlations(table, n)
    if enclosure is not None and not len(enclosure.boxes.lo):
        return "no positive definite correlation matrix of the predictors gives the printed Beta, t and R²"
    choices = [_build_choices(table, figures, position, q) for position in range(figures.k)]
    explained = mean - figures.constant
    parts, examined = [], 0
    for totals, products in _enumerate(choices, n, enclosure, explained, limit):
        examined += len(totals)
        plausible = find_plausible(figures, totals, products, q)
        totals, products = totals[plausible], products[plausible]
        parts.append(_Part(totals, products, compute_moment_bounds(figures, totals, products, q, mean)))
    return _collect(table, figures, parts, examined)


@dataclass(frozen=True, eq=False)
class _Part:
    totals: IntegerArray
    products: IntegerArray
    bounds: MomentBounds


def _collect(table: PrintedTable, figures: TableFigures, parts: list[_Part], examined: int) -> TableCandidates:
    def join(arrays: list[FloatArray]) -> FloatArray:
        return np.concatenate(arrays) if arrays else np.empty(0)

    k = figures.k
    kept = [part.bounds.possible for part in parts]
    bounds = MomentBounds(
        np.ones(sum(int(keep.sum()) for keep in kept), dtype=bool),
        Interval(
            join([part.bounds.q.lo[keep] for part, keep in zip(parts, kept, strict=True)]),
            join([part.bounds.q.hi[keep] for part, keep in zip(parts, kept, strict=True)]),
        ),
        Interval(
            join([part.bounds.mean.lo[keep] for part, keep in zip(parts, kept, strict=True)]),
            join([part.bounds.mean.hi[keep] for part, keep in zip(parts, kept, strict=True)]),
        ),
        join([part.bounds.half_planes[keep] for part, keep in zip(parts, kept, strict=True)]),
    )
    totals = [part.totals[keep] for part, keep in zip(parts, kept, strict=True)]
    products = [part.products[keep] for part, keep in zip(parts, kept, strict=True)]
    return TableCandidates(
        table,
        np.concatenate([np.empty((0, k), dtype=np.int64), *totals]),
        np.concatenate([np.empty((0, k, k), dtype=np.int64), *products]),
        bounds,
        examined,
    )


@dataclass(frozen=True, eq=False)
class _Choices:
    """What one predictor's sums can be: pairs (M × 2) of Σx and Σx², and the share B·x̄ of the outcome's mean (M).

    In rising order of the share's lower end.
    """

    pairs: IntegerArray
    share: Interval

    def __len__(self) -> int:
        return len(self.pairs)


def _build_choices(table: PrintedTable, figures: TableFigures, position: int, q: Interval) -> _Choices:
    """(Σx, Σx²) attainable on the item's scale with Σ(x − x̄)² = (Beta q/B)² within the rounding, and above zero."""
    row, n = table.predictors[position], figures.n
    if row.scale is None:
        raise ValueError(f"{row.term} is not a whole-number item")
    vif = as_interval(1.0) if figures.k == 1 else compute_vif(row, figures.r2, figures.df)
    beta = figures.beta[position] & (figures.t[position] * figures.rho * vif.sqrt())
    b = figures.b[position]
    centred = (beta * q / b).square() if "b" in row.figures else _POSITIVE
    sums = _list_sums(n, row.scale, n * float(centred.lo), n * float(centred.hi))
    scaled = n * sums[:, 1] - sums[:, 0] ** 2
    inside = (scaled > 0) & (scaled >= n * float(centred.lo)) & (scaled <= n * float(centred.hi))
    pairs, kept = sums[inside], scaled[inside]
    share = (b & (beta * q / (as_interval(kept) / as_interval(n)).sqrt())) * (as_interval(pairs[:, 0]) / as_interval(n))
    order = np.argsort(share.lo, kind="stable")
    return _Choices(pairs[order], share[order])


def _list_sums(n: int, scale: tuple[int, int], low: float, high: float) -> IntegerArray:
    """Pairs that a scale of few values attains; on a wide one, where these are too many, those in the window."""
    if scale[1] - scale[0] > _WIDE and np.isfinite(high):
        return list_sums_within(n, scale, low, high)
    return list_attainable_sums(n, scale)


def _enumerate(
    choices: list[_Choices], n: int, enclosure: CorrelationBoxes | None, explained: Interval, limit: float
) -> Iterator[tuple[IntegerArray, IntegerArray]]:
    """All combinations, chunk by chunk: totals (M × k) and products (M × k × k)."""
    if len(choices) == 1:
        for start in range(0, len(choices[0]), _CHUNK):
            chunk = choices[0].pairs[start : start + _CHUNK]
            yield chunk[:, :1], chunk[:, 1:, None]
        return
    combinations = float(np.prod([len(choice) for choice in choices]))
    if enclosure is None or combinations > limit:
        raise SearchTooWideError(combinations)
    for box in _build_clusters(enclosure):
        yield from _extend(choices, n, dict(zip(enclosure.pairs, box, strict=True)), explained)


def _build_clusters(enclosure: CorrelationBoxes) -> list[list[Interval]]:
    """Hulls of the boxes of equal signs: the admissible correlations may lie in several regions apart."""
    signs = np.sign(enclosure.boxes.middle)
    clusters = []
    for pattern in np.unique(signs, axis=0):
        own = enclosure.boxes[(signs == pattern).all(axis=1)]
        hull = CorrelationBoxes(enclosure.pairs, own).hull
        clusters.append([hull[column] for column in range(len(enclosure.pairs))])
    return clusters


@dataclass(frozen=True, eq=False)
class _Partial:
    """Combinations with the sums of the first `known` predictors filled in; `share` is Σ B x̄ so far."""

    known: int
    totals: IntegerArray
    products: IntegerArray
    share: Interval

    def select(self, rows: IntegerArray | slice) -> _Partial:
        return _Partial(
            self.known, self.totals[rows], self.products[rows], Interval(self.share.lo[rows], self.share.hi[rows])
        )


def _extend(
    choices: list[_Choices], n: int, r: dict[tuple[int, int], Interval], explained: Interval
) -> Iterator[tuple[IntegerArray, IntegerArray]]:
    """Depth first over predictors: the sums of one more, then its products with those before it."""
    k = len(choices)
    empty = _Partial(
        0,
        np.zeros((1, k), dtype=np.int64),
        np.zeros((1, k, k), dtype=np.int64),
        build_interval(np.zeros(1), np.zeros(1)),
    )
    stack = [empty]
    while stack:
        partial = stack.pop()
        if partial.known == k:
            yield partial.totals, partial.products
            continue
        step = max(_CHUNK // max(len(choices[partial.known]), 1), 1)
        for start in range(0, len(partial.totals), step):
            grown = _add_predictor(partial.select(slice(start, start + step)), choices[partial.known], n, r, explained)
            if len(grown.totals):
                stack.append(grown)


def _pair(partial: _Partial, choices: _Choices, explained: Interval) -> tuple[IntegerArray, IntegerArray]:
    """Rows of `partial` with choices (in order of share) that may bring the outcome's explained mean within reach.

    A superset, so that rounding here excludes nothing.
    """
    low = choices.share.lo
    widest = float(choices.share.width.max(initial=0.0)) * (1.0 + 1e-9) + 1e-9
    first = np.searchsorted(low, float(explained.lo) - partial.share.hi - widest, side="left")
    last = np.searchsorted(low, float(explained.hi) - partial.share.lo + 1e-9, side="right")
    counts = last - first
    rows = np.repeat(np.arange(len(counts)), counts)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts - first, counts)


def _add_predictor(
    partial: _Partial, choices: _Choices, n: int, r: dict[tuple[int, int], Interval], explained: Interval
) -> _Partial:
    position, k = partial.known, partial.totals.shape[1]
    rows, chosen = _pair(partial, choices, explained if position == k - 1 else EVERYTHING)
    share = Interval(partial.share.lo[rows], partial.share.hi[rows]) + choices.share[chosen]
    if position == k - 1:
        agrees = share.overlaps(explained)
        rows, chosen, share = rows[agrees], chosen[agrees], share[agrees]
    totals, products = partial.totals[rows], partial.products[rows]
    totals[:, position], products[:, position, position] = choices.pairs[chosen].T
    grown = _Partial(position + 1, totals, products, share)
    for earlier in range(position):
        low, high = _compute_product_window(grown.totals, grown.products, earlier, position, n, r[earlier, position])
        counts = np.maximum(high - low + 1, 0)
        repeated = np.repeat(np.arange(len(counts)), counts)
        offset = np.arange(len(repeated)) - np.repeat(np.cumsum(counts) - counts, counts)
        grown = grown.select(repeated)
        grown.products[:, earlier, position] = grown.products[:, position, earlier] = low[repeated] + offset
    return grown


def _compute_product_window(
    totals: IntegerArray, products: IntegerArray, i: int, j: int, n: int, r: Interval
) -> tuple[IntegerArray, IntegerArray]:
    """First and last whole Σ x_i x_j whose correlation lies within r."""
    spread = (
        as_interval(n * products[:, i, i] - totals[:, i] ** 2).sqrt()
        * as_interval(n * products[:, j, j] - totals[:, j] ** 2).sqrt()
    )
    window = (r * spread + as_interval(totals[:, i] * totals[:, j])) / as_interval(n)
    return np.ceil(window.lo).astype(np.int64), np.floor(window.hi).astype(np.int64)
