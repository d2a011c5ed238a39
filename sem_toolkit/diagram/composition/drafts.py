"""Ways to lay a canvas out: how closely, in which arrangement, with which covariances as arcs; and to paint them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from sem_toolkit.diagram.content.canvas import Canvas
from sem_toolkit.diagram.content.reductions import (
    set_across_in_matrix,
    set_in_matrix,
    set_in_note,
    set_row_in_matrix,
    set_stars_in_note,
)
from sem_toolkit.diagram.content.structure import DIRECTED, Structure
from sem_toolkit.diagram.content.style import SMALLEST_FONT
from sem_toolkit.diagram.courses.label_places import Memory
from sem_toolkit.diagram.courses.routing import Route, Router
from sem_toolkit.diagram.figures.recognition import recognise_figure
from sem_toolkit.diagram.geometry.metrics import TextSize, measure_text
from sem_toolkit.diagram.places.bands import build_grounds, find_stages, ranks_from_stages
from sem_toolkit.diagram.places.constants import place_constants
from sem_toolkit.diagram.places.converging import find_outcome
from sem_toolkit.diagram.places.dot_layout import place_by_dot
from sem_toolkit.diagram.places.folds import LEAST_RANKS
from sem_toolkit.diagram.places.measures import Measures, Spacing, measure_graph
from sem_toolkit.diagram.places.pins import Layout, apply_layout
from sem_toolkit.diagram.places.placement import Arrangement, Frame, Placement, place_variables
from sem_toolkit.diagram.places.shared_columns import share_columns
from sem_toolkit.diagram.places.two_sides import share_column
from sem_toolkit.diagram.scene.elements import Scene
from sem_toolkit.diagram.scene.painting import paint_scene
from sem_toolkit.diagram.scene.texts import Sketch, find_covered, measure_band_titles, place_band_titles, place_texts


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
CLOSEST = Density(
    2.0,
    Spacing(
        rank=32, fan=36.5, number_share=0.6, item=2.0, block=6, core_wrap=42, item_wrap=38, padding=0.25, least=11.0
    ),
)
"""For the many factors of a measurement model that would not fit a page otherwise."""

TIGHT = Density(
    2.0,
    Spacing(rank=30, fan=32, number_share=0.6, item=4, block=14, core_wrap=40, item_wrap=36, padding=0.3),
)
"""For factors with paths between them that would be a little too wide otherwise."""

REPAIRS = 3
"""How often paths that run under numbers are led around them before everything gets more room."""

MOST_COVERED = 12
"""From this many such paths on more room is all that helps."""


@dataclass(frozen=True)
class Draft:
    """One way to lay a canvas out.

    is_other  whether it is worth a look even where the one before has no faults, as it shows no less
    is_noted  whether its covariances between indicators stand in the legend, for want of room beside them
    """

    canvas: Canvas
    layout: Layout | None = None
    arrangement: Arrangement = "across"
    is_other: bool = False
    is_noted: bool = False

    def with_structure(self, structure: Structure) -> "Draft":
        """The same with another reading of the structure."""
        return replace(self, canvas=replace(self.canvas, structure=structure))

    def without_arcs_across(self) -> "Draft":
        """The same without arcs over a column of indicators that stands between two sides of factors."""
        if self.canvas.style.layout != "own" or self.canvas.hints.stages:
            return self
        return replace(self, canvas=set_across_in_matrix(self.canvas))

    @property
    def is_figure(self) -> bool:
        """Whether it is a figure of the field, whose variables have their places."""
        return self.canvas.structure.figure is not None

    @property
    def is_plain(self) -> bool:
        """Whether it is a measurement model in one column, whose blocks stand in several without their arcs."""
        canvas = self.canvas
        return not (canvas.structure.links or canvas.structure.two_sided or canvas.hints.stages or self.is_figure)

    @property
    def is_tiled(self) -> bool:
        """Whether it has the blocks of a measurement model in columns, without arcs between them."""
        structure = self.canvas.structure
        return bool(self.canvas.matrix) and not structure.links and structure.two_sided is None

    @property
    def is_measured(self) -> bool:
        """Whether it has paths between factors with indicators."""
        return bool(self.canvas.structure.owner and self.canvas.structure.links)

    @property
    def is_converging(self) -> bool:
        """Whether its stages stand around their one outcome."""
        return self.arrangement == "converging"

    def iterate_densities(self) -> Iterator[Density]:
        """From the roomiest on."""
        yield from DENSITIES
        if self.is_tiled:
            yield CLOSEST
        elif self.is_measured and not self.is_figure and (self.is_converging or not self.canvas.hints.stages):
            yield TIGHT

    def with_density(self, density: Density) -> "Draft":
        """The same in the font size of a density."""
        canvas = set_stars_in_note(self.canvas) if density in (CLOSEST, TIGHT) else self.canvas
        font_size = max(SMALLEST_FONT, canvas.style.font_size - density.smaller_font)
        return replace(self, canvas=replace(canvas, style=replace(canvas.style, font_size=font_size)))

    def measure(self, spacing: Spacing) -> Measures:
        return measure_graph(self.canvas, spacing)

    def place(self, measures: Measures, spacing: Spacing, width: float | None) -> Placement:
        canvas, hidden = self.canvas, self._find_hidden()
        structure = _forget_hidden(canvas.structure, hidden)
        stages, title_height = canvas.hints.stages, canvas.style.font_size * 1.2
        if canvas.style.layout == "dot":
            edges = [(a, b) for a, b, data in canvas.graph.edges(data=True) if data["role"] in DIRECTED]
            placed = place_by_dot(edges, structure, measures, spacing)
        else:
            title_widths = measure_band_titles(stages, canvas.style)
            frame = Frame(width, bool(canvas.matrix), stages, title_height, title_widths, self.arrangement, hidden)
            placed = place_variables(structure, measures, spacing, frame)
        if self.layout is not None:
            placed = apply_layout(placed, canvas.structure, self.layout)
            bands = find_stages(canvas.structure, stages)
            grounds = build_grounds(bands, canvas.structure, placed.places, title_height, placed.downward)
            placed = replace(placed, bands=grounds)
        return place_constants(canvas, placed)

    def _find_hidden(self) -> frozenset[frozenset[str]]:
        """Pairs of variables whose covariance stands in a matrix instead of between them."""
        matrix = set(self.canvas.matrix)
        return frozenset(frozenset((a, b)) for a, b, key in self.canvas.graph.edges(keys=True) if key in matrix)

    @property
    def regressions(self) -> list[tuple[str, str]]:
        """The ends of the structural paths."""
        edges = self.canvas.graph.edges(data=True)
        return [(source, target) for source, target, data in edges if data["role"] == "regression"]

    def paint(
        self, measures: Measures, placement: Placement, is_hopeless: Callable[[Mapping[str, Route]], bool]
    ) -> Scene | None:
        """The picture; None where its courses are said to be hopeless, so that nothing else need be done about it."""
        titles = list(place_band_titles(placement, self.canvas.style).values())
        router = Router(self.canvas, placement, titles, self._measure_moments(), measures)
        routes = router.route_all()
        if is_hopeless(routes):
            return None
        sketch = Sketch(self.canvas, placement, measures, routes, frozenset(router.stubs))
        memory = Memory()
        texts = place_texts(sketch, memory)
        before = MOST_COVERED
        for _ in range(REPAIRS):
            covered = find_covered(sketch, texts)
            if not covered or len(covered) >= before:
                break
            before = len(covered)
            boxes = {key: label.box for key, label in texts[0].items()} | {item.key: item.box for item in texts[1]}
            router.reroute(covered, boxes)
            texts = place_texts(sketch, memory)
        return paint_scene(sketch, texts)

    def _measure_moments(self) -> dict[str, TextSize]:
        texts = {
            key: self.canvas.format_number(data)
            for _, _, key, data in self.canvas.graph.edges(keys=True, data=True)
            if data["role"] in ("variance", "covariance")
        }
        size, font = self.canvas.style.label_size, self.canvas.style.font
        return {key: measure_text(text, size, font) for key, text in texts.items() if text}


def _forget_hidden(structure: Structure, hidden: frozenset[frozenset[str]]) -> Structure:
    """The structure, of a figure of growth without covariances that are hidden: they need no room between rows."""
    if structure.figure is None or structure.figure.name != "growth":
        return structure
    return replace(structure, covariances=tuple(p for p in structure.covariances if frozenset(p) not in hidden))


def iterate_arrangements(draft: Draft) -> Iterator[Draft]:
    """The usual arrangement, then what may do where that does not fit: bands in rows or none, downwards, a matrix."""
    canvas, structure, stages = draft.canvas, draft.canvas.structure, draft.canvas.hints.stages
    direction = canvas.style.direction
    if direction == "down" and canvas.style.layout == "own" and not stages:
        single = draft.with_structure(replace(structure, two_sided=None))
        yield replace(single, arrangement="downward", canvas=set_row_in_matrix(single.canvas))
        return
    in_line = ranks_from_stages(structure, find_stages(structure, stages)) is not None
    if direction == "down" and canvas.style.layout == "own":
        # Where many paths lead past a stage, at least their outcome stands below all.
        yield replace(draft.with_structure(structure), arrangement="downward" if in_line else "rows")
    figure = recognise_figure(structure) if canvas.style.layout == "own" and not stages else None
    if figure is None:
        draft = draft.without_arcs_across()
        canvas = draft.canvas
    smaller = set_in_matrix(canvas) if canvas.style.layout == "own" else None
    if figure is not None:
        known = replace(structure, figure=figure, two_sided=None)
        yield draft.with_structure(known)
        if smaller is not None and figure.ports:
            # Between the many rows of such a figure there is little room for arcs.
            yield replace(draft, canvas=smaller).with_structure(known)
        if figure.upright:
            # Rather wider than the column than in another arrangement, in which nobody would know it.
            return
        if direction == "auto" and canvas.style.column_width is not None and set(structure.owner) <= set(figure.cells):
            # Where many waves are wider than the column, the page is still higher than they are wide. Those with blocks
            # of indicators run downwards as ranks.
            yield draft.with_structure(replace(known, figure=figure.turn(structure.links)))
        if figure.alone:
            return
    if stages and canvas.style.layout == "own" and find_outcome(structure, find_stages(structure, stages)) is not None:
        yield replace(draft, arrangement="converging", canvas=set_in_note(canvas), is_noted=True)
    shared = share_column(structure) if canvas.style.layout == "own" and not stages else None
    if shared is not None:
        yield draft.with_structure(shared)
    yield draft
    # Arcs beside the indicators of one block may have no room before the next.
    noted = set_in_note(canvas) if (draft.is_tiled or stages) and figure is None and shared is None else canvas
    if stages:
        if noted is not canvas and draft.is_tiled:
            yield replace(draft, canvas=noted, is_noted=True)
        if in_line:
            if direction == "auto":
                yield replace(draft, arrangement="downward")
            yield replace(draft, arrangement="rows")
            if noted is not canvas and not draft.is_tiled:
                yield replace(draft, arrangement="rows", canvas=noted, is_noted=True)
        draft = replace(draft, canvas=replace(canvas, hints=replace(canvas.hints, stages={})))
        yield draft
    if structure.links and not structure.two_sided and canvas.style.layout == "own":
        turned: tuple[Arrangement, ...] = ("downward",)
        if max(structure.ranks.values()) + 1 >= LEAST_RANKS and canvas.style.column_width is not None:
            # Indicators make ranks wide, so that a few of them fill a row; without them one column is as good.
            # Waves that do not fit as a figure are not torn apart.
            fold_first = bool(structure.owner) and figure is None
            turned = ("folded", "downward") if fold_first else ("downward", "folded")
        if share_columns(structure) is not None:
            turned = ("shared", *turned)
        if direction == "right":
            turned = tuple(arrangement for arrangement in turned if arrangement != "downward")
        for arrangement in turned:
            shown = set_row_in_matrix(draft.canvas) if arrangement == "downward" else draft.canvas
            yield replace(draft, arrangement=arrangement, canvas=shown, is_other=True)
    if noted is not canvas:
        yield replace(draft, canvas=replace(noted, hints=replace(noted.hints, stages={})), is_noted=True)
    if smaller is not None:
        yield replace(draft, canvas=replace(smaller, hints=draft.canvas.hints))
