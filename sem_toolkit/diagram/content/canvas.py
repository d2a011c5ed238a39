"""What is drawn and how, in one hand: the path graph with all that every stage of the drawing asks about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagram.content.figure import Side
from sem_toolkit.diagram.content.hints import DiagramHints
from sem_toolkit.diagram.content.structure import (
    DIRECTED,
    Structure,
    build_structure,
    order_by_direct_effects,
    order_by_shared,
)
from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.content.words import STARS, format_edge_text, format_name, is_significant
from sem_toolkit.libraries import nx

MATRIX_FROM = 16
"""From this many covariances of cores on they become a matrix beside the picture."""

LEAST_IN_MATRIX = 6
"""A picture that fits no page with its arcs may have a matrix of no fewer covariances than this."""

MATRIX_FROM_WITH_PATHS = 10
"""The same where structural paths leave the cores on one side and indicators take the other."""

MATRIX_FROM_OF_CAUSES = 6
"""The same where all of them are between factors of the first rank, so that arcs cross the paths that leave them."""

MATRIX_FROM_WITH_STAGES = 7
"""The same where stages fix the places of the cores, so that arcs have long ways to go."""

MATRIX_FROM_OF_MEDIATORS = 6
"""The same where all of them are between mediators, whose paths take both sides."""

DENSE, MOST_SPARSE_ARCS = 0.4, 20
"""Covariances of fewer than this share of all pairs stay arcs up to a larger number: they are short where they stand,
such as those within the waves of a panel.
"""

MOST_EXOGENOUS_ARCS = 6
"""Covariances that are taken from the data (fixed.x) are arcs only when they are no more than this."""


@dataclass(frozen=True)
class Canvas:
    """The content of a picture before anything has a place.

    structure  what the variables are to each other
    r2         variable → R²
    marks      path → "added", "dropped", "changed" or "faint", for comparisons
    numbers    path → where its number must stand, as a share of its way
    arcs       covariance → the side on which its arc must run
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
    matrix = _choose_matrix(graph, structure, style, bool(hints.stages))
    # Without the paths that explain a variable it is not said how much of it they do.
    explained = {} if r2 is None or style.only == "measurement" else r2
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


def _choose_matrix(
    graph: "nx.MultiDiGraph[str]", structure: Structure, style: DiagramStyle, staged: bool
) -> tuple[str, ...]:
    """Keys of the covariances that become a matrix instead of arcs: between cores, and those of the data if many."""
    between = _collect_between_cores(graph, structure)
    if style.covariances == "matrix":
        return between
    if style.covariances != "auto":
        return ()
    enough = MATRIX_FROM_WITH_STAGES if staged else MATRIX_FROM_WITH_PATHS if structure.links else MATRIX_FROM
    if _are_between(graph, between, structure):
        enough = min(enough, MATRIX_FROM_OF_MEDIATORS)
    if _are_of_causes(graph, between, structure):
        enough = min(enough, MATRIX_FROM_OF_CAUSES)
    dense = compute_density([(a, b) for a, b, key in graph.edges(keys=True) if key in set(between)]) >= DENSE
    chosen = set(between) if len(between) >= (enough if dense else MOST_SPARSE_ARCS) else set()
    covariances = [(key, data) for _, _, key, data in graph.edges(keys=True, data=True) if data["role"] == "covariance"]
    if _count_exogenous(graph) > MOST_EXOGENOUS_ARCS:
        chosen |= {key for key, data in covariances if data["exogenous"]}
    return tuple(key for key, _ in covariances if key in chosen)


def _are_between(graph: "nx.MultiDiGraph[str]", keys: tuple[str, ...], structure: Structure) -> bool:
    """Whether these covariances are all between cores of one rank that are neither first nor last."""
    ends = {name for a, b, key in graph.edges(keys=True) if key in set(keys) for name in (a, b)}
    causes, effects = ({link[k] for link in structure.links} for k in (0, 1))
    return bool(ends) and ends <= causes & effects and len({structure.ranks[name] for name in ends}) == 1


def _are_of_causes(graph: "nx.MultiDiGraph[str]", keys: tuple[str, ...], structure: Structure) -> bool:
    """Whether these covariances are all between causes with indicators of their own, in a model with effects."""
    ends = {name for a, b, key in graph.edges(keys=True) if key in set(keys) for name in (a, b)}
    first = all(structure.ranks[name] == 0 and structure.indicators.get(name) for name in ends)
    return bool(ends) and bool(structure.links) and first


def compute_density(pairs: Iterable[tuple[str, str]]) -> float:
    """Which share of all pairs of the names that occur these pairs are; 1 where there are none."""
    found = {frozenset(pair) for pair in pairs}
    count = len({name for pair in found for name in pair})
    return len(found) / (count * (count - 1) / 2) if count > 1 else 1.0


def _collect_between_cores(graph: "nx.MultiDiGraph[str]", structure: Structure) -> tuple[str, ...]:
    return tuple(
        key
        for a, b, key, data in graph.edges(keys=True, data=True)
        if data["role"] == "covariance" and a in structure.ranks and b in structure.ranks and not data.get("candidate")
    )


def set_in_matrix(canvas: Canvas) -> Canvas | None:
    """The canvas with all covariances between cores in a matrix; None where the style or their number forbids it."""
    keys = _collect_between_cores(canvas.graph, canvas.structure)
    if canvas.style.covariances != "auto" or len(keys) < LEAST_IN_MATRIX or set(keys) <= set(canvas.matrix):
        return None
    return replace(canvas, matrix=tuple(dict.fromkeys((*canvas.matrix, *keys))))


def set_across_in_matrix(canvas: Canvas) -> Canvas:
    """The canvas without arcs between factors left and right of one column of indicators, as these would cross it."""
    if canvas.style.covariances != "auto" or canvas.structure.two_sided is None:
        return canvas
    left, right = map(set, canvas.structure.two_sided)
    across = {key for a, b, key in canvas.graph.edges(keys=True) if {a, b} & left and {a, b} & right}
    found = [key for key in _collect_between_cores(canvas.graph, canvas.structure) if key in across]
    return replace(canvas, matrix=tuple(dict.fromkeys((*canvas.matrix, *found))))


def set_in_note(canvas: Canvas) -> Canvas:
    """The canvas with the estimated covariances between indicators in a line of the legend instead of arcs."""
    graph, structure, style = canvas.graph, canvas.structure, canvas.style
    found = [
        (a, b, key, format_edge_text(data, style))
        for a, b, key, data in graph.edges(keys=True, data=True)
        if data["role"] == "covariance" and {a, b} <= set(structure.owner) and not data.get("candidate")
    ]
    if not found or not style.legend or not all(text for *_, text in found):
        return canvas
    chosen = graph.copy()
    chosen.remove_edges_from([entry[:3] for entry in found])
    labels = {name: " ".join(format_name(name, style, canvas.hints.labels).split()) for name in structure.owner}
    # Labels of different stages may be alike.
    names = {name: label if label == name else f"{label} ({name})" for name, label in labels.items()}
    word = "correlation" if style.values in ("standardized", "both") else "covariance"
    notes = tuple(f"Residual {word} of {names[a]} and {names[b]}: {text}" for a, b, _, text in found)
    return replace(canvas, graph=chosen, hints=replace(canvas.hints, legend=(*canvas.hints.legend, *notes)))


def set_stars_in_note(canvas: Canvas) -> Canvas:
    """The canvas with one line of the legend for the stars of all loadings; as it is where not all have the same."""
    graph, style = canvas.graph, canvas.style
    loadings = [edge for edge in graph.edges(keys=True, data=True) if edge[3]["role"] == "loading"]
    tested = [data["pvalue"] for *_, data in loadings if not data["fixed"] and data["pvalue"] is not None]
    level = next((level for level, _ in STARS if all(p < level for p in tested)), None)
    if style.significance != "stars" or not style.legend or not tested or level is None:
        return canvas
    plain = replace(style, significance="none")
    chosen = graph.copy()
    for a, b, key, data in loadings:
        chosen.edges[a, b, key]["text"] = format_edge_text(data, plain)
    note = f"all free loadings p < {level:g}".replace("0.", ".")
    return replace(canvas, graph=chosen, hints=replace(canvas.hints, legend=(*canvas.hints.legend, note)))


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


def _count_exogenous(graph: "nx.MultiDiGraph[str]") -> int:
    return sum(data["role"] == "covariance" and data["exogenous"] for _, _, data in graph.edges(data=True))
