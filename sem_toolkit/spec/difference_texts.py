"""A difference of two specs as lines of text, and as a record for JSON."""

import math
from collections.abc import Sequence
from typing import TypedDict

from sem_toolkit.diagnostics import Span
from sem_toolkit.spec.difference import Change, SpecDifference, name_group
from sem_toolkit.spec.table import PARAMETER_OPERATORS, Parameter


class ChangeRecord(TypedDict):
    """One difference in JSON; lines are null for rows that a rule added."""

    kind: str
    lhs: str
    op: str
    rhs: str
    group: int
    level: int
    before: float | None
    after: float | None
    detail: str
    line_before: int | None
    line_after: int | None


class DifferenceRecord(TypedDict):
    """The differences of two specs in JSON."""

    changes: list[ChangeRecord]
    free_before: int
    free_after: int
    df_change: int | None
    variables_added: list[str]
    variables_removed: list[str]


def build_difference_record(difference: SpecDifference) -> DifferenceRecord:
    """The differences as a dictionary for JSON."""
    return {
        "changes": [_build_change_record(change) for change in difference.changes],
        "free_before": difference.free_before,
        "free_after": difference.free_after,
        "df_change": difference.df_change,
        "variables_added": list(difference.variables_added),
        "variables_removed": list(difference.variables_removed),
    }


def _build_change_record(change: Change) -> ChangeRecord:
    row, old, new = change.row, change.before, change.after

    def line(span: Span | None) -> int | None:
        return span.line if span else None

    return {
        "kind": change.kind,
        "lhs": row.lhs,
        "op": row.op,
        "rhs": row.rhs,
        "group": row.group,
        "level": row.level,
        "before": old.ustart if old else None,
        "after": new.ustart if new else None,
        "detail": change.detail,
        "line_before": line(old.origin.span) if old else None,
        "line_after": line(new.origin.span) if new else None,
    }


def format_difference(difference: SpecDifference) -> str:
    """The differences as lines of text, `+` for what B adds, `-` for what it lacks, `~` for what it changes."""
    if difference.is_empty:
        return "both specs mean the same"
    lines = [f"+ variable {name}" for name in difference.variables_added]
    lines += [f"- variable {name}" for name in difference.variables_removed]
    several = len({change.row.group for change in difference.changes} - {0}) > 1
    levels = len({change.row.level for change in difference.changes} - {0}) > 1
    groups = difference.groups if several else None
    lines += [_format_change(change, groups, levels) for change in difference.changes]
    lines.append("")
    lines.append(f"free parameters {difference.free_before} → {difference.free_after}")
    if difference.df_change is not None:
        lines.append(f"degrees of freedom {difference.df_change:+d}")
    return "\n".join(lines)


def _format_change(change: Change, groups: Sequence[str] | None, several_levels: bool) -> str:
    row = change.row
    sign = {"added": "+", "removed": "-"}.get(change.kind, "~")
    what = f"{row.lhs} {row.op} {row.rhs}".strip()
    group = f" {name_group(row.group, groups)}" if groups is not None and row.group else ""
    group += f" [level {row.level}]" if several_levels and row.level else ""
    return f"{sign} {what}{group}{_format_detail(change)}"


def _format_detail(change: Change) -> str:
    row, old, new = change.row, change.before, change.after
    if change.kind in {"added", "removed"}:
        if row.op not in PARAMETER_OPERATORS:
            return ""
        return ", free" if row.free else f", fixed{_format_value(row)}"
    if change.kind in {"tied", "untied"}:
        return (
            f" {change.detail and 'now equal to ' if change.kind == 'tied' else 'no longer equal to '}{change.detail}"
        )
    if change.kind == "freed":
        return f" freed (was fixed{_format_value(old)})"
    if change.kind == "fixed":
        return f" fixed{_format_value(new)}"
    if change.kind == "bound changed":
        return f" bounds {_format_bounds(old)} → {_format_bounds(new)}"
    return f" {change.kind.split()[0]}{_format_value(old)} →{_format_value(new) or ' none'}"


def _format_value(row: Parameter | None) -> str:
    return "" if row is None or row.ustart is None else f" {row.ustart:g}"


def _format_bounds(row: Parameter | None) -> str:
    if row is None or (math.isinf(row.lower) and math.isinf(row.upper)):
        return "none"
    return f"[{row.lower:g}, {row.upper:g}]"
