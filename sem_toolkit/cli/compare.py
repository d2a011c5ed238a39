"""`sem-toolkit compare`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.inputs import protect_inputs
from sem_toolkit.cli.options import (
    DataOption,
    JsonOption,
    ReceiptOption,
    ReportOption,
    declare_workers,
    takes_fit_options,
)
from sem_toolkit.cli.output import (
    DONE,
    NOT_CERTIFIED,
    build_console,
    print_comparison_messages,
    print_record,
    print_written,
    write_receipt,
)
from sem_toolkit.cli.progress import show_progress
from sem_toolkit.spec import read_spec


@takes_fit_options
def compare(
    specs: Annotated[list[Path], typer.Argument(metavar="SPEC...", help="The models to compare.")],
    chosen: Mapping[str, object],
    data: DataOption = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw paths and R² into a .svg, .pdf or .png file.")
    ] = None,
    report: ReportOption = None,
    workers: Annotated[int | None, declare_workers()] = None,
    json: JsonOption = False,
    receipt: ReceiptOption = None,
) -> int:
    """Fit several models to the same data: one table, how each pair relates, and tests of those that are nested."""
    from sem_toolkit.comparison import compare as fit_models
    from sem_toolkit.report.coefficient_plot import write_coefficients
    from sem_toolkit.report.document import require_document_format, write_document
    from sem_toolkit.report.plots import require_plot_format
    from sem_toolkit.report.reported import build_comparison_report
    from sem_toolkit.report.views import build_comparison

    if plot is not None:
        require_plot_format(plot)
    if report is not None:
        require_document_format(report)
    for path in (plot, report):
        protect_inputs(path, [*specs, data])
    with show_progress("models") as watch:
        found = fit_models([read_spec(path) for path in specs], data, workers=workers, watch=watch, **chosen)
    write_receipt(receipt, lambda: found.receipt)
    if report is not None:
        write_document(report, build_comparison_report(found))
    if json:
        print_record(found.to_dict())
    else:
        console = build_console()
        for part in build_comparison(found):
            console.print(part)
    if plot is not None:
        write_coefficients(found.paths, plot, found.r2)
    print_written(report, receipt, plot)
    print_comparison_messages(found, found.messages)
    return DONE if found.certified else NOT_CERTIFIED
