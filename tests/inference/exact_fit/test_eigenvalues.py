"""P-values from the eigenvalues of UΓ: mixtures of chi-squares and smoothed eigenvalues."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sem_toolkit.inference.exact_fit.eigenvalues import (
    average_eigenvalues,
    compute_mixture_pvalue,
    smooth_eigenvalues,
)


@given(st.floats(0.1, 100), st.integers(1, 40), st.floats(0.2, 5.0))
def test_a_mixture_of_equal_weights_is_a_scaled_chi_square(stat, df, weight):
    assert compute_mixture_pvalue(stat, np.full(df, weight)) == pytest.approx(
        stats.chi2.sf(stat / weight, df), abs=1e-9
    )


def test_a_mixture_of_pairs_is_a_sum_of_exponentials():
    """aχ²_2 + bχ²_2 with a ≠ b: (a e^(−x/2a) − b e^(−x/2b)) / (a − b)."""
    a, b = 1.7, 0.6
    for x in (0.5, 3.0, 9.0):
        expected = (a * math.exp(-x / (2 * a)) - b * math.exp(-x / (2 * b))) / (a - b)
        assert compute_mixture_pvalue(x, np.array([a, a, b, b])) == pytest.approx(expected, abs=1e-8)


def test_smoothed_eigenvalues_keep_their_sum():
    eigenvalues = np.random.default_rng(3).gamma(2.0, size=24)
    for smooth in (average_eigenvalues(eigenvalues, 4), smooth_eigenvalues(eigenvalues, 3.0)):
        assert smooth.sum() == pytest.approx(eigenvalues.sum())
        assert np.all(np.diff(smooth) <= 1e-12)
    np.testing.assert_allclose(average_eigenvalues(eigenvalues, 1), eigenvalues.mean())
    np.testing.assert_allclose(average_eigenvalues(eigenvalues, 24), np.sort(eigenvalues)[::-1])
