"""What a course costs, in common units: points of detour stand against hits, crossings and lines run along."""

from collections.abc import Mapping

import numpy as np

from sem_toolkit.diagram.geometry.curves import evaluate_curve
from sem_toolkit.diagram.geometry.hits import compute_crossings
from sem_toolkit.diagram.geometry.plane import FloatArray
from sem_toolkit.diagram.geometry.segments import Segments

HIT, NEAR, AVOID, CROSSING, OVERLAP = 2000.0, 40.0, 400.0, 34.0, 160.0
INSIDE: Mapping[str, float] = {"ellipse": 1.5, "rectangle": 1.5, "hexagon": 7.0, "triangle": 5.0}
"""How far inside its box a shape surely is, once the box is taken as a rectangle or else as an ellipse."""

BESIDE = 5.0
"""Paths nearer to each other than this are hard to tell apart, in points."""


def compute_meetings(
    points: FloatArray, segments: Segments, key: str, enough: float = np.inf, leave_out: tuple[str, ...] = ()
) -> float:
    """Cost of a course for the path `key` against all other paths: crossings and lines run along.

    enough  crossings that cost so much are all that is counted
    leave_out  other paths that do not count
    """
    low, high = points.min(axis=0) - BESIDE, points.max(axis=0) + BESIDE
    starts, ends, _ = segments.find_near(low, high, key, *leave_out)
    if len(starts) == 0:
        return 0.0
    crossed = float(CROSSING * compute_crossings(points, starts, ends).sum())
    return crossed if crossed >= enough else crossed + float(OVERLAP * compute_overlap(points, starts, ends))


def count_crossings(points: FloatArray, segments: Segments, key: str) -> int:
    """How often a course for the path `key` crosses other paths."""
    starts, ends, _ = segments.find_near(points.min(axis=0), points.max(axis=0), key)
    return int(compute_crossings(points, starts, ends).sum())


def compute_overlap(points: FloatArray, starts: FloatArray, ends: FloatArray) -> float:
    """Share of a course that lies within BESIDE points of some segments, its ends left out."""
    step = points[1:] - points[:-1]
    lengths = np.concatenate([[0], np.cumsum(np.hypot(step[:, 0], step[:, 1]))])
    length = float(lengths[-1])
    count = min(max(int(length / 7), 4), 40)
    along = (np.arange(count) + 0.5) / count * length
    end = 12 if length > 30 else 1
    along = along[(along > end) & (along < length - end)]
    if len(along) == 0:
        return 0.0
    x, y = np.interp(along, lengths, points[:, 0]), np.interp(along, lengths, points[:, 1])
    sx, sy = ends[:, 0] - starts[:, 0], ends[:, 1] - starts[:, 1]
    px, py = x[:, None] - starts[:, 0], y[:, None] - starts[:, 1]
    t = (px * sx + py * sy) / np.maximum(sx * sx + sy * sy, 1e-9)
    np.minimum(np.maximum(t, 0, out=t), 1, out=t)
    square = (px - t * sx) ** 2 + (py - t * sy) ** 2
    return float((square.min(axis=1) < BESIDE**2).sum() / count)


def flatten_evenly(curve: FloatArray) -> FloatArray:
    """25 points along a curve of any number of pieces."""
    t = np.linspace(0, (len(curve) - 1) // 3, 25)
    return evaluate_curve(curve, t)
