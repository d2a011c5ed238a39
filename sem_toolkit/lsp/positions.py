"""Between offsets in a text and the positions of the protocol: lines, and code units of an encoding within them."""

from bisect import bisect_right

from sem_toolkit.diagnostics import LineIndex

Place = tuple[int, int]
"""Line and code unit, both from 0."""

_BYTES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


class TextMap:
    """One text, in the units that the editor counts in ("utf-8", "utf-16", "utf-32")."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text = text
        self._starts = LineIndex(text).starts
        self._codec = encoding if encoding == "utf-8" else f"{encoding}-le"
        self._unit = _BYTES[encoding]

    def place(self, offset: int) -> Place:
        """The position of the character at an offset."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset) - 1
        return line, self._count(self.text[self._starts[line] : offset])

    def place_of(self, line: int, column: int) -> Place:
        """The position of a line and a column in characters, both from 1, as diagnostics have them."""
        if line > len(self._starts):
            return self.place(len(self.text))
        return self.place(min(self._starts[line - 1] + column - 1, self._end_of(line - 1)))

    def offset(self, place: Place) -> int:
        """The offset of a position; one beyond a line's end, or within a character, is moved back to one that is."""
        line, unit = place
        if line >= len(self._starts):
            return len(self.text)
        start, end = self._starts[line], self._end_of(line)
        if self._unit == 4:
            return min(start + unit, end)
        position = start
        while position < end and (size := self._count(self.text[position])) <= unit:
            unit -= size
            position += 1
        return position

    @property
    def end(self) -> Place:
        """The position behind the last character."""
        return self.place(len(self.text))

    def _end_of(self, line: int) -> int:
        """The offset behind the last character of a line, without what ends it."""
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)
        return len(self.text[self._starts[line] : end].rstrip("\r\n")) + self._starts[line]

    def _count(self, text: str) -> int:
        return len(text.encode(self._codec, "surrogatepass")) // self._unit
