"""Places for the numbers on paths: measured boxes, tried along the path until nothing is hit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.diagram.geometry.curves import compute_length, compute_points, flatten_curve
from sem_toolkit.diagram.geometry.hits import Shapes, segments_enter_box
from sem_toolkit.diagram.geometry.plane import BoolArray, FloatArray, Rectangle
from sem_toolkit.diagram.geometry.segments import Segments

NODE_HIT, LABEL_HIT, EDGE_HIT = 3000.0, 3000.0, 500.0

IN_DOUBT = 500.0
"""Cost of a place nearer to a foreign path or shape than to what the text belongs to: as bad as on a path."""

NEARLY_IN_DOUBT = 40.0
"""Cost of a place from which a foreign path is less than twice as far away as the own one."""

BEFORE_PATH, CLOSE_TO_PATH = 20.0, 5.0
"""Cost of the number of an arc on its own course so close, in points, to a path that crosses it there."""

BEFORE_TEXT, CLOSE_TO_TEXT = 9.0, 7.0
"""Cost of a text so close, in points, beside another one of its line that both could be read as one."""

GAP_ACROSS, GAP_DOWN = 1.2, 0.3
"""Least distance of texts in points."""

MOST_TRIED = 12
"""How many places of a text are tried for which others would have to give way."""


@dataclass(frozen=True)
class Wanted:
    """A text that needs a place.

    key       of the path (or "r2 name" for a text beside a variable)
    options   k × 3: candidate centres with the cost of their place
    own       key of the path on which it may lie; None when it must keep off all
    anchor    the shape to which it belongs, within `reach` points of which it should stand; None for a path's number
    apart     whether it should not stand beside another such text as if both were one
    passable  paths that may cross its own one where it stands; None where all may
    """

    key: str
    width: float
    height: float
    options: FloatArray
    own: str | None
    anchor: Rectangle | None = None
    reach: float = np.inf
    apart: bool = False
    passable: frozenset[str] | None = None

    @cached_property
    def corners(self) -> tuple[list[float], list[float]]:
        """The rectangle around the candidate centres: its least and its largest x and y."""
        return self.options[:, :2].min(axis=0).tolist(), self.options[:, :2].max(axis=0).tolist()


@dataclass(frozen=True)
class _Known:
    """What is known of a text from the last time: its cost against certain pieces of paths."""

    text: Wanted
    gaps: FloatArray
    starts: FloatArray
    ends: FloatArray
    cost: FloatArray


class Memory:
    """What stays the same while the places of texts are chosen again after some paths have taken other courses."""

    def __init__(self) -> None:
        self._options: dict[str, tuple[FloatArray, float, FloatArray]] = {}
        self.costs: dict[str, _Known] = {}

    def recall_options(self, key: str, curve: FloatArray, prefer: float, build: Callable[[], FloatArray]) -> FloatArray:
        """The places of a text on a path, built anew only where its course or the place preferred is another one."""
        known = self._options.get(key)
        if known is None or known[0] is not curve or known[1] != prefer:
            known = self._options[key] = curve, prefer, build()
        return known[2]


def place_labels(
    wanted: list[Wanted],
    shapes: Shapes,
    curves: Mapping[str, FloatArray],
    fixed: list[Rectangle],
    memory: Memory,
    passes: int = 5,
) -> dict[str, Rectangle]:
    """A box for every text: cheapest first choice, then repeated improvement of each against all others.

    memory  of the texts placed among the same shapes and `fixed` before
    """
    segments = Segments()
    for key, curve in curves.items():
        segments.add(key, flatten_curve(curve))
    base = [_compute_fixed_costs(text, shapes, segments, fixed, memory) for text in wanted]
    order = sorted(range(len(wanted)), key=lambda k: (len(wanted[k].options), k))
    chosen = np.full((len(wanted), 4), np.nan)
    beside = np.array([text.apart for text in wanted], bool)
    for sweep in range(passes):
        changed = False
        for k in order:
            cost = base[k] + LABEL_HIT * _count_overlaps(wanted[k], chosen, k)
            if wanted[k].apart:
                cost = cost + BEFORE_TEXT * _count_beside(wanted[k], chosen, beside, k)
            new = _get_place(wanted[k], int(np.argmin(cost)))
            changed |= not np.array_equal(chosen[k], new)
            chosen[k] = new
        if sweep and not changed:
            break
    _make_way(wanted, base, chosen)
    return {
        text.key: Rectangle(float(x), float(y), text.width, text.height)
        for text, (x, y) in zip(wanted, chosen[:, :2], strict=True)
    }


def _get_place(text: Wanted, option: int) -> FloatArray:
    """Centre and half sizes of a text at one of its places."""
    return np.array([*text.options[option, :2], text.width / 2, text.height / 2])


def _make_way(wanted: list[Wanted], base: list[FloatArray], chosen: FloatArray) -> None:
    """Move texts out of the way of others that lie on something where they are; changes `chosen`."""
    for k, text in enumerate(wanted):
        here = np.flatnonzero((text.options[:, :2] == chosen[k, :2]).all(axis=1))[0]
        present = base[k] + LABEL_HIT * _count_overlaps(text, chosen, k)
        if present[here] < EDGE_HIT:
            continue
        for option in np.argsort(base[k], kind="stable")[:MOST_TRIED]:
            if base[k][option] >= min(EDGE_HIT, present[here]):
                break
            trial = chosen.copy()
            trial[k] = _get_place(text, int(option))
            if _clear(wanted, base, trial, k):
                chosen[:] = trial
                break


def _clear(wanted: list[Wanted], base: list[FloatArray], chosen: FloatArray, own: int) -> bool:
    """Whether all texts on which one lies find another place that is free; moves them in `chosen`."""
    box = chosen[own]
    apart = (np.abs(chosen[:, 0] - box[0]) < chosen[:, 2] + box[2] + GAP_ACROSS) & (
        np.abs(chosen[:, 1] - box[1]) < chosen[:, 3] + box[3] + GAP_DOWN
    )
    apart[own] = False
    for m in np.flatnonzero(apart):
        cost = base[m] + LABEL_HIT * _count_overlaps(wanted[m], chosen, int(m))
        best = int(np.argmin(cost))
        if cost[best] >= EDGE_HIT:
            return False
        chosen[m] = _get_place(wanted[m], best)
    return True


def _count_overlaps(text: Wanted, chosen: FloatArray, own: int) -> FloatArray:
    """How many of the other texts that have a place (the rest is NaN) each place of a text touches."""
    options = text.options
    (left, top), (right, bottom) = text.corners
    width, height = text.width / 2 + chosen[:, 2] + GAP_ACROSS, text.height / 2 + chosen[:, 3] + GAP_DOWN
    x, y = chosen[:, 0], chosen[:, 1]
    near = (x + width >= left) & (x - width <= right) & (y + height >= top) & (y - height <= bottom)
    near[own] = False
    if not near.any():
        return np.zeros(len(options))
    others, width, height = chosen[near], width[near], height[near]
    apart_x = np.abs(options[:, None, 0] - others[:, 0]) < width
    apart_y = np.abs(options[:, None, 1] - others[:, 1]) < height
    return np.asarray((apart_x & apart_y).sum(axis=1), float)


def _count_beside(text: Wanted, chosen: FloatArray, counted: BoolArray, own: int) -> FloatArray:
    """How many of the other texts that count stand in the line of each place of a text, close to it."""
    counted = counted & ~np.isnan(chosen[:, 0])
    counted[own] = False
    if not counted.any():
        return np.zeros(len(text.options))
    others = chosen[counted]
    dx = np.abs(text.options[:, None, 0] - others[:, 0]) - text.width / 2 - others[:, 2]
    dy = np.abs(text.options[:, None, 1] - others[:, 1])
    return np.asarray(((dx < CLOSE_TO_TEXT) & (dy < text.height / 4 + others[:, 3] / 2)).sum(axis=1), float)


def _compute_fixed_costs(
    text: Wanted, shapes: Shapes, segments: Segments, fixed: list[Rectangle], memory: Memory
) -> FloatArray:
    """Cost of each option against shapes, other texts that stay, and paths."""
    options = text.options
    half_width, half_height = text.width / 2 + 1.6, text.height / 2 + 0.8
    known = memory.costs.get(text.key)
    if known is not None and known.text.options is not options:
        known = None
    gaps = _measure_gaps(text, segments) if known is None else known.gaps
    wide = np.maximum(gaps, 0.0) if text.own is not None else np.zeros_like(gaps)
    reach, (low, high) = 2 * wide.max(), np.array(text.corners)
    margin = np.array([half_width + reach, half_height + reach])
    starts, ends, _ = segments.find_near(low - margin, high + margin, text.own)
    if known is not None and np.array_equal(known.starts, starts) and np.array_equal(known.ends, ends):
        return known.cost
    x, y, cost = options[:, 0], options[:, 1], options[:, 2].copy()
    cost += NODE_HIT * _count_shape_hits(x, y, half_width, half_height, shapes)
    if fixed:
        boxes = np.array([[box.x, box.y, box.width / 2, box.height / 2] for box in fixed])
        hit = (np.abs(x[:, None] - boxes[:, 0]) < half_width + boxes[:, 2]) & (
            np.abs(y[:, None] - boxes[:, 1]) < half_height + boxes[:, 3]
        )
        cost += LABEL_HIT * hit.sum(axis=1)
    cost += IN_DOUBT * _find_doubts(text, gaps, shapes)
    if len(starts):
        start, step = starts, ends - starts
        px, py = start[:, 0][:, None] - x, start[:, 1][:, None] - y
        dx, dy = step[:, 0][:, None] + 0 * x, step[:, 1][:, None] + 0 * x
        cost += EDGE_HIT * segments_enter_box(px, py, dx, dy, 0 * x + half_width - 0.4, 0 * x + half_height - 0.4).sum(
            axis=0
        )
        if text.passable is not None:
            cost += BEFORE_PATH * ((wide == 0) & _find_crossed(text, segments, text.passable))
        for times, price in ((1.0, IN_DOUBT), (2.0, NEARLY_IN_DOUBT)):
            across, down = text.width / 2 + times * wide, text.height / 2 + times * wide
            cost += price * ((wide > 0) & segments_enter_box(px, py, dx, dy, across, down).any(axis=0))
    memory.costs[text.key] = _Known(text, gaps, starts, ends, cost)
    return np.asarray(cost)


def _find_crossed(text: Wanted, segments: Segments, passable: frozenset[str]) -> BoolArray:
    """At which places of a text a path runs close to it that may not pass there."""
    half_width, half_height = text.width / 2 + CLOSE_TO_PATH, text.height / 2 + CLOSE_TO_PATH
    low, high = np.array(text.corners)
    margin = np.array([half_width, half_height])
    starts, ends, _ = segments.find_near(low - margin, high + margin, text.own, *passable)
    x, y = text.options[:, 0], text.options[:, 1]
    px, py = starts[:, 0][:, None] - x, starts[:, 1][:, None] - y
    dx, dy = (ends - starts)[:, 0][:, None] + 0 * x, (ends - starts)[:, 1][:, None] + 0 * x
    return np.asarray(segments_enter_box(px, py, dx, dy, half_width + 0 * x, half_height + 0 * x).any(axis=0))


def _measure_gaps(text: Wanted, segments: Segments) -> FloatArray:
    """How far each place is from the path or shape to which the text belongs, in points; 0 on the path itself."""
    x, y = text.options[:, 0, None], text.options[:, 1, None]
    gaps = np.full(len(text.options), np.inf)
    if text.own is not None and text.own in segments:
        points = segments.courses[text.own]
        count = max(2, int(compute_length(points) / 1.5))
        along, _ = compute_points(points, np.linspace(0, 1, count))
        dx = np.maximum(np.abs(along[:, 0] - x) - text.width / 2, 0)
        dy = np.maximum(np.abs(along[:, 1] - y) - text.height / 2, 0)
        gaps = np.hypot(dx, dy).min(axis=1)
    if text.anchor is not None:
        dx = np.maximum(np.abs(text.anchor.x - x[:, 0]) - (text.anchor.width + text.width) / 2, 0)
        dy = np.maximum(np.abs(text.anchor.y - y[:, 0]) - (text.anchor.height + text.height) / 2, 0)
        gaps = np.minimum(gaps, np.hypot(dx, dy))
    return np.where(np.isfinite(gaps) & (gaps > 0.3), gaps, 0.0)


def _find_doubts(text: Wanted, gaps: FloatArray, shapes: Shapes) -> BoolArray:
    """Which places of a text beside a shape are too far away from it, or nearer to another shape."""
    if text.anchor is None or not np.isfinite(text.reach):
        return np.zeros(len(gaps), bool)
    x, y = text.options[:, 0, None], text.options[:, 1, None]
    dx = np.maximum(np.abs(shapes.x - x) - shapes.half_width - text.width / 2, 0)
    dy = np.maximum(np.abs(shapes.y - y) - shapes.half_height - text.height / 2, 0)
    return np.asarray((gaps > text.reach) | (np.hypot(dx, dy).min(axis=1) < gaps - 0.01))


def _count_shape_hits(
    x: FloatArray, y: FloatArray, half_width: float, half_height: float, shapes: Shapes
) -> FloatArray:
    """How many shapes each of many equal boxes touches; ellipses by their nearest point in scaled coordinates."""
    dx = np.maximum(np.abs(x[:, None] - shapes.x) - half_width, 0)
    dy = np.maximum(np.abs(y[:, None] - shapes.y) - half_height, 0)
    box = (dx < shapes.half_width) & (dy < shapes.half_height)
    ellipse = (dx / shapes.half_width) ** 2 + (dy / shapes.half_height) ** 2 < 1
    return np.asarray(np.where(shapes.round, ellipse, box).sum(axis=1), float)
