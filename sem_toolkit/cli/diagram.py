"""`sem-toolkit diagram`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.options import DataOption, SpecArgument, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, WRONG_INPUT, build_console, print_messages
from sem_toolkit.diagnostics import Diagnostic, OptionError
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
    theme: Annotated[str | None, typer.Option("--theme", help="colour, print or grey.")] = None,
    values: Annotated[str | None, typer.Option("--values", help="standardized, raw, both or none.")] = None,
    significance: Annotated[str | None, typer.Option("--significance", help="stars, p, interval or none.")] = None,
    variances: Annotated[str | None, typer.Option("--variances", help="clean, lisrel or ram.")] = None,
    only: Annotated[str | None, typer.Option("--only", help="all, structural or measurement.")] = None,
    column: Annotated[str | None, typer.Option("--column", help="single (85 mm), double (175 mm) or free.")] = None,
    layout: Annotated[str | None, typer.Option("--layout", help="own, or dot for graphviz's ranks.")] = None,
    draw_group: Annotated[int, typer.Option("--draw-group", help="Number of the group to draw.", min=1)] = 1,
    misfit: Annotated[bool, typer.Option("--misfit", help="Dotted: the largest modification indices.")] = False,
    keep_layout: Annotated[
        bool, typer.Option("--keep-layout", help="Keep the positions in SPEC.layout.toml for later pictures.")
    ] = False,
    schematic: Annotated[bool, typer.Option("--schematic", help="The model without estimates; needs no data.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when anything in the picture is hit.")] = False,
) -> int:
    """Draw the path diagram, with estimates where there are data."""
    from sem_toolkit.diagram import DiagramStyle, find_layout_path, read_style, write_layout
    from sem_toolkit.report.figures import draw_fit, draw_spec

    parsed = read_spec(spec)
    settings = {
        "theme": theme,
        "values": values,
        "significance": significance,
        "variances": variances,
        "only": only,
        "column": column,
        "layout": layout,
    }
    base = read_style(style) if style else DiagramStyle()
    chosen_style = base.with_settings({name: value for name, value in settings.items() if value is not None})
    if schematic or (data is None and not parsed.header.data and "sample_cov" not in chosen):
        checked = check_model(parsed, **chosen)
        if checked.table is None:
            print_messages(checked.diagnostics, parsed.source)
            return WRONG_INPUT
        picture, code, messages = draw_spec(parsed, checked.table, chosen_style, draw_group), DONE, checked.diagnostics
    else:
        fitted = fit_model(parsed, data, **chosen)
        _require_group(draw_group, len(fitted.sample.groups))
        picture, messages = draw_fit(fitted, chosen_style, draw_group, misfit=misfit), fitted.messages
        code = DONE if fitted.certified else NOT_CERTIFIED
    picture.write(output)
    if keep_layout:
        write_layout(picture.layout(), find_layout_path(spec))
    print_messages(messages, parsed.source)
    build_console().print(f"{output}")
    problems = picture.hits() if check else ()
    print_messages([Diagnostic("warning", "diagram-hit", str(problem)) for problem in problems], None)
    return NOT_CERTIFIED if problems else code


def _require_group(number: int, groups: int) -> None:
    if number > groups:
        message = f"there is no group {number}: the fit has {groups}"
        raise OptionError(Diagnostic("error", "option-value", message))
