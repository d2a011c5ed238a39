"""Names and numbers → the sizes of the shapes, before they have a place; and the distances that are kept."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from sem_toolkit.diagram.content.canvas import Canvas
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.content.words import format_name, format_r2
from sem_toolkit.diagram.geometry.metrics import (
    LINE_SPACING,
    measure_line,
    measure_lines,
    measure_text,
    split_breakable,
    wrap_text,
)
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.libraries import nx

Side = Literal["left", "right", "top", "bottom"]
OPPOSITE: Mapping[Side, Side] = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
SHAPES = {"latent": "ellipse", "composite": "hexagon", "observed": "rectangle", "constant": "triangle"}

LETTER, CLEAR_OF_OUTLINE = 0.73, 1.5
"""Height of a capital in font sizes, and how far a name keeps from the outline of its ellipse, in points."""


@dataclass(frozen=True)
class Spacing:
    """Distances in points; `grow` widens those that make room for text and lines when something is hit.

    rank   between columns of cores; fan: from a core to its indicators; item: between indicators of a column
    block  between blocks of a column; padding: around names, 1 for the usual
    least  height of the lowest shape of an observed variable
    number_share  how much of a number's width the indicators of a row are apart; the rest stands at another height
    beside  whether indicators of a row are so wide that tracks end on both sides of their variances
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
    beside: bool = True

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
    more_lines  by how much the highest number of a path is higher than one line
    variances  how they are drawn where no means are; otherwise "clean"
    """

    nodes: Mapping[str, Rectangle]
    lines: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, float]
    outer: tuple[float, float]
    number: float = 0.0
    more_lines: float = 0.0
    variances: str = "clean"

    @property
    def widest_label(self) -> float:
        return max(self.labels.values(), default=0.0)

    def find_number(self, one: str, other: str) -> float:
        """Width of the widest number of the directed paths between two variables."""
        keys = [f"{a} {sign} {b}" for a, b in ((one, other), (other, one)) for sign in ("~", "=~")]
        return max(self.labels.get(key, 0.0) for key in keys)


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
            across, down = max(42, width * 1.12 + 14 * pad), max(27, height * 1.3 + 9 * pad)
            boxes[name] = _build_box(max(across, _find_ellipse_width(lines[name], down, style)), down)
        elif kind == "composite":
            boxes[name] = _build_box(max(46, width + 30 * pad), max(26, height + 12 * pad))
        else:
            boxes[name] = _build_box(max(20, width + 8 * pad), max(spacing.least, height + 5 * pad))
    sizes = {
        key: measure_text(canvas.format_number(data), style.label_size, style.font)
        for _, _, key, data in graph.edges(keys=True, data=True)
    }
    variances = [sizes[key] for *_, key, role in graph.edges(keys=True, data="role") if role == "variance"]
    labels = {key: sizes[key].width for *_, key, role in graph.edges(keys=True, data="role") if role != "variance"}
    number = max((size.width for size in variances), default=0.0)
    line = style.label_size * LINE_SPACING
    tall = max((size.height for size in variances), default=line)
    more_lines = max((sizes[key].height - line for key in labels), default=0.0)
    alike = bool(canvas.hints.stages) or structure.two_sided is not None
    nodes = _equalise(graph, structure, boxes, alike)
    shown = "clean" if style.intercepts else style.variances
    return Measures(nodes, lines, labels, _find_outer_room(style, number, tall), number, more_lines, shown)


def _find_ellipse_width(lines: tuple[str, ...], height: float, style: DiagramStyle) -> float:
    """Width at which an ellipse so high holds every line with its letters clear of the outline, in points."""
    step = style.font_size * LINE_SPACING
    widest = 0.0
    for k, line in enumerate(lines):
        reach = abs(k - (len(lines) - 1) / 2) * step + LETTER * style.font_size / 2
        half = measure_line(line, style.font_size, style.font) / 2 + CLEAR_OF_OUTLINE
        widest = max(widest, 2 * half / max(0.3, 1 - (2 * reach / height) ** 2) ** 0.5)
    return widest


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


def _find_outer_room(style: DiagramStyle, number: float, tall: float) -> tuple[float, float]:
    if style.variances == "clean" and style.intercepts:
        return 26.0, 26.0
    if style.variances == "clean":
        return 0.0, 0.0
    reach = 14.0 if style.variances == "lisrel" else 19.0
    return reach + number, reach + tall


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
        if alike and position >= len(SHAPES):
            tall = find_usual([boxes[name].height for name in names])
        for name in names:
            result[name] = Rectangle(0, 0, max(usual, boxes[name].width), max(tall, boxes[name].height))
    return result


def find_usual(widths: list[float]) -> float:
    """The largest width that is not far above the middle one: a single long name does not widen all others."""
    middle = sorted(widths)[len(widths) // 2]
    return max(width for width in widths if width <= 1.3 * middle)
