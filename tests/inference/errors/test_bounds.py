"""Bounds that are not active change nothing, whatever the units of the data."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit

BOUNDED = "f =~ x1+x2+x3+x4\nx1 ~~ lower(0)*x1\nx2 ~~ lower(0)*x2\nx3 ~~ lower(0)*x3\nx4 ~~ lower(0)*x4"
FREE = "f =~ x1+x2+x3+x4"


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(8)
    common = rng.normal(size=(300, 1))
    return pd.DataFrame(0.8 * common + 0.6 * rng.normal(size=(300, 4)), columns=["x1", "x2", "x3", "x4"])


@pytest.mark.parametrize("scale", [1e-5, 1e-3, 1.0, 1e3, 1e6])
def test_bounds_far_away_leave_the_standard_errors_alone(data, scale):
    bounded, free = (fit(text, data * scale).parameters["z"].to_numpy(float) for text in (BOUNDED, FREE))
    np.testing.assert_allclose(bounded, free, rtol=1e-7)
    assert np.isfinite(bounded[4:8]).all()


@pytest.mark.parametrize("scale", [1e-5, 1.0, 1e5])
def test_an_active_bound_is_active_in_every_unit(data, scale):
    text = f"{FREE}\nx1 ~~ lower({{}})*x1"
    rows = read_z(fit(text.format(0.9 * scale**2), data * scale))
    assert rows.loc[("x1", "~~", "x1"), "se"] == 0.0
    plain = read_z(fit(text.format(0.9), data))
    assert rows.loc[("x2", "~~", "x2"), "z"] == pytest.approx(plain.loc[("x2", "~~", "x2"), "z"], rel=1e-6)


def read_z(result):
    return result.parameters.set_index(["lhs", "op", "rhs"])
