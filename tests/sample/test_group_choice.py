"""Groups in an order of one's own, and some of them only."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError, OptionError
from sem_toolkit.fit import fit
from tests.support import DATA

SPEC = "visual =~ x1 + x2 + x3\nvisual ~ c(a, b)*ageyr"


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(DATA / "hs.csv")


def test_groups_come_as_the_labels_stand(rows):
    as_they_appear = fit(SPEC, rows, group="school")
    turned = fit(SPEC, rows, group="school", group_label=["Grant-White", "Pasteur"])
    assert [group.label for group in turned.sample.groups] == ["Grant-White", "Pasteur"]
    one, other = (found.parameters.set_index("label")["est"] for found in (as_they_appear, turned))
    np.testing.assert_allclose([other["a"], other["b"]], [one["b"], one["a"]], rtol=1e-8)
    assert not [entry for entry in turned.messages if entry.code == "groups-chosen"]


def test_rows_of_groups_that_are_not_named_are_left_out_and_told(rows):
    grades = fit("visual =~ x1 + x2 + x3", rows.assign(s=rows["school"] + rows["grade"].astype(str)), group="s",
                 group_label="Grant-White8.0,Pasteur7.0")  # fmt: skip
    counts = (rows["school"] + rows["grade"].astype(str)).value_counts()
    assert [group.n for group in grades.sample.groups] == [counts["Grant-White8.0"], counts["Pasteur7.0"]]
    (said,) = [entry for entry in grades.messages if entry.code == "groups-chosen"]
    assert f"takes {grades.sample.n} of 301 rows" in said.message


def test_numbers_name_groups_as_texts_do(rows):
    by_number, by_text = (
        fit("visual =~ x1 + x2 + x3", rows, group="grade", group_label=label) for label in ([8.0, 7], ["8", "7"])
    )
    assert [group.label for group in by_number.sample.groups] == ["8", "7"]
    np.testing.assert_array_equal(by_number.solution.x, by_text.solution.x)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["Grant-Wite"], "'Grant-Wite', which is no value of 'school'.*did you mean \"Grant-White\""),
        (["Pasteur", "Pasteur"], "names 'Pasteur' twice"),
    ],
)
def test_labels_that_the_column_does_not_have_are_refused(rows, labels, message):
    with pytest.raises(DataError, match=message):
        fit(SPEC, rows, group="school", group_label=labels)


def test_labels_without_a_grouping_column_are_refused(rows):
    with pytest.raises(OptionError, match="there is no grouping column"):
        fit(SPEC, rows, group_label="Pasteur")
