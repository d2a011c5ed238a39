"""`sem-toolkit diagram`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.options import DataOption, SpecArgument, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages
from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.fit import check_model
from sem_toolkit.fit import fit as fit_model
from sem_toolkit.spec import read_spec


@takes_fit_options
def diagram(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .svg, .pdf, .png, .dot or .tex.")],
    data: DataOption = None,
    style: Annotated[Path | None, typer.Option("--style", help="A TOML file with settings of the style.")] = None,
    schematic: Annotated[bool, typer.Option("--schematic", help="The model without estimates; needs no data.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when anything in the picture is hit.")] = False,
) -> int:
    """Draw the path diagram, with estimates where there are data."""
    from sem_toolkit.diagram import DiagramStyle, read_style
    from sem_toolkit.report.figures import draw_fit, draw_spec

    parsed = read_spec(spec)
    chosen_style = read_style(style) if style else DiagramStyle()
    if schematic or (data is None and not parsed.header.data and "sample_cov" not in chosen):
        checked = check_model(parsed, **chosen)
        if checked.table is None:
            print_messages(checked.diagnostics, parsed.source)
            return 2
        picture, code, messages = draw_spec(parsed, checked.table, chosen_style), DONE, checked.diagnostics
    else:
        fitted = fit_model(parsed, data, **chosen)
        picture, messages = draw_fit(fitted, chosen_style), fitted.messages
        code = DONE if fitted.certified else NOT_CERTIFIED
    picture.write(output)
    print_messages(messages, parsed.source)
    build_console().print(f"{output}")
    problems = picture.hits() if check else ()
    print_messages([Diagnostic("warning", "diagram-hit", str(problem)) for problem in problems], None)
    return NOT_CERTIFIED if problems else code
