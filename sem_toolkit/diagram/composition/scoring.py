"""What is wrong with a picture, and what is wrong with it at least before it is painted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.diagram.checks.checker import check_scene
from sem_toolkit.diagram.content.style import PAGE_HEIGHT, POINTS_PER_MILLIMETRE, DiagramStyle
from sem_toolkit.diagram.courses.routing import Route
from sem_toolkit.diagram.geometry.curves import compute_length, flatten_curve, is_straight
from sem_toolkit.diagram.geometry.hits import Shapes, compute_crossings
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle, build_rectangle
from sem_toolkit.diagram.geometry.segments import Segments
from sem_toolkit.diagram.places.placement import MARGIN
from sem_toolkit.diagram.scene.elements import Scene

TALLEST = (PAGE_HEIGHT - 12) * POINTS_PER_MILLIMETRE
"""How high a picture may be, in points: a page of print without the lines of a caption below the picture."""

PAGE = 175 * POINTS_PER_MILLIMETRE * TALLEST
"""Area of a page, in square points."""

BEND, CROSSING, SMALLER, WHOLE_PAGE = 30.0, 10.0, 45.0, 60.0
"""What makes a picture without faults hard to read: each structural path that is not straight, each crossing, each
point by which the font is smaller than asked for, a page filled.
"""

DETOUR, THROUGH_FAN = 60.0, 15.0
"""The same of a way twice as long as the straight one, and of a path or arc between factors that crosses a loading."""

SURELY_IN_THE_WAY = 3.0
"""How far inside a shape a line must run so that no other end of it at its two variables leaves it straight."""


@dataclass(frozen=True, order=True)
class Score:
    """What is wrong with a picture, the worst first; the smaller, the better.

    faults     4 where something is hit, as nothing matters more than how much; else 1 each for too wide, far too high
    wide, high  by how much it exceeds its column and a page, in points
    cost       how hard it is to read, as BEND and the others say
    """

    faults: float
    hits: int
    wide: float
    high: float
    cost: float
    crossings: int

    @property
    def is_flawless(self) -> bool:
        return not (self.faults or self.hits or self.wide or self.high or self.crossings)


def score_scene(scene: Scene, font_size: float) -> Score:
    """The score of a picture whose font was asked for in this size."""
    problems = check_scene(scene)
    hits = sum(problem.is_hit for problem in problems)
    roles = {edge.key: edge.role for edge in scene.edges}
    crossed = [(roles[a], roles[b]) for a, b in (p.elements for p in problems if p.kind == "crossing")]
    ways = sum(_assess_way(edge.curve) for edge in scene.edges if edge.role == "regression") + _assess_crossings(
        crossed
    )
    return _build_score(scene.width, scene.height, scene.style, font_size, hits, ways, len(crossed))


def _assess_way(curve: FloatArray) -> float:
    """What the course of a structural path costs: bends, and a way that is longer than the straight one."""
    if is_straight(curve):
        return 0.0
    points = flatten_curve(curve)
    return BEND + DETOUR * (compute_length(points) / max(1.0, float(np.hypot(*(points[-1] - points[0])))) - 1)


def _assess_crossings(roles: Sequence[tuple[str, str]]) -> float:
    """What crossings of paths with these roles cost; loadings that other things than loadings run through cost more."""
    through = sum("loading" in pair and ("regression" in pair or "covariance" in pair) for pair in roles)
    return CROSSING * len(roles) + THROUGH_FAN * through


def _build_score(
    width: float, height: float, style: DiagramStyle, font_size: float, hits: int, ways: float, crossings: int
) -> Score:
    wide = max(0.0, width - (style.column_width or width) - 0.5)
    high = max(0.0, height - TALLEST)
    faults = 4.0 if hits else float((wide > 0) + (high > TALLEST / 4))
    cost = ways + SMALLER * (font_size - style.font_size)
    return Score(faults, hits, wide, high, cost + WHOLE_PAGE * width * height / PAGE, crossings)


def bound_score(extent: Rectangle, style: DiagramStyle, font_size: float, ways: float, crossings: int = 0) -> Score:
    """The least score of a picture that covers at least `extent` and whose courses cost at least so much."""
    page = extent.grown(MARGIN)
    return _build_score(page.width, page.height, style, font_size, 0, ways, crossings)


def bound_routes(extent: Rectangle, routes: Mapping[str, Route], style: DiagramStyle, font_size: float) -> Score:
    """The score of a picture with these courses in which nothing is hit.

    Where numbers ask for other courses, these rarely bend or cross less.
    """
    courses = {key: flatten_curve(route.curve) for key, route in routes.items()}
    crossed = [(routes[a].role, routes[b].role) for a, b in _find_crossings(courses)]
    ways = sum(_assess_way(route.curve) for route in routes.values() if route.role == "regression")
    page = _extend(extent, courses)
    return bound_score(page, style, font_size, ways + _assess_crossings(crossed), len(crossed))


def _extend(extent: Rectangle, courses: Mapping[str, FloatArray]) -> Rectangle:
    corners = np.array([[extent.left, extent.top], [extent.right, extent.bottom]])
    points = np.concatenate([corners, *courses.values()])
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return build_rectangle(left, top, right, bottom)


def _find_crossings(courses: Mapping[str, FloatArray]) -> list[tuple[str, str]]:
    """The pairs of courses that cross."""
    others, found = Segments(), []
    for key, points in courses.items():
        starts, ends, rows = others.find_near(points.min(axis=0), points.max(axis=0))
        found += [(key, other) for other in others.find_owners(rows[compute_crossings(points, starts, ends)])]
        others.add(key, points)
    return found


def count_blocked(pairs: list[tuple[str, str]], places: Mapping[str, Rectangle]) -> int:
    """How many of the pairs of variables have another one so much in their way that no path between them is straight.

    Shapes count as the ellipses in their boxes, so that what is counted is surely blocked.
    """
    number = {name: k for k, name in enumerate(places)}
    ends = np.array([[number[a], number[b]] for a, b in pairs if a in number and b in number]).reshape(-1, 2)
    if len(ends) == 0:
        return 0
    middles = np.array([[box.x, box.y] for box in places.values()])
    inner = Shapes.of([box.grown(-SURELY_IN_THE_WAY) for box in places.values()], [True] * len(places))
    hit = inner.hit_by_many(middles[ends])
    np.put_along_axis(hit, ends, values=False, axis=1)
    return int(hit.any(axis=1).sum())
