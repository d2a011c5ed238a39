"""What is said of rows that are left out, and of groups that are left with too few."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.sample.moments import FloatArray

BoolArray = NDArray[np.bool_]

_MOST_NAMED = 5

FULL = ("ml", "full information maximum likelihood")
BY_MOMENTS = ("two.stage", "the moments of all rows by EM")
EACH_PAIR = ("pairwise", "each correlation from the rows that have both answers")
"""What keeps incomplete rows, of numbers and of ordered answers: a value of `missing`, and what it stands for."""


def describe_dropped(
    data: FloatArray, kept: BoolArray, variables: Sequence[str], without_group: int, group: str | None, hint: str | None
) -> Diagnostic:
    """The rows (of n × p) that are not kept, and what they lack; the last is the group of `without_group` of them."""
    holes = _count_holes(data, variables)
    if group and without_group:
        holes.append((group, without_group))
    message = f"{np.sum(~kept)} of {len(data)} rows left out because a value is missing: {_list_worst(holes)}"
    return Diagnostic("warning", "rows-dropped", message, hint=hint)


def describe_listwise_hint(
    dropped: int, without_group: int = 0, group: str | None = None, keeping: tuple[str, str] = FULL
) -> str:
    """How to keep the rows that listwise deletion drops; those without a group cannot be kept."""
    if dropped == without_group:
        return f"a row without a value of {group!r} belongs to no group"
    rows = "this row" if dropped == 1 else "those with a group" if without_group else "these rows"
    return f'missing = "{keeping[0]}" keeps {rows} ({keeping[1]})'


def explain_too_few(
    faults: Sequence[Diagnostic], rows: FloatArray, variables: Sequence[str], keeping: tuple[str, str] = FULL
) -> list[Diagnostic]:
    """Faults of the complete rows of a group, where these are too few with what the others (all rows: n × p) lack."""
    holes = _count_holes(rows, variables)
    keeps = f'missing = "{keeping[0]}" takes rows with empty cells ({keeping[1]})'
    complete = int((~np.isnan(rows).any(axis=1)).sum())
    found = []
    for fault in faults:
        if fault.code == "constant-column" and holes:
            found.append(_explain_constant(fault, rows, variables, complete, keeps))
            continue
        if fault.code != "too-few-rows" or not holes:
            found.append(fault)
            continue
        empty = [name for name, count in holes if count == len(rows)]
        message = f"{fault.message}; of {len(rows)} rows "
        if empty:
            message += f"none has a value of {', '.join(empty)}"
        else:
            message += f"many lack a value: {_list_worst(holes)}"
        found.append(replace(fault, message=message, hint="leave it out of the model" if empty else keeps))
    return found


def _explain_constant(
    fault: Diagnostic, rows: FloatArray, variables: Sequence[str], complete: int, keeps: str
) -> Diagnostic:
    """A variable that varies, but not among the rows that are complete."""
    name = next(name for name in variables if fault.message.startswith(repr(name)))
    values = rows[:, variables.index(name)]
    if np.nanmax(values) == np.nanmin(values):
        return fault
    message = f"{name!r} has the same value in all {complete} complete rows of {len(rows)}"
    return replace(fault, message=message, hint=keeps)


def check_groups(count: int, rows: int, variables: int, name: str) -> list[Diagnostic]:
    """A fault where a column has too many values for one of groups; a warning where it has only one."""
    if count == 1:
        return [Diagnostic("warning", "one-group", f"{name!r} has one value only: there is one group")]
    if count < 10 or rows > count * (variables + 1):
        return []
    message = f"{name!r} has {count} different values in {rows} rows, too many for groups of more than {variables} rows"
    return [Diagnostic("error", "too-many-groups", message, hint="is this the column of the groups?")]


def _count_holes(data: FloatArray, variables: Sequence[str]) -> list[tuple[str, int]]:
    return [(name, int(count)) for name, count in zip(variables, np.isnan(data).sum(axis=0), strict=True) if count]


def _list_worst(holes: Sequence[tuple[str, int]]) -> str:
    worst = sorted(holes, key=lambda hole: -hole[1])[:_MOST_NAMED]
    return ", ".join(f"{name} ({count})" for name, count in worst) + (", …" if len(holes) > len(worst) else "")
