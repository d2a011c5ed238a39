"""Plane geometry of diagrams: cubic curves, their polylines, and what they hit.

Lengths are points (1/72 inch); y grows downwards, as on a page. A curve is an array (3k + 1) × 2 of
Bézier control points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
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


def build_line(start: FloatArray, end: FloatArray) -> FloatArray:
    """A straight line as a Bézier curve, 4 × 2."""
    return np.array([start, start + (end - start) / 3, start + (end - start) * 2 / 3, end])


def is_straight(curve: FloatArray) -> bool:
    """Whether a curve is one straight segment."""
    if len(curve) != 4:
        return False
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve.tolist()
    x, y = dx - ax, dy - ay
    length = hypot(x, y)
    if length == 0:
        return True
    return bool(max(abs((bx - ax) * y - (by - ay) * x), abs((cx - ax) * y - (cy - ay) * x)) < 0.05 * length)


@lru_cache(maxsize=8)
def _build_basis(steps: int) -> FloatArray:
    """The cubic Bernstein polynomials at steps + 1 equal distances, (steps + 1) × 4."""
    t = np.linspace(0, 1, steps + 1)
    return np.stack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3], axis=1)


def flatten_curve(curve: FloatArray, steps: int = 12) -> FloatArray:
    """Points along a curve; two points for a straight one."""
    if is_straight(curve):
        return curve[[0, -1]]
    basis = _build_basis(steps)
    if len(curve) == 4:
        return np.asarray(basis @ curve)
    pieces = [curve[:1], *(basis[1:] @ curve[k : k + 4] for k in range(0, len(curve) - 1, 3))]
    return np.concatenate(pieces)


def flatten_curves(curves: list[FloatArray], steps: int = 12) -> FloatArray:
    """Points along c curves of one piece each: c × (steps + 1) × 2."""
    return np.asarray(_build_basis(steps) @ np.array(curves))


def simplify_polyline(points: FloatArray, tolerance: float) -> FloatArray:
    """The fewest of a polyline's points from which none of the others is farther than `tolerance`.

    Source: Douglas and Peucker (1973), Cartographica 10(2), 112-122.
    """
    step = points[-1] - points[0]
    length = float(np.hypot(*step))
    offsets = points - points[0]
    away = np.hypot(*offsets.T) if length == 0 else np.abs(offsets @ np.array([-step[1], step[0]])) / length
    farthest = int(np.argmax(away))
    if away[farthest] <= tolerance:
        return points[[0, -1]]
    before = simplify_polyline(points[: farthest + 1], tolerance)
    return np.concatenate([before[:-1], simplify_polyline(points[farthest:], tolerance)])


def compute_length(points: FloatArray) -> float:
    """Length of a polyline."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def compute_points(points: FloatArray, fractions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The points at fractions of a polyline's length, and the unit directions there; both len(fractions) × 2."""
    steps = np.diff(points, axis=0)
    lengths = np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 1e-12)
    ends = np.cumsum(lengths)
    k = np.minimum(np.searchsorted(ends, fractions * ends[-1]), len(steps) - 1)
    directions = steps[k] / lengths[k, None]
    return points[k] + directions * (fractions * ends[-1] - ends[k] + lengths[k])[:, None], directions


def split_curve(curve: FloatArray, t: float) -> tuple[FloatArray, FloatArray]:
    """Cut a curve of k pieces at parameter t in [0, k] (de Casteljau)."""
    pieces = (len(curve) - 1) // 3
    k = min(int(t), pieces - 1)
    u = t - k
    a, b, c, d = curve[3 * k : 3 * k + 4]
    ab, bc, cd = a + (b - a) * u, b + (c - b) * u, c + (d - c) * u
    abc, bcd = ab + (bc - ab) * u, bc + (cd - bc) * u
    point = abc + (bcd - abc) * u
    return (
        np.concatenate([curve[: 3 * k + 1], [ab, abc, point]]),
        np.concatenate([[point, bcd, cd], curve[3 * k + 3 :]]),
    )


def draw_in_controls(curve: FloatArray, width: float, height: float, most: int = 4) -> FloatArray:
    """The same curve with so many pieces that its control points lie within a page, as the curve does."""
    inside = ((curve >= 0) & (curve <= [width, height])).all()
    if inside or most == 0:
        return curve
    for k in reversed(range((len(curve) - 1) // 3)):
        first, second = split_curve(curve, k + 0.5)
        curve = np.concatenate([first, second[1:]])
    return draw_in_controls(curve, width, height, most - 1)


def trim_curve(curve: FloatArray, start: float, end: float) -> FloatArray:
    """The curve without its first `start` and last `end` points of length (for arrowheads)."""
    if start > 0:
        curve = split_curve(curve, _find_parameter(curve, start))[1]
    if end > 0:
        curve = split_curve(curve[::-1], _find_parameter(curve[::-1], end))[1][::-1]
    return curve


def _find_parameter(curve: FloatArray, length: float) -> float:
    """The parameter at which a curve is `length` points away from its start, as the crow flies."""
    t = np.linspace(0, (len(curve) - 1) // 3, 40 * ((len(curve) - 1) // 3) + 1)
    points = evaluate_curve(curve, t)
    distance = np.hypot(*(points - curve[0]).T)
    beyond = np.nonzero(distance >= length)[0]
    if len(beyond) == 0:
        return float(t[-1]) / 2
    k = beyond[0]
    gap = distance[k] - distance[k - 1]
    return float(t[k - 1] + (t[k] - t[k - 1]) * (length - distance[k - 1]) / max(gap, 1e-12))


def evaluate_curve(curve: FloatArray, t: FloatArray) -> FloatArray:
    """Points of a curve of k pieces at parameters t in [0, k]; len(t) × 2."""
    k = np.minimum(t.astype(int), (len(curve) - 1) // 3 - 1)
    u = (t - k)[:, None]
    a, b, c, d = (curve[3 * k + i] for i in range(4))
    result: FloatArray = (1 - u) ** 3 * a + 3 * (1 - u) ** 2 * u * b + 3 * (1 - u) * u**2 * c + u**3 * d
    return result


def cut_curve_at(curve: FloatArray, box: Rectangle) -> list[FloatArray]:
    """The pieces of a curve outside a box: where it passes under its own label the line is interrupted."""
    t = np.linspace(0, (len(curve) - 1) // 3, 60 * ((len(curve) - 1) // 3) + 1)
    points = evaluate_curve(curve, t)
    inside = (np.abs(points[:, 0] - box.x) < box.width / 2) & (np.abs(points[:, 1] - box.y) < box.height / 2)
    if not inside.any() or inside[0] or inside[-1]:
        return [curve]
    first, last = np.nonzero(inside)[0][[0, -1]]
    return [split_curve(curve, float(t[first]))[0], split_curve(curve, float(t[last]))[1]]


def cut_into_dashes(curve: FloatArray, on: float, off: float) -> list[FloatArray]:
    """Equal dashes along a curve; it begins and ends with a dash."""
    t = np.linspace(0, (len(curve) - 1) // 3, 80 * ((len(curve) - 1) // 3) + 1)
    points = evaluate_curve(curve, t)
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    total = float(lengths[-1])
    count = max(1, round((total + off) / (on + off)))
    pitch = (total + off) / count
    pieces = []
    for k in range(count):
        start, end = np.interp([k * pitch, min(total, k * pitch + pitch - off)], lengths, t)
        pieces.append(_cut_between(curve, float(start), float(end)))
    return pieces


def _cut_between(curve: FloatArray, start: float, end: float) -> FloatArray:
    """The part of a curve between two parameters."""
    first = split_curve(curve, end)[0]
    k = min(int(start), (len(first) - 1) // 3 - 1)
    # The last piece of `first` runs over [whole number, end]: rescale the parameter when the cut lies in it.
    last = (len(first) - 1) // 3 - 1
    u = start if k < last else k + (start - k) / max(end - last, 1e-9)
    return split_curve(first, u)[1]


def smooth_polyline(points: FloatArray, radius: float) -> FloatArray:
    """A polyline with its corners rounded, as a curve."""
    corners = points[1:-1]
    curve = [points[0]]
    position = points[0]
    for index, corner in enumerate(corners):
        before, after = points[index] - corner, points[index + 2] - corner
        reach = min(radius, float(np.hypot(*before)) / 2, float(np.hypot(*after)) / 2)
        enter = corner + before / max(float(np.hypot(*before)), 1e-9) * reach
        leave = corner + after / max(float(np.hypot(*after)), 1e-9) * reach
        curve += [position + (enter - position) / 3, position + (enter - position) * 2 / 3, enter]
        curve += [enter + (corner - enter) * 0.6, leave + (corner - leave) * 0.6, leave]
        position = leave
    end = points[-1]
    curve += [position + (end - position) / 3, position + (end - position) * 2 / 3, end]
    return np.array(curve)


@dataclass(frozen=True, eq=False)
class Shapes:
    """Many ellipses and rectangles at once: centres, half sizes and which are ellipses; arrays of length n."""

    x: FloatArray
    y: FloatArray
    half_width: FloatArray
    half_height: FloatArray
    round: BoolArray

    @classmethod
    def of(cls, rectangles: list[Rectangle], round_: list[bool] | None = None) -> "Shapes":
        values = np.array([[r.x, r.y, r.width / 2, r.height / 2] for r in rectangles]).reshape(-1, 4)
        flags = np.zeros(len(rectangles), bool) if round_ is None else np.array(round_, bool)
        return cls(values[:, 0], values[:, 1], values[:, 2], values[:, 3], flags)

    def plus(self, box: Rectangle) -> "Shapes":
        """The shapes and one rectangle more."""
        return Shapes(
            np.append(self.x, box.x),
            np.append(self.y, box.y),
            np.append(self.half_width, box.width / 2),
            np.append(self.half_height, box.height / 2),
            np.append(self.round, False),
        )

    @classmethod
    def join(cls, parts: "Sequence[Shapes]") -> "Shapes":
        """All shapes of several in one."""
        return cls(
            np.concatenate([part.x for part in parts]),
            np.concatenate([part.y for part in parts]),
            np.concatenate([part.half_width for part in parts]),
            np.concatenate([part.half_height for part in parts]),
            np.concatenate([part.round for part in parts]),
        )

    def take(self, numbers: Sequence[int]) -> "Shapes":
        """Some of the shapes, in this order."""
        k = np.array(numbers, np.intp)
        return Shapes(self.x[k], self.y[k], self.half_width[k], self.half_height[k], self.round[k])

    def hit_by(self, points: FloatArray, margin: float = 0.0) -> BoolArray:
        """Which of the shapes, grown by `margin`, a polyline (m × 2) enters; length n."""
        return np.asarray(self.hit_by_many(points[None], margin)[0])

    def hit_by_many(self, points: FloatArray, margin: float = 0.0) -> BoolArray:
        """The same for c polylines of m points each (c × m × 2); c × n."""
        hit = np.zeros((len(points), len(self.x)), bool)
        if len(self.x) == 0 or points.shape[1] < 2:
            return hit
        # Most shapes lie far from all of the polylines.
        near = self._find_near(points.reshape(-1, 2), margin)
        if len(near) == 0:
            return hit
        x, y, round_ = self.x[near], self.y[near], self.round[near]
        width, height = self.half_width[near] + margin, self.half_height[near] + margin
        start, step = points[:, :-1, None, :], (points[:, 1:] - points[:, :-1])[:, :, None, :]
        px, py, dx, dy = start[..., 0] - x, start[..., 1] - y, step[..., 0], step[..., 1]
        entered = segments_enter_box(px, py, dx, dy, width, height)
        if round_.any():
            inside = _segments_enter_circle(px / width, py / height, dx / width, dy / height)
            entered &= ~round_ | inside
        hit[:, near] = entered.any(axis=1)
        return hit

    def overlapped_by(self, box: Rectangle) -> BoolArray:
        """Which of the rectangles around the shapes overlap a box; length n."""
        across = np.abs(self.x - box.x) < self.half_width + box.width / 2
        return np.asarray(across & (np.abs(self.y - box.y) < self.half_height + box.height / 2))

    def covered_by(self, box: Rectangle) -> BoolArray:
        """Which of the shapes a box touches; length n. Ellipses by their nearest point in scaled coordinates."""
        dx = np.maximum(np.abs(self.x - box.x) - box.width / 2, 0) / self.half_width
        dy = np.maximum(np.abs(self.y - box.y) - box.height / 2, 0) / self.half_height
        return np.asarray(np.where(self.round, dx**2 + dy**2, np.maximum(dx, dy)) < 1)

    def _find_near(self, points: FloatArray, margin: float) -> NDArray[np.intp]:
        """Which shapes, grown by `margin`, touch the rectangle around points."""
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        width, height = self.half_width + margin, self.half_height + margin
        across = (self.x + width >= left) & (self.x - width <= right)
        return np.flatnonzero(across & (self.y + height >= top) & (self.y - height <= bottom))


def segments_enter_box(
    px: FloatArray, py: FloatArray, dx: FloatArray, dy: FloatArray, width: FloatArray, height: FloatArray
) -> BoolArray:
    """Which segments (start p from the centre, step d) enter which boxes (half sizes), for segments × boxes.

    Separating axes: those of the box and the normal of the segment.
    """
    mx, my, half_x, half_y = px + dx / 2, py + dy / 2, np.abs(dx) / 2, np.abs(dy) / 2
    small = 1e-9
    apart = (np.abs(mx) >= width + half_x - small) | (np.abs(my) >= height + half_y - small)
    apart |= np.abs(mx * dy - my * dx) >= width * np.abs(dy) + height * np.abs(dx) - small
    return np.asarray(~apart)


def _segments_enter_circle(px: FloatArray, py: FloatArray, dx: FloatArray, dy: FloatArray) -> BoolArray:
    """Whether the nearest point of each segment to the origin lies within the unit circle."""
    square = np.maximum(dx**2 + dy**2, 1e-18)
    t = np.clip(-(px * dx + py * dy) / square, 0, 1)
    return (px + t * dx) ** 2 + (py + t * dy) ** 2 < 1 - 1e-9


def measure_distance(box: Rectangle, points: FloatArray) -> float:
    """The distance of a rectangle from a polyline (m × 2), in points; 0 where they meet."""
    half = np.array([box.width, box.height]) / 2
    start, step = points[:-1] - [box.x, box.y], points[1:] - points[:-1]
    if segments_enter_box(start[:, 0], start[:, 1], step[:, 0], step[:, 1], half[:1], half[1:]).any():
        return 0.0
    # Apart, the nearest pair has an end of a segment or a corner of the box in it.
    corners = half * [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    square = np.maximum((step**2).sum(axis=1), 1e-18)
    t = np.clip(((corners[:, None] - start) * step).sum(axis=2) / square, 0, 1)
    to_corners = np.hypot(*np.moveaxis(start + t[..., None] * step - corners[:, None], -1, 0))
    ends = points - [box.x, box.y]
    to_ends = np.hypot(*np.maximum(np.abs(ends) - half, 0.0).T)
    return float(min(to_corners.min(), to_ends.min()))


def measure_gap(one: Rectangle, other: Rectangle) -> float:
    """The distance of two rectangles in points; 0 where they touch or overlap."""
    across = abs(one.x - other.x) - (one.width + other.width) / 2
    down = abs(one.y - other.y) - (one.height + other.height) / 2
    return hypot(max(across, 0.0), max(down, 0.0))


def compute_crossings(points: FloatArray, starts: FloatArray, ends: FloatArray) -> BoolArray:
    """Which of n segments (starts, ends: n × 2) cross a polyline (m × 2) properly; length n."""
    if len(starts) == 0 or len(points) < 2:
        return np.zeros(len(starts), bool)
    step = points[1:] - points[:-1]
    px, py, rx, ry = points[:-1, :1], points[:-1, 1:], step[:, :1], step[:, 1:]
    sx, sy = ends[:, 0] - starts[:, 0], ends[:, 1] - starts[:, 1]
    gx, gy = starts[:, 0] - px, starts[:, 1] - py
    denominator = rx * sy - ry * sx
    parallel = np.abs(denominator) < 1e-9
    denominator[parallel] = 1.0
    t = (gx * sy - gy * sx) / denominator
    u = (gx * ry - gy * rx) / denominator
    small = 1e-6
    return np.asarray((~parallel & (t > small) & (t < 1 - small) & (u >= small) & (u < 1 - small)).any(axis=0))


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
