"""From a parameter table to a picture and its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagram.checks.checker import Problem, check_scene
from sem_toolkit.diagram.checks.crossings import compute_least_crossings
from sem_toolkit.diagram.composition.composing import GoOn, build_scene
from sem_toolkit.diagram.content.canvas import (
    Canvas,
    build_canvas,
    find_covariates,
    list_covariates,
    list_small_loadings,
    note_covariates,
    select_elements,
)
from sem_toolkit.diagram.content.graph import build_path_graph
from sem_toolkit.diagram.content.hints import DiagramHints, check_hints
from sem_toolkit.diagram.content.misfit import add_modifications, add_residuals
from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.figures.recognition import recognise_figure
from sem_toolkit.diagram.places.bands import are_below_each_other
from sem_toolkit.diagram.places.constants import name_constant
from sem_toolkit.diagram.places.pins import Layout
from sem_toolkit.diagram.rendering import Renderer
from sem_toolkit.diagram.scene.elements import Scene
from sem_toolkit.diagram.writers.dot import format_dot
from sem_toolkit.diagram.writers.formats import WRITERS
from sem_toolkit.files import write_bytes
from sem_toolkit.libraries import nx
from sem_toolkit.presented import Tabled
from sem_toolkit.spec.table import ParameterTable

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = tuple(WRITERS)

MANY_EFFECTS = 10
"""So many paths of covariates that do not fit a picture are for a table."""

MOST_CROWDED = 6
"""How many pictures are tried with them."""


@dataclass(frozen=True, repr=False)
class Diagram(Tabled):
    """A finished picture; `write` makes files of it, `problems` says what is wrong with it.

    Its tables, such as `to_frame("paths")`, hold what is drawn, and where.

    messages  what was asked for and is not in it, such as places of variables that the model has no longer
    """

    scene: Scene
    graph: "nx.MultiDiGraph[str]"
    messages: tuple[Diagnostic, ...] = ()

    def problems(self) -> tuple[Problem, ...]:
        """Texts and paths that cover something, crossings, and sizes that do not fit; hits first."""
        return check_scene(self.scene)

    def hits(self) -> tuple[Problem, ...]:
        """The problems in which something covers something."""
        return tuple(problem for problem in self.problems() if problem.is_hit)

    def least_crossings(self) -> int:
        """How many of its crossings no layout could avoid, at least (Euler's bound on the paths that are drawn)."""
        return compute_least_crossings((edge.source, edge.target) for edge in self.scene.edges)

    @property
    def caption(self) -> str:
        """The text below the picture, for those who set it themselves."""
        return self.scene.caption

    def layout(self) -> Layout:
        """The places of all variables, for another picture in which they shall stand the same."""
        constants = {name_constant(name) for name in self.graph}
        nodes = [node for node in self.scene.nodes if node.name not in constants]
        return Layout({node.name: (node.box.x, node.box.y) for node in nodes})

    def to_dot(self) -> str:
        """DOT text with every position fixed; draw it with `dot -Knop2`."""
        return format_dot(self.scene)

    def to_svg(self) -> str:
        """SVG text, for a page that holds it."""
        return WRITERS[".svg"](self.scene, "auto").decode()

    def _repr_svg_(self) -> str:
        """The picture in a notebook."""
        return self.to_svg()

    def to_tikz(self) -> str:
        """A LaTeX document (class standalone) that draws the picture."""
        return WRITERS[".tex"](self.scene, "auto").decode()

    def to_bytes(self, suffix: str, renderer: Renderer = "auto") -> bytes:
        """The content of a file with this suffix; raises DataError for a suffix that is not one of SUFFIXES."""
        return WRITERS[require_diagram_format(suffix)](self.scene, renderer)

    def write(self, path: str | Path, renderer: Renderer = "auto") -> Path:
        """Write the picture in the format of the path's suffix, whole or not at all; returns the path."""
        path = Path(path)
        write_bytes(path, self.to_bytes(path.suffix.lower(), renderer))
        return path


def require_diagram_format(suffix: str) -> str:
    """The suffix itself. Raises DataError where no diagram can be written like that."""
    if suffix in WRITERS:
        return suffix
    hint = f"use one of {', '.join(SUFFIXES)}"
    raise DataError(Diagnostic("error", "unknown-format", f'"{suffix}" is no format for a diagram', hint=hint))


def draw_diagram(
    table: ParameterTable,
    estimates: "pd.DataFrame | None" = None,
    style: DiagramStyle | None = None,
    hints: DiagramHints | None = None,
    r2: Mapping[str, float] | None = None,
    group: int = 1,
    layout: Layout | None = None,
    modification_indices: "pd.DataFrame | None" = None,
    residuals: "pd.DataFrame | None" = None,
    earlier: Layout | None = None,
    go_on: GoOn | None = None,
) -> Diagram:
    """Draw a model, with estimates where they are given.

    estimates  one row a parameter with the columns lhs op rhs group est se pvalue std.all (lavaan's names)
    r2         variable → R²
    group      which group of the table and of the estimates, from 1
    layout     places that variables keep, of `read_layout` or of another diagram's `layout()`
    earlier    places of another picture, such as one with a path less: kept as long as nothing is hit for it
    modification_indices, residuals  misfit to be painted on: columns lhs op rhs mi, and residual correlations as a
               square frame; the largest become dotted candidates
    go_on      asked after every picture, with the number of hits in the best one so far, whether another is tried; None
               tries all that may be better. What it raises passes through.
    Where the many paths of covariates leave no picture that fits its column without hits, they are left out, which the
    legend and a warning say.
    What a layout says about variables or paths that the model does not have is passed over with a warning among the
    `messages` of the diagram.
    Raises ModelError when there is nothing to draw, or too much; DataError for stages of unknown variables.
    """
    style, hints = style or DiagramStyle(), hints or DiagramHints()
    whole = build_path_graph(table, estimates, group)
    if faults := check_hints(hints, whole):
        raise DataError(faults)
    layout, messages = forget_gone(layout, whole)
    covariates = list_covariates(whole, style, hints)
    hints = note_covariates(covariates, style, hints)
    graph = select_elements(whole, style, covariates)
    small = list_small_loadings(whole, style.least_loading)
    if small and style.only != "structural":
        note = f"{len(small)} rotated loadings below {style.least_loading:g} are not drawn".replace("0.", ".")
        hints = replace(hints, legend=(*hints.legend, note))
    drawn = graph
    if modification_indices is not None:
        graph = add_modifications(graph, modification_indices)
    if residuals is not None:
        graph = add_residuals(graph, residuals)
    asked = modification_indices is not None or residuals is not None
    if asked and graph.number_of_edges() == drawn.number_of_edges():
        message = "misfit suggests no path that could be drawn: none would improve the fit beyond chance"
        messages = (*messages, Diagnostic("note", "nothing-suggested", message))
    if style.intercepts and not any(role == "intercept" for *_, role in whole.edges(data="role")):
        message = "no means or intercepts are drawn: the model has none"
        messages = (*messages, Diagnostic("note", "no-means", message, hint="estimate them with meanstructure"))
    canvas = build_canvas(graph, style, hints, r2)
    crowd = () if layout is not None or covariates else list_crowd(canvas)
    scene = build_scene(canvas, layout, earlier, _stop_after(MOST_CROWDED, go_on) if crowd else go_on)
    if crowd and not _is_fit(scene):
        noted = note_covariates(crowd, style, hints)
        rest = select_elements(graph, style, crowd)
        clear = build_scene(build_canvas(rest, style, noted, r2), None, earlier, go_on)
        if _is_fit(clear):
            return Diagram(clear, rest, (*messages, warn_of_crowd(crowd), *list_ignored(style, noted, clear)))
    return Diagram(scene, graph, (*messages, *list_ignored(style, hints, scene)))


def _is_fit(scene: Scene) -> bool:
    """Whether a picture fits its column, and nothing in it is hit."""
    return not any(problem.is_hit or problem.kind == "too-wide" for problem in check_scene(scene))


def list_crowd(canvas: Canvas) -> tuple[str, ...]:
    """The covariates of a figure of the field where many paths lead from them; otherwise ()."""
    found = find_covariates(canvas.graph, canvas.hints)
    effects = sum(data["role"] == "regression" for _, _, data in canvas.graph.out_edges(found, data=True))
    own = canvas.style.layout == "own" and not canvas.hints.stages
    return found if effects >= MANY_EFFECTS and own and recognise_figure(canvas.structure) is not None else ()


def _stop_after(most: int, go_on: GoOn | None) -> GoOn:
    """The same question, which is answered with no after so many pictures with hits."""
    left = most

    def ask(hits: int) -> bool:
        nonlocal left
        left -= 1
        return left > 0 and (go_on is None or go_on(hits))

    return ask


def warn_of_crowd(names: Sequence[str]) -> Diagnostic:
    message = f"the paths of {', '.join(names)} have no room in the column and are not drawn"
    return Diagnostic("warning", "covariates-not-drawn", message, hint="give them in a table, or take a wider column")


def forget_gone(layout: Layout | None, graph: "nx.MultiDiGraph[str]") -> tuple[Layout | None, tuple[Diagnostic, ...]]:
    """The layout without what is about variables and paths that the model has no longer, and warnings that name it."""
    if layout is None:
        return None, ()
    keys = [key for *_, key in graph.edges(keys=True)]
    warnings = tuple(replace(fault, severity="warning") for fault in layout.check(graph, keys))
    return layout.keep(graph, keys), warnings


def list_ignored(style: DiagramStyle, hints: DiagramHints, scene: Scene) -> tuple[Diagnostic, ...]:
    """Warnings about what was asked for and could not be: stages, and a direction that stages or graphviz fix."""
    found = []
    if hints.stages and not scene.bands:
        message, hint = (
            "the stages of the header are not drawn: with them nothing fits the column",
            "a wider column, or a free one",
        )
        if style.layout == "dot":
            message, hint = "the stages of the header are not drawn: graphviz's layout knows none", "use the own layout"
        found.append(Diagnostic("warning", "stages-not-drawn", message, hint=hint))
    staged = bool(scene.bands) and not are_below_each_other(band.box for band in scene.bands)
    if style.direction == "down" and (staged or style.layout == "dot"):
        why = "stages that paths lead past stand side by side" if staged else "graphviz's ranks do so here"
        message = f"the picture does not run downwards: {why}"
        found.append(Diagnostic("warning", "direction-ignored", message))
    return tuple(found)
