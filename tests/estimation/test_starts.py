"""Units of latent variables that start values are in."""

import numpy as np
import pytest

from sem_toolkit.estimation.scaling import compute_latent_scale
from sem_toolkit.model import build_model
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec


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
