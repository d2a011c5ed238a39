"""Ordered and numeric columns of a file that is too long for memory: their statistics and Γ, a handful of passes."""

from collections.abc import Mapping, Sequence

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample import streaming
from sem_toolkit.sample.answered_rows import AnsweredRows
from sem_toolkit.sample.categorical.answers import (
    Answers,
)
from sem_toolkit.sample.categorical.mixture import MixedStatistics
from sem_toolkit.sample.categorical.mixture_margins import MixtureMargins
from sem_toolkit.sample.categorical.tabled import IntArray
from sem_toolkit.sample.categorical.two_steps import EmptyCells
from sem_toolkit.sample.checks import check_collinearity, check_scales, describe_group
from sem_toolkit.sample.moments import FloatArray, compute_correlation
from sem_toolkit.sample.sample import PAIRWISE, Sample
from sem_toolkit.sample.streamed_statistics import check_answers, conclude_sample, require_rows, start_groups
from sem_toolkit.sample.tabular import TabularFile

_FIRST = 100_000
"""Rows among which the searches begin."""


def build_streamed_mixture(
    file: TabularFile,
    variables: Sequence[str],
    answers: Mapping[str, Answers],
    group: str | None = None,
    missing: str | None = None,
    cells: EmptyCells | None = None,
) -> Sample:
    """The sample of ordered variables (those with answers) and numeric ones, with their statistics in every group.

    Rows are not kept: they are read once for margins and tables, once more for each step of the search for polyserial
    correlations, and once for Γ. missing: as in `build_streamed_answers`. Raises DataError as `attach_statistics` does.
    """
    variables = tuple(variables)
    rows = AnsweredRows(file, variables, answers, group, whole=missing not in PAIRWISE)
    categories = tuple(len(answers[name].values) if name in answers else 0 for name in variables)
    parts: dict[str, MixtureMargins] = {}
    moments: dict[str, streaming.Moments] = {}
    for label, codes, values in rows.iterate(counted=True):
        parts.setdefault(label, MixtureMargins(categories)).add(codes, values)
        if rows.whole:
            own = moments.setdefault(label, streaming.Moments(len(variables)))
            own.add(np.vstack([codes.astype(np.float64), values]))
    require_rows(rows)
    faults = [fault for label, part in parts.items() for fault in _check_part(part, rows, answers, label)]
    if not faults:
        names = (*rows.ordered, *rows.numeric)
        faults = [
            fault
            for label, own in moments.items()
            for fault in check_collinearity(compute_correlation(own.products / own.n), names, describe_group(label))
        ]
    if faults:
        raise DataError(faults)
    found = start_groups(parts, lambda part: MixedStatistics(part, cells or EmptyCells()), variables)
    passes = _settle(rows, found)
    for label, codes, values in rows.iterate_slices():
        found[label].add(codes, values)
    scales = {label: check_scales(part.variances, rows.numeric) for label, part in parts.items()}
    kept = f"{passes + 3} passes; statistics are kept"
    return conclude_sample(rows, parts, found, answers, missing, kept, scales)


def _settle(rows: AnsweredRows, found: Mapping[str, MixedStatistics]) -> int:
    """Pass over the rows until the correlations of all groups are found; how often that was."""
    _begin(rows, found)
    passes = 0
    while unsettled := {label for label, own in found.items() if not own.is_settled}:
        for label, codes, values in rows.iterate_slices():
            if label in unsettled:
                found[label].seek(codes, values)
        for label in unsettled:
            found[label].settle()
        passes += 1
    return passes


def _begin(rows: AnsweredRows, found: Mapping[str, MixedStatistics]) -> None:
    """Find out among the first rows of each group where the searches had better begin."""
    first: dict[str, list[tuple[IntArray, FloatArray]]] = {}
    read = 0
    for label, codes, values in rows.iterate():
        first.setdefault(label, []).append((codes, values))
        read += codes.shape[1]
        if read >= _FIRST:
            break
    for label, own in first.items():
        found[label].begin(*(np.concatenate(parts, axis=1) for parts in zip(*own, strict=True)))


def _check_part(
    part: MixtureMargins, rows: AnsweredRows, answers: Mapping[str, Answers], label: str
) -> list[Diagnostic]:
    faults = check_answers(part.tables, rows.ordered, answers, label, len(rows.variables))
    if part.n > len(rows.variables):
        for name, count, mean, squares in zip(rows.numeric, part.counts, part.means, part.squares, strict=True):
            if not squares > count * (1e-13 * abs(mean)) ** 2:
                message = f"{name!r} is constant{describe_group(label)}"
                faults.append(Diagnostic("error", "constant-column", message, hint="leave it out of the model"))
    return faults
