"""`sem-toolkit atlas`."""

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
from sem_toolkit.spec import read_spec

ATLAS = "Rivals"


@takes_fit_options
def atlas(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    only: Annotated[
        str | None, typer.Option("--only", rich_help_panel=ATLAS, help="measurement or structure. Default: both.")
    ] = None,
    most: Annotated[
        int,
        typer.Option(
            "--most",
            min=0,
            rich_help_panel=ATLAS,
            help="Cross-loadings and residual covariances, of each.",
        ),
    ] = 5,
    least_index: Annotated[
        float,
        typer.Option("--least-index", min=0.0, rich_help_panel=ATLAS, help="Modification index that argues for one."),
    ] = 10.83,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="DIR", rich_help_panel=ATLAS, help="Keep each rival as a spec in this folder."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            rich_help_panel=ATLAS,
            help="Draw each rival over the given model into a .svg, .pdf, .png, … file.",
        ),
    ] = None,
    report: ReportOption = None,
    workers: Annotated[int | None, declare_workers(ATLAS)] = None,
    json: JsonOption = False,
    receipt: ReceiptOption = None,
) -> int:
    """The usual rivals of a model, made from its own text: what each changes, how it fits and what it says instead."""
    from sem_toolkit.comparison.atlas import build_atlas, write_atlas
    from sem_toolkit.comparison.atlas.atlas import FAMILIES
    from sem_toolkit.diagram import require_diagram_format
    from sem_toolkit.report.atlas import build_atlas_tables
    from sem_toolkit.report.compared_figures import draw_atlas
    from sem_toolkit.report.document import require_document_format, write_document
    from sem_toolkit.report.reported_rivals import build_atlas_report

    if only is not None and only not in FAMILIES:
        message = f'--only cannot be "{only}"'
        raise OptionError(Diagnostic("error", "option-value", message, hint=f"one of: {', '.join(FAMILIES)}"))
    if plot is not None:
        require_diagram_format(plot.suffix.lower())
    if report is not None:
        require_document_format(report)
    for path in (plot, report):
        protect_inputs(path, [spec, data])
    parsed = read_spec(spec)
    with show_progress("rivals") as watch:
        found = build_atlas(
            parsed, data, families=[only] if only else FAMILIES, most=most, least_index=least_index, workers=workers,
            watch=watch, **chosen,
        )  # fmt: skip
    written = write_atlas(found, write, data) if write is not None else ()
    if plot is not None:
        draw_atlas(found).write(plot)
    write_receipt(receipt, lambda: found.receipt)
    if report is not None:
        write_document(report, build_atlas_report(found))
    print_written(plot, report, receipt)
    print_messages((*found.given.messages, *found.notes), parsed.source)
    if json:
        print_record(found.to_dict() | {"written": [str(path) for path in written]})
    else:
        console = build_console()
        for part in build_atlas_tables(found):
            console.print(part)
        if written:
            console.print(f"Written: {len(written)} specs into {write}")
    return DONE if found.certified else NOT_CERTIFIED
