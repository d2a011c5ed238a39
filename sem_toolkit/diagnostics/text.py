"""Diagnostics as text: headline, place, the lines of the source with a caret, related places, the repair."""

import re
import unicodedata
from dataclasses import dataclass

from sem_toolkit.diagnostics.values import Diagnostic, Severity, Source, Span

_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTEXT = 1  # lines shown before the line of the fault
_WIDTH = 160  # longer source lines are cut around the fault
_COLOURS: dict[Severity, str] = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}
_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[34m", "\x1b[0m"


@dataclass(frozen=True)
class _Paint:
    """Wraps text in terminal colours, or leaves it alone."""

    colour: bool

    def __call__(self, style: str, text: str) -> str:
        return f"{style}{text}{_RESET}" if self.colour else text


def format_diagnostic(diagnostic: Diagnostic, source: Source | None = None, colour: bool = False) -> str:
    """The diagnostic as a block of text, without a final newline.

    source  the text that the spans point into; without it only the line number is shown
    colour  use terminal colours
    """
    paint = _Paint(colour)
    style = _COLOURS[diagnostic.severity]
    headline = paint(style, f"{diagnostic.severity}[{diagnostic.code}]") + paint(_BOLD, f": {diagnostic.message}")
    lines = [headline]
    if diagnostic.span is not None:
        lines += _format_place(diagnostic.span, source, paint, style)
    for related in diagnostic.related:
        lines.append(f"  note: {related.message}")
        lines += _format_place(related.span, source, paint, _DIM, context=0)
    if diagnostic.hint:
        lines.append(f"  help: {diagnostic.hint}")
    return "\n".join(lines)


def format_diagnostics(
    diagnostics: tuple[Diagnostic, ...] | list[Diagnostic], source: Source | None = None, colour: bool = False
) -> str:
    """Several diagnostics, a blank line between two."""
    return "\n\n".join(format_diagnostic(diagnostic, source, colour) for diagnostic in diagnostics)


def _format_place(span: Span, source: Source | None, paint: _Paint, style: str, context: int = _CONTEXT) -> list[str]:
    if source is None:
        return [f"  {f'{span.file}: ' if span.file else ''}line {span.line}, column {span.column}"]
    part = next((part for part in source.parts if part.name == span.file), None)
    lines = _lines_near(source.text, span.start, min(context, span.line - 1))
    first = span.line - len(lines) + 1
    digits = len(str(span.line))
    shown = [f"  {part.name if part else source.name}:{span.line}:{span.column}"]
    for number, line in enumerate(lines, start=first):
        last = number == span.line
        line, before, width = _cut_line(line, span) if last else (_clean(line)[:_WIDTH], 0, 0)
        shown.append(paint(_DIM, f"  {number:>{digits}} | ").rstrip(" ") + (f" {line}" if line else ""))
        if last:
            shown.append(paint(_DIM, f"  {'':>{digits}} | ") + " " * before + paint(style, "^" * width))
    return shown


def _lines_near(text: str, offset: int, context: int) -> list[str]:
    """The line with the character at this offset and up to `context` lines before it; the rest is not looked at."""
    begin = _find_line_start(text, offset)
    for _ in range(context):
        if begin > 0:
            begin = _find_line_start(text, begin - (2 if text.startswith("\r\n", begin - 2) else 1))
    end = _LINE_END.search(text, offset)
    return _LINE_END.split(text[begin : end.start() if end else None])


def _find_line_start(text: str, offset: int) -> int:
    """Offset of the first character of the line with the one at this offset, which may be its end."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _cut_line(line: str, span: Span) -> tuple[str, int, int]:
    """The line as shown (cut when long), columns before the fault, and the width of the caret."""
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    left = max(0, start - _WIDTH // 2) if len(line) > _WIDTH else 0
    shown = _clean(line[left : left + _WIDTH])
    lead = "… " if left else ""
    trail = " …" if len(line) > left + _WIDTH else ""
    before = _columns(lead + _clean(line[left:start]))
    width = min(_columns(_clean(line[start:end])), _columns(shown) + len(lead) - before)
    return lead + shown + trail, before, max(width, 1)


def _clean(text: str) -> str:
    """Tabs become one space, other control characters a visible mark, so that carets stay below their text."""
    return "".join(" " if c == "\t" else c if c.isprintable() else "�" for c in text)


def _columns(text: str) -> int:
    """Columns a terminal needs: wide East Asian characters take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
