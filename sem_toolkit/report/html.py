"""A summary as HTML, for notebooks: the same parts as in a terminal, as tables that can be selected and copied."""

from collections.abc import Iterable
from html import escape

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

_STYLE = "border-collapse:collapse;margin:.6em 0 1em;font-variant-numeric:tabular-nums"
_LEFT, _RIGHT = "text-align:left;padding:.1em .8em .1em 0;white-space:pre-wrap", "text-align:right;padding:.1em .6em"


def format_html(parts: Iterable[RenderableType]) -> str:
    """The parts of a summary (texts and tables) one after the other; everything that a user typed is escaped."""
    return "\n".join(["<div>", *(_format_part(part) for part in parts), "</div>"])


def _format_part(part: RenderableType) -> str:
    if isinstance(part, Table):
        return _format_table(part)
    text = part.plain if isinstance(part, Text) else str(part)
    first, *others = text.splitlines() or [""]
    lines = "".join(f"<br>{escape(line)}" for line in others)
    return f"<p><strong>{escape(first)}</strong>{lines}</p>" if others else f"<p>{escape(first)}</p>"


def _format_table(table: Table) -> str:
    styles = [_RIGHT if column.justify == "right" else _LEFT for column in table.columns]
    title = table.title.plain if isinstance(table.title, Text) else str(table.title or "")
    head = "".join(
        f'<th style="{style};border-bottom:1px solid">{escape(str(column.header))}</th>'
        for style, column in zip(styles, table.columns, strict=True)
    )
    rows = zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True)
    body = "".join(
        "<tr>" + "".join(f'<td style="{s}">{escape(cell)}</td>' for s, cell in zip(styles, row, strict=True)) + "</tr>"
        for row in rows
    )
    caption = f'<caption style="text-align:left;font-weight:bold">{escape(title)}</caption>'
    return f'<table style="{_STYLE}">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
