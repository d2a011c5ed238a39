"""The course of a path → where its number may stand, the best place first."""

import numpy as np

from sem_toolkit.diagram.geometry.curves import compute_length, compute_points, flatten_curve
from sem_toolkit.diagram.geometry.plane import FloatArray

SHARES = np.linspace(0.16, 0.86, 29)
OFFSETS = np.array([0.0, -0.08, 0.08, -0.16, 0.16, -0.24, 0.24, -0.32, 0.32])


def build_path_options(curve: FloatArray, role: str, width: float, height: float, prefer: float) -> FloatArray:
    """Centres for the number of a path: on it from the preferred share of its length outwards, then beside it.

    k × 3: x, y and the cost of the place
    """
    points = flatten_curve(curve, 16)
    if role == "variance":
        return _build_end_options(points, width, height)
    length = compute_length(points)
    on = np.concatenate([[prefer], SHARES[np.argsort(np.abs(SHARES - prefer), kind="stable")]])
    places, directions = compute_points(points, on)
    along = np.abs(directions) @ np.array([width, height]) / 2
    # Enough of the line must be seen on both sides, and arrowheads must stay whole.
    before = 8.5 if role == "covariance" else 4.0
    short = np.maximum(0, along + before - on * length) + np.maximum(0, along + 8.5 - (1 - on) * length)
    costs = 60 * np.abs(on - prefer) + 25 * short
    # Beside the line the number stands in the middle of what is seen of it, short of the arrowhead.
    middle = prefer if length > 3 * width else 0.44
    near = np.minimum(np.maximum(middle + OFFSETS, 0.1), 0.9)
    feet, directions = compute_points(points, near)
    normals = np.stack([-directions[:, 1], directions[:, 0]], axis=1)
    away = normals * (np.abs(normals) @ np.array([width, height]) / 2 + 2.5)[:, None]
    beside = np.stack([feet + away, feet - away], axis=1).reshape(-1, 2)
    return np.concatenate(
        [
            np.column_stack([places, costs]),
            np.column_stack([beside, np.repeat(26 + 40 * np.abs(OFFSETS), 2)]),
        ]
    )


def find_end_place(curve: FloatArray, width: float, height: float) -> FloatArray:
    """Where the number of a variance is best put: beyond the top of its loop or the tail of its arrow."""
    tip, _, direction, reach = _find_end(flatten_curve(curve, 16), width, height)
    return np.asarray(tip + direction * reach)


def _find_end(points: FloatArray, width: float, height: float) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """The top of a loop or tail of an arrow, its base, the direction outwards, and how far out its number stands."""
    loop = len(points) > 2
    tip = points[len(points) // 2] if loop else points[0]
    base = (points[0] + points[-1]) / 2 if loop else points[-1]
    direction = (tip - base) / max(float(np.hypot(*(tip - base))), 1e-9)
    return tip, base, direction, _support(direction, width, height) + (2.0 if loop else 1.5)


def _build_end_options(points: FloatArray, width: float, height: float) -> FloatArray:
    """The number of a loop beyond its top, that of a short arrow beyond its tail; then beside."""
    loop = len(points) > 2
    tip, base, direction, reach = _find_end(points, width, height)
    options = [(*(tip + direction * reach), 0.0)]
    normal = np.array([-direction[1], direction[0]])
    for sign in (1, -1):
        side = normal * sign
        beside = _support(side, width, height) + (9.0 if loop else 2.5)
        options.append((*((tip + base) / 2 + direction * 2 + side * beside), 8.0))
        options.append((*(tip + direction * reach + side * width * 0.4), 12.0))
        options.append((*(tip + direction * height / 2 + side * beside), 10.0))
    return np.array(options, float)


def _support(direction: FloatArray, width: float, height: float) -> float:
    """Half the extent of a box in a direction."""
    return float(abs(direction[0]) * width / 2 + abs(direction[1]) * height / 2)
