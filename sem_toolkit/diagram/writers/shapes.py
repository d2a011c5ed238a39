"""Scene → shapes of Office files, with every path glued to its variables where Office has a connector for its course.

Straight paths hold on to a connection site exactly where they end. Curved ones are two connectors that meet in the box
of their number, as the bend of a single one would be drawn differently by every program; they hold on to the middles
of sides, and in Word, whose rivals draw what is written there, exactly where they end. What takes another course, such
as the loop of a variance, is a free curve.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from sem_toolkit.diagram.geometry.curves import compute_points, flatten_curve, is_straight
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle
from sem_toolkit.diagram.scene.connections import Port, collect_boxes, find_ports
from sem_toolkit.diagram.scene.elements import EdgeShape, Scene, TextItem, grow_halo
from sem_toolkit.diagram.writers.connectors import (
    Anchor,
    Half,
    build_anchor,
    build_half,
    choose_half,
    is_nearly_straight,
    measure_deviation,
    runs_in_tracks,
)
from sem_toolkit.diagram.writers.drawing_ml import (
    SIDES,
    Element,
    build_box,
    build_connector,
    build_curve,
    build_variable,
    list_sides,
)

KNOT = 1.0
"""Width of the invisible shape in which the halves of a curved path without a number meet, in points."""

KINK = 4.0
"""How much further than a straight connector a curved one may run from its path, as it has no kink, in points."""


def build_shapes(scene: Scene, exact: bool = False) -> tuple[Element, ...]:
    """All elements of a scene, the lowest first: stages, paths, numbers, variables, texts.

    exact  whether curved paths hold on to where they end; programs that lead connectors anew need the middles of sides
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
            item = TextItem("", label.lines, label.box, label.font_size, label.colour)
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
            connector = self._connect(edge, port, course, build_anchor(knot, side, box), mark)
            if connector is None:
                return []
            halves.append(connector)
        return halves

    def _connect(self, edge: EdgeShape, port: Port, course: FloatArray, knot: Anchor, mark: bool) -> Element | None:
        """The connector that leads from a port to the knot as the course does; None where there is none."""
        half = self._follow(edge, port, course, knot, mark) if self.exact else None
        if half is None and is_nearly_straight(course, knot):
            ends, glue = (course[0], knot.point), (self._glue(port), (knot.shape, knot.site))
            return build_connector(self._count(), edge, "line", ends, glue, (mark, False))
        half = half or choose_half(self.numbers[port.name], self.boxes[port.name], course[0], knot, mark)
        if half is None:
            return None
        kind = f"{'bent' if runs_in_tracks(edge.curve) else 'curved'}Connector{half.bends + 1}"
        glue = ((half.first.shape, half.first.site), (half.last.shape, half.last.site))
        ends, upright = (half.first.point, half.last.point), half.first.is_upright
        return build_connector(self._count(), edge, kind, ends, glue, half.marks, upright)

    def _follow(self, edge: EdgeShape, port: Port, course: FloatArray, knot: Anchor, mark: bool) -> Half | None:
        """A connector from where the path really ends; None where none leaves there, or a line follows it better."""
        number, site = self._glue(port)
        starts = [Anchor(number, side, course[0], site) for side in list_sides(port.across, port.down)]
        halves = [half for half in (build_half(start, knot, mark) for start in starts) if half is not None]
        if runs_in_tracks(edge.curve) or not is_nearly_straight(course, knot):
            return min(halves, key=lambda half: half.bends, default=None)
        # A bow, but none that bends to both sides.
        bows = [(measure_deviation(course, half.draw_curved()), half) for half in halves if half.bends == 1]
        deviation, half = min(bows, key=lambda bow: bow[0], default=(np.inf, None))
        line = measure_deviation(course, np.array([course[0], knot.point]))
        return half if deviation < line + min(line, KINK) else None


def _find_middle(edge: EdgeShape) -> Rectangle:
    ((x, y),) = compute_points(flatten_curve(edge.curve, 24), np.array([0.5]))[0]
    return Rectangle(float(x), float(y), KNOT, KNOT)


def _find_sides(points: FloatArray, middle: int) -> tuple[int, int]:
    """The sides of a knot by which a course comes in and goes on, from its direction at the point number `middle`."""
    dx, dy = points[min(middle + 1, len(points) - 1)] - points[max(middle - 1, 0)]
    if abs(dx) >= abs(dy):
        return (1, 3) if dx > 0 else (3, 1)
    return (0, 2) if dy > 0 else (2, 0)


def _iterate_titles(scene: Scene) -> Iterator[TextItem]:
    size, colour = scene.style.font_size, scene.style.colours.band_text
    for band in scene.bands:
        yield TextItem(f"title of {band.title}", (band.title,), band.title_box, size, colour, bold=True)
