"""Ordered answers of a file that is too long for memory: their values, the tables of all pairs and Γ, one pass each."""

from collections.abc import Mapping, Sequence

import numpy as np

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample.answered_rows import AnsweredRows
from sem_toolkit.sample.categorical.answers import (
    Answers,
    check_values,
    describe_numbers,
)
from sem_toolkit.sample.categorical.tabled import PairTables, StreamedGamma
from sem_toolkit.sample.categorical.two_steps import EmptyCells
from sem_toolkit.sample.checks import check_collinearity, describe_group
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.sample import PAIRWISE, Sample
from sem_toolkit.sample.streamed_statistics import check_answers, conclude_sample, require_rows, start_groups
from sem_toolkit.sample.streaming import iterate_columns
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
    require_rows(rows)
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
    gammas = start_groups(parts, lambda part: StreamedGamma(part, cells or EmptyCells()), variables)
    for label, codes, _ in rows.iterate_slices():
        gammas[label].add(codes)
    return conclude_sample(rows, parts, gammas, answers, missing, "three passes; tables of answers are kept")


def _are_among(column: FloatArray, known: set[float]) -> bool:
    """Whether values are whole numbers between those that are known, which have no gap; False settles nothing."""
    low, high = min(known, default=1.0), max(known, default=0.0)
    if not (low < high and high - low == len(known) - 1 and low.is_integer()):
        return False
    return bool(((column >= low) & (column <= high) & (column == np.rint(column))).all())
