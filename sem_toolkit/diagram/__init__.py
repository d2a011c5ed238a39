"""Path diagrams: parameter table → path graph → layout → scene → files."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.diagram.checks.checker import Problem, check_scene
    from sem_toolkit.diagram.comparing import Version, draw_overlay, draw_side_by_side
    from sem_toolkit.diagram.content.graph import build_path_graph
    from sem_toolkit.diagram.content.hints import DiagramHints, build_hints
    from sem_toolkit.diagram.content.style import DiagramStyle, read_style
    from sem_toolkit.diagram.diagram import Diagram, draw_diagram, require_diagram_format
    from sem_toolkit.diagram.multiples import draw_small_multiples
    from sem_toolkit.diagram.places.earlier import read_earlier
    from sem_toolkit.diagram.places.pin_edits import keep_positions
    from sem_toolkit.diagram.places.pins import Layout, find_layout_path, read_layout, write_layout

__all__ = [
    "Diagram",
    "DiagramHints",
    "DiagramStyle",
    "Layout",
    "Problem",
    "Version",
    "build_hints",
    "build_path_graph",
    "check_scene",
    "draw_diagram",
    "draw_overlay",
    "draw_side_by_side",
    "draw_small_multiples",
    "find_layout_path",
    "keep_positions",
    "read_earlier",
    "read_layout",
    "read_style",
    "require_diagram_format",
    "write_layout",
]

offer_lazily(__name__)
