"""Fit given exogenous variables (conditional_x) of numeric data: lavaan's measures, and the estimates of fixed_x."""

import json

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.fit import fit
from tests.support import DATA, ORACLES

MODEL = "m ~ a1*x1 + a2*x2\ny1 ~ b1*m + c1*x1\ny2 ~ b2*m + c2*x2"
CASES = json.loads((ORACLES / "given.json").read_text(encoding="utf-8"))
GROUPS = json.loads((ORACLES / "given_groups.json").read_text(encoding="utf-8"))
AVAILABLE = {"gfi_lisrel", "agfi_lisrel", "pgfi"}  # of available cases, which are not given exogenous variables here


def read_rows(name: str) -> pd.DataFrame:
    """In other units, so that standardised slopes are not raw ones."""
    rows = pd.read_csv(DATA / f"{name}.csv")
    return rows.assign(x1=rows["x1"] * 3.0 + 1.0, x2=rows["x2"] * 2.0, m=rows["m"] * 1.7)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['data']}-{case['estimator']}")
def test_lavaans_measures(case):
    missing = "ml" if case["data"] == "mediation_missing" else "listwise"
    rows, estimator = read_rows(case["data"]), case["estimator"]
    found = fit(MODEL, rows, estimator=estimator, missing=missing, conditional_x=True)
    for name, value in case["fit_measures"].items():
        if isinstance(value, float | int) and not (missing == "ml" and name in AVAILABLE):
            assert found.fit_measures[name] == pytest.approx(value, rel=1e-5, abs=1e-5), name
    fixed = fit(MODEL, rows, estimator=estimator, missing=missing, meanstructure=True)
    np.testing.assert_allclose(found.parameters["se"], fixed.parameters["se"], rtol=1e-9)
    assert found.fit_measures["chisq"] == pytest.approx(fixed.fit_measures["chisq"], rel=1e-9)
    assert found.fit_measures["baseline.df"] == 3
    assert fixed.fit_measures["baseline.df"] == 9


@pytest.mark.parametrize("case", GROUPS, ids=lambda case: f"{case['estimator']}-{len(case['group_equal'])}")
def test_lavaans_measures_of_groups(case):
    """GFI is made of residual covariances, intercepts and slopes, weighed at the model."""
    text = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nvisual ~ ageyr + sex\ntextual ~ visual + ageyr"
    equal = {"group_equal": case["group_equal"]} if case["group_equal"] else {}
    options = {"estimator": case["estimator"], "group": "school", "conditional_x": True, "meanstructure": True, **equal}
    found = fit(text, DATA / "hs.csv", **options).fit_measures
    for name, value in case["fit_measures"].items():
        assert found[name] == pytest.approx(value, rel=2e-5, abs=2e-5), name


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "GLS"}, "does not go with GLS"),
        ({"fixed_x": False}, "fixed_x = false"),
        ({"missing": "ml.x"}, "ml.x"),
        ({"estimator": "MLM"}, "does not go with MLM"),
        ({"sam_method": "local"}, "does not go with sam"),
    ],
)
def test_what_does_not_go_with_it_is_refused(options, message):
    with pytest.raises(OptionError, match=message):
        fit(MODEL, read_rows("mediation"), conditional_x=True, **options)
