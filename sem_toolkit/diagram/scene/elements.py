"""The finished picture as geometry: every writer draws this and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle

ARROW_LENGTH = 5.5
"""Length of an arrowhead in points; graphviz draws 10 at arrowsize 1."""

ARROW_WIDTH = 4.1
"""Width of an arrowhead at its base in points."""

DASHES = {"dashed": (3.2, 2.0), "dotted": (0.9, 1.8)}
"""Lengths of strokes and gaps of a path in points."""

ADDED_WIDTH = 1.9
"""Width of what a comparison has added in points: colours alone are alike where they are printed in grey."""

PAGE = "#ffffff"
"""Colour of the page."""

HALO = 0.8
"""How far the ground of a number reaches beyond it to both sides in points; its own height suffices above and below."""

ShapeKind = Literal["ellipse", "rectangle", "hexagon", "triangle"]

CORNERS: Mapping[ShapeKind, tuple[tuple[float, float], ...]] = {
    "rectangle": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),
    "hexagon": ((0.0, 0.5), (0.25, 0.0), (0.75, 0.0), (1.0, 0.5), (0.75, 1.0), (0.25, 1.0)),
    "triangle": ((0.0, 1.0), (0.5, 0.0), (1.0, 1.0)),
}
"""Corners of the shapes that have some, as shares of their boxes across and down."""


def grow_halo(box: Rectangle) -> Rectangle:
    """The ground of a number, in whole points as old versions of graphviz round sizes."""
    return Rectangle(box.x, box.y, ceil(box.width + 2 * HALO), ceil(box.height))


@dataclass(frozen=True, slots=True)
class NodeShape:
    """A variable (or the constant 1) where it is drawn; `lines` is its text."""

    name: str
    shape: ShapeKind
    box: Rectangle
    lines: tuple[str, ...]
    fill: str
    outline: str
    font_size: float
    dashed: bool = False
    description: str = ""

    @property
    def is_round(self) -> bool:
        return self.shape == "ellipse"


@dataclass(frozen=True, slots=True)
class Label:
    """Text on a path: `box` is the measured text with nothing around it."""

    text: str
    box: Rectangle
    font_size: float
    colour: str

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self.text.split("\n"))


@dataclass(frozen=True, slots=True, eq=False)
class EdgeShape:
    """A path: a curve from tail to head (tips of arrowheads included) and its label, if any.

    key    names the path uniquely, such as "visual =~ x1"
    """

    key: str
    source: str
    target: str
    role: str
    curve: FloatArray
    head: bool
    tail: bool
    colour: str
    width: float = 0.8
    pattern: Literal["solid", "dashed", "dotted"] = "solid"
    label: Label | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class TextItem:
    """Lines of text that stand by themselves: R², captions, legend entries, numbers of a matrix."""

    key: str
    lines: tuple[str, ...]
    box: Rectangle
    font_size: float
    colour: str
    bold: bool = False
    align: Literal["left", "centre"] = "centre"


@dataclass(frozen=True, slots=True)
class Band:
    """A tinted ground with a title, for a stage or a wave."""

    name: str
    box: Rectangle
    title: str
    title_box: Rectangle
    fill: str


@dataclass(frozen=True)
class Scene:
    """All shapes of a picture whose page runs from (0, 0) to (width, height), in points."""

    width: float
    height: float
    style: DiagramStyle
    nodes: tuple[NodeShape, ...]
    edges: tuple[EdgeShape, ...]
    texts: tuple[TextItem, ...] = ()
    bands: tuple[Band, ...] = ()
    samples: tuple[EdgeShape, ...] = field(default=())
    title: str = ""
    description: str = ""
    caption: str = ""

    def find_ground(self, box: Rectangle) -> str:
        """The colour on which a text stands: that of its band, otherwise the page's."""
        # A stage that lies within another comes later.
        for band in reversed(self.bands):
            if abs(band.box.x - box.x) < band.box.width / 2 and abs(band.box.y - box.y) < band.box.height / 2:
                return band.fill
        return PAGE
