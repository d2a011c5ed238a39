"""`sem-toolkit simulate`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sem_toolkit.cli.numbers import parse_shapes, parse_sizes
from sem_toolkit.cli.options import (
    INTERVALS,
    DataOption,
    JsonOption,
    SpecArgument,
    declare_workers,
    require_use,
    takes_fit_options,
)
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record
from sem_toolkit.cli.population import POPULATION, AlphaOption, EstimatesOption, SharesOption, parse_shares
from sem_toolkit.cli.progress import show_progress
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.report.text_tables import build_frame_table
from sem_toolkit.report.views import build_simulation
from sem_toolkit.spec import Spec, read_spec

SAMPLES, SEARCH = "Samples", "The n for a power"


@takes_fit_options
def simulate(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    n: Annotated[
        str, typer.Option("--n", metavar="N,...", help="Rows of a sample; several sizes: one run each.")
    ] = "200",
    replications: Annotated[int, typer.Option("--replications", help="Samples of each size.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the samples.")] = 1,
    alpha: AlphaOption = 0.05,
    models: Annotated[
        list[Path] | None,
        typer.Option(
            "--model",
            rich_help_panel=POPULATION,
            help="A spec that is fitted to every sample (repeat for more). Default: SPEC, its values freed.",
        ),
    ] = None,
    shares: SharesOption = None,
    estimates: EstimatesOption = False,
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
    find_n: Annotated[
        list[str] | None,
        typer.Option(
            "--find-n",
            metavar="PATH",
            rich_help_panel=SEARCH,
            help='Search the n at which the z test of a parameter such as "y ~ x" (or "model": the χ² test) has the '
            "power of --target, instead of looking at --n (repeat for more).",
        ),
    ] = None,
    target: Annotated[
        float | None, typer.Option("--target", rich_help_panel=SEARCH, help="The power that is wanted: 0.8.")
    ] = None,
    workers: Annotated[int | None, declare_workers()] = None,
    dask: Annotated[str | None, typer.Option("--dask", help="Address of a dask scheduler: tcp://host:8786.")] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", metavar="DIR", help="Keep what every sample gave here, as it comes: a run goes on from there."
        ),
    ] = None,
    draw: Annotated[
        Path | None,
        typer.Option(
            "--draw", metavar="FILE", help="Only draw one sample of --n rows and write it there: .csv or .xlsx."
        ),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Draw samples from a population and fit models to each: bias, coverage, power, convergence, with their errors."""
    require_use(chosen, INTERVALS, "no intervals are shown")
    from sem_toolkit.resampling.simulation.study import SampleRules, run_study

    rules = SampleRules(
        parse_shapes("--skewness", skewness),
        parse_shapes("--kurtosis", kurtosis),
        generator,
        tuple(missing_rules or ()),
        clusters,
        icc,
    )
    parsed, fitted = read_spec(spec), [read_spec(path) for path in models or ()]
    common: dict[str, Any] = {
        "seed": seed,
        "rules": rules,
        "data": data,
        "estimates": estimates or data is not None,
        "shares": parse_shares(shares),
        "alpha": alpha,
        "workers": workers,
        "dask": dask,
        "options": chosen,
    }
    if find_n:
        if store is not None:
            message = "--store would do nothing: samples of a search are not kept"
            raise OptionError(Diagnostic("error", "option-without-effect", message))
        return _search(find_n, 0.8 if target is None else target, parsed, fitted, common, json=json)
    if target is not None:
        message = "--target would do nothing: no n is searched"
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint='add --find-n "y ~ x"'))
    sizes = parse_sizes("--n", n)
    if draw is not None:
        return _draw(draw, sizes, parsed, fitted, common)
    with show_progress("samples") as watch:
        found = run_study(parsed, fitted, sizes, replications, store=store, watch=watch, **common)
    print_messages(found.messages, None)
    if json:
        print_record(found.to_dict())
        return DONE if found.usable else NOT_CERTIFIED
    console = build_console()
    for part in build_simulation(found):
        console.print(part)
    return DONE if found.usable else NOT_CERTIFIED


def _draw(path: Path, sizes: Sequence[int], spec: Spec, models: Sequence[Spec], common: Mapping[str, Any]) -> int:
    """One sample as a file."""
    from sem_toolkit.report.export import RAW, write_table
    from sem_toolkit.resampling.simulation.one_sample import draw_one_sample

    if len(sizes) > 1 or models:
        what = "--model" if models else "all sizes but one"
        message = f"{what} would do nothing: one sample is drawn, and nothing is fitted"
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint="leave out --draw, or that"))
    if path.suffix.lower() not in RAW:
        message = f'a sample cannot be written to "{path.name}"'
        raise OptionError(Diagnostic("error", "unknown-format", message, hint="use .csv or .xlsx"))
    wanted = {name: common[name] for name in ("seed", "rules", "data", "estimates", "shares", "options")}
    frame = draw_one_sample(spec, sizes[0], **wanted)
    write_table(path, frame)
    build_console().print(f"{path}: {len(frame)} rows of {', '.join(map(str, frame.columns))}")
    return DONE


def _search(
    wanted: Sequence[str], power: float, spec: Spec, models: Sequence[Spec], common: Mapping[str, Any], *, json: bool
) -> int:
    """The n for the power of each test."""
    import pandas as pd

    from sem_toolkit.resampling.simulation.sources import parse_path
    from sem_toolkit.resampling.simulation.study_size import find_study_size

    if len(models) > 1:
        message = f"there are {len(models)} models, and n is searched for one"
        raise OptionError(Diagnostic("error", "option-value", message, hint="give one --model, or none"))
    rows = []
    for text in wanted:
        path = None if text.strip() == "model" else parse_path(text)
        with show_progress(text) as watch:
            found = find_study_size(spec, path, power, *models[:1], watch=watch, **common)
        row = {"test": text, "power": power, "n": None, "error": None, "samples": None, "settled": False}
        if found is not None:
            row |= {"n": found.n, "error": found.error, "samples": found.samples, "settled": found.settled}
        rows.append(row)
    if json:
        print_record({"sizes": rows})
    else:
        title = "The n for the power, and its Monte Carlo error"
        build_console().print(build_frame_table(title, pd.DataFrame(rows)))
    return DONE if all(row["settled"] for row in rows) else NOT_CERTIFIED
