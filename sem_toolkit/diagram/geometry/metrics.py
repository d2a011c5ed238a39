"""Text measured with the metrics of the font that draws it: DejaVu, which matplotlib carries everywhere."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from unicodedata import combining, east_asian_width

LINE_SPACING = 1.2
"""Distance of base lines in font sizes, the figure that graphviz uses."""

FONT_FILES = {
    "DejaVu Sans": "DejaVuSans",
    "DejaVu Serif": "DejaVuSerif",
    "DejaVu Sans Mono": "DejaVuSansMono",
}


@dataclass(frozen=True, slots=True)
class TextSize:
    """Width and height of a block of lines, in points."""

    width: float
    height: float


def find_font_folder() -> Path:
    """The folder of the fonts that come with matplotlib."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@lru_cache(maxsize=16)
def _open_font(family: str, bold: bool) -> Any:
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(find_font_folder() / f"{FONT_FILES[family]}{'-Bold' if bold else ''}.ttf"))
    font.set_size(1000, 72)
    return font


@lru_cache(maxsize=8192)
def _measure_character(character: str, family: str, bold: bool) -> float:
    """Advance of one character in font sizes; a script that the font lacks takes one square (wide) or 0.65."""
    if combining(character):
        return 0.0
    font = _open_font(family, bold)
    if font.get_char_index(ord(character)) == 0:
        return 1.0 if east_asian_width(character) in "WF" else 0.65
    return float(font.load_char(ord(character)).linearHoriAdvance) / 65536 / 1000


def measure_line(text: str, size: float, family: str = "DejaVu Sans", bold: bool = False) -> float:
    """Width of one line in points."""
    return size * sum(_measure_character(character, family, bold) for character in text)


def measure_lines(lines: tuple[str, ...], size: float, family: str = "DejaVu Sans", bold: bool = False) -> TextSize:
    """Width and height of lines set below each other, in points."""
    width = max((measure_line(line, size, family, bold) for line in lines), default=0.0)
    return TextSize(width, LINE_SPACING * size * len(lines))


def measure_text(text: str, size: float, family: str = "DejaVu Sans") -> TextSize:
    """Width and height of a text with its line breaks, in points."""
    return measure_lines(tuple(text.split("\n")), size, family)


def wrap_text(text: str, width: float, size: float, family: str = "DejaVu Sans", bold: bool = False) -> tuple[str, ...]:
    """Break where `split_breakable` allows it.

    No line is wider than `width` points, if it can be.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in split_breakable(paragraph):
            if line and measure_line((line + piece).rstrip(), size, family, bold) > width:
                lines.append(line.rstrip())
                piece = piece.lstrip()
                line = ""
            line += piece
        lines.append(line.rstrip())
    return tuple(lines)


def split_breakable(text: str) -> list[str]:
    """Pieces between which a line may break: after spaces, hyphens, dashes and underscores, after a full stop inside a
    name, where a capital follows a small letter, and around wide characters.
    """
    pieces: list[str] = []
    current = ""
    for character in text:
        inside = current[-1:] == "." and _joins_words(current[-2:-1], character)
        if inside or (current and character.isupper() and current[-1].islower()):
            pieces.append(current)
            current = ""
        if east_asian_width(character) in "WF":
            if current:
                pieces.append(current)
            pieces.append(character)
            current = ""
            continue
        current += character
        if character in " -–—/_":
            pieces.append(current)
            current = ""
    return [*pieces, current] if current else pieces


def _joins_words(before: str, after: str) -> bool:
    """Whether a full stop between two characters joins words as in job.control or item.1, unlike that of 1.5."""
    return before.isalnum() and (after.isalpha() or (before.isalpha() and after.isdigit()))
