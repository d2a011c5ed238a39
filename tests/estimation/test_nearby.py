"""Newton's steps from near: the same minima as the search with care, and a word about what has none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sem_toolkit.discrepancy import GLS, ML, ULS, Kind
from sem_toolkit.estimation import nearby, systems
from sem_toolkit.estimation.arrivals import Arrival
from sem_toolkit.estimation.batch import Search, minimise_stack
from sem_toolkit.estimation.nearby import approach_minima
from sem_toolkit.fit import fit

from .test_batch import BOUNDED, CFA, Evaluator, _build_hopeless, _draw_targets

DATA = Path(__file__).parents[1] / "oracles" / "data"


@pytest.mark.parametrize("kind", [ML, GLS, ULS], ids=lambda kind: kind.name)
@pytest.mark.parametrize("options", [{}, {"meanstructure": True}, {"group": "school", "group_equal": ["loadings"]}])
def test_minima_are_those_of_the_search_with_care(kind: Kind, options: dict[str, Any]) -> None:
    solution = fit(CFA, DATA / "hs.csv", engine="native", multistart=0, estimator=kind.name, **options).solution
    targets = _draw_targets(solution.sample, solution.targets, 60)
    starts = np.tile(solution.x, (60, 1))
    many: Any = kind.build(targets, None)
    found = approach_minima(solution.model, many, starts)
    careful = minimise_stack(solution.model, many, starts, Search(tolerance=1e-10, damping=0.0))
    assert (found.status == Arrival.MINIMUM).mean() > 0.9
    both = np.flatnonzero((found.status == Arrival.MINIMUM) & (careful.status == Arrival.MINIMUM))
    apart = np.abs(found.values[both] - careful.values[both]) > 1e-9
    assert apart.sum() <= 1  # a sample with two optima
    np.testing.assert_allclose(found.x[both][~apart], careful.x[both][~apart], rtol=1e-7, atol=1e-8)
    assert found.iterations[both].mean() < careful.iterations[both].mean() + 2.0


@pytest.mark.parametrize(
    ("kind", "limit"), [(GLS, "_CLOSE"), (ML, "_SHORT")], ids=["last step unseen", "last steps by slopes alone"]
)
def test_last_steps_take_no_second_derivatives(kind: Kind, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    solution = fit(CFA, DATA / "hs.csv", engine="native", multistart=0, estimator=kind.name).solution
    many: Any = kind.build(_draw_targets(solution.sample, solution.targets, 60), None)
    starts = np.tile(solution.x, (60, 1))
    found = approach_minima(solution.model, many, starts)
    with monkeypatch.context() as patch:
        patch.setattr(nearby, limit, 0.0)
        seen = approach_minima(solution.model, many, starts)
    both = np.flatnonzero((found.status == Arrival.MINIMUM) & (seen.status == Arrival.MINIMUM))
    assert found.iterations[both].mean() < seen.iterations[both].mean() - 0.5
    np.testing.assert_allclose(found.x[both], seen.x[both], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found.values[both], seen.values[both], rtol=1e-12, atol=1e-13)


def test_steps_by_slopes_alone_that_do_not_shorten_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    solution = fit(CFA, DATA / "hs.csv", engine="native", multistart=0).solution
    many: Any = ML.build(_draw_targets(solution.sample, solution.targets, 60), None)
    starts = np.tile(solution.x, (60, 1))
    found = approach_minima(solution.model, many, starts)
    with monkeypatch.context() as patch:
        patch.setattr(nearby, "_SHORT", 0.3)
        hasty = approach_minima(solution.model, many, starts)
    assert hasty.status.tolist() == found.status.tolist()
    np.testing.assert_allclose(hasty.x, found.x, rtol=1e-5, atol=1e-5)


def test_the_second_derivative_is_put_together_again_of_the_triangle_without_its_factor() -> None:
    roots = np.random.default_rng(2).normal(size=(4, 5, 6))
    matrices = roots @ roots.swapaxes(-1, -2)
    kept, diagonal = matrices.copy(), matrices.diagonal(axis1=-2, axis2=-1).copy()
    sides = np.ones((4, 5))
    assert systems.solve(matrices, sides, [0, 2]).all()
    np.testing.assert_allclose((kept[[0, 2]] @ sides[[0, 2], :, None])[..., 0], 1.0)
    systems.restore(matrices, diagonal, np.array([0, 2]))
    np.testing.assert_allclose(matrices, kept, rtol=1e-14)


def test_bounds_hold() -> None:
    solution = fit(BOUNDED, DATA / "hs.csv", engine="native", multistart=0).solution
    targets = _draw_targets(solution.sample, solution.targets, 20)
    starts = np.tile(solution.x, (20, 1))
    many: Any = ML.build(targets, None)
    found = approach_minima(solution.model, many, starts)
    careful = minimise_stack(solution.model, many, starts, Search(tolerance=1e-10))
    assert (found.status == Arrival.MINIMUM).all()
    assert (found.x >= solution.model.constraints.lower).all()
    np.testing.assert_allclose(found.x, careful.x, rtol=1e-6, atol=1e-7)


def test_what_has_no_minimum_or_no_value_says_so() -> None:
    found = approach_minima(*_build_hopeless())
    assert found.status[0] == Arrival.MINIMUM
    assert found.status[1] in (Arrival.STALLED, Arrival.ITERATION_LIMIT)
    assert found.status[2] == Arrival.NO_VALUE_AT_START


def test_a_curvature_that_is_singular_stops_no_neighbour() -> None:
    solution = fit(CFA, DATA / "hs.csv", engine="native", multistart=0).solution
    model, many = solution.model, ML.build(solution.targets, None)
    starts = 1.02 * np.tile(solution.x, (3, 1))
    alone = approach_minima(model, many, starts[:1])  # type: ignore[arg-type]
    found = approach_minima(model, Evaluator(many, {1}), starts)
    assert list(found.status[[0, 2]]) == [Arrival.MINIMUM] * 2
    np.testing.assert_allclose(found.x[0], alone.x[0], rtol=1e-9)
