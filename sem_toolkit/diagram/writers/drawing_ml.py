"""Shapes and lines of DrawingML, the language of Office files, as each program's own elements then hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

import numpy as np

from sem_toolkit.diagram.content.words import format_printable
from sem_toolkit.diagram.geometry.curves import flatten_curve
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle
from sem_toolkit.diagram.scene.connections import Port
from sem_toolkit.diagram.scene.elements import CORNERS, EdgeShape, NodeShape, Scene, ShapeKind, TextItem

EMU = 12700
"""English metric units in a point."""

BESIDE = 0.4
"""How near to a side of a shape a place looks to it, as a share of the shape's size."""

FONTS = {"DejaVu Sans": "Arial", "DejaVu Serif": "Times New Roman", "DejaVu Sans Mono": "Courier New"}
"""What Office has everywhere; all are narrower than the fonts that were measured."""

DASHES = {"solid": "solid", "dashed": "dash", "dotted": "sysDot"}

SIDES = ((0.5, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 0.5))
"""The connection sites that every shape has, in Office's order: above, left, below, right."""

ANGLES = (16200000, 10800000, 5400000, 0)
"""In which directions connectors leave these, clockwise from the right in 60,000ths of a degree."""


@dataclass(frozen=True)
class Element:
    """A shape, a text or a connector of a picture.

    number       by which connectors name it
    description  for those who do not see it
    properties   its place, geometry, fill and line as DrawingML
    text         what stands in it; its lines are broken already
    glue         shapes and connection sites that a connector holds on to as DrawingML; None where it is no connector
    """

    number: int
    name: str
    description: str
    properties: str
    text: TextItem | None = None
    glue: str | None = None
    is_text_box: bool = False


def build_variable(scene: Scene, node: NodeShape, number: int, ports: Sequence[Port]) -> Element:
    """A variable with its text, and connection sites at the middles of its sides and at each of the ports."""
    width, height = _round(node.box.width), _round(node.box.height)
    places = [*SIDES, *((port.across, port.down) for port in ports)]
    sites = "".join(
        f'<a:cxn ang="{ANGLES[list_sides(across, down)[0]]}">'
        f'<a:pos x="{round(across * width)}" y="{round(down * height)}"/></a:cxn>'
        for across, down in places
    )
    outline = f"{_format_outline(node.shape, width, height)}<a:close/>"
    geometry = _format_geometry(f'<a:path w="{width}" h="{height}">{outline}</a:path>', sites)
    dash = '<a:prstDash val="dash"/>' if node.dashed else ""
    line = f'<a:ln w="{_round(0.8)}">{format_fill(node.outline)}{dash}</a:ln>'
    properties = f"{_format_place(node.box)}{geometry}{format_fill(node.fill)}{line}"
    text = TextItem(node.name, node.lines, node.box, node.font_size, scene.style.colours.text)
    return Element(number, node.name, node.description, properties, text)


def list_sides(across: float, down: float) -> list[int]:
    """The numbers of the sides to which a place on a shape looks, the nearest first; in shares of the shape's size."""
    gaps = (down, across, 1 - down, 1 - across)
    nearest, *others = sorted(range(len(SIDES)), key=gaps.__getitem__)
    return [nearest, *(side for side in others if gaps[side] < BESIDE)]


def _format_outline(shape: ShapeKind, width: int, height: int) -> str:
    """The outline of a shape within (0, 0) to (width, height), as commands of a path."""
    if shape == "ellipse":
        arcs = "".join(
            f'<a:arcTo wR="{width // 2}" hR="{height // 2}" stAng="{start}" swAng="5400000"/>'
            for start in (10800000, 16200000, 0, 5400000)
        )
        return f'<a:moveTo><a:pt x="0" y="{height // 2}"/></a:moveTo>{arcs}'
    points = [f'<a:pt x="{round(x * width)}" y="{round(y * height)}"/>' for x, y in CORNERS[shape]]
    return f"<a:moveTo>{points[0]}</a:moveTo>" + "".join(f"<a:lnTo>{point}</a:lnTo>" for point in points[1:])


def build_box(number: int, name: str, box: Rectangle, fill: str | None, text: TextItem | None = None) -> Element:
    """A rectangle without an outline, as a ground or as the place of a text."""
    ground = "<a:noFill/>" if fill is None else format_fill(fill)
    geometry = '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
    properties = f"{_format_place(box)}{geometry}{ground}<a:ln><a:noFill/></a:ln>"
    return Element(number, name, "", properties, text, is_text_box=text is not None)


def build_connector(
    number: int,
    edge: EdgeShape,
    kind: str,
    ends: tuple[FloatArray, FloatArray],
    glue: tuple[tuple[int, int] | None, tuple[int, int] | None],
    marks: tuple[bool, bool],
    upright: bool = False,
) -> Element:
    """One of Office's connectors.

    kind     Office's name of its geometry
    ends     where it starts and ends
    glue     number of the shape and of its connection site, for each end
    marks    which ends have arrowheads
    upright  whether it leaves upwards or downwards: Office's connectors leave sidewards and are turned for this
    """
    (x, y), (dx, dy) = (ends[0] + ends[1]) / 2, ends[1] - ends[0]
    across, along = (dy, -dx) if upright else (dx, dy)
    turns = (' rot="5400000"' if upright else "") + (' flipH="1"' if across < 0 else "")
    turns += ' flipV="1"' if along < 0 else ""
    place = _format_place(Rectangle(float(x), float(y), abs(float(across)), abs(float(along))), turns)
    sites = "".join(
        f'<a:{tag} id="{site[0]}" idx="{site[1]}"/>'
        for tag, site in zip(("stCxn", "endCxn"), glue, strict=True)
        if site is not None
    )
    geometry = f'<a:prstGeom prst="{kind}"><a:avLst/></a:prstGeom>'
    return Element(number, edge.key, edge.description, f"{place}{geometry}{_format_line(edge, marks)}", glue=sites)


def build_curve(number: int, edge: EdgeShape) -> Element:
    """A path as a free curve, for courses that no connector of Office's takes."""
    points = flatten_curve(edge.curve, 24)
    low = points.min(axis=0)
    width, height = np.maximum(points.max(axis=0) - low, 0.1)
    texts = [f'<a:pt x="{_round(x)}" y="{_round(y)}"/>' for x, y in edge.curve - low]
    pieces = "".join(f"<a:cubicBezTo>{''.join(texts[k : k + 3])}</a:cubicBezTo>" for k in range(1, len(texts), 3))
    course = f"<a:moveTo>{texts[0]}</a:moveTo>{pieces}"
    geometry = _format_geometry(f'<a:path w="{_round(width)}" h="{_round(height)}" fill="none">{course}</a:path>', "")
    place = _format_place(Rectangle(float(low[0] + width / 2), float(low[1] + height / 2), float(width), float(height)))
    line = _format_line(edge, (edge.tail, edge.head))
    return Element(number, edge.key, edge.description, f"{place}{geometry}<a:noFill/>{line}")


def _format_line(edge: EdgeShape, marks: tuple[bool, bool]) -> str:
    # Office calls the decoration of a line's start its head.
    heads = "".join(
        f'<a:{tag} type="triangle" w="med" len="med"/>'
        for tag, marked in zip(("headEnd", "tailEnd"), marks, strict=True)
        if marked
    )
    dash = f'<a:prstDash val="{DASHES[edge.pattern]}"/>'
    return f'<a:ln w="{_round(edge.width)}">{format_fill(edge.colour)}{dash}<a:round/>{heads}</a:ln>'


def _format_geometry(path: str, sites: str) -> str:
    return (
        f"<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst>{sites}</a:cxnLst>"
        f'<a:rect l="0" t="0" r="r" b="b"/><a:pathLst>{path}</a:pathLst></a:custGeom>'
    )


def _format_place(box: Rectangle, turns: str = "") -> str:
    return (
        f'<a:xfrm{turns}><a:off x="{_round(box.left)}" y="{_round(box.top)}"/>'
        f'<a:ext cx="{_round(box.width)}" cy="{_round(box.height)}"/></a:xfrm>'
    )


def format_identity(element: Element) -> str:
    """By what a shape is known, as attributes: its number, name and description."""
    name, description = (quoteattr(format_printable(text)) for text in (element.name, element.description))
    return f'id="{element.number}" name={name} descr={description}'


def format_fill(colour: str) -> str:
    """A plain colour, #rrggbb."""
    return f'<a:solidFill><a:srgbClr val="{colour[1:].upper()}"/></a:solidFill>'


def _round(points: float) -> int:
    """Points in whole English metric units."""
    return round(float(points) * EMU)
