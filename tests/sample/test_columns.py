"""Columns of a table as numbers: the same by whatever way they are read."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample import columns
from sem_toolkit.sample.columns import read_numbers

FRAME = pd.DataFrame(
    {"name": list("abcd"), "whole": [3, 1, 4, 1], "half": [0.5, np.nan, 2.5, 1.0], "yes": [True, False, True, True]}
)


@pytest.mark.parametrize("names", [("half", "whole"), ("whole",), ("yes", "half"), ("whole", "whole")])
def test_few_columns_are_read_as_many_are(monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]) -> None:
    places = [FRAME.columns.get_loc(name) for name in names]
    one_by_one = read_numbers(FRAME, places, names)
    monkeypatch.setattr(columns, "_FEW", 0)
    together = read_numbers(FRAME, places, names)
    np.testing.assert_array_equal(one_by_one[0], together[0])
    assert one_by_one[0].flags.c_contiguous
    assert together[0].flags.c_contiguous
    assert one_by_one[1] == together[1]


def test_columns_whose_labels_are_no_texts_are_read_by_their_places() -> None:
    frame = pd.DataFrame({1: [1.0, 2.0], 2: [4.0, 3.0]})
    np.testing.assert_array_equal(read_numbers(frame, [1], ("2",))[0], [[4.0], [3.0]])


def test_faults_are_told_by_column() -> None:
    with pytest.raises(DataError) as fault:
        read_numbers(FRAME.assign(half=[1.0, 1.0, 1.0, 1.0]), [2, 1], ("half", "whole"))
    assert [entry.code for entry in fault.value.diagnostics] == ["constant-column"]
