"""Where the ends of tracks stand at a rectangle: on both sides of its variance, whose number stands between them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.measures import Measures, Spacing

PORT = 5.0
"""Distance of two ends at one indicator, in points."""

BESIDE_NUMBER = 4.1
"""Between the number of a variance and the nearest track: twice as far as the number is from its loop."""

HALF_LOOP = 6.5
"""Half of what the variance itself takes of the side."""

CORNER = 2.0
"""Distance of the outermost end from the corner."""

LEAST = 3
"""Fewer covariances than this on one side are arcs."""


def find_half_gap(measures: Measures) -> float:
    """How far from the middle of a side the nearest ends are; 0 where no variances are drawn."""
    return max(HALF_LOOP, measures.number / 2 + BESIDE_NUMBER) if measures.outer[1] > 0 else 0.0


def find_least_width(ends: int, measures: Measures) -> float:
    """How wide a rectangle must be for so many ends on both sides of its variance, in points."""
    half_gap = find_half_gap(measures)
    return 2 * (half_gap + PORT * ((ends + 1) // 2 - 1) + CORNER) if ends and half_gap else 0.0


def find_shifts(leaving_right: list[bool], width: float, half_gap: float) -> list[float]:
    """How far from the middle of a side of this width each of some ends is, given from left to right.

    leaving_right  whether its track leaves to the right
    half_gap       what stays free on both sides of the middle, as long as the side is wide enough for it
    """
    count = len(leaving_right)
    left = count // 2
    if count % 2 and 2 * sum(leaving_right) < count:
        left += 1
    most = max(left, count - left) - 1
    free = width / 2 - CORNER - half_gap
    if half_gap and free >= 0.7 * PORT * most:
        step = min(PORT, free / max(1, most))
        return [half_gap * (1 if k >= left else -1) + step * (k - left + (k < left)) for k in range(count)]
    step = min(PORT, 0.85 * width / max(count, 1))
    return [step * (k - (count - 1) / 2) for k in range(count)]


def widen_for_tracks(names: Iterable[str], structure: Structure, measures: Measures, spacing: Spacing) -> Measures:
    """The measures with these indicators, which stand in a row, as wide as the ends of their covariances ask for."""
    # Those of covariates have no variances beside them.
    items = set(structure.owner) - {name for found in structure.satellites.values() for name in found}
    pairs = [pair for pair in structure.covariances if {*pair} <= items]
    ends = Counter(name for pair in pairs for name in pair)
    if not spacing.beside or len(pairs) < LEAST:
        return measures
    least = find_least_width(max((ends[name] for name in names), default=0), measures)
    nodes = {name: measures.nodes[name] for name in names}
    wider = {name: Rectangle(0, 0, max(box.width, least), box.height) for name, box in nodes.items()}
    return replace(measures, nodes={**measures.nodes, **wider})
