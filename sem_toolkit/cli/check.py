"""`sem-toolkit check`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.options import WITHOUT_ROWS, DataOption, JsonOption, SpecArgument, require_use, takes_fit_options
from sem_toolkit.cli.output import DONE, WRONG_INPUT, build_console, print_messages, print_record
from sem_toolkit.cli.progress import show_work
from sem_toolkit.diagnostics import build_missing_file
from sem_toolkit.fit import check_model
from sem_toolkit.report.checked import build_findings
from sem_toolkit.sample.regular import ENDINGS
from sem_toolkit.spec import Spec, format_explanation, read_spec


@takes_fit_options
def check(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    json: JsonOption = False,
    explain: Annotated[bool, typer.Option("--explain", help="The expanded model beside its source.")] = False,
) -> int:
    """Read a spec: say what is wrong with it, which model it means, and whether that model is identified."""
    parsed = read_spec(spec)
    named = _find_named_data(parsed) if data is None and "sample_cov" not in chosen else data
    if named is None and "sample_cov" not in chosen:
        require_use(chosen, WITHOUT_ROWS, "no data are read")
    with show_work("checking"):
        checked = check_model(parsed, named if named is not None and named.exists() else data, **chosen)
    if json:
        print_record(checked.to_dict())
    elif explain and checked.table is not None:
        build_console().out(format_explanation(checked.spec, checked.table))
    else:
        console = build_console()
        for part in build_findings(checked):
            console.print(part)
    print_messages(checked.diagnostics, checked.spec.source)
    if named is not None and not checked.has_data and not json:
        fault = build_missing_file(named, endings=ENDINGS, cause=", so that names are not looked up in the data")
        print_messages([replace(fault, severity="warning")], None)
    return WRONG_INPUT if checked.has_errors else DONE


def _find_named_data(spec: Spec) -> Path | None:
    """The file that the header of a spec names, whether it exists or not."""
    return Path(spec.source.name).parent / spec.header.data if spec.header.data else None
