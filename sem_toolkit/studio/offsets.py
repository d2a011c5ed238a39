"""Between characters, in which places in specs are counted, and UTF-16 code units, in which a browser counts."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from sem_toolkit.spec.text_edits import Edit

EditRecord = dict[str, object]


class Offsets:
    """One text in both counts. An offset within a pair of surrogates is that of its character."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._wide = [] if text.isascii() else [k for k, character in enumerate(text) if ord(character) > 0xFFFF]
        self._units = [place + number for number, place in enumerate(self._wide)]

    def units(self, offset: int) -> int:
        """The offset in code units."""
        offset = min(max(offset, 0), self._length)
        return offset + bisect_left(self._wide, offset)

    def characters(self, units: int) -> int:
        """The offset in characters."""
        before = bisect_right(self._units, units - 2)
        inside = before < len(self._units) and self._units[before] == units - 1
        return min(max(units - before - inside, 0), self._length)

    def build_edits(self, edits: Iterable[Edit]) -> list[EditRecord]:
        """Edits as the page makes them."""
        return [
            {"from": self.units(edit.start), "to": self.units(edit.end), "insert": edit.replacement} for edit in edits
        ]
