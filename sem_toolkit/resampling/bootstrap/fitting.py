"""Samples given by their moments, fitted all at once from the estimate on; what that leaves goes to the ladder."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import StackedDiscrepancy
from sem_toolkit.discrepancy.targets import Targets, build_targets
from sem_toolkit.estimation import EstimationOptions
from sem_toolkit.estimation import estimate as find_solution
from sem_toolkit.estimation.batch import Arrival, Search, find_box, minimise_stack
from sem_toolkit.model import Model
from sem_toolkit.model.moments import compute_stacked_moments
from sem_toolkit.resampling.admissibility import are_admissible
from sem_toolkit.sample import Sample, SampleGroup

FloatArray = NDArray[np.float64]
STACKED = ("ML", "ULS", "GLS")
"""Discrepancies that need nothing but the moments of a sample."""

_SEARCH = Search(tolerance=1e-10, damping=0.0)


@dataclass(frozen=True, eq=False)
class Fitted:
    """Estimates of b samples: x (b × q), discrepancy (b), whether there was an optimum (b), and a proper one (b)."""

    x: FloatArray
    discrepancy: FloatArray
    found: NDArray[np.bool_]
    proper: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MomentFitter:
    """Fits a model to samples with other moments.

    model   without anything taken from one sample: exogenous variables have free moments
    sizes   rows of each group; start: the estimate (q), where every search begins; options: those of the fit
    """

    model: Model
    sizes: tuple[int, ...]
    start: FloatArray
    options: EstimationOptions

    @property
    def is_stackable(self) -> bool:
        """Whether all samples can be fitted at once."""
        constraints = self.model.constraints
        return (
            self.options.kind.name in STACKED
            and self.model.derived is None
            and not (constraints.equalities or constraints.inequalities)
            and find_box(self.model) is not None
        )

    def fit(self, covariance: FloatArray, mean: FloatArray, n: FloatArray) -> Fitted:
        """Estimates from covariances with divisor n (b × G × p × p), means (b × G × p) and rows (b × G)."""
        draws = len(covariance)
        x, value = np.full((draws, len(self.start)), np.nan), np.full(draws, np.nan)
        found = np.zeros(draws, dtype=np.bool_)
        if self.is_stackable:
            x, value, found = self._fit_stack(covariance, mean, n)
        for draw in np.flatnonzero(~found):
            self._climb(int(draw), (covariance[draw], mean[draw], n[draw]), (x, value, found))
        return Fitted(x, value, found, found & self._are_proper(x, found))

    def _fit_stack(
        self, covariance: FloatArray, mean: FloatArray, n: FloatArray
    ) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
        kind = self.options.kind
        scaled = covariance * (n / (n - 1.0))[..., None, None] if kind.unbiased else covariance
        targets = self._prototype.with_moments(scaled, mean if self.model.has_means else None)
        discrepancy = kind.build(targets, None)
        assert isinstance(discrepancy, StackedDiscrepancy)  # noqa: S101 (one of STACKED)
        starts = np.broadcast_to(self.start, (len(covariance), len(self.start))).copy()
        arrivals = minimise_stack(self.model, discrepancy, starts, _SEARCH)
        found = arrivals.status == Arrival.MINIMUM
        return arrivals.x.copy(), arrivals.values.copy(), np.asarray(found)

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
        """One sample by the whole ladder."""
        covariance, mean, n = moments
        groups = tuple(
            SampleGroup(label, round(float(n[g])), covariance[g], mean[g] if self.model.has_means else None)
            for g, label in enumerate(self.model.groups)
        )
        sample = Sample(self.model.observed, groups, round(float(n.sum())))
        solution = find_solution(self.model, sample, self.options)
        x, value, found = into
        if solution.certificate.converged:
            x[draw], value[draw], found[draw] = solution.x, solution.discrepancy, True

    def _are_proper(self, x: FloatArray, found: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether variances are at least 0 and the covariance matrices of variables possible (b)."""
        good = np.flatnonzero(found)
        proper = np.zeros(len(x), dtype=np.bool_)
        if not len(good):
            return proper
        moments, _ = compute_stacked_moments(self.model, x[good])
        proper[good] = are_admissible(self.model, x[good], moments)
        return proper
