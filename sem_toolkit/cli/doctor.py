"""`sem-toolkit doctor`."""

from sem_toolkit.cli.environment import Part, list_parts
from sem_toolkit.cli.options import JsonOption
from sem_toolkit.cli.output import DONE, WRONG_INPUT, build_console, print_record
from sem_toolkit.report.text_tables import build_table

PAGE = 100
"""Columns of the table where the terminal has more, or where there is none: its sentences then go on below."""


def doctor(json: JsonOption = False) -> int:
    """Say what this installation has and what it lacks: versions, extras, Graphviz, fonts, BLAS threads."""
    parts = list_parts()
    if json:
        print_record({"parts": [_build_record(part) for part in parts]})
    else:
        table = build_table("Installation", ("part", "found", "for", "where missing"), ())
        for part in parts:
            table.add_row(part.name, part.found or "missing", part.serves, "" if part.found else part.remedy)
        console = build_console()
        console.print(table, width=min(console.width, PAGE))
    return DONE if all(part.found for part in parts if part.is_needed) else WRONG_INPUT


def _build_record(part: Part) -> dict[str, object]:
    return {
        "name": part.name,
        "found": part.found or None,
        "serves": part.serves,
        "remedy": part.remedy,
        "needed": part.is_needed,
    }
