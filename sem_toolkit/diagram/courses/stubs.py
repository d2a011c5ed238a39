"""Loadings that arrive level: where numbers are too wide for a straight fan, each stands on a level piece of its line.

Without them the lines of a fan with many indicators or wide numbers lie so close that a number covers its neighbours.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from sem_toolkit.diagram.geometry.curves import build_line
from sem_toolkit.diagram.geometry.hits import segments_enter_box
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle, find_boundary

BEFORE_HEAD, BEHIND = 8.5, 4.0
"""What is seen of a line before and behind its number, in points; the former holds the arrowhead."""

SHORT_ARROW = 11.0
"""Length of the arrow of a variance that arrives below loadings, in points."""

LEAST_BEND = 12.0
"""A fan needs at least this much room before the level pieces begin."""
STEEP = 2.0
"""Slope from which the lines of a core that is not alone in its column leave its side level."""

APART = 0.6
"""The share of half a core's height on which lines leave its side that would leave it in one point otherwise."""

CLEAR = 1.0

T = TypeVar("T")


@dataclass(frozen=True)
class Arrival:
    """A loading that meets an indicator at its left or right side.

    width  of its number; shift: how far below the middle of the side it arrives
    is_variance  a short arrow from outside instead, below all loadings; the indicator counts as its core
    """

    key: str
    core: Rectangle
    core_shape: str
    item: Rectangle
    side: str
    width: float
    shift: float = 0.0
    is_variance: bool = False

    @property
    def end(self) -> FloatArray:
        dx = self.item.width / 2 * (1 if self.side == "right" else -1)
        return np.array([self.item.x + dx, self.item.y + self.shift])

    @property
    def sign(self) -> float:
        """Direction from the core to the indicator, across."""
        return -1.0 if self.side == "right" else 1.0


def build_stubs(arrivals: list[Arrival], height: float, always: bool) -> dict[str, FloatArray]:
    """Path → its course with a level end, for the columns of indicators whose numbers need it.

    height  of a number
    always  True where all columns get them
    """
    arrivals = list(_spread_arrivals(arrivals, height))
    groups: dict[tuple[str, int], list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        groups[arrival.side, round(float(arrival.end[0]))].append(arrival)
    found: dict[str, FloatArray] = {}
    # Both sides of one column look alike.
    columns: dict[int, list[list[Arrival]]] = defaultdict(list)
    for group in groups.values():
        columns[round(group[0].item.x)].append([arrival for arrival in group if not arrival.is_variance])
    for both in groups.values():
        group = [arrival for arrival in both if not arrival.is_variance]
        variances = [arrival for arrival in both if arrival.is_variance]
        if not group:
            continue
        length = max(arrival.width for arrival in group) + BEFORE_HEAD + BEHIND
        # Lines bend only behind the numbers of the short arrows below them.
        length = max([length, *(SHORT_ARROW + arrival.width + BEHIND for arrival in variances)])
        room = min(abs(arrival.core.x - arrival.end[0]) - arrival.core.width / 2 for arrival in group)
        if (
            len(group) > 1
            and room - length >= LEAST_BEND
            and (always or any(_is_crowded(other, height) for other in columns[round(group[0].item.x)]))
        ):
            shifts = _spread_leaving(group, _find_steep(group, length))
            found |= {arrival.key: _build_stub(arrival, length, shifts.get(arrival.key)) for arrival in group}
            found |= {arrival.key: _build_short_arrow(arrival) for arrival in variances}
    return found


def find_end_share(end: T, ends: Sequence[T]) -> float:
    """Where one of several ends lies on a side, from -1/2 to 1/2."""
    return (ends.index(end) + 0.5) / len(ends) - 0.5


def _spread_leaving(group: list[Arrival], steep: set[Rectangle]) -> dict[str, float]:
    """Path → at which share of half the height of its core below its middle it leaves, for those of steep cores."""
    shifts: dict[str, float] = {}
    for core in steep:
        own = [arrival for arrival in group if arrival.core == core]
        ends = sorted(float(arrival.end[1]) for arrival in own)
        shifts |= {arrival.key: 2 * APART * find_end_share(float(arrival.end[1]), ends) for arrival in own}
    return shifts


def _find_steep(group: list[Arrival], length: float) -> set[Rectangle]:
    """Cores with a line so steep that it would run through what stands above or below them in their column."""
    if len({arrival.core for arrival in group}) < 2:
        return set()
    found = set()
    for arrival in group:
        across = abs(arrival.end[0] - arrival.core.x) - arrival.core.width / 2 - length
        if abs(arrival.end[1] - arrival.core.y) > STEEP * across:
            found.add(arrival.core)
    return found


def _spread_arrivals(arrivals: list[Arrival], height: float) -> Iterator[Arrival]:
    """Those that meet the same side of an indicator come in below each other, as their factors stand."""
    meeting: dict[tuple[float, float, str], list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        meeting[arrival.item.x, arrival.item.y, arrival.side].append(arrival)
    for group in meeting.values():
        group.sort(key=lambda arrival: (arrival.is_variance, arrival.core.y))
        step = min(height + 0.8, (group[0].item.height - 3) / max(1, len(group) - 1))
        for k, arrival in enumerate(group):
            yield replace(arrival, shift=step * (k - (len(group) - 1) / 2))


def _is_crowded(group: list[Arrival], height: float) -> bool:
    """Whether the number of any line, set on it before its head, touches another line of the column."""
    starts = np.array([find_boundary(a.core, a.core_shape, a.end) for a in group])
    ends = np.array([a.end for a in group])
    widths = np.array([a.width for a in group])
    steps = ends - starts
    share = 1 - (BEFORE_HEAD + widths / 2) / np.maximum(np.abs(steps[:, 0]), 1.0)
    centres = starts + steps * np.clip(share, 0.0, 1.0)[:, None]
    px, py = (starts[:, None, axis] - centres[None, :, axis] for axis in (0, 1))
    dx, dy = (steps[:, axis, None] + 0 * px for axis in (0, 1))
    half_width, half_height = widths[None] / 2 + CLEAR + 0 * px, height / 2 + CLEAR + 0 * px
    entered = segments_enter_box(px, py, dx, dy, half_width, half_height) & (widths > 0)[None]
    np.fill_diagonal(entered, False)
    return bool(entered.any())


def _build_stub(arrival: Arrival, length: float, shift: float | None) -> FloatArray:
    """Bent from the core to where the level piece begins, then level.

    shift  at which share of half its height below its middle it leaves the side of the core, level; None: towards the
           level piece
    """
    end = arrival.end
    joint = end - np.array([arrival.sign * length, 0.0])
    start = find_boundary(arrival.core, arrival.core_shape, joint)
    first = start + (joint - start) * 0.45
    if shift is not None:
        reach = arrival.core.width / 2 * (float(np.sqrt(1 - shift**2)) if arrival.core_shape == "ellipse" else 1.0)
        start = np.array([arrival.core.x + arrival.sign * reach, arrival.core.y + shift * arrival.core.height / 2])
        first = np.array([0.5 * (joint[0] + start[0]), start[1]])
    bend = [first, joint - np.array([0.4 * (joint[0] - start[0]), 0.0]), joint]
    return np.array([start, *bend, joint + (end - joint) / 3, joint + (end - joint) * 2 / 3, end])


def _build_short_arrow(arrival: Arrival) -> FloatArray:
    return build_line(arrival.end - np.array([arrival.sign * SHORT_ARROW, 0.0]), arrival.end)


def find_share(points: FloatArray, x: float) -> float:
    """The share of its length at which a polyline passes a place across the page, from its end."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    lengths = np.concatenate([[0.0], np.cumsum(steps)])
    order = points[::-1, 0], lengths[::-1]
    return float(
        np.interp(x, *(order if order[0][0] < order[0][-1] else (order[0][::-1], order[1][::-1]))) / lengths[-1]
    )
