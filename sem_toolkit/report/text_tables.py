"""Tables of text for a terminal or a page: what every command prints with."""

from collections.abc import Callable, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sem_toolkit.libraries import pd
from sem_toolkit.report.long_tables import LongTable
from sem_toolkit.report.numbers import format_cell

FormatCell = Callable[[str, object], str]
"""A cell by the name of its column."""


def build_table(title: str, left: Sequence[str], columns: Sequence[str], right: Sequence[str] = ()) -> Table:
    """An empty table with columns of text, then of whatever; those in `right` hold numbers and are never cut."""
    heading = Text(title, no_wrap=True, overflow="ignore")  # a title wider than its table is not broken
    table = LongTable(title=heading, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name in (*left, *columns):
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name in right, overflow="fold")
    return table


def build_frame_table(title: str, frame: "pd.DataFrame") -> Table:
    """Any DataFrame as a table: numbers to three decimals, p-values, whole numbers and texts as they are."""
    numbers = [str(name) for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])]
    table = build_table(title, (), [str(name) for name in frame.columns], right=numbers)
    if frame.empty:
        table.add_row("none", *[""] * (len(frame.columns) - 1))
    for row in frame.itertuples(index=False, name=None):
        table.add_row(*format_row(frame, row))
    return protect_numbers(table)


def format_row(frame: "pd.DataFrame", row: Sequence[object], write: FormatCell = format_cell) -> list[str]:
    """The cells of one row as texts; the column `value` of a table of measures is written as the measure asks for."""
    names = [str(name) for name in frame.columns]
    if names == ["measure", "value"]:
        return [str(row[0]), write(str(row[0]), row[1])]
    return [write(name, value) for name, value in zip(names, row, strict=True)]


def build_transposed_frame(frame: "pd.DataFrame", key: str, write: FormatCell = format_cell) -> "pd.DataFrame":
    """A DataFrame with one row a model as texts with one column a model; the first column names the numbers."""
    names = [str(name) for name in frame[key]]
    rows = [
        [str(column), *(write(str(column), value) for value in frame[column])] for column in frame.columns.drop(key)
    ]
    return pd.DataFrame(rows, columns=["", *names])


def build_transposed_table(title: str, frame: "pd.DataFrame", key: str) -> Table:
    """The same as a table."""
    found = build_transposed_frame(frame, key)
    names = [str(name) for name in found.columns[1:]]
    table = build_table(title, ("",), names, right=names)
    for row in found.itertuples(index=False, name=None):
        table.add_row(*row)
    return protect_numbers(table)


def protect_numbers(table: Table) -> Table:
    """Never let a narrow terminal cut a number: columns of numbers keep their width, and lines wrap instead."""
    for column in table.columns:
        if column.no_wrap:
            column.min_width = max(len(str(cell)) for cell in (column.header, *column.cells))
    return table
