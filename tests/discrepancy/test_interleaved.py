"""Many samples side by side in memory: the same numbers as by stacks of matrices, wherever the points are."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.discrepancy import ML, Status
from sem_toolkit.discrepancy.interleaved import InterleavedSamples, PointSamples, evaluate_interleaved
from sem_toolkit.discrepancy.many_likelihoods import pick_samples
from sem_toolkit.discrepancy.sweep import invert_definite
from sem_toolkit.discrepancy.targets import build_targets
from sem_toolkit.fit import fit
from sem_toolkit.model.interleaved import find_layout, is_laid_out

DATA = Path(__file__).parents[1] / "oracles" / "data"
ITEMS = 18
TEXT = (
    "f =~ y1 + y2 + y3 + y4 + y5 + y6\ng =~ y7 + y8 + y9 + y10 + y11 + y12 + y1\n"
    "h =~ y13 + y14 + y15 + y16 + y17 + y18\nh ~ f + g\ny2 ~~ y8 + y14\ny3 ~~ y9\ny8 ~~ y14\n"
)


def _draw_rows(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(300, 3)) @ np.array([[1.0, 0.4, 0.5], [0.0, 0.9, 0.3], [0.0, 0.0, 0.8]])
    values = np.repeat(scores, 6, axis=1) + rng.normal(size=(300, ITEMS))
    return pd.DataFrame(values, columns=[f"y{i + 1}" for i in range(ITEMS)])


@pytest.mark.parametrize("exact", [False, True], ids=["expected", "exact"])
@pytest.mark.parametrize("means", [False, True], ids=["covariances", "means"])
def test_inverses_by_parts_are_those_of_the_whole(means: bool, exact: bool) -> None:
    found = fit(TEXT, _draw_rows(1), engine="native", meanstructure=means).solution
    model, targets = found.model, build_targets(found.model, found.sample, unbiased=False)
    names = {row.lhs + row.op + row.rhs: i for i, row in enumerate(model.parameters)}
    points = np.tile(found.x, (9, 1)) * np.random.default_rng(3).uniform(0.9, 1.1, size=(9, len(found.x)))
    points[1, names["y5~~y5"]] = -0.05  # improper, but with an implied matrix that is positive definite
    points[2, names["y5~~y5"]] = 1e-9
    points[3, names["y5~~y5"]] = 0.0
    points[4, names["h~~h"]] = -0.05
    points[5, names["h~~h"]] = -50.0
    points[6, names["y2~~y8"]] = 40.0
    points[7] = np.nan
    points[8, names["y5~~y5"]] = -5.0
    plain: Any = ML.build(targets, None)
    expected = plain.evaluate_many(model, points, exact=exact)
    samples = np.stack([targets.covariance] * 9)
    many: Any = ML.build(targets.with_moments(samples, np.stack([targets.mean] * 9) if means else None), None)
    assert is_laid_out(model)
    assert find_layout(model, targets.share).factored[0] is not None
    own = many.evaluate_many(model, points, np.arange(9), exact=exact)
    assert own.status.tolist() == expected.status.tolist()
    assert own.status[:5].tolist() == [Status.OK] * 5
    assert Status.OK not in own.status[5:].tolist()
    for name in ("values", "gradients", "informations"):
        there, here = getattr(expected, name), getattr(own, name)
        size = 1.0 + np.abs(there[:5]).reshape(5, -1).max(axis=1).reshape(-1, *[1] * (there.ndim - 1))
        np.testing.assert_allclose(here[:5] / size, there[:5] / size, atol=1e-11)
    slopes = InterleavedSamples(model, pick_samples(many, np.arange(9), means=means)).evaluate(points.T)
    assert slopes.usable.tolist() == [status == Status.OK for status in own.status]
    np.testing.assert_allclose(slopes.values, own.values, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(slopes.gradients.T, own.gradients, rtol=1e-9, atol=1e-11)


SHAPES = {
    "groups": (
        "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f\nx1 ~~ x4",
        {"group": "school", "group_equal": ["loadings"]},
    ),
    "observed causes": (
        "f =~ x1 + x2 + x3\nf ~ x7 + x8\nx9 ~ f + x7\nx2 ~ x8",
        {"fixed_x": False, "meanstructure": True},
    ),
    "growth": ("i =~ 1*x1 + 1*x2 + 1*x3\ns =~ 0*x1 + 1*x2 + 2*x3\ni ~ 1\ns ~ 1\nx1 ~ 0*1\nx2 ~ 0*1\nx3 ~ 0*1", {}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_slopes_alone_are_those_beside_second_derivatives(shape: str) -> None:
    text, options = SHAPES[shape]
    found = fit(text, DATA / "hs.csv", engine="native", multistart=0, **options).solution
    model, targets = found.model, build_targets(found.model, found.sample, unbiased=False)
    rng = np.random.default_rng(5)
    points = found.x * rng.uniform(0.9, 1.1, size=(30, len(found.x)))
    samples, mean = np.stack([targets.covariance] * 30), None if targets.mean is None else np.stack([targets.mean] * 30)
    many: Any = ML.build(targets.with_moments(samples, mean), None)
    assert many.has_slopes(model)
    samples, own = pick_samples(many, np.arange(30), means=True), many.evaluate_many(model, points, np.arange(30))
    slopes = InterleavedSamples(model, samples).evaluate(points.T)
    np.testing.assert_array_equal(slopes.values, own.values)
    np.testing.assert_allclose(slopes.gradients.T, own.gradients, rtol=1e-10, atol=1e-12)


def test_a_point_is_the_same_whatever_is_beside_it() -> None:
    found = fit(TEXT, _draw_rows(2), engine="native").solution
    model, targets = found.model, build_targets(found.model, found.sample, unbiased=False)
    rng = np.random.default_rng(4)
    points = found.x * rng.uniform(0.9, 1.1, size=(300, len(found.x)))
    samples = np.stack([targets.covariance * factor for factor in rng.uniform(0.9, 1.1, size=300)])
    many: Any = ML.build(targets.with_moments(samples, None), None)
    whole = many.evaluate_many(model, points, np.arange(300), exact=True)
    for part in (np.arange(7), np.arange(100, 297), np.array([299])):
        alone = many.evaluate_many(model, points[part], part, exact=True)
        for name in ("values", "gradients", "informations"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(whole, name)[part])


@pytest.mark.parametrize("size", [1, 5, 16, 17, 40])
def test_inverses_and_determinants_are_those_of_one_at_a_time(size: int) -> None:
    rng = np.random.default_rng(size)
    roots = rng.normal(size=(6, size, size + 3))
    matrices = roots @ roots.swapaxes(-1, -2)
    matrices[2] -= 100.0 * np.eye(size)
    usable, logarithms, inverse = invert_definite(matrices)
    assert usable.tolist() == [place != 2 for place in range(6)]
    np.testing.assert_allclose(logarithms[usable], np.linalg.slogdet(matrices[usable])[1], rtol=1e-12, atol=1e-12)
    identity = inverse[usable] @ matrices[usable]
    np.testing.assert_allclose(identity, np.broadcast_to(np.eye(size), identity.shape), atol=1e-8)


def test_no_points_are_no_evaluations() -> None:
    found = fit(TEXT, _draw_rows(1), engine="native").solution
    layout, nothing = find_layout(found.model, np.ones(1)), np.zeros((0, 1))
    samples = PointSamples(np.ones(1), np.zeros((0, 1, ITEMS, ITEMS)), None, nothing > 0, nothing)
    assert evaluate_interleaved(layout, np.zeros((0, len(found.x))), samples, exact=True).values.shape == (0,)
