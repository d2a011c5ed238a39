"""`sem-toolkit diagram`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sem_toolkit.cli.inputs import protect_files_of
from sem_toolkit.cli.options import (
    INTERVALS,
    WITHOUT_ESTIMATES,
    WITHOUT_ROWS,
    DataOption,
    require_use,
    takes_fit_options,
)
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages
from sem_toolkit.cli.progress import show_work
from sem_toolkit.diagnostics import Diagnostic, OptionError, SemError
from sem_toolkit.fit import check_model
from sem_toolkit.fit import fit as fit_model
from sem_toolkit.fit.pipeline import estimate, prepare_together
from sem_toolkit.spec import read_spec
from sem_toolkit.spec.levels import separate_levels

if TYPE_CHECKING:
    from sem_toolkit.diagram import Diagram, DiagramStyle, Layout, Problem
    from sem_toolkit.report.compared_figures import Arrangement
    from sem_toolkit.spec import Spec


@takes_fit_options
def diagram(
    specs: Annotated[list[Path], typer.Argument(metavar="SPEC...", help="One model, or several to compare.")],
    chosen: Mapping[str, object],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="File to write: .svg, .pdf, .png, .docx, .pptx, .drawio, .tex or .dot."),
    ],
    data: DataOption = None,
    style: Annotated[Path | None, typer.Option("--style", help="A TOML file with settings of the style.")] = None,
    theme: Annotated[str | None, typer.Option("--theme", help="colour, print or grey.")] = None,
    values: Annotated[str | None, typer.Option("--values", help="standardized, raw, both or none.")] = None,
    significance: Annotated[str | None, typer.Option("--significance", help="stars, p, interval or none.")] = None,
    variances: Annotated[str | None, typer.Option("--variances", help="clean, lisrel or ram.")] = None,
    only: Annotated[str | None, typer.Option("--only", help="all, structural or measurement.")] = None,
    column: Annotated[str | None, typer.Option("--column", help="single (85 mm), double (175 mm) or free.")] = None,
    direction: Annotated[
        str | None, typer.Option("--direction", help="Causes left (right) or on top (down); auto for what fits.")
    ] = None,
    order: Annotated[
        str | None, typer.Option("--order", metavar="NAME,...", help="Factors in this order in their column or row.")
    ] = None,
    hide: Annotated[
        list[str] | None, typer.Option("--hide", help="covariates or nonsignificant (repeat for both).")
    ] = None,
    greek: Annotated[bool, typer.Option("--greek", help="Names and labels such as lambda_1 as Greek letters.")] = False,
    layout: Annotated[str | None, typer.Option("--layout", help="own, or dot for graphviz's ranks.")] = None,
    draw_group: Annotated[
        int | None, typer.Option("--draw-group", help="Number of the group to draw alone.", min=1)
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Two models, or two groups, in one: added, dropped, changed.")
    ] = False,
    side_by_side: Annotated[
        bool, typer.Option("--side-by-side", help="Models, or groups, beside each other on one layout.")
    ] = False,
    misfit: Annotated[bool, typer.Option("--misfit", help="Dotted: the largest modification indices.")] = False,
    keep_layout: Annotated[
        bool, typer.Option("--keep-layout", help="Keep the positions in SPEC.layout.toml for later pictures.")
    ] = False,
    like: Annotated[
        Path | None, typer.Option("--like", help="Keep to an earlier .svg of ours as far as nothing is hit for it.")
    ] = None,
    schematic: Annotated[bool, typer.Option("--schematic", help="The model without estimates; needs no data.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 when anything is hit, or the column or page too small.")
    ] = False,
) -> int:
    """Draw the path diagram, with estimates where there are data."""
    from sem_toolkit.diagram import read_earlier, require_diagram_format

    require_diagram_format(output.suffix.lower())
    settings = {
        "theme": theme,
        "values": values,
        "significance": significance,
        "variances": variances,
        "only": only,
        "column": column,
        "layout": layout,
        "direction": direction,
        "greek": greek or None,
        **_read_hidden(hide or []),
    }
    chosen_style = _build_style(style, settings)
    compared = overlay or side_by_side
    _require_use(schematic and data is not None, "--data", "--schematic draws no estimates")
    _require_use(misfit and (schematic or compared), "--misfit", "it needs one model with its estimates")
    _require_use(draw_group is not None and compared, "--draw-group", "all groups, or the first ones, are drawn")
    _require_use(like is not None and compared, "--like", "it needs one model")
    earlier = None if like is None else read_earlier(like)
    read = [read_spec(path) for path in specs]
    if order is not None:
        read = [_set_order(spec, order) for spec in read]
    request = Request(read, data, chosen, schematic, chosen_style, earlier)
    if not request.has_data:
        require_use(chosen, WITHOUT_ESTIMATES | WITHOUT_ROWS, "the picture has no estimates")
    if chosen_style.significance != "interval":
        require_use(chosen, INTERVALS, "no intervals are drawn; --significance interval draws them")
    protect_files_of(output, request.specs, data)
    arrangement = _find_arrangement(overlay, side_by_side, len(specs), keep_layout)
    picture, code = (
        _draw_compared(request, arrangement)
        if arrangement
        else _draw_single(request, draw_group, misfit=misfit, keep_layout=keep_layout)
    )
    picture.write(output)
    if keep_layout:
        from sem_toolkit.diagram import find_layout_path, keep_positions

        keep_positions(picture.layout().positions, find_layout_path(specs[0]))
    build_console().print(f"{output}")
    print_messages(picture.messages, None)
    problems = [p for p in picture.problems() if p.kind in ALWAYS_SAID or (check and p.is_hit)]
    print_messages([_build_warning(problem, specs[0]) for problem in problems], None)
    return NOT_CERTIFIED if problems and check else code


ALWAYS_SAID = ("too-wide", "too-high", "node-node")
"""What is wrong with a picture for a reason that its maker gave: a narrow column or a page, positions that collide."""


def _build_warning(problem: "Problem", spec: Path) -> Diagnostic:
    """What is wrong with a picture, and where it can be changed if its maker wants it so."""
    from sem_toolkit.diagram import find_layout_path

    pinned = problem.kind == "node-node" and find_layout_path(spec).is_file()
    hint = f"move one of them in {find_layout_path(spec).name}" if pinned else None
    return Diagnostic("warning", "diagram-hit", str(problem), hint=hint)


@dataclass(frozen=True)
class Request:
    """What is to be drawn; `options` are those of a fit."""

    specs: "Sequence[Spec]"
    data: Path | None
    options: Mapping[str, object]
    schematic: bool
    style: "DiagramStyle"
    earlier: "Layout | None" = None

    @property
    def has_data(self) -> bool:
        headers = any(spec.header.data for spec in self.specs)
        return not self.schematic and (self.data is not None or headers or "sample_cov" in self.options)


def _read_hidden(names: Sequence[str]) -> dict[str, bool]:
    """Settings of the style for what is left out."""
    for name in names:
        if name not in HIDDEN:
            raise _build_fault(f'"{name}" cannot be hidden', f"--hide takes {' or '.join(HIDDEN)}")
    return {f"hide_{name}": True for name in names}


HIDDEN = ("covariates", "nonsignificant")


def _set_order(spec: "Spec", order: str) -> "Spec":
    """The spec with an order of its variables in the diagram's part of its header."""
    return replace(spec, header=replace(spec.header, diagram={**spec.header.diagram, "order": order}))


def _build_style(path: Path | None, settings: Mapping[str, object]) -> "DiagramStyle":
    from sem_toolkit.diagram import DiagramStyle, read_style

    base = read_style(path) if path else DiagramStyle()
    return base.with_settings({name: value for name, value in settings.items() if value is not None})


def _find_arrangement(overlay: bool, side_by_side: bool, count: int, keep_layout: bool) -> "Arrangement | None":
    """How several versions are drawn; None where there is only one to draw."""
    if overlay and side_by_side:
        raise _build_fault("--overlay and --side-by-side exclude each other")
    if count > 1 and not (overlay or side_by_side):
        raise _build_fault(f"{count} specs do not make one picture", "add --overlay or --side-by-side")
    if keep_layout and (overlay or side_by_side):
        raise _build_fault("--keep-layout keeps the positions of one model", "draw that model by itself first")
    return "overlay" if overlay else "side by side" if side_by_side else None


def _draw_single(
    request: Request, chosen_group: int | None, *, misfit: bool, keep_layout: bool
) -> "tuple[Diagram, int]":
    """The picture of one model with its exit code, all its groups beside each other; prints the messages."""
    from sem_toolkit.report.compared_figures import draw_fit_or_groups, require_group
    from sem_toolkit.report.figures import draw_spec

    spec = request.specs[0]
    if not request.has_data:
        _require_use(misfit, "--misfit", "there are no data")
        checked = check_model(spec, **request.options)
        if checked.table is None:
            raise SemError(checked.diagnostics, spec.source)
        require_group(chosen_group or 1, len(separate_levels(checked.table).groups), "model")
        shown = 1 if keep_layout or request.earlier is not None else None
        picture = draw_spec(spec, checked.table, request.style, chosen_group or shown, request.earlier)
        print_messages(checked.diagnostics, spec.source)
        return picture, DONE
    with show_work("fitting"):
        fitted = fit_model(spec, request.data, **request.options)
    picture = draw_fit_or_groups(
        fitted, request.style, chosen_group, misfit=misfit, alone=keep_layout, earlier=request.earlier
    )
    print_messages(fitted.messages, spec.source)
    return picture, DONE if fitted.certified else NOT_CERTIFIED


def _draw_compared(request: Request, arrangement: "Arrangement") -> "tuple[Diagram, int]":
    """The picture of several models or groups with its exit code; prints the messages of every fit."""
    from sem_toolkit.report.compared_figures import draw_compared_fits, draw_compared_specs

    if not request.has_data:
        return draw_compared_specs(request.specs, request.options, arrangement, request.style), DONE
    with show_work("fitting"):
        fits = [estimate(prepared) for prepared in prepare_together(request.specs, request.data, **request.options)]
    picture = draw_compared_fits(fits, arrangement, request.style)
    for entry in fits:
        print_messages(entry.messages, entry.spec.source)
    return picture, DONE if all(entry.certified for entry in fits) else NOT_CERTIFIED


def _require_use(idle: bool, flag: str, reason: str) -> None:
    """Raise OptionError for a flag that would change nothing."""
    if idle:
        message = f"{flag} would do nothing: {reason}"
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint="leave it out"))


def _build_fault(message: str, hint: str | None = None) -> OptionError:
    return OptionError(Diagnostic("error", "option-value", message, hint=hint))
