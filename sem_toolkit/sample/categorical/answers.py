"""Columns of ordered answers to codes, and a sample of codes to one with thresholds and correlations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.categorical.statistics import CategoricalStatistics, compute_categorical_statistics
from sem_toolkit.sample.categorical.tabled import compute_tabled_statistics
from sem_toolkit.sample.categorical.two_steps import EmptyCells, NoCommonRowError
from sem_toolkit.sample.checks import advise_order, check_names, describe_group, numeric_values
from sem_toolkit.sample.sample import Sample, SampleGroup

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

MOST_CATEGORIES = 60
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
    worded: list[pd.Series] = []
    for name in names:
        column = frame[name]
        numbers = numeric_values(column)
        if numbers is None:
            worded.append(column)
            continue
        values = np.unique(numbers[~np.isnan(numbers)])
        wrong = check_values(name, values)
        if wrong is None:
            found[name] = _describe_answers(column, values)
        else:
            faults.append(wrong)
    if worded:
        named = ", ".join(repr(str(column.name)) for column in worded)
        message = f"the answers of {named} are texts, and what their order is nobody knows"
        faults.append(Diagnostic("error", "text-column", message, hint=advise_order(worded)))
    if faults:
        raise DataError(faults)
    return found


def check_values(name: str, values: FloatArray) -> Diagnostic | None:
    """The fault of an ordered variable with one answer or hundreds (values: the different ones), if there is one."""
    if len(values) < 2:
        what = f"every answer is {values[0]:g}" if len(values) else "every answer is missing"
        message = f"{name!r} has no two different answers: {what}"
        return Diagnostic("error", "constant-column", message, hint="leave it out of the model")
    if len(values) > MOST_CATEGORIES:
        message = f"{name!r} has {len(values)} different values: that is a quantity, no ordered answer"
        return Diagnostic("error", "too-many-categories", message, hint="take it out of ordered")
    return None


def describe_numbers(values: FloatArray) -> Answers:
    """The answers of a column of numbers that has these different ones, ascending."""
    return Answers(tuple(f"{value:g}" for value in values), tuple(values.tolist()), _list_skipped(values))


def _describe_answers(column: "pd.Series", values: FloatArray) -> Answers:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = tuple(f"{value:g}" for value in values)
        names = [str(value) for value in column.cat.categories]
        given = set(column.cat.codes.to_numpy()[column.cat.codes.to_numpy() >= 0].tolist())
        unused = tuple(name for place, name in enumerate(names) if place not in given)
        if not pd.api.types.is_numeric_dtype(column.cat.categories.dtype):
            texts = tuple(names[int(value) - 1] for value in values)
        return Answers(texts, tuple(values.tolist()), unused)
    return describe_numbers(values)


def _list_skipped(values: FloatArray) -> tuple[str, ...]:
    """Whole numbers that lie between values and are none of them, where two neighbours are 1 apart."""
    steps = np.diff(values)
    if steps.min() != 1.0 or values[0] % 1.0 or (steps % 1.0).any() or np.ptp(values) > MOST_CATEGORIES:
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
                faults.append(build_constant(name, answer, str(label)))
    if faults:
        raise DataError(faults)


def build_constant(name: str, answer: str, label: str) -> Diagnostic:
    """The fault of an item to which all rows of a group give the same answer."""
    message = f"{name!r} has no two different answers in group '{label}': every answer is {answer}"
    return Diagnostic("error", "constant-column", message, hint="leave it out of the model")


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
    groups, messages = [], [*sample.messages, *list_unused(answers)]
    for group in sample.groups:
        try:
            statistics = _compute_statistics(group, sizes, own, given, cells or EmptyCells())
        except NoCommonRowError as fault:
            raise DataError(build_no_pair(fault, [sample.variables[at] for at in own], group.label)) from None
        groups.append(place_statistics(_take_covariates(group, given), statistics, own, given))
        messages += describe_pairs(statistics, [sample.variables[at] for at in own], group.label)
    return replace(sample, groups=tuple(groups), messages=tuple(messages))


def _compute_statistics(
    group: SampleGroup, sizes: tuple[int, ...], own: list[int], given: list[int], cells: EmptyCells
) -> CategoricalStatistics:
    """Those of the group's variables `own` given the others; sizes: categories of each, 0 of a numeric one."""
    assert group.data is not None  # noqa: S101 (a sample of rows)
    data, design = group.data[:, own], group.design
    if all(sizes) and not given and design.is_simple and len(own) > 1:
        return compute_tabled_statistics(data, sizes, cells)
    return compute_categorical_statistics(
        data,
        sizes,
        group.data[:, given] if given else None,
        weights=design.weights,
        clusters=design.clusters,
        cells=cells,
        frequencies=design.frequencies,
    )


def list_unused(answers: Mapping[str, Answers]) -> list[Diagnostic]:
    """A warning for each ordered variable with answers that nobody gave."""
    return [
        Diagnostic(
            "warning",
            "unused-category",
            f"nobody gave these answers of {name!r}, and they are left out: {', '.join(entry.unused)}",
        )
        for name, entry in answers.items()
        if entry.unused
    ]


def build_no_pair(fault: NoCommonRowError, names: Sequence[str], label: str) -> Diagnostic:
    """The fault of two variables that no row of a group answers together."""
    message = f"{names[fault.second]} and {names[fault.first]} have no row together{describe_group(label)}"
    return Diagnostic("error", "no-pair", message, hint="leave one of them out")


def _check_categories(
    group: SampleGroup, variables: Sequence[str], answers: Mapping[str, Answers], place: Mapping[str, int]
) -> list[Diagnostic]:
    faults = []
    assert group.data is not None  # noqa: S101
    for name, own in answers.items():
        if name in place:
            codes = group.data[:, place[name]]
            counts = np.bincount(codes[~np.isnan(codes)].astype(np.int64), minlength=len(own.values))
            faults += check_counts(counts, name, own, group.label)
    return faults


def check_counts(counts: NDArray[np.int64], name: str, own: Answers, label: str) -> list[Diagnostic]:
    """A fault where no row of a group has one of the answers, from the rows that have each of them (k)."""
    missing = [value for value, count in zip(own.values, counts, strict=True) if not count]
    if not missing:
        return []
    where = describe_group(label) or " among the rows used"
    message = f"no row{where} has the answer {', '.join(missing[:_SHOWN])} of {name!r}, which others have"
    hint = "join it with a neighbouring answer in all rows, so that it has rows everywhere"
    return [Diagnostic("error", "empty-category", message, hint=hint)]


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


def describe_pairs(statistics: CategoricalStatistics, names: Sequence[str], label: str) -> list[Diagnostic]:
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
