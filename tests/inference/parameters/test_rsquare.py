"""Explained variance, with and without feedback."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from tests.support import DATA

LOOP = "y1 ~ y2 + x1\ny2 ~ y1 + x2\n"


@pytest.fixture(scope="module")
def loop():
    rng = np.random.default_rng(3)
    x, e = rng.standard_normal((400, 2)), rng.standard_normal((400, 2))
    y = (x * [0.6, 0.5] + e) @ np.linalg.inv(np.eye(2) - np.array([[0, 0.4], [0.3, 0]])).T
    return fit(LOOP, pd.DataFrame(np.hstack([x, y]), columns=["x1", "x2", "y1", "y2"]))


def test_without_feedback_both_are_one_less_the_share_of_the_residual():
    result = fit("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n", DATA / "hs.csv", call="cfa")
    for name, value in result.r2[""].items():
        assert result.blocked_r2[""][name] == pytest.approx(value, rel=1e-9)
    standardized = result.parameters.set_index(["lhs", "op", "rhs"])["std.all"]
    assert result.r2[""]["x2"] == pytest.approx(standardized["visual", "=~", "x2"] ** 2)


def test_with_feedback_a_residual_does_not_explain_its_own_variable(loop):
    """y1 = (x1 γ + e1 + β(x2 δ + e2)) / (1 − βκ): without e1 only the other terms remain."""
    est = loop.parameters.set_index(["lhs", "op", "rhs"])["est"]
    beta, gamma, delta = est["y1", "~", "y2"], est["y1", "~", "x1"], est["y2", "~", "x2"]
    S = loop.sample.groups[0].covariance
    order = [loop.sample.variables.index(name) for name in ("x1", "x2")]
    S = S[np.ix_(order, order)]
    weights = np.array([gamma, beta * delta])
    others, own = weights @ S @ weights + beta**2 * est["y2", "~~", "y2"], est["y1", "~~", "y1"]
    assert loop.blocked_r2[""]["y1"] == pytest.approx(others / (others + own), rel=1e-9)
    loops = 1.0 - beta * est["y2", "~", "y1"]
    assert loop.r2[""]["y1"] == pytest.approx(1.0 - own / ((others + own) / loops**2), rel=1e-9)
    assert abs(loop.r2[""]["y1"] - loop.blocked_r2[""]["y1"]) > 0.01
