"""A sample of two levels with slopes and carriers among its variables, which have no columns of their own.

Their moments are guesses, for starting values; so is the point that the likelihood is held against.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.levels.likelihood import LevelMoments, compute_level_likelihood
from sem_toolkit.sample.levels.saturated import SaturatedLevels
from sem_toolkit.sample.levels.slope_clusters import SlopeClusters, SlopePath
from sem_toolkit.sample.sample import Sample
from sem_toolkit.spec.slopes import CARRIER_VARIANCE, Slope, list_slopes
from sem_toolkit.spec.table import ParameterTable

_SHARE = 0.1
"""Guess of the variance of a slope: what it explains, as a share of the outcome's variance within clusters."""


@dataclass(frozen=True, eq=False)
class CarriedLevels(SaturatedLevels):
    """A point to hold the likelihood of random slopes against; plain: the saturated model without random slopes."""

    plain: SaturatedLevels


def carry_sample(sample: Sample, table: ParameterTable, variables: Sequence[str]) -> Sample:
    """The sample of two levels with these variables, the hidden ones of the table (`carry_slopes`) among them."""
    slopes = list_slopes(table)
    given = {(row.group, row.lhs) for row in table.parameters if row.exo and row.op == "~~" and row.lhs == row.rhs}
    groups = []
    for number in range(0, len(sample.groups), 2):
        inner, outer = sample.groups[number : number + 2]
        assert inner.levels is not None  # noqa: S101 (the groups are levels)
        own = [slope for slope in slopes if slope.group == number // 2 + 1]
        fixed = [name for name in variables if (number + 1, name) in given]
        carried = _carry(inner.levels, sample.variables, variables, own, fixed, table)
        at = carried.moments
        clusters = carried.likelihood.clusters
        between = np.where(clusters.between, at.mean, 0.0)
        groups.append(replace(inner, levels=carried, mean=at.mean - between, covariance=at.within))
        groups.append(replace(outer, levels=carried, mean=between, covariance=at.between))
    carriers = tuple(dict.fromkeys(slope.carrier for slope in slopes))
    return replace(sample, variables=tuple(variables), groups=tuple(groups), auxiliary=carriers)


def _carry(
    plain: SaturatedLevels,
    known: Sequence[str],
    variables: Sequence[str],
    slopes: Sequence[Slope],
    fixed: Sequence[str],
    table: ParameterTable,
) -> CarriedLevels:
    place = {name: i for i, name in enumerate(variables)}
    real = np.array([place[name] for name in known])
    clusters = plain.likelihood.clusters
    rows = np.zeros((clusters.n, len(variables)))
    rows[:, real] = clusters.rows
    within, between, given = (np.zeros(len(variables), dtype=np.bool_) for _ in range(3))
    within[real], between[real] = clusters.within, clusters.between
    between[[place[slope.name] for slope in slopes]] = True
    given[[place[name] for name in fixed]] = True
    given &= within & ~between
    paths = tuple(SlopePath(place[own.carrier], place[own.cause], place[own.name]) for own in slopes)
    moments = _guess(plain, real, slopes, place, table)
    whole = SlopeClusters(rows, clusters.cluster, within, between, order=clusters.order, paths=paths, given=given)
    likelihood = compute_level_likelihood(whole, moments)
    if likelihood is None:
        message = "the variables of the model are collinear within clusters or between them"
        raise DataError(Diagnostic("error", "collinear-columns", message))
    return CarriedLevels(likelihood, plain.gradient_max, plain.iterations, plain.converged, plain.definite, plain)


def _guess(
    plain: SaturatedLevels, real: np.ndarray, slopes: Sequence[Slope], place: dict[str, int], table: ParameterTable
) -> LevelMoments:
    p = len(place)
    mean, within, between = np.zeros(p), np.zeros((p, p)), np.zeros((p, p))
    mean[real] = plain.moments.mean
    within[np.ix_(real, real)] = plain.moments.within
    between[np.ix_(real, real)] = plain.moments.between
    marker = {row.lhs: row.rhs for row in reversed(table.parameters) if row.op == "=~"}
    for slope in slopes:
        s, carrier, cause = place[slope.name], place[slope.carrier], place[slope.cause]
        outcome = place[marker.get(slope.outcome, slope.outcome)]
        effect = within[outcome, cause] / within[cause, cause]
        mean[s] = effect
        change = np.eye(p)
        change[outcome, cause] = -effect  # the outcome less what the mean slope does
        within = change @ within @ change.T
        spread = _SHARE * within[outcome, outcome] / within[cause, cause]
        between[s, s] = max(between[s, s], spread)
        within[carrier, carrier] = CARRIER_VARIANCE
        within[outcome, carrier] = within[carrier, outcome] = 1.0
    return LevelMoments(mean, within, between)


def find_plain(levels: SaturatedLevels, variables: Sequence[str]) -> tuple[SaturatedLevels, tuple[str, ...]]:
    """The saturated model of the observed variables, and their names."""
    if not isinstance(levels, CarriedLevels):
        return levels, tuple(variables)
    clusters = levels.likelihood.clusters
    assert isinstance(clusters, SlopeClusters)  # noqa: S101
    hidden = {path.slope for path in clusters.paths} | {path.carrier for path in clusters.paths}
    return levels.plain, tuple(name for i, name in enumerate(variables) if i not in hidden)
