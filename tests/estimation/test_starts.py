"""Start values: loadings on one factor from correlations alone, and units of latent variables."""

import numpy as np
import pytest

from sem_toolkit.estimation.scaling import compute_latent_scale
from sem_toolkit.estimation.starts import compute_axes
from sem_toolkit.model import build_model
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec


def test_axes_of_one_factor_are_its_loadings() -> None:
    """With communalities as squared multiple correlations the loadings come out near, in order and with their signs."""
    loadings = np.array([0.8, 0.7, -0.6, 0.5, 0.7, 0.8])
    correlations = np.outer(loadings, loadings)
    np.fill_diagonal(correlations, 1.0)
    found = compute_axes(np.stack([correlations, np.abs(correlations)]))
    np.testing.assert_allclose(found[0], loadings, atol=0.06)
    np.testing.assert_allclose(found[1], np.abs(loadings), atol=0.06)


def test_axes_of_fewer_than_three_items() -> None:
    np.testing.assert_array_equal(compute_axes(np.ones((2, 1, 1))), np.full((2, 1), 0.9))
    pairs = np.array([[[1.0, r], [r, 1.0]] for r in (0.49, -0.49, 0.01, 0.99)])
    root = np.sqrt([0.49, 0.49, 0.1, 0.9])
    np.testing.assert_allclose(compute_axes(pairs), np.stack([root, root * [1, -1, 1, 1]], axis=1))


def test_axes_where_correlations_are_singular() -> None:
    """Two copies of one variable: half of each variance counts as common, and the copies load alike."""
    found = compute_axes(np.array([[[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 1.0]]]))[0]
    assert found[0] == pytest.approx(found[1])
    assert found[0] > found[2] > 0.3


@pytest.mark.parametrize(
    ("text", "std_lv", "unit"),
    [
        ("f =~ 2*x1 + x2 + x3", False, 3.0 / 2.0),
        ("f =~ x1 + x2 + x3", True, 1.0),
        ("f =~ x1 + x2 + x3\nf ~~ 4*f", True, 2.0),
        ("f =~ x1 + x2 + x3\nf ~~ 0.25*f", True, 0.5),
    ],
)
def test_the_unit_of_a_factor_is_that_of_its_marker_or_of_its_variance(text: str, std_lv: bool, unit: float) -> None:
    model = build_model(build_parameter_table(parse_spec(text), TableOptions(call="cfa", std_lv=std_lv)))
    np.testing.assert_allclose(compute_latent_scale(model, np.array([3.0, 5.0, 7.0])), [unit])


def test_a_factor_of_factors_has_the_unit_of_its_marker() -> None:
    text = "a =~ x1 + x2 + x3\nb =~ 2*x4 + x5 + x6\nc =~ x7 + x8 + x9\ng =~ 3*b + a + c"
    model = build_model(build_parameter_table(parse_spec(text), TableOptions(call="cfa")))
    found = dict(zip(model.variables[9:], compute_latent_scale(model, np.arange(1.0, 10.0)), strict=True))
    assert found == pytest.approx({"a": 1.0, "b": 4.0 / 2.0, "c": 7.0, "g": 4.0 / 2.0 / 3.0})
