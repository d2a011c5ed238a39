"""What was found in a spec: the parameter table, the identification and the messages, carets below their places."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table

from sem_toolkit.diagnostics.text import format_diagnostics
from sem_toolkit.libraries import pd
from sem_toolkit.report.text_tables import build_table

if TYPE_CHECKING:
    from sem_toolkit.fit import Check
    from sem_toolkit.spec import Parameter, ParameterTable

_MOST_ROWS = 2000
"""More are no reading matter, and take the terminal many seconds to lay out."""


def build_check(check: "Check") -> Iterable[RenderableType]:
    """The table, the identification, and every message with its place in the text."""
    yield from build_findings(check)
    if check.diagnostics:
        yield format_diagnostics(check.diagnostics, check.spec.source)


def build_findings(check: "Check") -> Iterable[RenderableType]:
    """The same without messages."""
    if check.table is not None:
        yield build_parameter_rows(check.table)
    if check.identification is not None:
        report = check.identification
        state = "identified" if report.identified else f"NOT identified (deficiency {report.deficiency})"
        yield f"{state}; {report.free} free parameters, df = {report.df}"


def build_parameter_rows(table: "ParameterTable") -> Table:
    """The parameter table with the origin of each row."""
    where = ("group", "level") if table.levels else ("group",)
    shown = build_table("Parameter table", ("lhs", "op", "rhs"), (*where, "free", "value", "label", "origin"))
    for row in table.rows[:_MOST_ROWS]:
        value = _describe_value(row)
        free = str(row.free) if row.free else ("data" if row.is_given else "")
        place = f", line {row.origin.span.line}" if row.origin.span else ""
        numbers = [str(row.group or ""), str(row.level or "")][: len(where)]
        shown.add_row(row.lhs, row.op, row.rhs, *numbers, free, value, row.label, row.origin.rule + place)
    left_out = len(table.rows) - _MOST_ROWS
    if left_out > 0:
        shown.add_row("…", "", f"{left_out} more rows: --json has all")
    return shown


def _describe_value(row: "Parameter") -> str:
    """What a parameter is fixed at or starts from, and how far a free one may go."""
    value = [] if row.ustart is None else [f"{row.ustart:g}"]
    value += [f"≥ {row.lower:g}"] if row.free and math.isfinite(row.lower) else []
    value += [f"≤ {row.upper:g}"] if row.free and math.isfinite(row.upper) else []
    return ", ".join(value)


def build_rows_frame(check: "Check") -> "pd.DataFrame":
    """The parameter table; without rows where the spec has none to show."""
    return pd.DataFrame() if check.table is None else check.table.to_frame()


def build_messages_frame(check: "Check") -> "pd.DataFrame":
    """One row a message: severity, code, line, column, message, hint."""
    rows = [
        (
            entry.severity,
            entry.code,
            entry.span.line if entry.span else None,
            entry.span.column if entry.span else None,
            entry.message,
            entry.hint or "",
        )
        for entry in check.diagnostics
    ]
    return pd.DataFrame(rows, columns=["severity", "code", "line", "column", "message", "hint"])
