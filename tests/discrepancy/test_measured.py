"""Slopes of measured factors by what items say of these: the same numbers as by the inverse of the whole."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.discrepancy import ML
from sem_toolkit.discrepancy.interleaved import InterleavedSamples
from sem_toolkit.discrepancy.many_likelihoods import pick_samples
from sem_toolkit.discrepancy.measured import MeasuredSamples
from sem_toolkit.discrepancy.targets import build_targets
from sem_toolkit.fit import fit

from .test_interleaved import TEXT, _draw_rows

DATA = Path(__file__).parents[1] / "oracles" / "data"
HOLZINGER = DATA / "hs.csv"
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
DEMOCRACY = (
    "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\n"
    "dem60 ~ ind60\ndem65 ~ ind60 + dem60\n"
    "y1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8\n"
)
MODELS = {
    "cfa": (CFA, HOLZINGER, {}),
    "variances of 1": (CFA, HOLZINGER, {"std_lv": True}),
    "means": (CFA, HOLZINGER, {"meanstructure": True}),
    "groups": (CFA, HOLZINGER, {"group": "school", "group_equal": ["loadings", "intercepts"]}),
    "chain with residual covariances": (DEMOCRACY, DATA / "poldem.csv", {"meanstructure": True}),
    "two loadings, blocks": (TEXT, _draw_rows(1), {"meanstructure": True}),
    "factor of factors": (CFA + "g =~ visual + textual + speed\n", HOLZINGER, {}),
    "growth": (
        "i =~ 1*x1 + 1*x2 + 1*x3 + 1*x4\ns =~ 0*x1 + 1*x2 + 2*x3 + 3*x4\ni ~~ s\ni ~ 1\ns ~ 1\n"
        "x1 ~ 0*1\nx2 ~ 0*1\nx3 ~ 0*1\nx4 ~ 0*1\n",
        HOLZINGER,
        {},
    ),
}


def _hold(text: str, data: object, options: dict[str, Any], count: int) -> tuple[Any, Any, Any]:
    """The estimate, and samples like its own side by side, by both ways."""
    found = fit(text, data, engine="native", multistart=0, **options).solution
    model, targets = found.model, build_targets(found.model, found.sample, unbiased=False)
    rng = np.random.default_rng(3)
    factors = rng.uniform(0.8, 1.2, size=(count, 1, 1, 1))
    mean = None if targets.mean is None else targets.mean + 0.1 * rng.normal(size=(count, *targets.mean.shape))
    many: Any = ML.build(targets.with_moments(targets.covariance * factors, mean), None)
    places = np.arange(count)
    return found, many.hold(model, places), InterleavedSamples(model, pick_samples(many, places, means=True))


@pytest.mark.parametrize("name", MODELS)
def test_slopes_are_those_by_the_inverse_of_the_whole(name: str) -> None:
    found, held, plain = _hold(*MODELS[name], 40)
    assert isinstance(held, MeasuredSamples)
    points = found.x * np.random.default_rng(5).uniform(0.9, 1.1, size=(40, len(found.x)))
    own, expected = held.evaluate(points.T), plain.evaluate(points.T)
    assert own.usable.tolist() == expected.usable.tolist()
    assert own.usable.mean() > 0.5
    good = np.flatnonzero(own.usable)
    np.testing.assert_allclose(own.values[good], expected.values[good], rtol=1e-11, atol=1e-12)
    size = np.abs(expected.gradients[:, good]).max(axis=0)
    np.testing.assert_allclose(own.gradients[:, good] / size, expected.gradients[:, good] / size, atol=1e-11)


def test_points_without_a_value_and_singular_residuals_disturb_no_neighbour() -> None:
    found, held, plain = _hold(*MODELS["two loadings, blocks"], 9)
    names = {row.lhs + row.op + row.rhs: i for i, row in enumerate(found.model.parameters)}
    points = np.tile(found.x, (9, 1)).T
    points[names["y5~~y5"], 1:4] = -0.05, 1e-9, 0.0  # improper, but with an implied matrix that is positive definite
    points[names["h~~h"], 4:6] = -0.05, -50.0
    points[names["y2~~y8"], 6] = 40.0
    points[:, 7] = np.nan
    points[names["y5~~y5"], 8] = -5.0
    own, expected = held.evaluate(points), plain.evaluate(points)
    assert own.usable.tolist() == expected.usable.tolist() == [True] * 5 + [False] * 4
    np.testing.assert_allclose(own.values[:5], expected.values[:5], rtol=1e-10)
    size = np.abs(expected.gradients[:, :5]).max(axis=0)
    np.testing.assert_allclose(own.gradients[:, :5] / size, expected.gradients[:, :5] / size, atol=1e-9)


def test_samples_that_are_kept_stay_what_they_were() -> None:
    found, held, _ = _hold(*MODELS["means"], 12)
    points = found.x[:, None] * np.random.default_rng(6).uniform(0.9, 1.1, size=(len(found.x), 12))
    whole, chosen = held.evaluate(points), np.array([1, 4, 11])
    part = held.keep(chosen).evaluate(points[:, chosen])
    np.testing.assert_array_equal(part.values, whole.values[chosen])
    np.testing.assert_array_equal(part.gradients, whole.gradients[:, chosen])


@pytest.mark.parametrize("text", ["x1 ~ x2 + x3\nx2 ~ x3\n", "f =~ x1 + x2 + x3\nx4 ~ f + x1\n"])
def test_models_with_other_effects_keep_the_inverse_of_the_whole(text: str) -> None:
    _, held, _ = _hold(text, HOLZINGER, {"fixed_x": False}, 3)
    assert isinstance(held, InterleavedSamples)


@pytest.mark.parametrize("name", ["means", "groups", "chain with residual covariances"])
def test_slopes_in_single_precision_are_nearly_those_in_double(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, held, _ = _hold(*MODELS[name], 40)
    assert held.lighten() is None  # so few numbers are near the processor as they are
    monkeypatch.setattr("sem_toolkit.discrepancy.measured._CACHE", 0)
    light = held.lighten()
    points = found.x * np.random.default_rng(5).uniform(0.9, 1.1, size=(40, len(found.x)))
    own, expected = light.evaluate(points.T), held.evaluate(points.T)
    used = np.flatnonzero(own.usable)
    assert expected.usable[used].all()
    assert len(used) > 20
    size = np.abs(expected.gradients).max(axis=0)
    np.testing.assert_allclose((own.gradients / size)[:, used], (expected.gradients / size)[:, used], atol=1e-4)


def test_variances_beyond_the_range_of_single_precision_stay_in_double(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sem_toolkit.discrepancy.measured._CACHE", 0)
    rows = pd.read_csv(HOLZINGER)
    for factor in (1e-6, 1e6):
        assert _hold(CFA, rows.assign(x1=factor * rows["x1"]), {}, 5)[1].lighten() is None
