"""Tables of any length and width: many rows laid out in one go, many columns in panels below each other."""

from collections.abc import Iterable, Sequence
from copy import copy
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.table import Column, Table

from sem_toolkit.report.panels import split_columns

FROM_ROWS = 200
"""A table of fewer rows is left to rich, which measures and paints cell by cell, seconds for a thousand rows."""

_MOST_PADDING = 60
"""Columns are no wider than this for the sake of one long cell, which sticks out."""


class LongTable(Table):
    """A rich table that looks the same with any number of rows, but does not fold long cells once it has many.

    Where the terminal is too narrow, its columns stand closer, and then in panels (report/panels.py).
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        gap, panels = split_columns(self.columns, options.max_width)
        for number, columns in enumerate(panels):
            panel = self._take(columns, gap, titled=number == 0)
            yield from panel._draw(console, options, gap)

    def _take(self, columns: list[Column], gap: int, *, titled: bool) -> "LongTable":
        """The table with these columns alone."""
        panel = copy(self)
        panel.columns = columns
        # between two columns rich has a blank of the box besides the padding of both cells
        panel.padding = (0, 1, 0, gap - 2)
        if not titled:
            panel.title = None
        return panel

    def _draw(self, console: Console, options: ConsoleOptions, gap: int) -> RenderResult:
        if self.row_count <= FROM_ROWS:
            yield from super().__rich_console__(console, options)
            return
        if self.title:
            yield from console.render(console.render_str(str(self.title), style=self.title_style or ""))
        columns = [[str(column.header), *map(str, column.cells)] for column in self.columns]
        widths = [max(min(cell_len(cell), _MOST_PADDING) for cell in cells) for cells in columns]
        heading, *rows = zip_longest(*columns, fillvalue="")
        styled = [self._lay_out(heading, widths, gap), "─" * (sum(widths) + gap * (len(widths) - 1))]
        for number, line in enumerate([*styled, *(self._lay_out(row, widths, gap) for row in rows)]):
            style = console.get_style(self.header_style) if number == 0 else None
            yield Segment(f" {line}".rstrip(), style)
            yield Segment.line()

    def _lay_out(self, cells: Iterable[str], widths: Sequence[int], gap: int) -> str:
        return (" " * gap).join(map(_pad, cells, widths, self.columns))


def _pad(cell: str, width: int, column: Column) -> str:
    blank = " " * (width - cell_len(cell))
    return blank + cell if column.justify == "right" else cell + blank
