"""From offsets to lines and columns."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from sem_toolkit.diagnostics.values import SourcePart, Span

_LINE_END = re.compile(r"\r\n|\r|\n")


class LineIndex:
    """Finds line and column of an offset in a text, in time logarithmic in the number of lines."""

    def __init__(self, text: str, parts: Sequence[SourcePart] = ()) -> None:
        """parts: the files that the text was put together from; spans then name the file and count its lines."""
        self.starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self.parts = parts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at `offset`, both from 1."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span of the characters from `start` up to, not including, `end`."""
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        if not self.parts:
            return Span(start, end, line, column, end_line, end_column)
        part = self.parts[bisect_right([part.lines_before for part in self.parts], line - 1) - 1]
        before = part.lines_before
        return Span(start, end, line - before, column, end_line - before, end_column, part.name)
