"""Rows by a condition."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import DataError
from sem_toolkit.sample.selection import select_rows
from sem_toolkit.spec.conditions import parse_condition

FRAME = pd.DataFrame({"age": [20.0, np.nan, 40.0, 50.0], "kind": ["a", "b", None, "b"], "n": [1, 2, 3, 4]})


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("age >= 40", [2, 3]),
        ("not age >= 40", [0, 1]),
        ("age != 20", [2, 3]),
        ("age is missing", [1]),
        ('kind == "b"', [1, 3]),
        ('kind != "b"', [0]),
        ('kind in ("a", "c") or n == 4', [0, 3]),
        ("n < 4 and age is not missing", [0, 2]),
    ],
)
def test_rows(text, rows):
    assert list(select_rows(FRAME, parse_condition(text), text).index) == rows


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("agee > 3", "agee"),
        ('age == "old"', "age holds numbers"),
        ("kind > 3", "kind holds texts"),
        ("age > 100", 'no row is left by "age > 100"'),
    ],
)
def test_what_the_data_cannot_answer(text, reason):
    with pytest.raises(DataError, match=reason):
        select_rows(FRAME, parse_condition(text), text)
