"""`sem-toolkit check`."""

from collections.abc import Mapping
from typing import Annotated

import typer

from sem_toolkit.cli.options import DataOption, JsonOption, SpecArgument, takes_fit_options
from sem_toolkit.cli.output import DONE, WRONG_INPUT, build_console, print_messages, print_record
from sem_toolkit.cli.tables import print_check
from sem_toolkit.fit import check_model
from sem_toolkit.spec import format_explanation, read_spec


@takes_fit_options
def check(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    json: JsonOption = False,
    explain: Annotated[bool, typer.Option("--explain", help="The expanded model beside its source.")] = False,
) -> int:
    """Read a spec: say what is wrong with it, which model it means, and whether that model is identified."""
    checked = check_model(read_spec(spec), data, **chosen)
    if json:
        print_record(checked.to_dict())
    elif explain and checked.table is not None:
        build_console().out(format_explanation(checked.spec, checked.table))
    else:
        print_check(build_console(), checked)
    print_messages(checked.diagnostics, checked.spec.source)
    return WRONG_INPUT if checked.has_errors else DONE
