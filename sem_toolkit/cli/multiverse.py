"""`sem-toolkit multiverse`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sem_toolkit.cli.options import (
    DataOption,
    JsonOption,
    ReceiptOption,
    SpecArgument,
    declare_workers,
    takes_fit_options,
)
from sem_toolkit.cli.output import (
    DONE,
    NOT_CERTIFIED,
    build_console,
    print_messages,
    print_record,
    print_written,
    write_receipt,
)
from sem_toolkit.cli.progress import show_progress
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.files import write_text
from sem_toolkit.report.text_tables import build_frame_table
from sem_toolkit.report.views import build_multiverse
from sem_toolkit.spec import read_spec

if TYPE_CHECKING:
    from sem_toolkit.comparison.multiverse import Multiverse

MULTIVERSE = "Multiverse"
MOST = 10


@takes_fit_options
def multiverse(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            rich_help_panel=MULTIVERSE,
            help="Keep results here as they come (an interrupted run goes on), and write tables and curves.",
        ),
    ] = None,
    paths: Annotated[
        list[str] | None,
        typer.Option(
            "--path",
            metavar="PATH",
            rich_help_panel=MULTIVERSE,
            help='Shown by choice and drawn, such as "y ~ x" (repeat for more). Default: the first.',
        ),
    ] = None,
    workers: Annotated[int | None, declare_workers(MULTIVERSE)] = None,
    json: JsonOption = False,
    receipt: ReceiptOption = None,
) -> int:
    """Fit a model under every combination of the choices marked in its header: which answers hang on which choice."""
    from sem_toolkit.comparison.multiverse import run_multiverse

    parsed = read_spec(spec)
    with show_progress("specifications") as watch:
        found = run_multiverse(parsed, data, folder=output, workers=workers, watch=watch, **chosen)
    shown = _find_paths(found, paths)
    written = [] if output is None else _write(found, shown, output)
    write_receipt(receipt, lambda: found.to_dict()["receipt"])
    print_written(receipt)
    if json:
        print_record(found.to_dict() | {"written": [str(path) for path in written]})
        return DONE if found.certified else NOT_CERTIFIED
    print_messages([*found.notes, *found.given.messages], parsed.source)
    console = build_console()
    for part in build_multiverse(found):
        console.print(part)
    failed = [record for record in found.records if not record["certified"]]
    for path in shown:
        console.print(build_frame_table(f"{path}, by choice", found.summarise_choices(path)))
    if failed:
        import pandas as pd

        rows = [
            {**record["choices"], "verdict": record["verdict"], "reason": record["reason"]} for record in failed[:10]
        ]
        console.print(build_frame_table("Without a certified answer", pd.DataFrame(rows)))
        if len(failed) > MOST:
            console.print(f"{len(failed) - MOST} more; --json has all of them.")
    if written:
        console.print(f"Written: {', '.join(map(str, written))}")
    return DONE if found.certified else NOT_CERTIFIED


def _find_paths(found: "Multiverse", wanted: list[str] | None) -> list[str]:
    known = list(dict.fromkeys(found.paths["path"]))
    if not wanted:
        return known[:1]
    chosen = [" ".join(re.split(r"\s*(~~|~)\s*", path.strip())) for path in wanted]
    for path in chosen:
        if path not in known:
            hint = format_suggestion(path, known) or f"one of: {', '.join(known[:12])}"
            raise OptionError(Diagnostic("error", "unknown-path", f'no specification has the path "{path}"', hint=hint))
    return chosen


def _write(found: "Multiverse", shown: list[str], folder: Path) -> list[Path]:
    from sem_toolkit.report.csv import format_csv
    from sem_toolkit.report.specification_curve import write_curve

    tables = {"specifications.csv": found.table, "paths.csv": found.paths, "summary.csv": found.path_summary}
    for name, table in tables.items():
        write_text(folder / name, format_csv(table))
    written = [folder / name for name in tables]
    for path in shown:
        written.append(folder / f"curve-{re.sub(r'[^A-Za-z0-9_]+', '-', path)}.svg")
        write_curve(found, path, written[-1], found.given.title)
    return written
