"""Ordered answers of a file that is too long for memory: their values, the tables of all pairs and Γ, one pass each."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample import streaming
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
from sem_toolkit.sample.categorical.tabled import IntArray, PairTables, StreamedGamma
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
    rows = _AnsweredRows(file, variables, answers, group, whole=missing not in PAIRWISE)
    parts: dict[str, PairTables] = {}
    for label, codes in rows.iterate(counted=True):
        parts.setdefault(label, PairTables(rows.categories)).add(codes)
    if not rows.n_read:
        raise DataError(Diagnostic("error", "empty-file", f"{file.path} has no rows of data"))
    faults = [fault for label, part in parts.items() for fault in _check_part(part, variables, answers, label)]
    if not faults and rows.whole:
        faults = [
            fault
            for label, part in parts.items()
            for fault in check_collinearity(part.compute_correlation(), variables, describe_group(label))
        ]
    if faults:
        raise DataError(faults)
    gammas = {label: _start_gamma(part, cells or EmptyCells(), variables, label) for label, part in parts.items()}
    for label, codes in rows.iterate():
        for start in range(0, codes.shape[1], streaming.SLICE):
            gammas[label].add(codes[:, start : start + streaming.SLICE])
    groups, messages = [], [_describe_stream(file, rows.n_read), *list_unused(answers)]
    used = sum(part.n for part in parts.values())
    if used < rows.n_read:
        messages.append(_describe_left_out(rows, rows.n_read - used, missing))
    p = len(variables)
    for label, part in parts.items():
        statistics = gammas[label].build()
        bare = SampleGroup(label, part.n, np.eye(p), np.zeros(p))
        groups.append(place_statistics(bare, statistics, range(p), ()))
        messages += describe_pairs(statistics, variables, label)
    kept = "listwise" if rows.whole else "pairwise"
    return Sample(variables, tuple(groups), rows.n_read, tuple(messages), file.path.name, kept)


class _AnsweredRows:
    """The rows that are used, as codes, batch by batch and group by group.

    whole     whether rows need all answers, or only one
    n_read    rows of the file; lacking: of each variable how many lack it; without: rows without a group
    """

    def __init__(
        self,
        file: TabularFile,
        variables: tuple[str, ...],
        answers: Mapping[str, Answers],
        group: str | None,
        *,
        whole: bool,
    ) -> None:
        self.file, self.variables, self.group, self.whole = file, variables, group, whole
        self.categories = tuple(len(answers[name].values) for name in variables)
        self.n_read, self.without = 0, 0
        self.lacking = np.zeros(len(variables), dtype=np.int64)
        self._numbers = [np.array(answers[name].numbers) for name in variables]

    def iterate(self, *, counted: bool = False) -> Iterator[tuple[str, IntArray]]:
        """Label and codes (p × b, as many as the most categories where there is no answer); counts as it goes."""
        known = max(self.categories)
        for columns, labels in iterate_columns(self.file, self.variables, self.group):
            codes = np.empty(columns.shape, dtype=np.intp)
            for row, column, numbers in zip(codes, columns, self._numbers, strict=True):
                row[:] = _encode(column, numbers)
            holes = np.isnan(columns)
            codes[holes] = known
            used = ~(holes.any(axis=0) if self.whole else holes.all(axis=0))
            if counted:
                self.n_read += columns.shape[1]
                self.lacking += holes.sum(axis=1)
                self.without += 0 if labels is None else int(np.sum(labels[1] < 0))
            if labels is None:
                yield "", codes if used.all() else codes[:, used]
                continue
            texts, places = labels
            for place, text in enumerate(texts):
                yield text, codes[:, used & (places == place)]


def _are_among(column: FloatArray, known: set[float]) -> bool:
    """Whether values are whole numbers between those that are known, which have no gap; False settles nothing."""
    low, high = min(known, default=1.0), max(known, default=0.0)
    if not (low < high and high - low == len(known) - 1 and low.is_integer()):
        return False
    return bool(((column >= low) & (column <= high) & (column == np.rint(column))).all())


def _encode(column: FloatArray, numbers: FloatArray) -> IntArray:
    """Places of a column's values among the numbers; of missing values no matter what."""
    if len(numbers) == numbers[-1] - numbers[0] + 1 and (np.diff(numbers) == 1.0).all():
        with np.errstate(invalid="ignore"):
            return np.asarray((column - numbers[0]).astype(np.intp))  # faster than a search
    return np.asarray(np.searchsorted(numbers, column), dtype=np.intp)


def _check_part(
    part: PairTables, variables: tuple[str, ...], answers: Mapping[str, Answers], label: str
) -> list[Diagnostic]:
    if part.n <= len(variables):
        message = f"{part.n} rows{describe_group(label)} for {len(variables)} variables; at least "
        message += f"{len(variables) + 1} are needed"
        return [Diagnostic("error", "too-few-rows", message, hint="use fewer variables or more data")]
    faults = []
    for name, counts in zip(variables, part.margins, strict=True):
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


def _describe_left_out(rows: _AnsweredRows, count: int, missing: str | None) -> Diagnostic:
    if rows.whole:
        hint = None if missing else f'missing = "{EACH_PAIR[0]}" keeps these rows ({EACH_PAIR[1]})'
        return describe_dropped(rows.n_read, count, rows.lacking, rows.variables, rows.group, rows.without, hint)
    message = f"{count} of {rows.n_read} rows left out: they answer no item"
    message += f", or have no value of {rows.group!r}" if rows.without else ""
    return Diagnostic("warning", "rows-dropped", message)
