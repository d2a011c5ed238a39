"""`sem-toolkit invariance`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sem_toolkit.cli.inputs import protect_files_of, protect_inputs
from sem_toolkit.cli.options import (
    INTERVALS,
    DataOption,
    JsonOption,
    ReceiptOption,
    SpecArgument,
    require_use,
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
from sem_toolkit.cli.progress import show_work
from sem_toolkit.spec import read_spec

LADDER = "Ladder"


@takes_fit_options
def invariance(
    spec: SpecArgument,
    chosen: Mapping[str, Any],
    data: DataOption = None,
    time: Annotated[
        list[str] | None,
        typer.Option(
            "--time",
            metavar="F1,F2",
            rich_help_panel=LADDER,
            help="Over time instead: the same factor at every wave (repeat for more factors), or, for a spec of one "
            "wave, the endings of its columns: _1,_2.",
        ),
    ] = None,
    steps: Annotated[
        str | None,
        typer.Option(
            "--steps",
            rich_help_panel=LADDER,
            help="configural,metric,scalar,strict unless said otherwise, with thresholds before metric for ordered "
            "items; also lv.variances, lv.covariances, means.",
        ),
    ] = None,
    release: Annotated[
        list[str] | None,
        typer.Option(
            "--release",
            metavar="x3~1",
            rich_help_panel=LADDER,
            help="Left free (repeat, or put commas between), or auto: one after the other until a step holds.",
        ),
    ] = None,
    identification: Annotated[
        str | None,
        typer.Option(
            "--identification",
            metavar="wu|millsap|mplus",
            rich_help_panel=LADDER,
            help="Of ordered items: Wu & Estabrook (2016; the default), Millsap & Yun-Tein (2004), or as Mplus does.",
        ),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="DIR", rich_help_panel=LADDER, help="Keep each step as a spec in this folder."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", rich_help_panel=LADDER, help="Draw the item parameters: .svg, .pdf or .png."),
    ] = None,
    json: JsonOption = False,
    receipt: ReceiptOption = None,
) -> int:
    """Measurement invariance across groups or over time: configural, metric, scalar, strict, each step tested.

    Of ordered items the thresholds come first.
    """
    from sem_toolkit.comparison.invariance import build_item_parameters, compute_invariance, write_steps
    from sem_toolkit.report.invariance import build_invariance
    from sem_toolkit.report.item_plot import write_item_parameters
    from sem_toolkit.report.plots import require_plot_format

    if plot is None:
        require_use(chosen, INTERVALS | {"se"}, "steps are tested, and no errors or intervals are shown")
    parsed = read_spec(spec)
    if plot is not None:
        require_plot_format(plot)
        protect_inputs(plot, [spec, data])
        protect_files_of(plot, [parsed], data)
    with show_work("fitting the steps"):
        found = compute_invariance(
        parsed, data, steps=_split(steps), release=_split(",".join(release or ())), time=list(map(_split, time or ())),
        identification=identification, **chosen,
    )  # fmt: skip
    print_messages(found.messages, parsed.source)
    written = write_steps(found, parsed, data, write) if write is not None else ()
    if plot is not None:
        write_item_parameters(build_item_parameters(found), plot)
    write_receipt(receipt, lambda: found.receipt)
    print_written(plot, receipt)
    if json:
        print_record(found.to_dict() | {"written": [str(path) for path in written]})
    else:
        console = build_console()
        for part in build_invariance(found):
            console.print(part)
        if written:
            console.print(f"Written: {', '.join(map(str, written))}")
    said = dict.fromkeys(entry for fit in found.fits.values() for entry in fit.messages)
    print_messages(said, next(iter(found.fits.values())).spec.source)
    return DONE if found.certified else NOT_CERTIFIED


def _split(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]
