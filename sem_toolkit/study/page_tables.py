"""The report's tables: a frame's columns under words a reader knows, every cell formatted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sem_toolkit.libraries import pd
from sem_toolkit.report.numbers import format_estimate, format_p_value

Format = Callable[[Any], str]


@dataclass(frozen=True)
class PageTable:
    """Headers, which columns are text, and the cells as they are shown."""

    headers: tuple[str, ...]
    texts: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


def show_number(decimals: int = 3) -> Format:
    """A number with so many decimals; a dash where there is none."""
    return lambda value: "–" if pd.isna(value) else format_estimate(float(value), decimals)


def show_p(value: Any) -> str:
    """A p-value; a dash where there is none."""
    return "–" if pd.isna(value) else format_p_value(float(value))


def show_text(value: Any) -> str:
    """Text as it is, nothing where it is missing."""
    return "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value)


def show_share(value: Any) -> str:
    """A share in percent."""
    return "–" if pd.isna(value) else f"{100 * float(value):.0f} %"


def build_page_table(frame: pd.DataFrame, columns: Mapping[str, tuple[str, Format]]) -> PageTable:
    """Columns of a frame by name → header and format, in the order given; those that the frame lacks are left out."""
    chosen = {name: column for name, column in columns.items() if name in frame}
    rows = tuple(tuple(form(row[name]) for name, (_, form) in chosen.items()) for row in frame.to_dict("records"))
    headers = tuple(header for header, _ in chosen.values())
    return PageTable(headers, tuple(form is show_text for _, form in chosen.values()), rows)


def join_words(words: Sequence[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
