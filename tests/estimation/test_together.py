"""Quasi-Newton steps of many samples at once: the inverse they imply, and the minima they lead to."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sem_toolkit.discrepancy import ML
from sem_toolkit.estimation import prediction, together
from sem_toolkit.estimation.arrivals import Arrival
from sem_toolkit.estimation.nearby import approach_minima
from sem_toolkit.estimation.quasi_newton import Memory
from sem_toolkit.fit import fit
from sem_toolkit.resampling.bootstrap import bootstrap
from sem_toolkit.resampling.bootstrap.fitting import MomentFitter

from .test_batch import CFA, _draw_targets

DATA = Path(__file__).parents[1] / "oracles" / "data"
DEMOCRACY = (
    "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\n"
    "dem60 ~ ind60\ndem65 ~ ind60 + dem60\n"
    "y1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8\n"
)
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "cfa": (CFA, {}),
    "groups with equal loadings": (CFA, {"group": "school", "group_equal": ["loadings"]}),
    "variables with effects": ("x1 ~ x2 + x3\nx2 ~ x3\nx4 ~ x1", {"fixed_x": False}),
}


def test_what_is_remembered_is_the_update_of_the_inverse() -> None:
    rng = np.random.default_rng(1)
    roots = rng.normal(size=(3, 5, 9))
    hessians, inverse = roots @ roots.swapaxes(-1, -2), np.eye(5) / 9.0
    memory, x = Memory(6, (5, 3)), rng.normal(size=(5, 3))
    slopes = np.stack([hessians[i] @ x[:, i] for i in range(3)], axis=1)
    step, inverses = -inverse @ slopes, [inverse] * 3
    for number in range(4):
        before, x = slopes, x + step
        slopes = np.stack([hessians[i] @ x[:, i] for i in range(3)], axis=1)
        found, curved = memory.find_step(step, before, slopes, inverse @ slopes)
        assert curved.all()
        for i in range(3):
            s, y = step[:, i], slopes[:, i] - before[:, i]
            turn = np.eye(5) - np.outer(s, y) / (s @ y)
            inverses[i] = turn @ inverses[i] @ turn.T + np.outer(s, s) / (s @ y)
            np.testing.assert_allclose(found[:, i], -inverses[i] @ slopes[:, i], rtol=1e-8, atol=1e-8)
        step = found
        if number == 1:
            kept = memory.keep(np.array([0, 2])), [own[:, [0, 2]] for own in (step, slopes, x + step)]
    part, (step, before, x) = kept
    slopes = np.stack([hessians[i] @ x[:, k] for k, i in enumerate((0, 2))], axis=1)
    assert part.find_step(step, before, slopes, inverse @ slopes)[1].all()


@pytest.mark.parametrize("case", CASES)
def test_minima_are_those_of_newtons_steps(case: str) -> None:
    text, options = CASES[case]
    own = fit(text, DATA / "hs.csv", engine="native", multistart=0, **options)
    solution = own.solution
    targets = _draw_targets(solution.sample, solution.targets, 300)
    fitter = MomentFitter(solution.model, tuple(solution.targets.n), solution.x, own.options.estimation)
    many: Any = ML.build(targets, None)
    plain = approach_minima(solution.model, many, np.tile(solution.x, (300, 1)))
    found = fitter._approach(np.asarray(targets.covariance), targets.mean)
    both = (plain.status == Arrival.MINIMUM) & (found.status == Arrival.MINIMUM)
    assert both.mean() > 0.95
    same = both & (np.abs(found.values - plain.values) < 1e-9)
    assert (both & ~same).sum() <= 2  # samples with two optima
    np.testing.assert_allclose(found.x[same], plain.x[same], rtol=2e-8, atol=2e-8)


def test_what_takes_long_is_left_for_newtons_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    own = fit(CFA, DATA / "hs.csv", engine="native", multistart=0)
    targets = _draw_targets(own.solution.sample, own.solution.targets, 200)
    fitter = MomentFitter(own.solution.model, (301,), own.solution.x, own.options.estimation)
    counts: list[int] = []

    def descend(*given: Any) -> together.Ends:
        ends = together.descend_together(*given)
        counts.append(int(ends.found.sum()))
        return ends

    monkeypatch.setattr(prediction, "descend_together", descend)
    found = fitter._approach(np.asarray(targets.covariance), None)
    assert counts[0] > 150
    monkeypatch.setattr(together, "_STEPS", 3)
    other = fitter._approach(np.asarray(targets.covariance), None)
    assert counts[-1] == 0
    assert other.status.tolist() == found.status.tolist()
    np.testing.assert_allclose(other.x, found.x, rtol=2e-8, atol=2e-8)


def test_parts_of_long_steps_lead_to_the_same_minima(monkeypatch: pytest.MonkeyPatch) -> None:
    own = fit(CFA, DATA / "hs.csv", engine="native", multistart=0)
    targets = _draw_targets(own.solution.sample, own.solution.targets, 200)
    fitter = MomentFitter(own.solution.model, (301,), own.solution.x, own.options.estimation)
    found = fitter._approach(np.asarray(targets.covariance), None)
    monkeypatch.setattr(together, "_FAR", 0.02)
    other = fitter._approach(np.asarray(targets.covariance), None)
    assert other.status.tolist() == found.status.tolist()
    same = np.abs(other.values - found.values) < 1e-9
    assert same.sum() >= 198
    np.testing.assert_allclose(other.x[same], found.x[same], rtol=2e-8, atol=2e-8)


def test_what_is_remembered_of_a_part_of_a_step_is_the_same_update() -> None:
    rng = np.random.default_rng(2)
    root, part = rng.normal(size=(4, 6)), np.array([0.25])
    hessian, inverse, x = root @ root.T, np.eye(4) / 6.0, rng.normal(size=(4, 1))
    before = hessian @ x
    step = -part * (inverse @ before)
    slopes = hessian @ (x + step)
    found, curved = Memory(2, (4, 1)).find_step(step, before, slopes, inverse @ slopes, part)
    s, y = step[:, 0], (slopes - before)[:, 0]
    turn = np.eye(4) - np.outer(s, y) / (s @ y)
    updated = turn @ inverse @ turn.T + np.outer(s, s) / (s @ y)
    assert curved.all()
    np.testing.assert_allclose(found, -updated @ slopes, rtol=1e-12)


def test_a_sample_is_the_same_whatever_is_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    own = fit(CFA, DATA / "hs.csv", engine="native", multistart=0)
    targets = _draw_targets(own.solution.sample, own.solution.targets, 200)
    fitter = MomentFitter(own.solution.model, (301,), own.solution.x, own.options.estimation)
    whole = fitter._approach(np.asarray(targets.covariance), None)
    part = fitter._approach(np.asarray(targets.covariance)[:70], None)
    np.testing.assert_allclose(part.x, whole.x[:70], rtol=1e-8, atol=1e-9)
    monkeypatch.setattr(prediction, "_MOST", 64)
    monkeypatch.setattr(prediction, "_FEWEST", 64)
    np.testing.assert_allclose(fitter._approach(np.asarray(targets.covariance), None).x, whole.x, rtol=1e-8, atol=1e-9)


def test_first_steps_in_single_precision_lead_to_the_same_minima(monkeypatch: pytest.MonkeyPatch) -> None:
    """Among small samples, some of which have improper minima."""
    plain = bootstrap(DEMOCRACY, DATA / "poldem.csv", draws=400, engine="native")
    monkeypatch.setattr("sem_toolkit.discrepancy.measured._CACHE", 0)
    light = bootstrap(DEMOCRACY, DATA / "poldem.csv", draws=400, engine="native")
    assert light.counts == plain.counts
    np.testing.assert_allclose(light.draws, plain.draws, rtol=1e-7, atol=1e-7)
