"""Path graph → scene: choose what is shown, lay out, route and label, with more room until nothing is hit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import networkx as nx

from sem_toolkit.diagram.bands import build_grounds, find_stages, ranks_from_stages
from sem_toolkit.diagram.blocks import Measures, Spacing, measure_graph
from sem_toolkit.diagram.checker import check_scene
from sem_toolkit.diagram.constants import place_constants
from sem_toolkit.diagram.content import format_edge_text
from sem_toolkit.diagram.dot_layout import place_by_dot
from sem_toolkit.diagram.hints import DiagramHints
from sem_toolkit.diagram.metrics import TextSize, measure_lines
from sem_toolkit.diagram.painting import Sketch, find_covered, paint_scene, place_band_titles, place_texts
from sem_toolkit.diagram.pins import Layout, apply_layout
from sem_toolkit.diagram.placement import Placement, find_extent, place_variables
from sem_toolkit.diagram.routing import Router
from sem_toolkit.diagram.scene import Scene
from sem_toolkit.diagram.structure import DIRECTED, Structure, build_structure, stack_related
from sem_toolkit.diagram.style import POINTS_PER_MILLIMETRE, SMALLEST_FONT, DiagramStyle

TALLEST = 235 * POINTS_PER_MILLIMETRE
"""Height of a page of print in points."""

MATRIX_FROM = 16
"""From this many covariances of cores on they become a matrix beside the picture."""

MATRIX_FROM_WITH_STAGES = 7
"""The same where stages fix the places of the cores, so that arcs have long ways to go."""

MOST_EXOGENOUS_ARCS = 6
"""Covariances that are taken from the data (fixed.x) are drawn only when they are no more than this."""


Found: TypeAlias = tuple[tuple[float, ...], Scene]
"""A picture with its score; the smaller, the better."""


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
REPAIRS = 3
"""How often paths that run under numbers are led around them before everything gets more room."""

GROWTH = (1.0, 1.0, 1.0, 1.2, 1.45, 1.8, 2.3, 3.0)
"""Factors of the spacing in the order tried; the first three leave time to find the width that arcs take."""


def select_elements(graph: "nx.MultiDiGraph[str]", style: DiagramStyle) -> "nx.MultiDiGraph[str]":
    """The graph without what the style leaves out."""
    structure = build_structure(graph)
    chosen = graph.copy()
    if style.only == "structural":
        chosen.remove_nodes_from([name for name in structure.owner if name in chosen])
    crowded = style.covariances == "auto" and _count_exogenous(graph) > MOST_EXOGENOUS_ARCS
    dropped = [
        (source, target, key)
        for source, target, key, data in chosen.edges(keys=True, data=True)
        if (data["role"] == "variance" and (style.variances == "clean" or data["exogenous"]))
        or (data["role"] == "intercept" and not style.intercepts)
        or (data["role"] == "regression" and style.only == "measurement")
        or _is_given(chosen, source, target, data)
        or (data["role"] == "covariance" and (style.covariances == "hide" or (crowded and data["exogenous"])))
    ]
    chosen.remove_edges_from(dropped)
    return chosen


def _is_given(graph: "nx.MultiDiGraph[str]", source: str, target: str, data: Mapping[str, object]) -> bool:
    """Whether a moment of parts of composites is only taken over from the data."""
    if data["role"] not in ("covariance", "variance") or not data["fixed"]:
        return False
    return all(
        any(edge["role"] == "weight" for _, _, edge in graph.out_edges(name, data=True)) for name in (source, target)
    )


def _count_exogenous(graph: "nx.MultiDiGraph[str]") -> int:
    return sum(data["role"] == "covariance" and data["exogenous"] for _, _, data in graph.edges(data=True))


@dataclass(frozen=True)
class Draft:
    """What a picture is made from, before it has places."""

    graph: "nx.MultiDiGraph[str]"
    structure: Structure
    style: DiagramStyle
    hints: DiagramHints
    r2: Mapping[str, float]
    matrix: tuple[str, ...]
    layout: Layout | None = None
    marks: Mapping[str, str] = field(default_factory=dict)
    in_rows: bool = False

    def measure(self, spacing: Spacing) -> Measures:
        return measure_graph(self.graph, self.structure, self.style, self.hints, spacing, self.r2)

    def place(self, measures: Measures, spacing: Spacing, width: float | None) -> Placement:
        title_height = self.style.font_size * 1.2
        tiled = bool(self.matrix)
        if self.style.layout == "dot":
            edges = [(a, b) for a, b, data in self.graph.edges(data=True) if data["role"] in DIRECTED]
            placed = place_by_dot(edges, self.structure, measures, spacing)
        else:
            placed = place_variables(
                self.structure, measures, spacing, width, tiled, self.hints.stages, title_height, self.in_rows
            )
        if self.layout is not None:
            placed = apply_layout(placed, self.structure, self.layout)
            bands = find_stages(self.structure, self.hints.stages)
            placed = replace(placed, bands=build_grounds(bands, self.structure, placed.places, title_height))
        return place_constants(self.graph, self.structure, placed)

    def paint(self, measures: Measures, placement: Placement) -> Scene:
        titles = list(place_band_titles(placement, self.style).values())
        hidden = frozenset(self.matrix)
        router = Router(
            self.graph,
            self.structure,
            placement,
            self.style,
            hidden,
            titles,
            self._measure_moments(),
            measures.outer,
        )
        routes = router.route_all()
        sketch = Sketch(
            self.graph, self.structure, placement, measures, routes, self.style, self.hints, self.r2, self.matrix
        )
        texts = place_texts(sketch)
        for _ in range(REPAIRS):
            covered = find_covered(sketch, texts)
            if not covered:
                break
            boxes = {key: label.box for key, label in texts[0].items()} | {item.key: item.box for item in texts[1]}
            router.reroute(covered, boxes)
            texts = place_texts(sketch)
        return paint_scene(sketch, texts, self.marks)

    def _measure_moments(self) -> dict[str, TextSize]:
        texts = {
            key: format_edge_text(data, self.style)
            for _, _, key, data in self.graph.edges(keys=True, data=True)
            if data["role"] in ("variance", "covariance")
        }
        size, font = self.style.label_size, self.style.font
        return {key: measure_lines((text,), size, font) for key, text in texts.items() if text}


def build_scene(
    graph: "nx.MultiDiGraph[str]",
    style: DiagramStyle,
    hints: DiagramHints,
    r2: Mapping[str, float],
    layout: Layout | None = None,
    marks: Mapping[str, str] | None = None,
) -> Scene:
    """The best picture of a graph: no hits, within the column's width, not higher than a page, in this order.

    layout  places that variables keep
    marks   path → "added", "dropped", "changed" or "faint", for comparisons
    """
    structure = build_structure(_drop_candidates(graph))
    matrix = _choose_matrix(graph, structure, style, bool(hints.stages))
    draft = Draft(graph, structure, style, hints, r2, matrix, layout, marks or {})
    if layout is not None and set(layout.positions) >= set(graph):
        # Every place is given: there is nothing to search for.
        return _try_density(draft, DENSITIES[0].spacing, None, GROWTH[:1])[1]
    best = _search(draft)
    # Better bands in rows than a picture too wide or with hits, and better none at all.
    others = [replace(draft, hints=replace(hints, stages={}))] if hints.stages else []
    if ranks_from_stages(structure, find_stages(structure, hints.stages)) is not None:
        others.insert(0, replace(draft, in_rows=True))
    for other in others:
        if best[0][0] > 0:
            best = min(best, _search(other), key=lambda found: found[0])
    return best[1]


def _drop_candidates(graph: "nx.MultiDiGraph[str]") -> "nx.MultiDiGraph[str]":
    """The graph without the candidates that misfit suggests: they have no say in the layout."""
    plain = graph.copy()
    candidates = [(a, b, key) for a, b, key, data in graph.edges(keys=True, data=True) if data.get("candidate")]
    plain.remove_edges_from(candidates)
    return plain


def _search(draft: Draft) -> Found:
    """The best picture of a draft over all densities."""
    structure, style = draft.structure, draft.style
    stacked = stack_related(structure)
    best: Found | None = None
    for density in DENSITIES[_find_first_density(draft) :]:
        sized = replace(style, font_size=max(SMALLEST_FONT, style.font_size - density.smaller_font))
        best = _try_density(replace(draft, style=sized), density.spacing, best, GROWTH)
        if stacked is not None and any(best[0][:5]):
            # The other reading of the ranks is worth a full search only where the first one fails.
            growth = GROWTH if best[0][0] else GROWTH[:1]
            best = _try_density(replace(draft, style=sized, structure=stacked), density.spacing, best, growth)
        # Setting it closer helps against too much width or height, not against hits.
        if best[0][1] == 0 and best[0][2] < TALLEST / 10:
            break
    assert best is not None  # noqa: S101 - the loop ran
    return best


def _find_first_density(draft: Draft) -> int:
    """The loosest setting whose shapes alone fit the page; the closest of all where none does."""
    limit = draft.style.column_width
    if limit is None:
        return 0
    for number, density in enumerate(DENSITIES):
        font_size = max(SMALLEST_FONT, draft.style.font_size - density.smaller_font)
        sized = replace(draft, style=replace(draft.style, font_size=font_size))
        placement = sized.place(sized.measure(density.spacing), density.spacing, limit)
        extent = find_extent([*placement.places.values(), *placement.bands.values()])
        if extent.width <= limit and extent.height <= TALLEST:
            return number
    return len(DENSITIES) - 1


def _try_density(draft: Draft, spacing: Spacing, best: Found | None, growth: Sequence[float]) -> Found:
    """The better of the best picture so far and those with this spacing, widened as long as something is hit."""
    limit = width = draft.style.column_width
    tried: Placement | None = None
    for factor in growth:
        wider = spacing.grow(factor)
        measures = draft.measure(wider)
        placement = draft.place(measures, wider, width)
        if placement == tried:
            continue
        tried = placement
        if best is not None and not _may_be_better(placement, best[0]):
            break
        scene = draft.paint(measures, placement)
        score = _score_scene(scene)
        if best is None or score < best[0]:
            best = score, scene
        too_wide, hits = score[1] > 0, score[3] > 0
        # What is too wide gets more room only to be rid of hits.
        if not hits and (not too_wide or factor > 1):
            break
        # Arcs and numbers outside the outermost shapes have taken this much of the width.
        if width is not None and limit is not None:
            width -= max(0.0, scene.width - limit + 0.5)
    assert best is not None  # noqa: S101 - without a best picture the first one is painted
    return best


def _score_scene(scene: Scene) -> tuple[float, ...]:
    """What is wrong with a picture, the worst first: faults, width too much, height too much, hits, crossings, size."""
    problems = check_scene(scene)
    hits = sum(problem.is_hit for problem in problems)
    crossings = sum(problem.kind == "crossing" for problem in problems)
    wide = max(0.0, scene.width - (scene.style.column_width or scene.width) - 0.5)
    high = max(0.0, scene.height - TALLEST)
    faults = 2.0 * (hits > 0) + (wide > 0) + (high > TALLEST / 4)
    return faults, wide, high, hits, crossings, scene.width * scene.height


def _may_be_better(placement: Placement, best: tuple[float, ...]) -> bool:
    """Whether a picture with these shapes can still beat the best: it is at least as large as they are."""
    if best[0] > 0 or best[2] == 0:
        return True
    extent = find_extent([*placement.places.values(), *placement.bands.values()])
    return extent.height - TALLEST < best[2]


def _choose_matrix(
    graph: "nx.MultiDiGraph[str]", structure: Structure, style: DiagramStyle, staged: bool
) -> tuple[str, ...]:
    """Keys of the covariances between cores that become a matrix instead of arcs."""
    keys = tuple(
        key
        for a, b, key, data in graph.edges(keys=True, data=True)
        if data["role"] == "covariance" and a in structure.ranks and b in structure.ranks and not data.get("candidate")
    )
    enough = MATRIX_FROM_WITH_STAGES if staged else MATRIX_FROM
    if style.covariances == "matrix" or (style.covariances == "auto" and len(keys) >= enough):
        return keys
    return ()
