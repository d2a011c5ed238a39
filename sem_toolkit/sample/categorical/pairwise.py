"""Rows with unanswered items to a sample that keeps them: each item and each pair takes the rows that have it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_names
from sem_toolkit.sample.columns import read_numbers
from sem_toolkit.sample.frame import code_groups, list_findings
from sem_toolkit.sample.missing import check_incomplete_rows
from sem_toolkit.sample.sample import Sample, SampleGroup

if TYPE_CHECKING:
    import pandas as pd


def build_pairwise_answers(
    frame: "pd.DataFrame",
    variables: Sequence[str],
    group: str | None = None,
    source: str = "",
    *,
    exogenous: Sequence[str] = (),
) -> Sample:
    """The rows of a table (see `build_sample`), less those without any answer and those that lack a covariate.

    The covariances are not yet those of anything: `attach_statistics` puts them in. Raises DataError.
    """
    source = source or "the data frame"
    names = list(map(str, frame.columns.tolist()))
    variables = tuple(variables)
    faults = check_names([*variables, *([group] if group else [])], names, source)
    if faults:
        raise DataError(faults)
    place = {name: position for position, name in enumerate(names)}
    data, categories = read_numbers(frame, [place[name] for name in variables], variables)
    codes, labels = code_groups(frame.iloc[:, place[group]]) if group else (np.zeros(len(data), dtype=np.intp), ("",))
    given = np.isin(variables, list(exogenous))
    holes = np.isnan(data)
    empty, lacking = holes[:, ~given].all(axis=1), holes[:, given].any(axis=1)
    used = (codes >= 0) & ~empty & ~lacking
    messages = list_findings(frame, categories, data, variables)
    if (~used).any():
        message = f"{int((~used).sum())} of {len(data)} rows left out: they answer no item"
        message += f", or lack one of {', '.join(exogenous)}" if lacking.any() else ""
        messages.append(Diagnostic("warning", "rows-dropped", message))
    p = len(variables)
    groups = []
    for number, label in enumerate(labels):
        rows = np.flatnonzero(used & (codes == number))
        faults += check_incomplete_rows(data[rows], variables, label)
        groups.append(SampleGroup(label, len(rows), np.eye(p), np.zeros(p), data[rows], rows))
    if faults:
        raise DataError(faults)
    return Sample(variables, tuple(groups), len(frame), tuple(messages), source, "pairwise")
