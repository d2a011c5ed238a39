"""Path diagrams: parameter table → path graph → layout → scene → files."""

from sem_toolkit.diagram.checker import Problem, check_scene
from sem_toolkit.diagram.diagram import Diagram, draw_diagram
from sem_toolkit.diagram.graph import build_path_graph
from sem_toolkit.diagram.hints import DiagramHints, build_hints
from sem_toolkit.diagram.style import DiagramStyle, read_style

__all__ = [
    "Diagram",
    "DiagramHints",
    "DiagramStyle",
    "Problem",
    "build_hints",
    "build_path_graph",
    "check_scene",
    "draw_diagram",
    "read_style",
]
