"""Groups of rows with empty cells: which rows count, and their saturated model."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import (
    build_collinear,
    check_collinearity,
    check_covariance,
    describe_group,
    find_collinear,
)
from sem_toolkit.sample.moments import FloatArray, compute_correlation, compute_mean_and_covariance
from sem_toolkit.sample.patterns import Patterns, build_patterns, compute_available_moments
from sem_toolkit.sample.sample import SampleGroup
from sem_toolkit.sample.saturated import SaturatedModel, compute_saturated_model

IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


def build_incomplete_group(
    label: str, rows: FloatArray, places: IntArray, variables: Sequence[str], auxiliary: int = 0
) -> tuple[SampleGroup, list[Diagnostic]]:
    """A group of rows (n × p, NaN where a cell is empty) with its saturated model, and what must be said of it.

    auxiliary  how many of the variables, at the end, take part in the saturated model only

    Raises DataError for too few rows, and for a variable that is empty or constant in the group, or collinear.
    """
    faults = check_incomplete_rows(rows, variables, label)
    if faults:
        raise DataError(faults)
    where = describe_group(label)
    patterns = build_patterns(rows)
    faults = _check_patterns(patterns, variables, where)
    if faults:
        raise DataError(faults)
    saturated = compute_saturated_model(patterns)
    faults = check_collinearity(compute_correlation(saturated.covariance), variables, where)
    if faults:
        raise DataError(faults)
    p = len(variables) - auxiliary
    covariance, mean = saturated.covariance[:p, :p].copy(), saturated.mean[:p]
    group = SampleGroup(label, len(rows), covariance, mean, rows[:, :p], places, saturated)
    return group, [*_describe_apart(saturated, variables, where), *_describe_saturated(saturated, where)]


def build_pairwise_group(
    label: str, rows: FloatArray, places: IntArray, variables: Sequence[str]
) -> tuple[SampleGroup, list[Diagnostic]]:
    """A group with the covariances of the rows that have both of two variables; rows themselves are not handed on.

    Raises DataError as above, for a pair that is never observed together, and for a matrix that no complete data have.
    """
    faults = check_incomplete_rows(rows, variables, label)
    where = describe_group(label)
    if not faults:
        mean, covariance = compute_available_moments(build_patterns(rows))
        there = ~np.isnan(rows)
        apart = np.argwhere(np.triu(there.T.astype(np.intp) @ there < 2, 1))
        faults = [
            Diagnostic("error", "no-pair", f"{variables[i]} and {variables[j]} have no two rows together{where}")
            for i, j in apart
        ] or check_covariance(variables, covariance, f" of pairs of variables{where}")
    if faults:
        raise DataError(faults)
    message = f"covariances of pairs of variables are taken for those of {len(rows)} complete rows{where}"
    hint = 'standard errors and χ² are not right for this; missing = "ml" or "robust.two.stage" are'
    notes = [Diagnostic("warning", "pairwise-moments", message, hint=hint)] if np.isnan(rows).any() else []
    return SampleGroup(label, len(rows), covariance, mean, None, places), notes


def check_incomplete_rows(rows: FloatArray, variables: Sequence[str], label: str) -> list[Diagnostic]:
    """Faults of the rows of a group: too few of them; variables without two different values."""
    n, p = rows.shape
    where = describe_group(label)
    if n <= p:
        message = f"{n} rows{where} for {p} variables; at least {p + 1} are needed"
        return [Diagnostic("error", "too-few-rows", message, hint="use fewer variables or more data")]
    there = ~np.isnan(rows)
    faults = []
    for name, column, present in zip(variables, rows.T, there.T, strict=True):
        if not present.any():
            message = f"every value of {name!r} is missing{where}"
            faults.append(Diagnostic("error", "all-missing", message, hint="leave it out of the model"))
        elif np.ptp(column[present]) == 0:
            message = f"{name!r} is constant{where}: every value is {column[present][0]:g}"
            faults.append(Diagnostic("error", "constant-column", message, hint="leave it out of the model"))
    return faults


def _check_patterns(patterns: Patterns, variables: Sequence[str], where: str) -> list[Diagnostic]:
    """A fault where columns follow from each other in all rows that have them: the likelihood grows without end then.

    The rows of one pattern show which ones may. Few different rows, and constant columns, tell nothing.
    """
    for number in np.flatnonzero(patterns.counts > patterns.observed.sum(axis=1)):
        there = np.flatnonzero(patterns.observed[number])
        suspects = there[_find_related(patterns.rows[patterns.row == number][:, there])]
        if len(suspects):
            rows = patterns.rows[:, suspects]
            related = suspects[_find_related(rows[~np.isnan(rows).any(axis=1)])]
            if len(related):
                return build_collinear([variables[place] for place in related], where)
    return []


def _find_related(rows: FloatArray) -> IntArray:
    """The columns of complete rows (n × p) that follow from each other; none where too few rows differ to tell."""
    covariance = compute_mean_and_covariance(rows)[1]
    if not (covariance.diagonal() > 0.0).all():
        return np.empty(0, dtype=np.intp)
    found = find_collinear(compute_correlation(covariance))
    return found if len(found) and len(np.unique(rows, axis=0)) > rows.shape[1] else found[:0]


def _describe_apart(saturated: SaturatedModel, variables: Sequence[str], where: str) -> list[Diagnostic]:
    """A warning where variables are never observed together."""
    apart = np.argwhere(np.triu(saturated.likelihood.patterns.apart, 1))
    pairs = [f"{variables[i]} and {variables[j]}" for i, j in apart]
    if not pairs:
        return []
    shown = ", ".join(pairs[:5]) + (", …" if len(pairs) > 5 else "")
    message = f"never observed together{where}: {shown}; their covariances are not in the data"
    hint = "parameters that rest on them alone cannot be estimated; the saturated model takes them for 0"
    return [Diagnostic("warning", "never-observed-together", message, hint=hint)]


def _describe_saturated(saturated: SaturatedModel, where: str) -> list[Diagnostic]:
    """A warning where the saturated model has no certified optimum."""
    if saturated.converged and saturated.definite:
        return []
    why = (
        f"its gradient is {saturated.gradient_max:.3g}"
        if not saturated.converged
        else "its information matrix is singular"
    )
    message = f"the saturated model of the incomplete rows{where} has no certain optimum: {why}"
    hint = "χ² and all that is made of it are not to be relied on; are there enough rows for the variables?"
    return [Diagnostic("warning", "saturated-not-converged", message, hint=hint)]
