"""Rows of a table by a condition."""

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_names
from sem_toolkit.spec.conditions import Comparison, Condition, list_columns

if TYPE_CHECKING:
    import pandas as pd

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def select_rows(frame: "pd.DataFrame", condition: Condition, text: str) -> "pd.DataFrame":
    """The rows for which a condition holds; an empty cell is unequal to, and neither above nor below, anything.

    text  the condition as typed, for messages

    Raises DataError for an unknown column, for numbers compared with texts, and where no row is left.
    """
    faults = check_names(list(list_columns(condition)), [str(name) for name in frame.columns], "the data")
    if faults:
        raise DataError(faults)
    kept = _evaluate(frame, condition)
    if not kept.any():
        message = f'no row is left by "{text}": it holds for none of the {len(frame)} rows'
        raise DataError(Diagnostic("error", "no-rows", message, hint="look at the columns: sem-toolkit data"))
    result = frame[kept]
    result.attrs = dict(frame.attrs)
    return result


def _evaluate(frame: "pd.DataFrame", condition: Condition) -> NDArray[np.bool_]:
    if isinstance(condition, Comparison):
        return _compare(frame, condition)
    parts = [_evaluate(frame, part) for part in condition.parts]
    if condition.word == "not":
        return ~parts[0]
    joined = np.logical_and if condition.word == "and" else np.logical_or
    return np.asarray(joined.reduce(parts), dtype=np.bool_)


def _compare(frame: "pd.DataFrame", comparison: Comparison) -> NDArray[np.bool_]:
    import pandas as pd

    column = frame[comparison.column]
    missing = np.asarray(column.isna())
    if comparison.sign == "missing":
        return missing
    numeric = pd.api.types.is_numeric_dtype(column.dtype)
    for value in comparison.values:
        if numeric == isinstance(value, str):
            kind, wanted = ("numbers", "a number") if numeric else ("texts", "a text in quotes")
            example = f"{column.dropna().iloc[0]}" if column.notna().any() else ""
            message = f"{comparison.column} holds {kind}, and is compared with {value!r}"
            hint = f"compare it with {wanted}" + (
                f", such as {example if numeric else repr(example)}" if example else ""
            )
            raise DataError(Diagnostic("error", "wrong-kind", message, hint=hint))
    values = np.asarray(column.to_numpy(dtype=float, na_value=np.nan) if numeric else column.astype(str))
    if comparison.sign == "in":
        found = np.isin(values, list(comparison.values))
    else:
        found = np.asarray(_COMPARE[comparison.sign](values, comparison.values[0]))
    return np.asarray(found & ~missing, dtype=np.bool_)
