"""Samples with missing answers fitted all at once by full information, with errors, χ² and fit measures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy import Evaluations
from sem_toolkit.discrepancy.reweighted import ReweightedFullInformation
from sem_toolkit.discrepancy.stack import factor_stack, invert_stack, pick_evaluations
from sem_toolkit.estimation.arrivals import Arrival
from sem_toolkit.estimation.minimand import evaluate_stack
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.model import Model, build_model, compute_jacobian
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.moments import compute_stacked_moments
from sem_toolkit.resampling.bootstrap.fitting import are_proper, is_stackable
from sem_toolkit.resampling.bootstrap.incomplete import minimise_reweighted
from sem_toolkit.resampling.simulation.analyses import Analysis, SingleFitter, find_places
from sem_toolkit.resampling.simulation.corrected_measures import Moments, SaturatedMoments
from sem_toolkit.resampling.simulation.definitions import compute_definitions
from sem_toolkit.resampling.simulation.outcomes import Outcomes, Verdict, build_empty_outcomes, fit_in_parts
from sem_toolkit.resampling.simulation.population_fit import fit_population
from sem_toolkit.resampling.simulation.sampling import Sampling
from sem_toolkit.sample.reweighted import ReweightedPatterns, compute_reweighted_likelihood, group_patterns
from sem_toolkit.spec.names import exogenous_observed_variables
from sem_toolkit.spec.table import Parameter, ParameterTable

FloatArray = NDArray[np.float64]

_MOST_VALUES = 250_000
"""Numbers of the matrices of all patterns that are worked on at once: what the cache holds."""


@dataclass(frozen=True, eq=False)
class IncompleteFitter:
    """A model of samples whose rows are grouped by what is missing in them.

    single  fits what the stack leaves: complete samples, and those without an optimum of either model
    model   with means; start: the true values, where every search begins (q)
    order   places of the model's observed variables in the population
    places  position in [x, definitions] of each quantity (k)
    """

    single: SingleFitter
    model: Model
    start: FloatArray
    order: NDArray[np.intp]
    places: NDArray[np.intp]

    def fit(self, samples: Sequence[FloatArray]) -> Outcomes:
        p = len(self.order)
        return fit_in_parts(samples, _MOST_VALUES // (max(map(_count_patterns, samples)) * p * p), self._fit_some)

    def _fit_some(self, samples: Sequence[FloatArray]) -> Outcomes:
        own = [rows[..., self.order] for rows in samples]
        parts = [group_patterns(rows) for rows in own]
        drawn, n = tuple(part[0] for part in parts), np.stack([part[1] for part in parts], axis=1)
        discrepancy = ReweightedFullInformation(drawn, n / np.maximum(n.sum(axis=1, keepdims=True), 1.0))
        x, at, arrived = _minimise(self.model, discrepancy, self.start)
        whole, saturated, known = _minimise(self._saturated, discrepancy, self._saturated_start)
        missing = np.any([np.isnan(rows).any(axis=(1, 2)) for rows in own], axis=0)
        good = arrived & known & missing & (at.values - saturated.values > -1e-9)
        there, others = np.flatnonzero(good), np.flatnonzero(~good)
        found = build_empty_outcomes(len(x), len(self.places))
        if len(others):
            found.put(others, self.single.fit([rows[others] for rows in samples]))
        if len(there):
            chisq = 2.0 * n.sum(axis=1) * (at.values - saturated.values)
            self._fill(found, there, x[there], pick_evaluations(at, there), n[there])
            found.measures["chisq"][there] = np.maximum(chisq, 0.0)[there]
            self._measure(found, there, x[there], whole[there], drawn, n[there])
        return found

    def _fill(self, found: Outcomes, there: NDArray[np.intp], x: FloatArray, at: Evaluations, n: FloatArray) -> None:
        """Estimates, their standard errors by the observed information, and verdicts."""
        basis = self.model.constraints.linear.basis
        spread = basis @ np.linalg.inv(at.informations) @ basis.T / n.sum(axis=1)[:, None, None]
        values, errors = compute_definitions(self.model, x, spread)
        found.est[there], found.se[there] = values[:, self.places], errors[:, self.places]
        proper = are_proper(self.model, x, np.ones(len(x), dtype=np.bool_))
        found.verdict[there] = np.where(proper, Verdict.PROPER, Verdict.IMPROPER)

    def _measure(
        self,
        found: Outcomes,
        there: NDArray[np.intp],
        x: FloatArray,
        whole: FloatArray,
        drawn: Sequence[ReweightedPatterns],
        n: FloatArray,
    ) -> None:
        df, own = self.single.analysis.df, [part.pick(there) for part in drawn]
        found.measures["pvalue"][there] = [compute_chisq_pvalue(value, df) for value in found.measures["chisq"][there]]
        implied, _ = compute_stacked_moments(self.model, x)
        moments, _ = compute_stacked_moments(self._saturated, whole)
        assert implied.mean is not None  # noqa: S101 (what fits incomplete rows has means)
        assert moments.mean is not None  # noqa: S101
        usable, size = factor_stack(moments.covariance)
        inverse = invert_stack(moments.covariance, usable)
        informations = [
            compute_reweighted_likelihood(
                part, moments.mean[:, g], moments.covariance[:, g], inverse[:, g], size[:, g]
            ).information(expected=False)
            for g, part in enumerate(own)
        ]
        saturated = SaturatedMoments((moments.covariance, moments.mean), informations, n)
        slopes = compute_jacobian(self.model, x, implied) @ self.model.constraints.linear.basis
        measures = saturated.compute_measures((implied.covariance, implied.mean), slopes, _list_available(own))
        for name, measure in measures.items():
            found.measures[name][there] = measure

    @cached_property
    def _saturated(self) -> Model:
        """Free means and covariances of all variables of each group."""
        names, rows = self.model.observed, []
        for group in range(1, len(self.model.groups) + 1):
            cells = [("~1", name, "") for name in names]
            cells += [("~~", names[i], names[j]) for i, j in zip(*vech_indices(len(names)), strict=True)]
            rows += [(op, lhs, rhs, group) for op, lhs, rhs in cells]
        table = [
            Parameter(lhs, op, rhs, 0, group, group, free, 0.0)  # type: ignore[arg-type]
            for free, (op, lhs, rhs, group) in enumerate(rows, start=1)
        ]
        return build_model(ParameterTable(tuple(table), self.model.table.groups))

    @cached_property
    def _saturated_start(self) -> FloatArray:
        """What the population has."""
        population = self.single.sampling.population
        row, column = vech_indices(len(self.order))
        covariance = population.covariance[:, self.order[:, None], self.order]
        return np.concatenate([population.mean[:, self.order], covariance[:, row, column]], axis=1).ravel()


def _count_patterns(rows: FloatArray) -> int:
    """How many different sets of cells are empty (rows: ... × p), in all; at most the rows of a sample."""
    packed = np.packbits(np.isnan(rows), axis=-1)
    return min(len(np.unique(packed.reshape(-1, packed.shape[-1]), axis=0)), int(rows.shape[-2]))


def _minimise(
    model: Model, discrepancy: ReweightedFullInformation, start: FloatArray
) -> tuple[FloatArray, Evaluations, NDArray[np.bool_]]:
    """Minima (b × q), what is there with exact second derivatives by what is free, and whether they are minima (b)."""
    arrivals = minimise_reweighted(model, discrepancy, start)
    found = np.asarray(arrivals.status == Arrival.MINIMUM)
    x = np.where(found[:, None], arrivals.x, start)
    theta = x[:, model.constraints.linear.kept]
    return x, evaluate_stack(model, discrepancy, theta, np.arange(len(x)), exact=True), found


def _list_available(drawn: Sequence[ReweightedPatterns]) -> Moments:
    """Variances and means of the values that are there: the maximum for uncorrelated variables."""
    means, covariances = [], []
    for own in drawn:
        there = own.share[:, :, None] * own.patterns.observed
        total = there.sum(axis=1)
        mean = (there * own.mean).sum(axis=1) / total
        apart = np.diagonal(own.scatter, axis1=2, axis2=3) + (own.mean - mean[:, None, :]) ** 2
        means.append(mean)
        covariances.append(((there * apart).sum(axis=1) / total)[:, :, None] * np.eye(mean.shape[1]))
    return np.stack(covariances, axis=1), np.stack(means, axis=1)


def build_incomplete_fitter(
    analysis: Analysis, sampling: Sampling, shares: Sequence[int] = ()
) -> IncompleteFitter | None:
    """A fitter of the analysis; None where it is about more than normal theory of incomplete numeric rows."""
    options = analysis.chosen
    inference, estimation = options.inference, options.estimation
    plain = (
        sampling.plan is not None
        and sampling.clusters is None
        and not any(sampling.population.thresholds)
        and (estimation.kind.name, estimation.kind.unbiased, options.missing) == ("ML", False, "ml")
        and (inference.se, inference.test, inference.information) == ("standard", "standard", "observed")
        and not inference.more_tests
        and analysis.df > 0
    )
    if not plain:
        return None
    given = {**analysis.options, "meanstructure": True}
    fitted = fit_population(analysis.spec, sampling.population, shares, **given).fit
    model = fitted.solution.model
    if exogenous_observed_variables(model.table) or fitted.rotation is not None or not is_stackable(model):
        return None
    order = np.array([sampling.population.variables.index(name) for name in model.observed], dtype=np.intp)
    start = np.asarray(fitted.solution.x)
    return IncompleteFitter(SingleFitter(analysis, sampling), model, start, order, find_places(analysis, model))
