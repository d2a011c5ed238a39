"""`sem-toolkit fit`."""

from collections.abc import Mapping
from typing import Annotated

import typer

from sem_toolkit.cli.options import DataOption, JsonOption, SpecArgument, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record
from sem_toolkit.cli.tables import print_fit
from sem_toolkit.fit import fit as fit_model
from sem_toolkit.spec import read_spec


@takes_fit_options
def fit(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    json: JsonOption = False,
    everything: Annotated[bool, typer.Option("--all", help="Add every block that is computed on request.")] = False,
) -> int:
    """Fit a model and print estimates, fit measures and the certificate of the optimum."""
    result = fit_model(read_spec(spec), data, **chosen)
    if json:
        print_record(result.to_dict(everything=everything))
    else:
        print_fit(build_console(), result)
    print_messages(result.messages, result.spec.source)
    return DONE if result.certified else NOT_CERTIFIED
