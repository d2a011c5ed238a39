"""Rows with given covariances, skewness and kurtosis: closed forms and large samples."""

import numpy as np
import pytest
from scipy.stats import kurtosis, skew

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.resampling.simulation.generators import METHODS, build_generator
from sem_toolkit.resampling.simulation.polynomials import build_polynomial, find_correlations

COVARIANCE = np.array([[1.0, 0.5, 0.3], [0.5, 2.0, 0.4], [0.3, 0.4, 1.5]])
NAMES = ("a", "b", "c")


def integrate(polynomial, power):
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    return float(weights @ polynomial.apply(points) ** power / np.sqrt(2.0 * np.pi))


@pytest.mark.parametrize(("third", "fourth"), [(0, 1), (0.5, 0.5), (2, 7), (-1, 3), (0, -1), (1.75, 3.75), (3, 21)])
def test_polynomials_have_their_moments_exactly(third, fourth):
    polynomial = build_polynomial(third, fourth)
    found = [integrate(polynomial, power) for power in (1, 2, 3, 4)]
    assert found == pytest.approx([0.0, 1.0, third, fourth + 3.0], abs=1e-9)


def test_fleishmans_published_coefficients_are_found():
    # Fleishman (1978), table 1: skewness 1.75, kurtosis 3.75
    polynomial = build_polynomial(1.75, 3.75)
    assert (polynomial.b, polynomial.c, polynomial.d) == pytest.approx((0.92966052, 0.39949669, -0.03646699), abs=1e-6)


def test_correlations_behind_polynomials_give_the_wanted_ones():
    polynomials = tuple(build_polynomial(*shape) for shape in ((2, 7), (-1, 3), (0, 0)))
    wanted = np.array([[1.0, 0.5, -0.3], [0.5, 1.0, 0.2], [-0.3, 0.2, 1.0]])
    behind = find_correlations(polynomials, wanted, NAMES)
    for i in range(3):
        for j in range(i):
            assert polynomials[i].correlate(polynomials[j], behind[i, j]) == pytest.approx(wanted[i, j], abs=1e-12)
    assert not np.allclose(behind, wanted)


@pytest.mark.parametrize("method", METHODS)
def test_rows_have_the_covariances_and_shapes_that_were_asked_for(method):
    third, fourth = [1.0, -0.5, 0.0], [2.0, 1.0, 0.5]
    rows = build_generator(COVARIANCE, NAMES, third, fourth, method).draw(np.random.default_rng(3), (400_000,))
    assert np.cov(rows.T) == pytest.approx(COVARIANCE, abs=0.02)
    assert skew(rows) == pytest.approx(third, abs=0.05)
    assert kurtosis(rows) == pytest.approx(fourth, abs=0.25)


def test_independent_generators_reach_below_polynomials():
    rows = build_generator(np.eye(2), ("a", "b"), [1.0, 0.0], [0.0, -1.5], "independent").draw(
        np.random.default_rng(4), (300_000,)
    )
    assert skew(rows) == pytest.approx([1.0, 0.0], abs=0.02)
    assert kurtosis(rows) == pytest.approx([0.0, -1.5], abs=0.05)
    with pytest.raises(ModelError, match="no polynomial"):
        build_generator(np.eye(2), ("a", "b"), [1.0, 0.0], [0.0, 0.0])


@pytest.mark.parametrize(
    ("third", "fourth", "method", "said"),
    [
        ([2, 0, 0], [1, 0, 0], "vale-maurelli", "above 2"),
        ([2, 0, 0], [2.5, 0, 0], "vale-maurelli", "from about 5.22 on"),
        ([0, 0, 0], [0, 0, -3], "independent", "above -2"),
        ([3, 0, 0], [7.5, 0, 0], "independent", "the one behind a"),
    ],
)
def test_impossible_shapes_say_which_are_possible(third, fourth, method, said):
    with pytest.raises(ModelError) as fault:
        build_generator(COVARIANCE, NAMES, third, fourth, method)
    assert said in str(fault.value)


def test_a_correlation_that_shapes_forbid_is_named():
    covariance = np.array([[1.0, -0.9], [-0.9, 1.0]])
    with pytest.raises(ModelError, match=r"a and b cannot correlate -0\.900"):
        build_generator(covariance, ("a", "b"), [3, 3], [21, 21])
