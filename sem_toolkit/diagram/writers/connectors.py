"""The connectors that Office has, between a variable and the box in which the two halves of a curved path meet."""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.diagram.geometry.curves import compute_length, flatten_curve
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle
from sem_toolkit.diagram.writers.drawing_ml import SIDES

LEAST_STEP = 2.0
"""How far a bent connector goes at least in the direction of each of its ends, in points."""

NEARLY, NEARLY_SHARE = 4.0, 0.12
"""How far a course may run beside a straight connector that stands for it: in points, or as a share of its length."""

IN_TRACKS = 0.75
"""Which share of a path is level or upright at least if it runs in tracks."""

NORMALS = np.array([[0, -1], [-1, 0], [0, 1], [1, 0]], dtype=float)
"""The directions in which paths leave the sides of a shape, in the order of SIDES."""


@dataclass(frozen=True)
class Anchor:
    """One end of a connector: a connection site of a shape, and the side to which it leaves there."""

    shape: int
    side: int
    point: FloatArray
    site: int

    @property
    def normal(self) -> FloatArray:
        return np.asarray(NORMALS[self.side])

    @property
    def is_upright(self) -> bool:
        return self.side in (0, 2)


@dataclass(frozen=True)
class Half:
    """A connector between a variable and a knot.

    marks  which of its two ends have arrowheads
    place  where it holds on to the variable
    """

    first: Anchor
    last: Anchor
    bends: int
    marks: tuple[bool, bool]
    place: FloatArray

    def draw_curved(self) -> FloatArray:
        """Its course as Office draws it where it is curved (presets curvedConnector2 and 3), as a polyline, n × 2."""
        start, end = self.first.point, self.last.point
        out = np.abs(self.first.normal) * (end - start)
        if self.bends == 1:
            return flatten_curve(np.array([start, start + out / 2, end - (end - start - out) / 2, end]))
        middle, across = (start + end) / 2, end - start - out
        first = [start, start + out / 4, middle - across / 4, middle]
        return flatten_curve(np.array([*first, middle + across / 4, end - out / 4, end]))


def runs_in_tracks(curve: FloatArray) -> bool:
    """Whether a path is led around others with right angles."""
    points = flatten_curve(curve)
    steps = np.abs(np.diff(points, axis=0))
    straight = steps.min(axis=1) < 0.05 * steps.max(axis=1)
    return bool(steps[straight].sum() >= IN_TRACKS * compute_length(points))


def build_anchor(shape: int, side: int, box: Rectangle) -> Anchor:
    """The middle of a shape's side."""
    across, down = SIDES[side]
    return Anchor(shape, side, np.array([box.left + across * box.width, box.top + down * box.height]), side)


def is_nearly_straight(course: FloatArray, anchor: Anchor) -> bool:
    """Whether a line to the anchor runs as the course does until there."""
    start, step = course[0], anchor.point - course[0]
    length = float(np.hypot(*step))
    along = (course - start) @ step / max(length, 1e-9)
    before = course[along < length] - start
    deviation = np.abs(before @ np.array([-step[1], step[0]])) / max(length, 1e-9)
    return bool(deviation.max(initial=0.0) < max(NEARLY, NEARLY_SHARE * length))


def measure_deviation(course: FloatArray, drawn: FloatArray) -> float:
    """How far the points of a polyline, m × 2, are from those of a course, n × 2, at most, in points."""
    steps = np.linspace(0.0, 1.0, 16)[:, None, None]
    fine = (drawn[:-1] + steps * (drawn[1:] - drawn[:-1])).reshape(-1, 2)
    gaps = np.hypot(*(fine[:, None, :] - course[None, :, :]).transpose(2, 0, 1))
    return float(gaps.min(axis=1).max())


def choose_half(shape: int, box: Rectangle, point: FloatArray, knot: Anchor, mark: bool) -> Half | None:
    """The connector of fewest bends, from the side of the variable that is nearest to where the path ends."""
    anchors = [build_anchor(shape, side, box) for side in range(len(SIDES))]
    halves = [half for half in (build_half(anchor, knot, mark) for anchor in anchors) if half is not None]
    return min(halves, key=lambda half: half.bends + float(np.hypot(*(half.place - point))) / box.width, default=None)


def build_half(variable: Anchor, knot: Anchor, mark: bool) -> Half | None:
    """A connector from a variable to the knot; None where it would have to bend more than Office's do."""
    step = knot.point - variable.point
    goes_out = step @ variable.normal > LEAST_STEP
    if variable.is_upright == knot.is_upright:
        if not goes_out or variable.side == knot.side:
            return None
        return Half(variable, knot, 2, (mark, False), variable.point)
    if not goes_out or -step @ knot.normal <= LEAST_STEP:
        return None
    # Office's connector of one bend leaves sidewards.
    if variable.is_upright:
        return Half(knot, variable, 1, (False, mark), variable.point)
    return Half(variable, knot, 1, (mark, False), variable.point)
