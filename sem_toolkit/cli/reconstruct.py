"""`sem-toolkit reconstruct`."""

from typing import Annotated

import typer

from sem_toolkit.cli.options import JsonOption
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_record
from sem_toolkit.cli.printed import PUBLISHED, OutputOption, TablesArgument, protect_tables
from sem_toolkit.cli.progress import show_work
from sem_toolkit.fit.records import build_frame_records
from sem_toolkit.report.text_tables import build_frame_table


def reconstruct(
    tables: TablesArgument = PUBLISHED,
    seed: Annotated[int | None, typer.Option("--seed", help="Which reconstruction.")] = None,
    json: JsonOption = False,
    output: OutputOption = None,
) -> int:
    """Make respondents whose stepwise regressions print every figure of the tables."""
    from sem_toolkit.study.reconstruct import DEFAULT_SEED, run_reconstruct

    protect_tables(output, tables)
    with show_work("reconstructing"):
        result = run_reconstruct(tables, DEFAULT_SEED if seed is None else seed, output)
    if json:
        print_record(
            {
                "seed": result.seed,
                "reproduces": result.reproduces,
                "figures": build_frame_records(result.figures),
                "selection": build_frame_records(result.selection),
                "unattained": list(result.unattained),
                "data": build_frame_records(result.data),
            }
        )
    else:
        console = build_console()
        console.print(result.summary())
        console.print(build_frame_table("Figures that differ", result.figures[~result.figures["agrees"]]))
    return DONE if result.reproduces else NOT_CERTIFIED
