"""What streams with ordered variables share: faults of groups, and the sample that is made of their statistics."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.answered_rows import AnsweredRows
from sem_toolkit.sample.categorical.answers import (
    Answers,
    build_constant,
    build_no_pair,
    check_counts,
    describe_pairs,
    list_unused,
    place_statistics,
)
from sem_toolkit.sample.categorical.statistics import CategoricalStatistics
from sem_toolkit.sample.categorical.tabled import PairTables
from sem_toolkit.sample.categorical.two_steps import NoCommonRowError
from sem_toolkit.sample.checks import describe_group
from sem_toolkit.sample.dropping import EACH_PAIR
from sem_toolkit.sample.sample import Sample, SampleGroup
from sem_toolkit.sample.streaming import describe_dropped


class CountedRows(Protocol):
    """What one pass counts of a group."""

    @property
    def n(self) -> int:
        """Rows that are used."""
        ...


class Buildable(Protocol):
    """What has taken in all rows of a group."""

    def build(self) -> CategoricalStatistics:
        """The statistics of these rows."""
        ...


PartT = TypeVar("PartT")
StartedT = TypeVar("StartedT")


def require_rows(rows: AnsweredRows) -> None:
    """Raise DataError for a file without rows, once it has been read."""
    if not rows.n_read:
        raise DataError(Diagnostic("error", "empty-file", f"{rows.file.path} has no rows of data"))


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


def start_groups(
    parts: Mapping[str, PartT], start: Callable[[PartT], StartedT], variables: tuple[str, ...]
) -> dict[str, StartedT]:
    """What begins with the counts of each group; raises DataError for a pair of variables without a row."""
    found: dict[str, StartedT] = {}
    for label, part in parts.items():
        try:
            found[label] = start(part)
        except NoCommonRowError as fault:
            raise DataError(build_no_pair(fault, variables, label)) from None
    return found


def conclude_sample(
    rows: AnsweredRows,
    parts: Mapping[str, CountedRows],
    built: Mapping[str, Buildable],
    answers: Mapping[str, Answers],
    missing: str | None,
    kept: str,
    scales: Mapping[str, Sequence[Diagnostic]] | None = None,
) -> Sample:
    """The sample of all groups, with what must be said of it.

    kept    what of the stream is kept, for its note; scales: messages about the scales of a group's variables
    """
    hint = "factor scores and other tables of rows are not there"
    message = f"{rows.file.path.name}: {rows.n_read:,} rows streamed in {kept}, rows are not"
    groups, messages = [], [Diagnostic("note", "streamed", message, hint=hint), *list_unused(answers)]
    used = sum(part.n for part in parts.values())
    if used < rows.n_read:
        messages.append(_describe_left_out(rows, rows.n_read - used, missing))
    p = len(rows.variables)
    for label, part in parts.items():
        messages += (scales or {}).get(label, ())
        statistics = built[label].build()
        bare = SampleGroup(label, part.n, np.eye(p), np.zeros(p))
        groups.append(place_statistics(bare, statistics, range(p), ()))
        messages += describe_pairs(statistics, rows.variables, label)
    deletion = "listwise" if rows.whole else "pairwise"
    return Sample(rows.variables, tuple(groups), rows.n_read, tuple(messages), rows.file.path.name, deletion)


def _describe_left_out(rows: AnsweredRows, count: int, missing: str | None) -> Diagnostic:
    """The warning of `count` rows that are not used."""
    if rows.whole:
        hint = None if missing else f'missing = "{EACH_PAIR[0]}" keeps these rows ({EACH_PAIR[1]})'
        return describe_dropped(rows.n_read, count, rows.lacking, rows.variables, rows.group, rows.without, hint)
    message = f"{count} of {rows.n_read} rows left out: they answer no item"
    message += f", or have no value of {rows.group!r}" if rows.without else ""
    return Diagnostic("warning", "rows-dropped", message)
