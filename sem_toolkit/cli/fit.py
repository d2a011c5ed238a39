"""`sem-toolkit fit`."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from sem_toolkit.cli.inputs import protect_files_of
from sem_toolkit.cli.options import (
    WITHOUT_TESTS,
    DataOption,
    JsonOption,
    ReceiptOption,
    ReportOption,
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
from sem_toolkit.cli.progress import show_progress, show_work
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.fit import fit as fit_model
from sem_toolkit.inference import ResidualType
from sem_toolkit.report.asked import EXTRAS, list_extras, list_tables
from sem_toolkit.report.summary import HEADLINED, build_summary
from sem_toolkit.report.tables import TABLES, TableSettings, build_table_of, find_name, find_table
from sem_toolkit.report.text_tables import build_frame_table
from sem_toolkit.spec import read_spec

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.fit import Fit
    from sem_toolkit.resampling.cutoffs.result import Cutoffs

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
    receipt: ReceiptOption = None,
    report: ReportOption = None,
    standardized: Annotated[bool, typer.Option("--standardized", help="std.all with standard errors.")] = False,
    modification: Annotated[bool, typer.Option("--mi", help="Modification indices, the largest 20.")] = False,
    residuals: Annotated[bool, typer.Option("--residuals", help="Residual correlations, the largest 20.")] = False,
    effects: Annotated[bool, typer.Option("--effects", help="Total, direct and indirect effects.")] = False,
    reliability: Annotated[bool, typer.Option("--reliability", help="α, ω, AVE of every factor.")] = False,
    cutoffs: Annotated[
        bool,
        typer.Option("--cutoffs", help="Cut-offs of SRMR, RMSEA and CFI for this model and n, by 500 samples each."),
    ] = False,
    tables: Annotated[
        list[str] | None,
        typer.Option(
            "--table",
            metavar="NAME",
            rich_help_panel=TABLE_PANEL,
            help=f"A whole table instead of the summary (repeat for more): {', '.join(TABLES)}.",
        ),
    ] = None,
    residual_type: Annotated[
        str | None,
        typer.Option(
            "--residual-type",
            rich_help_panel=TABLE_PANEL,
            help=f"Of {', '.join(get_args(ResidualType))}. Default: cor.bollen.",
        ),
    ] = None,
    cause: Annotated[str | None, typer.Option("--cause", rich_help_panel=TABLE_PANEL, help="Effects of this.")] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", rich_help_panel=TABLE_PANEL, help="Effects on this.")
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(
            "--draws", min=0, max=1_000_000, rich_help_panel=TABLE_PANEL, help="Draws of Monte Carlo limits of effects."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, rich_help_panel=TABLE_PANEL, help="Seed of these draws: 1.")
    ] = None,
) -> int:
    """Fit a model and print estimates, fit measures and the certificate of the optimum."""
    flags = {
        "standardized": standardized,
        "modification": modification,
        "residuals": residuals,
        "effects": effects or cause is not None or outcome is not None,
        "reliability": reliability,
    }
    asked = {name for name, on in flags.items() if on or everything}
    names = _require_tables(_add_asked(tables or [], asked), output)
    _require_use(asked, names, residual_type=residual_type, draws=draws, seed=seed)
    if names and not (json or report or receipt):
        seen = frozenset().union(*(find_table(name).heeds for name in names))
        require_use(chosen, WITHOUT_TESTS - seen, f"nothing of it is seen in {', '.join(map(find_name, names))}")
    settings = TableSettings(
        cast("ResidualType", residual_type or "cor.bollen"), cause, outcome, draws or 0, 1 if seed is None else seed
    )
    parsed = read_spec(spec)
    if report is not None:
        from sem_toolkit.report.document import require_document_format

        require_document_format(report)
    for path in (output, receipt, report):
        protect_files_of(path, [parsed], data)
    with show_work("fitting"):
        result = fit_model(parsed, data, **chosen)
    in_summary = frozenset() if json or names else HEADLINED
    print_messages((entry for entry in result.messages if entry.code not in in_summary), result.spec.source)
    built = {}
    if names:
        built = {name: build_table_of(result, name, settings) for name in names}
    if output is not None:
        _write(output, result, built)
    write_receipt(receipt, lambda: result.receipt)
    if report is not None:
        from sem_toolkit.report.document import write_document
        from sem_toolkit.report.reported import build_fit_report

        asked_tables = list_tables(result, built) if built else list_extras(result, asked, settings)
        write_document(report, build_fit_report(result, list(asked_tables) if result.converged else ()))
    print_written(output, receipt, report)
    if json:
        record = result.to_dict(everything=everything)
        if not built:
            record |= _build_asked(result, asked, settings, everything=everything)
        if cutoffs and result.converged:
            record["cutoffs"] = _compute_cutoffs(result).to_dict()
        print_record(record | _build_records(result, built))
    elif built:
        _print_tables(result, built)
    else:
        console = build_console()
        for part in build_summary(result, console.width, asked, settings):
            console.print(part)
    if cutoffs and result.converged and not json:
        _print_cutoffs(result)
    return DONE if result.certified else NOT_CERTIFIED


def _compute_cutoffs(result: "Fit") -> "Cutoffs":
    from sem_toolkit.resampling.cutoffs.fitted import compute_cutoffs_of_fit

    with show_progress("samples for cut-offs") as watch:
        return compute_cutoffs_of_fit(result, watch=watch)


def _print_cutoffs(result: "Fit") -> None:
    found = _compute_cutoffs(result)
    print_messages(found.messages, None)
    title = f"Cut-offs for this model and n = {found.n} (`sem-toolkit cutoffs` has more)"
    build_console().print(build_frame_table(title, found.build_table()))


def _add_asked(tables: list[str], asked: Collection[str]) -> list[str]:
    """The tables by name; beside them, what is asked for by a flag is one more, as the summary gives way to them."""
    if not tables:
        return []
    known = {find_name(name) for name in tables}
    return tables + [EXTRAS[name] for name in EXTRAS if name in asked and EXTRAS[name] not in known]


def _require_use(asked: Collection[str], names: list[str], **given: object) -> None:
    """Raise OptionError for settings of tables that are not shown."""
    shown = {EXTRAS[name] for name in asked} | {find_name(name) for name in names}
    wanted = {"residual_type": "residuals", "draws": "effects", "seed": "effects"}
    for name, value in given.items():
        flag = "--" + name.replace("_", "-")
        if value is not None and wanted[name] not in shown:
            message = f"{flag} would do nothing: it is about {wanted[name]}, which are not asked for"
            raise OptionError(Diagnostic("error", "option-without-effect", message, hint=f"add --{wanted[name]}"))
    if given["seed"] is not None and not given["draws"]:
        message = "--seed would do nothing: there are no draws"
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint="add --draws"))


def _build_asked(
    result: "Fit", asked: Collection[str], settings: TableSettings, *, everything: bool
) -> dict[str, object]:
    """The blocks of JSON that are asked for, where `--all` has not brought them, and what settings change in them."""
    if not result.converged:
        return {}
    from sem_toolkit.fit.records import build_blocks, build_frame_records

    blocks = {} if everything else build_blocks(result, {EXTRAS[name] for name in asked})
    if "effects" in asked and settings != TableSettings(residuals=settings.residuals):
        blocks["effects"] = build_frame_records(build_table_of(result, "effects", settings))
    if "residuals" in asked and settings.residuals != "cor.bollen":
        blocks["residuals"] = build_frame_records(build_table_of(result, "residuals", settings))
    return blocks


def _build_records(result: "Fit", built: "Mapping[str, pd.DataFrame]") -> dict[str, object]:
    """The tables that were asked for, and why numbers in them are null."""
    if not built:
        return {}
    from sem_toolkit.fit.records import build_frame_records
    from sem_toolkit.report.reasons import list_reasons
    from sem_toolkit.report.tables import find_name

    reasons = {name: list_reasons(result, find_name(name), frame) for name, frame in built.items()}
    return {"tables": {name: build_frame_records(frame) for name, frame in built.items()}, "reasons": reasons}


def _require_tables(names: list[str], output: Path | None) -> list[str]:
    """Check, before anything is computed, the names of tables and the format of a file to write."""
    if names:
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

        note = ". ".join([build_note(result, estimates=False), *list_reasons(result, find_name(name), frame)])
        write_table(output, frame, f"{result.title}: {find_table(name).title}", note.replace("..", "."))


def _print_tables(result: "Fit", built: "Mapping[str, pd.DataFrame]") -> None:
    from sem_toolkit.report.legends import LEGENDS
    from sem_toolkit.report.reasons import list_reasons
    from sem_toolkit.report.tables import find_name, find_table

    console = build_console()
    for name, frame in built.items():
        console.print(build_frame_table(find_table(name).title, frame))
        for reason in (*list_reasons(result, find_name(name), frame), *LEGENDS.get(find_name(name), ())):
            console.print(reason, "")
