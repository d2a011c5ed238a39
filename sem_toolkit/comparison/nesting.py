"""Whether one model is nested in another: its implied moments, taken as data, must be fitted exactly by the other.

One sample may lie where two models happen to meet. The check is therefore made at the estimates and at random points
near them: a model is nested where each of these is reproduced, or the one that lies opposite (a factor with variance 1
reproduces covariances of one sign only, and where one is small a point near the estimates may have the other sign).
Source: Bentler & Satorra (2010), Psychological Methods 15, 111-123 (NET).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sem_toolkit.estimation import EstimationOptions, Solution, estimate
from sem_toolkit.inference import compute_parameter_covariance, evaluate_solution
from sem_toolkit.model import ImpliedMoments, compute_moments
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.sample import Sample
from sem_toolkit.sample.categorical.answers import place_statistics
from sem_toolkit.sample.levels import LevelMoments
from sem_toolkit.sample.levels.population import build_expected_levels
from sem_toolkit.sample.moments import FloatArray

Relation = Literal["nested", "equivalent", "not nested", ""]

_EXACT = 1e-7
"""Discrepancy (of correlations, half a χ² a row) below which a fit counts as exact."""
_POINTS = 2
"""Random points beside the estimates."""
_SPREAD = 0.05
"""Their distance, in standard errors of a single row; so it does not hang on the units or on n."""
_QUICK = EstimationOptions(engine="native", multistart=0)
_CANNOT = "the larger model cannot reproduce the moments that the smaller one implies"


@dataclass(frozen=True)
class Nesting:
    """Result of the check: `discrepancy` is the most that the larger model leaves of the smaller one's moments."""

    nested: bool
    discrepancy: float
    reason: str = ""


@dataclass(frozen=True)
class PairRelation:
    """How two models relate: the smaller "nested" in the larger, "equivalent", or "not nested", and why."""

    relation: Relation
    reason: str = ""


def compare_fits(larger: Solution, smaller: Solution) -> PairRelation:
    """NET in both directions.

    A model cannot imply all that a model with more free parameters implies, so that with different degrees of freedom
    only one direction is open.
    """
    larger, smaller = larger.searched, smaller.searched
    forward = check_nesting(larger, smaller)
    if np.isnan(forward.discrepancy):
        return PairRelation("", forward.reason)
    degrees = evaluate_solution(larger).df, evaluate_solution(smaller).df
    if degrees[0] != degrees[1]:
        return PairRelation("nested") if forward.nested else PairRelation("not nested", forward.reason)
    if forward.nested and check_nesting(smaller, larger).nested:
        return PairRelation(
            "equivalent", "equivalent: each reproduces all that the other implies; no data tell them apart"
        )
    return PairRelation("not nested", "the same degrees of freedom, and one cannot reproduce what the other implies")


def check_nesting(larger: Solution, smaller: Solution, seed: int = 2010) -> Nesting:
    """Fit the larger model to the moments that the smaller one implies at its estimate and at points near it."""
    larger, smaller = larger.searched, smaller.searched
    if larger.model.observed != smaller.model.observed and set(larger.model.observed) != set(smaller.model.observed):
        only = sorted(set(larger.model.observed) ^ set(smaller.model.observed))
        return Nesting(False, float("nan"), f"the models are about different variables ({', '.join(only)})")
    if larger.model.has_means != smaller.model.has_means and smaller.model.has_means:
        return Nesting(False, float("nan"), "one of the models has a mean structure, the other has none")
    if not (larger.options.kind.has_saturated and smaller.options.kind.has_saturated):
        return Nesting(False, float("nan"), "nesting is not checked with random slopes")
    discrepancy = 0.0
    for moments in _draw_moments(smaller, np.random.default_rng(seed)):
        left = _fit_moments(larger, _build_sample(larger, smaller, moments[0]))
        for opposite in moments[1:] if left > _EXACT else ():
            left = min(left, _fit_moments(larger, _build_sample(larger, smaller, opposite)))
        discrepancy = max(discrepancy, left)
        if discrepancy > _EXACT:
            return Nesting(False, discrepancy, _CANNOT)
    return Nesting(True, discrepancy)


def _fit_moments(larger: Solution, sample: Sample) -> float:
    """The least discrepancy that is found. Scattered starts are for what the first search has not fitted exactly."""
    quick, thorough = _QUICK, EstimationOptions(engine="native")
    if larger.model.responses is not None:
        quick, thorough = (replace(options, estimator="ULS", categorical=True) for options in (quick, thorough))
    found = estimate(larger.model, sample, quick)
    if not found.discrepancy <= _EXACT:
        found = estimate(larger.model, sample, thorough)
    return float(found.discrepancy)


def _draw_moments(solution: Solution, rng: np.random.Generator) -> Iterator[list[ImpliedMoments]]:
    """Implied moments at the estimate, then at random points near it, each with the point opposite.

    Points that do not imply proper covariances are brought nearer or left out.
    """
    yield [compute_moments(solution.model, solution.x)]
    covariance = compute_parameter_covariance(solution) * solution.sample.n
    if not np.isfinite(covariance).all():
        return
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    for _ in range(_POINTS):
        step = _SPREAD * (root @ rng.standard_normal(len(values)))
        found = [moments for moments in (_step_away(solution, step), _step_away(solution, -step)) if moments]
        if found:
            yield found


def _step_away(solution: Solution, step: FloatArray) -> ImpliedMoments | None:
    """Implied moments as far from the estimate as is proper."""
    for _ in range(6):
        moments = compute_moments(solution.model, _restore_equalities(solution, solution.x + step))
        if np.linalg.eigvalsh(moments.covariance).min() > 0.0:
            return moments
        step = 0.5 * step
    return None


def _restore_equalities(solution: Solution, x: FloatArray) -> FloatArray:
    """The point (q) with its non-linear equalities, if any, made to hold again by Newton steps."""
    constraints = solution.model.constraints
    if not constraints.equalities:
        return x
    basis = constraints.linear.basis
    for _ in range(20):
        values, slopes = constraints.equality_values(x)
        if np.abs(values).max() < 1e-13:
            break
        x = x - basis @ (np.linalg.pinv(slopes @ basis) @ values)
    return x


def _build_sample(larger: Solution, smaller: Solution, moments: ImpliedMoments) -> Sample:
    """Implied moments of the smaller model as a complete sample, in the order of the larger model's variables."""
    order = [smaller.model.observed.index(name) for name in larger.model.observed]
    groups = []
    layout = smaller.model.layout
    if isinstance(layout, CategoricalLayout):
        target = larger.model.layout
        assert isinstance(target, CategoricalLayout)  # noqa: S101 (both are of the same variables)
        place = {name: number for number, name in enumerate(smaller.model.observed[at] for at in layout.variables)}
        turned = np.array([place[larger.model.observed[at]] for at in target.variables])
        for own, given, values in zip(larger.sample.groups, smaller.sample.groups, layout.stack(moments), strict=True):
            assert given.categorical is not None  # noqa: S101 (the layout is one of ordered variables)
            statistics = given.categorical.with_values(values).pick(turned)
            groups.append(place_statistics(own, statistics, target.variables.tolist(), target.covariates.tolist()))
        return replace(larger.sample, groups=tuple(groups), messages=())
    if larger.sample.has_levels:
        return _build_level_sample(larger, moments, order)
    for g, group in enumerate(larger.sample.groups):
        mean = group.mean if moments.mean is None else moments.mean[g][order]
        covariance = np.ascontiguousarray(moments.covariance[g][np.ix_(order, order)])
        groups.append(replace(group, covariance=covariance, mean=mean, data=None, saturated=None))
    return replace(larger.sample, groups=tuple(groups), messages=(), missing="listwise")


def _build_level_sample(larger: Solution, moments: ImpliedMoments, order: list[int]) -> Sample:
    """The same of two levels: clusters of the same sizes that show these moments."""
    assert moments.mean is not None  # noqa: S101 (levels have means)
    groups, covariance, means = [], moments.covariance[:, order][:, :, order], moments.mean[:, order]
    for g, group in enumerate(larger.sample.groups):
        inner, outer = g - g % 2, g - g % 2 + 1
        own = LevelMoments(means[inner] + means[outer], covariance[inner], covariance[outer])
        assert group.levels is not None  # noqa: S101
        levels = build_expected_levels(group.levels.likelihood.clusters, own)
        groups.append(replace(group, covariance=covariance[g], mean=means[g], levels=levels))
    return replace(larger.sample, groups=tuple(groups), messages=(), missing="listwise")
