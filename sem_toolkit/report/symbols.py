"""Symbols of statistics in italics, as journals set them; Greek letters and abbreviations (CFI, CI) stand upright.

Source: American Psychological Association (2020), Publication manual, 6.44.
"""

import re
from collections.abc import Callable

Parts = list[tuple[str, bool]]
"""Pieces of a text in their order, and whether each is a symbol."""

_SYMBOLS = "p|n|z|df|SE|SD|M|R²|h²"
_IN_SENTENCE = re.compile(rf"(?<![\w.])(?P<symbol>{_SYMBOLS})(?= [=<>] )")
_IN_HEADING = re.compile(rf"^Δ?(?P<symbol>{_SYMBOLS})(?=$|,)")


def split_sentence(text: str) -> Parts:
    """A paragraph or a note: symbols are what stands before =, < or >."""
    return _split(_IN_SENTENCE, text)


def split_heading(text: str) -> Parts:
    """What stands over a column: a symbol alone, or before a comma."""
    return _split(_IN_HEADING, text)


def mark(parts: Parts, begin: str, end: str, escape: Callable[[str], str] = str) -> str:
    """The text, escaped, with marks around its symbols."""
    return "".join(f"{begin}{escape(text)}{end}" if is_symbol else escape(text) for text, is_symbol in parts)


def _split(pattern: re.Pattern[str], text: str) -> Parts:
    parts: Parts = []
    end = 0
    for found in pattern.finditer(text):
        parts += [(text[end : found.start("symbol")], False), (found["symbol"], True)]
        end = found.end("symbol")
    return [part for part in [*parts, (text[end:], False)] if part[0]]
