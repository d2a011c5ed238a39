"""Samples that are more than their moments (empty cells, ordered items, weights): rows drawn and fitted one by one."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import Fit, Prepared, estimate
from sem_toolkit.resampling.bootstrap.fitting import Fitted
from sem_toolkit.resampling.bootstrap.samples import draw_counts
from sem_toolkit.rotation import match_factors

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RowFitter:
    """Draws rows of a prepared model and fits each sample, from the estimate on.

    strata    which rows are drawn for each other: numbers of the rows of each group
    clusters  for each group the rows of each cluster, where clusters are drawn and not rows
    """

    prepared: Prepared
    fit: Fit
    strata: tuple[NDArray[np.intp], ...]
    clusters: tuple[tuple[NDArray[np.intp], ...], ...] | None = None

    def draw_and_fit(self, rng: np.random.Generator, draws: int) -> Fitted:
        """Estimates of so many samples."""
        q = len(self.fit.solution.x)
        x, value = np.full((draws, q), np.nan), np.full(draws, np.nan)
        found, proper = np.zeros(draws, dtype=np.bool_), np.zeros(draws, dtype=np.bool_)
        for draw in range(draws):
            solution = self.fit_rows(self._draw(rng))
            if solution is not None:
                x[draw], value[draw] = solution.solution.x, solution.solution.discrepancy
                found[draw], proper[draw] = True, solution.certified
        return Fitted(x, value, found, proper)

    def _draw(self, rng: np.random.Generator) -> NDArray[np.intp]:
        if self.clusters is None:
            return np.concatenate([rng.choice(rows, len(rows)) for rows in self.strata])
        chosen = []
        for groups in self.clusters:
            chosen += [groups[i] for i in rng.integers(len(groups), size=len(groups))]
        return np.concatenate(chosen)

    def draw_counts(self, rng: np.random.Generator, draws: int) -> list[NDArray[np.intp]]:
        """How often every row of each group is drawn (draws × rows); all rows of a cluster alike."""
        return [draw_counts(rng, size, draws)[:, units] for units, size in self._units]

    def count_without(self) -> list[NDArray[np.intp]]:
        """The same for samples without one row, or one cluster, each, group by group."""
        sizes = [size for _, size in self._units]
        parts = np.split(1 - np.eye(sum(sizes), dtype=np.intp), np.cumsum(sizes)[:-1], axis=1)
        return [part[:, units] for part, (units, _) in zip(parts, self._units, strict=True)]

    @cached_property
    def _units(self) -> list[tuple[NDArray[np.intp], int]]:
        """What is drawn in each group: the number of each row, or of its cluster, and how many of them there are."""
        if self.clusters is None:
            return [(np.arange(len(rows)), len(rows)) for rows in self.strata]
        found = []
        for rows, groups in zip(self.strata, self.clusters, strict=True):
            number = {int(row): place for place, members in enumerate(groups) for row in members}
            found.append((np.array([number[int(row)] for row in rows], dtype=np.intp), len(groups)))
        return found

    def fit_counts(self, counts: list[NDArray[np.intp]], draw: int) -> Fit | None:
        """The fit of one of the samples that these are of, as `fit_rows` finds it."""
        rows = [np.repeat(own, count[draw]) for own, count in zip(self.strata, counts, strict=True)]
        return self.fit_rows(np.concatenate(rows))

    def fit_rows(self, rows: NDArray[np.intp]) -> Fit | None:
        """The fit of these rows of the data, by number; None where there is no optimum of the same parameters."""
        frame = self.prepared.frame
        assert frame is not None  # noqa: S101 (rows were asked for)
        sample = replace(self.prepared, frame=frame.iloc[rows].reset_index(drop=True))
        try:
            found = estimate(sample, self.fit)
        except SemError:  # an answer that nobody gave, a constant item: a sample without an estimate
            return None
        names = [(row.lhs, row.op, row.rhs, row.group) for row in found.solution.model.parameters]
        same = names == [(row.lhs, row.op, row.rhs, row.group) for row in self.fit.solution.model.parameters]
        if not (found.converged and same):
            return None
        if found.rotation is None:
            return found
        return replace(found, solution=match_factors(found.solution, found.rotation, self.fit.solution))
