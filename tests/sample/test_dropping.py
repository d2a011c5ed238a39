"""Rows that cannot be used: said with their number, what they lack and what to do; never left out in silence."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample import build_sample
from sem_toolkit.sample.choices import Weighting
from sem_toolkit.sample.weights import attach_weights

NAMES = ("a", "b", "c")


@pytest.fixture
def rows() -> pd.DataFrame:
    frame = pd.DataFrame(np.random.default_rng(5).normal(size=(40, 3)), columns=list(NAMES))
    return frame.assign(g=np.where(np.arange(40) < 25, "p", "q"), w=1.0)


def refuse(frame: pd.DataFrame, **choices: object) -> DataError:
    with pytest.raises(DataError) as caught:
        build_sample(frame, NAMES, **choices)
    return caught.value


def test_listwise_deletion_that_leaves_nothing_says_which_variables_did_it(rows):
    for j, name in enumerate(NAMES):
        rows.loc[rows.index % 3 == j, name] = np.nan
    fault = refuse(rows).diagnostics[0]
    assert fault.code == "too-few-rows"
    assert "0 complete rows for 3 variables" in fault.message
    assert "of 40 rows many lack a value: a (14), b (13), c (13)" in fault.message
    assert 'missing = "ml"' in fault.hint
    assert build_sample(rows, NAMES, missing="ml").n == 40


@pytest.mark.parametrize("missing", [None, "ml", "two.stage", "pairwise"])
def test_a_variable_without_values_in_a_group_is_named(rows, missing):
    rows.loc[rows["g"] == "q", "b"] = np.nan
    fault = refuse(rows, group="g", missing=missing).diagnostics[0]
    assert "'q'" in fault.message
    assert "b" in fault.message.replace("'", " ").split()
    assert fault.hint == "leave it out of the model"


def test_rows_without_a_group_are_counted_and_cannot_be_kept(rows):
    rows.loc[3:5, "g"] = None
    for missing in (None, "ml"):
        sample = build_sample(rows, NAMES, group="g", missing=missing)
        (said,) = [entry for entry in sample.messages if entry.code == "rows-dropped"]
        assert said.message == "3 of 40 rows left out because a value is missing: g (3)"
        assert said.hint == "a row without a value of 'g' belongs to no group"


def test_rows_that_lack_a_cell_or_a_group_are_told_apart(rows):
    rows.loc[3:5, "g"] = None
    rows.loc[8, "a"] = np.nan
    (said,) = [entry for entry in build_sample(rows, NAMES, group="g").messages if entry.code == "rows-dropped"]
    assert "4 of 40" in said.message
    assert said.hint.startswith('missing = "ml" keeps those with a group')


def test_a_column_that_is_none_of_groups_is_one_fault(rows):
    found = refuse(rows.assign(g=np.arange(40)), group="g").diagnostics
    assert [fault.code for fault in found] == ["too-many-groups"]
    sample = build_sample(rows.assign(g=1), NAMES, group="g")
    assert "one-group" in [entry.code for entry in sample.messages]


def test_no_rows_at_all(rows):
    assert refuse(rows.iloc[:0]).diagnostics[0].code == "no-rows"


def test_weights_that_leave_few_rows_anything_to_say_are_said(rows):
    rows.loc[7, "w"] = 1e6
    sample = attach_weights(build_sample(rows, NAMES), rows, Weighting("w"))
    (said,) = [entry for entry in sample.messages if entry.code == "uneven-weights"]
    assert "40 rows count like 1" in said.message
    even = attach_weights(build_sample(rows, NAMES), rows.assign(w=rows.index + 1.0), Weighting("w"))
    assert "uneven-weights" not in [entry.code for entry in even.messages]


def test_a_variable_that_varies_but_not_among_complete_rows_is_told_apart_from_a_constant(rows):
    rows["a"] = np.where(rows.index < 10, 1.0, rows["a"])
    rows.loc[10:, "b"] = np.nan
    fault = refuse(rows).diagnostics[0]
    assert fault.message == "'a' has the same value in all 10 complete rows of 40"
    assert fault.hint.startswith('missing = "ml" takes rows with empty cells')
    rows["a"] = 1.0
    assert refuse(rows).diagnostics[0].message == "'a' is constant: every value is 1"
