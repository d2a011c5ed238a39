"""Cubic curves → the points along them, and their parts.

A curve is an array (3k + 1) × 2 of Bézier control points, in points of a page; y grows downwards.
"""

from functools import lru_cache
from math import hypot

import numpy as np

from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle


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
