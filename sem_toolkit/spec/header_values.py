"""YAML text to plain values: mappings, lists, texts, numbers, true and false. Nothing else of YAML is read.

YAML's own tags, anchors, aliases and merges are refused: with them a few lines can stand for a value of astronomic
size, or for one that no reader of the spec would expect. Numbers are those that people write (2, -0.5, 1e-6); dates and
sexagesimal numbers stay texts.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_REPEATED = frozenset({"parcel", "answers"})  # keys that may have several lines
_DEEPEST = 50
_LONGEST = 100_000  # characters
_LONGEST_NUMBER = 40  # characters
_LARGEST_INTEGER = 10**15
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|nan)\Z", re.IGNORECASE)
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
    **dict.fromkeys(("null", "~", ""), None),
}
# Characters that no XML document (svg, docx, xlsx) can hold, and other controls that a terminal would obey.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(slots=True)
class Entry:
    """One key of the outermost mapping: its name, its value, and where the name stands (line and column from 0).

    text  the value as typed where it is a single text, number or word; "" for null, None for lists and mappings
    """

    key: str
    value: Any
    text: str | None
    line: int
    column: int


@dataclass(slots=True)
class HeaderError(Exception):
    """The text is not what a header may be; `line` counts from 0, None where no line is to blame."""

    message: str
    line: int | None = None


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read; a mapping's `key` waits for its value."""

    holds: list[Any] | dict[str, Any]
    key: str | None = None
    line: int = 0
    column: int = 0


@dataclass(slots=True)
class _Reader:
    """Puts values together, event by event, so that depth cannot exhaust the stack."""

    stack: list[_Open] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    root: Any = None

    def take_scalar(self, event: Any) -> None:
        plain = event.implicit[0]
        text = str(event.value)
        line = event.start_mark.line
        if (odd := find_unprintable(text)) is not None:
            raise HeaderError(f"the header holds the control character {odd}", line)
        self._place(text, read_plain(text, line) if plain else text, event)

    def _place(self, text: str | None, value: Any, event: Any) -> None:
        mark = event.start_mark
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        if isinstance(top.holds, list):
            top.holds.append(value)
        elif top.key is None:
            if text is None:
                raise HeaderError("a key of the header has to be one text", mark.line)
            top.key, top.line, top.column = text, mark.line, mark.column
        else:
            if top.key in top.holds and not (len(self.stack) == 1 and top.key in _REPEATED):
                raise HeaderError(f'the header has "{shorten(top.key)}" twice', top.line)
            top.holds[top.key] = value
            if len(self.stack) == 1:
                shown = "" if value is None else text
                self.entries.append(Entry(top.key, value, shown, top.line, top.column))
            top.key = None

    def open(self, holds: list[Any] | dict[str, Any], event: Any) -> None:
        if len(self.stack) >= _DEEPEST:
            raise HeaderError("the header is nested too deeply", event.start_mark.line)
        if self.stack and isinstance(self.stack[-1].holds, dict) and self.stack[-1].key is None:
            raise HeaderError("a key of the header has to be one text", event.start_mark.line)
        self.stack.append(_Open(holds, line=event.start_mark.line))

    def close(self, event: Any) -> None:
        self._place(None, self.stack.pop().holds, event)


def parse_header_values(text: str) -> list[Entry]:
    """The keys of a header and their values, in their order; raises HeaderError."""
    if len(text) > _LONGEST:
        raise HeaderError(f"the header has more than {_LONGEST} characters")
    reader = _Reader()
    documents = 0
    for event in _list_events(text):
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            documents += 1
            if documents > 1 or event.tags:
                raise HeaderError("the header is one YAML document without directives", event.start_mark.line)
        elif kind == "AliasEvent" or getattr(event, "anchor", None) is not None:
            raise HeaderError("the header cannot use YAML aliases (& and *)", event.start_mark.line)
        elif getattr(event, "tag", None) is not None:
            raise HeaderError("the header cannot use YAML tags (!)", event.start_mark.line)
        elif kind == "ScalarEvent":
            reader.take_scalar(event)
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            reader.open({} if kind == "MappingStartEvent" else [], event)
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            reader.close(event)
    if reader.root is not None and not isinstance(reader.root, dict):
        raise HeaderError("the header holds no keys")
    return reader.entries


def _list_events(text: str) -> Iterator[Any]:
    """The events of YAML's own parser; what that cannot read becomes a HeaderError."""
    import yaml

    try:
        yield from yaml.parse(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as problem:
        mark = getattr(problem, "problem_mark", None)
        said = getattr(problem, "problem", None) or "it cannot be read"
        raise HeaderError(f"the header is not valid YAML: {said}", None if mark is None else mark.line) from None


def find_unprintable(text: str) -> str | None:
    """The first character that no report could show, as U+000B; None where there is none."""
    found = _UNPRINTABLE.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def shorten(text: str, most: int = 60) -> str:
    """The text, cut where it is too long for a message."""
    return text if len(text) <= most else text[: most - 1] + "…"


def read_plain(text: str, line: int = 0) -> Any:
    """The value of a text that was typed without quotes: a number, a switch, nothing, or the text itself.

    Raises HeaderError for numbers that nobody means.
    """
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _NOT_FINITE.match(text):
        raise HeaderError(f'"{text}" is not a number that the header can use', line)
    if not _DECIMAL.match(text):
        return text
    if len(text) > _LONGEST_NUMBER or not math.isfinite(float(text)):
        raise HeaderError(f'the number "{shorten(text, 30)}" of the header is too large or too long', line)
    if not _INTEGER.match(text):
        return float(text)
    if abs(int(text)) > _LARGEST_INTEGER:
        raise HeaderError(f'the number "{text}" of the header is too large', line)
    return int(text)
