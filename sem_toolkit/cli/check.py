"""`sem-toolkit check`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sem_toolkit.cli.options import WITHOUT_ROWS, DataOption, JsonOption, SpecArgument, require_use, takes_fit_options
from sem_toolkit.cli.output import DONE, WRONG_INPUT, build_console, print_messages, print_record
from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.fit import Check, check_model
from sem_toolkit.report.text_tables import build_table
from sem_toolkit.spec import ParameterTable, Spec, format_explanation, read_spec


@takes_fit_options
def check(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    json: JsonOption = False,
    explain: Annotated[bool, typer.Option("--explain", help="The expanded model beside its source.")] = False,
) -> int:
    """Read a spec: say what is wrong with it, which model it means, and whether that model is identified."""
    parsed = read_spec(spec)
    named = _find_named_data(parsed) if data is None and "sample_cov" not in chosen else data
    if named is None and "sample_cov" not in chosen:
        require_use(chosen, WITHOUT_ROWS, "no data are read")
    checked = check_model(parsed, named if named is not None and named.exists() else data, **chosen)
    if json:
        print_record(checked.to_dict())
    elif explain and checked.table is not None:
        build_console().out(format_explanation(checked.spec, checked.table))
    else:
        print_check(build_console(), checked)
    print_messages(checked.diagnostics, checked.spec.source)
    if named is not None and not checked.has_data and not json:
        message = f'there is no file "{named}", so that names are not looked up in the data'
        print_messages([Diagnostic("warning", "missing-file", message)], None)
    return WRONG_INPUT if checked.has_errors else DONE


def _find_named_data(spec: Spec) -> Path | None:
    """The file that the header of a spec names, whether it exists or not."""
    return Path(spec.source.name).parent / spec.header.data if spec.header.data else None


_MOST_ROWS = 2000
"""More are no reading matter, and take the terminal many seconds to lay out."""


def print_check(console: Console, check: Check) -> None:
    """The parameter table with the origin of each row, and the identification."""
    if check.table is not None:
        console.print(build_parameter_rows(check.table))
    if check.identification is not None:
        report = check.identification
        state = "identified" if report.identified else f"NOT identified (deficiency {report.deficiency})"
        console.print(f"{state}; {report.free} free parameters, df = {report.df}")


def build_parameter_rows(table: ParameterTable) -> Table:
    """The parameter table as `check` shows it."""
    where = ("group", "level") if table.levels else ("group",)
    shown = build_table("Parameter table", ("lhs", "op", "rhs"), (*where, "free", "value", "label", "origin"))
    for row in table.rows[:_MOST_ROWS]:
        value = "" if row.ustart is None else f"{row.ustart:g}"
        free = str(row.free) if row.free else ("data" if row.exo else "")
        place = f", line {row.origin.span.line}" if row.origin.span else ""
        numbers = [str(row.group or ""), str(row.level or "")][: len(where)]
        shown.add_row(row.lhs, row.op, row.rhs, *numbers, free, value, row.label, row.origin.rule + place)
    left_out = len(table.rows) - _MOST_ROWS
    if left_out > 0:
        shown.add_row("…", "", f"{left_out} more rows: --json has all")
    return shown
