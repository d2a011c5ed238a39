"""A DataFrame into a Sample: columns checked, incomplete rows left out and counted, groups in order of appearance."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import (
    check_collinearity,
    check_names,
    check_rows,
    check_scales,
    describe_group,
)
from sem_toolkit.sample.columns import read_numbers
from sem_toolkit.sample.delimited import is_headerless, require_unique_names
from sem_toolkit.sample.dropping import FULL, check_groups, describe_dropped, describe_listwise_hint, explain_too_few
from sem_toolkit.sample.messages import SHEETS, get_messages
from sem_toolkit.sample.moments import FloatArray, compute_correlation, compute_mean_and_covariance
from sem_toolkit.sample.names import list_columns
from sem_toolkit.sample.plausibility import check_outlying_values
from sem_toolkit.sample.sample import PAIRWISE, Sample, SampleGroup

if TYPE_CHECKING:
    import pandas as pd


def build_sample(
    frame: "pd.DataFrame",
    variables: Sequence[str],
    group: str | None = None,
    source: str = "",
    missing: str | None = None,
    exogenous: Sequence[str] = (),
    auxiliary: Sequence[str] = (),
    keeping: tuple[str, str] = FULL,
    columns: Sequence[str] | None = None,
) -> Sample:
    """Take the model's variables out of a table; rows with a missing value among them are left out, or kept.

    variables  names in the order of the model (p)
    group      name of the grouping column; groups come in the order in which their values appear
    source     file name or description, used in messages and captions
    missing    "listwise"; "ml", "two.stage", "robust.two.stage" and "pairwise" leave out only rows without any
               value and rows that lack one of the `exogenous` variables, "ml.x" only the former. None: listwise, for
               want of a choice
    exogenous  variables whose moments are taken from the data (fixed.x)
    auxiliary  variables that only help to estimate the moments of incomplete rows in two stages
    keeping    which value of `missing` would keep incomplete rows, and what it stands for: for messages
    columns    what `list_columns` says of the table, where that is known

    Means and covariances have divisor n. Raises DataError with every fault of every column: unknown, duplicate,
    text, constant, infinite, all missing; too few rows; collinear columns.
    """
    source = source or "the data frame"
    names = list_columns(frame) if columns is None else columns
    require_unique_names(names, source)
    variables = tuple(variables)
    auxiliary = tuple(auxiliary)
    _require(check_names([*variables, *auxiliary, *([group] if group else [])], names, source))
    place = {name: position for position, name in enumerate(names)}
    used = (*variables, *auxiliary)
    if frame.empty:
        raise DataError(Diagnostic("error", "no-rows", f"there are no rows in {source}"))
    data, categories = read_numbers(frame, [place[name] for name in used], used)
    codes, labels = code_groups(frame.iloc[:, place[group]]) if group else (np.zeros(len(data), dtype=np.intp), ("",))
    doubts = check_groups(len(labels), len(data), len(variables), group) if group else []
    _require(entry for entry in doubts if entry.severity == "error")
    if missing not in (None, "listwise"):
        found = _build_incomplete(frame, data, codes, labels, variables, group, source, missing, exogenous, auxiliary)
        told = list_findings(frame, categories, data, used)
        return replace(found, messages=(*told, *found.messages, *doubts))
    complete = (codes >= 0) & ~np.isnan(data.sum(axis=1))  # no cell is infinite: a sum is missing with one of its cells
    groups = _split_groups(data, codes, complete, labels, variables, keeping)
    messages = [*list_findings(frame, categories, data, used), *doubts]
    if not complete.all():
        without = int(np.sum(codes < 0))
        hint = describe_listwise_hint(int((~complete).sum()), without, group, keeping) if missing is None else None
        messages.append(describe_dropped(data, complete, variables, without, group, hint))
    messages += [message for part in groups for message in check_scales(np.diag(part.covariance), variables)]
    messages += _describe_renamed(names, variables)
    return Sample(variables, groups, len(frame), tuple(messages), source)


def _build_incomplete(
    frame: "pd.DataFrame",
    data: FloatArray,
    codes: NDArray[np.intp],
    labels: tuple[str, ...],
    variables: tuple[str, ...],
    group: str | None,
    source: str,
    missing: str,
    exogenous: Sequence[str],
    auxiliary: tuple[str, ...],
) -> Sample:
    """The sample with the rows that have empty cells."""
    from sem_toolkit.sample.missing import build_incomplete_group, build_pairwise_group

    holes = np.isnan(data[:, : len(variables)])
    fixed = np.isin(variables, exogenous) & (missing != "ml.x")
    empty, lacking = holes.all(axis=1), holes[:, fixed].any(axis=1)
    used = (codes >= 0) & ~empty & ~lacking
    messages: list[Diagnostic] = []
    if empty.any():
        message = f"{int(empty.sum())} of {len(data)} rows left out because every value is missing"
        messages.append(Diagnostic("warning", "rows-empty", message))
    dropped = ~used & ~empty
    if dropped.any():
        chosen = np.flatnonzero(fixed)
        names = tuple(variables[j] for j in chosen)
        without = int(np.sum((codes < 0) & ~empty))
        hint = f'missing = "{missing}" keeps rows with other empty cells'
        if not lacking.any():
            hint = describe_listwise_hint(without, without, group)
        if missing == "ml" and lacking.any():
            hint = 'these variables are exogenous and fixed: missing = "ml.x" or fixed_x = false keeps the rows'
        messages.append(describe_dropped(data[:, chosen], ~dropped, names, without, group, hint))
    places = [np.flatnonzero(used & (codes == code)) for code in range(len(labels))]
    parts = [
        build_pairwise_group(label, data[chosen], chosen, variables)
        if missing in PAIRWISE
        else build_incomplete_group(label, data[chosen], chosen, (*variables, *auxiliary), len(auxiliary))
        for label, chosen in zip(labels, places, strict=True)
    ]
    messages += [message for _, found in parts for message in found]
    groups = tuple(part for part, _ in parts)
    messages += [message for part in groups for message in check_scales(np.diag(part.covariance), variables)]
    messages += _describe_renamed(list_columns(frame), variables)
    return Sample(variables, groups, len(frame), tuple(messages), source, missing)


def list_findings(
    frame: "pd.DataFrame", categories: Sequence[str], data: FloatArray, variables: tuple[str, ...]
) -> list[Diagnostic]:
    """What came with the table, and what its values look like; categories: variables that are such by their type."""
    found = list(get_messages(frame))
    if categories:
        message = (
            f"ordered categories are taken as numbers, the first as 1 where they are texts: {', '.join(categories)}"
        )
        hint = "name them in ordered, where thresholds are meant"
        found.append(Diagnostic("warning", "categories-as-numbers", message, hint=hint))
    return [*found, *check_outlying_values(data, variables)]


def _split_groups(
    data: FloatArray,
    codes: NDArray[np.intp],
    complete: NDArray[np.bool_],
    labels: tuple[str, ...],
    variables: tuple[str, ...],
    keeping: tuple[str, str],
) -> tuple[SampleGroup, ...]:
    """The complete rows of every group by their code (n)."""
    places = [np.flatnonzero(complete & (codes == code)) for code in range(len(labels))]
    parts = [(label, data[chosen]) for label, chosen in zip(labels, places, strict=True)]
    faults = []
    for code, (label, rows) in enumerate(parts):
        if found := check_rows(rows, variables, label):
            faults += explain_too_few(found, data[codes == code], variables, keeping)
    if not faults:
        groups = tuple(_build_group(*part, chosen) for part, chosen in zip(parts, places, strict=True))
        faults = [fault for part in groups for fault in _check_collinearity(part, variables)]
    _require(faults)
    return groups


def _build_group(label: str, rows: FloatArray, places: NDArray[np.intp]) -> SampleGroup:
    mean, covariance = compute_mean_and_covariance(rows)
    return SampleGroup(label, rows.shape[0], covariance, mean, rows, places)


def _check_collinearity(group: SampleGroup, variables: tuple[str, ...]) -> list[Diagnostic]:
    return check_collinearity(compute_correlation(group.covariance), variables, describe_group(group.label))


def require_any_column(frame: "pd.DataFrame", variables: Sequence[str], source: str = "") -> None:
    """Raise DataError, one for all, where none of the variables is a column: the columns that were read are shown."""
    if any(name in frame.columns for name in variables[:3]):  # the common case, before any list is made
        return
    columns = list(map(str, frame.columns.tolist()))
    known = {*columns}
    parts = {part for name in variables for part in (name, *name.split(":"))}
    if not variables or parts & known or {part.casefold() for part in parts} & {name.casefold() for name in known}:
        return
    shown = [name if len(name) <= 40 else name[:39] + "…" for name in columns]
    listed = ", ".join(shown[:12]) + (f", … ({len(shown)} in all)" if len(shown) > 12 else "")
    wanted = ", ".join(variables[:6]) + (", …" if len(variables) > 6 else "")
    what = source or "the data"
    message = f"none of the model's variables ({wanted}) is a column of {what}, which has: {listed}"
    raise DataError(Diagnostic("error", "no-variables", message, hint=_find_reason(frame, columns)))


def _find_reason(frame: "pd.DataFrame", columns: Sequence[str]) -> str:
    """Why the columns may not be those that were meant."""
    sheet, sheets = frame.attrs.get(SHEETS, ("", ()))
    others = [name for name in sheets if name != sheet]
    if others:
        return f"this is the sheet {sheet!r}; --sheet reads another: {', '.join(map(repr, others[:8]))}"
    for entry in get_messages(frame):
        if entry.code == "no-header" and entry.hint:
            return entry.hint
    if any(is_headerless([name]) for name in columns):
        return "the first line holds values: write the names above it"
    return "the first line must hold the names that the model uses"


def list_group_labels(frame: "pd.DataFrame", group: str) -> tuple[str, ...]:
    """The labels of a grouping column in their order of appearance, as lavaan numbers groups.

    Raises DataError when there is no such column.
    """
    _require(check_names([group], [str(name) for name in frame.columns], "the data"))
    return code_groups(frame[group])[1]


def code_groups(column: "pd.Series") -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """The group of every row as a number (-1 where the value is missing), and the labels by these numbers."""
    import pandas as pd

    codes, values = pd.factorize(column)
    texts = [_format_label(value) for value in values]
    labels = tuple(dict.fromkeys(texts))
    numbers = np.array([*(labels.index(text) for text in texts), -1], dtype=np.intp)
    return numbers[codes], labels


def _format_label(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _describe_renamed(columns: Sequence[str], variables: tuple[str, ...]) -> list[Diagnostic]:
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
