"""The solver of stacks: minima of many samples at once, bounds and equalities, and what it says of those that fail."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sem_toolkit.discrepancy import GLS, ML, ULS, Kind
from sem_toolkit.discrepancy.stack import factor_stack
from sem_toolkit.discrepancy.targets import Targets, build_targets
from sem_toolkit.estimation import Objective
from sem_toolkit.estimation.arrivals import Arrival
from sem_toolkit.estimation.batch import Search, minimise_stack
from sem_toolkit.estimation.box import find_box
from sem_toolkit.estimation.constrained import minimise_constrained
from sem_toolkit.estimation.minimand import evaluate_stack
from sem_toolkit.estimation.scoring import minimise
from sem_toolkit.fit import fit
from sem_toolkit.model import Model
from sem_toolkit.sample import Sample

from .conftest import load_reference

DATA = Path(__file__).parents[1] / "oracles" / "data"
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
BOUNDED = "f =~ x1 + x2 + lower(0.9)*upper(1.2)*x3\nf ~~ v*f\nx1 ~~ lower(0.6)*x1\nx2 ~~ e*x2\nx3 ~~ e*x3\n"


def _draw_targets(sample: Sample, targets: Targets, count: int, seed: int = 4) -> Targets:
    """Moments of bootstrap samples, with divisor n or n - 1 as the targets have it."""
    rng = np.random.default_rng(seed)
    covariances, means = [], []
    for _ in range(count):
        rows = [data[rng.integers(0, len(data), len(data))] for data in targets.data if data is not None]
        covariances.append([np.cov(part.T, bias=True) for part in rows])
        means.append([part.mean(axis=0) for part in rows])
    return targets.with_moments(np.array(covariances), None if targets.mean is None else np.array(means))


def _build_hopeless() -> tuple[Model, Any, np.ndarray]:
    """A sample with a minimum, one without and one without a value, and starts.

    Two uncorrelated outer items: the better one factor fits, the further it runs.
    """
    solution = fit("f =~ x1 + x2 + x3\n", DATA / "hs.csv", engine="native", multistart=0).solution
    good = np.asarray(solution.targets.covariance)
    runaway = np.array([[[1.0, 0.4, 0.0], [0.4, 1.0, 0.3], [0.0, 0.3, 1.0]]])
    singular = np.ones((1, 3, 3))
    many: Any = ML.build(solution.targets.with_moments(np.stack([good, runaway, singular]), None), None)
    return solution.model, many, np.stack([solution.x] * 3)


def _split(targets: Targets, draw: int) -> Targets:
    return targets.with_moments(targets.covariance[draw], None if targets.mean is None else targets.mean[draw])


@pytest.mark.parametrize("kind", [ML, GLS, ULS], ids=lambda kind: kind.name)
@pytest.mark.parametrize("options", [{}, {"meanstructure": True}, {"group": "school", "group_equal": ["loadings"]}])
def test_every_draw_ends_where_a_search_of_its_own_does(kind: Kind, options: dict[str, Any]) -> None:
    solution = fit(CFA, DATA / "hs.csv", engine="native", multistart=0, estimator=kind.name, **options).solution
    model = solution.model
    targets = _draw_targets(solution.sample, solution.targets, 25)
    starts = np.broadcast_to(solution.x, (25, len(solution.x)))
    many: Any = kind.build(targets, None)
    found = minimise_stack(model, many, starts, Search(tolerance=1e-9, damping=0.0))
    assert (found.status == Arrival.MINIMUM).mean() > 0.8
    for draw in np.flatnonzero(found.status == Arrival.MINIMUM):
        objective = Objective(model, kind.build(_split(targets, int(draw)), None))
        single = minimise(objective, model.constraints.linear.reduce(solution.x))
        assert single.point is not None
        assert found.values[draw] == pytest.approx(single.point.value, rel=1e-9, abs=1e-12)
        np.testing.assert_allclose(found.x[draw], single.point.x, rtol=1e-6, atol=1e-7)


def test_results_do_not_depend_on_the_neighbours() -> None:
    solution = fit(CFA, DATA / "hs.csv", engine="native", multistart=0).solution
    targets = _draw_targets(solution.sample, solution.targets, 8)
    starts = np.broadcast_to(solution.x, (8, len(solution.x)))
    many: Any = ML.build(targets, None)
    found = minimise_stack(solution.model, many, starts)
    part: Any = ML.build(targets.with_moments(targets.covariance[5:], None), None)
    np.testing.assert_array_equal(minimise_stack(solution.model, part, starts[5:]).x, found.x[5:])


def test_bounds_and_equalities_hold_and_lead_where_the_constrained_search_leads() -> None:
    solution = fit(BOUNDED, DATA / "hs.csv", engine="native", multistart=0).solution
    model = solution.model
    targets = _draw_targets(solution.sample, solution.targets, 20)
    starts = np.broadcast_to(solution.x, (20, len(solution.x)))
    many: Any = ML.build(targets, None)
    found = minimise_stack(model, many, starts, Search(tolerance=1e-9))
    assert (found.status == Arrival.MINIMUM).all()
    assert (found.x >= model.constraints.lower).all()
    assert (found.x <= model.constraints.upper).all()
    held = (found.x == model.constraints.lower) | (found.x == model.constraints.upper)
    assert held.any(axis=1).sum() >= 5
    for draw in range(20):
        objective = Objective(model, ML.build(_split(targets, draw), None))
        single = minimise_constrained(objective, model.constraints.linear.reduce(solution.x))
        assert single.point is not None
        np.testing.assert_allclose(found.x[draw], single.point.x, rtol=1e-6, atol=1e-7)


def test_bounds_of_equal_parameters_meet_and_those_of_sums_are_not_expressed() -> None:
    equal = "f =~ x1 + x2 + x3\nx1 ~~ a*x1\nx2 ~~ b*x2\na == b\na > 0.1\nb > 0.2\n"
    box = find_box(fit(equal, DATA / "hs.csv", engine="native", multistart=0).solution.model)
    assert box is not None
    assert box.lower.max() == 0.2
    total = "f =~ x1 + x2 + x3\nx1 ~~ a*x1\nx2 ~~ b*x2\nx3 ~~ c*x3 + lower(0.3)*x3\nc == a + b\n"
    assert find_box(fit(total, DATA / "hs.csv", engine="native", multistart=0).solution.model) is None


def test_what_has_no_minimum_or_no_value_says_so() -> None:
    found = minimise_stack(*_build_hopeless())
    assert found.status[0] == Arrival.MINIMUM
    assert found.status[1] in (Arrival.STALLED, Arrival.ITERATION_LIMIT)
    assert found.status[2] == Arrival.NO_VALUE_AT_START
    assert found.iterations[2] == 0


@pytest.mark.parametrize("name", ["mg_metric", "mg_scalar"])
def test_derivatives_are_by_what_equalities_leave_free(name: str) -> None:
    reference = load_reference(name)
    likelihood: Any = ML.build(build_targets(reference.model, reference.sample, unbiased=False), None)
    objective = Objective(reference.model, likelihood)
    theta = reference.model.constraints.linear.reduce(reference.x)
    stack = np.stack([theta, 1.05 * theta, theta - 100.0])
    found = evaluate_stack(reference.model, likelihood, stack)
    assert np.isinf(found.values[2])
    for i in range(2):
        point = objective.locate(stack[i])
        assert point is not None
        assert found.values[i] == pytest.approx(point.value, rel=1e-12)
        np.testing.assert_allclose(found.gradients[i], point.gradient, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.informations[i], point.information, rtol=1e-9, atol=1e-12)


def test_positive_definite_matrices_of_a_stack() -> None:
    stack = np.array([[[2.0, 1.0], [1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]], [[-1.0, 0.0], [0.0, 1.0]]])
    usable, logarithms = factor_stack(stack)
    assert usable.tolist() == [True, False, False]
    assert logarithms[0] == pytest.approx(np.log(3.0))
    usable, logarithms = factor_stack(np.array([[[-1.0]], [[2.0]], [[0.0]]]))
    assert usable.tolist() == [False, True, False]
    np.testing.assert_allclose(logarithms, [0.0, np.log(2.0), 0.0])


def test_another_array_library_leads_to_the_same_place() -> None:
    strict = pytest.importorskip("array_api_strict")
    solution = fit(BOUNDED, DATA / "hs.csv", engine="native", multistart=0).solution
    targets = _draw_targets(solution.sample, solution.targets, 6)
    starts = np.broadcast_to(solution.x, (6, len(solution.x)))
    plain: Any = ML.build(targets, None)
    expected = minimise_stack(solution.model, plain, starts)
    moved: Any = ML.build(targets.with_moments(strict.asarray(targets.covariance), None), None)
    found = minimise_stack(solution.model, moved, strict.asarray(starts.copy()))
    np.testing.assert_allclose(np.asarray(found.x), expected.x, rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(found.status, expected.status)


def test_a_curvature_that_is_singular_stops_no_neighbour() -> None:
    """A path of 0 between two variables leaves its own effect on the next without curvature."""
    solution = fit(CFA, DATA / "hs.csv", engine="native", multistart=0).solution
    model, many = solution.model, ML.build(solution.targets, None)
    singular = Evaluator(many, {1})
    starts = 1.02 * np.tile(solution.x, (3, 1))
    alone = minimise_stack(model, many, starts[:1], Search(damping=0.0))
    found = minimise_stack(model, singular, starts, Search(damping=0.0))
    assert list(found.status[[0, 2]]) == [Arrival.MINIMUM] * 2
    np.testing.assert_array_equal(found.x[0], alone.x[0])


class Evaluator:
    """A discrepancy whose information at some places is singular: the first parameter does not count."""

    def __init__(self, inner: Any, places: set[int]) -> None:
        self.inner, self.places, self.has_draws = inner, places, False

    def evaluate_many(self, model: Any, theta: Any, draws: Any = None, *, exact: bool = False) -> Any:
        found = self.inner.evaluate_many(model, theta, draws, exact=exact)
        informations = found.informations.copy()
        for place in self.places & set(range(len(informations))):
            informations[place, 0] = informations[place, :, 0] = 0.0
            informations[place, 0, 1] = informations[place, 1, 0] = 0.0
        return replace(found, informations=informations)
