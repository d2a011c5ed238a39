"""Plane geometry of diagrams: cubic curves, their polylines, and what they hit.

Lengths are points (1/72 inch); y grows downwards, as on a page. A curve is an array (3k + 1) × 2 of
Bézier control points.
"""

from dataclasses import dataclass

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
    chord = curve[3] - curve[0]
    length = float(np.hypot(*chord))
    if length == 0:
        return True
    offsets = (curve[1:3, 0] - curve[0, 0]) * chord[1] - (curve[1:3, 1] - curve[0, 1]) * chord[0]
    return bool(np.max(np.abs(offsets)) / length < 0.05)


def flatten_curve(curve: FloatArray, steps: int = 12) -> FloatArray:
    """Points along a curve; two points for a straight one."""
    if is_straight(curve):
        return curve[[0, -1]]
    t = np.linspace(0, 1, steps + 1)[:, None]
    pieces = [curve[:1]]
    for k in range(0, len(curve) - 1, 3):
        a, b, c, d = curve[k : k + 4]
        points = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
        pieces.append(points[1:])
    return np.concatenate(pieces)


def flatten_curves(curves: list[FloatArray], steps: int = 12) -> FloatArray:
    """Points along c curves of one piece each: c × (steps + 1) × 2."""
    control = np.array(curves)[:, :, None, :]
    t = np.linspace(0, 1, steps + 1)[None, :, None]
    a, b, c, d = (control[:, k] for k in range(4))
    return np.asarray((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)


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

    def hit_by(self, points: FloatArray, margin: float = 0.0) -> BoolArray:
        """Which of the shapes, grown by `margin`, a polyline (m × 2) enters; length n."""
        return np.asarray(self.hit_by_many(points[None], margin)[0])

    def hit_by_many(self, points: FloatArray, margin: float = 0.0) -> BoolArray:
        """The same for c polylines of m points each (c × m × 2); c × n."""
        if len(self.x) == 0 or points.shape[1] < 2:
            return np.zeros((len(points), len(self.x)), bool)
        width, height = self.half_width + margin, self.half_height + margin
        start, step = points[:, :-1, None, :], (points[:, 1:] - points[:, :-1])[:, :, None, :]
        px, py, dx, dy = start[..., 0] - self.x, start[..., 1] - self.y, step[..., 0], step[..., 1]
        hit = segments_enter_box(px, py, dx, dy, width, height)
        if self.round.any():
            inside = _segments_enter_circle(px / width, py / height, dx / width, dy / height)
            hit &= ~self.round | inside
        return np.asarray(hit.any(axis=1))


def segments_enter_box(
    px: FloatArray, py: FloatArray, dx: FloatArray, dy: FloatArray, width: FloatArray, height: FloatArray
) -> BoolArray:
    """Liang and Barsky (1984) clipping, for segments × boxes."""
    enter, leave = np.zeros_like(px), np.ones_like(px)
    for p, d, half in ((px, dx, width), (py, dy, height)):
        flat = np.abs(d) < 1e-9
        safe = np.where(flat, 1.0, d)
        t1, t2 = (-half - p) / safe, (half - p) / safe
        outside = flat & (np.abs(p) >= half)
        enter = np.maximum(enter, np.where(flat, np.where(outside, 2.0, 0.0), np.minimum(t1, t2)))
        leave = np.minimum(leave, np.where(flat, 1.0, np.maximum(t1, t2)))
    return enter < leave - 1e-9


def _segments_enter_circle(px: FloatArray, py: FloatArray, dx: FloatArray, dy: FloatArray) -> BoolArray:
    """Whether the nearest point of each segment to the origin lies within the unit circle."""
    square = np.maximum(dx**2 + dy**2, 1e-18)
    t = np.clip(-(px * dx + py * dy) / square, 0, 1)
    return (px + t * dx) ** 2 + (py + t * dy) ** 2 < 1 - 1e-9


def compute_crossings(points: FloatArray, starts: FloatArray, ends: FloatArray) -> BoolArray:
    """Which of n segments (starts, ends: n × 2) cross a polyline (m × 2) properly; length n."""
    if len(starts) == 0 or len(points) < 2:
        return np.zeros(len(starts), bool)
    p, r = points[:-1, None, :], np.diff(points, axis=0)[:, None, :]
    q, s = starts[None], (ends - starts)[None]
    denominator = r[..., 0] * s[..., 1] - r[..., 1] * s[..., 0]
    parallel = np.abs(denominator) < 1e-9
    safe = np.where(parallel, 1.0, denominator)
    gap = q - p
    t = (gap[..., 0] * s[..., 1] - gap[..., 1] * s[..., 0]) / safe
    u = (gap[..., 0] * r[..., 1] - gap[..., 1] * r[..., 0]) / safe
    small = 1e-6
    return np.asarray((~parallel & (t > small) & (t < 1 - small) & (u >= small) & (u < 1 - small)).any(axis=0))


def find_boundary(box: Rectangle, shape: str, towards: FloatArray) -> FloatArray:
    """Where the ray from the centre of a shape towards a point leaves it.

    shape  "ellipse", "rectangle", "hexagon" or "triangle"
    """
    centre = np.array([box.x, box.y])
    direction = np.asarray(towards, float) - centre
    if np.hypot(*direction) < 1e-9:
        direction = np.array([1.0, 0.0])
    half = np.array([box.width / 2, box.height / 2])
    if shape == "ellipse":
        return np.asarray(centre + direction / np.hypot(*(direction / half)))
    if shape == "triangle":
        return _leave_triangle(centre, direction, half)
    if shape == "hexagon":
        return np.asarray(centre + direction * _reach_of_hexagon(direction, half))
    return np.asarray(centre + direction / np.max(np.abs(direction) / half))


def _leave_triangle(centre: FloatArray, direction: FloatArray, half: FloatArray) -> FloatArray:
    """Where a ray leaves a triangle with its tip at the top: the nearest of its three sides."""
    corners = np.array([[0.0, -half[1]], half, [-half[0], half[1]]])
    reaches = []
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        normal = np.array([(b - a)[1], -(b - a)[0]])
        speed = float(direction @ normal)
        if speed > 1e-12:
            reaches.append(float(a @ normal) / speed)
    return np.asarray(centre + direction * min(reaches))


def _reach_of_hexagon(direction: FloatArray, half: FloatArray) -> float:
    """How far a ray travels inside a hexagon whose slanted sides take a quarter of the width each."""
    x, y = np.abs(direction)
    flat = half[1] / max(float(y), 1e-12)
    # The slanted side runs from (w, 0) to (w/2, h): x/w + y/(2h) = 1.
    slanted = 1 / (x / half[0] + y / (2 * half[1]))
    return float(min(flat, slanted))
