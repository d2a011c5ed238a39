"""Ordered answers of a file that is too long for memory: their values, the tables of all pairs and Γ, one pass each."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample import streaming
from sem_toolkit.sample.answered_rows import AnsweredRows
from sem_toolkit.sample.categorical.answers import (
    Answers,
    build_constant,
    build_no_pair,
    check_counts,
    check_values,
    describe_numbers,
    describe_pairs,
    list_unused,
    place_statistics,
)
from sem_toolkit.sample.categorical.tabled import PairTables, StreamedGamma
from sem_toolkit.sample.categorical.two_steps import EmptyCells, NoCommonRowError
from sem_toolkit.sample.checks import check_collinearity, describe_group
from sem_toolkit.sample.dropping import EACH_PAIR
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.sample import PAIRWISE, Sample, SampleGroup
from sem_toolkit.sample.streaming import describe_dropped, iterate_columns
from sem_toolkit.sample.tabular import TabularFile

_MOST_COUNTED = 1_000
"""Different values of a column from which on they are not counted further."""


def find_streamed_answers(file: TabularFile, names: Sequence[str]) -> dict[str, Answers]:
    """The answers of each ordered variable, over all rows and groups, by one pass over the file.

    Raises DataError for columns of texts, and of one answer or hundreds.
    """
    import pandas as pd

    found: dict[str, set[float]] = {name: set() for name in names}
    for columns, _ in iterate_columns(file, tuple(names), None):
        for name, column in zip(names, columns, strict=True):
            if len(found[name]) < _MOST_COUNTED and not _are_among(column, found[name]):
                found[name].update(value for value in pd.unique(column).tolist() if value == value)
    values = {name: np.array(sorted(own)) for name, own in found.items()}
    faults = [fault for name, own in values.items() if (fault := check_values(name, own)) is not None]
    if faults:
        raise DataError(faults)
    return {name: describe_numbers(own) for name, own in values.items()}


def build_streamed_answers(
    file: TabularFile,
    variables: Sequence[str],
    answers: Mapping[str, Answers],
    group: str | None = None,
    missing: str | None = None,
    cells: EmptyCells | None = None,
) -> Sample:
    """The sample of ordered variables, all of them, with thresholds, correlations and Γ in every group.

    Rows are not kept; they are read twice, for the tables of all pairs and for Γ. missing: None and "listwise" take
    complete rows, "pairwise" each pair of answers that is there. Raises DataError as `attach_statistics` does.
    """
    variables = tuple(variables)
    rows = AnsweredRows(file, variables, answers, group, whole=missing not in PAIRWISE)
    parts: dict[str, PairTables] = {}
    for label, codes, _ in rows.iterate(counted=True):
        parts.setdefault(label, PairTables(rows.categories)).add(codes)
    if not rows.n_read:
        raise DataError(Diagnostic("error", "empty-file", f"{file.path} has no rows of data"))
    faults = [
        fault
        for label, part in parts.items()
        for fault in check_answers(part, variables, answers, label, len(variables))
    ]
    if not faults and rows.whole:
        faults = [
            fault
            for label, part in parts.items()
            for fault in check_collinearity(part.compute_correlation(), variables, describe_group(label))
        ]
    if faults:
        raise DataError(faults)
    gammas = {label: _start_gamma(part, cells or EmptyCells(), variables, label) for label, part in parts.items()}
    for label, codes, _ in rows.iterate():
        for start in range(0, codes.shape[1], streaming.SLICE):
            gammas[label].add(codes[:, start : start + streaming.SLICE])
    groups, messages = [], [_describe_stream(file, rows.n_read), *list_unused(answers)]
    used = sum(part.n for part in parts.values())
    if used < rows.n_read:
        messages.append(describe_left_out(rows, rows.n_read - used, missing))
    p = len(variables)
    for label, part in parts.items():
        statistics = gammas[label].build()
        bare = SampleGroup(label, part.n, np.eye(p), np.zeros(p))
        groups.append(place_statistics(bare, statistics, range(p), ()))
        messages += describe_pairs(statistics, variables, label)
    kept = "listwise" if rows.whole else "pairwise"
    return Sample(variables, tuple(groups), rows.n_read, tuple(messages), file.path.name, kept)


def _are_among(column: FloatArray, known: set[float]) -> bool:
    """Whether values are whole numbers between those that are known, which have no gap; False settles nothing."""
    low, high = min(known, default=1.0), max(known, default=0.0)
    if not (low < high and high - low == len(known) - 1 and low.is_integer()):
        return False
    return bool(((column >= low) & (column <= high) & (column == np.rint(column))).all())


def check_answers(
    part: PairTables, names: tuple[str, ...], answers: Mapping[str, Answers], label: str, count: int
) -> list[Diagnostic]:
    """Faults of the ordered variables (names) of a group in a model of `count` variables."""
    if part.n <= count:
        message = f"{part.n} rows{describe_group(label)} for {count} variables; at least {count + 1} are needed"
        return [Diagnostic("error", "too-few-rows", message, hint="use fewer variables or more data")]
    faults = []
    for name, counts in zip(names, part.margins, strict=True):
        own = answers[name]
        own_counts: NDArray[np.int64] = counts[: len(own.values)].astype(np.int64)
        if label and (own_counts > 0).sum() == 1:
            faults.append(build_constant(name, own.values[int(np.argmax(own_counts))], label))
        else:
            faults += check_counts(own_counts, name, own, label)
    return faults


def _start_gamma(part: PairTables, cells: EmptyCells, variables: tuple[str, ...], label: str) -> StreamedGamma:
    try:
        return StreamedGamma(part, cells)
    except NoCommonRowError as fault:
        raise DataError(build_no_pair(fault, variables, label)) from None


def _describe_stream(file: TabularFile, n_read: int) -> Diagnostic:
    message = f"{file.path.name}: {n_read:,} rows streamed in three passes; tables of answers are kept, rows are not"
    return Diagnostic("note", "streamed", message, hint="factor scores and other tables of rows are not there")


def describe_left_out(rows: AnsweredRows, count: int, missing: str | None) -> Diagnostic:
    """The warning of `count` rows that are not used."""
    if rows.whole:
        hint = None if missing else f'missing = "{EACH_PAIR[0]}" keeps these rows ({EACH_PAIR[1]})'
        return describe_dropped(rows.n_read, count, rows.lacking, rows.variables, rows.group, rows.without, hint)
    message = f"{count} of {rows.n_read} rows left out: they answer no item"
    message += f", or have no value of {rows.group!r}" if rows.without else ""
    return Diagnostic("warning", "rows-dropped", message)
