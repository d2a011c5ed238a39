"""Products of columns for interactions."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample import add_products


def test_a_product_is_made_once_and_missing_where_a_factor_is():
    frame = pd.DataFrame({"a": [1.0, 2, np.nan], "b": [3, 4, 5], "c": [2, 2, 1], "a:c": [9, 9, 9]})
    made = add_products(frame, ["a", "a:b", "a:c", "a:b:c", "a:z"])
    np.testing.assert_array_equal(made["a:b"], [3, 8, np.nan])
    np.testing.assert_array_equal(made["a:b:c"], [6, 16, np.nan])
    np.testing.assert_array_equal(made["a:c"], [9, 9, 9])
    assert "a:z" not in made
    assert list(frame.columns) == ["a", "b", "c", "a:c"]


def test_a_factor_must_be_a_number():
    with pytest.raises(DataError, match="b"):
        add_products(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), ["a:b"])
