"""`sem-toolkit recover`."""

from typing import Annotated

import typer

from sem_toolkit.cli.options import JsonOption
from sem_toolkit.cli.output import DONE, build_console, print_record
from sem_toolkit.cli.printed import PUBLISHED, OutputOption, TablesArgument, protect_tables, write_csv
from sem_toolkit.cli.progress import show_work
from sem_toolkit.fit.records import build_frame_records, clean
from sem_toolkit.report.text_tables import build_frame_table


def recover(
    tables: TablesArgument = PUBLISHED,
    n: Annotated[int | None, typer.Option("--n", help="Sample size; by default what the figures imply.")] = None,
    json: JsonOption = False,
    output: OutputOption = None,
) -> int:
    """Find every set of integer sums of five-point items that could stand behind printed regression tables."""
    from sem_toolkit.study.recover import run_recover

    protect_tables(output, tables)
    with show_work("recovering"):
        result = run_recover(tables, n)
    write_csv(result.to_frame(), output)
    if json:
        print_record(
            {
                "n": result.n,
                "unique": result.is_unique,
                "mean": clean([float(result.mean.lo), float(result.mean.hi)]),
                "sd": clean([float(result.sd.lo), float(result.sd.hi)]),
                "items": build_frame_records(result.to_frame()),
                "products": build_frame_records(result.products_to_frame()),
            }
        )
        return DONE
    console = build_console()
    console.print(build_frame_table("Sums of the items", result.to_frame()))
    console.print(result.summary())
    return DONE
