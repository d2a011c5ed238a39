"""What `check` prints."""

from rich.console import Console
from rich.table import Table

from sem_toolkit.fit import Check
from sem_toolkit.fit.text_tables import build_table
from sem_toolkit.spec import ParameterTable


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
    shown = build_table("Parameter table", ("lhs", "op", "rhs"), ("group", "free", "value", "label", "origin"))
    for row in table.rows:
        value = "" if row.ustart is None else f"{row.ustart:g}"
        free = str(row.free) if row.free else ("data" if row.exo else "")
        place = f", line {row.origin.span.line}" if row.origin.span else ""
        shown.add_row(
            row.lhs, row.op, row.rhs, str(row.group or ""), free, value, row.label, row.origin.rule + place
        )  # fmt: skip
    return shown
