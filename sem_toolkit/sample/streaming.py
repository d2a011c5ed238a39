"""Means and covariances of a file that is too long for memory, in one pass over its batches.

Each batch is centred at its own mean and merged with what came before (Chan, Golub & LeVeque, 1983, American
Statistician 37, 242-247), so that a sorted or far-off column costs no digits. Parquet and CSV are read by pyarrow;
memory does not grow with the number of rows.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_collinearity, check_scales, describe_group
from sem_toolkit.sample.moments import FloatArray, compute_correlation
from sem_toolkit.sample.sample import Sample, SampleGroup
from sem_toolkit.sample.tabular import TabularFile

BATCH = 32_768
"""Rows of a batch."""
SLICE, NARROW = 4_096, 512
"""Rows of which something is made at once, so that it stays in the cache: a number or two for each, or hundreds."""


@dataclass
class Moments:
    """Running count, mean (p) and sum of centred cross-products (p × p)."""

    p: int
    n: int = 0
    mean: FloatArray = field(init=False)
    products: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self.mean, self.products = np.zeros(self.p), np.zeros((self.p, self.p))

    def add(self, columns: FloatArray) -> None:
        """Take in a batch (p × b), which is centred in place."""
        b = columns.shape[1]
        if not b:
            return
        mean = columns.mean(axis=1)
        columns -= mean[:, None]
        rest = columns.mean(axis=1)
        columns -= rest[:, None]
        mean += rest
        gap = mean - self.mean
        total = self.n + b
        self.products += columns @ columns.T + np.outer(gap, gap) * (self.n * b / total)
        self.mean += gap * (b / total)
        self.n = total


@dataclass(frozen=True)
class RowStream:
    """The complete rows of one group, batch by batch, as often as they are asked for.

    memory  what a pass over the rows has found, for whoever would make the same pass again
    """

    file: TabularFile
    variables: tuple[str, ...]
    group: str | None = None
    label: str = ""
    memory: dict[Hashable, float] = field(default_factory=dict, compare=False, repr=False)

    def __iter__(self) -> Iterator[FloatArray]:
        """Rows (b × p), without those that lack a value or belong to another group."""
        for columns in self._iterate_batches():
            rows = np.ascontiguousarray(columns.T)
            for start in range(0, len(rows), SLICE):
                yield rows[start : start + SLICE]

    def iterate_columns(self) -> Iterator[FloatArray]:
        """The same as columns (p × b), fewer at once, for what makes several numbers of each of theirs."""
        for columns in self._iterate_batches():
            for start in range(0, columns.shape[1], NARROW):
                yield columns[:, start : start + NARROW]

    def _iterate_batches(self) -> Iterator[FloatArray]:
        for columns, labels in iterate_columns(self.file, self.variables, self.group):
            kept = np.isfinite(columns.sum(axis=0))
            if labels is not None:
                texts, codes = labels
                kept &= codes == (texts.index(self.label) if self.label in texts else -2)
            yield columns if kept.all() else columns[:, kept]


def build_streamed_sample(
    file: TabularFile, variables: Sequence[str], group: str | None = None, missing: str | None = None
) -> Sample:
    """The sample of complete rows, by one pass; its groups keep no rows, but a stream of them.

    Raises DataError for columns that hold texts, infinite or constant values, and for too few rows.
    """
    variables = tuple(variables)
    p = len(variables)
    parts: dict[str, Moments] = {}
    lacking, n_read, n_dropped, without = np.zeros(p, dtype=np.int64), 0, 0, 0
    for columns, labels in iterate_columns(file, variables, group):
        n_read += columns.shape[1]
        complete = np.isfinite(columns.sum(axis=0))
        if not complete.all():
            require_finite(columns, variables, n_read)
            lacking += np.isnan(columns).sum(axis=1)
        if labels is None:
            chosen = {"": complete}
        else:
            texts, codes = labels
            chosen = {text: complete & (codes == k) for k, text in enumerate(texts)}
            without += int(np.sum(codes < 0))
        used = 0
        for label, rows in chosen.items():
            part = parts.setdefault(label, Moments(p))
            part.add(columns if rows.all() else columns[:, rows])
            used += int(rows.sum())
        n_dropped += columns.shape[1] - used
    faults = [fault for label, part in parts.items() for fault in _check_part(part, variables, label)]
    if not parts:
        faults = [Diagnostic("error", "empty-file", f"{file.path} has no rows of data")]
    if faults:
        raise DataError(faults)
    groups = tuple(
        SampleGroup(label, part.n, part.products / part.n, part.mean, stream=RowStream(file, variables, group, label))
        for label, part in parts.items()
    )
    faults = [
        fault
        for part in groups
        for fault in check_collinearity(compute_correlation(part.covariance), variables, describe_group(part.label))
    ]
    if faults:
        raise DataError(faults)
    messages = [_describe_stream(file, n_read)]
    if n_dropped:
        hint = None if missing else 'missing = "ml" keeps these rows (full information maximum likelihood), in memory'
        messages.append(describe_dropped(n_read, n_dropped, lacking, variables, group, without, hint))
    messages += [entry for part in groups for entry in check_scales(np.diag(part.covariance), variables)]
    return Sample(variables, groups, n_read, tuple(messages), file.path.name)


def iterate_columns(
    file: TabularFile, variables: tuple[str, ...], group: str | None
) -> Iterator[tuple[FloatArray, tuple[tuple[str, ...], NDArray[np.intp]] | None]]:
    """Columns of numbers (p × b, a fresh array each time) and the labels of the rows, where there are groups."""
    for batch in file.iterate([*variables, *([group] if group and group not in variables else [])], BATCH):
        columns = np.empty((len(variables), batch.num_rows))
        for place, name in enumerate(variables):
            columns[place] = file.read_numbers(batch, name)
        yield columns, None if group is None else file.read_labels(batch, group)


def require_finite(columns: FloatArray, variables: tuple[str, ...], n_read: int) -> None:
    """Raise DataError for an infinite value in a batch (p × b) that ends with row `n_read` of the file."""
    infinite = np.argwhere(np.isinf(columns))
    if infinite.size:
        place, row = infinite[0]
        message = f"{variables[place]!r} has an infinite value in row {n_read - columns.shape[1] + row + 1}"
        hint = "leave the cell empty if the value is missing"
        raise DataError(Diagnostic("error", "infinite-value", message, hint=hint))


def _check_part(part: Moments, variables: tuple[str, ...], label: str) -> list[Diagnostic]:
    where = describe_group(label)
    if part.n <= part.p:
        message = f"{part.n} complete rows{where} for {part.p} variables; at least {part.p + 1} are needed"
        return [Diagnostic("error", "too-few-rows", message, hint="use fewer variables or more data")]
    return [
        Diagnostic("error", "constant-column", f"{name!r} is constant{where}", hint="leave it out of the model")
        for name, variance, mean in zip(variables, np.diag(part.products) / part.n, part.mean, strict=True)
        if not variance > (1e-13 * abs(mean)) ** 2
    ]


def _describe_stream(file: TabularFile, n_read: int) -> Diagnostic:
    message = f"{file.path.name}: {n_read:,} rows streamed in one pass; means and covariances are kept, rows are not"
    hint = "robust standard errors take further passes; factor scores and other tables of rows are not there"
    return Diagnostic("note", "streamed", message, hint=hint)


def describe_dropped(
    n_read: int,
    n_dropped: int,
    lacking: NDArray[np.int64],
    variables: tuple[str, ...],
    group: str | None,
    without: int,
    hint: str | None,
) -> Diagnostic:
    """The warning of rows that are left out, with what they lack."""
    counts = {name: int(count) for name, count in zip(variables, lacking, strict=True) if count}
    if group and without:
        counts[group] = without
    shown = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items(), key=lambda item: -item[1])[:8])
    message = f"{n_dropped} of {n_read} rows left out because a value is missing: {shown}"
    return Diagnostic("warning", "rows-dropped", message, hint=hint)
