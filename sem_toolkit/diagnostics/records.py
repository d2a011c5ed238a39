"""Diagnostics as plain dictionaries, ready for JSON."""

from typing import TypedDict

from sem_toolkit.diagnostics.values import Diagnostic, Span


class RelatedRecord(TypedDict):
    """Another place of the fault."""

    message: str
    line: int
    column: int
    end_line: int
    end_column: int


class FixRecord(TypedDict):
    """A repair: the characters from `start` up to `end` become `replacement`."""

    start: int
    end: int
    replacement: str


class DiagnosticRecord(TypedDict):
    """One diagnostic in JSON; positions are null for faults without a place in a spec, `file` but in included ones."""

    severity: str
    code: str
    message: str
    hint: str | None
    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None
    file: str | None
    related: list[RelatedRecord]
    fixes: list[FixRecord]


def build_diagnostic_record(diagnostic: Diagnostic) -> DiagnosticRecord:
    """The diagnostic as a dictionary with lines and columns from 1 (end exclusive), for JSON."""
    span: Span | None = diagnostic.span
    return {
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "file": (span.file or None) if span else None,
        "related": [
            {
                "message": related.message,
                "line": related.span.line,
                "column": related.span.column,
                "end_line": related.span.end_line,
                "end_column": related.span.end_column,
            }
            for related in diagnostic.related
        ],
        "fixes": [
            {"start": fix.span.start, "end": fix.span.end, "replacement": fix.replacement} for fix in diagnostic.fixes
        ],
    }
