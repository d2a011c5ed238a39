"""Columns of ordered answers to codes, and a sample of codes to one with thresholds and correlations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.categorical.statistics import (
    CategoricalStatistics,
    EmptyCells,
    NoCommonRowError,
    compute_categorical_statistics,
)
from sem_toolkit.sample.checks import check_names, describe_group, numeric_values
from sem_toolkit.sample.sample import Sample, SampleGroup

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

_MOST_CATEGORIES = 60
_SHOWN = 4


@dataclass(frozen=True)
class Answers:
    """The answers that an ordered variable has.

    values   in their order, as messages show them: numbers, or the names of categories
    numbers  what stands for each of them in the column as numbers
    unused   answers that nobody gave: declared ones, and whole numbers between others that are counted by ones
    """

    values: tuple[str, ...]
    numbers: tuple[float, ...]
    unused: tuple[str, ...] = ()


def find_answers(frame: "pd.DataFrame", names: Sequence[str], source: str = "the data") -> dict[str, Answers]:
    """The answers of each ordered variable, over all rows and groups.

    Raises DataError for columns that are not there, whose texts have no order, or that have one answer or hundreds.
    """
    faults = check_names(names, [str(column) for column in frame.columns], source)
    if faults:
        raise DataError(faults)
    found: dict[str, Answers] = {}
    for name in names:
        column = frame[name]
        numbers = numeric_values(column)
        if numbers is None:
            message = f"the answers of {name!r} are texts, and what their order is nobody knows"
            hint = "write numbers (1 for the lowest), or make the column an ordered category with pandas"
            faults.append(Diagnostic("error", "text-column", message, hint=hint))
            continue
        values = np.unique(numbers[~np.isnan(numbers)])
        if len(values) < 2:
            what = f"every answer is {values[0]:g}" if len(values) else "every answer is missing"
            message = f"{name!r} has no two different answers: {what}"
            faults.append(Diagnostic("error", "constant-column", message, hint="leave it out of the model"))
        elif len(values) > _MOST_CATEGORIES:
            message = f"{name!r} has {len(values)} different values: that is a quantity, no ordered answer"
            hint = "take it out of ordered"
            faults.append(Diagnostic("error", "too-many-categories", message, hint=hint))
        else:
            found[name] = _describe_answers(column, values)
    if faults:
        raise DataError(faults)
    return found


def _describe_answers(column: "pd.Series", values: FloatArray) -> Answers:
    import pandas as pd

    texts = tuple(f"{value:g}" for value in values)
    if isinstance(column.dtype, pd.CategoricalDtype):
        names = [str(value) for value in column.cat.categories]
        given = set(column.cat.codes.to_numpy()[column.cat.codes.to_numpy() >= 0].tolist())
        unused = tuple(name for place, name in enumerate(names) if place not in given)
        if not pd.api.types.is_numeric_dtype(column.cat.categories.dtype):
            texts = tuple(names[int(value) - 1] for value in values)
        return Answers(texts, tuple(values.tolist()), unused)
    return Answers(texts, tuple(values.tolist()), _list_skipped(values))


def _list_skipped(values: FloatArray) -> tuple[str, ...]:
    """Whole numbers that lie between values and are none of them, where two neighbours are 1 apart."""
    steps = np.diff(values)
    if steps.min() != 1.0 or values[0] % 1.0 or (steps % 1.0).any() or np.ptp(values) > _MOST_CATEGORIES:
        return ()
    return tuple(f"{value:g}" for value in np.setdiff1d(np.arange(values[0], values[-1]), values))


def require_varied_answers(frame: "pd.DataFrame", answers: Mapping[str, Answers], group: str) -> None:
    """Raise DataError for ordered variables to which all rows of a group give the same answer."""
    faults = []
    for label, rows in frame.groupby(group, sort=False):
        for name, own in answers.items():
            numbers = numeric_values(rows[name])
            assert numbers is not None  # noqa: S101 (`find_answers` has looked at them)
            given = np.unique(numbers[~np.isnan(numbers)])
            if len(given) == 1:
                answer = own.values[own.numbers.index(float(given[0]))]
                message = f"{name!r} has no two different answers in group '{label}': every answer is {answer}"
                faults.append(Diagnostic("error", "constant-column", message, hint="leave it out of the model"))
    if faults:
        raise DataError(faults)


def code_answers(frame: "pd.DataFrame", answers: Mapping[str, Answers]) -> "pd.DataFrame":
    """The frame with the ordered variables coded 0, 1, … in the order of their answers, NaN where there is none."""
    columns = {}
    for name, own in answers.items():
        numbers = numeric_values(frame[name])
        assert numbers is not None  # noqa: S101 (`find_answers` has looked at them)
        codes = np.searchsorted(np.array(own.numbers), numbers).astype(np.float64)
        columns[name] = np.where(np.isnan(numbers), np.nan, codes)
    attributes = dict(frame.attrs)
    coded = frame.assign(**columns)
    coded.attrs.update(attributes)
    return coded


def attach_statistics(
    sample: Sample,
    answers: Mapping[str, Answers],
    covariates: Sequence[str] = (),
    cells: EmptyCells | None = None,
) -> Sample:
    """The sample with thresholds and correlations in every group, from its rows of codes.

    covariates   variables that the statistics are conditional on

    Raises DataError where a group has no row with one of the answers, or a pair of variables no row in common.
    """
    place = {name: position for position, name in enumerate(sample.variables)}
    given = [place[name] for name in covariates]
    own = [position for position in range(len(place)) if position not in given]
    sizes = tuple(len(answers[sample.variables[at]].values) if sample.variables[at] in answers else 0 for at in own)
    faults = [fault for group in sample.groups for fault in _check_categories(group, sample.variables, answers, place)]
    if faults:
        raise DataError(faults)
    groups, messages = [], list(sample.messages)
    for name, entry in answers.items():
        if entry.unused:
            message = f"nobody gave these answers of {name!r}, and they are left out: {', '.join(entry.unused)}"
            messages.append(Diagnostic("warning", "unused-category", message))
    for group in sample.groups:
        assert group.data is not None  # noqa: S101 (a sample of rows)
        x = group.data[:, given]
        try:
            statistics = compute_categorical_statistics(
                group.data[:, own],
                sizes,
                x if given else None,
                weights=group.design.weights,
                clusters=group.design.clusters,
                cells=cells,
                frequencies=group.design.frequencies,
            )
        except NoCommonRowError as fault:
            first, second = (sample.variables[own[at]] for at in (fault.second, fault.first))
            message = f"{first} and {second} have no row together{describe_group(group.label)}"
            raise DataError(Diagnostic("error", "no-pair", message, hint="leave one of them out")) from None
        groups.append(place_statistics(_take_covariates(group, given), statistics, own, given))
        messages += _describe_pairs(statistics, [sample.variables[at] for at in own], group.label)
    return replace(sample, groups=tuple(groups), messages=tuple(messages))


def _check_categories(
    group: SampleGroup, variables: Sequence[str], answers: Mapping[str, Answers], place: Mapping[str, int]
) -> list[Diagnostic]:
    faults = []
    assert group.data is not None  # noqa: S101
    for name, own in answers.items():
        if name not in place:
            continue
        codes = group.data[:, place[name]]
        counts = np.bincount(codes[~np.isnan(codes)].astype(np.int64), minlength=len(own.values))
        missing = [value for value, count in zip(own.values, counts, strict=True) if not count]
        if missing:
            where = describe_group(group.label) or " among the rows used"
            message = f"no row{where} has the answer {', '.join(missing[:_SHOWN])} of {name!r}, which others have"
            hint = "join it with a neighbouring answer in all rows, so that it has rows everywhere"
            faults.append(Diagnostic("error", "empty-category", message, hint=hint))
    return faults


def _take_covariates(group: SampleGroup, given: list[int]) -> SampleGroup:
    """The group with the moments (divisor n, weighted) of its covariates in their places."""
    assert group.data is not None  # noqa: S101
    x = group.data[:, given]
    weights = np.ones(len(x)) if group.design.weights is None else group.design.weights
    centre = weights @ x / weights.sum()
    covariance, mean = group.covariance.copy(), np.zeros(len(group.covariance))
    covariance[np.ix_(given, given)] = (x - centre).T @ (weights[:, None] * (x - centre)) / weights.sum()
    mean[given] = centre
    return replace(group, covariance=covariance, mean=mean)


def place_statistics(
    group: SampleGroup, statistics: CategoricalStatistics, own: Sequence[int], given: Sequence[int]
) -> SampleGroup:
    """The group with these statistics of its variables `own`, and with the covariances and means of their responses
    and of the covariates `given`, whose own moments it has already, all together.
    """
    assert group.mean is not None  # noqa: S101
    spread, centre = group.covariance[np.ix_(given, given)], group.mean[list(given)]
    covariance, mean = np.zeros_like(group.covariance), np.zeros_like(group.mean)
    across = statistics.slopes @ spread
    covariance[np.ix_(given, given)] = spread
    covariance[np.ix_(own, given)], covariance[np.ix_(given, own)] = across, across.T
    covariance[np.ix_(own, own)] = statistics.covariance + across @ statistics.slopes.T
    mean[list(given)] = centre
    mean[list(own)] = statistics.intercepts + statistics.slopes @ centre
    return replace(group, covariance=covariance, mean=mean, saturated=None, categorical=statistics)


def _describe_pairs(statistics: CategoricalStatistics, names: Sequence[str], label: str) -> list[Diagnostic]:
    """What a reader must know of pairs whose correlation is on weak feet."""
    where = describe_group(label)
    found = []
    if statistics.pairs_at_fault:
        pairs = _list_pairs(statistics.pairs_at_fault, names)
        message = f"the answers do not determine the correlation of {pairs}{where}: their table is too sparse"
        hint = "join rare answers with their neighbours, or leave one of the two out"
        found.append(Diagnostic("warning", "correlation-not-determined", message, hint=hint))
    nearly = tuple(pair for pair in statistics.nearly_one if pair not in statistics.pairs_at_fault)
    if nearly:
        message = f"the correlation of {_list_pairs(nearly, names)} is nearly 1 in size{where}"
        found.append(Diagnostic("warning", "correlation-nearly-one", message, hint="leave one of the two out"))
    if statistics.empty_tables:
        count = len(statistics.empty_tables)
        what = "pair of items has" if count == 1 else "pairs of items have"
        message = f"{count} {what} combinations of answers that no row gave{where}: "
        message += _list_pairs(statistics.empty_tables, names)
        found.append(Diagnostic("note", "empty-cells", message))
    return found


def _list_pairs(pairs: Sequence[tuple[int, int]], names: Sequence[str]) -> str:
    shown = ", ".join(f"{names[j]} and {names[i]}" for i, j in pairs[:_SHOWN])
    return shown + (", …" if len(pairs) > _SHOWN else "")
