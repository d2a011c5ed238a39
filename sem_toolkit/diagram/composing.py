"""Path graph → scene: choose what is shown, lay out, route and label, with more room until nothing is hit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from sem_toolkit.diagram.checks.checker import check_scene
from sem_toolkit.diagram.content.canvas import Canvas, set_in_matrix, set_in_note
from sem_toolkit.diagram.content.structure import DIRECTED, Structure, stack_related
from sem_toolkit.diagram.content.style import POINTS_PER_MILLIMETRE, SMALLEST_FONT
from sem_toolkit.diagram.content.words import format_edge_text
from sem_toolkit.diagram.courses.routing import Router
from sem_toolkit.diagram.figures.recognition import recognise_figure
from sem_toolkit.diagram.geometry.metrics import TextSize, measure_lines
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.bands import build_grounds, find_stages, ranks_from_stages
from sem_toolkit.diagram.places.blocks import Measures, Spacing, measure_graph
from sem_toolkit.diagram.places.constants import place_constants
from sem_toolkit.diagram.places.converging import find_outcome
from sem_toolkit.diagram.places.dot_layout import place_by_dot
from sem_toolkit.diagram.places.folds import LEAST_RANKS
from sem_toolkit.diagram.places.pins import Layout, apply_layout
from sem_toolkit.diagram.places.placement import Arrangement, Frame, Placement, find_extent, place_variables
from sem_toolkit.diagram.scene.elements import Scene
from sem_toolkit.diagram.scene.painting import (
    Sketch,
    find_covered,
    measure_band_titles,
    paint_scene,
    place_band_titles,
    place_texts,
)

TALLEST = 235 * POINTS_PER_MILLIMETRE
"""Height of a page of print in points."""


GoOn: TypeAlias = Callable[[int], bool]
"""Whether another picture is tried after one in which so many things are hit."""

Found: TypeAlias = tuple[tuple[float, ...], Scene]
"""A picture with its score; the smaller, the better."""


@dataclass(frozen=True)
class Density:
    """How closely a picture is set: closer where it would be wider than its column."""

    smaller_font: float
    spacing: Spacing


DENSITIES = (
    Density(0.0, Spacing()),
    Density(0.5, Spacing(rank=46, fan=42, number_share=0.6, core_wrap=64, item_wrap=64)),
    Density(1.0, Spacing(rank=40, fan=40, number_share=0.6, item=5, block=13, core_wrap=50, item_wrap=46)),
    Density(2.0, Spacing(rank=32, fan=36, number_share=0.6, item=4, block=11, core_wrap=42, item_wrap=38, padding=0.5)),
)
REPAIRS = 3
"""How often paths that run under numbers are led around them before everything gets more room."""

MOST_PAINTED, LEAST_PAINTED = 10, 2
"""How many pictures a search paints before it takes the best."""

MOST_WITH_ARCS = 3
"""How many pictures of a figure are painted before its covariances become a matrix."""

MOST_ROUTED = 150
"""How many structural paths and covariances it leads through all its pictures together, as each takes its time."""

CROWDED_FROM = 24
"""From this many of them on more room comes in large steps."""

LARGE, LARGE_GROWTH = 80, (1.6, 2.2, 3.0)
"""From this many variables on a model that fits no page is set wide from the beginning, as every picture takes long."""

MOST_FOR_CROSSINGS = 1.6
"""Factors of the spacing up to which more room is tried against crossings only."""

MOST_COVERED = 12
"""From this many such paths on more room is all that helps."""

LARGE_STEPS, CROWDED_GROWTH = (1.0, 1.6, 2.2), (2.2, 3.0)
"""Factors of the spacing for crowded pictures, within the column and beyond."""

BEYOND = (1.0, 1.6, 2.2, 3.0)
"""The same for a picture that may be wider than its column."""

MANY_HITS = 4
"""More hits than this need much more room."""

GROWTH = (1.0, 1.0, 1.25, 1.6, 2.2, 3.0)
"""Factors of the spacing in the order tried elsewhere; the first comes twice, to find the width that arcs take."""


@dataclass(frozen=True)
class Draft:
    """One way to lay a canvas out."""

    canvas: Canvas
    layout: Layout | None = None
    arrangement: Arrangement = "across"

    def with_structure(self, structure: Structure) -> "Draft":
        """The same with another reading of the structure."""
        return replace(self, canvas=replace(self.canvas, structure=structure))

    def with_density(self, density: Density) -> "Draft":
        """The same in the font size of a density."""
        style = self.canvas.style
        font_size = max(SMALLEST_FONT, style.font_size - density.smaller_font)
        return replace(self, canvas=replace(self.canvas, style=replace(style, font_size=font_size)))

    def measure(self, spacing: Spacing) -> Measures:
        return measure_graph(self.canvas, spacing)

    def place(self, measures: Measures, spacing: Spacing, width: float | None) -> Placement:
        canvas = self.canvas
        stages, title_height = canvas.hints.stages, canvas.style.font_size * 1.2
        if canvas.style.layout == "dot":
            edges = [(a, b) for a, b, data in canvas.graph.edges(data=True) if data["role"] in DIRECTED]
            placed = place_by_dot(edges, canvas.structure, measures, spacing)
        else:
            title_widths = measure_band_titles(stages, canvas.style)
            frame = Frame(width, bool(canvas.matrix), stages, title_height, title_widths, self.arrangement)
            placed = place_variables(canvas.structure, measures, spacing, frame)
        if self.layout is not None:
            placed = apply_layout(placed, canvas.structure, self.layout)
            bands = find_stages(canvas.structure, stages)
            placed = replace(placed, bands=build_grounds(bands, canvas.structure, placed.places, title_height))
        return place_constants(canvas, placed)

    def paint(self, measures: Measures, placement: Placement) -> Scene:
        titles = list(place_band_titles(placement, self.canvas.style).values())
        router = Router(self.canvas, placement, titles, self._measure_moments(), measures)
        routes = router.route_all()
        sketch = Sketch(self.canvas, placement, measures, routes, frozenset(router.stubs))
        texts = place_texts(sketch)
        before = MOST_COVERED
        for _ in range(REPAIRS):
            covered = find_covered(sketch, texts)
            if not covered or len(covered) >= before:
                break
            before = len(covered)
            boxes = {key: label.box for key, label in texts[0].items()} | {item.key: item.box for item in texts[1]}
            router.reroute(covered, boxes)
            texts = place_texts(sketch)
        return paint_scene(sketch, texts)

    def _measure_moments(self) -> dict[str, TextSize]:
        texts = {
            key: format_edge_text(data, self.canvas.style)
            for _, _, key, data in self.canvas.graph.edges(keys=True, data=True)
            if data["role"] in ("variance", "covariance")
        }
        size, font = self.canvas.style.label_size, self.canvas.style.font
        return {key: measure_lines((text,), size, font) for key, text in texts.items() if text}


def build_scene(
    canvas: Canvas, layout: Layout | None = None, earlier: Layout | None = None, go_on: GoOn | None = None
) -> Scene:
    """The best picture of a canvas: no hits, within the column's width, not higher than a page, in this order.

    layout   places that variables keep
    earlier  places of another picture, kept as long as nothing is hit for it
    go_on    hears after every picture how many things are hit in the best one so far; where it says no, that is taken
    """
    if layout is not None:
        structure = replace(canvas.structure, pinned=layout.sides)
        canvas = replace(canvas, structure=structure, numbers=layout.numbers, arcs=layout.arcs)
    if earlier is not None:
        kept = _keep_places(
            canvas, replace(layout or Layout(), positions={**earlier.positions, **(layout.positions if layout else {})})
        )
        if kept is not None:
            return kept
    graph, style, draft = canvas.graph, canvas.style, Draft(canvas, layout)
    if layout is not None and set(layout.positions) >= set(graph):
        # Every place is given: there is nothing to search for.
        search = Search(style.column_width, MOST_PAINTED)
        search.try_spacing(draft, DENSITIES[0].spacing, GROWTH[:1], must_fit=False)
        assert search.best is not None  # noqa: S101 - a layout has no other way
        return search.best[1]
    drafts = list(_iterate_arrangements(draft))
    # In a figure of the field most paths have their places.
    routed = _count_routed(canvas) if drafts[0].canvas.structure.figure is None else 0
    most = min(MOST_PAINTED, max(LEAST_PAINTED, MOST_ROUTED // max(1, routed)))
    search = Search(style.column_width, most, go_on)
    crowded = routed > CROWDED_FROM
    for position, variant in enumerate(drafts):
        if position + 1 < len(drafts) and _is_same_figure(variant, drafts[position + 1]):
            # More room for arcs is soon more than the column has: without them it is enough.
            search.left = MOST_WITH_ARCS
        elif position and _is_same_figure(drafts[position - 1], variant):
            search.left = most
        if position and routed > 2 * CROWDED_FROM and search.best is not None:
            # Its place is beyond the column anyway.
            break
        if crowded:
            # Few pictures in large steps, but some of every kind.
            search.left = max(LEAST_PAINTED, most // 2)
        search.try_densities(variant, LARGE_STEPS if crowded else GROWTH)
        if search.best is not None and (search.best[0][0] == 0 or search.has_ended):
            return search.best[1]
    if search.best is None or search.best[0][1] > 0:
        # Better a picture too high or too wide than one with hits.
        large = bool(canvas.structure.links) and len(graph) > LARGE
        many = search.best is not None and search.best[0][1] > MANY_HITS
        growth: Sequence[float] = (
            CROWDED_GROWTH if crowded and many else LARGE_GROWTH if large or many or crowded else GROWTH
        )
        search.tallest = np.inf
        kinds = ("across", "folded", "downward") if search.best is None else () if crowded else ("folded", "downward")
        for variant in [variant for variant in drafts if variant.arrangement in kinds]:
            if search.best is None or search.best[0][1] > 0:
                search.left = LEAST_PAINTED
                search.try_densities(variant, growth)
                if search.has_ended:
                    break
    if search.best is None or (search.best[0][1] > 0 and not search.has_ended):
        search.left = LEAST_PAINTED if crowded else max(len(BEYOND), most // 2)
        growth = growth if crowded or large else BEYOND
        usual = next((variant for variant in drafts if variant.arrangement == "across"), drafts[0])
        search.try_spacing(usual.with_density(DENSITIES[1]), DENSITIES[1].spacing, growth, must_fit=False)
    assert search.best is not None  # noqa: S101 - without a limit the first picture is painted
    return search.best[1]


def _is_same_figure(one: Draft, other: Draft) -> bool:
    """Whether both are one figure, with its covariances as arcs and in a matrix."""
    figure = one.canvas.structure.figure
    return figure is not None and figure == other.canvas.structure.figure


def _count_routed(canvas: Canvas) -> int:
    """How many paths are not part of a fan, so that each looks for its own way."""
    owner, matrix = canvas.structure.owner, set(canvas.matrix)
    return sum(
        data["role"] in ("regression", "covariance") or (data["role"] == "loading" and owner.get(b) not in (None, a))
        for a, b, key, data in canvas.graph.edges(keys=True, data=True)
        if key not in matrix
    )


def _keep_places(canvas: Canvas, layout: Layout) -> Scene | None:
    """A picture without faults in which the variables of a layout have not moved; None where that cannot be."""
    for variant in _iterate_arrangements(Draft(canvas, layout)):
        for density in DENSITIES:
            search = Search(canvas.style.column_width, 1)
            search.try_spacing(variant.with_density(density), density.spacing, GROWTH[:1], must_fit=False)
            if search.best is not None and search.best[0][0] == 0:
                return search.best[1]
    return None


def _iterate_arrangements(draft: Draft) -> Iterator[Draft]:
    """The usual arrangement, then what may do where that does not fit: bands in rows or none, downwards, a matrix."""
    canvas, structure, stages = draft.canvas, draft.canvas.structure, draft.canvas.hints.stages
    direction = canvas.style.direction
    if direction == "down" and canvas.style.layout == "own" and not stages:
        yield replace(draft.with_structure(replace(structure, two_sided=None)), arrangement="downward")
        return
    figure = recognise_figure(structure) if canvas.style.layout == "own" and not stages else None
    smaller = set_in_matrix(canvas) if canvas.style.layout == "own" else None
    if figure is not None:
        yield draft.with_structure(replace(structure, figure=figure))
        if smaller is not None and figure.ports:
            # Between the many rows of such a figure there is little room for arcs.
            yield replace(draft, canvas=smaller).with_structure(replace(structure, figure=figure))
    if stages and canvas.style.layout == "own" and find_outcome(structure, find_stages(structure, stages)) is not None:
        yield replace(draft, arrangement="converging", canvas=set_in_note(canvas))
    yield draft
    if stages:
        if ranks_from_stages(structure, find_stages(structure, stages)) is not None:
            yield replace(draft, arrangement="rows")
        draft = replace(draft, canvas=replace(canvas, hints=replace(canvas.hints, stages={})))
        yield draft
    if structure.links and not structure.two_sided and canvas.style.layout == "own":
        turned: tuple[Arrangement, ...] = ("downward",)
        if max(structure.ranks.values()) + 1 >= LEAST_RANKS and canvas.style.column_width is not None:
            # Indicators make ranks wide, so that a few of them fill a row; without them one column is as good.
            # Waves that do not fit as a figure are not torn apart.
            fold_first = bool(structure.owner) and figure is None
            turned = ("folded", "downward") if fold_first else ("downward", "folded")
        if direction == "right":
            turned = tuple(arrangement for arrangement in turned if arrangement != "downward")
        for arrangement in turned:
            yield replace(draft, arrangement=arrangement)
    if smaller is not None:
        yield replace(draft, canvas=replace(smaller, hints=draft.canvas.hints))


class Search:
    """The best picture so far, and what the pictures before it have taught."""

    def __init__(self, limit: float | None, most: int, go_on: GoOn | None = None) -> None:
        """Begin a search.

        limit  width that is not to be exceeded
        most   how many pictures are painted at most
        go_on  see `build_scene`
        """
        self.limit, self.left, self._go_on = limit, most, go_on
        self.has_ended = False
        self.best: Found | None = None
        self.tallest = 1.25 * TALLEST
        self._overhang = np.inf

    def try_densities(self, draft: Draft, growth: Sequence[float] = GROWTH) -> None:
        """Try a draft at the densities at which its shapes fit the page."""
        structure = draft.canvas.structure
        stacked = stack_related(structure) if structure.figure is None else None
        self._overhang = np.inf
        for density in DENSITIES:
            sized = draft.with_density(density)
            self.try_spacing(sized, density.spacing, growth, must_fit=True)
            if self.has_ended:
                break
            if stacked is not None and (self.best is None or any(self.best[0][:5])):
                # The other reading of the ranks is worth a full search only where the first one fails.
                tried = growth if self.best is None or self.best[0][0] else growth[:1]
                self.try_spacing(sized.with_structure(stacked), density.spacing, tried, must_fit=True)
            # Setting it closer helps against too much width or height, not against hits.
            if self.best is not None and self.best[0][2] == 0 and self.best[0][3] < TALLEST / 10:
                break

    def try_spacing(self, draft: Draft, spacing: Spacing, growth: Sequence[float], must_fit: bool) -> None:
        """Paint a draft with this spacing, widened as long as something is hit.

        must_fit  leave out what cannot fit the page, as its shapes alone are too wide or too high
        """
        # What cannot fit anyway is not squeezed.
        tiled = bool(draft.canvas.matrix) and not draft.canvas.structure.links
        width = self._find_width() if must_fit or tiled else None
        tried: Placement | None = None
        for factor in growth:
            wider = spacing.grow(factor)
            measures = draft.measure(wider)
            placement, extent = self._place(draft, measures, wider, width)
            figure = draft.canvas.structure.figure
            crowded = must_fit and figure is not None and figure.ports
            if crowded and width is not None and not self._may_fit(extent):
                # What stands outside of the shapes has taken more than was known when the width was chosen.
                placement, extent = self._place(draft, measures, wider, min(width, self._find_width() or width))
            if placement == tried:
                continue
            tried = placement
            if self.left <= 0 or (must_fit and not self._may_fit(extent)) or not self._may_be_better(extent):
                break
            score, scene = self._paint(draft, measures, placement)
            self._overhang = min(self._overhang, scene.width - extent.width)
            hits, too_wide = score[1] > 0, score[2] > 0
            # Loadings from both sides of a column cross only where they had to make way for numbers.
            hits = hits or (
                draft.canvas.structure.two_sided is not None and score[4] > 0 and factor < MOST_FOR_CROSSINGS
            )
            # What is too wide gets more room only to be rid of hits.
            if self.has_ended or (not hits and (not too_wide or factor > 1)):
                break
            # Arcs and numbers outside the outermost shapes have taken this much of the width.
            if width is not None and self.limit is not None:
                width -= max(0.0, scene.width - self.limit + 0.5)

    @staticmethod
    def _place(draft: Draft, measures: Measures, spacing: Spacing, width: float | None) -> tuple[Placement, Rectangle]:
        placement = draft.place(measures, spacing, width)
        return placement, find_extent([*placement.places.values(), *placement.bands.values()])

    def _paint(self, draft: Draft, measures: Measures, placement: Placement) -> Found:
        self.left -= 1
        scene = draft.paint(measures, placement)
        found = _score_scene(scene), scene
        if self.best is None or found[0] < self.best[0]:
            self.best = found
        if self._go_on is not None and not self._go_on(int(self.best[0][1])):
            self.has_ended = True
        return found

    def _may_fit(self, extent: Rectangle) -> bool:
        """Whether shapes leave the picture within the column's width and not far above a page's height.

        Arcs and variances outside of them take at least about as much room as they did in the pictures before.
        """
        width = self._find_width()
        return width is None or (extent.width <= width and extent.height <= self.tallest)

    def _find_width(self) -> float | None:
        if self.limit is None:
            return None
        return self.limit - (0.7 * self._overhang if np.isfinite(self._overhang) else 0.0)

    def _may_be_better(self, extent: Rectangle) -> bool:
        """Whether a picture with these shapes can still beat the best: it is at least as large as they are."""
        best = self.best
        return best is None or best[0][0] > 0 or best[0][3] == 0 or extent.height - TALLEST < best[0][3]


def _score_scene(scene: Scene) -> tuple[float, ...]:
    """What is wrong with a picture, the worst first: faults, hits, width too much, height too much, crossings, size."""
    problems = check_scene(scene)
    hits = sum(problem.is_hit for problem in problems)
    crossings = sum(problem.kind == "crossing" for problem in problems)
    wide = max(0.0, scene.width - (scene.style.column_width or scene.width) - 0.5)
    high = max(0.0, scene.height - TALLEST)
    # Where something is hit nothing matters more than how much.
    faults = 4.0 if hits else float((wide > 0) + (high > TALLEST / 4))
    return faults, hits, wide, high, crossings, scene.width * scene.height
