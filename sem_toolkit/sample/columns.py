"""Columns of a table into numbers."""

from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample.checks import check_column, has_column_faults, merge_text_faults, numeric_values
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    import pandas as pd

_FEW = 12  # columns that are read one by one


def read_numbers(
    frame: "pd.DataFrame", places: list[int], variables: tuple[str, ...]
) -> tuple[FloatArray, tuple[str, ...]]:
    """The columns at these places as numbers (n × p), NaN where missing, and which variables are categories by their
    type; raises DataError with the faults of columns.

    Columns of numbers are looked at all at once; one by one only where something is wrong, to say what.
    """
    numbers = _read_plain(frame, variables)
    if numbers is not None and not has_column_faults(numbers):
        return np.ascontiguousarray(numbers), ()
    chosen = frame if places == [*range(len(frame.columns))] else frame.take(places, axis=1)
    together = chosen.to_numpy()
    if len(chosen) and together.dtype.kind in "biuf":
        numbers = together.astype(np.float64, copy=False)  # column after column as a rule, as it is looked through
        if not has_column_faults(numbers):
            only = _list_categories(chosen, variables) if len(places) == 1 else ()  # of several, numbers are no array
            return np.ascontiguousarray(numbers), only
    by_name = [chosen.iloc[:, place].rename(name) for place, name in enumerate(variables)]
    if faults := merge_text_faults([fault for column in by_name for fault in check_column(column)], by_name):
        raise DataError(faults)
    columns = [numeric_values(column) for column in by_name]
    data = np.column_stack([column for column in columns if column is not None])
    return data, _list_categories(chosen, variables)


def _read_plain(frame: "pd.DataFrame", variables: tuple[str, ...]) -> FloatArray | None:
    """The columns of these names (n × p) where they are few and of NumPy's numbers; None otherwise.

    To take some columns out of a table and put them into one array is a twentieth of the time of a small fit.
    """
    if len(variables) > _FEW or not len(frame) or not all(name in frame for name in variables):
        return None
    columns = [frame[name] for name in variables]
    if any(not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "if" for column in columns):
        return None
    return np.array([column.to_numpy() for column in columns], dtype=np.float64).T


def _list_categories(chosen: "pd.DataFrame", variables: tuple[str, ...]) -> tuple[str, ...]:
    """The variables whose columns are of pandas' type of categories, and have some."""
    import pandas as pd

    kinds = zip(variables, chosen.dtypes.tolist(), strict=True)
    return tuple(name for name, kind in kinds if isinstance(kind, pd.CategoricalDtype) and len(kind.categories) > 0)
