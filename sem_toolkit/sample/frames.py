"""Tables that are in memory, of any library, into a pandas DataFrame."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.delimited import describe_headerless
from sem_toolkit.sample.messages import add_messages

if TYPE_CHECKING:
    import pandas as pd


def convert_frame(data: object) -> "pd.DataFrame":
    """Rows as a DataFrame: from pandas, polars, Arrow and whatever else narwhals reads, a mapping or an array (n × p).

    The columns of an array have no names: they are called V1, V2, … with a message. Raises DataError for what is no
    table of rows.
    """
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        return _flatten_names(data)
    if isinstance(data, np.ndarray):
        return _convert_array(data)
    if isinstance(data, Mapping):
        return _convert_mapping(data)
    return _convert_foreign(data)


def _flatten_names(frame: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    if isinstance(frame.columns, pd.MultiIndex):
        message = "the DataFrame has columns of several levels"
        raise DataError(Diagnostic("error", "no-table", message, hint="give every column one name"))
    return frame


def _convert_array(data: "np.ndarray[Any, Any]") -> "pd.DataFrame":
    import pandas as pd

    if data.dtype.names:
        return pd.DataFrame({name: data[name] for name in data.dtype.names})
    if data.ndim != 2 or data.dtype.kind not in "biufO":
        message = f"an array of shape {data.shape} and type {data.dtype} is no table of numbers"
        raise DataError(Diagnostic("error", "no-table", message, hint="give n × p numbers, or a DataFrame"))
    frame = pd.DataFrame(np.asarray(data), columns=[f"V{number}" for number in range(1, data.shape[1] + 1)])
    if data.shape[1]:
        add_messages(frame, [describe_headerless("the array", data.shape[1])])
    return frame


def _convert_mapping(data: Mapping[Any, Any]) -> "pd.DataFrame":
    import pandas as pd

    try:
        columns = {str(name): np.asarray(values) for name, values in data.items()}
        lengths = {name: len(values) for name, values in columns.items() if values.ndim == 1}
    except (TypeError, ValueError):
        lengths = {}
    if not data or len(lengths) < len(data):
        raise DataError(Diagnostic("error", "no-table", "the mapping is no table: it needs one list of values a name"))
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length}" for name, length in list(lengths.items())[:8])
        raise DataError(Diagnostic("error", "unequal-columns", f"the columns are not of one length: {shown}"))
    return pd.DataFrame(columns)


def _convert_foreign(data: object) -> "pd.DataFrame":
    import narwhals.stable.v2 as narwhals
    import pandas as pd

    message = f"a {type(data).__name__} is no table of rows"
    fault = Diagnostic("error", "no-table", message, hint="give a DataFrame (pandas, polars, Arrow), a dict or a path")
    try:
        if not _is_known(data) and (hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")):
            import pyarrow

            data = pyarrow.table(data)
        table: Any = narwhals.from_native(data)
        if isinstance(table, narwhals.LazyFrame):
            table = table.collect()
        names = list(table.columns)
        columns = {name: _convert_column(table[name]) for name in names}
    except Exception as problem:  # the libraries' exceptions have no common parent
        raise DataError(fault) from problem
    return pd.DataFrame(columns)


def _is_known(data: object) -> bool:
    module, kind = type(data).__module__.split(".")[0], type(data).__name__
    return module in {"polars", "pandas", "modin", "cudf", "dask", "duckdb"} or (
        module == "pyarrow" and kind == "Table"
    )


def _convert_column(column: Any) -> "pd.Series | np.ndarray[Any, Any]":
    """Numbers as float64 with NaN for null; anything else as Python values."""
    import narwhals.stable.v2 as narwhals

    if column.dtype.is_numeric() or column.dtype == narwhals.Boolean:
        if column.null_count():
            return np.array([np.nan if value is None else float(value) for value in column.to_list()])
        return np.asarray(column.to_numpy(), dtype=np.float64)
    return np.array([*column.to_list(), None], dtype=object)[:-1]
