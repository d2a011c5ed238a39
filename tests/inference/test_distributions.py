"""Tails of the distributions that tests and intervals refer to."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sem_toolkit.inference import distributions


@given(st.floats(1, 300), st.integers(1, 100), st.floats(0.01, 200))
def test_noncentral_probability_is_scipys(chisq, df, ncp):
    ours = distributions.compute_noncentral_probability(chisq, df, ncp)
    assert ours == pytest.approx(stats.ncx2.cdf(chisq, df, ncp), abs=1e-8)


def test_tails_are_not_lost_to_rounding():
    assert distributions.compute_chisq_pvalue(1000, 10) == pytest.approx(stats.chi2.sf(1000, 10), rel=1e-10)
    assert distributions.compute_two_sided_pvalue(np.array([30.0]))[0] == pytest.approx(2 * stats.norm.sf(30), rel=1e-9)


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
