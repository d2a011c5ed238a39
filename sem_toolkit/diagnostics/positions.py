"""From offsets to lines and columns."""

import re
from bisect import bisect_right

from sem_toolkit.diagnostics.values import Span

_LINE_END = re.compile(r"\r\n|\r|\n")


class LineIndex:
    """Finds line and column of an offset in a text, in time logarithmic in the number of lines."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at `offset`, both from 1."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span of the characters from `start` up to, not including, `end`."""
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        return Span(start, end, line, column, end_line, end_column)
