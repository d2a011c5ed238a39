"""What a fault is: a severity, a named code, one line of text, a place in the source and the likely repair."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Source:
    """A text that spans point into, and the name under which it is shown (a file name, or `<spec>`).

    parts  the files it was put together from, in order; none where it is one file
    """

    name: str
    text: str
    parts: tuple["SourcePart", ...] = ()


@dataclass(frozen=True, slots=True)
class SourcePart:
    """Where the lines of a file begin in a text that was put together from several: so many lines before it."""

    name: str
    lines_before: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of characters of a source; offsets count from 0, lines and columns from 1, in characters.

    file  which part of the source the lines are counted in; "" where it is one file
    """

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to the fault, such as "first defined here"."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair that can be applied: the characters of `span` become `replacement`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault, or one thing worth knowing about a result.

    severity  "error" stops the work, "warning" belongs to the result, "note" is for information
    code      stable and searchable, named after the fault: "unknown-variable"
    message   one line in words of the model, without colour
    span      where in the spec; None for faults of data or numbers
    hint      what to do, ready to type where possible
    """

    severity: Severity
    code: str
    message: str
    span: Span | None = None
    hint: str | None = None
    related: tuple[Related, ...] = ()
    fixes: tuple[Fix, ...] = ()
