"""From a parameter table to a picture and its files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagram.blocks import Measures, Spacing, measure_graph
from sem_toolkit.diagram.checker import Problem, check_scene
from sem_toolkit.diagram.dot_text import format_dot
from sem_toolkit.diagram.graph import build_path_graph
from sem_toolkit.diagram.hints import DiagramHints
from sem_toolkit.diagram.painting import Sketch, paint_scene, place_band_titles
from sem_toolkit.diagram.placement import Placement, find_extent, place_variables
from sem_toolkit.diagram.rendering import Renderer, render_dot
from sem_toolkit.diagram.routing import Router
from sem_toolkit.diagram.scene import Scene
from sem_toolkit.diagram.structure import Structure, build_structure
from sem_toolkit.diagram.style import POINTS_PER_MILLIMETRE, SMALLEST_FONT, DiagramStyle
from sem_toolkit.diagram.svg import finish_svg
from sem_toolkit.files import write_bytes
from sem_toolkit.spec.table import ParameterTable

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".svg", ".pdf", ".png", ".dot", ".tex")
TALLEST = 235 * POINTS_PER_MILLIMETRE
"""Height of a page of print in points."""

MATRIX_FROM = 16
"""From this many covariances of cores on they become a matrix beside the picture."""


@dataclass(frozen=True)
class Diagram:
    """A finished picture; `write` makes files of it, `problems` says what is wrong with it."""

    scene: Scene
    graph: "nx.MultiDiGraph[str]"

    def problems(self) -> tuple[Problem, ...]:
        """Texts and paths that cover something, crossings, and sizes that do not fit; hits first."""
        return check_scene(self.scene)

    def hits(self) -> tuple[Problem, ...]:
        """The problems in which something covers something."""
        return tuple(problem for problem in self.problems() if problem.is_hit)

    def to_dot(self) -> str:
        """DOT text with every position fixed; draw it with `dot -Knop2`."""
        return format_dot(self.scene)

    def to_svg(self, renderer: Renderer = "auto") -> str:
        """SVG text, for a page that holds it."""
        return finish_svg(render_dot(self.to_dot(), "svg", renderer), self.scene).decode()

    def to_tikz(self) -> str:
        """A LaTeX document (class standalone) that draws the picture."""
        from sem_toolkit.diagram.tikz import format_tikz

        return format_tikz(self.scene)

    def to_bytes(self, suffix: str, renderer: Renderer = "auto") -> bytes:
        """The content of a file with this suffix; raises DataError for a suffix that is not one of SUFFIXES."""
        if suffix == ".dot":
            return self.to_dot().encode()
        if suffix == ".tex":
            return self.to_tikz().encode()
        if suffix == ".svg":
            return self.to_svg(renderer).encode()
        if suffix == ".pdf":
            return render_dot(self.to_dot(), "pdf", renderer)
        if suffix == ".png":
            return render_dot(self.to_dot(), "png", renderer)
        hint = f"use one of {', '.join(SUFFIXES)}"
        raise DataError(Diagnostic("error", "unknown-format", f'"{suffix}" is no format for a diagram', hint=hint))

    def write(self, path: str | Path, renderer: Renderer = "auto") -> Path:
        """Write the picture in the format of the path's suffix, whole or not at all; returns the path."""
        path = Path(path)
        write_bytes(path, self.to_bytes(path.suffix.lower(), renderer))
        return path


def draw_diagram(
    table: ParameterTable,
    estimates: "pd.DataFrame | None" = None,
    style: DiagramStyle | None = None,
    hints: DiagramHints | None = None,
    r2: Mapping[str, float] | None = None,
    group: int = 1,
) -> Diagram:
    """Draw a model, with estimates where they are given.

    estimates  one row a parameter with the columns lhs op rhs group est se pvalue std.all (lavaan's names)
    r2         variable → R²
    group      which group of the table and of the estimates, from 1
    Raises ModelError when there is nothing to draw, or too much; DataError for hints about unknown variables.
    """
    style, hints, r2 = style or DiagramStyle(), hints or DiagramHints(), r2 or {}
    graph = select_elements(build_path_graph(table, estimates, group), style)
    return Diagram(build_scene(graph, style, hints, r2), graph)


def select_elements(graph: "nx.MultiDiGraph[str]", style: DiagramStyle) -> "nx.MultiDiGraph[str]":
    """The graph without what the style leaves out."""
    structure = build_structure(graph)
    chosen = graph.copy()
    if style.only == "structural":
        chosen.remove_nodes_from([name for name in structure.owner if name in chosen])
    dropped = [
        (source, target, key)
        for source, target, key, data in chosen.edges(keys=True, data=True)
        if (data["role"] == "variance" and style.variances == "clean")
        or (data["role"] == "intercept" and not style.intercepts)
        or (data["role"] == "regression" and style.only == "measurement")
        or (data["role"] == "covariance" and style.covariances == "hide")
    ]
    chosen.remove_edges_from(dropped)
    return chosen


def build_scene(
    graph: "nx.MultiDiGraph[str]", style: DiagramStyle, hints: DiagramHints, r2: Mapping[str, float]
) -> Scene:
    """Lay out, route and label; with more room each time as long as something is hit."""
    structure = build_structure(graph)
    matrix = _choose_matrix(graph, structure, style)
    best: tuple[tuple[float, float, float], Scene] | None = None
    for density in DENSITIES:
        sized = replace(style, font_size=max(SMALLEST_FONT, style.font_size - density.smaller_font))
        width = style.column_width
        for factor in (1.0, 1.0, 1.0, 1.15, 1.35, 1.6, 2.0):
            spacing = density.spacing.grow(factor)
            measures = measure_graph(graph, structure, sized, hints, spacing, r2)
            placement = place_variables(
                structure, measures, spacing, width, bool(matrix), hints.stages, sized.font_size * 1.2
            )
            if best is not None and _is_too_large(placement, sized):
                break
            scene = _build_scene(graph, structure, sized, hints, r2, measures, placement, matrix)
            hits, excess = sum(problem.is_hit for problem in check_scene(scene)), _compute_excess(scene)
            score = (float(hits > 0) + (excess > 0), hits + excess, scene.width * scene.height)
            if best is None or score < best[0]:
                best = score, scene
            if score[0] == 0:
                return scene
            if excess > 0 and factor > 1:
                break
            # Arcs and numbers outside the outermost shapes have taken this much of the width.
            width = width and width - max(0.0, scene.width - (style.column_width or 0.0) + 0.5)
    assert best is not None  # noqa: S101 - the loops ran
    return best[1]


def _is_too_large(placement: Placement, style: DiagramStyle) -> bool:
    """Whether the shapes alone do not fit the page, whatever is drawn between them."""
    extent = find_extent([*placement.places.values(), *placement.bands.values()])
    return style.column_width is not None and (extent.width > style.column_width or extent.height > TALLEST)


def _compute_excess(scene: Scene) -> float:
    """By how many points a picture is larger than the page it is for."""
    if scene.style.column_width is None:
        return 0.0
    return max(0.0, scene.width - scene.style.column_width - 0.5) + max(0.0, scene.height - TALLEST)


@dataclass(frozen=True)
class Density:
    """How closely a picture is set: closer where it would be wider than its column."""

    smaller_font: float
    spacing: Spacing


DENSITIES = (
    Density(0.0, Spacing()),
    Density(0.5, Spacing(rank=46, fan=42, core_wrap=64, item_wrap=64)),
    Density(1.0, Spacing(rank=40, fan=40, item=5, block=13, core_wrap=50, item_wrap=46)),
    Density(2.0, Spacing(rank=32, fan=36, item=4, block=11, core_wrap=42, item_wrap=38, padding=0.5)),
)


def _choose_matrix(graph: "nx.MultiDiGraph[str]", structure: Structure, style: DiagramStyle) -> tuple[str, ...]:
    """Keys of the covariances between cores that become a matrix instead of arcs."""
    keys = tuple(
        key
        for a, b, key, data in graph.edges(keys=True, data=True)
        if data["role"] == "covariance" and a in structure.ranks and b in structure.ranks
    )
    if style.covariances == "matrix" or (style.covariances == "auto" and len(keys) >= MATRIX_FROM):
        return keys
    return ()


def _build_scene(
    graph: "nx.MultiDiGraph[str]",
    structure: Structure,
    style: DiagramStyle,
    hints: DiagramHints,
    r2: Mapping[str, float],
    measures: Measures,
    placement: Placement,
    matrix: tuple[str, ...],
) -> Scene:
    titles = list(place_band_titles(placement, style).values())
    routes = Router(graph, structure, placement, style, frozenset(matrix), titles).route_all()
    return paint_scene(Sketch(graph, structure, placement, measures, routes, style, hints, r2, matrix))


def with_style(diagram: Diagram, style: DiagramStyle) -> Diagram:
    """The same geometry in another style of colours."""
    return replace(diagram, scene=replace(diagram.scene, style=style))
