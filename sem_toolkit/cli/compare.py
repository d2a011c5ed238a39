"""`sem-toolkit compare`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.options import DataOption, JsonOption, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record
from sem_toolkit.fit.pipeline import estimate, prepare_together
from sem_toolkit.fit.records import build_frame_records
from sem_toolkit.report.text_tables import build_frame_table, build_transposed_table
from sem_toolkit.spec import read_spec


@takes_fit_options
def compare(
    specs: Annotated[list[Path], typer.Argument(metavar="SPEC...", help="The models to compare.")],
    chosen: Mapping[str, object],
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Fit several models to the same data: one table, and tests of every pair that is nested."""
    from sem_toolkit.comparison import build_comparison_table, build_pairwise_tests

    stems = [path.stem for path in specs]
    names = stems if len(set(stems)) == len(stems) else [str(path) for path in specs]
    read = [read_spec(path) for path in specs]
    fits = dict(zip(names, map(estimate, prepare_together(read, data, **chosen)), strict=True))
    table, tests = build_comparison_table(fits), build_pairwise_tests(fits)
    if json:
        print_record({"models": build_frame_records(table), "tests": build_frame_records(tests)})
    else:
        console = build_console()
        console.print(build_transposed_table("Models", table, "model"))
        console.print(build_frame_table("Tests of nested models", tests))
    for result in fits.values():
        print_messages(result.messages, result.spec.source)
    return DONE if all(result.certified for result in fits.values()) else NOT_CERTIFIED
