"""Respondents whose scores are means of whole-number answers: outcome and composites with recovered sums.

The same kind of attempt as `respondents.Attempt`, but the outcome is drawn first, as k times the score, and stays what
it is; items and composites are arranged about it until every sum of products is the recovered whole number.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from sem_toolkit.study.arrangement import arrange_columns
from sem_toolkit.study.integer_sums import IntegerArray
from sem_toolkit.study.intervals import FloatArray
from sem_toolkit.study.moments import InteriorMoments, PredictorMoments, compute_figures, list_printed
from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.recovery import TableSums
from sem_toolkit.study.respondents import Attempt, Block
from sem_toolkit.study.score_items import OutcomeSums, ScoreItems

_EXACT = 0.5  # whole numbers that differ by less are the same
_MOST_MOVES = 20_000
_REACH = 12  # products of a table without coefficients are looked for as far about those of its first draw


class WholeAttempt(Attempt):
    """One random way to fill in what the tables leave open, in whole numbers."""

    def __init__(
        self, n: int, scores: ScoreItems, outcome_scale: tuple[float, float], rng: np.random.Generator
    ) -> None:
        outcome = scores.outcome.smallest
        if outcome is None:
            raise ValueError("the tables do not fix the whole numbers behind the outcome")
        self._outcome, self._scores = outcome, scores
        mean = outcome.total / (n * outcome.items)
        q = float(np.sqrt(outcome.squares / outcome.items**2 - n * mean**2))
        super().__init__(n, InteriorMoments(q, mean, (), 1.0, ""), outcome_scale, rng)
        limits = (round(outcome_scale[0] * outcome.items), round(outcome_scale[1] * outcome.items))
        self._whole = draw_whole_numbers(n, outcome.total, outcome.squares, limits, rng)
        self.score = self._whole / outcome.items
        self._deviation = self.score - self.score.mean()

    @property
    def solution(self) -> int:
        """Which solution of the recovery goes with the outcome, from 0."""
        return self._outcome.solution

    def build_items(self, sums: TableSums, crossed: FloatArray) -> Block | None:
        """Items with recovered sums and products; `crossed` is not needed, the whole numbers are known."""
        scales = [row.scale for row in sums.table.predictors if row.scale is not None]
        wanted = self._outcome.crossed[sums.table.name][0]
        strengths = self._correlate(sums.totals, sums.products, np.array(wanted))
        columns = [
            self._draw_item(self._choose_counts(sums, position), scale[0], float(strengths[position]))
            for position, scale in enumerate(scales)
        ]
        return self._arrange(sums.table, np.column_stack(columns), sums.products, np.array(wanted))

    def build_composites(self, table: PrintedTable) -> Block | None:
        """Composites as sums of whole-number answers, given back as means."""
        found = self._scores.composites.get(table.name, ())
        if not found:
            return None
        own, totals, products = found[0], np.array(found[0].totals), np.array(found[0].products)
        low, high = self._scale
        strengths = self._correlate(totals, products, np.array(own.crossed))
        columns = []
        for i, items in enumerate(own.items):
            limits = (round(low * items), round(high * items))
            drawn = draw_whole_numbers(self._n, own.totals[i], own.products[i][i], limits, self._rng)
            counts = np.bincount(drawn - limits[0], minlength=limits[1] - limits[0] + 1)
            columns.append(self._draw_item(counts, limits[0], float(strengths[i])))
        block = self._arrange(table, np.column_stack(columns), products, np.array(own.crossed))
        return None if block is None else Block(table, block.columns / np.array(own.items), block.crossed)

    def build_free_items(self, table: PrintedTable) -> Block | None:
        """Items of a table without coefficients, with the whole-number products that give its figures."""
        start = super().build_free_items(table)
        if start is None:
            return None
        columns = start.columns.astype(np.int64)
        found = self._find_products(table, columns)
        return None if found is None else self._arrange(table, columns, *found)

    def solve_score(self, blocks: list[Block]) -> FloatArray | None:
        """The score as drawn: everything else was arranged about it."""
        return self.score

    def _arrange(
        self, table: PrintedTable, columns: IntegerArray, products: IntegerArray, crossed: IntegerArray
    ) -> Block | None:
        exact = np.full(columns.shape[1], _EXACT)
        whole = self._whole.astype(np.float64)
        arranged = arrange_columns(columns, products, whole, crossed.astype(np.float64), exact, self._rng)
        return None if arranged is None else Block(table, arranged.astype(np.float64), crossed.astype(np.float64))

    def _correlate(self, totals: IntegerArray, products: IntegerArray, crossed: IntegerArray) -> FloatArray:
        """Correlations with the outcome of columns with these sums."""
        y: OutcomeSums = self._outcome
        spread = np.diag(products) - totals**2 / self._n
        square = y.squares - y.total**2 / self._n
        return np.asarray((crossed - totals * y.total / self._n) / np.sqrt(spread * square))

    def _find_products(self, table: PrintedTable, columns: IntegerArray) -> tuple[IntegerArray, IntegerArray] | None:
        """Products among the columns and with the outcome, near those they have, that give all printed figures."""
        k, n, y = columns.shape[1], self._n, self._outcome
        totals, start, own = columns.sum(axis=0), columns.T @ columns, columns.T @ self._whole
        reach = range(-_REACH, _REACH + 1)
        pairs = list(zip(*np.triu_indices(k, 1), strict=True))
        printed = list_printed(table)
        hits = []
        for steps in product(reach, repeat=len(pairs)):
            products = start.copy()
            for (i, j), step in zip(pairs, steps, strict=True):
                products[i, j] = products[j, i] = start[i, j] + step
            centred = products - np.outer(totals, totals) / n
            if np.linalg.eigvalsh(centred)[0] <= 0:
                continue
            moves = np.array(list(product(reach, repeat=k)))
            crossed = (own + moves - totals * y.total / n) / y.items
            r2 = np.einsum("ij,jk,ik->i", crossed, np.linalg.inv(centred), crossed) / self._q**2
            moments = PredictorMoments(table, totals / n, centred)
            near = np.flatnonzero(np.abs(r2 - printed["r2"].value) <= float(printed["r2"].interval.width) / 2)
            for row in near:
                figures = compute_figures(moments, n, self._q, self._mean, crossed[row])
                if all(float(f.interval.lo) < figures[name] < float(f.interval.hi) for name, f in printed.items()):
                    hits.append((products, own + moves[row]))
        return hits[int(self._rng.integers(len(hits)))] if hits else None


def draw_whole_numbers(
    n: int, total: int, squares: int, limits: tuple[int, int], rng: np.random.Generator
) -> IntegerArray:
    """n whole numbers within limits with this sum and sum of squares, about normal, in random order.

    Moves of one unit, then of one up and another down, as far as they bring the sums nearer; random ones where stuck.
    Raises ValueError where that does not get there.
    """
    from scipy.special import ndtri

    mean, sd = total / n, np.sqrt(squares / n - (total / n) ** 2)
    quantiles = ndtri((np.arange(n) + 0.5) / n)
    start = np.clip(np.rint(mean + sd * rng.permutation(quantiles)), *limits)
    values: IntegerArray = start.astype(np.int64)
    while (missing := total - int(values.sum())) != 0:
        step = 1 if missing > 0 else -1
        movable = np.flatnonzero((values + step >= limits[0]) & (values + step <= limits[1]))
        values[rng.choice(movable)] += step
    for _ in range(_MOST_MOVES):
        missing = squares - int(values @ values)
        if missing == 0:
            return values
        up, down = rng.choice(n, 2, replace=False)
        if values[up] == limits[1] or values[down] == limits[0]:
            continue
        change = 2 * int(values[up] - values[down]) + 2
        if abs(missing - change) < abs(missing) or rng.random() < 0.01:
            values[up] += 1
            values[down] -= 1
    raise ValueError(f"no {n} whole numbers within {limits} with sum {total} and sum of squares {squares} were found")
