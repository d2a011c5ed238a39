"""Polylines and shapes → what meets what, and how far apart they are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.diagram.geometry.plane import BoolArray, FloatArray, Rectangle


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
        if len(self.x) == 0 or points.shape[1] < 2:
            return np.zeros((len(points), len(self.x)), bool)
        return self.enter(points, self.find_near(points, margin), margin)

    def hit_by_each(self, courses: Sequence[FloatArray], margin: float = 0.0) -> BoolArray:
        """The same for c polylines of any numbers of points; c × n."""
        hit = np.zeros((len(courses), len(self.x)), bool)
        alike: dict[int, list[int]] = defaultdict(list)
        for k, points in enumerate(courses):
            alike[len(points)].append(k)
        for rows in alike.values():
            hit[rows] = self.hit_by_many(np.array([courses[k] for k in rows]), margin)
        return hit

    def find_near(self, points: FloatArray, margin: float = 0.0) -> BoolArray:
        """Which shapes, grown by `margin`, touch the rectangles around c polylines of m points (c × m × 2); c × n."""
        low, high = points.min(axis=1), points.max(axis=1)
        width, height = self.half_width + margin, self.half_height + margin
        near = (self.x + width >= low[:, :1]) & (self.x - width <= high[:, :1])
        near &= (self.y + height >= low[:, 1:]) & (self.y - height <= high[:, 1:])
        return np.asarray(near)

    def enter(self, points: FloatArray, near: BoolArray, margin: float = 0.0) -> BoolArray:
        """`hit_by_many` where the pairs of polylines and shapes are known that alone can meet; both c × n."""
        hit = np.zeros(near.shape, bool)
        line, shape = np.nonzero(near)
        if len(line) == 0:
            return hit
        width, height = (self.half_width[shape] + margin)[:, None], (self.half_height[shape] + margin)[:, None]
        start, step = points[:, :-1], points[:, 1:] - points[:, :-1]
        px, py = start[line, :, 0] - self.x[shape, None], start[line, :, 1] - self.y[shape, None]
        dx, dy = step[line, :, 0], step[line, :, 1]
        entered = segments_enter_box(px, py, dx, dy, width, height)
        round_ = self.round[shape]
        if round_.any():
            inside = _segments_enter_circle(px / width, py / height, dx / width, dy / height)
            entered &= ~round_[:, None] | inside
        hit[line, shape] = entered.any(axis=1)
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
