"""`sem-toolkit simulate`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.numbers import parse_shapes, parse_sizes
from sem_toolkit.cli.options import DataOption, JsonOption, SpecArgument, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record
from sem_toolkit.cli.progress import show_progress
from sem_toolkit.report.text_tables import build_frame_table
from sem_toolkit.spec import read_spec

POPULATION, SAMPLES = "Population", "Samples"


@takes_fit_options
def simulate(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    n: Annotated[
        str, typer.Option("--n", metavar="N,...", help="Rows of a sample; several sizes: one run each.")
    ] = "200",
    replications: Annotated[int, typer.Option("--replications", help="Samples of each size.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the samples.")] = 1,
    alpha: Annotated[float, typer.Option("--alpha", help="Level of the tests.")] = 0.05,
    models: Annotated[
        list[Path] | None,
        typer.Option(
            "--model",
            rich_help_panel=POPULATION,
            help="A spec that is fitted to every sample (repeat for more). Default: SPEC, its values freed.",
        ),
    ] = None,
    shares: Annotated[
        str | None,
        typer.Option(
            "--group-shares", metavar="N,N,...", rich_help_panel=POPULATION, help="Several groups, such as 1,2."
        ),
    ] = None,
    estimates: Annotated[
        bool,
        typer.Option(
            "--estimates", rich_help_panel=POPULATION, help="The values are the estimates of a fit of SPEC to its data."
        ),
    ] = False,
    data: DataOption = None,
    skewness: Annotated[
        str | None,
        typer.Option(
            "--skewness", metavar="S|x1=S,...", rich_help_panel=SAMPLES, help="Of every variable, or of those named."
        ),
    ] = None,
    kurtosis: Annotated[
        str | None,
        typer.Option(
            "--kurtosis", metavar="K|x1=K,...", rich_help_panel=SAMPLES, help="Excess kurtosis: 0 is the normal's."
        ),
    ] = None,
    generator: Annotated[
        str | None,
        typer.Option(
            "--generator",
            rich_help_panel=SAMPLES,
            help="vale-maurelli (the default) or independent (Foldnes & Olsson): how shapes are made.",
        ),
    ] = None,
    missing_rules: Annotated[
        list[str] | None,
        typer.Option(
            "--missing-rule",
            metavar="RULE",
            rich_help_panel=SAMPLES,
            help='What goes missing (repeat for more): "x2 ~ 0.2", "all ~ 0.1", or by x1: "x2 ~ 0.2 + 1.5*x1".',
        ),
    ] = None,
    clusters: Annotated[
        int | None,
        typer.Option("--clusters", rich_help_panel=SAMPLES, help="Rows come in so many clusters; with --icc."),
    ] = None,
    icc: Annotated[
        float | None, typer.Option("--icc", rich_help_panel=SAMPLES, help="Share of variance between clusters.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 1,
    json: JsonOption = False,
) -> int:
    """Draw samples from a population and fit models to each: bias, coverage, power, convergence, with their errors."""
    from sem_toolkit.resampling.simulation.study import SampleRules, run_study

    rules = SampleRules(
        parse_shapes("--skewness", skewness),
        parse_shapes("--kurtosis", kurtosis),
        generator,
        tuple(missing_rules or ()),
        clusters,
        icc,
    )
    with show_progress("samples") as watch:
        found = run_study(
            read_spec(spec),
            [read_spec(path) for path in models or ()],
            parse_sizes("--n", n),
            replications,
            seed,
            rules=rules,
            data=data,
            estimates=estimates or data is not None,
            shares=() if shares is None else parse_sizes("--group-shares", shares),
            alpha=alpha,
            workers=workers,
            watch=watch,
            options=chosen,
        )
    if json:
        print_record(found.to_dict())
        return DONE if found.usable else NOT_CERTIFIED
    print_messages(found.messages, None)
    console = build_console()
    for summary in found.summaries:
        title = f"{summary.analysis.name}, n = {summary.n}, {summary.replications} samples"
        console.print(build_frame_table(f"{title}: how the fits ended", summary.build_verdicts()))
        console.print(build_frame_table("Parameters", summary.build_parameters()))
        if summary.analysis.df > 0:
            rate, error = summary.compute_rejection()
            console.print(build_frame_table("Fit measures over samples", summary.build_measures()))
            console.print(f"The χ² test rejects the model in {rate:.3f} of the samples (error {error:.3f}).", "")
    return DONE if found.usable else NOT_CERTIFIED
