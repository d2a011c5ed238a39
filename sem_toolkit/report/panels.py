"""Tables that are wider than their terminal: closer columns first, then panels below each other.

Every panel begins with the columns that name its rows, so that no line is broken and no number is lost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.cells import cell_len
from rich.table import Column

GAPS = (3, 2)
"""Blanks between columns, the first that lets a table fit."""
_EDGES = 2
_WORD = 24
"""A column of text is not folded to fewer columns than this, or than its longest cell."""


def split_columns(columns: Sequence[Column], width: int) -> tuple[int, list[list[Column]]]:
    """The gap between columns, and the columns of each panel, for a terminal of `width` columns."""
    least = [_measure(column) for column in columns]
    for gap in GAPS:
        if _add(least, gap) <= width:
            return gap, [list(columns)]
    names = _count_names(columns, least, width)
    panels = [
        [_number(column, place) for place, column in enumerate([*columns[:names], *chosen])]
        for chosen in _fill(columns[names:], least[names:], width - _add(least[:names], GAPS[-1]))
    ]
    return GAPS[-1], panels or [list(columns)]


def fits(columns: Sequence[Column], width: int) -> bool:
    """Whether a table goes into a terminal of `width` columns as one panel."""
    return _add([_measure(column) for column in columns], GAPS[-1]) <= width


def _measure(column: Column) -> int:
    """The fewest terminal columns that a column can do with: numbers whole, texts folded a little."""
    longest = max(cell_len(str(cell)) for cell in (column.header, *column.cells))
    return longest if column.no_wrap else min(longest, _WORD)


def _add(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * (len(widths) - 1) + _EDGES


def _count_names(columns: Sequence[Column], least: Sequence[int], width: int) -> int:
    """How many columns at the left name a row: those of text, as long as they leave room for as much again."""
    names = 1
    while names < len(columns) - 1 and not columns[names].no_wrap and _add(least[: names + 1], GAPS[-1]) <= width / 2:
        names += 1
    return names


def _fill(columns: Sequence[Column], least: Sequence[int], room: int) -> Iterator[list[Column]]:
    """Columns in their order, as many in a panel as have room there, and at least one."""
    chosen: list[Column] = []
    left = room
    for column, need in zip(columns, least, strict=True):
        taken = need + GAPS[-1]
        if chosen and taken > left:
            yield chosen
            chosen, left = [], room
        chosen.append(column)
        left -= taken
    if chosen:
        yield chosen


def _number(column: Column, place: int) -> Column:
    """A copy for a panel; rich finds a column's cells by its place."""
    return replace(column, _index=place)
