"""Courses → places of the numbers on them, of R² beside variables, and of the titles of stages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from sem_toolkit.diagram.content.canvas import Canvas
from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.content.words import format_r2
from sem_toolkit.diagram.courses.label_options import build_path_options
from sem_toolkit.diagram.courses.label_places import Memory, Wanted, place_labels
from sem_toolkit.diagram.courses.routing import Route
from sem_toolkit.diagram.courses.row_shares import choose_shares
from sem_toolkit.diagram.courses.stubs import BEFORE_HEAD, find_share
from sem_toolkit.diagram.geometry.curves import build_line, flatten_curve, is_straight
from sem_toolkit.diagram.geometry.hits import Shapes, compute_crossings
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING, measure_line, measure_text
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle
from sem_toolkit.diagram.places.measures import SHAPES, Measures
from sem_toolkit.diagram.places.placement import Placement
from sem_toolkit.diagram.scene.elements import ARROW_LENGTH, Label, TextItem
from sem_toolkit.libraries import nx

BEFORE_CROSSING = 0.28
"""Where the numbers of two paths stand that cross in their middle, as a share of their length."""

IN_EVERY_GAP = 0.25
"""Where the numbers of all paths from one wave of three variables to the next stand: there they are equally distant."""

BETWEEN_SIDES = 0.74
"""The same for loadings from two sides of one column, as a share of the way from the factor to the indicators."""

NARROW, BEFORE_ITEM = 9.0, 0.78
"""Numbers narrower than this, as fixed loadings have them, stand near the indicators, where paths come apart."""

R2_REACH = 3.5
"""How far from its variable an R² may stand, in points."""


@dataclass(frozen=True)
class Sketch:
    """A canvas whose variables have places and whose paths have courses.

    stubs  paths that arrive with a level piece for their number
    """

    canvas: Canvas
    placement: Placement
    measures: Measures
    routes: Mapping[str, Route]
    stubs: frozenset[str] = frozenset()

    @property
    def graph(self) -> "nx.MultiDiGraph[str]":
        return self.canvas.graph

    @property
    def style(self) -> DiagramStyle:
        return self.canvas.style


Texts: TypeAlias = tuple[dict[str, Label], tuple[TextItem, ...]]
"""Numbers by the key of their path, and texts beside variables."""


def find_covered(sketch: Sketch, texts: Texts) -> set[str]:
    """Keys of the paths that run under the texts of others, and of variances with such a text."""
    boxes = {key: label.box for key, label in texts[0].items()} | {item.key: item.box for item in texts[1]}
    shapes, keys = Shapes.of([box.grown(-0.3) for box in boxes.values()]), list(boxes)
    found = set()
    hits = shapes.hit_by_each([flatten_curve(route.curve) for route in sketch.routes.values()])
    for key, touched in zip(sketch.routes, hits, strict=True):
        hit = [keys[k] for k in np.flatnonzero(touched) if keys[k] != key]
        found |= {text for text in hit if text in sketch.routes and sketch.routes[text].role == "variance"}
        if hit:
            found.add(key)
    return found


def find_kind(sketch: Sketch, name: str) -> str:
    """The kind of a variable; those that are none of the model are constants."""
    return str(sketch.graph.nodes[name]["kind"]) if name in sketch.graph else "constant"


def place_texts(sketch: Sketch, memory: Memory | None = None) -> Texts:
    """Numbers on paths and R² beside variables, placed together.

    memory  of the texts of this sketch before some of its paths took other courses
    """
    memory = memory or Memory()
    style, size = sketch.style, sketch.style.label_size
    wanted: list[Wanted] = []
    texts: dict[str, str] = {}
    crossed = _find_crossed(sketch)
    shares = _find_row_shares(sketch)
    arcs = _list_arcs(sketch)
    for _, _, key, data in sketch.graph.edges(keys=True, data=True):
        route = sketch.routes.get(key)
        text = sketch.canvas.format_number(data)
        if route is None or not text:
            continue
        measured = measure_text(text, size, style.font)
        width, height = measured.width, measured.height
        pinned = sketch.canvas.numbers.get(key)
        prefer = pinned or shares.get(key) or _find_preferred_share(sketch, route, crossed)
        if route.role == "intercept":
            options = _build_beside_options(sketch.placement.places[route.source], width, height)
        else:
            build = partial(build_path_options, route.curve, route.role, width, height, prefer)
            options = memory.recall_options(key, route.curve, prefer, build)
            options = options[:1] if pinned else options
        anchor = sketch.placement.places[route.source] if route.role == "intercept" else None
        apart, passable = route.role in ("regression", "covariance"), arcs if route.role == "covariance" else None
        wanted.append(Wanted(key, width, height, options, key, anchor, apart=apart, passable=passable))
        texts[key] = text
    shown = _choose_r2(sketch)
    for name, text in shown.items():
        width, height = measure_line(text, size, style.font), size * LINE_SPACING
        box = sketch.placement.places[name]
        options = _build_beside_options(box, width, height)
        wanted.append(Wanted(f"r2 {name}", width, height, options, None, box, R2_REACH))
    boxes = list(sketch.placement.places.values())
    kinds = [SHAPES[find_kind(sketch, name)] == "ellipse" for name in sketch.placement.places]
    curves = {key: route.curve for key, route in sketch.routes.items()}
    titles = list(place_band_titles(sketch.placement, style).values())
    places = place_labels(wanted, Shapes.of(boxes, kinds), curves | _build_head_bars(sketch), titles, memory)
    colour = style.colours.text
    labels = {key: Label(text, places[key], size, colour) for key, text in texts.items()}
    items = tuple(
        TextItem(f"r2 {name}", (text,), places[f"r2 {name}"], size, style.colours.covariance)
        for name, text in shown.items()
    )
    return labels, items


def _list_arcs(sketch: Sketch) -> frozenset[str]:
    """The keys of covariances and of the bars across their heads."""
    keys = [key for key, route in sketch.routes.items() if route.role == "covariance"]
    return frozenset([*keys, *(f"{key} head {end}" for key in keys for end in (0, 1))])


def _build_head_bars(sketch: Sketch) -> dict[str, FloatArray]:
    """A short line across every arrowhead: numbers of other paths keep off its whole width."""
    bars: dict[str, FloatArray] = {}
    for key, route in sketch.routes.items():
        double = route.role == "covariance" or (route.role == "variance" and sketch.style.variances == "ram")
        for end, curve in enumerate([route.curve, route.curve[::-1]][: 1 + double]):
            tip, before = curve[-1], curve[-2]
            step = (tip - before) / max(float(np.hypot(*(tip - before))), 1e-9)
            base, side = tip - 0.7 * ARROW_LENGTH * step, np.array([-step[1], step[0]]) * 0.35 * ARROW_LENGTH
            bars[f"{key} head {end}"] = build_line(base - side, base + side)
    return bars


def _find_preferred_share(sketch: Sketch, route: Route, crossed: set[str]) -> float:
    """Where along its path a number is best put.

    Loadings carry their numbers nearer to the indicators, where the lines of a fan lie apart, those of one column of
    indicators in one straight column; structural paths that cross in the middle have theirs before the crossing.
    """
    if route.role == "loading":
        side = sketch.placement.sides.get(route.source)
        if side in ("left", "right"):
            return _find_column_share(sketch, route)
        items = sketch.canvas.structure.indicators.get(route.source, ())
        if _is_near_item(sketch, route):
            return BEFORE_ITEM
        # In a row the numbers are wider than their distance: every second one stands further out.
        return 0.8 if route.target in items and items.index(route.target) % 2 else 0.58
    if route.role == "weight":
        return 0.4
    figure = sketch.canvas.structure.figure
    if figure is not None and figure.is_dense and route.role == "regression":
        return IN_EVERY_GAP
    return BEFORE_CROSSING if route.key in crossed else 0.5


def _is_near_item(sketch: Sketch, route: Route) -> bool:
    """Whether a loading in a figure has so narrow a number that it stands near what is measured."""
    figure = sketch.canvas.structure.figure
    known = figure is not None and route.role == "loading" and route.target in figure.cells
    return known and sketch.measures.labels.get(route.key, 0.0) < NARROW


def _find_row_shares(sketch: Sketch) -> dict[str, float]:
    """Where the narrow numbers of growth factors' loadings stand, in one row: loading → share of its length."""
    figure, places = sketch.canvas.structure.figure, sketch.placement.places
    if figure is None or figure.name != "growth":
        return {}
    routes = {key: route for key, route in sketch.routes.items() if _is_near_item(sketch, route)}
    rows = {key: round(places[route.target].y) for key, route in routes.items()}
    curves, widths = {key: route.curve for key, route in routes.items()}, sketch.measures.labels
    return choose_shares(curves, widths, sketch.style.label_size * LINE_SPACING, rows)


def _find_column_share(sketch: Sketch, route: Route) -> float:
    """The share at which a loading passes the column of numbers between its factor and the indicators beside it."""
    core, item = sketch.placement.places[route.source], sketch.placement.places[route.target]
    start, end = float(route.curve[0][0]), float(route.curve[-1][0])
    structure = sketch.canvas.structure
    # The more lines a fan has, the nearer to the indicators they come apart.
    many = max(0, len(structure.indicators.get(route.source, ())) - 4)
    share = BETWEEN_SIDES if structure.two_sided is not None else min(BETWEEN_SIDES, 0.6 + 0.02 * many)
    edge = core.right if item.x > core.x else core.left
    if route.key in sketch.stubs:
        # On the level piece, right before the arrowhead.
        reach = BEFORE_HEAD + sketch.measures.labels.get(route.key, 0.0) / 2
        return find_share(flatten_curve(route.curve, 16), end - reach if end > start else end + reach)
    if abs(end - start) < 1.0 or not is_straight(route.curve):
        return share
    return float(np.clip((edge + share * (end - edge) - start) / (end - start), 0.3, 0.85))


def _find_crossed(sketch: Sketch) -> set[str]:
    """Structural paths that cross another one near the middle of both."""
    paths = {key: route.curve for key, route in sketch.routes.items() if route.role == "regression"}
    straight = {key: curve[[0, -1]] for key, curve in paths.items() if is_straight(curve)}
    keys = list(straight)
    if len(keys) < 2:
        return set()
    starts, ends = (np.array([line[k] for line in straight.values()]) for k in (0, 1))
    found: set[str] = set()
    for key, line in straight.items():
        middle = np.array([line[0] * 0.65 + line[1] * 0.35, line[0] * 0.35 + line[1] * 0.65])
        inner = (starts * 0.65 + ends * 0.35, starts * 0.35 + ends * 0.65)
        if compute_crossings(middle, *inner).any():
            found.add(key)
    return found


def _choose_r2(sketch: Sketch) -> dict[str, str]:
    """R² of the endogenous cores; that of indicators is left to tables."""
    if sketch.style.r2 != "below":
        return {}
    return {
        name: format_r2(sketch.canvas.r2[name], sketch.style)
        for name in sketch.canvas.structure.cores
        if name in sketch.canvas.r2 and name in sketch.placement.places
    }


def _build_beside_options(box: Rectangle, width: float, height: float) -> FloatArray:
    """Around a shape: below, above, then the corners and further away."""
    options = []
    for step, gap in enumerate((1.5, 5.0, 10.0, 18.0)):
        down, across = box.height / 2 + height / 2 + gap, box.width / 2 + width / 2 + gap
        cost = 6.0 * step
        options += [(box.x, box.y + down, cost), (box.x, box.y - down, cost + 2)]
        for share, extra in ((0.35, 3.0), (0.6, 4.0), (0.85, 5.0)):
            for sign_x in (1, -1):
                for sign_y in (1, -1):
                    options.append((box.x + sign_x * share * across, box.y + sign_y * down * 0.96, cost + extra))
        options += [(box.x + across, box.y, cost + 8), (box.x - across, box.y, cost + 8)]
    return np.array(options)


def measure_band_titles(titles: Iterable[str], style: DiagramStyle) -> dict[str, float]:
    """How wide each title of a band is, in points."""
    return {title: measure_line(title, style.font_size, style.font, bold=True) for title in titles}


def place_band_titles(placement: Placement, style: DiagramStyle) -> dict[str, Rectangle]:
    """Band title → its box, in the upper left corner of the band, or the right one where paths come in at the left."""
    height = style.font_size * 1.2
    found = {}
    widths = measure_band_titles(placement.bands, style)
    for title, box in placement.bands.items():
        width = widths[title]
        x = box.right - 5 - width / 2 if title in placement.right_titles else box.left + 5 + width / 2
        found[title] = Rectangle(x, box.top + height / 2 + 3, width, height)
    return found
