"""Relative pins: variables that stand in one row or column, left of or above each other, whatever their coordinates."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle

RELATIONS = ("same-row", "same-column", "left-of", "above")

CLEAR = 24.0
"""Distance of variables of which one is moved beside the other, in points: room for an arrow."""


def relate_places(
    places: Mapping[str, Rectangle], structure: Structure, relations: Mapping[str, Sequence[tuple[str, ...]]]
) -> dict[str, Rectangle]:
    """The places after all relations in the order of RELATIONS; indicators go with their core.

    relations  one of RELATIONS → names, of which the first keeps its place in rows and columns; of "left-of" and
               "above" each is before the next
    """
    found = dict(places)
    for relation in RELATIONS:
        for names in relations.get(relation, ()):
            known = [name for name in names if name in found]
            for one, other in pairwise(known):
                first = found[known[0]]
                a, b = found[one], found[other]
                if relation == "same-row":
                    _move(found, structure, other, 0.0, first.y - b.y)
                elif relation == "same-column":
                    _move(found, structure, other, first.x - b.x, 0.0)
                elif relation == "left-of":
                    dx = max(0.0, a.x + (a.width + b.width) / 2 + CLEAR - b.x)
                    _move(found, structure, other, dx, 0.0)
                else:
                    dy = max(0.0, a.y + (a.height + b.height) / 2 + CLEAR - b.y)
                    _move(found, structure, other, 0.0, dy)
    return found


def _move(places: dict[str, Rectangle], structure: Structure, name: str, dx: float, dy: float) -> None:
    """Move a variable with its indicators and what stands beside them, in place."""
    for other in places:
        if other == name or structure.owner.get(other) == name:
            places[other] = places[other].moved(dx, dy)
