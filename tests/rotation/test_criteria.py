"""Gradients of rotation criteria, and values that can be worked out by hand."""

import numpy as np
import pytest

from sem_toolkit.rotation import ROTATIONS, RotationOptions
from sem_toolkit.rotation.criteria import build_criterion

LOADINGS = np.random.default_rng(3).normal(size=(8, 3))
TARGET = np.where(np.arange(24).reshape(8, 3) % 3 == 0, np.nan, 0.2)
NAMES = [name for name in ROTATIONS if name not in ("none", "promax")]


@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_the_derivative(name):
    options = RotationOptions(name, oblimin_gamma=0.3, orthomax_gamma=0.4, cf_gamma=0.2)
    criterion = build_criterion(options, 8, 3, TARGET)
    value, slope = criterion.evaluate(LOADINGS)
    steps = np.eye(24).reshape(24, 8, 3)
    h = 1e-5
    differences = (criterion.evaluate(LOADINGS + h * steps)[0] - criterion.evaluate(LOADINGS - h * steps)[0]) / (2 * h)
    assert np.allclose(slope.ravel(), differences, rtol=1e-7, atol=1e-7 * max(1.0, abs(value)))
    complex_steps = np.imag(criterion.evaluate(LOADINGS + 1e-20j * steps)[0]) / 1e-20
    assert np.allclose(slope.ravel(), complex_steps, rtol=1e-12, atol=1e-12)


def test_values_of_a_simple_matrix():
    loadings = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    value = lambda name, **rest: float(build_criterion(RotationOptions(name, **rest), 3, 2).evaluate(loadings)[0])  # noqa: E731
    assert value("quartimin") == 0.0
    assert value("geomin", geomin_epsilon=0.01) == pytest.approx(2 * np.sqrt(1.01 * 0.01) + np.sqrt(0.01 * 4.01))
    assert value("quartimax") == pytest.approx(-(1 + 1 + 16) / 4)
    assert value("varimax") == pytest.approx(-(18 - (2**2 + 4**2) / 3) / 4)
    assert value("cf-facparsim") == pytest.approx(2.0 / 4)  # column complexity: 1·1 twice in the first column


def test_bifactor_criteria_leave_the_general_factor_alone():
    for name in ("biquartimin", "bigeomin"):
        criterion = build_criterion(RotationOptions(name), 8, 3)
        slope = criterion.evaluate(LOADINGS)[1]
        assert not slope[:, 0].any()
        assert slope[:, 1:].any()
