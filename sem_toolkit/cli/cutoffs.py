"""`sem-toolkit cutoffs`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sem_toolkit.cli.numbers import parse_numbers
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
from sem_toolkit.cli.progress import show_progress
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.fit.records import build_frame_records
from sem_toolkit.report.text_tables import build_frame_table
from sem_toolkit.spec import read_spec

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.fit import Fit
    from sem_toolkit.resampling.cutoffs.result import Cutoffs
    from sem_toolkit.spec import Spec


@takes_fit_options
def cutoffs(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    n: Annotated[
        int | None, typer.Option("--n", help="Rows of a sample: SPEC then has standardised values, and needs no data.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            help="dynamic (factor models: the default where it can be had) or direct (any model of one group).",
        ),
    ] = None,
    discrepancies: Annotated[
        str | None,
        typer.Option(
            "--mad", metavar="D,...", help="Of direct cut-offs: mean absolute discrepancies. Default: .038,.05,.06."
        ),
    ] = None,
    replications: Annotated[int, typer.Option("--replications", help="Samples of each population.")] = 500,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the samples.")] = 1,
    workers: Annotated[int | None, declare_workers()] = None,
    write: Annotated[
        Path | None, typer.Option("--write", help="A folder to write the misspecified specs into.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Cut-offs of SRMR, RMSEA and CFI for this model and this n, by models that are wrong by a known amount."""
    require_use(chosen, INTERVALS, "no intervals are shown")
    from sem_toolkit.fit import fit as fit_model

    parsed = read_spec(spec)
    fit = fit_model(parsed, data, **chosen) if n is None else None
    if fit is not None:
        print_messages(fit.messages, parsed.source)
        if not fit.converged:
            return NOT_CERTIFIED
    elif data is not None:
        message = "there are data and --n: cut-offs are for the rows of a fit, or for a spec with values"
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint="leave one of them out"))
    with show_progress("samples") as watch:
        common: dict[str, Any] = {"workers": workers, "watch": watch}
        found = _compute(parsed, fit, n, kind, discrepancies, replications, seed, dict(chosen), common)
    written = _write(found, write, spec.stem)
    sizes = None
    if fit is not None and fit.options.estimation.kind.is_likelihood:
        sizes = _build_sizes(fit)
    print_messages(found.messages, None)
    if json:
        record = found.to_dict() | {"written": [str(path) for path in written]}
        print_record(record if sizes is None else record | {"equivalence": build_frame_records(sizes)})
        return DONE
    console = build_console()
    title = f"Cut-offs for n = {found.n} ({found.kind}, {replications} samples of each population)"
    console.print(build_frame_table(title, found.build_table()))
    console.print(
        "By 95 %: of the samples of that population 95 % are on the wrong side of the cut-off, and of those in which "
        "the model holds 95 % are on the right one. –: no value tells the two apart nine times in ten.",
        "",
    )
    if sizes is not None:
        console.print(build_frame_table("Equivalence: the misfit that the data rule out (5 %), with its bins", sizes))
    if written:
        console.print(f"Written: {', '.join(map(str, written))}")
    return DONE


def _compute(
    parsed: "Spec",
    fit: "Fit | None",
    n: int | None,
    kind: str | None,
    discrepancies: str | None,
    replications: int,
    seed: int,
    chosen: dict[str, object],
    common: dict[str, Any],
) -> "Cutoffs":
    from sem_toolkit.resampling.cutoffs.dynamic import DISCREPANCIES, compute_direct_cutoffs, compute_dynamic_cutoffs
    from sem_toolkit.resampling.cutoffs.fitted import build_standardized_spec, choose_kind, compute_cutoffs_of_fit
    from sem_toolkit.resampling.simulation.population import build_population
    from sem_toolkit.spec.release import release_values

    sizes = tuple(DISCREPANCIES) if discrepancies is None else parse_numbers("--mad", discrepancies)
    values = parsed if fit is None else build_standardized_spec(fit)
    which = choose_kind(values, kind)
    if discrepancies is not None and which != "direct":
        message = "--mad would do nothing: these are dynamic cut-offs"
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint="add --kind direct"))
    if fit is not None:
        return compute_cutoffs_of_fit(fit, replications, seed, which, sizes, **common)
    rows, analysis = n or 0, release_values(parsed)
    if which == "dynamic":
        return compute_dynamic_cutoffs(parsed, analysis, rows, replications, seed, options=chosen, **common)
    population = build_population(parsed, standardized=True)
    return compute_direct_cutoffs(population, analysis, rows, replications, seed, sizes, options=chosen, **common)


def _build_sizes(fit: "Fit") -> "pd.DataFrame":
    from sem_toolkit.resampling.cutoffs.fitted import build_equivalence_table, compute_t_sizes_of_fit

    return build_equivalence_table(compute_t_sizes_of_fit(fit))


def _write(found: "Cutoffs", folder: Path | None, name: str) -> list[Path]:
    """Write the specs of the populations; there are none of direct cut-offs."""
    from sem_toolkit.files import make_folder, write_text

    if folder is None:
        return []
    make_folder(folder)
    paths = []
    for entry in found.distributions:
        if entry.spec is not None:
            paths.append(folder / f"{name}_level_{entry.level}.lav")
            write_text(paths[-1], entry.spec.text)
    if not paths:
        message = "--write would do nothing: direct cut-offs have another population for every sample"
        raise OptionError(Diagnostic("error", "option-without-effect", message))
    return paths
