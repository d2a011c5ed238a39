"""`sem-toolkit bootstrap`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sem_toolkit.cli.inputs import protect_files_of, protect_inputs
from sem_toolkit.cli.options import DataOption, JsonOption, SpecArgument, declare_workers, leave_out, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record, print_written
from sem_toolkit.cli.progress import show_progress
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.files import write_text
from sem_toolkit.report.views import build_bootstrap
from sem_toolkit.spec import read_spec

if TYPE_CHECKING:
    from sem_toolkit.resampling.bootstrap import Bootstrap

PANEL = "Bootstrap"


@takes_fit_options
def bootstrap(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    draws: Annotated[int, typer.Option("--draws", rich_help_panel=PANEL, help="Samples.")] = 1000,
    resample: Annotated[
        str, typer.Option("--resample", rich_help_panel=PANEL, help="ordinary, bollen.stine or parametric.")
    ] = "ordinary",
    interval: Annotated[
        str, typer.Option("--interval", rich_help_panel=PANEL, help="perc, basic, norm, bca.simple or bca.")
    ] = "perc",
    seed: Annotated[int, typer.Option("--seed", rich_help_panel=PANEL, help="Of the draws.", min=0)] = 1,
    standardized: Annotated[
        bool, typer.Option("--standardized", rich_help_panel=PANEL, help="Standardised values, too.")
    ] = False,
    r2: Annotated[bool, typer.Option("--r2", rich_help_panel=PANEL, help="Explained variances, too.")] = False,
    measures: Annotated[
        bool, typer.Option("--measures", rich_help_panel=PANEL, help="χ², RMSEA, CFI, TLI and SRMR, too (ML).")
    ] = False,
    reliability: Annotated[
        bool, typer.Option("--reliability", rich_help_panel=PANEL, help="α, ω, composite reliability, AVE, HTMT, too.")
    ] = False,
    improper: Annotated[
        str, typer.Option("--improper", rich_help_panel=PANEL, help="keep or drop draws with impossible values.")
    ] = "keep",
    workers: Annotated[int | None, declare_workers(PANEL)] = None,
    dask: Annotated[
        str | None, typer.Option("--dask", rich_help_panel=PANEL, help="Address of a dask scheduler: tcp://host:8786.")
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store",
            metavar="DIR",
            rich_help_panel=PANEL,
            help="Keep draws here as they come: a run goes on from them.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", rich_help_panel=PANEL, help="Write the table as CSV.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", rich_help_panel=PANEL, help="Draw the draws: .svg, .pdf or .png.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Fit a model to samples drawn from its data: standard errors and intervals without a theory of distributions."""
    from sem_toolkit.report.draw_plot import write_draws
    from sem_toolkit.report.plots import require_plot_format
    from sem_toolkit.resampling.bootstrap import bootstrap as run
    from sem_toolkit.resampling.bootstrap.run import UNSEEN, UNSEEN_BECAUSE

    if improper not in ("keep", "drop"):
        message = f"improper draws are kept or dropped, not {improper!r}"
        raise OptionError(Diagnostic("error", "option-value", message, hint="--improper keep, or --improper drop"))
    fitted = leave_out(chosen, UNSEEN, UNSEEN_BECAUSE)
    parsed = read_spec(spec)
    for path in (output, plot):
        protect_inputs(path, [spec, data])
        protect_files_of(path, [parsed], data)
    if plot is not None:
        require_plot_format(plot)
    with show_progress("draws") as watch:
        found = run(
            parsed, data, draws=draws, resample=resample, interval=interval, seed=seed, standardized=standardized,
            r2=r2, measures=measures, reliability=reliability, keep_improper=improper == "keep", workers=workers,
            dask=dask, store=store, watch=watch, **fitted,
        )  # fmt: skip
    if output is not None:
        write_text(output, found.table.to_csv(index=False))
    if plot is not None:
        write_draws(found, plot)
    print_written(output, plot)
    print_messages((*found.fit.messages, *found.messages), parsed.source)
    if json:
        print_record(found.to_dict())
    else:
        _print(found)
    return DONE if found.fit.certified else NOT_CERTIFIED


def _print(found: "Bootstrap") -> None:
    console = build_console()
    for part in build_bootstrap(found):
        console.print(part)
