"""Scene → the elements of a slide, with every path glued to its variables where Office has a connector for its course.

Straight paths hold on to a connection site exactly where they end. Curved ones are two connectors that meet in the box
of their number, as the bend of a single one would be drawn differently by every program; they hold on to the middles
of sides. What takes another course, such as the loop of a variance, is a free curve.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle, compute_points, flatten_curve, is_straight
from sem_toolkit.diagram.scene.connections import Port, collect_boxes, find_ports
from sem_toolkit.diagram.scene.elements import EdgeShape, Scene, TextItem, grow_halo
from sem_toolkit.diagram.writers.drawing_ml import (
    SIDES,
    format_box,
    format_connector,
    format_curve,
    format_text,
    format_variable,
)

KNOT = 1.0
"""Width of the invisible shape in which the halves of a curved path without a number meet, in points."""

LEAST_STEP = 2.0
"""How far a bent connector goes at least in the direction of each of its ends, in points."""

NEARLY, NEARLY_SHARE = 4.0, 0.12
"""How far a course may run beside a straight connector that stands for it: in points, or as a share of its length."""

NORMALS = np.array([[0, -1], [-1, 0], [0, 1], [1, 0]], dtype=float)
"""The directions in which paths leave the sides of a shape, in the order of SIDES."""


@dataclass(frozen=True)
class Anchor:
    """One end of a connector: the middle of a shape's side."""

    shape: int
    side: int
    point: FloatArray

    @property
    def normal(self) -> FloatArray:
        return np.asarray(NORMALS[self.side])

    @property
    def is_upright(self) -> bool:
        return self.side in (0, 2)


@dataclass(frozen=True)
class Half:
    """A connector between a variable and a knot.

    marks  which of its two ends have arrowheads
    site   where it holds on to the variable
    """

    first: Anchor
    last: Anchor
    bends: int
    marks: tuple[bool, bool]
    site: FloatArray

    def format(self, number: int, edge: EdgeShape) -> str:
        """The connector as XML: curved where the path is one curve, with right angles where it runs in tracks."""
        kind = f"{'curved' if len(edge.curve) == 4 else 'bent'}Connector{self.bends + 1}"
        sites = ((self.first.shape, self.first.side), (self.last.shape, self.last.side))
        ends, upright = (self.first.point, self.last.point), self.first.is_upright
        return format_connector(number, edge, kind, ends, sites, self.marks, upright)


def build_slide(scene: Scene) -> tuple[str, ...]:
    """All elements of a scene as XML, the lowest first: stages, paths, numbers, variables, texts."""
    return tuple(_Slide(scene).iterate())


class _Slide:
    """Hands out the numbers by which connectors name shapes."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.boxes = scene, collect_boxes(scene)
        self.numbers = {node.name: 2 + k for k, node in enumerate(scene.nodes)}
        self._next = 2 + len(scene.nodes)
        self.ports: dict[str, list[Port]] = defaultdict(list)

    def iterate(self) -> Iterator[str]:
        scene = self.scene
        for band in scene.bands:
            yield format_box(self._count(), f"stage {band.title}", band.box, band.fill, "")
        knots: list[str] = []
        for edge in scene.edges:
            knot, number = self._build_knot(edge)
            knots.append(knot)
            yield from self._iterate_path(edge, number)
        for edge in scene.samples:
            marks = (edge.tail, edge.head)
            yield format_connector(self._count(), edge, "line", (edge.curve[0], edge.curve[-1]), (None, None), marks)
        yield from filter(None, knots)
        for node in scene.nodes:
            yield format_variable(scene, node, self.numbers[node.name], self.ports[node.name])
        for item in (*scene.texts, *_iterate_titles(scene)):
            yield format_box(self._count(), item.key, item.box, None, format_text(scene, item))

    def _count(self) -> int:
        self._next += 1
        return self._next - 1

    def _build_knot(self, edge: EdgeShape) -> tuple[str, int]:
        """The box of a path's number, or an invisible one in the middle of a curve; with its number as a shape."""
        label, number = edge.label, self._count()
        if label is not None:
            item = TextItem("", (label.text,), label.box, label.font_size, label.colour)
            ground, text = self.scene.find_ground(label.box), format_text(self.scene, item)
            return format_box(number, f"number of {edge.key}", grow_halo(label.box), ground, text), number
        if is_straight(edge.curve):
            return "", number
        return format_box(number, f"bend of {edge.key}", _find_middle(edge), None, ""), number

    def _iterate_path(self, edge: EdgeShape, knot: int) -> Iterator[str]:
        start, end = find_ports(edge, self.boxes)
        if is_straight(edge.curve):
            glue = (self._glue(start), self._glue(end))
            ends, marks = (edge.curve[0], edge.curve[-1]), (edge.tail, edge.head)
            yield format_connector(self._count(), edge, "line", ends, glue, marks)
            return
        halves = [] if start is None or end is None else self._build_halves(edge, start, end, knot)
        if halves:
            yield from halves
        else:
            yield format_curve(self._count(), edge)

    def _glue(self, port: Port | None) -> tuple[int, int] | None:
        """The shape of a port and the number of the port's own connection site."""
        if port is None:
            return None
        ports = self.ports[port.name]
        if port not in ports:
            ports.append(port)
        return self.numbers[port.name], len(SIDES) + ports.index(port)

    def _build_halves(self, edge: EdgeShape, start: Port, end: Port, knot: int) -> list[str]:
        """Two connectors that meet in the knot; none where no connector takes such a course."""
        box = grow_halo(edge.label.box) if edge.label is not None else _find_middle(edge)
        points = flatten_curve(edge.curve, 24)
        middle = int(np.argmin(np.hypot(*(points - [box.x, box.y]).T)))
        enter, leave = _find_sides(points, middle)
        ends = ((start, points[: middle + 1], enter, edge.tail), (end, points[: middle - 1 : -1], leave, edge.head))
        halves: list[str] = []
        for port, course, side, mark in ends:
            anchor = _build_anchor(knot, side, box)
            if _is_nearly_straight(course, anchor):
                glue = (self._glue(port), (knot, side))
                straight = (course[0], anchor.point)
                halves.append(format_connector(self._count(), edge, "line", straight, glue, (mark, False)))
                continue
            half = self._choose_half(port, course[0], anchor, mark)
            if half is None:
                return []
            halves.append(half.format(self._count(), edge))
        return halves

    def _choose_half(self, port: Port, point: FloatArray, knot: Anchor, mark: bool) -> "Half | None":
        """The connector of fewest bends, from the side of the variable that is nearest to where the path ends."""
        number, box = self.numbers[port.name], self.boxes[port.name]
        anchors = [_build_anchor(number, side, box) for side in range(len(SIDES))]
        halves = [half for half in (_build_half(anchor, knot, mark) for anchor in anchors) if half is not None]
        return min(
            halves, key=lambda half: half.bends + float(np.hypot(*(half.site - point))) / box.width, default=None
        )


def _build_anchor(shape: int, side: int, box: Rectangle) -> Anchor:
    across, down = SIDES[side]
    return Anchor(shape, side, np.array([box.left + across * box.width, box.top + down * box.height]))


def _find_middle(edge: EdgeShape) -> Rectangle:
    ((x, y),) = compute_points(flatten_curve(edge.curve, 24), np.array([0.5]))[0]
    return Rectangle(float(x), float(y), KNOT, KNOT)


def _find_sides(points: FloatArray, middle: int) -> tuple[int, int]:
    """The sides of a knot by which a course comes in and goes on, from its direction at the point number `middle`."""
    dx, dy = points[min(middle + 1, len(points) - 1)] - points[max(middle - 1, 0)]
    if abs(dx) >= abs(dy):
        return (1, 3) if dx > 0 else (3, 1)
    return (0, 2) if dy > 0 else (2, 0)


def _is_nearly_straight(course: FloatArray, anchor: Anchor) -> bool:
    """Whether a line to the anchor runs as the course does until there."""
    start, step = course[0], anchor.point - course[0]
    length = float(np.hypot(*step))
    along = (course - start) @ step / max(length, 1e-9)
    before = course[along < length] - start
    deviation = np.abs(before @ np.array([-step[1], step[0]])) / max(length, 1e-9)
    return bool(deviation.max(initial=0.0) < max(NEARLY, NEARLY_SHARE * length))


def _build_half(variable: Anchor, knot: Anchor, mark: bool) -> Half | None:
    """A connector from a variable to the knot; None where it would have to bend more than Office's do."""
    step = knot.point - variable.point
    goes_out = step @ variable.normal > LEAST_STEP
    if variable.is_upright == knot.is_upright:
        if not goes_out or variable.side == knot.side:
            return None
        return Half(variable, knot, 2, (mark, False), variable.point)
    if not goes_out or -step @ knot.normal <= LEAST_STEP:
        return None
    # Office's connector of one bend leaves sidewards.
    if variable.is_upright:
        return Half(knot, variable, 1, (False, mark), variable.point)
    return Half(variable, knot, 1, (mark, False), variable.point)


def _iterate_titles(scene: Scene) -> Iterator[TextItem]:
    size, colour = scene.style.font_size, scene.style.colours.band_text
    for band in scene.bands:
        yield TextItem(f"title of {band.title}", (band.title,), band.title_box, size, colour, bold=True)
