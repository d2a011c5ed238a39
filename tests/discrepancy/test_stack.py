"""Discrepancies at many points: each as if it were alone, whatever its neighbours are, in any array library."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.discrepancy import DWLS, GLS, ML, SAMPLE_DWLS, ULS, WISHART, WLS, Kind, StackedDiscrepancy, Status
from sem_toolkit.discrepancy.least_squares import LeastSquares
from sem_toolkit.discrepancy.targets import Targets, build_targets
from sem_toolkit.estimation import Objective, Solution, fill_exogenous_moments
from sem_toolkit.fit import fit
from sem_toolkit.model import Model, build_model
from sem_toolkit.model.namespace import get_namespace

DATA = Path(__file__).parents[1] / "oracles" / "data"
MODELS = {
    "cfa": ("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n", {}),
    "means": ("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f\n", {"meanstructure": True}),
    "groups": ("f =~ x1 + x2 + x3 + x4\n", {"group": "school", "group_equal": ["loadings", "intercepts"]}),
    "loop": ("x1 ~ x2 + x3\nx2 ~ x1 + x4\nx1 ~~ x2\n", {}),
    "fixed x": ("f =~ x1 + x2 + x3\nf ~ x7 + x8\nx9 ~ f + x7\n", {"meanstructure": True}),
    "residuals": (
        "f =~ x1 + x2 + x3 + x4\ng =~ x5 + x6 + x7\nx1 ~~ x2 + x5\nx2 ~~ x6\ng ~ f + x9\nx8 ~ g + x9\nx9 ~~ f\n",
        {"fixed_x": False},
    ),
    "composite": ("c <~ x1 + x2 + x3\nf =~ x4 + x5 + x6\nf ~ c\n", {}),
}
KINDS = {"ML": ML, "WISHART": WISHART, "GLS": GLS, "ULS": ULS, "DWLS": DWLS, "WLSMV": SAMPLE_DWLS, "WLS": WLS}


def _build(name: str, kind: Kind) -> tuple[Model, Targets, np.ndarray]:
    """A model, its targets, and the estimates of ML."""
    solution = _fit(name)
    model = build_model(fill_exogenous_moments(solution.model.table, solution.sample))
    return model, build_targets(model, solution.sample, unbiased=kind.unbiased), solution.x


@cache
def _fit(name: str) -> Solution:
    text, options = MODELS[name]
    return fit(text, DATA / "hs.csv", engine="native", multistart=0, **options).solution


def _scatter(x: np.ndarray, count: int = 4) -> np.ndarray:
    return x * np.random.default_rng(5).uniform(0.9, 1.1, size=(count, len(x)))


def _compare(found: Any, i: int, model: Model, alone: Any, x: np.ndarray, *, exact: bool) -> None:
    point = Objective(_without_equalities(model), alone).locate(x)
    assert point is not None
    square = point.hessian if exact else point.information
    size = 1.0 + np.abs(square).max()
    assert found.values[i] == pytest.approx(point.value, rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(found.gradients[i], point.gradient, rtol=1e-12, atol=1e-12 * size)
    np.testing.assert_allclose(found.informations[i], square, rtol=1e-12, atol=1e-12 * size)


def _without_equalities(model: Model) -> Model:
    rows = tuple(row for row in model.table.rows if row.op != "==")
    return build_model(replace(model.table, rows=rows))


@pytest.mark.parametrize("exact", [False, True], ids=["expected", "exact"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MODELS)
def test_every_point_of_a_stack_is_that_of_a_single_evaluation(name: str, kind: str, exact: bool) -> None:
    if exact and name == "composite":
        return  # its exact second derivatives are differenced, and a stack is not asked for them
    model, targets, x = _build(name, KINDS[kind])
    discrepancy = KINDS[kind].build(targets, None)
    assert isinstance(discrepancy, StackedDiscrepancy)
    points = _scatter(x)
    found = discrepancy.evaluate_many(model, points, exact=exact)
    assert found.status.tolist() == [Status.OK] * len(points)
    for i, point in enumerate(points):
        _compare(found, i, model, discrepancy, point, exact=exact)
    twice = discrepancy.evaluate_many(model, np.stack([points, points]), exact=exact)
    np.testing.assert_array_equal(twice.gradients[1], found.gradients)


@pytest.mark.parametrize("kind", ["ML", "GLS", "ULS", "DWLS", "WLS"])
@pytest.mark.parametrize("name", ["cfa", "means", "groups", "loop", "fixed x", "residuals"])
@pytest.mark.parametrize("exact", [False, True], ids=["expected", "exact"])
def test_every_point_has_the_sample_of_its_draw(name: str, kind: str, exact: bool) -> None:
    model, targets, x = _build(name, KINDS[kind])
    samples = _resample(targets, 3, means=model.has_means)
    many = targets.with_moments(
        np.stack([own.covariance for own in samples]),
        np.stack([np.asarray(own.mean) for own in samples]) if model.has_means else None,
    )
    alone = [KINDS[kind].build(own, None) for own in samples]
    if kind == "WLS":
        singles = [own for own in alone if isinstance(own, LeastSquares)]
        weights = zip(*(own.weights for own in singles), strict=True)
        stacked: Any = LeastSquares(many, tuple(np.stack(own) for own in weights), is_dense=True)
    else:
        stacked = KINDS[kind].build(many, None)
    draws = np.array([2, 0, 1, 1])
    points = _scatter(x)
    found = stacked.evaluate_many(model, points, draws, exact=exact)
    assert found.status.tolist() == [Status.OK] * len(points)
    for i, draw in enumerate(draws):
        _compare(found, i, model, alone[draw], points[i], exact=exact)


def _resample(targets: Targets, count: int, *, means: bool = True) -> list[Targets]:
    """Bootstrap samples as targets of their own."""
    rng, found = np.random.default_rng(8), []
    for _ in range(count):
        rows = [data[rng.integers(0, len(data), len(data))] for data in targets.data if data is not None]
        covariance = np.stack([np.cov(part.T, bias=True) for part in rows])
        mean = np.stack([part.mean(axis=0) for part in rows]) if means else None
        found.append(replace(targets, covariance=covariance, mean=mean, data=tuple(rows)))
    return found


def test_a_point_without_a_value_says_why_and_leaves_its_neighbours_alone() -> None:
    model, targets, x = _build("loop", ML)
    singular, negative = x.copy(), x.copy()
    where = {row.lhs + row.op + row.rhs: i for i, row in enumerate(model.parameters)}
    singular[[where["x1~x2"], where["x2~x1"]]] = 1.0
    negative[where["x1~~x1"]] = -100.0
    points = np.stack([x, singular, negative, np.full_like(x, np.nan), x])
    found = ML.build(targets, None).evaluate_many(model, points)  # type: ignore[attr-defined]
    expected = [Status.OK, Status.NOT_FINITE, Status.NOT_POSITIVE_DEFINITE, Status.NOT_FINITE, Status.OK]
    assert found.status.tolist() == expected
    assert np.isinf(found.values[1:4]).all()
    assert (found.gradients[1:4] == 0.0).all()
    alone = ML.build(targets, None).evaluate_many(model, x[None])  # type: ignore[attr-defined]
    np.testing.assert_array_equal(found.gradients[[0, 4]], np.stack([alone.gradients[0]] * 2))


def test_a_draw_whose_sample_is_singular_is_said_to_be() -> None:
    model, targets, x = _build("cfa", ML)
    singular = targets.covariance.copy()
    singular[0, 0] = singular[0, 1]
    singular[0, :, 0] = singular[0, :, 1]
    many = targets.with_moments(np.stack([targets.covariance, singular]), None)
    for kind in (ML, GLS):
        found = kind.build(many, None).evaluate_many(model, np.stack([x, x]), np.arange(2))  # type: ignore[attr-defined]
        assert found.status.tolist() == [Status.OK, Status.NOT_POSITIVE_DEFINITE]


@pytest.mark.parametrize("exact", [False, True], ids=["expected", "exact"])
@pytest.mark.parametrize("kind", ["ML", "GLS", "ULS", "DWLS"])
@pytest.mark.parametrize("name", ["cfa", "means", "groups", "loop", "fixed x"])
def test_another_array_library_computes_the_same(name: str, kind: str, exact: bool) -> None:
    strict = pytest.importorskip("array_api_strict")
    model, targets, x = _build(name, KINDS[kind])
    points, samples = _scatter(x), _resample(targets, 4)
    covariance = np.stack([own.covariance for own in samples])
    mean = None if targets.mean is None else np.stack([np.asarray(own.mean) for own in samples])
    draws = np.array([3, 0, 1, 2])
    plain: Any = KINDS[kind].build(targets.with_moments(covariance, mean), None)
    expected = plain.evaluate_many(model, points, draws, exact=exact)
    moved = targets.with_moments(strict.asarray(covariance), None if mean is None else strict.asarray(mean))
    other: Any = KINDS[kind].build(moved, None)
    if kind == "ULS":  # whose weights are no function of the sample
        other = LeastSquares(moved, tuple(strict.asarray(own) for own in other.weights))
    found = other.evaluate_many(model, strict.asarray(points), draws, exact=exact)
    assert get_namespace(found.values).__name__ == "array_api_strict"
    for own in ("values", "gradients", "informations", "status"):
        np.testing.assert_allclose(np.asarray(getattr(found, own)), getattr(expected, own), rtol=1e-12, atol=1e-13)


def test_numbers_of_no_array_library_are_refused() -> None:
    with pytest.raises(OptionError, match="follow no array standard"):
        get_namespace([1.0, 2.0])
    with pytest.raises(OptionError, match="follow no array standard"):
        get_namespace(None)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("f =~ x1 + x2 + x3 + x9\nf ~ x7\nx4 ~ f + x8\n", {}),
        ("f =~ x1 + x2 + x3 + x9\nf ~ x7\nx4 ~ f + x8\n", {"parameterization": "theta", "conditional_x": False}),
        ("x1 ~ x2 + x7\nx2 ~ x1 + x8\nx9 ~ x1 + x2\n", {"estimator": "WLS"}),
        ("f =~ x1 + x2 + x3 + x4\n", {"group": "school", "group_equal": ["loadings", "thresholds"]}),
        ("f =~ x1 + x2 + x3 + x4\n", {"group": "school", "group_equal": ["thresholds"], "parameterization": "theta"}),
    ],
)
def test_ordered_variables_at_many_points(text: str, options: dict[str, Any]) -> None:
    data = pd.read_csv(DATA / "hs.csv")
    ordered = [name for name in ("x1", "x2", "x3", "x4") if name in text]
    data[ordered] = data[ordered].apply(lambda column: pd.qcut(column, 3, labels=False))
    found = fit(text, data, ordered=ordered, multistart=0, **options)
    solution = found.solution
    targets = build_targets(solution.model, solution.sample, unbiased=False)
    alone = solution.options.kind.build(targets, np.ones(solution.model.n_observed))
    assert isinstance(alone, StackedDiscrepancy)
    points = _scatter(solution.x)
    points[1, 0] = np.nan
    many = alone.evaluate_many(solution.model, points)
    assert many.status.tolist() == [Status.OK, Status.NOT_FINITE, Status.OK, Status.OK]
    for i in (0, 2, 3):
        _compare(many, i, solution.model, alone, points[i], exact=False)
