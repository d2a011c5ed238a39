"""Courses for all paths: of the possible ones (`choices`), that which hits and crosses least and is plainest."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias

import numpy as np

from sem_toolkit.diagram.content.canvas import Canvas
from sem_toolkit.diagram.courses.choices import Choices, Course, Edge
from sem_toolkit.diagram.courses.costs import CROSSING, HIT, compute_meetings, count_crossings, flatten_evenly
from sem_toolkit.diagram.courses.detours import DetourGrid, build_detour
from sem_toolkit.diagram.courses.label_options import find_end_place
from sem_toolkit.diagram.courses.obstacles import Obstacles
from sem_toolkit.diagram.courses.ports import spread_ends
from sem_toolkit.diagram.geometry.curves import compute_length, flatten_curve, flatten_curves, is_straight
from sem_toolkit.diagram.geometry.hits import segments_enter_box
from sem_toolkit.diagram.geometry.metrics import TextSize
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle, compute_bounds, find_boundary
from sem_toolkit.diagram.geometry.segments import Segments
from sem_toolkit.diagram.places.measures import Measures
from sem_toolkit.diagram.places.placement import Placement

ENOUGH_AROUND = 60.0
"""A structural path that costs more than this among all others looks for a way around them."""

THROUGH_LOADING = 20.0
"""What an arc costs more that crosses a loading than one that crosses another path."""

ENOUGH = 8.0
"""A plain course that costs less is taken without a look at others."""

ORDER = {"loading": 0, "weight": 0, "regression": 1, "intercept": 2, "variance": 3, "covariance": 4}
"""Which kinds of paths take their courses first."""


@dataclass(frozen=True)
class Route:
    """The course of one path, from tail to head."""

    key: str
    source: str
    target: str
    role: str
    curve: FloatArray


_Chosen: TypeAlias = tuple[float, FloatArray, FloatArray]
"""A course with its cost and its points."""


class Router:
    """Holds the shapes and the courses chosen so far.

    stubs  paths that arrive with a level piece for their number
    """

    def __init__(
        self,
        canvas: Canvas,
        placement: Placement,
        titles: list[Rectangle],
        numbers: Mapping[str, TextSize],
        measures: Measures,
    ) -> None:
        """Take what is to be routed.

        titles   of the grounds of stages
        numbers  sizes of the texts of variances and covariances; other paths keep the places of the former free
        measures  widths of all numbers, and the room that variances take beside indicators
        """
        self.choices = Choices(canvas, placement, measures, numbers, titles)
        self.sides, self.number, self.boxes = self.choices.sides, self.choices.number, self.choices.boxes
        self.stubs, self.tracks, self.edges = self.choices.stubs, self.choices.tracks, self.choices.edges
        self.placement, self.numbers = placement, numbers
        self.obstacles = Obstacles(self.boxes, self.choices.kinds, titles)
        self._titles = titles
        self.routes: dict[str, Route] = {}
        self.segments, self._loadings = Segments(), Segments()
        self._grid: DetourGrid | None = None
        self._all_routed = False

    def route_all(self) -> dict[str, Route]:
        """Route every path, plain ones first; then look again at those that cross others."""
        ordered = sorted(self.edges, key=lambda edge: (ORDER[str(edge[3]["role"])], self._find_distance(edge)))
        for edge in ordered:
            self._route(edge)
        self._all_routed = True
        for edge in ordered:
            if self._is_movable(edge) and edge[3]["role"] != "loading" and not self._is_free(edge):
                self._route(edge)
        self._spread_ends()
        return self.routes

    def _is_free(self, edge: Edge) -> bool:
        """Whether the course chosen first still meets nothing."""
        route = self.routes.get(edge[2])
        if route is None or not (is_straight(route.curve) or edge[3]["role"] == "covariance"):
            return False
        points = self.segments.courses[route.key]
        borne = self._list_free_arcs() if route.role == "regression" else ()
        cost = self._assess_shapes(points, route.source, route.target)
        return cost + compute_meetings(points, self.segments, route.key, leave_out=borne) < 0.5 * CROSSING

    def _list_free_arcs(self) -> tuple[str, ...]:
        """Covariances that take a course of their own."""
        return tuple(key for key, route in self.routes.items() if route.role == "covariance" and key not in self.tracks)

    def reroute(self, keys: set[str], labels: Mapping[str, Rectangle]) -> None:
        """Find other courses for some paths that are not part of a fan, around the numbers of all other paths."""
        for edge in self.edges:
            if edge[2] in keys and self._is_movable(edge):
                self.obstacles.set_numbers(box for key, box in labels.items() if key != edge[2])
                self._route(edge)
        self.obstacles.set_numbers(())
        self._spread_ends()

    def _is_movable(self, edge: Edge) -> bool:
        source, target, _, data = edge
        if data["role"] == "loading":
            return not self.sides.is_in_fan(source, target)
        return edge[2] not in self.tracks and data["role"] in ("regression", "covariance", "variance")

    def _spread_ends(self) -> None:
        """Give the ends of structural paths and covariances at a shape some distance from each other."""
        roles = ("regression", "covariance")
        movable = {key: route for key, route in self.routes.items() if route.role in roles and key not in self.tracks}
        curves = {key: route.curve for key, route in movable.items()}
        ends = [
            (key, end, name) for key, route in movable.items() for end, name in ((0, route.source), (-1, route.target))
        ]
        shapes = dict(zip(self.choices.names, self.choices.kinds, strict=True))
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
        return self._assess_shapes(points, route.source, route.target) - length + crossings

    def _find_distance(self, edge: Edge) -> float:
        a, b = self.placement.places[edge[0]], self.placement.places[edge[1]]
        return round(float(np.hypot(a.x - b.x, a.y - b.y)), 3)

    def _route(self, edge: Edge) -> None:
        source, target, key, data = edge
        role = str(data["role"])
        self._forget(key)
        best = self._choose_course(source, target, role, key)
        around = self._all_routed and role == "regression" and not self.sides.is_in_figure(source, target)
        enough = ENOUGH_AROUND if around else HIT
        if (best is None or best[0] >= enough) and source != target:
            best = self._find_detour(source, target, key, best)
        if best is not None:
            place = self._find_number(best[1], key) if role == "variance" else None
            if place is not None:
                self.obstacles.reserve(key, place)
            self._remember(Route(key, source, target, role, best[1]), best[2])

    def _choose_course(self, source: str, target: str, role: str, key: str) -> _Chosen | None:
        """The cheapest of the possible courses, with its cost and its points."""
        courses = self.choices.iterate(source, target, role, key)
        first = self._choose_among(list(islice(courses, 1)), source, target, role, key)
        # Most paths are straight and free: the others are not even looked at. The lines of a fan stay straight, close
        # to each other as they are, as long as no shape is in the way.
        enough = HIT if role in ("loading", "weight") and self.sides.is_in_fan(source, target) else ENOUGH
        if key in self.tracks:
            enough = np.inf
        figure = self.choices.structure.figure
        if (
            figure is not None
            and self.sides.is_in_figure(source, target)
            and (role == "regression" or (self.sides.is_slanting(source, target) and not figure.upright))
        ):
            # Crossings are part of the figures that readers know.
            enough = HIT
        if first is None or first[0] < enough:
            return first
        if role == "covariance" and first[0] < HIT:
            # What costs as much by its shape alone cannot be better.
            courses = self.choices.iterate(source, target, role, key, first[0])
        rest = self._choose_among(list(courses), source, target, role, key)
        return first if rest is None or first[0] <= rest[0] else rest

    def _choose_among(self, courses: list[Course], source: str, target: str, role: str, key: str) -> _Chosen | None:
        if not courses:
            return None
        if any(len(curve) != 4 for _, curve in courses):
            points = np.array([flatten_evenly(curve) for _, curve in courses])
        else:
            points = flatten_curves([curve for _, curve in courses])
        ends = self.number[source], self.number[target]
        least = np.array([cost for cost, _ in courses]) + self.obstacles.assess(points, ends)
        # Readers follow a straight path over an arc more easily than a bent one beside it.
        borne = self._list_free_arcs() if role == "regression" else ()
        best: _Chosen | None = None
        for k in np.argsort(least, kind="stable"):
            if best is not None and least[k] >= best[0]:
                break
            curve = courses[k][1]
            line = curve[[0, -1]] if is_straight(curve) else points[k]
            total = float(least[k])
            if role == "variance":
                total += self._assess_number(curve, key)
            if best is None or total < best[0]:
                enough = np.inf if best is None else best[0] - total
                total += compute_meetings(line, self.segments, key, enough, borne if is_straight(curve) else ())
                if role == "covariance":
                    total += THROUGH_LOADING * count_crossings(line, self._loadings, key)
            if best is None or total < best[0]:
                best = total, curve, line
        return best

    def _assess_number(self, curve: FloatArray, key: str) -> float:
        """Cost of the place where the number of a variance would stand."""
        place = self._find_number(curve, key)
        if place is None:
            return 0.0
        low, high = np.array([place.left, place.top]), np.array([place.right, place.bottom])
        starts, ends, _ = self.segments.find_near(low, high)
        (px, py), (dx, dy) = (starts - [place.x, place.y]).T, (ends - starts).T
        half = np.array([place.width / 2]), np.array([place.height / 2])
        paths = segments_enter_box(px, py, dx, dy, *half).sum()
        return float(200 * self.obstacles.count_covered(place) + 60 * paths)

    def _find_number(self, curve: FloatArray, key: str) -> Rectangle | None:
        """Where the number of a variance will stand, if it has one."""
        size = self.numbers.get(key)
        if size is None:
            return None
        x, y = find_end_place(curve, size.width, size.height)
        return Rectangle(float(x), float(y), size.width, size.height)

    def _assess(self, points: FloatArray, source: str, target: str, key: str) -> float:
        """What a course costs: shapes hit or nearly hit, paths crossed, paths run along, length."""
        return self._assess_shapes(points, source, target) + compute_meetings(points, self.segments, key)

    def _assess_shapes(self, points: FloatArray, source: str, target: str) -> float:
        """The same without the other paths."""
        return float(self.obstacles.assess(points[None], (self.number[source], self.number[target]))[0])

    def _find_detour(self, source: str, target: str, key: str, best: _Chosen | None) -> _Chosen | None:
        """A way around through the grid; the roundest that hits nothing."""
        if self._grid is None:
            page = compute_bounds(self.boxes).grown(40)
            self._grid = DetourGrid([*self.boxes, *self._titles], page, 4.0)
        a, b = self.number[source], self.number[target]
        corners = self._grid.find_path(self.boxes[a], self.boxes[b], self.segments.courses)
        if corners is None or len(corners) < 2:
            return best
        corners = corners.copy()
        corners[0] = find_boundary(self.boxes[a], self.choices.kinds[a], corners[1])
        corners[-1] = find_boundary(self.boxes[b], self.choices.kinds[b], corners[-2])
        for radius in (60.0, 30.0, 14.0, 6.0):
            curve = build_detour(corners, radius)
            points = flatten_curve(curve)
            total = 40.0 + self._assess(points, source, target, key)
            if best is None or total < best[0]:
                best = total, curve, points
        return best

    def _remember(self, route: Route, points: FloatArray) -> None:
        self.routes[route.key] = route
        self.segments.add(route.key, points)
        if route.role == "loading":
            self._loadings.add(route.key, points)

    def _forget(self, key: str) -> None:
        self.obstacles.release(key)
        self.routes.pop(key, None)
        self.segments.remove(key)
        self._loadings.remove(key)
