"""Where paths take hold of shapes, for formats in which they stay attached when a shape is moved."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle
from sem_toolkit.diagram.scene.elements import EdgeShape, Scene

TOUCH = 2.0
"""How near to a shape's box a path ends that holds on to it, in points."""


@dataclass(frozen=True, slots=True)
class Port:
    """A place on a shape: its name, and where across and down its box as shares of width and height."""

    name: str
    across: float
    down: float


def find_ports(edge: EdgeShape, boxes: Mapping[str, Rectangle]) -> tuple[Port | None, Port | None]:
    """Where a path begins and ends; None for an end in the open, such as that of a residual's short arrow.

    boxes  name of a shape → its box
    """
    return _find_port(edge.source, edge.curve[0], boxes), _find_port(edge.target, edge.curve[-1], boxes)


def collect_boxes(scene: Scene) -> dict[str, Rectangle]:
    """The boxes of all shapes of a scene by name."""
    return {node.name: node.box for node in scene.nodes}


def _find_port(name: str, point: FloatArray, boxes: Mapping[str, Rectangle]) -> Port | None:
    box = boxes.get(name)
    if box is None:
        return None
    x, y = float(point[0]), float(point[1])
    reach = box.grown(TOUCH)
    if not (reach.left <= x <= reach.right and reach.top <= y <= reach.bottom):
        return None
    across, down = np.clip([(x - box.left) / box.width, (y - box.top) / box.height], 0.0, 1.0)
    return Port(name, float(across), float(down))
