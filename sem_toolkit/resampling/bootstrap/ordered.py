"""Samples of answers to ordered items, fitted all at once: correlations by tables, then least squares on these."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.least_squares import LeastSquares
from sem_toolkit.discrepancy.targets import Targets, build_targets
from sem_toolkit.estimation.batch import Arrival
from sem_toolkit.estimation.nearby import approach_minima
from sem_toolkit.fit import Fit
from sem_toolkit.model import Model, build_model
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.resampling.bootstrap.fitting import SEARCH, Fitted, are_proper, is_stackable
from sem_toolkit.resampling.bootstrap.rows import RowFitter
from sem_toolkit.sample import Sample, SampleGroup
from sem_toolkit.sample.categorical.stacked import StackedCorrelations, compute_stacked_correlations
from sem_toolkit.sample.categorical.statistics import EmptyCells
from sem_toolkit.spec.table import CONSTRAINT_OPERATORS

FloatArray = NDArray[np.float64]

_APART = ("|", "~*~", "~1")
"""Rows of a table that say nothing about correlations, where thresholds are the sample's and scales are 1."""
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class OrderedFitter:
    """Draws rows of answers and fits all samples at once.

    rows     fits single samples: those that the stack leaves without an optimum
    model    of the correlations alone: the residual variances of items, which are what their responses' variance of 1
             leaves, are any number (here 1), and thresholds are those of the sample
    places   where its parameters stand among those of the fit
    """

    rows: RowFitter
    model: Model
    places: NDArray[np.intp]

    def draw_and_fit(self, rng: np.random.Generator, draws: int) -> Fitted:
        """Estimates of so many samples."""
        return self.fit(self.rows.draw_counts(rng, draws))

    def fit_without(self) -> Fitted:
        """Estimates without one row each, group by group."""
        return self.fit(self.rows.count_without())

    def fit(self, counts: list[NDArray[np.intp]]) -> Fitted:
        """Estimates (b × q) where row i of group g counts counts[g][d, i] times in draw d."""
        fit = self.rows.fit
        found = [self._correlate(group, own.astype(np.float64)) for group, own in enumerate(counts)]
        complete = np.all([own.complete for own in found], axis=0)
        usable = np.all([own.usable for own in found], axis=0)
        x, value = np.full((len(usable), len(fit.solution.x)), np.nan), np.full(len(usable), np.nan)
        arrived = np.zeros(len(usable), dtype=np.bool_)
        good = np.flatnonzero(usable)
        if len(good):
            starts = np.tile(np.asarray(fit.solution.x)[self.places], (len(good), 1))
            ends = approach_minima(self.model, self._build(found, good), starts, SEARCH.tolerance)
            arrived[good] = ends.status == Arrival.MINIMUM
            value[good] = ends.values
            x[np.ix_(good, self.places)] = ends.x
            responses = fit.solution.model.responses
            assert responses is not None  # noqa: S101 (looked at by `build_ordered`)
            for group, own in enumerate(found):
                x[np.ix_(good, responses.free_thresholds[group])] = own.thresholds[good]
        proper = self._are_proper(x, arrived)
        for draw in np.flatnonzero(~arrived & complete):
            single = self.rows.fit_counts(counts, int(draw))
            arrived[draw] = single is not None
            if single is not None:
                x[draw], value[draw], proper[draw] = single.solution.x, single.solution.discrepancy, single.certified
        x[~arrived], value[~arrived] = np.nan, np.nan
        return Fitted(x, value, arrived, arrived & proper)

    def _correlate(self, group: int, counts: FloatArray) -> StackedCorrelations:
        fit, options = self.rows.fit, self.rows.fit.options
        own = fit.sample.groups[group]
        assert own.data is not None  # noqa: S101 (looked at by `build_ordered`)
        assert own.categorical is not None  # noqa: S101
        cells = EmptyCells(options.zero_add, options.zero_keep_margins)
        known = tuple(len(values) + 1 for values in own.categorical.thresholds)
        return compute_stacked_correlations(own.data.astype(np.int64), known, counts, own.categorical.covariance, cells)

    def _build(self, found: list[StackedCorrelations], good: NDArray[np.intp]) -> LeastSquares:
        row, column = vech_indices(self.model.n_observed)
        apart = row != column
        equal = self.rows.fit.options.estimation.kind.name == "ULS"
        variances = [own.variances[good][:, row, column] for own in found]
        weights = tuple(np.where(apart, np.ones_like(own) if equal else 1.0 / own, 0.0) for own in variances)
        targets = self._prototype.with_moments(np.stack([own.correlations[good] for own in found], axis=1), None)
        return LeastSquares(targets, weights)

    @cached_property
    def _prototype(self) -> Targets:
        own = self.rows.fit.sample
        groups = tuple(SampleGroup(group.label, group.n, np.eye(self.model.n_observed)) for group in own.groups)
        return build_targets(self.model, Sample(self.model.observed, groups, own.n), unbiased=False)

    def _are_proper(self, x: FloatArray, found: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether the model explains no more than a variance of 1 of any response, and the rest can exist (b)."""
        return are_proper(self.model, x[:, self.places], found, largest=2.0 + _ROUNDING)  # 1 of it is not explained


def build_ordered(rows: RowFitter) -> OrderedFitter | None:
    """What fits the samples of these rows at once; None where they are more than tables of answers.

    The rows that are drawn are those that the fit used.
    """
    fit, groups = rows.fit, rows.fit.sample.groups
    complete = all(
        group.places is not None and group.data is not None and not np.isnan(group.data).any() for group in groups
    )
    if rows.clusters is not None or fit.rotation is not None or not complete or not _is_of_correlations(fit):
        return None
    model = fit.solution.model
    kept = [row for row in model.table.rows if row.op not in _APART]
    numbers = {old: new for new, old in enumerate(sorted({row.free for row in kept if row.free > 0}), start=1)}
    table = replace(model.table, rows=tuple(replace(row, free=numbers.get(row.free, 0)) for row in kept))
    reduced = build_model(table)
    if reduced.observed != model.observed or not is_stackable(reduced):
        return None
    strata = tuple(group.places for group in groups if group.places is not None)
    return OrderedFitter(replace(rows, strata=strata), reduced, np.array(sorted(numbers)) - 1)


def _is_of_correlations(fit: Fit) -> bool:
    """Whether all variables are ordered items that nothing depends on, with thresholds of their own and scales of 1."""
    model = fit.solution.model
    responses, p = model.responses, model.n_observed
    if responses is None or not responses.is_delta or len(responses.items) < p or model.composites is not None:
        return False
    arrows = model.directed[:, :, :p].any() or any((own.column[own.directed] < p).any() for own in model.cells)
    threshold_names = {name for row in model.table.rows if row.op == "|" for name in (row.label, row.plabel) if name}
    # labels of parameters, by which equalities can be told not to be about thresholds
    names = {name for row in model.table.parameters for name in (row.label, row.plabel)} - threshold_names
    tied = any(not {row.lhs, row.rhs} <= names for row in model.table.rows if row.op in CONSTRAINT_OPERATORS)
    means = any(row.op == "~1" and (row.free or row.ustart) for row in model.table.rows)
    settled = (responses.free_scales < 0).all() and (responses.scales == 1.0).all()
    settled &= (responses.free_thresholds >= 0).all()
    variances = any(
        row.op == "~~" and row.lhs == row.rhs and row.free and row.lhs in model.observed for row in model.table.rows
    )
    kind = fit.options.estimation.kind.name
    plain = not any(group.design.weights is not None for group in fit.sample.groups)
    return bool(kind in ("DWLS", "ULS") and settled and plain and not (arrows or tied or means or variances))
