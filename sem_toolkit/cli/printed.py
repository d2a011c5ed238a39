"""`sem-toolkit audit`, `recover` and `reconstruct`: what printed regression tables tell."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sem_toolkit.cli.options import JsonOption
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_record
from sem_toolkit.fit.records import build_frame_records, clean
from sem_toolkit.fit.text_tables import build_frame_table

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED = Path("data/published")
TablesArgument = Annotated[
    Path, typer.Argument(metavar="TABLES", help="A folder or a CSV file in the layout of data/README.md.")
]
OutputOption = Annotated[Path | None, typer.Option("-o", "--output", help="CSV file to write to.")]


def audit(tables: TablesArgument = PUBLISHED, json: JsonOption = False, output: OutputOption = None) -> int:
    """Check printed regression tables for consistency, by interval arithmetic on their rounded figures."""
    from sem_toolkit.study.audit import run_audit

    result = run_audit(tables)
    _write(result.to_frame(), output)
    if json:
        print_record({"checks": build_frame_records(result.to_frame()), "compatible_n": clean(result.compatible_n)})
        return DONE
    build_console().print(result.summary())
    return DONE


def recover(
    tables: TablesArgument = PUBLISHED,
    n: Annotated[int | None, typer.Option("--n", help="Sample size; by default what the figures imply.")] = None,
    json: JsonOption = False,
    output: OutputOption = None,
) -> int:
    """Find every set of integer sums of five-point items that could stand behind printed regression tables."""
    from sem_toolkit.study.recover import run_recover

    result = run_recover(tables, n)
    _write(result.to_frame(), output)
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


def reconstruct(
    tables: TablesArgument = PUBLISHED,
    seed: Annotated[int | None, typer.Option("--seed", help="Which reconstruction.")] = None,
    json: JsonOption = False,
    output: OutputOption = None,
) -> int:
    """Make respondents whose stepwise regressions print every figure of the tables."""
    from sem_toolkit.study.reconstruct import DEFAULT_SEED, run_reconstruct

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


def _write(frame: "pd.DataFrame", output: Path | None) -> None:
    if output is not None:
        from sem_toolkit.files import write_text

        write_text(output, frame.to_csv(index=False))
