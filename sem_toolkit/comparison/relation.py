"""How two models relate before any data: nested, equivalent or neither, by fitting each to populations of the other.

Source: Bentler & Satorra (2010), Psychological Methods 15, 111-123 (NET), at random populations instead of one sample.
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from sem_toolkit.diagnostics import SemError
from sem_toolkit.estimation import EstimationOptions, estimate, fill_exogenous_moments
from sem_toolkit.model import ImpliedMoments, Model, build_model, compute_moments, draw_population
from sem_toolkit.sample import Sample, SampleGroup
from sem_toolkit.sample.levels import LevelMoments, build_clusters
from sem_toolkit.sample.levels.population import build_expected_levels
from sem_toolkit.spec import ParameterTable

Relation = Literal["equivalent", "A is nested in B", "B is nested in A", "not nested", "about different variables"]

_POINTS = 3
_EXACT = 1e-8
"""Discrepancy (half a χ² a row) below which the moments of a population count as reproduced."""
_N = 1000


def compute_relation(a: ParameterTable, b: ParameterTable, seed: int = 611) -> Relation:
    """Whether every population of one model is a population of the other.

    The answer holds at random populations, as identification does, whose effects and covariances are positive: with
    signs at random a factor of variance 1 behind three others would reproduce only those in which the product of their
    three covariances is positive, and the answer would hang on the draw and on how the factor gets its scale.
    Raises ModelError for tables that are no models.
    """
    observed = [set(build_model(table).observed) for table in (a, b)]
    if observed[0] != observed[1] or len(a.groups) != len(b.groups):
        return "about different variables"
    a_in_b, b_in_a = _is_nested(a, b, seed), _is_nested(b, a, seed)
    if a_in_b and b_in_a:
        return "equivalent"
    if a_in_b or b_in_a:
        return "A is nested in B" if a_in_b else "B is nested in A"
    return "not nested"


def _is_nested(restricted: ParameterTable, general: ParameterTable, seed: int) -> bool:
    rng = np.random.default_rng(seed)
    return all(_reproduces(general, _draw_sample(restricted, general, rng)) for _ in range(_POINTS))


def _draw_sample(table: ParameterTable, other: ParameterTable, rng: np.random.Generator) -> Sample:
    """A population of the first table's model as a sample in the order of the other's variables."""
    model, x = draw_population(build_model(table), rng, positive=True)
    moments = compute_moments(model, x)
    variables = build_model(other).observed
    order = [model.observed.index(name) for name in variables]
    if model.presence is not None:
        return _draw_levels(model, moments, variables, order)
    groups = tuple(
        SampleGroup(
            label,
            _N,
            np.ascontiguousarray(moments.covariance[g][np.ix_(order, order)]),
            np.zeros(len(order)) if moments.mean is None else moments.mean[g][order],
        )
        for g, label in enumerate(other.groups)
    )
    return Sample(variables, groups, _N * len(groups))


def _draw_levels(model: Model, moments: ImpliedMoments, variables: tuple[str, ...], order: list[int]) -> Sample:
    """The same of two levels, in clusters of two to five rows."""
    assert model.presence is not None  # noqa: S101
    presence, covariance = model.presence[:, order], moments.covariance[:, order][:, :, order]
    means = np.zeros(presence.shape) if moments.mean is None else moments.mean[:, order]
    cluster = np.repeat(np.arange(_N // 4), np.arange(_N // 4) % 4 + 2)
    groups = []
    for g, label in enumerate(model.groups):
        inner, outer = g - g % 2, g - g % 2 + 1
        rows = np.zeros((len(cluster), len(order)))
        clusters = build_clusters(rows, cluster, presence[inner], presence[outer])
        own = LevelMoments(means[inner] + means[outer], covariance[inner], covariance[outer])
        levels = build_expected_levels(clusters, own)
        groups.append(SampleGroup(label, _N, covariance[g], means[g], levels=levels, is_between=g % 2 == 1))
    return Sample(variables, tuple(groups), _N * len(groups))


def _reproduces(table: ParameterTable, sample: Sample) -> bool:
    try:
        model = build_model(fill_exogenous_moments(table, sample))
        options = EstimationOptions(engine="native", has_levels=sample.has_levels)
        # scattered starts are for what the first search has not fitted exactly
        return any(
            estimate(model, sample, replace(options, multistart=starts)).discrepancy <= _EXACT
            for starts in (0, options.multistart)
        )
    except SemError:
        return False
