"""Places for the numbers on paths: measured boxes, tried along the path until nothing is hit."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sem_toolkit.diagram.geometry import (
    FloatArray,
    Rectangle,
    Shapes,
    compute_length,
    compute_points,
    flatten_curve,
    segments_enter_box,
)

NODE_HIT, LABEL_HIT, EDGE_HIT = 3000.0, 3000.0, 500.0


@dataclass(frozen=True)
class Wanted:
    """A text that needs a place.

    key       of the path (or "r2 name" for a text beside a variable)
    options   k × 3: candidate centres with the cost of their place
    own       key of the path on which it may lie; None when it must keep off all
    """

    key: str
    width: float
    height: float
    options: FloatArray
    own: str | None


SHARES = np.linspace(0.16, 0.86, 29)
OFFSETS = np.array([0.0, -0.12, 0.12, -0.24, 0.24])


def build_path_options(curve: FloatArray, role: str, width: float, height: float, prefer: float) -> FloatArray:
    """Centres for the number of a path: on it from the preferred share of its length outwards, then beside it.

    k × 3: x, y and the cost of the place
    """
    points = flatten_curve(curve, 16)
    length = compute_length(points)
    if role == "variance":
        return _build_end_options(points, width, height)
    on = SHARES[np.argsort(np.abs(SHARES - prefer), kind="stable")]
    places, directions = compute_points(points, on)
    along = np.abs(directions) @ np.array([width, height]) / 2
    # Enough of the line must be seen on both sides, and the arrowhead must stay whole.
    short = np.maximum(0, along + 4 - on * length) + np.maximum(0, along + 8.5 - (1 - on) * length)
    costs = 60 * np.abs(on - prefer) + 25 * short
    # Beside the line the number stands in the middle of what is seen of it, short of the arrowhead.
    middle = prefer if length > 3 * width else 0.44
    near = np.clip(middle + OFFSETS, 0.1, 0.9)
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


def _build_end_options(points: FloatArray, width: float, height: float) -> FloatArray:
    """The number of a loop beyond its top, that of a short arrow beyond its tail; then beside."""
    loop = len(points) > 2
    tip = points[len(points) // 2] if loop else points[0]
    base = (points[0] + points[-1]) / 2 if loop else points[-1]
    direction = (tip - base) / max(float(np.hypot(*(tip - base))), 1e-9)
    reach = _support(direction, width, height) + (2.0 if loop else 1.5)
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


def place_labels(
    wanted: list[Wanted],
    shapes: Shapes,
    curves: Mapping[str, FloatArray],
    fixed: list[Rectangle],
    passes: int = 5,
) -> dict[str, Rectangle]:
    """A box for every text: cheapest first choice, then repeated improvement of each against all others."""
    segments = _Segments(curves)
    base = [_compute_fixed_costs(text, shapes, segments, fixed) for text in wanted]
    places: dict[str, Rectangle] = {}
    order = sorted(range(len(wanted)), key=lambda k: (len(wanted[k].options), k))
    chosen = np.full((len(wanted), 4), np.nan)
    for sweep in range(passes):
        changed = False
        for k in order:
            text = wanted[k]
            cost = base[k] + LABEL_HIT * _count_overlaps(text, chosen, k)
            best = int(np.argmin(cost))
            x, y, _ = text.options[best]
            new = np.array([x, y, text.width / 2, text.height / 2])
            changed |= not np.array_equal(chosen[k], new)
            chosen[k] = new
        if sweep and not changed:
            break
    for k, text in enumerate(wanted):
        places[text.key] = Rectangle(float(chosen[k, 0]), float(chosen[k, 1]), text.width, text.height)
    return places


def _count_overlaps(text: Wanted, chosen: FloatArray, own: int) -> FloatArray:
    options = text.options
    others = np.delete(chosen, own, axis=0)
    others = others[~np.isnan(others[:, 0])]
    apart_x = np.abs(options[:, None, 0] - others[None, :, 0]) < text.width / 2 + others[None, :, 2] + 1.2
    apart_y = np.abs(options[:, None, 1] - others[None, :, 1]) < text.height / 2 + others[None, :, 3] + 0.3
    return np.asarray((apart_x & apart_y).sum(axis=1), float)


class _Segments:
    """All straight pieces of all paths, with the number of their path."""

    def __init__(self, curves: Mapping[str, FloatArray]) -> None:
        lines = {key: flatten_curve(curve) for key, curve in curves.items()}
        self.number = {key: k for k, key in enumerate(lines)}
        none = np.zeros((0, 2))
        self.starts = np.concatenate([line[:-1] for line in lines.values()]) if lines else none
        self.ends = np.concatenate([line[1:] for line in lines.values()]) if lines else none
        counts = [len(line) - 1 for line in lines.values()]
        self.owner = np.repeat(np.arange(len(counts)), counts) if counts else np.zeros(0, int)


def _compute_fixed_costs(text: Wanted, shapes: Shapes, segments: _Segments, fixed: list[Rectangle]) -> FloatArray:
    """Cost of each option against shapes, other texts that stay, and paths."""
    options = text.options
    x, y, cost = options[:, 0], options[:, 1], options[:, 2].copy()
    half_width, half_height = text.width / 2 + 1.6, text.height / 2 + 0.8
    cost += NODE_HIT * _count_shape_hits(x, y, half_width, half_height, shapes)
    if fixed:
        boxes = np.array([[box.x, box.y, box.width / 2, box.height / 2] for box in fixed])
        hit = (np.abs(x[:, None] - boxes[:, 0]) < half_width + boxes[:, 2]) & (
            np.abs(y[:, None] - boxes[:, 1]) < half_height + boxes[:, 3]
        )
        cost += LABEL_HIT * hit.sum(axis=1)
    low = np.array([x.min() - half_width, y.min() - half_height])
    high = np.array([x.max() + half_width, y.max() + half_height])
    near = (np.maximum(segments.starts, segments.ends) >= low).all(axis=1)
    near &= (np.minimum(segments.starts, segments.ends) <= high).all(axis=1)
    if text.own in segments.number:
        near &= segments.owner != segments.number[text.own]
    if near.any():
        start, step = segments.starts[near], segments.ends[near] - segments.starts[near]
        enter = segments_enter_box(
            start[:, 0][:, None] - x,
            start[:, 1][:, None] - y,
            step[:, 0][:, None] + 0 * x,
            step[:, 1][:, None] + 0 * x,
            np.full_like(x, half_width - 0.4),
            np.full_like(x, half_height - 0.4),
        )
        cost += EDGE_HIT * enter.sum(axis=0)
    return np.asarray(cost)


def _count_shape_hits(
    x: FloatArray, y: FloatArray, half_width: float, half_height: float, shapes: Shapes
) -> FloatArray:
    """How many shapes each of many equal boxes touches; ellipses by their nearest point in scaled coordinates."""
    dx = np.maximum(np.abs(x[:, None] - shapes.x) - half_width, 0)
    dy = np.maximum(np.abs(y[:, None] - shapes.y) - half_height, 0)
    box = (dx < shapes.half_width) & (dy < shapes.half_height)
    ellipse = (dx / shapes.half_width) ** 2 + (dy / shapes.half_height) ** 2 < 1
    return np.asarray(np.where(shapes.round, ellipse, box).sum(axis=1), float)
