"""Samples given by their moments, fitted all at once from the estimate on; by the ladder where that cannot be done."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy import StackedDiscrepancy
from sem_toolkit.discrepancy.targets import Targets, build_targets
from sem_toolkit.estimation import EstimationOptions
from sem_toolkit.estimation import estimate as find_solution
from sem_toolkit.estimation.arrivals import Arrival, Arrivals
from sem_toolkit.estimation.batch import Search, minimise_stack
from sem_toolkit.estimation.box import find_box
from sem_toolkit.estimation.far import seek_minima
from sem_toolkit.estimation.multistart import Released, release_markers
from sem_toolkit.estimation.nearby import approach_minima
from sem_toolkit.estimation.prediction import Prediction, build_prediction
from sem_toolkit.model import ImpliedMoments, Model, compute_moments
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.moments import compute_stacked_moments
from sem_toolkit.resampling.admissibility import are_admissible
from sem_toolkit.sample import Sample, SampleGroup

FloatArray = NDArray[np.float64]
STACKED = ("ML", "ULS", "GLS")
"""Discrepancies that need nothing but the moments of a sample."""

_WANDERED = 9
"""Newton's steps from which on a search has left where it began, and may have passed a lower optimum."""
_SAME = 1e-9
"""Of discrepancies: more is another optimum."""
_TOGETHER = 500
"""Draws whose matrices stay in the cache."""

SEARCH = Search(tolerance=1e-10, damping=0.0)
_CAREFUL = Search(1e-3, sharp=0.0, damping=0.0, max_iterations=15)
"""By the expected information alone until Newton's steps take over, which lead to one optimum or another."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """Estimates of b samples: x (b × q), discrepancy (b), whether there was an optimum (b), and a proper one (b).

    several  which samples were seen to have another, higher optimum (b); None where nobody looked
    """

    x: FloatArray
    discrepancy: FloatArray
    found: NDArray[np.bool_]
    proper: NDArray[np.bool_]
    several: NDArray[np.bool_] | None = None


def is_stackable(model: Model) -> bool:
    """Whether the parameters are such that all samples can be searched at once."""
    constraints = model.constraints
    hard = constraints.equalities or constraints.inequalities
    return model.derived is None and not hard and find_box(model) is not None


def are_proper(model: Model, x: FloatArray, found: NDArray[np.bool_], largest: float = np.inf) -> NDArray[np.bool_]:
    """Whether variances are at least 0 and the covariance matrices of variables possible (b), where x was found.

    largest  the most that an observed variable may vary
    """
    good = np.flatnonzero(found)
    proper = np.zeros(len(x), dtype=np.bool_)
    for first in range(0, len(good), _TOGETHER):
        own = good[first : first + _TOGETHER]
        if largest == np.inf:
            proper[own] = are_admissible(model, x[own])
            continue
        moments, _ = compute_stacked_moments(model, x[own])
        within = (np.diagonal(moments.covariance, axis1=-2, axis2=-1) <= largest).all(axis=(1, 2))
        proper[own] = are_admissible(model, x[own], moments) & within
    return proper


@dataclass(frozen=True, eq=False)
class MomentFitter:
    """Fits a model to samples with other moments.

    model   without anything taken from one sample: exogenous variables have free moments
    sizes   rows of each group; start: the estimate (q), where every search begins; options: those of the fit
    around  what samples scatter about, with divisor n: covariances (G × p × p) and means (G × p); None where that is
            the model
    """

    model: Model
    sizes: tuple[int, ...]
    start: FloatArray
    options: EstimationOptions
    around: tuple[FloatArray, FloatArray] | None = None

    @property
    def is_stackable(self) -> bool:
        """Whether all samples can be fitted at once."""
        return self.options.kind.name in STACKED and is_stackable(self.model)

    def fit(self, covariance: FloatArray, mean: FloatArray, n: FloatArray) -> Fitted:
        """Estimates from covariances with divisor n (b × G × p × p), means (b × G × p) and rows (b × G)."""
        draws = len(covariance)
        x, value = np.full((draws, len(self.start)), np.nan), np.full(draws, np.nan)
        found, several = np.zeros(draws, dtype=np.bool_), None
        if self.is_stackable:
            x, value, found, several = self.fit_stack(covariance, mean, n)
        else:
            for draw in range(draws):
                self._climb(draw, (covariance[draw], mean[draw], n[draw]), (x, value, found))
        return Fitted(x, value, found, found & are_proper(self.model, x, found), several)

    def fit_stack(
        self, covariance: FloatArray, mean: FloatArray | None, n: FloatArray
    ) -> tuple[FloatArray, FloatArray, NDArray[np.bool_], NDArray[np.bool_]]:
        """Estimates (b × q), discrepancies (b), whether there is a minimum (b), and whether two were met, of which this
        is the lower one (b); of all samples at once and no other.

        mean  b × G × p, not looked at where the model has no means, as in `fit`
        """
        kind = self.options.kind
        scaled = covariance * (n / (n - 1.0))[..., None, None] if kind.unbiased else covariance
        own_mean = mean if self.model.has_means else None
        near = self._approach(scaled, own_mean)
        x, value, found = near.x, near.values, np.asarray(near.status == Arrival.MINIMUM)
        several = np.zeros(len(x), dtype=np.bool_)
        doubtful = np.flatnonzero(~found | (near.iterations >= _WANDERED))
        if len(doubtful):
            many = self._build(scaled[doubtful], None if own_mean is None else own_mean[doubtful])
            begin = minimise_stack(self.model, many, np.tile(self.start, (len(doubtful), 1)), _CAREFUL).x
            again = approach_minima(self.model, many, begin, SEARCH.tolerance)
            arrived, before = np.asarray(again.status == Arrival.MINIMUM), found[doubtful]
            change = np.where(arrived & before, again.values, 0.0) - np.where(arrived & before, value[doubtful], 0.0)
            several[doubtful] = np.abs(change) > _SAME
            lower = arrived & (~before | (change < -_SAME))
            chosen = doubtful[lower]
            x[chosen], value[chosen], found[chosen] = again.x[lower], again.values[lower], True
        lost = np.flatnonzero(~found)
        if len(lost):
            far = self._seek(scaled[lost], None if own_mean is None else own_mean[lost])
            kept = np.flatnonzero(far.status == Arrival.MINIMUM)
            chosen = lost[kept]
            x[chosen], value[chosen], found[chosen] = far.x[kept], far.values[kept], True
        return x, value, found, several

    def _seek(self, covariance: FloatArray, mean: FloatArray | None) -> Arrivals:
        """Far from the estimate, for samples that have no minimum near it."""
        near = self._prototype.with_moments(self._moments.covariance, self._moments.mean)
        own = self._prototype.with_moments(covariance, mean)
        return seek_minima(self.model, self.options.kind, own, self.start, near, self.options.seed, self._released)

    @cached_property
    def _released(self) -> Released | None:
        return release_markers(self.model)

    def _approach(self, covariance: FloatArray, mean: FloatArray | None) -> Arrivals:
        """From where the fit foretells the estimates, by Newton's steps."""
        p, changes = self.model.n_observed, []
        row, column = vech_indices(p)
        for group, there in enumerate(self._moments.covariance):
            change = covariance[:, group].reshape(-1, p * p).take(row * p + column, axis=1) - there[row, column]
            if mean is not None and self._moments.mean is not None:
                change = np.concatenate([mean[:, group] - self._moments.mean[group], change], axis=1)
            changes.append(change)
        discrepancy = self._build(covariance, mean)
        starts, foretold = self._prediction.predict(tuple(changes), discrepancy)
        return approach_minima(self.model, discrepancy, starts, SEARCH.tolerance, foretold)

    def _build(self, covariance: FloatArray, mean: FloatArray | None) -> StackedDiscrepancy:
        found = self.options.kind.build(self._prototype.with_moments(covariance, mean), None)
        assert isinstance(found, StackedDiscrepancy)  # noqa: S101 (one of STACKED)
        return found

    @cached_property
    def _moments(self) -> ImpliedMoments:
        return compute_moments(self.model, self.start)

    @cached_property
    def _prediction(self) -> Prediction:
        at, kind = self._moments, self.options.kind
        near = self._prototype.with_moments(at.covariance, at.mean)
        if self.around is not None:
            covariance, mean = self.around
            factors = near.n / (near.n - 1.0) if kind.unbiased else np.ones(len(near.n))
            near = near.with_moments(covariance * factors[:, None, None], mean if self.model.has_means else None)
        return build_prediction(self.model, kind, self.start, at, near)

    @cached_property
    def _prototype(self) -> Targets:
        p = self.model.n_observed
        pairs = zip(self.model.groups, self.sizes, strict=True)
        groups = tuple(SampleGroup(label, size, np.eye(p), np.zeros(p)) for label, size in pairs)
        return build_targets(self.model, Sample(self.model.observed, groups, sum(self.sizes)), unbiased=False)

    def _climb(
        self,
        draw: int,
        moments: tuple[FloatArray, FloatArray, FloatArray],
        into: tuple[FloatArray, FloatArray, NDArray[np.bool_]],
    ) -> None:
        """One sample by the whole ladder, from its one start, as the others are."""
        covariance, mean, n = moments
        groups = tuple(
            SampleGroup(label, round(float(n[g])), covariance[g], mean[g] if self.model.has_means else None)
            for g, label in enumerate(self.model.groups)
        )
        sample = Sample(self.model.observed, groups, round(float(n.sum())))
        solution = find_solution(self.model, sample, replace(self.options, multistart=0))
        x, value, found = into
        if solution.certificate.converged:
            x[draw], value[draw], found[draw] = solution.x, solution.discrepancy, True
