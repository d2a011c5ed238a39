"""Rectangles on the plane, and the boundaries of the shapes in them.

Lengths are points (1/72 inch); y grows downwards, as on a page.
"""

from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An axis-parallel rectangle by its centre."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2

    def grown(self, margin: float) -> "Rectangle":
        return Rectangle(self.x, self.y, self.width + 2 * margin, self.height + 2 * margin)

    def moved(self, dx: float, dy: float) -> "Rectangle":
        return Rectangle(self.x + dx, self.y + dy, self.width, self.height)

    def overlaps(self, other: "Rectangle", gap: float = 0.0) -> bool:
        """Whether the two are closer than `gap` in both directions."""
        return (
            abs(self.x - other.x) * 2 < self.width + other.width + 2 * gap
            and abs(self.y - other.y) * 2 < self.height + other.height + 2 * gap
        )


def build_rectangle(left: float, top: float, right: float, bottom: float) -> Rectangle:
    """A rectangle from its four sides."""
    return Rectangle((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)


def compute_bounds(rectangles: list[Rectangle]) -> Rectangle:
    """The smallest rectangle around the given ones; of no size when there are none."""
    if not rectangles:
        return Rectangle(0, 0, 0, 0)
    return build_rectangle(
        min(r.left for r in rectangles),
        min(r.top for r in rectangles),
        max(r.right for r in rectangles),
        max(r.bottom for r in rectangles),
    )


def measure_gap(one: Rectangle, other: Rectangle) -> float:
    """The distance of two rectangles in points; 0 where they touch or overlap."""
    across = abs(one.x - other.x) - (one.width + other.width) / 2
    down = abs(one.y - other.y) - (one.height + other.height) / 2
    return hypot(max(across, 0.0), max(down, 0.0))


def find_boundary(box: Rectangle, shape: str, towards: FloatArray) -> FloatArray:
    """Where the ray from the centre of a shape towards a point leaves it.

    shape  "ellipse", "rectangle", "hexagon" or "triangle"
    """
    x, y = float(towards[0]) - box.x, float(towards[1]) - box.y
    if abs(x) + abs(y) < 1e-9:
        x, y = 1.0, 0.0
    reach = _REACHES[shape](x, y, box.width / 2, box.height / 2)
    return np.array([box.x + x * reach, box.y + y * reach])


def _reach_of_ellipse(x: float, y: float, width: float, height: float) -> float:
    """How far a ray (x, y) from the centre travels inside an ellipse of these half axes."""
    return 1 / hypot(x / width, y / height)


def _reach_of_rectangle(x: float, y: float, width: float, height: float) -> float:
    """The same inside a rectangle of these half sides."""
    return 1 / max(abs(x) / width, abs(y) / height)


def _reach_of_hexagon(x: float, y: float, width: float, height: float) -> float:
    """The same inside a hexagon whose slanted sides take a quarter of the width each."""
    # The slanted side runs from (w, 0) to (w/2, h): x/w + y/(2h) = 1.
    return min(height / max(abs(y), 1e-12), 1 / (abs(x) / width + abs(y) / (2 * height)))


def _reach_of_triangle(x: float, y: float, width: float, height: float) -> float:
    """The same inside a triangle with its tip at the top: the nearer of its base and the side towards which it goes."""
    # The slanted side runs from (0, -h) to (w, h): 2x/w - y/h = 1.
    speeds = (y / height, 2 * abs(x) / width - y / height)
    return min(1 / speed for speed in speeds if speed > 1e-12)


_REACHES = {
    "ellipse": _reach_of_ellipse,
    "rectangle": _reach_of_rectangle,
    "hexagon": _reach_of_hexagon,
    "triangle": _reach_of_triangle,
}
