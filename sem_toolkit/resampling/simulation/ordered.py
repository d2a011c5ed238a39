"""Samples of answers to ordered items fitted all at once by WLSMV and its kin, with errors, tests and measures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.libraries import special
from sem_toolkit.model import compute_jacobian
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.moments import compute_stacked_moments
from sem_toolkit.resampling.correlations import CorrelationModel, build_correlation_model
from sem_toolkit.resampling.simulation.analyses import Analysis, SingleFitter, find_places
from sem_toolkit.resampling.simulation.correlation_tests import CorrelationFits
from sem_toolkit.resampling.simulation.definitions import compute_definitions
from sem_toolkit.resampling.simulation.outcomes import Outcomes, Verdict, build_empty_outcomes, fit_in_parts
from sem_toolkit.resampling.simulation.sampling import Sampling
from sem_toolkit.sample.categorical.stacked import (
    StackedCorrelations,
    compute_stacked_correlations,
    compute_stacked_gamma,
)
from sem_toolkit.sample.categorical.stacked_tables import OwnRows
from sem_toolkit.sample.categorical.two_steps import EmptyCells

FloatArray = NDArray[np.float64]

_MOST_VALUES = 1_000_000
"""Numbers of all rows' influences that are in memory at once."""


@dataclass(frozen=True, eq=False)
class OrderedFitter:
    """A model of samples whose correlations are all that is needed of them.

    single  fits what the stack leaves: samples that lack a category, or have a pair without a correlation
    search  fits the others, each from the true values (start, q)
    known   correlations of the population, where those of samples are looked for (G × p × p)
    order   places of the model's observed variables in the population
    places  position in [x, definitions] of each quantity (k)
    """

    single: SingleFitter
    search: CorrelationModel
    start: FloatArray
    known: FloatArray
    order: NDArray[np.intp]
    places: NDArray[np.intp]

    def fit(self, samples: Sequence[FloatArray]) -> Outcomes:
        p = len(self.order)
        return fit_in_parts(samples, _MOST_VALUES // (sum(self.search.sizes) * p * (p - 1) // 2), self._fit_some)

    def _fit_some(self, samples: Sequence[FloatArray]) -> Outcomes:
        codes = [rows[..., self.order].astype(np.int64) - 1 for rows in samples]
        tables = [OwnRows(own, self._categories) for own in codes]
        options = self.single.analysis.chosen
        cells = EmptyCells(options.zero_add, options.zero_keep_margins)
        correlations = [compute_stacked_correlations(*both, cells) for both in zip(tables, self.known, strict=True)]
        x, _, arrived = self.search.fit(correlations, self.start)
        found = build_empty_outcomes(len(x), len(self.places))
        there, others = np.flatnonzero(arrived), np.flatnonzero(~arrived)
        if len(others):
            found.put(others, self.single.fit([rows[others] for rows in samples]))
        if len(there):
            gamma = [compute_stacked_gamma(own, rows)[there] for own, rows in zip(correlations, codes, strict=True)]
            self._fill(found, there, x[there], correlations, gamma)
        return found

    @property
    def _categories(self) -> tuple[int, ...]:
        population = self.single.sampling.population
        return tuple(len(population.thresholds[0][population.variables[place]]) + 1 for place in self.order)

    def _fill(
        self,
        found: Outcomes,
        there: NDArray[np.intp],
        x: FloatArray,
        correlations: Sequence[StackedCorrelations],
        gamma: Sequence[FloatArray],
    ) -> None:
        """Standard errors, measures and verdicts at the optima x."""
        search = self.search
        fits = self._build_fits(x, there, correlations, gamma)
        basis = search.model.constraints.linear.basis
        spread = np.zeros((len(x), x.shape[1], x.shape[1]))
        spread[:, search.places[:, None], search.places] = basis @ fits.spread @ basis.T
        responses = search.whole.responses
        assert responses is not None  # noqa: S101 (there are ordered items)
        for free, own, size in zip(responses.free_thresholds, correlations, search.sizes, strict=True):
            spread[:, free, free] = _compute_threshold_variances(own.thresholds[there]) / (size - 1.0)
        values, errors = compute_definitions(search.whole, x, spread)
        found.est[there], found.se[there] = values[:, self.places], errors[:, self.places]
        proper = search.are_proper(x, np.ones(len(x), dtype=np.bool_))
        found.verdict[there] = np.where(proper, Verdict.PROPER, Verdict.IMPROPER)
        for name, measure in fits.compute_measures().items():
            found.measures[name][there] = measure

    def _build_fits(
        self,
        x: FloatArray,
        there: NDArray[np.intp],
        correlations: Sequence[StackedCorrelations],
        gamma: Sequence[FloatArray],
    ) -> CorrelationFits:
        search = self.search
        model, own = search.model, x[:, search.places]
        moments, _ = compute_stacked_moments(model, own)
        row, column = vech_indices(model.n_observed)
        slopes = compute_jacobian(model, own, moments)[..., -len(row) :, :][..., row != column, :]
        implied = moments.covariance.copy()
        diagonal = np.arange(model.n_observed)
        implied[..., diagonal, diagonal] = 1.0
        return CorrelationFits(
            search.sizes,
            np.stack([part.correlations[there] for part in correlations], axis=1),
            implied,
            gamma,
            [search.weigh(part)[there] for part in correlations],
            slopes @ model.constraints.linear.basis,
        )


def _compute_threshold_variances(thresholds: FloatArray) -> FloatArray:
    """n times the variance of quantiles of the standard normal distribution: P(1 − P)/φ(τ)²."""
    below, density = special.ndtr(thresholds), np.exp(-0.5 * thresholds**2) / np.sqrt(2.0 * np.pi)
    return np.asarray(below * (1.0 - below) / density**2)


def build_ordered_fitter(analysis: Analysis, sampling: Sampling) -> OrderedFitter | None:
    """A fitter of the analysis; None where it is about more than correlations of complete answers."""
    population, options = sampling.population, analysis.chosen
    inference = options.inference
    plain = (
        sampling.plan is None
        and sampling.clusters is None
        and all(len(own) == len(population.variables) for own in population.thresholds)
        and len({tuple(len(cuts) for cuts in own.values()) for own in population.thresholds}) == 1
        and (inference.se, inference.test, inference.information) == ("robust.sem", "scaled.shifted", "expected")
        and not inference.more_tests
        and analysis.df > 0
    )
    if not plain:
        return None
    model = analysis.model
    search = build_correlation_model(model, options.estimation.kind.name, sampling.sizes)
    if search is None:
        return None
    named = dict(zip((quantity.key for quantity in analysis.quantities), analysis.truth, strict=True))
    start = np.array([named[row.lhs, row.op, row.rhs, row.group] for row in model.parameters])
    apart = np.setdiff1d(np.arange(len(start)), search.places)
    if model.definitions.names and model.definitions.jacobian(start)[:, apart].any():
        return None  # a definition by thresholds
    order = np.array([population.variables.index(name) for name in model.observed], dtype=np.intp)
    deviations = np.sqrt(np.diagonal(population.covariance, axis1=-2, axis2=-1))
    known = (population.covariance / (deviations[:, :, None] * deviations[:, None, :]))[:, order[:, None], order]
    return OrderedFitter(SingleFitter(analysis, sampling), search, start, known, order, find_places(analysis, model))
