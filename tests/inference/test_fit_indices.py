"""Fit indices as functions of plain numbers: definitions, edges and the relations between them."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sem_toolkit.inference import distributions
from sem_toolkit.inference.exact_fit.eigenvalues import (
    average_eigenvalues,
    compute_mixture_pvalue,
    smooth_eigenvalues,
)
from sem_toolkit.inference.measures import incremental, indices, noncentrality
from sem_toolkit.inference.measures.residual_indices import compute_residual_indices

CHISQ = st.floats(0.01, 2000)
DF = st.integers(1, 400)


@given(CHISQ, DF, st.integers(20, 5000))
def test_rmsea_limits_are_noncentralities(chisq, df, n):
    lower, upper = noncentrality.compute_rmsea_interval(chisq, df, n)
    point = noncentrality.compute_rmsea(chisq, df, n)
    assert 0 <= lower <= upper
    for limit, probability in ((lower, 0.95), (upper, 0.05)):
        if limit > 1e-6:
            ncp = limit**2 * n * df
            assert distributions.compute_noncentral_probability(chisq, df, ncp) == pytest.approx(probability, abs=1e-8)
    assert lower <= point + 1e-12


@given(st.floats(1, 300), st.integers(1, 100), st.floats(0.01, 200))
def test_noncentral_probability_is_scipys(chisq, df, ncp):
    ours = distributions.compute_noncentral_probability(chisq, df, ncp)
    assert ours == pytest.approx(stats.ncx2.cdf(chisq, df, ncp), abs=1e-8)


@given(CHISQ, DF, st.floats(0.5, 3.0), st.integers(20, 5000))
def test_robust_rmsea_is_the_scaled_one_times_the_root_of_the_factor(chisq, df, scaling, n):
    robust = noncentrality.compute_rmsea(chisq, df, n, scaling=scaling)
    scaled = noncentrality.compute_rmsea(chisq / scaling, df, n)
    assert robust == pytest.approx(scaled * math.sqrt(scaling), abs=1e-9)


@given(CHISQ, DF, st.integers(20, 5000), st.integers(2, 60))
def test_gfi_follows_from_rmsea(chisq, df, n, p):
    rmsea = noncentrality.compute_rmsea(chisq, df, n)
    assert noncentrality.compute_gfi(chisq, df, n, p) == pytest.approx(p / (p + 2 * df * rmsea**2), rel=1e-9)


@given(CHISQ, DF, st.floats(0.01, 5000), st.integers(1, 500))
def test_cfi_is_rni_kept_in_bounds(chisq, df, more, extra):
    chisq_null, df_null = chisq + more, df + extra
    cfi = incremental.compute_cfi(chisq, df, chisq_null, df_null)
    assert 0 <= cfi <= 1
    rni = incremental.compute_rni(chisq, df, chisq_null, df_null)
    if chisq > df and chisq_null - df_null > chisq - df:
        assert cfi == pytest.approx(rni, abs=1e-9)


def test_saturated_models():
    assert noncentrality.compute_rmsea(0, 0, 100) == 0
    assert noncentrality.compute_rmsea_interval(0, 0, 100) == (0, 0)
    assert incremental.compute_tli(0, 0, 50, 3) == 1
    assert incremental.compute_nfi(0, 0, 50, 3) == 1
    assert noncentrality.compute_gfi_interval(0, 0, 100, 5) == (1, 1)
    assert math.isnan(indices.compute_critical_n(0, 0, 100, 0.05))
    assert math.isnan(distributions.compute_chisq_pvalue(0, 0))
    assert all(math.isnan(p) for p in noncentrality.compute_rmsea_pvalues(0, 0, 100))


def test_tails_are_not_lost_to_rounding():
    assert distributions.compute_chisq_pvalue(1000, 10) == pytest.approx(stats.chi2.sf(1000, 10), rel=1e-10)
    assert distributions.compute_two_sided_pvalue(np.array([30.0]))[0] == pytest.approx(2 * stats.norm.sf(30), rel=1e-9)


def test_critical_n_makes_the_test_just_significant():
    n = indices.compute_critical_n(85.3, 24, 301, 0.05) - 1
    assert distributions.compute_chisq_pvalue(85.3 / 301 * n, 24) == pytest.approx(0.05)


def test_information_criteria_of_one_logl():
    assert indices.compute_aic(-10, 3) == 26
    assert indices.compute_bic(-10, 3, math.e**2) == pytest.approx(26)
    assert indices.compute_sabic(-10, 3, 24 * math.e - 2) == pytest.approx(23)


def test_residual_indices_by_hand():
    S, Sigma = np.array([[4.0, 1.0], [1.0, 1.0]]), np.array([[4.0, 0.5], [0.5, 1.0]])
    found = compute_residual_indices(S[None], Sigma[None])
    assert found["rmr"] == pytest.approx(math.sqrt(0.25 / 3))
    assert found["srmr"] == pytest.approx(math.sqrt(0.0625 / 3))
    assert found["crmr"] == pytest.approx(0.25)
    shifted = compute_residual_indices(S[None], Sigma[None], np.array([[1.0, 2.0]]), np.array([[0.0, 2.0]]))
    assert shifted["srmr"] == pytest.approx(math.sqrt((0.0625 + 0.25) / 5))
    assert shifted["srmr_nomean"] == found["srmr"]


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


@pytest.mark.parametrize("chisq", [30.0, 120.0, 400.0, 2000.0])
@pytest.mark.parametrize("noncentrality", [0.0, 5.0, 60.0, 300.0])
def test_noncentral_tails_keep_their_digits(chisq, noncentrality):
    """Against 50-digit sums of the Poisson mixture."""
    mp.mp.dps = 50
    df, half = 24, mp.mpf(noncentrality) / 2
    terms = range(1 if noncentrality == 0 else 3000)
    weight, expected = mp.exp(-half), mp.mpf(0)
    for j in terms:
        expected += weight * mp.gammainc(mp.mpf(df) / 2 + j, mp.mpf(chisq) / 2, regularized=True)
        weight *= half / (j + 1)
        if weight < mp.mpf(10) ** -400:
            break
    found = distributions.compute_noncentral_tail(chisq, df, noncentrality)
    assert found == pytest.approx(float(expected), rel=1e-9, abs=1e-300)
