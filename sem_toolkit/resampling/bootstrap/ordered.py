"""Samples of answers to ordered items, fitted all at once: correlations by tables, then least squares on these."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.resampling.bootstrap.fitting import Fitted
from sem_toolkit.resampling.bootstrap.rows import RowFitter
from sem_toolkit.resampling.correlations import CorrelationModel, build_correlation_model
from sem_toolkit.sample.categorical.stacked import StackedCorrelations, compute_stacked_correlations
from sem_toolkit.sample.categorical.stacked_tables import CountedRows
from sem_toolkit.sample.categorical.two_steps import EmptyCells

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OrderedFitter:
    """Draws rows of answers and fits all samples at once.

    rows    fits single samples: those that the stack leaves without an optimum
    search  fits the others
    """

    rows: RowFitter
    search: CorrelationModel

    def draw_and_fit(self, rng: np.random.Generator, draws: int) -> Fitted:
        """Estimates of so many samples."""
        return self.fit(self.rows.draw_counts(rng, draws))

    def fit_without(self) -> Fitted:
        """Estimates without one row each, group by group."""
        return self.fit(self.rows.count_without())

    def fit(self, counts: list[NDArray[np.intp]]) -> Fitted:
        """Estimates (b × q) where row i of group g counts counts[g][d, i] times in draw d."""
        found = [self._correlate(group, own.astype(np.float64)) for group, own in enumerate(counts)]
        complete = np.all([own.complete for own in found], axis=0)
        x, value, arrived = self.search.fit(found, np.asarray(self.rows.fit.solution.x))
        proper = self.search.are_proper(x, arrived)
        for draw in np.flatnonzero(~arrived & complete):
            single = self.rows.fit_counts(counts, int(draw))
            arrived[draw] = single is not None
            if single is not None:
                x[draw], value[draw], proper[draw] = single.solution.x, single.solution.discrepancy, single.certified
        return Fitted(x, value, arrived, arrived & proper)

    def _correlate(self, group: int, counts: FloatArray) -> StackedCorrelations:
        fit, options = self.rows.fit, self.rows.fit.options
        own = fit.sample.groups[group]
        assert own.data is not None  # noqa: S101 (looked at by `build_ordered`)
        assert own.categorical is not None  # noqa: S101
        known = tuple(len(values) + 1 for values in own.categorical.thresholds)
        tables = CountedRows(own.data.astype(np.int64), known, counts)
        cells = EmptyCells(options.zero_add, options.zero_keep_margins)
        return compute_stacked_correlations(tables, own.categorical.covariance, cells)


def build_ordered(rows: RowFitter) -> OrderedFitter | None:
    """What fits the samples of these rows at once; None where they are more than tables of answers.

    The rows that are drawn are those that the fit used.
    """
    fit, groups = rows.fit, rows.fit.sample.groups
    complete = all(
        group.places is not None and group.data is not None and not np.isnan(group.data).any() for group in groups
    )
    weighted = any(group.design.weights is not None for group in groups)
    if rows.clusters is not None or fit.rotation is not None or weighted or not complete:
        return None
    kind, sizes = fit.options.estimation.kind.name, tuple(group.n for group in groups)
    search = build_correlation_model(fit.solution.model, kind, sizes)
    strata = tuple(group.places for group in groups if group.places is not None)
    return None if search is None else OrderedFitter(replace(rows, strata=strata), search)
