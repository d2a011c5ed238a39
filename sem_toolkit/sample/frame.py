"""A DataFrame into a Sample: columns checked, incomplete rows left out and counted, groups in order of appearance."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_column, check_names, check_rows, check_scales, numeric_values
from sem_toolkit.sample.delimited import require_unique_names
from sem_toolkit.sample.moments import FloatArray, compute_mean_and_covariance
from sem_toolkit.sample.sample import Sample, SampleGroup
from sem_toolkit.sample.tables import MESSAGES

if TYPE_CHECKING:
    import pandas as pd


def build_sample(frame: "pd.DataFrame", variables: Sequence[str], group: str | None = None, source: str = "") -> Sample:
    """Take the model's variables out of a table; rows with a missing value among them are left out.

    variables  names in the order of the model (p)
    group      name of the grouping column; groups come in the order in which their values appear
    source     file name or description, used in messages and captions

    Means and covariances have divisor n. Raises DataError with every fault of every column: unknown, duplicate,
    text, constant, infinite, all missing; too few rows; collinear columns.
    """
    source = source or "the data frame"
    require_unique_names([str(name) for name in frame.columns], source)
    frame = frame.rename(columns=str)
    variables = tuple(variables)
    _require(check_names([*variables, *([group] if group else [])], list(frame.columns), source))
    _require(fault for name in variables for fault in check_column(frame[name]))
    columns = [numeric_values(frame[name]) for name in variables]
    data = np.column_stack([column for column in columns if column is not None])
    labels = _group_labels(frame[group]) if group else np.full(len(frame), "", dtype=object)
    groups, dropped = _split_groups(data, labels, variables)
    messages = [*frame.attrs.get(MESSAGES, ()), *_describe_dropped(data, labels, variables, group, dropped)]
    messages += [message for part in groups for message in check_scales(np.diag(part.covariance), variables)]
    messages += _describe_renamed(frame.columns, variables)
    return Sample(variables, groups, len(frame), tuple(messages), source)


def _split_groups(
    data: FloatArray, labels: NDArray[np.object_], variables: tuple[str, ...]
) -> tuple[tuple[SampleGroup, ...], int]:
    """The complete rows of every group, and how many rows were left out."""
    grouped = np.array([label is not None for label in labels], dtype=bool)
    complete = ~np.isnan(data).any(axis=1) & grouped
    order = list(dict.fromkeys(label for label in labels if label is not None))
    parts = [(label, data[complete & (labels == label)]) for label in order]
    _require(fault for label, rows in parts for fault in check_rows(rows, variables, label))
    return tuple(_build_group(label, rows) for label, rows in parts), int(np.sum(~complete))


def _build_group(label: str, rows: FloatArray) -> SampleGroup:
    mean, covariance = compute_mean_and_covariance(rows)
    return SampleGroup(label, rows.shape[0], covariance, mean, rows)


def list_group_labels(frame: "pd.DataFrame", group: str) -> tuple[str, ...]:
    """The labels of a grouping column in their order of appearance, as lavaan numbers groups.

    Raises DataError when there is no such column.
    """
    _require(check_names([group], [str(name) for name in frame.columns], "the data"))
    return tuple(dict.fromkeys(label for label in _group_labels(frame[group]) if label is not None))


def _group_labels(column: "pd.Series") -> NDArray[np.object_]:
    """The values of the grouping column as texts, whole numbers without a point, None where missing."""
    missing = column.isna().to_numpy()
    return np.array(
        [None if absent else _format_label(value) for value, absent in zip(column, missing, strict=True)], dtype=object
    )


def _format_label(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _describe_dropped(
    data: FloatArray, labels: NDArray[np.object_], variables: tuple[str, ...], group: str | None, dropped: int
) -> list[Diagnostic]:
    if not dropped:
        return []
    holes = [(name, int(count)) for name, count in zip(variables, np.isnan(data).sum(axis=0), strict=True) if count]
    if group:
        holes += [(group, count)] if (count := sum(label is None for label in labels)) else []
    worst = sorted(holes, key=lambda hole: -hole[1])[:5]
    where = ", ".join(f"{name} ({count})" for name, count in worst) + (", …" if len(holes) > len(worst) else "")
    message = f"{dropped} of {len(data)} rows left out because a value is missing: {where}"
    return [Diagnostic("warning", "rows-dropped", message)]


def _describe_renamed(columns: "pd.Index", variables: tuple[str, ...]) -> list[Diagnostic]:
    """Tell of `x` beside `x.1`: pandas names the second of two columns `x` so, without a word."""
    known = set(columns)
    return [
        Diagnostic(
            "warning",
            "renamed-column",
            f"there is a column {name + '.1'!r} beside {name!r}: pandas renames duplicate columns like this",
            hint="check which of the two the model means",
        )
        for name in variables
        if f"{name}.1" in known
    ]


def _require(faults: Iterable[Diagnostic]) -> None:
    found = tuple(faults)
    if found:
        raise DataError(found)
