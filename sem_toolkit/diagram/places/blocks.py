"""A core and its indicators as one block: sizes of the shapes, and the fan of indicators on one side of the core."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from sem_toolkit.diagram.content.canvas import Canvas
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.content.words import format_edge_text, format_name, format_r2
from sem_toolkit.diagram.geometry.metrics import measure_line, measure_lines, split_breakable, wrap_text
from sem_toolkit.diagram.geometry.plane import Rectangle, compute_bounds
from sem_toolkit.libraries import nx

Side = Literal["left", "right", "top", "bottom"]
OPPOSITE: Mapping[Side, Side] = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
SHAPES = {"latent": "ellipse", "composite": "hexagon", "observed": "rectangle", "constant": "triangle"}


@dataclass(frozen=True)
class Spacing:
    """Distances in points; `grow` widens those that make room for text and lines when something is hit.

    rank   between columns of cores; fan: from a core to its indicators; item: between indicators of a column
    block  between blocks of a column; padding: around names, 1 for the usual
    least  height of the lowest shape of an observed variable
    number_share  how much of a number's width the indicators of a row are apart; the rest stands at another height
    """

    rank: float = 54.0
    fan: float = 46.0
    item: float = 6.0
    block: float = 16.0
    satellite: float = 44.0
    core_wrap: float = 78.0
    item_wrap: float = 84.0
    padding: float = 1.0
    least: float = 14.0
    number_share: float = 0.95

    def grow(self, factor: float) -> "Spacing":
        return replace(
            self,
            item=self.item * factor,
            block=self.block * factor,
            rank=self.rank * factor,
            fan=self.fan * (1 + (factor - 1) / 2),
            satellite=self.satellite * (1 + (factor - 1) / 2),
        )


@dataclass(frozen=True)
class Measures:
    """Sizes of everything before it has a place.

    nodes    variable → box around (0, 0); lines: variable → its text
    labels   path key → width of its text
    outer    room that variances need beyond an indicator, across (left and right) and down (top and bottom)
    number   width of the widest number of a variance
    """

    nodes: Mapping[str, Rectangle]
    lines: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, float]
    outer: tuple[float, float]
    number: float = 0.0

    @property
    def widest_label(self) -> float:
        return max(self.labels.values(), default=0.0)


def measure_graph(canvas: Canvas, spacing: Spacing) -> Measures:
    """Boxes that hold the names, alike for all factors and for all indicators of a factor."""
    graph, structure, style = canvas.graph, canvas.structure, canvas.style
    names = {name: format_name(name, style, canvas.hints.labels) for name in graph}
    core_wrap = _find_wrap([names[name] for name in structure.cores], spacing.core_wrap, style)
    item_wrap = _find_wrap([names[name] for name in structure.owner], spacing.item_wrap, style)
    lines = {
        name: _build_lines(name, text, core_wrap, style, canvas.r2)
        if name in structure.ranks
        else _build_lines(name, text, item_wrap, style, {})
        for name, text in names.items()
    }
    texts = {name: measure_lines(text, style.font_size, style.font) for name, text in lines.items()}
    boxes: dict[str, Rectangle] = {}
    pad = spacing.padding
    for name, kind in graph.nodes(data="kind"):
        width, height = texts[name].width, texts[name].height
        if kind == "latent":
            boxes[name] = _build_box(max(42, width * 1.12 + 14 * pad), max(27, height * 1.3 + 9 * pad))
        elif kind == "composite":
            boxes[name] = _build_box(max(46, width + 30 * pad), max(26, height + 12 * pad))
        else:
            boxes[name] = _build_box(max(20, width + 8 * pad), max(spacing.least, height + 5 * pad))
    labels = {
        key: measure_line(format_edge_text(data, style), style.label_size, style.font)
        for _, _, key, data in graph.edges(keys=True, data=True)
        if data["role"] != "variance"
    }
    variances = [data for _, _, data in graph.edges(data=True) if data["role"] == "variance"]
    texts_of_variances = [format_edge_text(data, style) for data in variances]
    number = max((measure_line(text, style.label_size, style.font) for text in texts_of_variances), default=0.0)
    alike = bool(canvas.hints.stages) or structure.two_sided is not None
    nodes = _equalise(graph, structure, boxes, alike)
    return Measures(nodes, lines, labels, _find_outer_room(style, number), number)


def _build_box(width: float, height: float) -> Rectangle:
    """A box in whole points: old versions of graphviz round sizes, and all shall draw the same."""
    return Rectangle(0, 0, float(ceil(width)), float(ceil(height)))


def _find_wrap(texts: list[str], wanted: float, style: DiagramStyle) -> float:
    """The width at which names break: no narrower than the usual longest word, as the shapes cannot be either."""
    words = [
        max((measure_line(word, style.font_size, style.font) for word in split_breakable(text)), default=0.0)
        for text in texts
    ]
    return max(wanted, find_usual(words)) if words else wanted


def _build_lines(name: str, text: str, width: float, style: DiagramStyle, r2: Mapping[str, float]) -> tuple[str, ...]:
    lines = wrap_text(text, width + 0.01, style.font_size, style.font)
    return (*lines, format_r2(r2[name], style)) if style.r2 == "inside" and name in r2 else lines


def _find_outer_room(style: DiagramStyle, number: float) -> tuple[float, float]:
    if style.variances == "clean" and style.intercepts:
        return 26.0, 26.0
    if style.variances == "clean":
        return 0.0, 0.0
    reach = 14.0 if style.variances == "lisrel" else 19.0
    return reach + number, reach + style.label_size * 1.2


def _equalise(
    graph: "nx.MultiDiGraph[str]", structure: Structure, boxes: dict[str, Rectangle], alike: bool
) -> dict[str, Rectangle]:
    """Shapes of one kind look alike: all factors, all observed cores, the indicators of each core (or all of them)."""
    groups: list[list[str]] = [
        [name for name in structure.cores if graph.nodes[name]["kind"] == kind] for kind in SHAPES
    ]
    height = max((boxes[name].height for names in structure.indicators.values() for name in names), default=0.0)
    together: dict[int, list[str]] = defaultdict(list)
    for core, items in structure.indicators.items():
        together[0 if alike else structure.ranks[core]] += items
    groups += together.values()
    groups.append([name for names in structure.satellites.values() for name in names])
    result = dict(boxes)
    for position, names in enumerate(groups):
        if not names:
            continue
        usual = find_usual([boxes[name].width for name in names])
        tall = max(boxes[name].height for name in names)
        if position >= len(SHAPES) and tall > 0.6 * height:
            tall = height if height < 1.5 * tall else tall
        for name in names:
            result[name] = Rectangle(0, 0, max(usual, boxes[name].width), tall)
    return result


def find_usual(widths: list[float]) -> float:
    """The largest width that is not far above the middle one: a single long name does not widen all others."""
    middle = sorted(widths)[len(widths) // 2]
    return max(width for width in widths if width <= 1.3 * middle)


LONGEST_COLUMN = 14
"""A single factor with more indicators than this has them on both sides."""


@dataclass(frozen=True)
class Block:
    """A core at (0, 0) with its indicators around it.

    extents  the places with the outer room that variances need; bounds holds them all
    """

    core: str
    side: Side
    places: Mapping[str, Rectangle]
    extents: Mapping[str, Rectangle]
    bounds: Rectangle


def build_block(core: str, side: Side, structure: Structure, measures: Measures, spacing: Spacing) -> Block:
    """Place the indicators of a core in a column or a row on one side of it, in the order of the spec."""
    names = structure.indicators.get(core, ())
    box = measures.nodes[core]
    places: dict[str, Rectangle] = {core: box}
    if names:
        items = [measures.nodes[name] for name in names]
        label = max((measures.labels.get(key, 0.0) for key in _find_keys(core, names)), default=0.0)
        divided = _divide(core, names, side, structure)
        if divided is not None:
            placed = [
                place
                for part, at in divided
                for place in _place_items(
                    box, [measures.nodes[name] for name in part], at, spacing, label, measures.number
                )
            ]
            names = tuple(name for part, _ in divided for name in part)
        else:
            placed = _place_items(box, items, side, spacing, label, measures.number)
            if side in ("left", "right"):
                reach = _find_reach(core, structure, measures, spacing)
                placed = [
                    replace(place, x=(reach + place.width / 2) * (-1 if side == "left" else 1)) for place in placed
                ]
        placed_names = dict(zip(names, placed, strict=True))
        places.update((name, placed_names[name]) for name in structure.indicators[core])
        places.update(_place_satellites(structure, measures, places, side, spacing))
    extents = {
        name: _extend(place, find_actual_side(side, place, box), measures.outer) if name != core else place
        for name, place in places.items()
    }
    return Block(core, side, places, extents, compute_bounds(list(extents.values())))


def _find_reach(core: str, structure: Structure, measures: Measures, spacing: Spacing) -> float:
    """From the middle of a core to the near edge of its indicators: the same for all cores of its rank."""
    peers = [name for name in structure.cores if structure.ranks[name] == structure.ranks[core]]
    return max(_reach_column(name, structure, measures, spacing) for name in peers if structure.indicators.get(name))


def _reach_column(core: str, structure: Structure, measures: Measures, spacing: Spacing) -> float:
    """Half the core and the room of its fan; long columns need a longer one, or the outer loadings run along them."""
    names = structure.indicators[core]
    label = max((measures.labels.get(key, 0.0) for key in _find_keys(core, names)), default=0.0)
    wide = max(spacing.fan, label + 7 + 0.6 * max(0.0, label - 35))
    return measures.nodes[core].width / 2 + wide + spacing.fan / 9 * max(0, len(names) - 4)


def _divide(
    core: str, names: tuple[str, ...], side: Side, structure: Structure
) -> tuple[tuple[tuple[str, ...], Side], ...] | None:
    """The indicators of both sides of a core, where it has them on two; otherwise None.

    What forms a core stands opposite what it shows itself in; many indicators of a single factor are halved.
    """
    effects = tuple(name for name in names if (core, name) in structure.loadings)
    if 0 < len(effects) < len(names):
        return (tuple(name for name in names if name not in effects), OPPOSITE[side]), (effects, side)
    if len(names) > LONGEST_COLUMN and len(structure.cores) == 1:
        half = (len(names) + 1) // 2
        return (names[:half], "left"), (names[half:], "right")
    return None


def find_actual_side(side: Side, item: Rectangle, core: Rectangle) -> Side:
    """The side of a core on which an indicator is: that of its block, or for a divided column the other one."""
    if side in ("left", "right"):
        return "left" if item.x < core.x else "right"
    return "top" if item.y < core.y else "bottom"


def _find_keys(core: str, names: tuple[str, ...]) -> list[str]:
    return [f"{core} =~ {name}" for name in names] + [f"{core} <~ {name}" for name in names]


def _place_items(
    box: Rectangle, items: list[Rectangle], side: Side, spacing: Spacing, label: float, number: float
) -> list[Rectangle]:
    if side in ("left", "right"):
        return _place_column(box, items, side, spacing, label)
    return _place_row(box, items, side, spacing, label, number)


def _place_column(
    box: Rectangle, items: list[Rectangle], side: Side, spacing: Spacing, label: float
) -> list[Rectangle]:
    pitch = max(item.height for item in items) + spacing.item
    width = max(item.width for item in items)
    # Long columns need a longer fan, or the outer loadings run along the column.
    gap = max(spacing.fan, label + 7 + 0.6 * max(0.0, label - 35)) + spacing.fan / 9 * max(0, len(items) - 4)
    x = (box.width / 2 + gap + width / 2) * (-1 if side == "left" else 1)
    top = -pitch * (len(items) - 1) / 2
    return [item.moved(x, top + pitch * k) for k, item in enumerate(items)]


def _place_row(
    box: Rectangle, items: list[Rectangle], side: Side, spacing: Spacing, label: float, number: float
) -> list[Rectangle]:
    width, height = max(item.width for item in items), max(item.height for item in items)
    pitch = max(width + 0.7 * spacing.item, spacing.number_share * min(label, 40.0) + 2, number + 0.8 * spacing.item)
    # Numbers wider than the pitch stand at several heights.
    gap = spacing.fan * 0.92 + max(0.0, label - 30) * 0.4 + spacing.fan / 8 * max(0, len(items) - 3)
    y = (box.height / 2 + gap + height / 2) * (-1 if side == "top" else 1)
    first = -pitch * (len(items) - 1) / 2
    return [item.moved(first + pitch * k, y) for k, item in enumerate(items)]


def _place_satellites(
    structure: Structure, measures: Measures, places: Mapping[str, Rectangle], side: Side, spacing: Spacing
) -> dict[str, Rectangle]:
    """Covariates of single indicators stand beyond them, on the outer side."""
    found: dict[str, Rectangle] = {}
    for at, names in structure.satellites.items():
        if at not in places:
            continue
        for k, name in enumerate(names):
            box, anchor = measures.nodes[name], places[at]
            step = k - (len(names) - 1) / 2
            if side in ("left", "right"):
                away = (anchor.width / 2 + spacing.satellite + box.width / 2) * (-1 if side == "left" else 1)
                found[name] = box.moved(anchor.x + away, anchor.y + step * (box.height + 2))
            else:
                away = (anchor.height / 2 + spacing.satellite + box.height / 2) * (-1 if side == "top" else 1)
                found[name] = box.moved(anchor.x + step * (box.width + 2), anchor.y + away)
    return found


def _extend(box: Rectangle, side: Side, outer: tuple[float, float]) -> Rectangle:
    across, down = outer
    moves = {"left": (-across, 0.0), "right": (across, 0.0), "top": (0.0, -down), "bottom": (0.0, down)}
    return compute_bounds([box, box.moved(*moves[side])])
