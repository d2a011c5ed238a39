"""From a data frame to moments: lavaan's numbers, deletion that is counted, and every fault by name."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample import build_sample, read_table
from sem_toolkit.sample.moments import compute_mean_and_covariance

ORACLES = Path(__file__).parents[1] / "oracles"


def oracle(case):
    return json.loads((ORACLES / "cases" / f"{case}.json").read_text())


@pytest.mark.parametrize("case", ["hs_cfa_marker", "poldem_sem", "path_med_fixedx", "listwise_cfa", "mg_scalar"])
def test_moments_are_lavaans(case):
    reference = oracle(case)
    names = reference["sample_cov"][0]["cov"]["names"]
    frame = read_table(ORACLES / "data" / reference["data"])
    sample = build_sample(frame, names, reference["options"].get("group"))
    assert sample.n == reference["n"]
    assert [group.label for group in sample.groups] == reference.get("group_labels", [""])
    for group, theirs in zip(sample.groups, reference["sample_cov"], strict=True):
        np.testing.assert_allclose(group.covariance, theirs["cov"]["matrix"], rtol=1e-10, atol=1e-13)
        if "mean" in theirs:
            np.testing.assert_allclose(group.mean, theirs["mean"]["values"], rtol=1e-10)


def test_a_large_offset_costs_no_digits():
    rows = np.random.default_rng(2).standard_normal((50, 3))
    mean, covariance = compute_mean_and_covariance(np.round(rows, 6) + 2.0**30)
    expected = np.cov(np.round(rows, 6), rowvar=False, ddof=0)
    np.testing.assert_allclose(covariance, expected, atol=1e-6)
    np.testing.assert_allclose(mean - 2.0**30, np.round(rows, 6).mean(axis=0), atol=1e-6)


def frame_of(n=20):
    rows = np.random.default_rng(3).standard_normal((n, 3))
    return pd.DataFrame(rows, columns=["income", "age", "trust"])


def test_rows_with_a_missing_value_are_counted_and_named():
    frame = frame_of()
    frame.loc[[1, 4], "age"] = np.nan
    frame.loc[4, "trust"] = np.nan
    sample = build_sample(frame, ["income", "age", "trust"])
    assert (sample.n, sample.n_read) == (18, 20)
    assert [message.code for message in sample.messages] == ["rows-dropped"]
    assert "2 of 20 rows left out because a value is missing: age (2), trust (1)" in sample.messages[0].message


def test_missing_values_elsewhere_do_not_matter():
    frame = frame_of()
    frame.loc[1, "age"] = np.nan
    assert build_sample(frame, ["income", "trust"]).n == 20


def test_groups_come_in_order_of_appearance_and_without_a_point():
    frame = frame_of(30)
    frame["wave"] = [2.0, 1.0, np.nan] * 10
    sample = build_sample(frame, ["income", "age"], group="wave")
    assert [(group.label, group.n) for group in sample.groups] == [("2", 10), ("1", 10)]
    assert "wave (10)" in sample.messages[0].message


def faults_of(frame, variables=("income", "age", "trust"), **options):
    with pytest.raises(DataError) as caught:
        build_sample(frame, variables, **options)
    return [(diagnostic.code, diagnostic.message, diagnostic.hint) for diagnostic in caught.value.diagnostics]


def test_an_unknown_column_is_answered_with_the_nearest():
    ((code, message, hint),) = faults_of(frame_of(), ["Incme", "age"])
    assert (code, hint) == ("unknown-variable", "did you mean 'income'?")
    assert "'Incme'" in message
    ((_, _, hint),) = faults_of(frame_of(), ["zzz", "age"])
    assert hint == "there are income, age, trust"
    assert faults_of(frame_of(), ["age"], group="trsut")[0][2] == "did you mean 'trust'?"


def test_a_text_column_shows_its_first_offending_value():
    frame = frame_of().astype(object)
    frame.loc[3, "age"] = "12a"
    frame.loc[2, "age"] = None
    frame["trust"] = "high"
    (first, second) = faults_of(frame)
    assert first == (
        "text-column",
        "'age' is not numeric: row 4 holds '12a'",
        "correct the value, or leave it empty if it is missing",
    )
    assert second[1] == "'trust' is not numeric: row 1 holds 'high'"


def test_all_faults_of_all_columns_are_told_at_once():
    frame = frame_of()
    frame["income"] = 7.0
    frame["age"] = np.nan
    frame.loc[5, "trust"] = -np.inf
    assert [(code, message) for code, message, _ in faults_of(frame)] == [
        ("constant-column", "'income' is constant: every value is 7"),
        ("all-missing", "every value of 'age' is missing"),
        ("infinite-value", "'trust' has an infinite value in row 6"),
    ]


def test_a_column_that_is_constant_within_a_group():
    frame = frame_of(40)
    frame["school"] = ["a", "b"] * 20
    frame.loc[frame["school"] == "b", "age"] = 3.0
    ((code, message, _),) = faults_of(frame, group="school")
    assert (code, message) == ("constant-column", "'age' is constant in group 'b': every value is 3")


def test_fewer_rows_than_variables():
    ((code, message, _),) = faults_of(frame_of(3))
    assert (code, message) == ("too-few-rows", "3 complete rows for 3 variables; at least 4 are needed")


def test_collinear_columns_are_named():
    frame = frame_of()
    frame["total"] = frame["income"] * 1000 + frame["age"]
    ((code, message, _),) = faults_of(frame, ["income", "age", "trust", "total"])
    assert code == "collinear-columns"
    assert "income" in message
    assert "total" in message
    assert "trust" not in message


def test_duplicate_columns():
    frame = frame_of()
    frame.columns = ["income", "age", "age"]
    assert faults_of(frame)[0][:2] == ("duplicate-column", "the data frame: the column name 'age' occurs 2 times")


def test_a_column_that_pandas_has_renamed_is_told():
    frame = frame_of().rename(columns={"trust": "age.1"})
    assert [message.code for message in build_sample(frame, ["income", "age"]).messages] == ["renamed-column"]


def test_unequal_scales_are_told():
    frame = frame_of()
    frame["income"] *= 1e3
    assert [message.code for message in build_sample(frame, ["income", "age"]).messages] == ["unequal-scales"]


def test_nullable_and_boolean_columns_are_numbers():
    frame = frame_of()
    frame["age"] = pd.array([1, 2, None, 4] * 5, dtype="Int64")
    frame["trust"] = [True, False, False, True] * 5
    assert build_sample(frame, ["income", "age", "trust"]).n == 15
