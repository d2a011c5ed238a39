"""Fits with bootstrapped standard errors and tests: the numbers are those of the bootstrap itself, in every table."""

from pathlib import Path

import numpy as np
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import DataError, OptionError
from sem_toolkit.resampling.bootstrap import bootstrap

HS = Path(__file__).parents[1] / "oracles" / "data" / "hs.csv"
PATHS = "x4 ~ a*x1\nx7 ~ b*x4 + x1\nab := a*b\n"
KEY = ["lhs", "op", "rhs"]
DEFINED = ("ab", ":=", "")


@pytest.mark.parametrize("limits", ["perc", "bca"])
def test_errors_and_limits_are_those_of_the_bootstrap(limits: str) -> None:
    found = fit(PATHS, HS, se="bootstrap", bootstrap=300, iseed=4, boot_ci_type=limits)
    table = bootstrap(PATHS, HS, draws=300, seed=4, interval=limits).table.set_index(KEY)
    own = found.parameters.copy()
    own["rhs"] = own["rhs"].where(own["op"] != ":=", "")
    own = own.set_index(KEY)
    for name in ("se", "ci.lower", "ci.upper"):
        np.testing.assert_array_equal(own.loc[table.index, name], table[name])
    np.testing.assert_allclose(own["z"].dropna(), (own["est"] / own["se"])[own["z"].notna()])
    assert (
        own.loc[DEFINED, "ci.upper"] - own.loc[DEFINED, "est"] > own.loc[DEFINED, "est"] - own.loc[DEFINED, "ci.lower"]
    )
    assert own.loc[("x1", "~~", "x1"), "se"] == 0.0  # its moments are the data's
    assert "bootstrap (300 samples of the rows, seed 4" in found.summary()


def test_what_follows_from_standard_errors_follows_from_the_draws() -> None:
    found = fit(PATHS, HS, se="boot", bootstrap=300)
    draws = bootstrap(PATHS, HS, draws=300).draws
    a, b = np.asarray(found.solution.x)[:2]
    spread = np.cov(draws[:, 0] - draws[:, 1], bias=True)
    assert found.test_hypotheses("a == b").stat == pytest.approx((a - b) ** 2 / spread)
    usual = fit(PATHS, HS)
    assert found.fit_measures == usual.fit_measures
    assert not np.allclose(found.standardized["se"], usual.standardized["se"], rtol=1e-3)


def test_the_test_of_bollen_and_stine_stands_beside_the_standard_one() -> None:
    text = "f =~ x1 + x2 + x3 + x4\n"
    found = fit(text, HS, test="bollen.stine", bootstrap=200, iseed=2)
    own = bootstrap(text, HS, draws=200, resample="bollen.stine", seed=2)
    last = found.tests[-1]
    assert (last.test, last.pvalue) == ("bollen.stine", own.pvalue)
    assert last.stat == pytest.approx(found.fit_measures["chisq"])
    np.testing.assert_array_equal(found.parameters["se"], fit(text, HS).parameters["se"])
    assert "Bollen-Stine p" in found.summary()


def test_what_cannot_be_bootstrapped_says_so() -> None:
    with pytest.raises(OptionError, match="nothing is bootstrapped"):
        fit(PATHS, HS, bootstrap=100)
    moments = np.eye(3) + 0.3
    with pytest.raises(DataError, match="a bootstrap draws rows"):
        fit("c ~ a + b\n", sample_cov=_name(moments), sample_nobs=100, se="bootstrap")
    with pytest.raises(OptionError):
        fit(PATHS, HS, se="bootstrap", estimator="IV")


def _name(moments: np.ndarray) -> object:
    import pandas as pd

    return pd.DataFrame(moments, index=list("abc"), columns=list("abc"))
