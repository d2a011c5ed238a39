"""Path diagrams: parameter table → path graph → layout → scene → files."""

from sem_toolkit.diagram.checker import Problem, check_scene
from sem_toolkit.diagram.comparing import Version, draw_overlay, draw_side_by_side
from sem_toolkit.diagram.diagram import Diagram, draw_diagram
from sem_toolkit.diagram.graph import build_path_graph
from sem_toolkit.diagram.hints import DiagramHints, build_hints
from sem_toolkit.diagram.pins import Layout, find_layout_path, read_layout, write_layout
from sem_toolkit.diagram.style import DiagramStyle, read_style

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
    "find_layout_path",
    "read_layout",
    "read_style",
    "write_layout",
]
