"""Entries of docs/differences.md that no other test holds."""

import pandas as pd
import pytest

from sem_toolkit import SemError, fit
from tests.support import DATA

MODEL = "visual =~ x1 + a*x2 + b*x3\n"


def test_the_standard_error_of_an_absolute_value_is_that_of_the_delta_method() -> None:
    rows = fit(MODEL + "size := abs(a)\n", DATA / "hs.csv", engine="native").parameters
    own, defined = (rows.loc[rows["label"] == label].iloc[0] for label in ("a", "size"))
    assert defined["se"] == pytest.approx(own["se"], rel=1e-10)
    assert own["se"] > 0.05


def test_small_p_values_keep_their_digits() -> None:
    rows = fit(MODEL, DATA / "hs.csv", engine="native", likelihood="wishart").parameters
    assert rows["pvalue"].dropna().min() > 0.0
    large = fit("x1 ~ x2\nx4 ~ x5 + x6", DATA / "hs.csv", engine="native").parameters
    assert 0.0 < large["pvalue"].dropna().min() < 1e-20


def test_a_wishart_likelihood_of_weighted_rows_is_refused() -> None:
    frame = pd.read_csv(DATA / "hs.csv").assign(weight=1.0)
    with pytest.raises(SemError, match=r"(?i)wishart"):
        fit(MODEL, frame, sampling_weights="weight", likelihood="wishart")


def test_auxiliary_variables_take_no_degrees_of_freedom_where_intercepts_are_equal() -> None:
    options = {"engine": "native", "missing": "ml", "group": "school", "group_equal": ["loadings", "intercepts"]}
    bare, aided = (fit(MODEL, DATA / "hs.csv", **options, **more).fit_measures["df"] for more in ({}, {"aux": ["x9"]}))
    assert aided == bare


def test_rows_that_are_left_out_are_counted() -> None:
    frame = pd.read_csv(DATA / "hs.csv")
    frame.loc[:6, "x2"] = float("nan")
    found = fit(MODEL, frame, engine="native")
    assert found.sample.n == 294
    assert any(
        "7 of 301 rows" in message.message and 'missing = "ml"' in (message.hint or "") for message in found.messages
    )
