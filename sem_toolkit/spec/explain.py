"""The expanded model beside its source: every row of the table with the text or the rule that made it."""

import math
from typing import TypedDict

from sem_toolkit.spec.specs import Spec
from sem_toolkit.spec.table import Parameter, ParameterTable


class OriginRecord(TypedDict):
    """Where a row comes from; the place is null for rows that a rule added."""

    rule: str
    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None
    text: str | None


class RowRecord(TypedDict):
    """A row of the table in JSON, with lavaan's columns; no bound is null."""

    id: int
    lhs: str
    op: str
    rhs: str
    user: int
    block: int
    group: int | str
    level: int
    free: int
    ustart: float | None
    exo: int
    label: str
    plabel: str
    lower: float | None
    upper: float | None
    origin: OriginRecord


def build_table_records(table: ParameterTable, spec: Spec | None = None, group_labels: bool = False) -> list[RowRecord]:
    """The rows as dictionaries for JSON.

    spec          the spec the table was built from, for the text of each row
    group_labels  give groups by label, as lavaan does where it has no data and headers such as `group: school_A`
    """
    return [_build_record(number, row, table, spec, group_labels) for number, row in enumerate(table.rows, start=1)]


def _build_record(
    number: int, row: Parameter, table: ParameterTable, spec: Spec | None, group_labels: bool
) -> RowRecord:
    group: int | str = row.group
    if group_labels and row.group and not all(label.isdigit() for label in table.groups):
        group = table.groups[row.group - 1] or row.group
    span = row.origin.span
    return {
        "id": number,
        "lhs": row.lhs,
        "op": row.op,
        "rhs": row.rhs,
        "user": row.user,
        "block": row.block,
        "group": group,
        "level": row.level,
        "free": row.free,
        "ustart": row.ustart,
        "exo": row.exo,
        "label": row.label,
        "plabel": row.plabel,
        "lower": row.lower if math.isfinite(row.lower) else None,
        "upper": row.upper if math.isfinite(row.upper) else None,
        "origin": {
            "rule": row.origin.rule,
            "line": span.line if span else None,
            "column": span.column if span else None,
            "end_line": span.end_line if span else None,
            "end_column": span.end_column if span else None,
            "text": spec.source.text[span.start : span.end] if span and spec else None,
        },
    }


def format_explanation(spec: Spec, table: ParameterTable) -> str:
    """Each line of the source with the rows it made below it, then the rows that rules added, as plain text."""
    by_line: dict[int, list[Parameter]] = {}
    added: list[Parameter] = []
    for row in table.rows:
        if row.origin.span is None:
            added.append(row)
        else:
            by_line.setdefault(row.origin.span.line, []).append(row)
    width = min(max((len(_format_name(row)) for row in table.rows), default=0), 48)
    lines: list[str] = []
    for number, text in enumerate(spec.source.text.splitlines(), start=1):
        lines.append(f"{number:>4} | {text}".rstrip())
        lines += [f"     |     {_format_row(row, width, table)}" for row in by_line.get(number, [])]
    if added:
        lines += ["", "added by rules"]
        lines += [f"     |     {_format_row(row, width, table)}" for row in added]
    return "\n".join(lines)


def _format_name(row: Parameter) -> str:
    return f"{row.lhs} {row.op} {row.rhs}".strip()


def _format_row(row: Parameter, width: int, table: ParameterTable) -> str:
    if row.op in {":=", "==", "<", ">"}:
        status = "" if row.origin.rule == "typed" else row.origin.rule
    else:
        status = _format_status(row)
        if row.origin.rule != "typed":
            status += f"  ({row.origin.rule})"
    places = [f"group {row.group}"] if len(table.groups) > 1 and row.group else []
    places += [table.levels[row.level - 1]] if table.levels and row.level else []
    where = f"  [{', '.join(places)}]" if places else ""
    return f"{_format_name(row):<{width}}  {status}{where}".rstrip()


def _format_status(row: Parameter) -> str:
    if row.free:
        parts = [f"free {row.free}"]
        parts += [f"start {row.ustart:g}"] if row.ustart is not None else []
    elif row.is_given:
        parts = ["from the data"]
    else:
        parts = ["fixed" if row.ustart is None else f"fixed {row.ustart:g}"]
    if row.label:
        parts.append(f'label "{row.label}"')
    if row.free and math.isfinite(row.lower):
        parts.append(f"above {row.lower:g}")
    if row.free and math.isfinite(row.upper):
        parts.append(f"below {row.upper:g}")
    return ", ".join(parts)
