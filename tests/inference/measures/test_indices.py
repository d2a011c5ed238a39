"""Fit indices as functions of plain numbers: definitions, edges and the relations between them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_toolkit.inference import distributions
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


@pytest.mark.parametrize("chisq", [30.0, 60.0])
def test_without_a_test_of_the_baseline_model_there_is_no_index(chisq):
    """Of a misfit that cannot be compared CFI was 0, of a good fit 1."""
    four = (chisq, 40, math.nan, 40)
    found = incremental.compute_incremental_measures(
        incremental.Comparison(chisq, 40, 900.0, 50), incremental.Comparison(*four)
    )
    scaled = {name: value for name, value in found.items() if name.endswith(".scaled")}
    assert scaled
    assert all(map(math.isnan, scaled.values()))


def test_saturated_models():
    assert noncentrality.compute_rmsea(0, 0, 100) == 0
    assert noncentrality.compute_rmsea_interval(0, 0, 100) == (0, 0)
    assert incremental.compute_tli(0, 0, 50, 3) == 1
    assert incremental.compute_nfi(0, 0, 50, 3) == 1
    assert noncentrality.compute_gfi_interval(0, 0, 100, 5) == (1, 1)
    assert math.isnan(indices.compute_critical_n(0, 0, 100, 0.05))
    assert math.isnan(distributions.compute_chisq_pvalue(0, 0))
    assert all(math.isnan(p) for p in noncentrality.compute_rmsea_pvalues(0, 0, 100))


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
