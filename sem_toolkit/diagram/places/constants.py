"""The constant 1 of mean structures: a small triangle beside every variable that has an intercept."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from sem_toolkit.diagram.content.canvas import Canvas
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.placement import Placement

SIZE = 11.0
DISTANCES = (17.0, 22.0, 28.0, 36.0)
ANGLES: Mapping[str, float] = {"right": 0.0, "bottom": np.pi / 2, "left": np.pi, "top": -np.pi / 2}


def name_constant(variable: str) -> str:
    """The name under which the triangle of a variable is placed."""
    return f"1 → {variable}"


def place_constants(canvas: Canvas, placement: Placement) -> Placement:
    """The placement with a triangle for every intercept, outside where there is room."""
    variables = [
        a for a, _, data in canvas.graph.edges(data=True) if data["role"] == "intercept" and a in placement.places
    ]
    places = dict(placement.places)
    for name in variables:
        places[name_constant(name)] = _find_place(canvas, name, places, placement)
    return replace(placement, places=places)


def _find_place(canvas: Canvas, name: str, places: Mapping[str, Rectangle], placement: Placement) -> Rectangle:
    graph, structure = canvas.graph, canvas.structure
    box = places[name]
    shared = any(data["role"] == "variance" for data in graph[name].get(name, {}).values()) and name in structure.owner
    others = [other for key, other in places.items() if key != name]
    for distance in DISTANCES:
        for angle in _iterate_angles(name, structure, placement):
            x = box.x + np.cos(angle) * (box.width / 2 + distance)
            y = box.y + np.sin(angle) * (box.height / 2 + distance)
            if shared:
                # Half the side belongs to the variance.
                x, y = x + abs(np.sin(angle)) * 0.28 * box.width, y + abs(np.cos(angle)) * 0.4 * box.height
            place = Rectangle(float(x), float(y), SIZE, SIZE)
            if not any(place.overlaps(other, 3.0) for other in others):
                return place
    return Rectangle(box.x, box.bottom + DISTANCES[-1], SIZE, SIZE)


def _iterate_angles(name: str, structure: Structure, placement: Placement) -> Iterable[float]:
    """Outwards first: away from the core for indicators, up or down for cores."""
    owner = structure.owner.get(name)
    if owner is not None and structure.two_sided is None:
        first = ANGLES[placement.sides.get(owner, "right")]
        return (first, first + 0.5, first - 0.5, first + 1.2, first - 1.2)
    return (0.9, 2.2, 1.2, 1.9, np.pi / 2, -0.9, -2.2, -np.pi / 2, 0.5, 2.6)
