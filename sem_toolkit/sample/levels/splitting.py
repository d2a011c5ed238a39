"""A sample of rows in clusters as one of levels: two groups in the place of each, within its clusters and between."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import describe_group
from sem_toolkit.sample.design import PLAIN
from sem_toolkit.sample.levels.clusters import Clusters, build_clusters
from sem_toolkit.sample.levels.saturated import SaturatedLevels, compute_saturated_levels
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.sample import Sample, SampleGroup
from sem_toolkit.spec.table import ParameterTable

if TYPE_CHECKING:
    import pandas as pd

_VARIES = 1e-10
"""Variance within clusters, as a share of the whole, below which a variable is the same for all rows of a cluster."""
_SMALL = 0.005
"""The same between clusters, below which a variable hardly varies there."""


def split_levels(sample: Sample, table: ParameterTable, labels: "pd.Series") -> Sample:
    """The sample with every level of a group as a group of its own.

    sample  rows with their clusters (`Design`)
    table   in which the levels are groups (`separate_levels`): which variables occur where
    labels  of the clusters, by row of the data

    Raises DataError for a variable at the upper level that varies within a cluster, for one at the lower level that
    does not, and for clusters of one row each.
    """
    groups: list[SampleGroup] = []
    messages = list(sample.messages)
    for number, group in enumerate(sample.groups):
        inner, outer = (_list_present(table, 2 * number + level, sample.variables) for level in (1, 2))
        assert group.data is not None  # noqa: S101 (rows have been read)
        assert group.places is not None  # noqa: S101
        assert group.design.clusters is not None  # noqa: S101
        clusters = build_clusters(group.data, group.design.clusters, inner, outer)
        names = labels.to_numpy()[group.places[np.argsort(group.design.clusters, kind="stable")]]
        where = describe_group(group.label)
        faults = [
            *_check_sizes(clusters, str(labels.name), where),
            *_check_places(clusters, sample.variables, names, where),
        ]
        if faults:
            raise DataError(faults)
        saturated = compute_saturated_levels(clusters)
        messages += _describe_saturated(saturated, sample.variables, where)
        groups += _split(group, saturated, table, number)
    return replace(sample, groups=tuple(groups), messages=tuple(messages))


def compute_intraclass_correlations(saturated: SaturatedLevels) -> FloatArray:
    """Share of the variance that lies between clusters, by the saturated model (p): 0 for variables that are not
    modelled there, NaN for those that do not vary within clusters.
    """
    clusters = saturated.likelihood.clusters
    within, between = np.diagonal(saturated.moments.within), np.diagonal(saturated.moments.between)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(clusters.within, between / (within + between), np.nan)


def _list_present(table: ParameterTable, group: int, variables: tuple[str, ...]) -> NDArray[np.bool_]:
    there = {name for row in table.parameters if row.group == group for name in (row.lhs, row.rhs)}
    return np.isin(variables, list(there))


def _split(group: SampleGroup, saturated: SaturatedLevels, table: ParameterTable, number: int) -> list[SampleGroup]:
    clusters, moments = saturated.likelihood.clusters, saturated.moments
    labels = table.groups[2 * number : 2 * number + 2]
    inner, outer = clusters.within & ~clusters.between, clusters.between
    own = replace(group, design=PLAIN, data=None, saturated=None, levels=saturated)
    return [
        replace(own, label=labels[0], mean=np.where(inner, moments.mean, 0.0), covariance=moments.within),
        replace(
            own,
            label=labels[1],
            n=clusters.count,
            mean=np.where(outer, moments.mean, 0.0),
            covariance=moments.between,
            places=None,
            is_between=True,
        ),
    ]


def _check_sizes(clusters: Clusters, name: str, where: str) -> list[Diagnostic]:
    if clusters.n > clusters.count:
        return []
    message = f"every cluster of {name!r} has one row only{where}: nothing is seen of what varies within clusters"
    hint = "is it the column of the clusters, or that of the rows? Without clusters take the level: blocks out"
    return [Diagnostic("error", "clusters-of-one", message, hint=hint)]


def _name_cluster(value: object) -> str:
    """A cluster as people number it: a column of whole numbers with an empty cell is one of fractions."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _check_places(
    clusters: Clusters, variables: tuple[str, ...], names: NDArray[np.object_], where: str
) -> list[Diagnostic]:
    """Variables at the wrong level, with the first cluster that shows it."""
    faults = []
    means = np.empty((clusters.count, len(variables)))
    for j, name in enumerate(variables):
        column = clusters.rows[:, j]
        there = ~np.isnan(column)
        sums = np.bincount(clusters.cluster, np.where(there, column, 0.0), clusters.count)
        counts = np.bincount(clusters.cluster, there, clusters.count)
        means[:, j] = sums / np.maximum(counts, 1)
        gap = np.where(there, column - means[clusters.cluster, j], 0.0)
        varies = gap**2 > _VARIES * max(float(np.nanvar(column)), 1e-300)
        partial = ~there & (counts[clusters.cluster] > 0)
        if not clusters.within[j] and varies.any():
            own = _name_cluster(names[int(np.argmax(varies))])
            message = f"{name!r} is at the level between clusters, but its values differ within cluster {own}{where}"
            hint = "name it at the level within clusters too, or take the cluster's mean of it"
            faults.append(Diagnostic("error", "varies-within-cluster", message, hint=hint))
        elif not clusters.within[j] and partial.any():
            own = _name_cluster(names[int(np.argmax(partial))])
            message = f"{name!r} is at the level between clusters, but some rows of cluster {own} lack it{where}"
            faults.append(Diagnostic("error", "varies-within-cluster", message, hint="give it one value a cluster"))
        elif clusters.within[j] and not varies.any():
            message = f"{name!r} is at the level within clusters, but does not vary within any cluster{where}"
            hint = "name it at the level between clusters only"
            faults.append(Diagnostic("error", "constant-within-clusters", message, hint=hint))
    return faults


def _describe_saturated(saturated: SaturatedLevels, variables: tuple[str, ...], where: str) -> list[Diagnostic]:
    """Warnings where the saturated model has no certified optimum, or one at the edge."""
    if saturated.converged and saturated.definite:
        return []
    if not saturated.converged:
        message = f"the saturated model of two levels{where} has no certain optimum: "
        message += f"its gradient is {saturated.gradient_max:.3g}"
        hint = "χ² and all that is made of it are not to be relied on; are there enough clusters for the variables?"
        return [Diagnostic("warning", "saturated-not-converged", message, hint=hint)]
    variance = np.diagonal(saturated.moments.between)
    whole = np.diagonal(saturated.moments.within) + variance
    between = saturated.likelihood.clusters.between
    small = [variables[j] for j in np.flatnonzero(between & (variance < _SMALL * whole))]
    message = f"the covariance matrix between clusters{where} is singular where the likelihood is highest"
    message += f": {', '.join(small)} hardly vary between them" if small else ""
    hint = "χ² is held against that edge and may be too small; name such variables at the level within clusters only"
    return [Diagnostic("warning", "saturated-at-edge", message, hint=hint)]
