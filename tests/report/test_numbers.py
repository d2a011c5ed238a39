"""Numbers in print: what cannot exceed 1 has no leading zero, all else has one."""

import math

import pytest

from sem_toolkit.report.numbers import format_printed_cell, format_share, is_share


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, ".500"), (-0.25, "−.250"), (0.0, ".000"), (1.0, "1.000"), (0.99999, "1.000"), (1.02, "1.020"),
     (-10.5, "−10.500"), (math.nan, "–"), (None, "–")],
)  # fmt: skip
def test_a_share_has_no_leading_zero(value, text):
    assert format_share(value) == text


def test_which_quantities_are_shares():
    for name in ("cfi", "tli.robust", "rmsea.ci.lower.scaled", "srmr", "ave_model", "aic.weight", "r2", "rmsea_change"):
        assert is_share(name), name
    for name in ("chisq", "est", "std.all", "omega2", "epc", "ecvi", "htmt", "cfi2"):
        assert not is_share(name), name


def test_a_cell_for_print_goes_by_its_column():
    cells = [("cfi", 0.95), ("est", 0.95), ("pvalue", 0.95), ("df", 3.0), ("item", "0.5")]
    assert [format_printed_cell(name, value) for name, value in cells] == [".950", "0.950", ".950", "3", "0.5"]
