"""The discrepancy of two levels by the parameters: its derivatives, its zero, its domain."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.discrepancy import TWO_LEVELS, TwoLevelEvaluation
from sem_toolkit.discrepancy.targets import build_targets
from sem_toolkit.estimation import EstimationOptions, estimate
from sem_toolkit.fit import prepare
from sem_toolkit.model import build_model, compute_moments
from sem_toolkit.sample.levels import LevelMoments
from sem_toolkit.sample.levels.population import build_expected_levels
from sem_toolkit.spec import parse_spec

SPEC = "level: 1\nf =~ y1 + a*y2 + y3\nf ~ x\nlevel: 2\ng =~ y1 + a*y2 + y3\ng ~ w"


@pytest.fixture(scope="module", params=["listwise", "ml"])
def prepared(request):
    rng = np.random.default_rng(8)
    cluster = np.repeat(np.arange(40), rng.integers(2, 7, 40))
    x, w = rng.normal(2.0, 1.0, len(cluster)), rng.normal(size=40)
    f = 0.5 * x + rng.normal(size=len(cluster))
    between = (0.4 * w + rng.normal(size=40))[:, None] + rng.normal(size=(40, 3))
    rows = between[cluster] + f[:, None] + rng.normal(size=(len(cluster), 3))
    frame = pd.DataFrame(rows, columns=["y1", "y2", "y3"]).assign(x=x, w=w[cluster], cluster=cluster)
    frame.loc[rng.random(len(frame)) < 0.2, "y2"] = np.nan
    return prepare(parse_spec(SPEC), frame, cluster="cluster", missing=request.param)


def evaluate(prepared, x) -> TwoLevelEvaluation:
    discrepancy = TWO_LEVELS.build(build_targets(prepared.model, prepared.sample, unbiased=False), None)
    found = discrepancy.evaluate(compute_moments(prepared.model, x))
    assert isinstance(found, TwoLevelEvaluation)
    return found


def test_gradient_and_hessian_are_derivatives(prepared):
    x = estimate(prepared.model, prepared.sample, EstimationOptions(has_levels=True)).x + 0.05
    here, step = evaluate(prepared, x), 1e-5
    slopes, bends = [], []
    for place in range(len(x)):
        ahead, behind = (evaluate(prepared, x + sign * step * np.eye(len(x))[place]) for sign in (1.0, -1.0))
        slopes.append((ahead.value - behind.value) / (2.0 * step))
        sides = [side.gradient(prepared.model, x + sign * step * np.eye(len(x))[place])
                 for side, sign in ((ahead, 1.0), (behind, -1.0))]  # fmt: skip
        bends.append((sides[0] - sides[1]) / (2.0 * step))
    np.testing.assert_allclose(here.gradient(prepared.model, x), slopes, atol=1e-8)
    np.testing.assert_allclose(here.hessian(prepared.model, x), bends, atol=1e-6)
    scores = sum(own.sum(axis=0) for own in here.cluster_scores(prepared.model, x))
    np.testing.assert_allclose(-scores / prepared.sample.n, slopes, atol=1e-8)


def test_it_is_not_below_zero(prepared):
    """The saturated model is the maximum over all moments, so that no model lies above it."""
    point = estimate(prepared.model, prepared.sample, EstimationOptions(has_levels=True))
    assert point.certificate.verdict == "converged"
    assert point.discrepancy > 0.0
    assert prepared.sample.groups[0].levels.converged


def test_a_population_is_reproduced(prepared):
    """Estimates are the parameters of the population where clusters show exactly its moments."""
    model = prepared.model
    x = estimate(model, prepared.sample, EstimationOptions(has_levels=True)).x
    moments = compute_moments(model, x)
    inner = prepared.sample.groups[0].levels.likelihood.clusters
    at = LevelMoments(moments.mean[0] + moments.mean[1], *moments.covariance)
    levels = build_expected_levels(inner, at)
    assert levels is not None
    groups = tuple(
        replace(group, covariance=moments.covariance[g], mean=moments.mean[g], levels=levels)
        for g, group in enumerate(prepared.sample.groups)
    )
    found = estimate(model, replace(prepared.sample, groups=groups), EstimationOptions(has_levels=True))
    assert abs(found.discrepancy) < 1e-12
    np.testing.assert_allclose(found.x, x, atol=1e-6)


def test_there_is_none_without_means(prepared):
    table = prepared.estimated_table
    bare = type(table)(
        tuple(row for row in table.rows if row.op != "~1"), table.groups, levels=table.levels, separated=True
    )
    discrepancy = TWO_LEVELS.build(build_targets(prepared.model, prepared.sample, unbiased=False), None)
    model = build_model(bare)
    with pytest.raises(ModelError, match="needs a model with means"):
        discrepancy.evaluate(compute_moments(model, np.ones(model.n_parameters)))
