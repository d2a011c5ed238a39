"""`fit` from text and rows: what it refuses, and when."""

import copy
import pickle

import pandas as pd
import pytest

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.fit import fit
from tests.support import ORACLES

UNIDENTIFIED = {
    "two indicators, nothing else": "f =~ x1 + x2",
    "two unrelated pairs": "f =~ x1 + x2\ng =~ x4 + x5\nf ~~ 0*g",
    "a loop without instruments": "x1 ~ x2\nx2 ~ x1\nx1 ~~ x2",
    "no scale": "f =~ NA*x1 + x2 + x3 + x4",
}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "data" / "hs.csv")


@pytest.mark.parametrize("engine", ["native", "auto"])
@pytest.mark.parametrize("text", UNIDENTIFIED.values(), ids=UNIDENTIFIED)
def test_a_model_that_is_not_identified_is_refused_by_every_engine(text, engine, rows):
    with pytest.raises(ModelError) as caught:
        fit(text + "\n", rows, engine=engine)
    assert [entry.code for entry in caught.value.diagnostics] == ["not-identified"]


def test_an_identified_model_without_an_optimum_is_returned_with_its_verdict(rows):
    few = rows.head(12)
    result = fit("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9\n", few, engine="native", max_iterations=2)
    assert not result.certified
    assert result.certificate.verdict in {"no optimum found", "improper"}


def test_a_result_that_does_not_exist_is_no_attribute_and_no_crash():
    result = fit("visual =~ x1 + x2 + x3 + x4", ORACLES / "data" / "hs.csv")
    assert not hasattr(result, "score_tests")
    assert not hasattr(result, "local_tests")
    with pytest.raises(ModelError, match="no equality constraints"):
        result.score_tests  # noqa: B018


def test_a_fit_whose_tables_were_looked_at_pickles_and_copies():
    for estimator in ("MLR", "GLS", "ULSMV", "WLS", "DWLS"):
        options = {"ordered": False} if estimator == "DWLS" else {}
        result = fit("visual =~ x1 + x2 + x3 + x4", ORACLES / "data" / "hs.csv", estimator=estimator, **options)
        assert result.fit_measures["df"] == 2
        assert len(result.parameters) == 9
        there = pickle.loads(pickle.dumps(result))  # noqa: S301
        assert there.fit_measures == pytest.approx(result.fit_measures, nan_ok=True)
        assert copy.deepcopy(result).fit_measures == pytest.approx(result.fit_measures, nan_ok=True)


def test_bounds_keep_a_heywood_case_at_zero():
    """lavaan 0.7-2, cfa(…, bounds = "pos.var")."""
    moments = pd.DataFrame(
        [[0.63, 0.52, 0.18, 0.34], [0.52, 1.00, 0.17, 0.17], [0.18, 0.17, 1.15, -0.20], [0.34, 0.17, -0.20, 1.09]],
        columns=["y1", "y2", "y3", "y4"],
        index=["y1", "y2", "y3", "y4"],
    )
    spec = "f =~ y2 + y1 + y3 + y4"
    assert fit(spec, sample_cov=moments, sample_nobs=60).certificate.verdict == "improper"
    found = fit(spec, sample_cov=moments, sample_nobs=60, bounds="pos.var")
    assert found.certificate.converged
    assert found.fit_measures["chisq"] == pytest.approx(7.03, abs=5e-3)
    assert found.fit_measures["df"] == 2
    rows = found.parameters
    assert rows["est"].tolist() == pytest.approx([1, 1.212, 0.346, 0.654, 0.561, 0, 1.080, 0.891, 0.422], abs=6e-4)
    assert rows["se"].tolist() == pytest.approx([0, 0.180, 0.213, 0.211, 0.102, 0, 0.197, 0.163, 0.147], abs=6e-4)


@pytest.mark.parametrize("text", ["f =~ g\ng =~ f", "f =~ g\ng =~ h\nh =~ f"])
def test_factors_that_measure_each_other_leave_no_observed_variable(text, rows):
    with pytest.raises(ModelError, match="no observed variables"):
        fit(text + "\n", rows)
