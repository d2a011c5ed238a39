"""Models whose variables stand where a test puts them, for the tests of courses."""

from collections.abc import Mapping
from typing import Any

from sem_toolkit.diagram import DiagramHints, DiagramStyle
from sem_toolkit.diagram.content.canvas import build_canvas, select_elements
from sem_toolkit.diagram.content.graph import build_path_graph
from sem_toolkit.diagram.courses.routing import Router
from sem_toolkit.diagram.geometry.metrics import TextSize
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.measures import Side, Spacing, measure_graph
from sem_toolkit.diagram.places.placement import Placement
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec

WIDTH, HEIGHT = 40.0, 20.0


def build_router(
    text: str,
    middles: Mapping[str, tuple[float, float]],
    sides: Mapping[str, Side] | None = None,
    numbers: Mapping[str, TextSize] | None = None,
    downward: bool = False,
    **settings: Any,
) -> Router:
    """A router over shapes of 40 × 20 points around these middles.

    sides    core → the side on which its indicators are
    numbers  sizes of the numbers of variances and covariances
    """
    style = DiagramStyle(values="none", **settings)
    whole = build_path_graph(build_parameter_table(parse_spec(text), TableOptions(call="sem")))
    canvas = build_canvas(select_elements(whole, style, ()), style, DiagramHints())
    places = {name: Rectangle(x, y, WIDTH, HEIGHT) for name, (x, y) in middles.items()}
    placement = Placement(places, sides or {}, downward=downward)
    return Router(canvas, placement, [], numbers or {}, measure_graph(canvas, Spacing()))
