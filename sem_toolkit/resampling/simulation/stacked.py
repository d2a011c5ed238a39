"""Samples of complete numeric rows fitted all at once by maximum likelihood, from their moments alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy import MaximumLikelihood, Status
from sem_toolkit.discrepancy.stack import pick_evaluations
from sem_toolkit.discrepancy.targets import Targets, build_targets
from sem_toolkit.estimation import EstimationOptions
from sem_toolkit.estimation.box import find_box
from sem_toolkit.estimation.minimand import evaluate_stack
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.model import ImpliedMoments, Model
from sem_toolkit.model.moments import compute_stacked_moments
from sem_toolkit.resampling.admissibility import are_above, are_admissible
from sem_toolkit.resampling.bootstrap.fitting import MomentFitter
from sem_toolkit.resampling.measures import compute_stacked_measures
from sem_toolkit.resampling.simulation.analyses import Analysis, find_places
from sem_toolkit.resampling.simulation.definitions import compute_definitions
from sem_toolkit.resampling.simulation.outcomes import Outcomes, Verdict, build_empty_outcomes
from sem_toolkit.resampling.simulation.population_fit import fit_population
from sem_toolkit.resampling.simulation.sampling import Sampling
from sem_toolkit.sample import Sample, SampleGroup

FloatArray = NDArray[np.float64]

_SINGULAR = 1e-10


@dataclass(frozen=True, eq=False)
class StackedFitter:
    """A model of samples whose moments are all that is needed of them.

    model   with free exogenous moments: their estimates are the sample's, and the others do not depend on them
    start   where every search begins (q): the true values
    order   places of the model's observed variables in the population
    places  position in [x, definitions] of each quantity (k)
    """

    analysis: Analysis
    sampling: Sampling
    model: Model
    start: FloatArray
    order: NDArray[np.intp]
    places: NDArray[np.intp]

    def fit(self, samples: Sequence[FloatArray]) -> Outcomes:
        covariance, mean = self._compute_moments(samples)
        return self.fit_moments(covariance, mean if self.model.has_means else None)

    def _compute_moments(self, samples: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Covariances with divisor n (b × G × p × p) and means (b × G × p), variables in the model's order."""
        covariances, means = [], []
        for rows in samples:
            own = rows[..., self.order]
            mean = own.mean(axis=1)
            centred = own - mean[:, None, :]
            covariances.append(centred.swapaxes(-1, -2) @ centred / own.shape[1])
            means.append(mean)
        return np.stack(covariances, axis=1), np.stack(means, axis=1)

    def fit_moments(self, covariance: FloatArray, mean: FloatArray | None) -> Outcomes:
        """Outcomes of samples with these moments; those with singular covariances cannot be analysed."""
        deviations = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
        correlations = covariance / (deviations[..., :, None] * deviations[..., None, :])
        sound = np.flatnonzero(are_above(correlations, _SINGULAR).all(axis=1))
        if len(sound) == len(covariance):
            return self._fit_sound(covariance, mean)
        found = build_empty_outcomes(len(covariance), len(self.places))
        if len(sound):
            found.put(sound, self._fit_sound(covariance[sound], None if mean is None else mean[sound]))
        return found

    def _fit_sound(self, covariance: FloatArray, mean: FloatArray | None) -> Outcomes:
        found = build_empty_outcomes(len(covariance), len(self.places))
        targets = self._prototype.with_moments(covariance, mean)
        discrepancy = MaximumLikelihood(targets)
        n = np.tile(np.array(self.sampling.sizes, dtype=np.float64), (len(covariance), 1))
        x, _, arrived, _ = self._search.fit_stack(covariance, mean, n)
        verdict = found.verdict
        verdict[:] = np.where(arrived, Verdict.PROPER, Verdict.NO_OPTIMUM)
        self._fill(found, x, discrepancy, covariance, mean)
        return found

    @cached_property
    def _search(self) -> MomentFitter:
        return MomentFitter(self.model, tuple(self.sampling.sizes), self.start, EstimationOptions(engine="native"))

    @cached_property
    def _prototype(self) -> Targets:
        groups = tuple(
            SampleGroup(label, size, np.eye(len(self.order)), np.zeros(len(self.order)))
            for label, size in zip(self.model.groups, self.sampling.sizes, strict=True)
        )
        sample = Sample(self.model.observed, groups, self.sampling.n)
        return build_targets(self.model, sample, unbiased=False)

    def _fill(
        self,
        found: Outcomes,
        x: FloatArray,
        discrepancy: MaximumLikelihood,
        covariance: FloatArray,
        mean: FloatArray | None,
    ) -> None:
        """Standard errors, measures and verdicts at the optima x (b × q)."""
        good = np.flatnonzero(found.verdict == Verdict.PROPER)
        if not len(good):
            return
        linear, n = self.model.constraints.linear, float(self.sampling.n)
        points = x[good]
        at = evaluate_stack(self.model, discrepancy, points[:, linear.kept], good)
        sound = np.flatnonzero(at.status == int(Status.OK))
        if len(sound) < len(good):  # the others are so far away that rounding is all there is
            found.verdict[good] = Verdict.NO_OPTIMUM
            good, points, at = good[sound], points[sound], pick_evaluations(at, sound)
            found.verdict[good] = Verdict.PROPER
        spread = linear.basis @ _invert(at.informations) @ linear.basis.T / n
        values, errors = compute_definitions(self.model, points, spread)
        found.est[good], found.se[good] = values[:, self.places], errors[:, self.places]
        moments, _ = compute_stacked_moments(self.model, points)
        found.verdict[good[~are_admissible(self.model, points, moments)]] = Verdict.IMPROPER
        self._measure(found, good, 2.0 * n * at.values, moments, covariance[good], None if mean is None else mean[good])

    def _measure(
        self,
        found: Outcomes,
        good: NDArray[np.intp],
        chisq: FloatArray,
        moments: ImpliedMoments,
        covariance: FloatArray,
        mean: FloatArray | None,
    ) -> None:
        df, rows = self.analysis.df, (float(self.sampling.n), self._prototype.share)
        chisq = np.maximum(chisq, 0.0)
        implied = moments.covariance, moments.mean
        measures = {"chisq": chisq, "pvalue": np.array([compute_chisq_pvalue(value, df) for value in chisq])}
        measures |= compute_stacked_measures(self.model, chisq, df, rows, (covariance, mean), implied)
        for name, values in measures.items():
            found.measures[name][good] = values


def build_stacked_fitter(analysis: Analysis, sampling: Sampling, shares: Sequence[int] = ()) -> StackedFitter | None:
    """A fitter of the analysis; None where something other than moments is asked for."""
    options = analysis.chosen
    inference, estimation = options.inference, options.estimation
    plain = (
        sampling.is_plain
        and estimation.kind.name == "ML"
        and not estimation.kind.unbiased
        and (inference.se, inference.test, inference.information) == ("standard", "standard", "expected")
        and not inference.more_tests
        and options.missing in (None, "listwise")
    )
    if not plain:
        return None
    free = {**analysis.options, "fixed_x": False}
    fitted = fit_population(analysis.spec, sampling.population, shares, **free).fit
    model = fitted.solution.model
    constraints = model.constraints
    curved = constraints.equalities or constraints.inequalities or constraints.surface is not None
    if model.derived is not None or curved or find_box(model) is None:
        return None
    places = find_places(analysis, model)
    order = np.array([sampling.population.variables.index(name) for name in model.observed], dtype=np.intp)
    return StackedFitter(analysis, sampling, model, np.asarray(fitted.solution.x), order, places)


def _invert(informations: FloatArray) -> FloatArray:
    """Inverses (b × r × r), scaled on the way; NaN where an information is not positive definite."""
    diagonal = np.diagonal(informations, axis1=-2, axis2=-1)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    outer = scale[:, :, None] * scale[:, None, :]
    scaled = informations * outer
    sound = (diagonal > 0.0).all(axis=1) & are_above(scaled, _SINGULAR)
    identity = np.eye(informations.shape[-1])
    inverse = np.linalg.inv(np.where(sound[:, None, None], scaled, identity)) * outer
    return np.where(sound[:, None, None], inverse, np.nan)
