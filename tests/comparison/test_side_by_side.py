"""Which measures stand in a table of several fits."""

import math

import pytest

from sem_toolkit.comparison.side_by_side import list_scaled

SCALED_ONLY = ["chisq.scaled", "cfi.scaled"]


@pytest.mark.parametrize(
    ("robust", "expected"), [(0.93, ["chisq.scaled", "cfi.robust"]), (math.nan, SCALED_ONLY), (None, SCALED_ONLY)]
)
def test_scaled_indices_are_shown_where_no_fit_has_robust_ones(robust, expected):
    assert (
        list_scaled([{"chisq.scaled": 9.1, "cfi.robust": robust, "cfi.scaled": 0.91, "tli.scaled": None}]) == expected
    )
