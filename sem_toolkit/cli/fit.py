"""`sem-toolkit fit`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.options import DataOption, JsonOption, SpecArgument, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record
from sem_toolkit.fit import fit as fit_model
from sem_toolkit.fit.summary import build_summary
from sem_toolkit.spec import read_spec


@takes_fit_options
def fit(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    json: JsonOption = False,
    everything: Annotated[bool, typer.Option("--all", help="All of the following.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the estimates: .csv .xlsx .md .tex .html .docx")
    ] = None,
    standardized: Annotated[bool, typer.Option("--standardized", help="std.all with standard errors.")] = False,
    modification: Annotated[bool, typer.Option("--mi", help="Modification indices, the largest 20.")] = False,
    residuals: Annotated[bool, typer.Option("--residuals", help="Residual correlations, the largest 20.")] = False,
    effects: Annotated[bool, typer.Option("--effects", help="Total, direct and indirect effects.")] = False,
    reliability: Annotated[bool, typer.Option("--reliability", help="α, ω, AVE of every factor.")] = False,
) -> int:
    """Fit a model and print estimates, fit measures and the certificate of the optimum."""
    result = fit_model(read_spec(spec), data, **chosen)
    if output is not None:
        from sem_toolkit.report.export import write_estimates

        write_estimates(output, result)
    if json:
        print_record(result.to_dict(everything=everything))
    else:
        asked = {
            "standardized": standardized,
            "modification": modification,
            "residuals": residuals,
            "effects": effects,
            "reliability": reliability,
        }
        console = build_console()
        for part in build_summary(result, console.width, {name for name, on in asked.items() if on or everything}):
            console.print(part)
    print_messages(result.messages, result.spec.source)
    return DONE if result.certified else NOT_CERTIFIED
