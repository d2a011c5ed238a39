"""What is drawn and how, in one hand: the path graph with all that every stage of the drawing asks about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagram.content.figure import Side
from sem_toolkit.diagram.content.hints import DiagramHints
from sem_toolkit.diagram.content.matrix_choice import choose_matrix
from sem_toolkit.diagram.content.structure import (
    DIRECTED,
    Structure,
    build_structure,
    order_by_direct_effects,
    order_by_shared,
)
from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.content.words import break_edge_text, format_edge_text, format_name, is_significant
from sem_toolkit.libraries import nx

EXPLAINED_BY_DEFINITION = 1 - 1e-6
"""An R² of 1, as of a score that is the sum of the last one and its change, says nothing about the data."""


@dataclass(frozen=True)
class Canvas:
    """The content of a picture before anything has a place.

    structure  what the variables are to each other
    r2         variable → R²
    marks      path → "added", "dropped", "changed" or "faint", for comparisons
    numbers    path → where its number must stand, as a share of its way
    arcs       covariance → the side on which its arc must run
    in_lines   whether what stands on a path is broken into two lines, so that it takes less of the width
    matrix     keys of the covariances that stand in a matrix beside the picture instead of being arcs
    """

    graph: "nx.MultiDiGraph[str]"
    structure: Structure
    style: DiagramStyle
    hints: DiagramHints
    r2: Mapping[str, float] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    matrix: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    arcs: Mapping[str, Side] = field(default_factory=dict)
    in_lines: bool = False

    def format_number(self, edge: Mapping[str, Any]) -> str:
        """What stands on a path, its lines as they are drawn."""
        text = format_edge_text(edge, self.style)
        return break_edge_text(text) if self.in_lines and "text" not in edge else text


def build_canvas(
    graph: "nx.MultiDiGraph[str]",
    style: DiagramStyle,
    hints: DiagramHints,
    r2: Mapping[str, float] | None = None,
    marks: Mapping[str, str] | None = None,
) -> Canvas:
    """The canvas of the elements that are to be drawn (of `select_elements`)."""
    plain = _drop_candidates(graph)
    first = build_structure(plain)
    order = hints.order or order_by_shared(first) or order_by_direct_effects(plain, first)
    graph = _order_variables(graph, order)
    structure = replace(build_structure(_drop_candidates(graph)), order=order)
    matrix = choose_matrix(graph, structure, style, bool(hints.stages))
    # Without the paths that explain a variable it is not said how much of it they do.
    known = {} if r2 is None or style.only == "measurement" else r2
    explained = {name: value for name, value in known.items() if value < EXPLAINED_BY_DEFINITION}
    return Canvas(graph, structure, style, hints, explained, marks or {}, matrix)


def _order_variables(graph: "nx.MultiDiGraph[str]", order: Sequence[str]) -> "nx.MultiDiGraph[str]":
    """The graph with some variables in an order, at the places that they have among the others."""
    wanted = [name for name in order if name in graph]
    if not wanted:
        return graph
    following = iter(wanted)
    names = [next(following) if name in wanted else name for name in graph]
    ordered: nx.MultiDiGraph[str] = nx.MultiDiGraph(**graph.graph)
    ordered.add_nodes_from((name, graph.nodes[name]) for name in names)
    ordered.add_edges_from(graph.edges(keys=True, data=True))
    return ordered


def list_covariates(graph: "nx.MultiDiGraph[str]", style: DiagramStyle, hints: DiagramHints) -> tuple[str, ...]:
    """What the style leaves out as covariates: those that the header names, or the observed causes of factors.

    Raises DataError where there are none, as in a path model without factors: there it takes names.
    """
    if not style.hide_covariates:
        return ()
    found = find_covariates(graph, hints)
    if not found:
        hint = "name them in the header of the spec: diagram: {covariates: age, sex}"
        raise DataError(Diagnostic("error", "no-covariates", "there are no covariates to hide", hint=hint))
    return found


def find_covariates(graph: "nx.MultiDiGraph[str]", hints: DiagramHints) -> tuple[str, ...]:
    """The covariates that the header names, or the observed causes in a model with factors."""
    latent = any(kind == "latent" for _, kind in graph.nodes(data="kind"))
    return hints.covariates or tuple(
        name
        for name, kind in graph.nodes(data="kind")
        if latent
        and kind == "observed"
        and not any(data["role"] in DIRECTED for _, _, data in graph.in_edges(name, data=True))
        and any(data["role"] == "regression" for _, _, data in graph.out_edges(name, data=True))
    )


def note_covariates(names: Sequence[str], style: DiagramStyle, hints: DiagramHints) -> DiagramHints:
    """Hints whose legend names the covariates that are not drawn."""
    if not names:
        return hints
    words = ", ".join(" ".join(format_name(name, style, hints.labels).split()) for name in names)
    return replace(hints, legend=(*hints.legend, f"covariates, not drawn: {words}"), order=_without(hints.order, names))


def _without(names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in others)


def _drop_candidates(graph: "nx.MultiDiGraph[str]") -> "nx.MultiDiGraph[str]":
    """The graph without the candidates that misfit suggests: they have no say in the layout."""
    plain = graph.copy()
    candidates = [(a, b, key) for a, b, key, data in graph.edges(keys=True, data=True) if data.get("candidate")]
    plain.remove_edges_from(candidates)
    return plain


def select_elements(
    graph: "nx.MultiDiGraph[str]", style: DiagramStyle, covariates: Sequence[str] = ()
) -> "nx.MultiDiGraph[str]":
    """The graph without what the style leaves out, and without the covariates of `list_covariates`."""
    chosen = graph.copy()
    chosen.remove_nodes_from(covariates)
    chosen.remove_edges_from(list_small_loadings(graph, style.least_loading))
    structure = build_structure(chosen)
    if style.only == "structural":
        chosen.remove_nodes_from([name for name in structure.owner if name in chosen])
    dropped = [
        (source, target, key)
        for source, target, key, data in chosen.edges(keys=True, data=True)
        if (data["role"] == "variance" and (style.variances == "clean" or data["exogenous"]))
        or (data["role"] == "intercept" and not style.intercepts)
        or (data["role"] == "regression" and style.only == "measurement")
        or _is_given(chosen, source, target, data)
        or (data["role"] == "covariance" and style.covariances == "hide")
        or (style.hide_nonsignificant and _is_negligible(data, style))
    ]
    chosen.remove_edges_from(dropped)
    return chosen


def list_small_loadings(graph: "nx.MultiDiGraph[str]", least: float) -> list[tuple[str, str, str]]:
    """Edges of rotated loadings below `least` in size, without the largest of each item; none without estimates."""
    sizes = {
        (source, target, key): abs(data["std"])
        for source, target, key, data in graph.edges(keys=True, data=True)
        if data.get("exploratory") and data["std"] is not None
    }
    largest: dict[str, float] = {}
    for (_, target, _), size in sizes.items():
        largest[target] = max(size, largest.get(target, 0.0))
    return [edge for edge, size in sizes.items() if size < min(least, largest[edge[1]])]


def _is_negligible(data: Mapping[str, Any], style: DiagramStyle) -> bool:
    free = data["role"] in ("regression", "covariance") and not data["fixed"]
    return free and not is_significant(data, style.alpha)


def _is_given(graph: "nx.MultiDiGraph[str]", source: str, target: str, data: Mapping[str, object]) -> bool:
    """Whether a moment of parts of composites is only taken over from the data."""
    if data["role"] not in ("covariance", "variance") or not data["fixed"]:
        return False
    return all(
        any(edge["role"] == "weight" for _, _, edge in graph.out_edges(name, data=True)) for name in (source, target)
    )
