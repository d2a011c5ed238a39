"""Models of ordered items that are models of their correlations: thresholds are the sample's, scales are 1."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy.least_squares import LeastSquares
from sem_toolkit.discrepancy.targets import Targets, build_targets
from sem_toolkit.estimation.arrivals import Arrival
from sem_toolkit.estimation.nearby import approach_minima
from sem_toolkit.model import Model, build_model
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.resampling.bootstrap.fitting import SEARCH, are_proper, is_stackable
from sem_toolkit.sample import Sample, SampleGroup
from sem_toolkit.sample.categorical.stacked import StackedCorrelations
from sem_toolkit.spec.table import CONSTRAINT_OPERATORS

FloatArray = NDArray[np.float64]

_APART = ("|", "~*~", "~1", ":=")
"""Rows of a table that say nothing about correlations, where thresholds are the sample's and scales are 1."""
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class CorrelationModel:
    """A model of ordered items by least squares on their correlations, fitted to many samples at once.

    whole    of thresholds, too, with q parameters
    model    of the correlations alone: the residual variances of items, which are what their responses' variance of 1
             leaves, are any number (here 1)
    places   where its parameters stand among those of the whole
    sizes    rows of each group; is_equal: ULS, not DWLS
    """

    whole: Model
    model: Model
    places: NDArray[np.intp]
    sizes: tuple[int, ...]
    is_equal: bool

    def fit(
        self, found: Sequence[StackedCorrelations], start: FloatArray
    ) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
        """Estimates (b × q), discrepancies (b) and whether there is a minimum (b), from one start (q); else NaN.

        found  of each group
        """
        usable = np.all([own.usable for own in found], axis=0)
        x, value = np.full((len(usable), len(start)), np.nan), np.full(len(usable), np.nan)
        arrived = np.zeros(len(usable), dtype=np.bool_)
        good = np.flatnonzero(usable)
        if not len(good):
            return x, value, arrived
        starts = np.tile(start[self.places], (len(good), 1))
        ends = approach_minima(self.model, self._build(found, good), starts, SEARCH.tolerance)
        there = np.flatnonzero(ends.status == Arrival.MINIMUM)
        minima = good[there]
        arrived[minima], value[minima] = True, ends.values[there]
        x[np.ix_(minima, self.places)] = ends.x[there]
        responses = self.whole.responses
        assert responses is not None  # noqa: S101 (there are ordered items)
        for group, own in enumerate(found):
            x[np.ix_(minima, responses.free_thresholds[group])] = own.thresholds[minima]
        return x, value, arrived

    def are_proper(self, x: FloatArray, found: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether the model explains no more than a variance of 1 of any response, and the rest can exist (b)."""
        return are_proper(self.model, x[:, self.places], found, largest=2.0 + _ROUNDING)  # 1 of it is not explained

    def weigh(self, found: StackedCorrelations) -> FloatArray:
        """The weights of the correlations of a group (b × pairs), column by column."""
        column, row = np.triu_indices(self.model.n_observed, 1)
        own = found.variances[:, row, column]
        return np.ones_like(own) if self.is_equal else 1.0 / own

    def _build(self, found: Sequence[StackedCorrelations], good: NDArray[np.intp]) -> LeastSquares:
        row, column = vech_indices(self.model.n_observed)
        weights = []
        for own in found:
            whole = np.zeros((len(good), len(row)))
            whole[:, row != column] = self.weigh(own)[good]
            weights.append(whole)
        targets = self._prototype.with_moments(np.stack([own.correlations[good] for own in found], axis=1), None)
        return LeastSquares(targets, tuple(weights))

    @cached_property
    def _prototype(self) -> Targets:
        labels = zip(self.whole.groups, self.sizes, strict=True)
        groups = tuple(SampleGroup(label, size, np.eye(self.model.n_observed)) for label, size in labels)
        return build_targets(self.model, Sample(self.model.observed, groups, sum(self.sizes)), unbiased=False)


def build_correlation_model(model: Model, kind: str, sizes: tuple[int, ...]) -> CorrelationModel | None:
    """The model by a discrepancy ("DWLS", "ULS") of correlations; None where there is more in it than these."""
    if kind not in ("DWLS", "ULS") or not _is_of_correlations(model):
        return None
    kept = [row for row in model.table.rows if row.op not in _APART]
    numbers = {old: new for new, old in enumerate(sorted({row.free for row in kept if row.free > 0}), start=1)}
    table = replace(model.table, rows=tuple(row._replace(free=numbers.get(row.free, 0)) for row in kept))
    reduced = build_model(table)
    if reduced.observed != model.observed or not is_stackable(reduced):
        return None
    return CorrelationModel(model, reduced, np.array(sorted(numbers)) - 1, sizes, kind == "ULS")


def _is_of_correlations(model: Model) -> bool:
    """Whether all variables are ordered items that nothing depends on, with thresholds of their own and scales of 1."""
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
    return bool(settled and not (arrows or tied or means or variances))
