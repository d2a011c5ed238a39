"""The arguments of the commands on printed tables, and their CSV file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sem_toolkit.cli.inputs import protect_inputs
from sem_toolkit.cli.output import print_written

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED = Path("data/published")
TablesArgument = Annotated[
    Path, typer.Argument(metavar="TABLES", help="A folder or a CSV file in the layout of data/README.md.")
]
OutputOption = Annotated[Path | None, typer.Option("-o", "--output", help="CSV file to write to.")]


def protect_tables(output: Path | None, tables: Path) -> None:
    """Raise OptionError where the file to write is one of the printed tables, or the codebook beside them."""
    files = [*tables.glob("*")] if tables.is_dir() else [tables]
    protect_inputs(output, [*files, tables.parent / "codebook.csv"])


def write_csv(frame: "pd.DataFrame", output: Path | None) -> None:
    """Write the rows where a file is named. Raises DataError when it cannot be written."""
    if output is not None:
        from sem_toolkit.files import write_text
        from sem_toolkit.report.csv import format_csv

        write_text(output, format_csv(frame))
        print_written(output)
