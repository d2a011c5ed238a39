"""Products of columns, such as `a:b`, for the interactions of a model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample.checks import check_column

if TYPE_CHECKING:
    import pandas as pd


def add_products(frame: "pd.DataFrame", variables: Sequence[str]) -> "pd.DataFrame":
    """The frame with a column `a:b` for every variable of that name that it lacks and whose factors it has.

    A product is missing where one of its factors is. Raises DataError where a factor is no numeric column.
    """
    products = [
        name
        for name in variables
        if ":" in name and name not in frame and all(part in frame for part in name.split(":"))
    ]
    if not products:
        return frame
    faults = [fault for name in products for part in name.split(":") for fault in check_column(frame[part])]
    if faults:
        raise DataError(dict.fromkeys(faults))
    return frame.assign(**{name: frame[name.split(":")].astype(float).prod(axis=1, skipna=False) for name in products})
