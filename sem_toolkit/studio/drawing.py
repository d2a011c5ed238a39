"""The picture of a text as it is typed: the first one without faults, variables where they were put."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic, SemError
from sem_toolkit.diagram import (
    Diagram,
    DiagramHints,
    DiagramStyle,
    Layout,
    build_path_graph,
    draw_diagram,
    find_layout_path,
)
from sem_toolkit.diagram.composition.composing import GoOn
from sem_toolkit.fit import Fit
from sem_toolkit.inference.frames import separate_groups
from sem_toolkit.lsp.document import Document
from sem_toolkit.report.figures import build_spec_hints
from sem_toolkit.rotation.blocks import free_rotated_rows
from sem_toolkit.spec import ParameterTable
from sem_toolkit.spec.levels import separate_levels
from sem_toolkit.spec.tree import BlockHeader
from sem_toolkit.studio.folder import Folder
from sem_toolkit.studio.pins import read_pins

STYLE = DiagramStyle(title=False, caption=False)
"""Title and fit stand elsewhere on the page."""
MOST_TRIED = 4
"""Pictures that are tried: those after them leave stages and columns behind, which is no progress for who looks on."""
Found = tuple[Diagram, tuple[Diagnostic, ...]]


def draw_text(
    document: Document,
    fit: Fit | None,
    folder: Folder,
    style: DiagramStyle,
    group: int = 1,
    *,
    misfit: bool = False,
    go_on: GoOn | None = None,
) -> Found:
    """The picture of a text, with its estimates where there is a certified optimum, and what its hints lack.

    Hints that cannot be followed, a layout or a codebook that cannot be read, are left out and told. Raises SemError
    where there is nothing to draw.

    go_on  whether another picture is tried after one in which so many things are hit; None is `be_patient()`
    """
    go_on = go_on or be_patient()
    table = find_table(document, fit)
    hints, faults = _find_hints(document, table, folder)
    layout, others = find_pins(document.path, table, folder, group)
    faults += others
    try:
        return _draw(table, fit, style, hints, layout, group, misfit, go_on), faults
    except DataError as fault:
        return _draw(table, fit, style, DiagramHints(), layout, group, misfit, go_on), (*faults, *fault.diagnostics)


def find_table(document: Document, fit: Fit | None) -> ParameterTable:
    """The table that is drawn: each level of rows in clusters is a group of its own in it."""
    table = document.table if fit is None else fit.table
    assert table is not None  # noqa: S101 - a text that has one is asked about
    return separate_levels(table)


def number_blocks(document: Document, table: ParameterTable) -> dict[int, int]:
    """Group of a table that is drawn → number of the block of the text that it is of; none without such headers."""
    if not any(isinstance(statement, BlockHeader) for statement in document.spec.statements):
        return {}
    return {row.group: row.block for row in table.parameters}


def be_patient(most: int = MOST_TRIED, check: Callable[[], object] = lambda: None) -> GoOn:
    """Take the first picture in which nothing is hit, whatever its size and its crossings, as a screen is no page.

    most   pictures that are tried; the best of them is taken then
    check  is called after each; what it raises ends the search
    """
    tried = count(1)

    def go_on(hits: int) -> bool:
        check()
        return next(tried) < most and hits > 0

    return go_on


def find_pins(
    path: Path | None, table: ParameterTable, folder: Folder, group: int = 1
) -> tuple[Layout | None, tuple[Diagnostic, ...]]:
    """What is kept beside a spec, of the variables and paths that it has by now; what else is pinned is told."""
    if path is None or not find_layout_path(path).is_file():
        return None, ()
    try:
        kept = read_pins(path, folder)
        # Positions come with every move: those of variables that are gone are nobody's slip.
        everywhere = replace(kept, positions={}).check(*_list_names(table))
        shown = kept.keep(*_list_names(table, group))
    except SemError as fault:
        return None, fault.diagnostics
    told = tuple(replace(entry, severity="warning") for entry in everywhere)
    return (shown if shown != Layout() else None), told


def _list_names(table: ParameterTable, group: int | None = None) -> tuple[set[str], set[str]]:
    """Variables and paths that are drawn of a group, or of any."""
    groups = sorted({row.group for row in table.parameters}) if group is None else [group]
    graphs = [build_path_graph(table, group=number) for number in groups]
    names = {name for graph in graphs for name in graph}
    return names, {key for graph in graphs for *_, key in graph.edges(keys=True)}


def _find_hints(
    document: Document, table: ParameterTable, folder: Folder
) -> tuple[DiagramHints, tuple[Diagnostic, ...]]:
    codebook = document.spec.header.diagram.get("codebook")
    try:
        if codebook is not None:
            folder.require_readable((document.path or Path()).parent / str(codebook))
        return build_spec_hints(document.spec, table), ()
    except SemError as fault:
        return DiagramHints(), fault.diagnostics


def _draw(
    table: ParameterTable,
    fit: Fit | None,
    style: DiagramStyle,
    hints: DiagramHints,
    layout: Layout | None,
    group: int,
    misfit: bool,
    go_on: GoOn,
) -> Diagram:
    if fit is None or not fit.converged:
        shown = free_rotated_rows(table) if fit is None else table
        return draw_diagram(shown, style=style, hints=hints, group=group, layout=layout, go_on=go_on)
    r2 = fit.r2.get(fit.sample.groups[group - 1].label)
    candidates = separate_groups(fit.modification_indices) if misfit else None
    estimates = separate_groups(fit.parameters)
    return draw_diagram(table, estimates, style, hints, r2, group, layout, candidates, go_on=go_on)


def build_style(settings: Mapping[str, object]) -> DiagramStyle:
    """The style of a call. Raises DataError for settings that there are not."""
    return STYLE.with_settings(settings)
