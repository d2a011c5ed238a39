"""From printed regressions to the whole-number answers behind their scores: of how many items is a score the mean?

Premise: a score is the equal-weight mean of k items answered in whole numbers, without missing answers. Then k times
the score is a whole number for every respondent, and so are its sum, its sum of squares (even or odd as the sum,
since y² − y is even) and its sums of products with whole-number predictors. The sums of the predictors are known
(`recover`); what the printed figures leave of the outcome's mean and spread is a small region, which holds few
points of such a lattice or none. Every k is tried; what is printed for a k that is wrong is met by accident only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from sem_toolkit.study.integer_sums import IntegerArray
from sem_toolkit.study.intervals import FloatArray, build_interval
from sem_toolkit.study.moments import PredictorMoments, compute_figures, list_printed
from sem_toolkit.study.polygons import Polygon
from sem_toolkit.study.published import Coefficient, Figure, PrintedTable
from sem_toolkit.study.recovery import Recovery, Solution
from sem_toolkit.study.score_items import CompositeSums, OutcomeSearch, OutcomeSums, ScoreItems
from sem_toolkit.study.sums_search import search_table

MOST_OUTCOME_ITEMS = 20
MOST_COMPOSITE_ITEMS = 6
_SLACK = 1e-9
"""Share of a figure's last unit by which rounding error of the arithmetic may miss it."""


@dataclass(frozen=True)
class Shift:
    """Where a lattice lies: sums are whole numbers plus these shares, all 0 for what whole-number answers can give."""

    total: float = 0.0
    squares: float = 0.0
    crossed: float = 0.0


def search_score_items(recovery: Recovery, tables: Sequence[PrintedTable]) -> ScoreItems:
    """Search the outcome's items, then those of the composites (predictors without a scale) that go with it."""
    outcome = search_outcome_items(recovery)
    composites: dict[str, tuple[CompositeSums, ...]] = {}
    if outcome.smallest is not None:
        for table in tables:
            if table.predictors and all(row.scale is None and "b" in row.figures for row in table.predictors):
                composites[table.name] = search_composite_items(table, recovery.n, outcome.smallest)
    return ScoreItems(outcome, composites)


def search_outcome_items(
    recovery: Recovery, most: int = MOST_OUTCOME_ITEMS, shift: Shift | None = None
) -> OutcomeSearch:
    """Try 1 to `most` items: every (Σky, Σ(ky)²) in what the tables leave, with its sums of products in each table.

    shift  lays the lattice elsewhere, where no whole-number answers are: the placebo
    """
    shift = shift or Shift()
    found = [
        OutcomeSums(number, items, total, squares, crossed)
        for items in range(1, most + 1)
        for number, solution in enumerate(recovery.solutions)
        for total, squares, mean, q in _list_lattice(solution.region, recovery.n, items, shift)
        if (crossed := _find_crossed(solution, recovery.n, items, mean, q, shift)) is not None
    ]
    return OutcomeSearch(recovery.n, most, tuple(found))


def count_false_hits(recovery: Recovery, replications: int, most: int = MOST_OUTCOME_ITEMS, seed: int = 77) -> int:
    """Of so many shifted lattices, how many admit any number of items up to `most`: the rate of accidents."""
    rng = np.random.default_rng(seed)
    shifts = [Shift(*map(float, rng.uniform(0.1, 0.9, size=3))) for _ in range(replications)]
    return sum(bool(search_outcome_items(recovery, most, shift).found) for shift in shifts)


def search_composite_items(
    table: PrintedTable, n: int, outcome: OutcomeSums, most: int = MOST_COMPOSITE_ITEMS, scale: tuple[int, int] = (1, 5)
) -> tuple[CompositeSums, ...]:
    """Every number of items, up to `most` a composite, for which whole-number sums give all figures of the table.

    table    predictors are means of items on the scale; outcome: what was found of the outcome
    """
    mean = outcome.total / (n * outcome.items)
    q = float(np.sqrt(outcome.squares / outcome.items**2 - n * mean**2))
    found = []
    for items in sorted(product(range(1, most + 1), repeat=len(table.predictors)), key=lambda k: (sum(k), k)):
        counted = _count_in_items(table, items, scale)
        candidates = search_table(counted, n, build_interval(q, q), build_interval(mean, mean), limit=1e9)
        if isinstance(candidates, str):
            continue
        for totals, products in zip(candidates.totals, candidates.products, strict=True):
            found += [
                CompositeSums(items, _as_tuple(totals), tuple(map(_as_tuple, products)), crossed)
                for crossed in _list_composite_crossed(table, n, outcome, items, totals, products, mean, q)
            ]
    return tuple(found)


def _as_tuple(values: IntegerArray) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _list_lattice(region: Polygon, n: int, items: int, shift: Shift) -> Iterator[tuple[int, int, float, float]]:
    """Lattice points within a region of (q, mean): whole numbers Σky and Σ(ky)², then mean and q themselves."""
    q_range, mean_range = region.x, region.y
    first, last = (float(side) * n * items - shift.total for side in (mean_range.lo, mean_range.hi))
    for total in range(int(np.ceil(first)), int(np.floor(last)) + 1):
        mean = (total + shift.total) / (n * items)
        low, high = ((float(q) ** 2 + n * mean**2) * items**2 - shift.squares for q in (q_range.lo, q_range.hi))
        for squares in range(int(np.ceil(low)), int(np.floor(high)) + 1):
            centred = (squares + shift.squares) / items**2 - n * mean**2
            if (squares - total) % 2 or centred <= 0.0:
                continue
            q = float(np.sqrt(centred))
            if region.holds(q, mean):
                yield total, squares, mean, q


def _find_crossed(
    solution: Solution, n: int, items: int, mean: float, q: float, shift: Shift
) -> dict[str, tuple[tuple[int, ...], ...]] | None:
    """For each table its sums of products with the outcome; None as soon as a table has none."""
    crossed = {}
    for name, sums in solution.sums.items():
        moments = sums.build_moments(n)
        base: FloatArray = items * mean * sums.totals.astype(np.float64) - shift.crossed
        units = np.ones(len(base))
        own = tuple(
            whole
            for whole in _list_windows(sums.table, moments, items, base, units)
            if _gives_figures(sums.table, moments, n, q, mean, (np.array(whole) - base) / items)
        )
        if not own:
            return None
        crossed[name] = own
    return crossed


def _list_windows(
    table: PrintedTable, moments: PredictorMoments, items: int, base: FloatArray, units: FloatArray
) -> Iterator[tuple[int, ...]]:
    """Whole numbers near items·(C B)·units + base, as far as the rounding of the printed B reaches."""
    b = np.array([row.figures["b"].value for row in table.predictors])
    half = np.array([float(row.figures["b"].interval.width) / 2 for row in table.predictors])
    middle, reach = moments.centred @ b, np.abs(moments.centred) @ half
    low = np.ceil(items * units * (middle - reach) + base - _SLACK).astype(int)
    high = np.floor(items * units * (middle + reach) + base + _SLACK).astype(int)
    return product(*[range(first, last + 1) for first, last in zip(low, high, strict=True)])


def _gives_figures(
    table: PrintedTable, moments: PredictorMoments, n: int, q: float, mean: float, crossed: FloatArray
) -> bool:
    """Whether every figure of the regression rounds to what is printed."""
    figures = compute_figures(moments, n, q, mean, crossed)
    for name, printed in list_printed(table).items():
        slack = _SLACK * float(printed.interval.width)
        if not float(printed.interval.lo) - slack <= figures[name] <= float(printed.interval.hi) + slack:
            return False
    return True


def _count_in_items(table: PrintedTable, items: Sequence[int], scale: tuple[int, int]) -> PrintedTable:
    """The table as it would be printed for sums of answers in the place of their means: B and SE divided by k."""
    by_term = {row.term: k for row, k in zip(table.predictors, items, strict=True)}
    rows = tuple(row if row.is_constant else _count_row(row, by_term[row.term], scale) for row in table.coefficients)
    return replace(table, coefficients=rows)


def _count_row(row: Coefficient, k: int, scale: tuple[int, int]) -> Coefficient:
    figures = dict(row.figures)
    for column in ("b", "se"):
        if (figure := figures.get(column)) is not None:
            interval = build_interval(figure.interval.lo / k, figure.interval.hi / k)
            figures[column] = Figure(figure.text, figure.value / k, interval)
    return replace(row, figures=figures, scale=(k * scale[0], k * scale[1]))


def _list_composite_crossed(
    table: PrintedTable,
    n: int,
    outcome: OutcomeSums,
    items: Sequence[int],
    totals: IntegerArray,
    products: IntegerArray,
    mean: float,
    q: float,
) -> Iterator[tuple[int, ...]]:
    """The sums of products with the outcome that give all figures, for given sums of the composites."""
    k = np.array(items, dtype=np.float64)
    centred = (n * products - np.outer(totals, totals)) / n / np.outer(k, k)
    moments = PredictorMoments(table, totals / n / k, centred)
    base = totals * outcome.total / n
    for whole in _list_windows(table, moments, outcome.items, base, k):
        crossed = (np.array(whole) - base) / (outcome.items * k)
        if _gives_figures(table, moments, n, q, mean, crossed):
            yield tuple(int(value) for value in whole)
