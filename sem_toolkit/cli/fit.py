"""`sem-toolkit fit`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from sem_toolkit.cli.inputs import protect_files_of
from sem_toolkit.cli.options import DataOption, JsonOption, SpecArgument, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.fit import fit as fit_model
from sem_toolkit.fit.records import build_frame_records
from sem_toolkit.report.summary import build_summary
from sem_toolkit.report.text_tables import build_frame_table
from sem_toolkit.spec import read_spec

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.fit import Fit
    from sem_toolkit.inference import ResidualType

TABLE_PANEL = "Tables"


@takes_fit_options
def fit(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    json: JsonOption = False,
    everything: Annotated[bool, typer.Option("--all", help="All of the following.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write the estimates, or the one --table: .csv .xlsx .md .tex .html .docx"),
    ] = None,
    standardized: Annotated[bool, typer.Option("--standardized", help="std.all with standard errors.")] = False,
    modification: Annotated[bool, typer.Option("--mi", help="Modification indices, the largest 20.")] = False,
    residuals: Annotated[bool, typer.Option("--residuals", help="Residual correlations, the largest 20.")] = False,
    effects: Annotated[bool, typer.Option("--effects", help="Total, direct and indirect effects.")] = False,
    reliability: Annotated[bool, typer.Option("--reliability", help="α, ω, AVE of every factor.")] = False,
    tables: Annotated[
        list[str] | None,
        typer.Option(
            "--table",
            metavar="NAME",
            rich_help_panel=TABLE_PANEL,
            help="A whole table instead of the summary (repeat for more): parameters, standardized, fit_measures, r2, "
            "modification_indices, epc, residuals, effects, tests, eigenvalue_tests, score_tests, "
            "score_tests_cumulative, local_tests, reliability, fornell_larcker, htmt, htmt2, scores, score_quality.",
        ),
    ] = None,
    residual_type: Annotated[
        str,
        typer.Option(
            "--residual-type",
            rich_help_panel=TABLE_PANEL,
            help="raw, cor.bollen, cor.bentler, normalized, standardized or standardized.mplus.",
        ),
    ] = "cor.bollen",
    cause: Annotated[str | None, typer.Option("--cause", rich_help_panel=TABLE_PANEL, help="Effects of this.")] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", rich_help_panel=TABLE_PANEL, help="Effects on this.")
    ] = None,
    draws: Annotated[
        int,
        typer.Option(
            "--draws", min=0, max=1_000_000, rich_help_panel=TABLE_PANEL, help="Draws of Monte Carlo limits of effects."
        ),
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", min=0, rich_help_panel=TABLE_PANEL, help="Seed of these draws.")] = 1,
) -> int:
    """Fit a model and print estimates, fit measures and the certificate of the optimum."""
    names = _require_tables(tables or [], output)
    parsed = read_spec(spec)
    protect_files_of(output, [parsed], data)
    result = fit_model(parsed, data, **chosen)
    print_messages(result.messages, result.spec.source)
    built = {}
    if names:
        from sem_toolkit.report.tables import TableSettings, build_table_of

        settings = TableSettings(cast("ResidualType", residual_type), cause, outcome, draws, seed)
        built = {name: build_table_of(result, name, settings) for name in names}
    if output is not None:
        _write(output, result, built)
    if json:
        print_record(result.to_dict(everything=everything) | _build_records(result, built))
    elif built:
        _print_tables(result, built)
    else:
        asked = {
            "standardized": standardized,
            "modification": modification,
            "residuals": residuals,
            "effects": effects or cause is not None or outcome is not None,
            "reliability": reliability,
        }
        console = build_console()
        for part in build_summary(result, console.width, {name for name, on in asked.items() if on or everything}):
            console.print(part)
    return DONE if result.certified else NOT_CERTIFIED


def _build_records(result: "Fit", built: "Mapping[str, pd.DataFrame]") -> dict[str, object]:
    """The tables that were asked for, and why numbers in them are null."""
    if not built:
        return {}
    from sem_toolkit.report.reasons import list_reasons
    from sem_toolkit.report.tables import find_name

    reasons = {name: list_reasons(result, find_name(name), frame) for name, frame in built.items()}
    return {"tables": {name: build_frame_records(frame) for name, frame in built.items()}, "reasons": reasons}


def _require_tables(names: list[str], output: Path | None) -> list[str]:
    """Check, before anything is computed, the names of tables and the format of a file to write."""
    if names:
        from sem_toolkit.report.tables import find_table

        for name in names:
            find_table(name)
    if output is not None:
        from sem_toolkit.report.export import require_format

        require_format(output)
        if len(names) > 1:
            message = f"one file holds one table, and {len(names)} are asked for"
            hint = "give one --table with -o, and run the command again for the others"
            raise OptionError(Diagnostic("error", "several-tables", message, hint=hint))
    return names


def _write(output: Path, result: "Fit", built: "Mapping[str, pd.DataFrame]") -> None:
    from sem_toolkit.report.export import build_note, write_estimates, write_table

    if not built:
        write_estimates(output, result)
    for name, frame in built.items():
        from sem_toolkit.report.reasons import list_reasons
        from sem_toolkit.report.tables import find_name, find_table

        note = ". ".join([build_note(result, estimates=False), *list_reasons(result, find_name(name), frame)])
        write_table(output, frame, f"{result.title}: {find_table(name).title}", note.replace("..", "."))


def _print_tables(result: "Fit", built: "Mapping[str, pd.DataFrame]") -> None:
    from sem_toolkit.report.reasons import list_reasons
    from sem_toolkit.report.tables import find_name, find_table

    console = build_console()
    for name, frame in built.items():
        console.print(build_frame_table(find_table(name).title, frame))
        for reason in list_reasons(result, find_name(name), frame):
            console.print(reason, "")
