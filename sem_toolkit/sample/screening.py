"""A look at survey data before any model: kinds of columns, odd values, empty cells, and rows that may be careless."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError
from sem_toolkit.libraries import special
from sem_toolkit.sample.answers import build_value_table, check_labelled, count_bars, draw_bars
from sem_toolkit.sample.checks import LARGEST_NUMBER, check_column, check_names, check_worded, numeric_values
from sem_toolkit.sample.labels import ColumnLabels, get_labels
from sem_toolkit.sample.messages import get_messages
from sem_toolkit.sample.moments import FloatArray, compute_correlation, compute_mean_and_covariance
from sem_toolkit.sample.plausibility import check_outlying_values
from sem_toolkit.sample.scales import Scale, find_scales, list_items

if TYPE_CHECKING:
    import pandas as pd

SMALLEST_P = 0.001
"""Of the squared Mahalanobis distance, below which a row counts as far out."""
_FEWEST_ANSWERS = 5  # of a straight line
_MOST_PATTERNS = 10
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Screening:
    """What was found; rows are numbered from 1, as they stand in the data.

    columns       one row a column: kind, n, missing, distinct, min, max, outside (answers off an item's scale), mean,
                  sd, skewness, floor and ceiling (share of answers at the ends of the scale), and the distribution as
                  a row of bars
    values        codes with their labels, where a file has them: column, code, label, rows, share, and what it is
                  ("missing" where declared so, "outside" off the scale)
    items         the answer items: those that were named, or columns of whole numbers between 0 and 10
    patterns      the most frequent patterns of empty cells among the items, with the number of their rows
    missing_rows  rows with 0, 1, 2, … empty items
    straight      rows with one answer to all of at least five items
    duplicates    rows that repeat an earlier one in every column but the first of identifiers
    far           rows whose Mahalanobis distance over the items has a p-value below SMALLEST_P, with distance and p
    flow          how many were sent, were returned, are valid (the rows, where more were returned), have an answer at
                  all, are complete, and showed none of the above
    counts        of each column of numbers: where its bars stand (from, to) and how many values each has
    """

    columns: "pd.DataFrame"
    values: "pd.DataFrame"
    counts: Mapping[str, "pd.DataFrame"]
    items: tuple[str, ...]
    patterns: "pd.DataFrame"
    missing_rows: "pd.DataFrame"
    straight: tuple[int, ...]
    duplicates: tuple[int, ...]
    far: "pd.DataFrame"
    flow: "pd.DataFrame"
    messages: tuple[Diagnostic, ...]


def screen(
    frame: "pd.DataFrame", items: Sequence[str] = (), sent: int | None = None, returned: int | None = None
) -> Screening:
    """Look through the rows of a survey.

    items     names of the answer items; none: columns of whole numbers between 0 and 10 with three values or more, and
              those whose labels in the file make a scale (not where others share theirs and it alone has its own)
    sent      questionnaires sent out, for the response flow
    returned  questionnaires that came back, where the rows are only those found valid

    Raises DataError for items that are no columns of numbers, OptionError for more returned than sent, or more rows
    than returned.
    """
    import pandas as pd

    _require_flow(len(frame), sent, returned)
    names = [str(name) for name in frame.columns]
    numbers = {name: values for name in names if (values := _read(frame, name)) is not None}
    if items:
        _require_items(frame, items, names)
    labels = get_labels(frame)
    scales = find_scales(numbers, labels)
    chosen = tuple(items) or list_items(scales, labels)
    messages = list(get_messages(frame))
    if numbers:
        data = np.column_stack(list(numbers.values()))
        messages += check_outlying_values(data, list(numbers))
    messages += [*check_labelled(numbers, scales, labels), *check_worded(frame, [n for n in names if n not in numbers])]
    columns = pd.DataFrame(
        [
            _describe(
                frame, name, numbers.get(name), scales.get(name) if name in chosen else None, name in chosen, labels
            )
            for name in names
        ]
    )
    answers = np.column_stack([numbers[name] for name in chosen]) if chosen else np.empty((len(frame), 0))
    holes = np.isnan(answers)
    straight = _find_straight(answers)
    duplicates = _find_duplicates(frame, names)
    far = _find_far_rows(answers, messages)
    flagged = {*straight, *duplicates, *far["row"].tolist()}
    flow = _count_flow(len(frame), sent, returned, holes, flagged)
    counts = {
        name: count_bars(_keep_on_scale(values[~np.isnan(values)], scales[name])) for name, values in numbers.items()
    }
    return Screening(
        columns, build_value_table(numbers, scales, labels), counts, chosen, _list_patterns(holes, chosen),
        _count_holes(holes), straight, duplicates, far, flow, tuple(messages),
    )  # fmt: skip


def _require_flow(rows: int, sent: int | None, returned: int | None) -> None:
    for more, less, what in (
        (sent, returned, "{less} returned of {more} sent"),
        (returned, rows, "{less} rows, and {more} returned"),
        (sent, rows, "{less} rows, and {more} sent"),
    ):
        if more is not None and less is not None and less > more:
            message = f"the response flow cannot be right: {what.format(more=more, less=less)}"
            raise OptionError(Diagnostic("error", "option-value", message, hint="look at --sent and --returned"))


def _require_items(frame: "pd.DataFrame", items: Sequence[str], names: Sequence[str]) -> None:
    faults = check_names(items, names, "the data")
    faults = faults or [fault for name in items for fault in check_column(frame[name]) if fault.code == "text-column"]
    if faults:
        raise DataError(faults)


def _read(frame: "pd.DataFrame", name: str) -> FloatArray | None:
    """The numbers of a column, or None for texts; values that no computer can square count as missing."""
    values = numeric_values(frame[name])
    if values is None or not (np.abs(values) < LARGEST_NUMBER).any():
        return None
    return np.where(np.abs(values) < LARGEST_NUMBER, values, np.nan)


def _describe(
    frame: "pd.DataFrame",
    name: str,
    values: FloatArray | None,
    scale: Scale | None,
    is_item: bool,
    labels: Mapping[str, ColumnLabels],
) -> dict[str, object]:
    column = frame[name]
    present = column[column.notna()] if values is None else values[~np.isnan(values)]
    row: dict[str, object] = {
        "column": name, "kind": "", "n": len(present), "missing": len(frame) - len(present),
        "distinct": len(np.unique(np.asarray(present, dtype=str if values is None else float))),
        **dict.fromkeys(("min", "max", "outside", "mean", "sd", "skewness", "floor", "ceiling"), np.nan),
        "distribution": "", "label": labels[name].label if name in labels else "",
    }  # fmt: skip
    if values is None:
        return row | {"kind": "text" if len(present) else "empty"}
    numbers = np.asarray(present, dtype=np.float64)
    low, high, mean, sd = numbers.min(), numbers.max(), numbers.mean(), numbers.std(ddof=len(numbers) > 1)
    row |= {"min": low, "max": high, "mean": mean, "sd": sd, "kind": _name_kind(numbers, scale, is_item)}
    if sd > 0:
        row["skewness"] = float(np.mean(((numbers - mean) / numbers.std()) ** 3))
        row["distribution"] = draw_bars(_keep_on_scale(numbers, scale))
    if is_item:
        ends = (scale.low, scale.high) if scale is not None else (low, high)
        row |= {"floor": float(np.mean(numbers == ends[0])), "ceiling": float(np.mean(numbers == ends[1]))}
        row["outside"] = scale.count_outside(numbers) if scale is not None else 0
    return row


def _keep_on_scale(numbers: FloatArray, scale: Scale | None) -> FloatArray:
    """The values that a plot shows: of an item those on its scale."""
    return numbers if scale is None else numbers[(numbers >= scale.low) & (numbers <= scale.high)]


def _name_kind(numbers: FloatArray, scale: Scale | None, is_item: bool) -> str:
    distinct = len(np.unique(numbers))
    if distinct == 1:
        return "constant"
    if is_item:
        low, high = (numbers.min(), numbers.max()) if scale is None else (scale.low, scale.high)
        return f"item {low:g} to {high:g}"
    if distinct == 2:
        return "two values"
    return "whole numbers" if np.all(numbers == np.rint(numbers)) else "numbers"


def _find_straight(answers: FloatArray) -> tuple[int, ...]:
    if answers.shape[1] < _FEWEST_ANSWERS:
        return ()
    answered = (~np.isnan(answers)).sum(axis=1) >= _FEWEST_ANSWERS
    same = np.fmax.reduce(answers, axis=1) == np.fmin.reduce(answers, axis=1)
    return tuple((np.flatnonzero(answered & same) + 1).tolist())


def _find_duplicates(frame: "pd.DataFrame", names: Sequence[str]) -> tuple[int, ...]:
    """Rows that repeat an earlier one; columns in which every row differs (identifiers, times) are not looked at."""
    compared = [place for place in range(len(names)) if frame.iloc[:, place].nunique() < len(frame)]
    if len(compared) < _FEWEST_ANSWERS:
        return ()
    chosen = frame.iloc[:, compared]
    return tuple((np.flatnonzero(chosen.duplicated() & ~chosen.isna().all(axis=1)) + 1).tolist())


def _find_far_rows(answers: FloatArray, messages: list[Diagnostic]) -> "pd.DataFrame":
    """Squared Mahalanobis distances of complete rows; χ² with as many degrees of freedom as items.

    Source: Meade & Craig (2012), Psychological Methods 17, 437-455.
    """
    import pandas as pd

    empty = pd.DataFrame({"row": np.array([], dtype=int), "distance": [], "pvalue": []})
    places = np.flatnonzero(~np.isnan(answers).any(axis=1))
    p = answers.shape[1]
    if p < 2 or len(places) <= p + 1:
        return empty
    mean, covariance = compute_mean_and_covariance(answers[places])
    if np.any(np.diag(covariance) <= 0) or np.linalg.eigvalsh(compute_correlation(covariance))[0] < 1e-10:
        message = "no Mahalanobis distances: an item is constant, or follows from the others"
        messages.append(Diagnostic("warning", "collinear-columns", message))
        return empty
    centred = answers[places] - mean
    distances = np.einsum("ij,ij->i", centred, np.linalg.solve(covariance, centred.T).T)
    pvalues = special.chdtrc(p, distances)
    chosen = np.argsort(-distances)[: int(np.sum(pvalues < SMALLEST_P))]
    return pd.DataFrame({"row": places[chosen] + 1, "distance": distances[chosen], "pvalue": pvalues[chosen]})


def _list_patterns(holes: NDArray[np.bool_], items: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd

    patterns, counts = np.unique(holes, axis=0, return_counts=True) if holes.size else (holes[:0], np.array([], int))
    order = np.argsort(-counts, kind="stable")[:_MOST_PATTERNS]
    texts = [", ".join(name for name, hole in zip(items, patterns[k], strict=True) if hole) or "none" for k in order]
    return pd.DataFrame({"missing": texts, "rows": counts[order]})


def _count_holes(holes: NDArray[np.bool_]) -> "pd.DataFrame":
    import pandas as pd

    counts = np.bincount(holes.sum(axis=1)) if holes.size else np.array([], int)
    there = np.flatnonzero(counts)
    return pd.DataFrame({"empty items": there, "rows": counts[there]})


def _count_flow(
    rows: int, sent: int | None, returned: int | None, holes: NDArray[np.bool_], flagged: set[int]
) -> "pd.DataFrame":
    import pandas as pd

    answered = ~holes.all(axis=1) if holes.shape[1] else np.ones(rows, dtype=bool)
    complete = ~holes.any(axis=1)
    is_flagged = np.isin(np.arange(1, rows + 1), list(flagged))
    unflagged = complete & ~is_flagged
    steps = [("sent", sent)] if sent is not None else []
    steps += [("returned", rows)] if returned is None else [("returned", returned), ("valid", rows)]
    steps += [("with an answer", int(answered.sum())), ("complete", int(complete.sum()))]
    steps += [("complete and without a flag", int(unflagged.sum()))]
    counts = [count for _, count in steps if count is not None]
    first = counts[0] if counts else 0
    return pd.DataFrame({"step": [name for name, _ in steps], "rows": counts, "share": [c / first for c in counts]})
