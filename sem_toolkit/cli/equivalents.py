"""`sem-toolkit equivalents`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.inputs import protect_inputs
from sem_toolkit.cli.options import (
    WITHOUT_ESTIMATES,
    WITHOUT_ROWS,
    JsonOption,
    ReportOption,
    SpecArgument,
    require_use,
    takes_fit_options,
)
from sem_toolkit.cli.output import (
    DONE,
    NOT_CERTIFIED,
    build_console,
    print_comparison_messages,
    print_messages,
    print_record,
    print_written,
)
from sem_toolkit.cli.progress import show_progress
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.spec import read_spec


@takes_fit_options
def equivalents(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: Annotated[
        Path | None, typer.Option("--data", help="Rows: the equal fit, and the different estimates beside each other.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to list at most.")] = 20,
    only: Annotated[
        str | None, typer.Option("--only", help="measurement (other factors) or structure (other directions).")
    ] = None,
    write: Annotated[Path | None, typer.Option("--write", help="A folder to write each of them into.")] = None,
    report: ReportOption = None,
    json: JsonOption = False,
) -> int:
    """List models that no data can tell from this one: other directions, other factors. Needs no data."""
    from sem_toolkit.comparison.equivalents import FAMILIES, list_equivalents, write_equivalents
    from sem_toolkit.report.document import require_document_format, write_document
    from sem_toolkit.report.equivalents import build_equivalents
    from sem_toolkit.report.reported_rivals import build_equivalents_report

    families = [family for family in FAMILIES if only in (None, family)]
    if not families:
        message = f'--only cannot be "{only}"'
        raise OptionError(Diagnostic("error", "option-value", message, hint=f"one of: {', '.join(FAMILIES)}"))
    if data is None:
        require_use(chosen, WITHOUT_ESTIMATES | WITHOUT_ROWS, "nothing is fitted without --data")
    if report is not None:
        require_document_format(report)
        protect_inputs(report, [spec, data])
    with show_progress("models") as watch:
        found = list_equivalents(read_spec(spec), data, limit=limit, families=families, workers=None, watch=watch,
                                 **chosen)  # fmt: skip
    written = () if write is None else write_equivalents(found.entries, write, spec.stem)
    if report is not None:
        write_document(report, build_equivalents_report(found))
    print_written(report)
    if json:
        record = found.to_dict()
        for place, entry in enumerate(record["equivalents"]):
            entry["file"] = str(written[place]) if written else None
        print_record(record)
        return DONE if found.certified else NOT_CERTIFIED
    console = build_console()
    for part in build_equivalents(found):
        console.print(part)
    if written:
        console.print(f"Written: {', '.join(map(str, written))}")
    print_messages(found.messages, None)
    if found.comparison is not None:
        print_comparison_messages(found.comparison, found.comparison.notes)  # no table has criteria
    return DONE if found.certified else NOT_CERTIFIED
