"""Arrowheads that would fall on each other at a shape are moved apart along its boundary."""

from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from sem_toolkit.diagram.geometry.curves import build_line, compute_length, compute_points, flatten_curve, is_straight
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle, find_boundary
from sem_toolkit.diagram.places.spreading import separate

APART = 8.0
"""Least distance of two ends at the same shape, in points."""

NEAR = 12.0
"""So far from a shape it is seen in which order paths come that end in one point, in points."""

LEVEL_WEIGHT = 1000.0
"""Weight of the ends of level and upright paths, which stay so, against 1 for others."""


def spread_ends(
    curves: dict[str, FloatArray],
    ends: list[tuple[str, int, str]],
    boxes: dict[str, Rectangle],
    shapes: dict[str, str],
    accepts: Callable[[str, FloatArray], bool],
) -> None:
    """Move ends apart, in place.

    ends     (path, 0 for its tail or -1 for its head, variable it touches)
    accepts  takes the new course of a path, or says False
    """
    at: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for key, end, name in ends:
        at[name].append((key, end))
    for name, found in at.items():
        if len(found) > 1:
            _spread_at(name, found, curves, boxes[name], shapes[name], accepts)


def _spread_at(
    name: str,
    found: list[tuple[str, int]],
    curves: dict[str, FloatArray],
    box: Rectangle,
    shape: str,
    accepts: Callable[[str, FloatArray], bool],
) -> None:
    """Positions are measured along the boundary; the order of the ends around the shape stays."""
    ring, lengths = _build_ring(box, shape)

    def order(entry: tuple[float, str, int]) -> tuple[float, float, str, int]:
        """Ends in one point stand in the order in which their paths come there, so that these do not cross."""
        place, key, end = entry
        points = flatten_curve(curves[key] if end == 0 else curves[key][::-1])
        share = min(1.0, NEAR / max(compute_length(points), 1e-9))
        across, down = (compute_points(points, np.array([share]))[0][0] - points[0]).tolist()
        outwards = np.arctan2((points[0][1] - box.y) / box.height, (points[0][0] - box.x) / box.width)
        turn = (np.arctan2(down, across) - outwards + np.pi) % (2 * np.pi)
        return round(place, 1), float(turn), key, end

    places = sorted(((_find_place(curves[key][end], ring, lengths), key, end) for key, end in found), key=order)
    # Cut the ring open at its widest gap, so that neighbours across the cut stay neighbours.
    around = [*(place for place, _, _ in places), places[0][0] + lengths[-1]]
    gaps = np.diff(around)
    first = (int(np.argmax(gaps)) + 1) % len(places)
    ordered = places[first:] + places[:first]
    wanted = [(place - ordered[0][0]) % lengths[-1] for place, _, _ in ordered]
    apart = min(APART, 0.8 * lengths[-1] / len(ordered))
    weights = [LEVEL_WEIGHT if _is_level(curves[key]) else 1.0 for _, key, _ in ordered]
    moved = separate(wanted, [apart] * (len(wanted) - 1), weights)
    steps = list(zip(moved, wanted, ordered, strict=True))
    # The outermost move first, so that each finds its place free.
    back = [step for step in steps if step[0] < step[1]]
    for new, old, (place, key, end) in [*back, *(step for step in reversed(steps) if step not in back)]:
        if abs(new - old) > 0.3:
            at = (place + new - old) % lengths[-1]
            point = np.array([np.interp(at, lengths, ring[:, axis]) for axis in (0, 1)])
            for joint in (0.25, 0.0):
                curve = move_end(curves[key], end, point, joint)
                if accepts(key, curve):
                    curves[key] = curve
                    break


def _is_level(curve: FloatArray) -> bool:
    across, down = np.abs(curve[-1] - curve[0])
    return is_straight(curve) and min(across, down) < 0.5


@lru_cache(maxsize=256)
def _build_ring(box: Rectangle, shape: str) -> tuple[FloatArray, FloatArray]:
    """Points around the boundary of a shape, and how far along it each is; ends move twice or more in a picture."""
    angles = np.linspace(-np.pi, np.pi, 73)
    centre = np.array([box.x, box.y])
    towards = np.stack([np.cos(angles) * box.width, np.sin(angles) * box.height], axis=1)
    ring = np.array([find_boundary(box, shape, centre + offset) for offset in towards])
    return ring, np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))])


def _find_place(point: FloatArray, ring: FloatArray, lengths: FloatArray) -> float:
    return float(lengths[int(np.argmin(((ring - point) ** 2).sum(axis=1)))])


def move_end(curve: FloatArray, end: int, point: FloatArray, joint: float) -> FloatArray:
    """The curve with one end elsewhere; the neighbouring control points follow, so that it stays smooth.

    joint  by what share of the shift the start of the last piece follows, where the curve has several pieces
    """
    if is_straight(curve):
        return build_line(curve[0], point) if end == -1 else build_line(point, curve[-1])
    moved = curve.copy() if end == -1 else curve[::-1].copy()
    shift = point - moved[-1]
    shares = (1.0, 0.75, 0.4) if len(moved) == 4 else (1.0, 0.67 + joint / 3, 0.33 + joint * 2 / 3, joint)
    for k, share in enumerate(shares, start=1):
        moved[-k] += shift * share
    return moved if end == -1 else moved[::-1]
