"""Samples of rows with empty cells, fitted all at once by weights of their patterns; the rest goes to single fits."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy.reweighted import ReweightedFullInformation
from sem_toolkit.discrepancy.targets import build_targets
from sem_toolkit.estimation.arrivals import Arrival, Arrivals
from sem_toolkit.estimation.batch import minimise_stack
from sem_toolkit.estimation.nearby import approach_minima
from sem_toolkit.fit import Fit
from sem_toolkit.model import Model
from sem_toolkit.resampling.bootstrap.fitting import SEARCH, Fitted, are_proper, is_stackable
from sem_toolkit.resampling.bootstrap.rows import RowFitter
from sem_toolkit.sample.patterns import Patterns
from sem_toolkit.sample.reweighted import reweight_patterns

FloatArray = NDArray[np.float64]


def minimise_reweighted(model: Model, discrepancy: ReweightedFullInformation, start: FloatArray) -> Arrivals:
    """Minima of all draws from one start (q): by Newton's steps, and with care where these found none."""
    starts = np.tile(start, (len(discrepancy.share), 1))
    found = approach_minima(model, discrepancy, starts, SEARCH.tolerance)
    lost = np.flatnonzero(found.status != Arrival.MINIMUM)
    if len(lost):
        again = minimise_stack(model, discrepancy.pick(lost), starts[lost], SEARCH)
        found.x[lost], found.values[lost], found.status[lost] = again.x, again.values, again.status
    return found


@dataclass(frozen=True, eq=False)
class IncompleteFitter:
    """Draws rows of incomplete data and fits all samples at once.

    rows  fits single samples: those that the stack leaves without an optimum

    The discrepancy of a sample is NaN: it would need the saturated model of each.
    """

    rows: RowFitter

    def draw_and_fit(self, rng: np.random.Generator, draws: int) -> Fitted:
        """Estimates of so many samples."""
        return self.fit(self.rows.draw_counts(rng, draws))

    def fit_without(self) -> Fitted:
        """Estimates without one row each, group by group."""
        return self.fit(self.rows.count_without())

    def fit(self, counts: list[NDArray[np.intp]]) -> Fitted:
        """Estimates (b × q) where row i of group g counts counts[g][d, i] times in draw d."""
        model, start = self.rows.fit.solution.model, np.asarray(self.rows.fit.solution.x)
        drawn = tuple(
            reweight_patterns(own, count.astype(np.float64)) for own, count in zip(self._patterns, counts, strict=True)
        )
        used = np.stack([c[:, own.row >= 0].sum(axis=1) for own, c in zip(self._patterns, counts, strict=True)], axis=1)
        discrepancy = ReweightedFullInformation(drawn, used / used.sum(axis=1, keepdims=True))
        arrivals = minimise_reweighted(model, discrepancy, start)
        x, found = arrivals.x.copy(), np.asarray(arrivals.status == Arrival.MINIMUM)
        for draw in np.flatnonzero(~found):
            single = self.rows.fit_counts(counts, int(draw))
            found[draw] = single is not None
            x[draw] = np.nan if single is None else single.solution.x
        return Fitted(x, np.full(len(x), np.nan), found, are_proper(model, x, found))

    @cached_property
    def _patterns(self) -> tuple[Patterns, ...]:
        fit = self.rows.fit
        found = build_targets(fit.solution.model, fit.sample, unbiased=False).patterns
        assert found is not None  # noqa: S101 (looked at by `can_be_reweighted`)
        return found


def build_incomplete(rows: RowFitter) -> IncompleteFitter | None:
    """What fits the samples of these rows at once; None where they are more than other weights of the same rows.

    The rows that are drawn are those that the fit used.
    """
    if not _is_reweighted(rows.fit):
        return None
    strata = tuple(group.places for group in rows.fit.sample.groups if group.places is not None)
    return IncompleteFitter(replace(rows, strata=strata))


def _is_reweighted(fit: Fit) -> bool:
    """Whether the draws of a fit are FIML of its own rows with other weights, and of nothing else from the sample."""
    model = fit.solution.model
    return (
        fit.options.estimation.kind.name == "ML"
        and fit.rotation is None
        and model.responses is None
        and model.has_means
        and is_stackable(model)
        and fit.sample.is_incomplete
        and not fit.sample.has_levels
        and not any(row.exo for row in fit.table.parameters)
        and all(group.places is not None and group.design.weights is None for group in fit.sample.groups)
    )
