"""What was found in survey data, as tables for a terminal and as one HTML page."""

from collections.abc import Iterable, Sequence
from html import escape

import pandas as pd
from rich.console import RenderableType

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.report.html import format_html
from sem_toolkit.report.text_tables import build_frame_table
from sem_toolkit.sample.screening import SMALLEST_P, Screening

_MOST_ROWS = 20
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:72em;margin:2em auto;padding:0 1em}}</style></head>
<body><h1>{title}</h1>
{messages}{body}
</body></html>
"""


def build_screening(found: Screening, everything: bool = False) -> Iterable[RenderableType]:
    """Tables and lines, one after the other; `everything` lists all rows that were found."""
    yield build_frame_table("Response flow", found.flow)
    yield build_frame_table("Columns", _drop_empty(found.columns))
    if len(found.missing_rows) > 1:
        yield build_frame_table("Rows by the number of empty items", found.missing_rows)
        yield build_frame_table("Patterns of empty items", found.patterns)
    most = None if everything else _MOST_ROWS
    yield f"Items: {', '.join(found.items) or 'none found; name them with --items'}"
    yield f"One answer to all items: {_list_rows(found.straight, most)}"
    yield f"Repeat an earlier row: {_list_rows(found.duplicates, most)}"
    title = f"Far out over the items (Mahalanobis, p < {SMALLEST_P:g}): {len(found.far) or 'none'}"
    yield build_frame_table(title, found.far.head(most or len(found.far))) if len(found.far) else title


def build_screening_page(found: Screening, title: str) -> str:
    """One HTML file that needs nothing beside it."""
    said = "".join(_format_message(entry) for entry in found.messages)
    return _PAGE.format(title=escape(title), messages=said, body=format_html(build_screening(found, everything=True)))


def _format_message(entry: Diagnostic) -> str:
    hint = f" ({escape(entry.hint)})" if entry.hint else ""
    return f"<p><strong>{entry.severity}</strong>: {escape(entry.message)}{hint}</p>\n"


def _drop_empty(columns: pd.DataFrame) -> pd.DataFrame:
    """The table without columns that nothing has."""
    kept = [name for name in columns if not columns[name].isna().all() and not (columns[name] == "").all()]
    shown = columns[kept]
    ends = {name: ["" if pd.isna(value) else f"{value:g}" for value in shown[name]] for name in ("min", "max")}
    return shown.assign(**ends) if "min" in kept else shown


def _list_rows(rows: Sequence[int], most: int | None) -> str:
    if not rows:
        return "no row"
    shown = ", ".join(map(str, rows[:most]))
    return f"{len(rows)} rows: {shown}{', …' if most is not None and len(rows) > most else ''}"
