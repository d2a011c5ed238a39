"""A path between two variables that have their places → the courses that it may take, the plainest first."""

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import TypeAlias

import numpy as np

from sem_toolkit.diagram.content.canvas import Canvas
from sem_toolkit.diagram.courses.candidates import (
    build_between_sides,
    build_bracket,
    build_level,
    build_loop,
    build_spike,
    build_straight,
    build_to_side,
    iterate_covariance,
    iterate_directed,
    iterate_outer_arcs,
)
from sem_toolkit.diagram.courses.sides import Sides
from sem_toolkit.diagram.courses.stubs import Arrival, build_stubs, find_end_share
from sem_toolkit.diagram.courses.tracks import build_tracks
from sem_toolkit.diagram.geometry.curves import build_line, smooth_polyline
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING, TextSize
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle, compute_bounds, find_boundary
from sem_toolkit.diagram.places.bands import PADDING
from sem_toolkit.diagram.places.constants import name_constant
from sem_toolkit.diagram.places.measures import SHAPES, Measures, Side
from sem_toolkit.diagram.places.placement import Placement
from sem_toolkit.diagram.places.track_ends import find_half_gap
from sem_toolkit.diagram.places.two_sides import find_variance_side

ELSEWHERE = 150.0
"""What an arc between indicators, or factors of a measurement model, costs that is not on their outer side: a family
stays together even at crossings.
"""

NOWHERE_ELSE = 5000.0
"""What an arc costs that is not on the side to which it is pinned."""

Edge: TypeAlias = tuple[str, str, str, Mapping[str, object]]
"""Source, target, key and attributes of an edge of the path graph."""

Course: TypeAlias = tuple[float, FloatArray]
"""What the shape of a course costs, and its curve."""


class Choices:
    """The variables at their places, the paths between them, and what the courses of some have in common.

    edges   the paths that are drawn
    stubs   loadings that arrive level, as their numbers are wide or they go up beside a stack, and variances that
            arrive below such → their course
    tracks  covariances of indicators that stand nested → their course
    """

    def __init__(
        self,
        canvas: Canvas,
        placement: Placement,
        measures: Measures,
        numbers: Mapping[str, TextSize],
        titles: list[Rectangle],
    ) -> None:
        """Take what is to be drawn.

        numbers  sizes of the texts of variances and covariances
        titles   of the grounds of stages
        """
        graph, structure, style = canvas.graph, canvas.structure, canvas.style
        self.graph, self.structure, self.placement, self.style = graph, structure, placement, style
        self.numbers, self.outer, self.widths, self.arcs = numbers, measures.outer, measures.labels, canvas.arcs
        self.sides = Sides(structure, placement, find_variance_side(structure, measures))
        self.names = list(placement.places)
        self.number = {name: k for k, name in enumerate(self.names)}
        self.boxes = [placement.places[name] for name in self.names]
        kinds = [graph.nodes[name]["kind"] if name in graph else "constant" for name in self.names]
        self.kinds = [SHAPES[kind] for kind in kinds]
        self.edges: list[Edge] = [
            (name_constant(source) if data["role"] == "intercept" else source, target, key, data)
            for source, target, key, data in graph.edges(keys=True, data=True)
            if key not in canvas.matrix and source in self.number and target in self.number
        ]
        # Arcs keep clear of the variances in the middle of the outer sides.
        self.insets = (0.35, 0.0) if style.variances == "clean" else (0.85, 0.35)
        always = structure.two_sided is not None and structure.figure is None
        line = style.label_size * LINE_SPACING + measures.more_lines
        arrivals = [*self._iterate_arrivals(), *self._iterate_arriving_variances()]
        self.stubs = build_stubs(arrivals, line, always)
        self.stubs |= dict(self._iterate_ladders())
        # Above indicators that touch the top of a stage the tracks begin over its title.
        above = max((title.height + 2 * PADDING for title in titles), default=0.0)
        rooms = {"top": max(self.outer[1], above), "bottom": self.outer[1]}
        half_gaps = {a: find_half_gap(measures) for a, _, _, data in self.edges if data["role"] == "variance"}
        self.tracks = build_tracks(self._collect_families(), placement.places, rooms, line / LINE_SPACING, half_gaps)

    def iterate(self, source: str, target: str, role: str, key: str, below: float = np.inf) -> Iterator[Course]:
        """The courses of a path with the cost of their shape; arcs only that cost less than `below`."""
        a, b = self.number[source], self.number[target]
        tail, head, tail_shape, head_shape = self.boxes[a], self.boxes[b], self.kinds[a], self.kinds[b]
        if role == "covariance":
            pinned = self.arcs.get(key)
            side = pinned or self.sides.find_outer_side(source, target)
            across, down = self.outer
            room = across if side in ("left", "right") else down
            if key in self.tracks:
                yield 0.0, self.tracks[key]
            if not pinned and self.sides.is_in_figure(source, target) and self.sides.is_slanting(source, target):
                yield 0.0, build_straight(tail, tail_shape, head, head_shape)
            if not pinned:
                facing = self.sides.is_between_rows(source, target)
                yield from self._iterate_plain_covariance(tail, tail_shape, head, head_shape, side, key, facing)
            if room > 0 and side is not None and {source, target} <= set(self.structure.owner):
                yield from iterate_outer_arcs(tail, head, side, room)
            items = {source, target} <= set(self.structure.owner)
            together = side is not None and (items or not self.structure.links or self.sides.are_plain(source, target))
            beside = key in self.numbers and (items or together)
            roomy = self.numbers[key].width / 2 + 3 if beside else 9.0
            elsewhere = NOWHERE_ELSE if pinned else ELSEWHERE if together else 26.0
            yield from iterate_covariance(
                tail, tail_shape, head, head_shape, side, self.insets, roomy, elsewhere, below
            )
        elif role == "variance":
            if key in self.stubs:
                yield 0.0, self.stubs[key]
            yield from self._iterate_loops(source)
        elif role == "intercept":
            yield 0.0, build_level(tail, tail_shape, head, head_shape)
        else:
            side = self.sides.find_facing_side(source, target, role)
            if role == "loading" and self.sides.is_in_figure(source, target):
                yield 0.0, self._build_to_port(source, target)
            elif key in self.stubs:
                yield 0.0, self.stubs[key]
            elif side is not None and role == "loading":
                yield 0.0, build_to_side(tail, tail_shape, head, side)
            elif side is not None and role == "weight":
                yield 0.0, build_to_side(head, head_shape, tail, side)[::-1]
            yield from self._iterate_regression(tail, tail_shape, head, head_shape, source, target)

    def _iterate_plain_covariance(
        self,
        tail: Rectangle,
        tail_shape: str,
        head: Rectangle,
        head_shape: str,
        side: Side | None,
        key: str,
        facing: bool,
    ) -> Iterator[Course]:
        """Straight between neighbours of a row or, where two rows are `facing` each other; around all else."""
        width = self.numbers[key].width if key in self.numbers else 0.0
        gap = abs(head.x - tail.x) - (head.width + tail.width) / 2
        if abs(head.y - tail.y) < 1.0 and gap > width + 18:
            yield 22.0, build_straight(tail, tail_shape, head, head_shape)
        figure = self.structure.figure
        if figure is not None and (figure.upright or facing) and abs(head.x - tail.x) < 1.0:
            yield 0.0, build_straight(tail, tail_shape, head, head_shape)
        elif figure is not None and figure.upright and abs(head.y - tail.y) > tail.height:
            # From above to below all rows, on the side on which one of the two stands.
            middle = compute_bounds(self.boxes).x
            away = max(tail.x - middle, head.x - middle, key=abs)
            yield from self._iterate_brackets(tail, head, "left" if away < 0 else "right", width, 0.0)
        if figure is not None and side in ("left", "right") and abs(head.x - tail.x) < 1.0:
            yield from self._iterate_brackets(tail, head, side, width, tail.width)

    def _iterate_brackets(
        self, tail: Rectangle, head: Rectangle, side: Side, width: float, least: float
    ) -> Iterator[Course]:
        """Around all that stands between two rows, if anything does.

        width  of the number that stands on the long piece
        least  no way around what reaches less far beyond the middle of both ends
        """
        low, high = sorted((tail.y, head.y))
        outwards = 1.0 if side == "right" else -1.0
        start = max(outwards * tail.x, outwards * head.x)
        between = [outwards * box.x + box.width / 2 for box in self.boxes if low < box.y < high]
        reach = max(between, default=start) - start
        if reach > least:
            for step in (22.0 + width / 2, 36.0 + width / 2, 60.0 + width / 2, 84.0 + width / 2):
                yield 8.0 + 0.1 * step, build_bracket(tail, head, side, reach + step, (0.0, 0.0), 14.0)

    def _iterate_regression(
        self, tail: Rectangle, tail_shape: str, head: Rectangle, head_shape: str, source: str, target: str
    ) -> Iterator[Course]:
        back = self.graph.has_edge(target, source) and any(
            data["role"] == "regression" for data in self.graph[target][source].values()
        )
        courses = iterate_directed(tail, tail_shape, head, head_shape)
        if self.sides.is_in_figure(source, target):
            width = self.widths.get(f"{target} ~ {source}", 0.0)
            courses = chain(courses, self._iterate_brackets(tail, head, "left", width, tail.width / 2))
        if not back and abs(tail.x - head.x) > head.width:
            # Past what stands above or below the target: to the middle of the side that looks at the source.
            side = "left" if tail.x < head.x else "right"
            figure = self.structure.figure
            if figure is not None and figure.ports and self.sides.is_in_figure(source, target):
                yield 0.0, build_between_sides(tail, head, side)
            courses = chain(islice(courses, 1), [(6.0, build_to_side(tail, tail_shape, head, side))], courses)
        for cost, curve in courses:
            # The two arrows of a feedback loop bend apart instead of lying on each other.
            if not (back and cost == 0.0):
                yield cost, curve

    def _iterate_loops(self, name: str) -> Iterator[Course]:
        box, kind = self.boxes[self.number[name]], self.kinds[self.number[name]]
        # Beside a triangle of the mean structure the variance moves to the other half of the side.
        shared = name_constant(name) in self.number and name in self.structure.owner
        for rank, angle in enumerate(self.sides.find_free_angles(name)):
            shift = -0.36 if shared and rank == 0 else 0.0
            if self.style.variances == "ram":
                yield 5.0 * rank, build_loop(box, kind, angle, 11.0, shift)
            else:
                yield 5.0 * rank, build_spike(box, kind, angle, 13.0, shift)

    def _build_to_port(self, source: str, target: str) -> FloatArray:
        """A straight loading in a figure; those that come from the same side of a rectangle arrive side by side."""
        places, kinds = self.placement.places, self.kinds
        tail, head = places[source], places[target]
        shape, end_shape = kinds[self.number[source]], kinds[self.number[target]]
        if end_shape != "rectangle":
            return build_straight(tail, shape, head, end_shape)
        others = [a for a, b in self.structure.loadings if b == target]
        figure = self.structure.figure
        if figure is not None and figure.turned and abs(tail.x - head.x) > (tail.width + head.width) / 2:
            right = tail.x > head.x
            others = sorted(
                (name for name in others if (places[name].x > head.x) == right), key=lambda name: places[name].y
            )
            reach = min(0.6 * head.height, 7.0 * len(others))
            end = np.array([head.right if right else head.left, head.y + find_end_share(source, others) * reach])
        else:
            below = tail.y > head.y
            others = sorted(
                (name for name in others if (places[name].y > head.y) == below), key=lambda name: places[name].x
            )
            reach = min(0.8 * head.width, 9.0 * len(others))
            end = np.array([head.x + find_end_share(source, others) * reach, head.bottom if below else head.top])
        return build_line(find_boundary(tail, shape, end), end)

    def _iterate_ladders(self) -> Iterator[tuple[str, FloatArray]]:
        """Loadings that go up or down beside a stack of indicators and then level to theirs."""
        places = self.placement.places
        for source, target, key, data in self.edges:
            if (
                data["role"] == "loading"
                and self.structure.owner.get(target) == source
                and target in self.placement.legs
            ):
                core, item, leg = places[source], places[target], self.placement.legs[target]
                corner = np.array([leg, item.y])
                share = min(1.0, abs(leg - core.x) / (core.width / 2))
                edge = core.height / 2 * (1 - share**2) ** 0.5 * (1 if item.y > core.y else -1)
                start = np.array([leg, core.y + edge])
                yield key, smooth_polyline(np.array([start, corner, [item.right, item.y]]), 5.0)

    def _iterate_arrivals(self) -> Iterator[Arrival]:
        """Loadings that meet their indicator at its left or right side."""
        places = self.placement.places
        for source, target, key, data in self.edges:
            if target in self.placement.legs:
                continue
            if (
                data["role"] != "loading"
                or not self.sides.is_in_fan(source, target)
                or self.sides.is_in_figure(source, target)
            ):
                continue
            side = self.sides.find_facing_side(source, target, "loading")
            if side in ("left", "right"):
                shape = self.kinds[self.number[source]]
                yield Arrival(key, places[source], shape, places[target], side, self.widths.get(key, 0.0))

    def _iterate_arriving_variances(self) -> Iterator[Arrival]:
        """Short arrows that share a side of the one column of indicators with loadings."""
        if self.sides.variances is None or self.style.variances != "lisrel":
            return
        for name, _, key, data in self.edges:
            if data["role"] == "variance" and name in self.structure.owner:
                box, width = self.placement.places[name], self.numbers[key].width if key in self.numbers else 0.0
                yield Arrival(key, box, "rectangle", box, self.sides.variances, width, is_variance=True)

    def _collect_families(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Side → the covariances between indicators that belong there: path → its two variables."""
        families: dict[str, dict[str, tuple[str, str]]] = {"top": {}, "bottom": {}}
        for source, target, key, data in self.edges:
            if data["role"] == "covariance" and {source, target} <= set(self.structure.owner):
                side = self.arcs.get(key) or self.sides.find_outer_side(source, target)
                if side in families:
                    families[side][key] = (source, target)
        return families
