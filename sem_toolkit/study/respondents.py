"""Respondents behind recovered sums: whole-number columns, composites and the score, one attempt at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sem_toolkit.libraries import special
from sem_toolkit.study.arrangement import arrange_columns, draw_column
from sem_toolkit.study.correlations import compute_predictor_correlations
from sem_toolkit.study.integer_sums import IntegerArray, list_frequency_tables
from sem_toolkit.study.interior import maximise_margin
from sem_toolkit.study.intervals import FloatArray
from sem_toolkit.study.moments import (
    InteriorMoments,
    PredictorMoments,
    compute_figures,
    find_interior_moments,
    list_printed,
)
from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.recovery import TableSums
from sem_toolkit.study.relations import compute_r2
from sem_toolkit.study.scores import build_normal_score, solve_composites, solve_score

COMPOSITE_DECIMALS = 4
SCORE_DECIMALS = 8
# The score is solved exactly afterwards, so columns need to correlate with its first version only about right.
_NEAR_CORRELATION = 0.01
_NEAR_FREE_CORRELATION = 0.12


@dataclass(frozen=True, eq=False)
class Block:
    """One table's predictors as columns (n × k) and the products with the score that its figures ask for (k)."""

    table: PrintedTable
    columns: FloatArray
    crossed: FloatArray


class Attempt:
    """One random way to fill in what the printed tables leave open; every method may fail with None."""

    def __init__(
        self, n: int, outcome: InteriorMoments, outcome_scale: tuple[float, float], rng: np.random.Generator
    ) -> None:
        self._n, self._q, self._mean, self._scale, self._rng = n, outcome.q, outcome.mean, outcome_scale, rng
        self.score = build_normal_score(n, outcome.mean, outcome.q, rng)
        self._deviation = self.score - self.score.mean()
        # What items share beyond the score: one of the things that the printed tables say nothing about.
        self._shared, self._common = rng.uniform(0.0, 0.4), rng.standard_normal(n)

    def build_items(self, sums: TableSums, crossed: FloatArray) -> Block | None:
        """Items with recovered sums and products."""
        centred = sums.build_moments(self._n).centred
        spread = self._q * np.sqrt(np.diag(centred))
        columns = [
            self._draw_item(self._choose_counts(sums, position), scale[0], float(crossed[position] / spread[position]))
            for position, scale in enumerate(_list_scales(sums.table))
        ]
        arranged = arrange_columns(
            np.column_stack(columns), sums.products, self._deviation, crossed, _NEAR_CORRELATION * spread, self._rng
        )
        return None if arranged is None else Block(sums.table, arranged.astype(np.float64), crossed)

    def build_free_items(self, table: PrintedTable) -> Block | None:
        """Items of a table without coefficients: any sums will do that give its R² and let the items enter in order."""
        # Falling Beta, so that the first printed item goes best with the score.
        weights = 1.0 - 0.15 * np.arange(len(table.predictors))
        wanted = float(np.sqrt(compute_r2(table, self._n).middle))
        guess = wanted * weights / np.linalg.norm(weights)
        columns = np.column_stack(
            [
                self._draw_item(self._draw_counts(scale), scale[0], float(strength))
                for scale, strength in zip(_list_scales(table), guess, strict=True)
            ]
        ).astype(np.float64)
        correlation = np.atleast_2d(np.corrcoef(columns, rowvar=False))
        beta = wanted * weights / np.sqrt(weights @ correlation @ weights)
        strengths = correlation @ beta
        spread = columns.std(axis=0) * np.sqrt(self._n)
        drawn = (columns.T @ self._deviation) / (spread * self._q)
        near = np.abs(drawn - strengths).max() < _NEAR_FREE_CORRELATION
        return Block(table, columns, strengths * spread * self._q) if near else None

    def build_composites(self, table: PrintedTable) -> Block | None:
        """Composites: their means, spreads and correlations are chosen so that all figures are reproduced."""
        chosen = self._choose_composite_moments(table)
        if chosen is None:
            return None
        moments, crossed = chosen
        k = len(moments.means)
        start = moments.means + self._rng.standard_normal((self._n, k)) * np.sqrt(np.diag(moments.centred) / self._n)
        columns = solve_composites(start, self.score, moments.means, moments.centred, crossed, self._scale)
        if columns is None:
            return None
        rounded = columns.round(COMPOSITE_DECIMALS)
        deviations = rounded - rounded.mean(axis=0)
        exact = PredictorMoments(table, rounded.mean(axis=0), deviations.T @ deviations)
        interior = find_interior_moments([exact], self._n, self._q, self._mean, fixed_outcome=True)
        return Block(table, rounded, interior.crossed[0]) if interior.reproduces else None

    def solve_score(self, blocks: list[Block]) -> FloatArray | None:
        """The score that has all wanted products with all blocks, rounded."""
        columns = np.column_stack([block.columns for block in blocks])
        crossed = np.concatenate([block.crossed for block in blocks])
        solved = solve_score(self.score, columns, self._mean, self._q, crossed, self._scale)
        return None if solved is None else solved.round(SCORE_DECIMALS)

    def draw_bystanders(self, items: Mapping[str, tuple[int, int]], entering: FloatArray) -> dict[str, IntegerArray]:
        """Items of a block that do not enter: they go with the entering ones, and with the score only through them."""
        typical = entering.mean(axis=1)
        typical = (typical - typical.mean()) / typical.std()
        drawn = {}
        for name, scale in items.items():
            weight = self._rng.uniform(0.2, 0.5)
            propensity = weight * typical + np.sqrt(1 - weight**2) * self._rng.standard_normal(self._n)
            drawn[name] = draw_column(self._draw_counts(scale), scale[0], propensity)
        return drawn

    def _draw_item(self, counts: IntegerArray, first: int, correlation: float) -> IntegerArray:
        own = np.sqrt(1 - self._shared) * self._rng.standard_normal(self._n) + np.sqrt(self._shared) * self._common
        standard = self._deviation / self._deviation.std()
        return draw_column(counts, first, correlation * standard + np.sqrt(1 - correlation**2) * own)

    def _choose_counts(self, sums: TableSums, position: int) -> IntegerArray:
        """One of the frequency tables with the recovered sums; rather one without empty values in between."""
        scale = _list_scales(sums.table)[position]
        square = int(sums.products[position, position])
        tables = list_frequency_tables(self._n, int(sums.totals[position]), square, scale)
        smooth = -np.abs(np.diff(tables, n=2, axis=1)).sum(axis=1).astype(np.float64)
        weights = np.exp((smooth - smooth.max()) / 10.0)
        chosen: IntegerArray = tables[self._rng.choice(len(tables), p=weights / weights.sum())]
        return chosen

    def _draw_counts(self, scale: tuple[int, int]) -> IntegerArray:
        """Counts of a rounded normal variable above the middle of the scale, as answers usually are."""
        width = scale[1] - scale[0]
        centre = scale[0] + width * self._rng.uniform(0.55, 0.7)
        values = centre + width * self._rng.uniform(0.2, 0.27) * special.ndtri((np.arange(self._n) + 0.5) / self._n)
        answers = np.clip(np.rint(values), *scale).astype(np.int64) - scale[0]
        return np.bincount(answers, minlength=width + 1).astype(np.int64)

    def _choose_composite_moments(self, table: PrintedTable) -> tuple[PredictorMoments, FloatArray] | None:
        """Means, spreads, correlations and products with the score in the middle of what the figures allow."""
        k = len(table.predictors)
        layout = _CompositeLayout(table, self._n, self._q, self._mean)
        enclosure = compute_predictor_correlations(table, self._n)
        correlations = np.zeros(k * (k - 1) // 2) if enclosure is None else enclosure.hull.middle
        low, high = self._scale
        means = self._rng.uniform(low + 0.5 * (high - low), high - 0.2 * (high - low), k)
        start = layout.build_start(means, correlations)
        printed = [figure.interval for figure in list_printed(table).values()]
        found = maximise_margin(layout.compute_values, printed, start)
        moments, crossed = layout.split(found.x)
        inside = (moments.means > self._scale[0]).all() and (moments.means < self._scale[1]).all()
        return (moments, crossed) if found.margin > 0 and inside else None


class _CompositeLayout:
    """Unknowns x: k means, k log spreads, k(k − 1)/2 correlations as hyperbolic angles, k coefficients B."""

    def __init__(self, table: PrintedTable, n: int, q: float, mean: float) -> None:
        self._table, self._n, self._q, self._mean = table, n, q, mean
        self._k = len(table.predictors)
        self._keys = list(list_printed(table))

    def build_start(self, means: FloatArray, correlations: FloatArray) -> FloatArray:
        b = np.array([row.figures["b"].value for row in self._table.predictors])
        beta = np.array([row.figures["beta"].value if "beta" in row.figures else 0.3 for row in self._table.predictors])
        spreads = np.abs(beta / b) * self._q
        return np.concatenate([means, np.log(spreads), np.arctanh(correlations), b])

    def split(self, x: FloatArray) -> tuple[PredictorMoments, FloatArray]:
        k = self._k
        correlation = np.eye(k)
        upper = np.triu_indices(k, 1)
        correlation[upper] = np.tanh(x[2 * k : len(x) - k])
        correlation = correlation + np.triu(correlation, 1).T
        spreads = np.exp(x[k : 2 * k])
        centred = correlation * np.outer(spreads, spreads)
        return PredictorMoments(self._table, x[:k], centred), centred @ x[-k:]

    def compute_values(self, x: FloatArray) -> FloatArray:
        moments, crossed = self.split(x)
        figures = compute_figures(moments, self._n, self._q, self._mean, crossed)
        return np.array([figures[key] for key in self._keys])


def _list_scales(table: PrintedTable) -> list[tuple[int, int]]:
    return [row.scale for row in table.predictors if row.scale is not None]
