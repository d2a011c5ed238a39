"""What a fit foretells of other samples: coordinates without the unit of one item, and how near it leads."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sem_toolkit.discrepancy import ML
from sem_toolkit.estimation.coordinates import find_coordinates
from sem_toolkit.estimation.nearby import approach_minima
from sem_toolkit.fit import fit
from sem_toolkit.model import compute_moments
from sem_toolkit.resampling.bootstrap.fitting import MomentFitter

from .test_batch import CFA, _draw_targets

DATA = Path(__file__).parents[1] / "oracles" / "data"
CHAIN = CFA + "textual ~ visual\nspeed ~ textual + visual\n"
OTHERS = {
    "a unit that is no item's": (CFA, {"std_lv": True}),
    "equal loadings": (CFA, {"group": "school", "group_equal": ["loadings"]}),
    "other fixed loadings": ("i =~ 1*x1 + 1*x2 + 1*x3\ns =~ 0*x1 + 1*x2 + 2*x3\ni ~~ 0*s\n", {}),
}


def _build(text: str, **options: Any) -> tuple[Any, Any]:
    solution = fit(text, DATA / "hs.csv", engine="native", multistart=0, **options).solution
    covariance = compute_moments(solution.model, solution.x).all_covariance
    return solution, find_coordinates(solution.model, solution.x, np.diagonal(covariance, axis1=1, axis2=2))


@pytest.mark.parametrize("options", [{}, {"meanstructure": True}, {"group": "school"}], ids=str)
def test_coordinates_are_those_of_factors_in_units_of_all_their_items(options: dict[str, Any]) -> None:
    solution, found = _build(CHAIN, **options)
    assert found.powers.shape == (len(solution.x), 3 * solution.model.n_groups)
    np.testing.assert_allclose(found.restore(solution.x[:, None]).x[:, 0], solution.x, rtol=1e-14)
    rng = np.random.default_rng(1)
    z = solution.x[:, None] + 0.05 * rng.normal(size=(len(solution.x), 1))
    there = found.restore(z)
    step = 1e-6 * np.eye(len(solution.x))
    jacobian = (found.restore(z + step).x - found.restore(z - step).x) / 2e-6  # column i: by z_i
    gradient = rng.normal(size=there.x.shape)
    np.testing.assert_allclose(found.turn_slopes(gradient, there), jacobian.T @ gradient, rtol=1e-7)
    origin = solution.x[:, None]
    at = (found.restore(origin + step).x - found.restore(origin - step).x) / 2e-6
    np.testing.assert_allclose(found.slopes @ at, np.eye(len(solution.x)), atol=1e-7)


def test_covariances_are_in_units_of_their_variances() -> None:
    solution, found = _build(CFA + "x1 ~~ x4\n")
    names = [row.lhs + row.op + row.rhs for row in solution.model.parameters]
    variance, other, covariance, error, between = (
        names.index(name) for name in ("visual~~visual", "speed~~speed", "visual~~speed", "x1~~x1", "x1~~x4")
    )
    z = np.tile(solution.x[:, None], 3)
    z[variance, 0] *= 1.21
    z[variance, 1], z[other, 1] = 1.21 * z[variance, 1], 1.44 * z[other, 1]
    z[error, 2] *= 1.69
    ratios = found.restore(z).x / z
    np.testing.assert_allclose(ratios[covariance], [1.1, 1.32, 1.0])
    np.testing.assert_allclose(ratios[between], [1.0, 1.0, 1.3])
    np.testing.assert_allclose(ratios[[variance, other, error]], 1.0)


def test_slopes_are_right_where_units_are_at_their_bounds() -> None:
    solution, found = _build(CFA, meanstructure=True)
    rng = np.random.default_rng(3)
    z = solution.x[:, None] + 2.0 * np.abs(solution.x[:, None]) * rng.normal(size=(len(solution.x), 4))
    there = found.restore(z)
    assert (there.inverse_units == 0.0).any(axis=0).all()
    gradient, step = rng.normal(size=there.x.shape), 1e-6
    turned = found.turn_slopes(gradient, there)
    jacobians = found.compute_jacobians(there)
    for point in range(z.shape[1]):
        moves = z[:, [point]] + step * np.array([1.0, -1.0])[:, None, None] * np.eye(len(z))
        ahead, behind = (found.restore(own).x for own in moves)
        jacobian = (ahead - behind) / (2.0 * step)
        np.testing.assert_allclose(jacobians[point], jacobian, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(turned[:, point], jacobian.T @ gradient[:, point], rtol=1e-5, atol=1e-6)


def test_a_factor_with_another_unit_implies_the_same_moments() -> None:
    solution, found = _build(CHAIN)
    names = [row.lhs + row.op + row.rhs for row in solution.model.parameters]
    scaled = solution.x * 1.2 ** found.powers[:, 0]  # as if the loading that is fixed had become 1/1.2
    loadings = [names.index(name) for name in ("visual=~x2", "visual=~x3")]
    np.testing.assert_allclose(scaled[loadings], solution.x[loadings] / 1.2)
    model = solution.model
    freed = model.directed.copy()
    visual = model.variables.index("visual")
    freed[0, model.observed.index("x1"), visual] /= 1.2
    expected = compute_moments(model, solution.x).covariance
    np.testing.assert_allclose(compute_moments(replace(model, directed=freed), scaled).covariance, expected, rtol=1e-12)


@pytest.mark.parametrize("case", OTHERS)
def test_parameters_are_their_own_coordinates_where_no_item_alone_gives_the_unit(case: str) -> None:
    text, options = OTHERS[case]
    solution, found = _build(text, **options)
    assert found.weights.shape == (0, len(solution.x))
    x = solution.x[:, None] + 0.1
    np.testing.assert_array_equal(found.restore(x).x, x)


@pytest.mark.parametrize("text", [CFA, CHAIN], ids=["cfa", "chain"])
def test_foretold_starts_lead_to_the_minima_in_fewer_steps(text: str) -> None:
    solution, _ = _build(text)
    targets = _draw_targets(solution.sample, solution.targets, 100)
    fitter = MomentFitter(solution.model, (301,), solution.x, fit(text, DATA / "hs.csv").options.estimation)
    many: Any = ML.build(targets, None)
    plain = approach_minima(solution.model, many, np.tile(solution.x, (100, 1)))
    near = fitter._approach(np.asarray(targets.covariance), None)
    same = np.abs(near.values - plain.values) < 1e-9
    assert same.mean() > 0.97
    np.testing.assert_allclose(near.x[same], plain.x[same], rtol=1e-7, atol=1e-7)
    assert near.iterations.mean() < plain.iterations.mean() - 0.5
