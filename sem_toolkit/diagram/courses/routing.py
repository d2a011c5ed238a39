"""Courses for all paths: of the possible ones, that which hits and crosses least and is plainest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
from sem_toolkit.diagram.courses.costs import (
    AVOID,
    CROSSING,
    HIT,
    INSIDE,
    NEAR,
    compute_meetings,
    count_crossings,
    flatten_evenly,
)
from sem_toolkit.diagram.courses.detours import DetourGrid, build_detour
from sem_toolkit.diagram.courses.label_places import build_path_options
from sem_toolkit.diagram.courses.ports import spread_ends
from sem_toolkit.diagram.courses.stubs import Arrival, build_stubs
from sem_toolkit.diagram.courses.tracks import build_tracks
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING, TextSize
from sem_toolkit.diagram.geometry.plane import (
    FloatArray,
    Rectangle,
    Shapes,
    build_line,
    compute_bounds,
    compute_length,
    find_boundary,
    flatten_curve,
    flatten_curves,
    is_straight,
    smooth_polyline,
)
from sem_toolkit.diagram.geometry.segments import Segments
from sem_toolkit.diagram.places.bands import PADDING
from sem_toolkit.diagram.places.blocks import OPPOSITE, SHAPES, Measures, Side, find_actual_side
from sem_toolkit.diagram.places.constants import name_constant
from sem_toolkit.diagram.places.placement import Placement

ELSEWHERE = 150.0
"""What an arc between indicators, or factors of a measurement model, costs that is not on their outer side: a family
stays together even at crossings.
"""

NOWHERE_ELSE = 5000.0
"""What an arc costs that is not on the side to which it is pinned."""

ENOUGH_AROUND = 60.0
"""A structural path that costs more than this among all others looks for a way around them."""

Edge: TypeAlias = tuple[str, str, str, Mapping[str, object]]
"""Source, target, key and attributes of an edge of the path graph."""


@dataclass(frozen=True)
class Route:
    """The course of one path, from tail to head."""

    key: str
    source: str
    target: str
    role: str
    curve: FloatArray


class Router:
    """Holds the shapes and the courses chosen so far."""

    def __init__(
        self,
        canvas: Canvas,
        placement: Placement,
        avoid: list[Rectangle],
        numbers: Mapping[str, TextSize],
        measures: Measures,
    ) -> None:
        """Take what is to be routed.

        numbers  sizes of the texts of variances and covariances; other paths keep the places of the former free
        measures  widths of all numbers, and the room that variances take beside indicators
        """
        self.outer, self.widths = measures.outer, measures.labels
        graph, structure, style = canvas.graph, canvas.structure, canvas.style
        self.arcs = canvas.arcs
        self.graph, self.structure, self.placement, self.style = graph, structure, placement, style
        self.names = list(placement.places)
        self.number = {name: k for k, name in enumerate(self.names)}
        self.boxes = [placement.places[name] for name in self.names]
        kinds = [graph.nodes[name]["kind"] if name in graph else "constant" for name in self.names]
        self.kinds = [SHAPES[kind] for kind in kinds]
        self.shapes = Shapes.of(self.boxes, [kind == "ellipse" for kind in self.kinds])
        self.titles, self.avoid = avoid, Shapes.of(avoid)
        self.edges = [
            (name_constant(source) if data["role"] == "intercept" else source, target, key, data)
            for source, target, key, data in graph.edges(keys=True, data=True)
            if key not in canvas.matrix and source in self.number and target in self.number
        ]
        # Arcs keep clear of the variances in the middle of the outer sides.
        self.insets = (0.35, 0.0) if style.variances == "clean" else (0.85, 0.35)
        self.numbers = numbers
        self._reserved: dict[str, Rectangle] = {}
        self.tracks: dict[str, FloatArray] = {}
        self.stubs: dict[str, FloatArray] = {}
        self.routes: dict[str, Route] = {}
        self.segments = Segments()
        self._grid: DetourGrid | None = None
        self._all_routed = False

    def route_all(self) -> dict[str, Route]:
        """Route every path, plain ones first; then look again at those that cross others."""
        order = {"loading": 0, "weight": 0, "regression": 1, "intercept": 2, "variance": 3, "covariance": 4}
        ordered = sorted(self.edges, key=lambda edge: (order[edge[3]["role"]], self._find_distance(edge)))
        always = self.structure.two_sided is not None and self.structure.figure is None
        self.stubs = build_stubs(list(self._iterate_arrivals()), self.style.label_size * LINE_SPACING, always)
        self.stubs |= dict(self._iterate_ladders())
        # Above indicators that touch the top of a stage the tracks begin over its title.
        above = max((title.height + 2 * PADDING for title in self.titles), default=0.0)
        rooms = {"top": max(self.outer[1], above), "bottom": self.outer[1]}
        self.tracks = build_tracks(self._collect_families(), self.placement.places, rooms, self.style.label_size)
        for edge in ordered:
            self._route(edge)
        self._all_routed = True
        for edge in ordered:
            if self._is_movable(edge) and edge[3]["role"] != "loading" and not self._is_free(edge):
                self._route(edge)
        self._spread_ends()
        return self.routes

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
            if data["role"] != "loading" or not self._is_in_fan(source, target) or self._is_in_figure(source, target):
                continue
            side = self._find_facing_side(source, target, "loading")
            if side in ("left", "right"):
                shape = self.kinds[self.number[source]]
                yield Arrival(key, places[source], shape, places[target], side, self.widths.get(key, 0.0))

    def _collect_families(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Side → the covariances between indicators that belong there: path → its two variables."""
        families: dict[str, dict[str, tuple[str, str]]] = {"top": {}, "bottom": {}}
        for source, target, key, data in self.edges:
            if data["role"] == "covariance" and {source, target} <= set(self.structure.owner):
                side = self.arcs.get(key) or self._find_outer_side(source, target)
                if side in families:
                    families[side][key] = (source, target)
        return families

    def _is_free(self, edge: Edge) -> bool:
        """Whether the course chosen first still meets nothing."""
        route = self.routes.get(edge[2])
        if route is None or not (is_straight(route.curve) or edge[3]["role"] == "covariance"):
            return False
        points = self.segments.courses[route.key]
        return self._assess(points, route.source, route.target, route.key) < 0.5 * CROSSING

    def reroute(self, keys: set[str], labels: Mapping[str, Rectangle]) -> None:
        """Find other courses for some paths that are not part of a fan, around the numbers of all other paths."""
        for edge in self.edges:
            if edge[2] in keys and self._is_movable(edge):
                others = [box for key, box in labels.items() if key != edge[2]]
                self.avoid = Shapes.of([*self.titles, *others])
                self._route(edge)
        self.avoid = Shapes.of(self.titles)
        self._spread_ends()

    def _is_movable(self, edge: Edge) -> bool:
        source, target, _, data = edge
        if data["role"] == "loading":
            return not self._is_in_fan(source, target)
        return edge[2] not in self.tracks and data["role"] in ("regression", "covariance", "variance")

    def _spread_ends(self) -> None:
        """Give the ends of structural paths and covariances at a shape some distance from each other."""
        roles = ("regression", "covariance")
        movable = {key: route for key, route in self.routes.items() if route.role in roles and key not in self.tracks}
        curves = {key: route.curve for key, route in movable.items()}
        ends = [
            (key, end, name) for key, route in movable.items() for end, name in ((0, route.source), (-1, route.target))
        ]
        shapes = dict(zip(self.names, self.kinds, strict=True))
        spread_ends(curves, ends, dict(self.placement.places), shapes, self._accepts)

    def _accepts(self, key: str, curve: FloatArray) -> bool:
        """Take another course for a path if it hits and crosses no more than the present one."""
        points = flatten_curve(curve)
        if self._count_faults(key, points) > self._count_faults(key, self.segments.courses[key]):
            return False
        self._remember(replace(self.routes[key], curve=curve), points)
        return True

    def _count_faults(self, key: str, points: FloatArray) -> float:
        """Shapes hit or nearly hit, and other paths crossed, by a course for a path."""
        route = self.routes[key]
        crossings = CROSSING * count_crossings(points, self.segments, key)
        length = 0.02 * compute_length(points)
        return float(self._assess_shapes(points[None], route.source, route.target)[0]) - length + crossings

    def _find_distance(self, edge: Edge) -> float:
        a, b = self.placement.places[edge[0]], self.placement.places[edge[1]]
        return round(float(np.hypot(a.x - b.x, a.y - b.y)), 3)

    def _route(self, edge: Edge) -> None:
        source, target, key, data = edge
        role = str(data["role"])
        self._forget(key)
        best = self._choose_course(source, target, role, key)
        around = self._all_routed and role == "regression" and not self._is_in_figure(source, target)
        enough = ENOUGH_AROUND if around else HIT
        if (best is None or best[0] >= enough) and source != target:
            best = self._find_detour(source, target, key, best)
        if best is not None:
            if role == "variance" and key in self.numbers:
                self._reserve(key, best[1])
            self._remember(Route(key, source, target, role, best[1]), best[2])

    def _choose_course(
        self, source: str, target: str, role: str, key: str
    ) -> tuple[float, FloatArray, FloatArray] | None:
        """The cheapest of the possible courses, with its cost and its points."""
        courses = self._iterate_courses(source, target, role, key)
        first = self._choose_among(list(islice(courses, 1)), source, target, role, key)
        # Most paths are straight and free: the others are not even looked at. The lines of a fan stay straight, close
        # to each other as they are, as long as no shape is in the way.
        enough = HIT if role in ("loading", "weight") and self._is_in_fan(source, target) else 8.0
        if key in self.tracks:
            enough = np.inf
        if self._is_in_figure(source, target) and (role == "regression" or self._is_slanting(source, target)):
            # Crossings are part of the figures that readers know.
            enough = HIT
        if first is None or first[0] < enough:
            return first
        rest = self._choose_among(list(courses), source, target, role, key)
        return first if rest is None or first[0] <= rest[0] else rest

    def _is_in_figure(self, source: str, target: str) -> bool:
        """Whether both stand in cells of a figure, so that their places are meant for a straight line."""
        figure = self.structure.figure
        return figure is not None and source in figure.cells and target in figure.cells

    def _is_slanting(self, source: str, target: str) -> bool:
        """Whether two cores stand in different rows and columns, so that an arc between them is on no side of both."""
        a, b = self.placement.places[source], self.placement.places[target]
        apart = abs(a.x - b.x) > (a.width + b.width) / 2 and abs(a.y - b.y) > (a.height + b.height) / 2
        return {source, target}.isdisjoint(self.structure.owner) and apart

    def _build_to_port(self, source: str, target: str) -> FloatArray:
        """A straight loading in a figure; those that come from the same side of a rectangle arrive side by side."""
        places, kinds = self.placement.places, self.kinds
        tail, head = places[source], places[target]
        shape, end_shape = kinds[self.number[source]], kinds[self.number[target]]
        if end_shape != "rectangle":
            return build_straight(tail, shape, head, end_shape)
        below = tail.y > head.y
        others = [a for a, b in self.structure.loadings if b == target and (places[a].y > head.y) == below]
        others.sort(key=lambda name: places[name].x)
        share = (others.index(source) + 0.5) / len(others) - 0.5
        reach = min(0.8 * head.width, 9.0 * len(others))
        end = np.array([head.x + share * reach, head.bottom if below else head.top])
        return build_line(find_boundary(tail, shape, end), end)

    def _is_in_fan(self, source: str, target: str) -> bool:
        owner = self.structure.owner
        if self._is_in_figure(source, target):
            return True
        return self.structure.two_sided is not None or owner.get(target) == source or owner.get(source) == target

    def _choose_among(
        self, courses: list[tuple[float, FloatArray]], source: str, target: str, role: str, key: str
    ) -> tuple[float, FloatArray, FloatArray] | None:
        if not courses:
            return None
        if any(len(curve) != 4 for _, curve in courses):
            points = np.array([flatten_evenly(curve) for _, curve in courses])
        else:
            points = flatten_curves([curve for _, curve in courses])
        least = np.array([cost for cost, _ in courses]) + self._assess_shapes(points, source, target)
        if role == "variance":
            least += [self._assess_number(curve, source, target) for _, curve in courses]
        best: tuple[float, FloatArray, FloatArray] | None = None
        for k in np.argsort(least, kind="stable"):
            if best is not None and least[k] >= best[0]:
                break
            curve = courses[k][1]
            line = curve[[0, -1]] if is_straight(curve) else points[k]
            total = float(least[k]) + compute_meetings(line, self.segments, key)
            if best is None or total < best[0]:
                best = total, curve, line
        return best

    def _assess_number(self, curve: FloatArray, source: str, target: str) -> float:
        """Cost of the place where the number of a variance would stand."""
        size = self.numbers.get(f"{source} ~~ {target}")
        if size is None:
            return 0.0
        x, y, _ = build_path_options(curve, "variance", size.width, size.height, 0.5)[0]
        place = Rectangle(float(x), float(y), size.width, size.height)
        shapes = int(self.shapes.overlapped_by(place).sum())
        shapes += int(self.avoid.overlapped_by(place).sum())
        low, high = np.array([place.left, place.top]), np.array([place.right, place.bottom])
        starts, ends, _ = self.segments.find_near(low, high)
        paths = Shapes.of([place]).hit_by_many(np.stack([starts, ends], axis=1)).sum() if len(starts) else 0
        return float(200 * shapes + 60 * paths)

    def _iterate_courses(self, source: str, target: str, role: str, key: str) -> Iterator[tuple[float, FloatArray]]:
        a, b = self.number[source], self.number[target]
        tail, head, tail_shape, head_shape = self.boxes[a], self.boxes[b], self.kinds[a], self.kinds[b]
        if role == "covariance":
            pinned = self.arcs.get(key)
            side = pinned or self._find_outer_side(source, target)
            across, down = self.outer
            room = across if side in ("left", "right") else down
            if key in self.tracks:
                yield 0.0, self.tracks[key]
            if not pinned and self._is_in_figure(source, target) and self._is_slanting(source, target):
                yield 0.0, build_straight(tail, tail_shape, head, head_shape)
            if not pinned:
                yield from self._iterate_plain_covariance(tail, tail_shape, head, head_shape, side, key)
            if room > 0 and side is not None and {source, target} <= set(self.structure.owner):
                yield from iterate_outer_arcs(tail, head, side, room)
            items = {source, target} <= set(self.structure.owner)
            together = side is not None and (items or not self.structure.links or self._are_plain(source, target))
            beside = key in self.numbers and (items or together)
            roomy = self.numbers[key].width / 2 + 3 if beside else 9.0
            elsewhere = NOWHERE_ELSE if pinned else ELSEWHERE if together else 26.0
            yield from iterate_covariance(tail, tail_shape, head, head_shape, side, self.insets, roomy, elsewhere)
        elif role == "variance":
            yield from self._iterate_loops(source)
        elif role == "intercept":
            yield 0.0, build_level(tail, tail_shape, head, head_shape)
        else:
            side = self._find_facing_side(source, target, role)
            if role == "loading" and self._is_in_figure(source, target):
                yield 0.0, self._build_to_port(source, target)
            elif key in self.stubs:
                yield 0.0, self.stubs[key]
            elif side is not None and role == "loading":
                yield 0.0, build_to_side(tail, tail_shape, head, side)
            elif side is not None and role == "weight":
                yield 0.0, build_to_side(head, head_shape, tail, side)[::-1]
            yield from self._iterate_regression(tail, tail_shape, head, head_shape, source, target)

    def _iterate_plain_covariance(
        self, tail: Rectangle, tail_shape: str, head: Rectangle, head_shape: str, side: Side | None, key: str
    ) -> Iterator[tuple[float, FloatArray]]:
        """Straight between neighbours of a row, or in a figure around all else."""
        width = self.numbers[key].width if key in self.numbers else 0.0
        gap = abs(head.x - tail.x) - (head.width + tail.width) / 2
        if abs(head.y - tail.y) < 1.0 and gap > width + 18:
            yield 22.0, build_straight(tail, tail_shape, head, head_shape)
        if self.structure.figure is not None and side in ("left", "right") and abs(head.x - tail.x) < 1.0:
            yield from self._iterate_brackets(tail, head, side, width, tail.width)

    def _iterate_brackets(
        self, tail: Rectangle, head: Rectangle, side: Side, width: float, least: float
    ) -> Iterator[tuple[float, FloatArray]]:
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
            for step in (22.0 + width / 2, 36.0 + width / 2, 60.0 + width / 2):
                yield 8.0 + 0.1 * step, build_bracket(tail, head, side, reach + step, (0.0, 0.0), 14.0)

    def _iterate_regression(
        self, tail: Rectangle, tail_shape: str, head: Rectangle, head_shape: str, source: str, target: str
    ) -> Iterator[tuple[float, FloatArray]]:
        back = self.graph.has_edge(target, source) and any(
            data["role"] == "regression" for data in self.graph[target][source].values()
        )
        courses = iterate_directed(tail, tail_shape, head, head_shape)
        if self._is_in_figure(source, target):
            width = self.widths.get(f"{target} ~ {source}", 0.0)
            courses = chain(courses, self._iterate_brackets(tail, head, "left", width, tail.width / 2))
        if not back and abs(tail.x - head.x) > head.width:
            # Past what stands above or below the target: to the middle of the side that looks at the source.
            side = "left" if tail.x < head.x else "right"
            figure = self.structure.figure
            if figure is not None and figure.ports and self._is_in_figure(source, target):
                yield 0.0, build_between_sides(tail, head, side)
            courses = chain(islice(courses, 1), [(6.0, build_to_side(tail, tail_shape, head, side))], courses)
        for cost, curve in courses:
            # The two arrows of a feedback loop bend apart instead of lying on each other.
            if not (back and cost == 0.0):
                yield cost, curve

    def _iterate_loops(self, name: str) -> Iterator[tuple[float, FloatArray]]:
        box, kind = self.boxes[self.number[name]], self.kinds[self.number[name]]
        # Beside a triangle of the mean structure the variance moves to the other half of the side.
        shared = name_constant(name) in self.number and name in self.structure.owner
        for rank, angle in enumerate(self._find_free_angles(name)):
            shift = -0.36 if shared and rank == 0 else 0.0
            if self.style.variances == "ram":
                yield 5.0 * rank, build_loop(box, kind, angle, 11.0, shift)
            else:
                yield 5.0 * rank, build_spike(box, kind, angle, 13.0, shift)

    def _find_free_angles(self, name: str) -> list[float]:
        """Directions in the order of preference: away from the core for indicators, from the indicators for cores."""
        angle = {"right": 0.0, "bottom": np.pi / 2, "left": np.pi, "top": -np.pi / 2}
        core = self.structure.owner.get(name)
        sides, outer = self.placement.sides, self.placement.outer
        if name in outer:
            first = angle[outer[name]]
        elif core is not None and self.structure.two_sided is None:
            first = angle[self._find_item_side(name)]
        elif core is not None:
            first = angle["top"]
        else:
            side = sides.get(name)
            has_indicators = bool(self.structure.indicators.get(name))
            first = angle["top"] if side is None or not has_indicators else angle[OPPOSITE[side]]
            if side in ("left", "right") and has_indicators and self.structure.links and not self.placement.downward:
                first = angle["top"]
        turns = (0.0, np.pi / 2, -np.pi / 2, np.pi, 0.9, -0.9, 2.2, -2.2, 0.5, -0.5, 2.6, -2.6)
        return [first + turn for turn in turns]

    def _find_outer_side(self, source: str, target: str) -> Side | None:
        """The outer side: of indicators that away from their cores, of cores that without indicators."""
        sides, outer = self.placement.sides, self.placement.outer
        if source in outer and target in outer:
            return outer[source] if outer[source] == outer[target] else None
        owners = [self.structure.owner.get(name) for name in (source, target)]
        if all(owner is not None for owner in owners):
            if self.structure.two_sided is not None:
                return None
            found = {self._find_item_side(name) for name in (source, target)}
            return found.pop() if len(found) == 1 else None
        free = {OPPOSITE[sides[name]] for name in (source, target) if self.structure.indicators.get(name)}
        if not self.structure.links and len(free) == 1:
            return free.pop()
        ranks = {self.structure.ranks.get(name) for name in (source, target)}
        if ranks == {0}:
            return "top" if self.placement.downward else "left"
        return free.pop() if len(free) == 1 else None

    def _are_plain(self, source: str, target: str) -> bool:
        """Whether both are causes without indicators outside of a figure, so that nothing stands before them."""
        ranks, indicators = self.structure.ranks, self.structure.indicators
        plain = all(ranks.get(name) == 0 and not indicators.get(name) for name in (source, target))
        return plain and self.structure.figure is None

    def _find_item_side(self, item: str) -> Side:
        """The side of its core on which an indicator is."""
        core = self.structure.owner[item]
        side = self.placement.sides.get(core, "right")
        if core not in self.placement.places or item not in self.structure.indicators[core]:
            return side
        return find_actual_side(side, self.placement.places[item], self.placement.places[core])

    def _find_facing_side(self, source: str, target: str, role: str) -> Side | None:
        """The side of an indicator that looks at the core."""
        item, core = (target, source) if role == "loading" else (source, target)
        if item not in self.structure.owner:
            return None
        if self.structure.owner[item] == core and self.structure.two_sided is None:
            return OPPOSITE[self._find_item_side(item)]
        a, b = self.placement.places[item], self.placement.places[core]
        if self.structure.two_sided is not None:
            return "left" if b.x < a.x else "right"
        own = self.placement.sides.get(self.structure.owner[item])
        beside = abs(b.x - a.x) > a.width / 2 + 10 if own in ("left", "right") else abs(b.y - a.y) > a.height / 2 + 10
        if own is not None and beside and self._is_before(a, b, own):
            return OPPOSITE[own]
        return None

    @staticmethod
    def _is_before(item: Rectangle, core: Rectangle, side: Side) -> bool:
        """Whether a core lies on the inner side of a fan, seen from its indicator."""
        return {
            "left": core.x > item.x, "right": core.x < item.x, "top": core.y > item.y, "bottom": core.y < item.y
        }[side]  # fmt: skip

    def _assess(self, points: FloatArray, source: str, target: str, key: str) -> float:
        """What a course costs: shapes hit or nearly hit, paths crossed, paths run along, length."""
        shapes = float(self._assess_shapes(points[None], source, target)[0])
        return shapes + compute_meetings(points, self.segments, key)

    def _assess_shapes(self, points: FloatArray, source: str, target: str) -> FloatArray:
        """Cost of c courses (c × m × 2) against shapes and titles, and of their length; length c."""
        own = [self.number[source], self.number[target]]
        hit = self.shapes.hit_by_many(points)
        near = self.shapes.hit_by_many(points, 3.5)
        hit[:, own] = near[:, own] = False
        inner = Shapes.of(
            [self.boxes[k].grown(-INSIDE[self.kinds[k]]) for k in own],
            [self.kinds[k] != "rectangle" for k in own],
        )
        steps = points[:, 1:] - points[:, :-1]
        length = np.hypot(steps[..., 0], steps[..., 1]).sum(axis=1)
        cost = HIT * (hit.sum(axis=1) + inner.hit_by_many(points).sum(axis=1)) + NEAR * near.sum(axis=1)
        return np.asarray(cost + AVOID * self.avoid.hit_by_many(points, 1.0).sum(axis=1) + 0.02 * length)

    def _find_detour(
        self, source: str, target: str, key: str, best: tuple[float, FloatArray, FloatArray] | None
    ) -> tuple[float, FloatArray, FloatArray] | None:
        """A way around through the grid; the roundest that hits nothing."""
        if self._grid is None:
            page = compute_bounds(self.boxes).grown(40)
            self._grid = DetourGrid([*self.boxes, *self.titles], page, 4.0)
        a, b = self.number[source], self.number[target]
        corners = self._grid.find_path(self.boxes[a], self.boxes[b], self.segments.courses)
        if corners is None or len(corners) < 2:
            return best
        corners = corners.copy()
        corners[0] = find_boundary(self.boxes[a], self.kinds[a], corners[1])
        corners[-1] = find_boundary(self.boxes[b], self.kinds[b], corners[-2])
        for radius in (60.0, 30.0, 14.0, 6.0):
            curve = build_detour(corners, radius)
            points = flatten_curve(curve)
            total = 40.0 + self._assess(points, source, target, key)
            if best is None or total < best[0]:
                best = total, curve, points
        return best

    def _reserve(self, key: str, curve: FloatArray) -> None:
        """Keep the place free where the number of a variance will stand."""
        size = self.numbers[key]
        x, y, _ = build_path_options(curve, "variance", size.width, size.height, 0.5)[0]
        self._reserved[key] = place = Rectangle(float(x), float(y), size.width, size.height)
        self.avoid = self.avoid.plus(place)

    def _remember(self, route: Route, points: FloatArray) -> None:
        self.routes[route.key] = route
        self.segments.add(route.key, points)

    def _forget(self, key: str) -> None:
        if self._reserved.pop(key, None) is not None:
            self.avoid = Shapes.of([*self.titles, *self._reserved.values()])
        self.routes.pop(key, None)
        self.segments.remove(key)
