"""Results as text, as HTML and as tables in files: the same for every kind of result, by its view."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.report.export import RAW, build_printed, format_printed, require_format, write_printed, write_table
from sem_toolkit.report.html import format_html as format_parts
from sem_toolkit.report.views import View, build_view

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.report.export import Printed


def get_title(result: object) -> str:
    """What the result is of."""
    return build_view(result).title


def list_tables(result: object) -> list[str]:
    """Names of its tables, the main one first."""
    return list(build_view(result).tables)


def format_summary(result: object, width: int) -> str:
    """The parts of a result as plain text, without blanks at the ends of lines."""
    console = Console(width=width, highlight=False, markup=False, emoji=False, no_color=True, force_terminal=False)
    with console.capture() as captured:
        for part in build_view(result).build_parts():
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def format_html(result: object) -> str:
    """The parts of a result as HTML."""
    return format_parts(build_view(result).build_parts())


def build_frame(result: object, table: str | None) -> "pd.DataFrame":
    """One of its tables. Raises OptionError for a name that is not there."""
    view = build_view(result)
    return view.tables[_find_name(view, table)]()


def format_table(result: object, table: str | None, suffix: str) -> str:
    """One of its tables for print, in the format of a suffix."""
    return format_printed(suffix, _build_printed(build_view(result), table)).decode()


def write_result(result: object, path: Path, table: str | None) -> Path:
    """One of its tables into a file."""
    view = build_view(result)
    if require_format(path) in RAW:
        return write_table(path, view.tables[_find_name(view, table)](), view.title)
    return write_printed(path, _build_printed(view, table))


def _build_printed(view: View, table: str | None) -> "Printed":
    name = _find_name(view, table)
    if name in view.printed:
        return view.printed[name]()
    return build_printed(view.tables[name](), view.title, view.build_note())


def _find_name(view: View, table: str | None) -> str:
    if table is None:
        return next(iter(view.tables))
    name = view.find_name(table)
    if name is not None:
        return name
    hint = format_suggestion(table, view.tables) or f"there are: {', '.join(view.tables)}"
    raise OptionError(Diagnostic("error", "unknown-table", f'there is no table "{table}"', hint=hint))
