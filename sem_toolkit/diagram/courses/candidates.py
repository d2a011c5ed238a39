"""Possible courses of a path, from the plainest to the most roundabout; `routing` picks among them."""

from collections.abc import Iterator

import numpy as np

from sem_toolkit.diagram.geometry.curves import build_line, smooth_polyline
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle, find_boundary

BULGES = (0.1, -0.1, 0.2, -0.2, 0.32, -0.32, 0.48, -0.48)
SIDES = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "top": (0.0, -1.0), "bottom": (0.0, 1.0)}


def _centre(box: Rectangle) -> FloatArray:
    return np.array([box.x, box.y])


def build_straight(tail: Rectangle, tail_shape: str, head: Rectangle, head_shape: str) -> FloatArray:
    """From boundary to boundary along the line of centres."""
    return build_line(find_boundary(tail, tail_shape, _centre(head)), find_boundary(head, head_shape, _centre(tail)))


def build_to_side(tail: Rectangle, tail_shape: str, head: Rectangle, side: str) -> FloatArray:
    """A straight line to the middle of one side of a rectangle: how a fan meets its indicators."""
    dx, dy = SIDES[side]
    end = np.array([head.x + dx * head.width / 2, head.y + dy * head.height / 2])
    return build_line(find_boundary(tail, tail_shape, end), end)


def build_between_sides(tail: Rectangle, head: Rectangle, side: str) -> FloatArray:
    """A straight line to the middle of one side of the head, from the middle of the opposite side of the tail."""
    dx, dy = SIDES[side]
    start = np.array([tail.x - dx * tail.width / 2, tail.y - dy * tail.height / 2])
    return build_line(start, np.array([head.x + dx * head.width / 2, head.y + dy * head.height / 2]))


def build_bent(tail: Rectangle, tail_shape: str, head: Rectangle, head_shape: str, bulge: float) -> FloatArray:
    """A single arc; `bulge` is its height over the chord as a share of the chord, its sign the side."""
    a, b = _centre(tail), _centre(head)
    chord = b - a
    normal = np.array([-chord[1], chord[0]])
    first, second = a + chord * 0.25 + normal * bulge * 4 / 3, b - chord * 0.25 + normal * bulge * 4 / 3
    start, end = find_boundary(tail, tail_shape, first), find_boundary(head, head_shape, second)
    inner = end - start
    offset = normal * bulge * 1.1
    return np.array([start, start + inner * 0.28 + offset, end - inner * 0.28 + offset, end])


def build_port_arc(
    tail: Rectangle, tail_shape: str, head: Rectangle, head_shape: str, side: str, depth: float, inset: float
) -> FloatArray:
    """An arc that leaves and arrives on the same side of both shapes and stays `depth` points outside.

    inset  how far from the middle of the side it touches, towards the other shape, as a share of half the side
    """
    direction = np.array(SIDES[side])
    along = np.array([direction[1], direction[0]]) ** 2
    half_tail = np.array([tail.width, tail.height]) / 2
    half_head = np.array([head.width, head.height]) / 2
    sign = np.sign(((_centre(head) - _centre(tail)) * along).sum()) or 1.0
    aim_tail = _centre(tail) + direction * half_tail + along * sign * half_tail * inset
    aim_head = _centre(head) + direction * half_head - along * sign * half_head * inset
    start, end = find_boundary(tail, tail_shape, aim_tail), find_boundary(head, head_shape, aim_head)
    # Both control points lie at the same distance outside, so that nested arcs do not cross.
    outside = max(float((start * direction).sum()), float((end * direction).sum())) + depth * 4 / 3
    first = start + direction * (outside - float((start * direction).sum()))
    second = end + direction * (outside - float((end * direction).sum()))
    chord = (end - start) * along
    return np.array([start, first + chord * 0.12, second - chord * 0.12, end])


def build_outer_arc(tail: Rectangle, head: Rectangle, side: str, room: float, depth: float, inset: float) -> FloatArray:
    """An arc between rectangles that first passes straight through the room of the variances and bends beyond it.

    It leaves the straight pieces in their direction, so that there is no corner between them.
    """
    direction = np.array(SIDES[side])
    along = np.array([direction[1], direction[0]]) ** 2
    sign = np.sign(((_centre(head) - _centre(tail)) * along).sum()) or 1.0
    half_tail, half_head = (np.array([box.width, box.height]) / 2 for box in (tail, head))
    start = _centre(tail) + direction * half_tail + along * sign * half_tail * inset
    end = _centre(head) + direction * half_head - along * sign * half_head * inset
    outside = max(float((start * direction).sum()), float((end * direction).sum())) + room
    out = start + direction * (outside - float((start * direction).sum()))
    back = end + direction * (outside - float((end * direction).sum()))
    reach = direction * depth * 4 / 3
    arc = [out + reach, back + reach, back]
    there = [start, start + (out - start) / 3, start + (out - start) * 2 / 3, out]
    home = [back + (end - back) / 3, back + (end - back) * 2 / 3, end]
    return np.array([*there, *arc, *home])


def build_bracket(
    tail: Rectangle, head: Rectangle, side: str, reach: float, shifts: tuple[float, float], radius: float
) -> FloatArray:
    """Straight out of one side of both shapes and along it with rounded corners.

    reach   how far from the centres the long piece runs
    shifts  how far from the middle of the side it leaves and arrives, downwards or to the right
    """
    direction = np.array(SIDES[side])
    along = np.array([direction[1], direction[0]]) ** 2
    start, end = (
        _centre(box) + direction * np.array([box.width, box.height]) / 2 + along * shift
        for box, shift in zip((tail, head), shifts, strict=True)
    )
    level = max(float(_centre(tail) @ direction), float(_centre(head) @ direction)) + reach
    out = start + direction * (level - float(start @ direction))
    back = end + direction * (level - float(end @ direction))
    return smooth_polyline(np.array([start, out, back, end]), radius)


def iterate_outer_arcs(tail: Rectangle, head: Rectangle, side: str, room: float) -> Iterator[tuple[float, FloatArray]]:
    """Arcs between indicators beyond their variances."""
    distance = abs(head.x - tail.x) if side in ("top", "bottom") else abs(head.y - tail.y)
    # Arcs over the same stretch keep a line's height from each other, so that their numbers do, too.
    for k in range(7):
        depth = max(6.0, 0.05 * distance) + 8.0 * k
        yield 2.0 + 2 * k + 0.1 * depth, build_outer_arc(tail, head, side, room, depth, 0.85)


def iterate_directed(
    tail: Rectangle, tail_shape: str, head: Rectangle, head_shape: str
) -> Iterator[tuple[float, FloatArray]]:
    """Courses of an arrow with the cost of their shape."""
    yield 0.0, build_straight(tail, tail_shape, head, head_shape)
    for bulge in BULGES:
        yield 14 + 70 * abs(bulge), build_bent(tail, tail_shape, head, head_shape, bulge)


def iterate_covariance(
    tail: Rectangle,
    tail_shape: str,
    head: Rectangle,
    head_shape: str,
    preferred: str | None,
    insets: tuple[float, float],
    roomy: float,
    elsewhere: float = 26.0,
    below: float = np.inf,
) -> Iterator[tuple[float, FloatArray]]:
    """Courses of a covariance with the cost of their shape: arcs on one side first, then bent chords.

    below  those whose shape costs as much are left out
    elsewhere  what another side than the preferred one costs
    roomy  depth at which an arc beside a column holds its number, so that it need not stand further out
    """
    distance = float(np.hypot(head.x - tail.x, head.y - tail.y))
    across = abs(head.x - tail.x) > abs(head.y - tail.y)
    for side in SIDES:
        fits = (side in ("top", "bottom")) == across
        cost = (0.0 if side == preferred else elsewhere) + (0.0 if fits else 40.0)
        if cost >= below:
            continue
        for k, share in enumerate((0.13, 0.19, 0.27, 0.36, 0.46)):
            least = roomy if side in ("left", "right") else 9.0
            # The next one passes outside the number of the one before.
            step = max(2.0, 0.6 * (least - 9)) if side in ("left", "right") else 2.0
            depth = max(least + step * k, share * distance)
            for inset in insets if k < 3 else insets[:1]:
                extra = depth * 0.12 + k * 3
                if cost + extra < below:
                    yield cost + extra, build_port_arc(tail, tail_shape, head, head_shape, side, depth, inset)
    for bulge in (0.22, -0.22, 0.35, -0.35, 0.55, -0.55, 0.8, -0.8):
        cost = elsewhere + 8 + 40 * abs(bulge)
        if cost < below:
            yield cost, build_bent(tail, tail_shape, head, head_shape, bulge)


def build_level(tail: Rectangle, tail_shape: str, head: Rectangle, head_shape: str) -> FloatArray:
    """A straight line along a row or a column where the two overlap in it, otherwise along the line of centres."""
    if head_shape == "rectangle":
        if abs(tail.y - head.y) < head.height / 2:
            x = head.right if tail.x > head.x else head.left
            return _build_from_side(tail, tail_shape, np.array([x, tail.y]))
        if abs(tail.x - head.x) < head.width / 2:
            y = head.bottom if tail.y > head.y else head.top
            return _build_from_side(tail, tail_shape, np.array([tail.x, y]))
    return build_straight(tail, tail_shape, head, head_shape)


def _build_from_side(tail: Rectangle, tail_shape: str, end: FloatArray) -> FloatArray:
    return build_line(find_boundary(tail, tail_shape, end), end)


def _find_anchor(box: Rectangle, shape: str, angle: float, shift: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Point of the boundary in a direction, the outward normal there and the direction along the side.

    shift  moves the point along the side, as a share of its length, downwards or to the right
    """
    half = np.array([box.width, box.height]) / 2
    point = find_boundary(box, shape, _centre(box) + np.array([np.cos(angle), np.sin(angle)]))
    normal = _find_normal(point - _centre(box), half, shape)
    tangent = np.array([abs(normal[1]), abs(normal[0])])
    return point + tangent * shift * 2 * half, normal, np.array([-normal[1], normal[0]])


def build_loop(box: Rectangle, shape: str, angle: float, size: float, shift: float = 0.0) -> FloatArray:
    """A loop on a shape in a direction (radians, clockwise from the right as y grows downwards)."""
    point, normal, side = _find_anchor(box, shape, angle, shift)
    spread = min(4.5, 0.4 * min(box.width, box.height)) * (0.6 if shift else 1.0)
    start, end = point - side * spread, point + side * spread
    if shape != "rectangle":
        start, end = find_boundary(box, shape, start), find_boundary(box, shape, end)
    reach = size * 4 / 3
    wide = size * 0.55 * (0.6 if shift else 1.0)
    return np.array([start, start - side * wide + normal * reach, end + side * wide + normal * reach, end])


def build_spike(box: Rectangle, shape: str, angle: float, size: float, shift: float = 0.0) -> FloatArray:
    """A short arrow that points at a shape from outside."""
    point, normal, _ = _find_anchor(box, shape, angle, shift)
    return build_line(point + normal * size, point)


def _find_normal(offset: FloatArray, half: FloatArray, shape: str) -> FloatArray:
    """The outward direction at a point of the boundary, given from the centre."""
    if shape == "ellipse":
        normal = offset / half**2
    else:
        share = np.abs(offset) / half
        normal = np.sign(offset) * (share > share.max() - 0.02)
    return np.asarray(normal / np.hypot(*normal))
