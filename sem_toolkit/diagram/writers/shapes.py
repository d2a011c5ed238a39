"""Scene → shapes of Office files, with every path glued to its variables where Office has a connector for its course.

Straight paths hold on to a connection site exactly where they end. Curved ones are two connectors that meet in the box
of their number, as the bend of a single one would be drawn differently by every program; they hold on to the middles
of sides, and in Word, whose rivals draw what is written there, exactly where they end if they run in tracks. What takes
another course, such as the loop of a variance, is a free curve.
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
    Element,
    build_box,
    build_connector,
    build_curve,
    build_variable,
    find_side,
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
    """One end of a connector: a connection site of a shape, and the side to which it leaves there."""

    shape: int
    side: int
    point: FloatArray
    site: int

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

    def build(self, number: int, edge: EdgeShape) -> Element:
        """The connector: curved where the path is one curve, with right angles where it runs in tracks."""
        kind = f"{'curved' if len(edge.curve) == 4 else 'bent'}Connector{self.bends + 1}"
        sites = ((self.first.shape, self.first.site), (self.last.shape, self.last.site))
        ends, upright = (self.first.point, self.last.point), self.first.is_upright
        return build_connector(number, edge, kind, ends, sites, self.marks, upright)


def build_shapes(scene: Scene, exact: bool = False) -> tuple[Element, ...]:
    """All elements of a scene, the lowest first: stages, paths, numbers, variables, texts.

    exact  whether paths in tracks hold on to where they end; programs that lead connectors anew need middles of sides
    """
    return tuple(_Shapes(scene, exact).iterate())


class _Shapes:
    """Hands out the numbers by which connectors name shapes."""

    def __init__(self, scene: Scene, exact: bool) -> None:
        self.scene, self.boxes, self.exact = scene, collect_boxes(scene), exact
        self.numbers = {node.name: 2 + k for k, node in enumerate(scene.nodes)}
        self._next = 2 + len(scene.nodes)
        self.ports: dict[str, list[Port]] = defaultdict(list)

    def iterate(self) -> Iterator[Element]:
        scene = self.scene
        for band in scene.bands:
            yield build_box(self._count(), f"stage {band.title}", band.box, band.fill)
        knots: list[Element] = []
        for edge in scene.edges:
            knot, number = self._build_knot(edge)
            knots += [] if knot is None else [knot]
            yield from self._iterate_path(edge, number)
        for edge in scene.samples:
            marks = (edge.tail, edge.head)
            yield build_connector(self._count(), edge, "line", (edge.curve[0], edge.curve[-1]), (None, None), marks)
        yield from knots
        for node in scene.nodes:
            yield build_variable(scene, node, self.numbers[node.name], self.ports[node.name])
        for item in (*scene.texts, *_iterate_titles(scene)):
            yield build_box(self._count(), item.key, item.box, None, item)

    def _count(self) -> int:
        self._next += 1
        return self._next - 1

    def _build_knot(self, edge: EdgeShape) -> tuple[Element | None, int]:
        """The box of a path's number, or an invisible one in the middle of a curve; with its number as a shape."""
        label, number = edge.label, self._count()
        if label is not None:
            item = TextItem("", (label.text,), label.box, label.font_size, label.colour)
            ground = self.scene.find_ground(label.box)
            return build_box(number, f"number of {edge.key}", grow_halo(label.box), ground, item), number
        if is_straight(edge.curve):
            return None, number
        return build_box(number, f"bend of {edge.key}", _find_middle(edge), None), number

    def _iterate_path(self, edge: EdgeShape, knot: int) -> Iterator[Element]:
        start, end = find_ports(edge, self.boxes)
        if is_straight(edge.curve):
            glue = (None if start is None else self._glue(start), None if end is None else self._glue(end))
            ends, marks = (edge.curve[0], edge.curve[-1]), (edge.tail, edge.head)
            yield build_connector(self._count(), edge, "line", ends, glue, marks)
            return
        halves = [] if start is None or end is None else self._build_halves(edge, start, end, knot)
        if halves:
            yield from halves
        else:
            yield build_curve(self._count(), edge)

    def _glue(self, port: Port) -> tuple[int, int]:
        """The shape of a port and the number of the port's own connection site."""
        ports = self.ports[port.name]
        if port not in ports:
            ports.append(port)
        return self.numbers[port.name], len(SIDES) + ports.index(port)

    def _build_halves(self, edge: EdgeShape, start: Port, end: Port, knot: int) -> list[Element]:
        """Two connectors that meet in the knot; none where no connector takes such a course."""
        box = grow_halo(edge.label.box) if edge.label is not None else _find_middle(edge)
        points = flatten_curve(edge.curve, 24)
        middle = int(np.argmin(np.hypot(*(points - [box.x, box.y]).T)))
        enter, leave = _find_sides(points, middle)
        ends = ((start, points[: middle + 1], enter, edge.tail), (end, points[: middle - 1 : -1], leave, edge.head))
        halves: list[Element] = []
        for port, course, side, mark in ends:
            anchor = _build_anchor(knot, side, box)
            follows = self.exact and len(edge.curve) > 4
            half = _build_half(self._build_port(port, course), anchor, mark) if follows else None
            if half is None and _is_nearly_straight(course, anchor):
                glue = (self._glue(port), (knot, side))
                straight = (course[0], anchor.point)
                halves.append(build_connector(self._count(), edge, "line", straight, glue, (mark, False)))
                continue
            half = half or self._choose_half(port, course[0], anchor, mark)
            if half is None:
                return []
            halves.append(half.build(self._count(), edge))
        return halves

    def _build_port(self, port: Port, course: FloatArray) -> Anchor:
        """Where a path really ends, which it leaves as its course does."""
        number, site = self._glue(port)
        return Anchor(number, find_side(port.across, port.down), course[0], site)

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
    return Anchor(shape, side, np.array([box.left + across * box.width, box.top + down * box.height]), side)


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
