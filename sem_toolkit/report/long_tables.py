"""Tables of many rows, laid out in one go: rich measures and paints cell by cell, seconds for a thousand rows."""

from collections.abc import Iterable
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.table import Column, Table

FROM_ROWS = 200
"""A table of fewer rows is left to rich."""

_MOST_PADDING = 60
"""Columns are no wider than this for the sake of one long cell, which sticks out."""


class LongTable(Table):
    """A rich table that looks the same with any number of rows, but does not fold long cells once it has many."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.row_count <= FROM_ROWS:
            yield from super().__rich_console__(console, options)
            return
        if self.title:
            yield from console.render(console.render_str(str(self.title), style=self.title_style or ""))
        columns = [[str(column.header), *map(str, column.cells)] for column in self.columns]
        widths = [max(min(cell_len(cell), _MOST_PADDING) for cell in cells) for cells in columns]
        heading, *rows = zip_longest(*columns, fillvalue="")
        styled = [self._lay_out(heading, widths), "─" * (sum(widths) + 3 * len(widths) - 3)]
        for number, line in enumerate([*styled, *(self._lay_out(row, widths) for row in rows)]):
            style = console.get_style(self.header_style) if number == 0 else None
            yield Segment(f" {line}".rstrip(), style)
            yield Segment.line()

    def _lay_out(self, cells: Iterable[str], widths: Iterable[int]) -> str:
        return "   ".join(map(_pad, cells, widths, self.columns))


def _pad(cell: str, width: int, column: Column) -> str:
    blank = " " * (width - cell_len(cell))
    return blank + cell if column.justify == "right" else cell + blank
