"""Verdicts about expected changes follow from their intervals."""

import pandas as pd
import pytest

from sem_toolkit.inference import build_modification_indices
from sem_toolkit.inference.hypotheses.equivalence import classify_expected_changes


def verdict(change, z, op="~~"):
    table = pd.DataFrame({"op": [op], "sepc.all": [change], "mi": [z**2]})
    return classify_expected_changes(table)["verdict"].iloc[0]


@pytest.mark.parametrize(
    ("change", "z", "expected"),
    [
        (0.02, 1.0, "trivial"),  # 0.02 ± 0.033
        (0.50, 5.0, "substantial"),  # 0.50 ± 0.16
        (0.05, 0.2, "underpowered"),  # 0.05 ± 0.41
        (0.12, 3.0, "inconclusive"),  # 0.12 ± 0.066
        (-0.50, 5.0, "substantial"),
    ],
)
def test_verdicts(change, z, expected):
    assert verdict(change, z) == expected


def test_what_is_trivial_depends_on_the_kind_of_parameter():
    assert verdict(0.3, 10.0, "~~") == "substantial"
    assert verdict(0.3, 10.0, "=~") == "trivial"


def test_table_keeps_its_rows(solve):
    indices = build_modification_indices(solve("hs_cfa_marker"))
    found = classify_expected_changes(indices)
    assert found["mi"].tolist() == indices["mi"].tolist()
    assert set(found["verdict"]) <= {"trivial", "substantial", "underpowered", "inconclusive", ""}
    largest = found.iloc[0]
    assert (largest["lhs"], largest["op"], largest["rhs"]) == ("visual", "=~", "x9")
    assert largest["sepc.lower"] < largest["sepc.all"] < largest["sepc.upper"]
