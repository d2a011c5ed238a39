"""Statistics of ordered variables: derivatives against differences, for every way they depend on parameters."""

import numpy as np
import pytest

from sem_toolkit.discrepancy.categorical import CategoricalLeastSquares
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.model import build_model, compute_moments
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.model.cells import SYMMETRIC
from sem_toolkit.model.population import draw_population
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec

from .conftest import assert_stacks_equal_points

SPECS = {
    "factors": "f =~ u1 + u2 + u3\ng =~ u4 + y1 + y2\ng ~ f",
    "mediator": "u1 ~ x\nu2 ~ u1 + x\ny1 ~ u1 + u2",
    "covariates": "f =~ u1 + u2 + u3 + y1\nf ~ x + z\nu2 ~ z\nu1 ~~ u3",
    "feedback": "u1 ~ u2 + x\nu2 ~ u1 + z\ny1 ~ u1",
    "scales": "f =~ u1 + u2 + u3\nu1 ~*~ NA*u1\nu2 ~*~ NA*u2",
}
SETTINGS = [
    {"parameterization": "delta", "conditional_x": True},
    {"parameterization": "delta", "conditional_x": False},
    {"parameterization": "theta", "conditional_x": True},
    {"parameterization": "theta", "conditional_x": False},
]
COUNTS = {"u1": 2, "u2": 1, "u3": 3, "u4": 1}


def build(name: str, settings: dict[str, object], groups: tuple[str, ...] = ("",)):
    used = {key: count for key, count in COUNTS.items() if key in SPECS[name]}
    options = TableOptions(ordered=tuple(used), thresholds=used, **settings).for_fit(len(groups))
    model = build_model(build_parameter_table(parse_spec(SPECS[name]), options, groups))
    filled, x = draw_population(model, np.random.default_rng(5))
    where = filled.locations
    x = np.where((where.kind == SYMMETRIC) | (np.abs(x) < 0.2), x, 0.4 * x)
    return filled, x


def differentiate(function, x: np.ndarray) -> np.ndarray:
    columns = []
    for k in range(len(x)):
        step = np.zeros(len(x))
        step[k] = 1e-5
        columns.append((function(x + step) - function(x - step)) / 2e-5)
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("name", SPECS)
def test_the_jacobian_is_the_derivative_of_the_statistics(name: str, settings: dict[str, object]) -> None:
    model, x = build(name, settings, ("a", "b"))
    expected = differentiate(lambda at: model.layout.stack(compute_moments(model, at)), x)
    np.testing.assert_allclose(model.layout.jacobian(model, x), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("name", SPECS)
def test_gradient_and_hessian_are_exact(name: str, settings: dict[str, object]) -> None:
    model, x = build(name, settings)
    layout = model.layout
    assert isinstance(layout, CategoricalLayout)
    random = np.random.default_rng(2)
    values = layout.stack(compute_moments(model, x)) + 0.2 * random.normal(size=(1, layout.size))
    moments = compute_moments(model, x)
    targets = Targets(moments.covariance, moments.mean, np.array([200.0]), (None,), ())
    root = random.normal(size=(layout.size, layout.size))
    discrepancy = CategoricalLeastSquares(targets, layout, values, (root @ root.T / layout.size + np.eye(layout.size),))

    def gradient(at: np.ndarray) -> np.ndarray:
        evaluation = discrepancy.evaluate(compute_moments(model, at))
        assert evaluation is not None
        return evaluation.gradient(model, at)

    slopes = differentiate(lambda at: np.array(discrepancy.value(compute_moments(model, at))), x)
    np.testing.assert_allclose(gradient(x), slopes, rtol=1e-6, atol=1e-8)
    evaluation = discrepancy.evaluate(moments)
    assert evaluation is not None
    np.testing.assert_allclose(evaluation.hessian(model, x), differentiate(gradient, x), rtol=2e-5, atol=2e-7)


@pytest.mark.parametrize("conditional_x", [True, False])
@pytest.mark.parametrize("name", ["factors", "mediator", "covariates", "feedback"])
def test_with_delta_responses_have_the_variance_of_their_scale(name: str, conditional_x: bool) -> None:
    model, x = build(name, {"parameterization": "delta", "conditional_x": conditional_x})
    layout = model.layout
    assert isinstance(layout, CategoricalLayout)
    given = layout.find_given(compute_moments(model, x), 0)
    np.testing.assert_allclose(np.diag(given.covariance)[layout.is_ordered], 1.0, rtol=1e-12)


@pytest.mark.parametrize("name", SPECS)
def test_residual_variances_of_responses_are_found_for_a_stack_at_once(name: str) -> None:
    assert_stacks_equal_points(*build(name, {"parameterization": "delta"}, ("a", "b")))
