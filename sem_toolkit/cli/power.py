"""`sem-toolkit power`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sem_toolkit.cli.inputs import protect_inputs
from sem_toolkit.cli.numbers import parse_pair, parse_sizes
from sem_toolkit.cli.options import INTERVALS, WITHOUT_TESTS, DataOption, JsonOption, require_use, takes_fit_options
from sem_toolkit.cli.output import DONE, build_console, print_messages, print_record, print_written
from sem_toolkit.cli.population import POPULATION, AlphaOption, EstimatesOption, SharesOption, parse_shares
from sem_toolkit.cli.progress import show_progress
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.fit.declared import OPTIONS
from sem_toolkit.fit.records import build_frame_records
from sem_toolkit.report.text_tables import build_frame_table
from sem_toolkit.spec import read_spec

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.resampling.power.analysis import PowerAnalysis
    from sem_toolkit.resampling.power.satorra_saris import Setting

FIT = "Tests of fit by the RMSEA"


@dataclass(frozen=True)
class _Question:
    """What is asked about every test."""

    sizes: tuple[int, ...]
    power: float
    alpha: float


@takes_fit_options
def power(
    spec: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SPEC]", help="A population: a spec with values, or with --estimates one that is fitted."
        ),
    ] = None,
    chosen: Mapping[str, object] = {},
    n: Annotated[str, typer.Option("--n", metavar="N,...", help="Numbers of rows to look at.")] = "100,200,500",
    target: Annotated[float, typer.Option("--target", help="The power that is wanted.")] = 0.8,
    alpha: AlphaOption = 0.05,
    paths: Annotated[
        list[str] | None,
        typer.Option(
            "--path",
            metavar="PATH",
            rich_help_panel=POPULATION,
            help='A parameter to test against zero, such as "y ~ x" (repeat for more). Default: all regressions.',
        ),
    ] = None,
    null: Annotated[
        Path | None,
        typer.Option("--null", rich_help_panel=POPULATION, help="A restricted spec to test against the model."),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model", rich_help_panel=POPULATION, help="The spec that is estimated. Default: SPEC, its values freed."
        ),
    ] = None,
    shares: SharesOption = None,
    estimates: EstimatesOption = False,
    data: DataOption = None,
    df: Annotated[
        str | None,
        typer.Option(
            "--df",
            metavar="DF[,DF]",
            rich_help_panel=FIT,
            help="Degrees of freedom, of a restricted and a larger model for their difference. Needs no SPEC.",
        ),
    ] = None,
    rmsea: Annotated[
        str | None,
        typer.Option(
            "--rmsea", metavar="RMSEA[,RMSEA]", rich_help_panel=FIT, help="Assumed; one for each of the --df."
        ),
    ] = None,
    rmsea0: Annotated[
        str | None,
        typer.Option(
            "--rmsea0", metavar="RMSEA[,RMSEA]", rich_help_panel=FIT, help="Under the null hypothesis. Default: 0."
        ),
    ] = None,
    groups: Annotated[
        int | None, typer.Option("--groups", min=1, rich_help_panel=FIT, help="How many groups --df is of. Default: 1.")
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(
            "--replications", rich_help_panel=POPULATION, help="Also simulate the z tests in so many samples of each n."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, rich_help_panel=POPULATION, help="Of these: 1.")] = None,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="The effect that each n would find with the wanted power.")
    ] = False,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw power by n into a .svg, .pdf or .png file.")] = None,
    json: JsonOption = False,
) -> int:
    """Power before there are data: of a model's fit, of a path, of two models; the n it takes; what an n can find."""
    from sem_toolkit.report.plots import require_plot_format
    from sem_toolkit.report.power_curve import write_power_curve

    if plot is not None:
        require_plot_format(plot)
        protect_inputs(plot, [spec, null, model, data])
    question = _Question(parse_sizes("--n", n), target, alpha)
    about_fit = {"--df": df, "--rmsea": rmsea, "--rmsea0": rmsea0, "--groups": groups}
    about_population = {
        "--path": paths, "--null": null, "--model": model, "--group-shares": shares, "--data": data,
        "--estimates": estimates or None, "--replications": replications, "--seed": seed,
    }  # fmt: skip
    require_use(chosen, INTERVALS, "no intervals are shown")
    if replications is None:
        require_use(chosen, WITHOUT_TESTS, "power is computed from the population; --replications estimates and tests")
    require_use(chosen, frozenset(("test",)), "samples are for the z tests of parameters")
    if spec is None:
        _refuse(about_population, "it is about a SPEC, and there is none")
        require_use(chosen, frozenset(OPTIONS) - {"likelihood"}, "it is about models, and there is no SPEC")
        found, simulated = _analyse_fit(question, chosen, df, rmsea, rmsea0, groups or 1), None
    else:
        _refuse(about_fit, "it is about models without a SPEC; the population has its own misfit")
        if replications is None:
            _refuse({"--seed": seed}, "there are no replications")
        setting = _build_setting(question, chosen, spec, model, shares, data, estimates)
        found = _analyse_spec(question, setting, paths, null)
        simulated = None if replications is None else _simulate(setting, found, replications, seed)
    if plot is not None:
        write_power_curve(found, plot)
    print_written(plot)
    print_messages(found.messages, None)
    if json:
        record = found.to_dict(sensitivity=sensitivity)
        print_record(record if simulated is None else record | {"simulated": build_frame_records(simulated)})
        return DONE
    console = build_console()
    console.print(build_frame_table(f"Power at α = {alpha:g}", found.table))
    if simulated is not None:
        console.print(build_frame_table(f"The same by simulation: z tests in {replications} samples", simulated))
    if sensitivity:
        console.print(build_frame_table(f"What could be found with power {target:g}", found.sensitivity))
        if found.sensitivity["found"].isna().any():
            console.print("–: no possible value is large enough, all else equal.")
    return DONE


def _refuse(options: Mapping[str, object], reason: str) -> None:
    """Raise OptionError where one of these options is given: it would do nothing."""
    for flag, value in options.items():
        if value is not None:
            raise OptionError(Diagnostic("error", "option-without-effect", f"{flag} would do nothing: {reason}"))


def _analyse_fit(
    question: _Question,
    chosen: Mapping[str, object],
    df: str | None,
    rmsea: str | None,
    rmsea0: str | None,
    groups: int,
) -> "PowerAnalysis":
    from sem_toolkit.fit.options import parse_fit_options
    from sem_toolkit.resampling.power.analysis import analyse_nested, analyse_rmsea

    if df is None:
        message = "there is nothing to be powerful about: neither a SPEC nor degrees of freedom"
        hint = "give a spec with values, or --df of the model"
        raise OptionError(Diagnostic("error", "no-model", message, hint=hint))
    lost = 1 if parse_fit_options(chosen).estimation.likelihood == "wishart" else 0
    degrees, assumed, null = parse_pair("--df", df), parse_pair("--rmsea", rmsea), parse_pair("--rmsea0", rmsea0)
    asked = question.sizes, question.power, question.alpha
    if degrees is not None and len(degrees) == 2:
        if assumed is None:
            message = "--rmsea is needed for two models: what each is assumed to have"
            raise OptionError(Diagnostic("error", "option-value", message, hint="such as --rmsea 0.06,0.05"))
        pairs = [_require_length(values, 2, flag) for values, flag in ((assumed, "--rmsea"), (null, "--rmsea0"))]
        (a, b), (c, d) = pairs[0] or (0.0, 0.0), pairs[1] or (0.0, 0.0)
        return analyse_nested((degrees[0], degrees[1]), (a, b), *asked, (c, d), groups, lost)
    single, base = _require_length(assumed, 1, "--rmsea"), _require_length(null, 1, "--rmsea0")
    if single is None and base is not None:
        message = "--rmsea0 is one end of a test: give --rmsea, what is assumed, as well"
        raise OptionError(Diagnostic("error", "option-value", message))
    pair = None if single is None else ((base or (0.0,))[0], single[0])
    return analyse_rmsea((degrees or (0.0,))[0], *asked, pair, groups, lost)


def _require_length(values: Sequence[float] | None, length: int, flag: str) -> Sequence[float] | None:
    if values is not None and len(values) != length:
        message = f"{flag} has {len(values)} values, and --df is of {length} model{'s' if length > 1 else ''}"
        raise OptionError(Diagnostic("error", "option-value", message))
    return values


def _build_setting(
    question: _Question,
    chosen: Mapping[str, object],
    spec: Path,
    model: Path | None,
    shares: str | None,
    data: Path | None,
    estimates: bool,
) -> "Setting":
    from sem_toolkit.resampling.power.satorra_saris import Setting
    from sem_toolkit.resampling.simulation.sources import build_source

    source = build_source(
        read_spec(spec),
        None if model is None else read_spec(model),
        data=data,
        estimates=estimates or data is not None,
        shares=parse_shares(shares),
        options=chosen,
    )
    lost = source.count_lost_rows()
    return Setting(
        source.analysis, source.population, source.shares, source.options, question.alpha, lost, source.messages
    )


def _analyse_spec(
    question: _Question, setting: "Setting", paths: list[str] | None, null: Path | None
) -> "PowerAnalysis":
    from sem_toolkit.resampling.power.analysis import analyse_population
    from sem_toolkit.resampling.simulation.sources import parse_path

    return analyse_population(
        setting,
        question.sizes,
        question.power,
        None if paths is None else [parse_path(path) for path in paths],
        None if null is None else read_spec(null),
    )


def _simulate(setting: "Setting", found: "PowerAnalysis", replications: int, seed: int | None) -> "pd.DataFrame":
    from sem_toolkit.resampling.power.simulated import build_simulated_table

    with show_progress("samples") as watch:
        return build_simulated_table(setting, found, replications, 1 if seed is None else seed, watch=watch)
