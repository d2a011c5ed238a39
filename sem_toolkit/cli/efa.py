"""`sem-toolkit efa`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.options import INTERVALS, JsonOption, require_use, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record, print_written
from sem_toolkit.cli.progress import show_work
from sem_toolkit.diagnostics import Diagnostic, OptionError

EXPLORATION = "Exploration"


@takes_fit_options
def efa(
    chosen: Mapping[str, object],
    data: Annotated[Path, typer.Option("--data", help="Rows: CSV, TSV, Parquet, Excel, SPSS, Stata.")],
    items: Annotated[
        list[str] | None, typer.Argument(metavar="[ITEMS]...", help="Names of the items. Default: columns of numbers.")
    ] = None,
    factors: Annotated[
        str, typer.Option("--factors", rich_help_panel=EXPLORATION, help="Numbers of factors: 1:5, 3 or 1,3,4.")
    ] = "1:5",
    show: Annotated[
        int | None,
        typer.Option("--show", min=1, rich_help_panel=EXPLORATION, help="Whose loadings. Default: as suggested."),
    ] = None,
    least: Annotated[
        float,
        typer.Option("--least", min=0.0, rich_help_panel=EXPLORATION, help="Smallest loading that is shown."),
    ] = 0.3,
    draws: Annotated[
        int, typer.Option("--draws", min=20, rich_help_panel=EXPLORATION, help="Random matrices of parallel analysis.")
    ] = 500,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="DIR", rich_help_panel=EXPLORATION, help="Keep each model as a spec there."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Plot of eigenvalues and fit: .svg .pdf .png")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="A report with tables as journals print them: .docx .html .md .tex")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Exploratory factor analysis: how many factors, how each number of them fits, and rotated loadings."""
    require_use(chosen, INTERVALS, "no intervals are shown")
    from sem_toolkit.comparison.exploration import explore_factors, parse_numbers, write_solutions
    from sem_toolkit.report.document import require_document_format, write_document
    from sem_toolkit.report.exploration import build_exploration, write_exploration
    from sem_toolkit.report.explored import build_exploration_report
    from sem_toolkit.report.plots import require_plot_format

    numbers = parse_numbers(factors)
    if output is not None:
        require_plot_format(output)
    if report is not None:
        require_document_format(report)
    if show is not None and show not in numbers:
        message = f"--show {show} is none of the numbers of factors ({factors})"
        raise OptionError(Diagnostic("error", "option-value", message))
    with show_work("fitting"):
        found = explore_factors(data, numbers, items or (), draws=draws, **chosen)
    written = () if write is None else write_solutions(found, write)
    if output is not None:
        write_exploration(found, output)
    shown = found.suggested if show is None else show
    if report is not None and shown in found.fits:
        write_document(report, build_exploration_report(found, shown))
    print_written(output, report if shown in found.fits else None)
    refused = [fault for faults in found.faults.values() for fault in faults]
    if not json and shown in found.fits:
        refused += found.fits[shown].messages
    print_messages([*found.notes, *refused], None)
    if json:
        print_record(found.to_dict() | {"written": [str(path) for path in written]})
        return DONE if found.certified else NOT_CERTIFIED
    if shown not in found.fits:
        raise OptionError(found.faults[shown])
    console = build_console()
    for part in build_exploration(found, shown, least):
        console.print(part)
    if written:
        console.print(f"Written: {len(written)} specs into {write}")
    return DONE if found.certified else NOT_CERTIFIED
