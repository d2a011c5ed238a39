"""Elements of DrawingML, the language of Office files, as XML: shapes, lines and texts."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from sem_toolkit.diagram.content.words import format_printable
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle, flatten_curve
from sem_toolkit.diagram.scene.connections import Port
from sem_toolkit.diagram.scene.elements import CORNERS, EdgeShape, NodeShape, Scene, ShapeKind, TextItem

EMU = 12700
"""English metric units in a point."""

FONTS = {"DejaVu Sans": "Arial", "DejaVu Serif": "Times New Roman", "DejaVu Sans Mono": "Courier New"}
"""What Office has everywhere; all are narrower than the fonts that were measured."""

DASHES = {"solid": "solid", "dashed": "dash", "dotted": "sysDot"}

SIDES = ((0.5, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 0.5))
"""The connection sites that every shape has, in Office's order: above, left, below, right."""


def format_variable(scene: Scene, node: NodeShape, number: int, ports: Sequence[Port]) -> str:
    """A variable with its text, and connection sites at the middles of its sides and at each of the ports."""
    width, height = _round(node.box.width), _round(node.box.height)
    places = [*SIDES, *((port.across, port.down) for port in ports)]
    sites = "".join(
        f'<a:cxn ang="0"><a:pos x="{round(across * width)}" y="{round(down * height)}"/></a:cxn>'
        for across, down in places
    )
    outline = f"{_format_outline(node.shape, width, height)}<a:close/>"
    geometry = _format_geometry(f'<a:path w="{width}" h="{height}">{outline}</a:path>', sites)
    dash = '<a:prstDash val="dash"/>' if node.dashed else ""
    item = TextItem(node.name, node.lines, node.box, node.font_size, scene.style.colours.text)
    return (
        f"<p:sp>{_format_identity('p:nvSpPr', number, node.name, node.description, '<p:cNvSpPr/>')}"
        f"<p:spPr>{_format_place(node.box)}{geometry}{_format_fill(node.fill)}"
        f'<a:ln w="{_round(0.8)}">{_format_fill(node.outline)}{dash}</a:ln></p:spPr>{format_text(scene, item)}</p:sp>'
    )


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


def format_box(number: int, name: str, box: Rectangle, fill: str | None, text: str) -> str:
    """A rectangle without an outline, as a ground or as the place of a text."""
    kind = '<p:cNvSpPr txBox="1"/>' if text else "<p:cNvSpPr/>"
    return (
        f"<p:sp>{_format_identity('p:nvSpPr', number, name, '', kind)}"
        f'<p:spPr>{_format_place(box)}<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        f"{'<a:noFill/>' if fill is None else _format_fill(fill)}<a:ln><a:noFill/></a:ln></p:spPr>"
        f"{text or '<p:txBody><a:bodyPr/><a:p/></p:txBody>'}</p:sp>"
    )


def format_text(scene: Scene, item: TextItem) -> str:
    """The lines of a text without insets, centred upright; nothing wraps, as the lines are broken already."""
    align = "l" if item.align == "left" else "ctr"
    face = quoteattr(FONTS[scene.style.font])
    run = (
        f'<a:rPr lang="en" sz="{round(100 * item.font_size)}" b="{int(item.bold)}">{_format_fill(item.colour)}'
        f"<a:latin typeface={face}/><a:cs typeface={face}/></a:rPr>"
    )
    lines = "".join(
        f'<a:p><a:pPr algn="{align}"/><a:r>{run}<a:t>{escape(format_printable(line))}</a:t></a:r></a:p>'
        for line in item.lines
    )
    return (
        '<p:txBody><a:bodyPr wrap="none" lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"><a:noAutofit/></a:bodyPr>'
        f"<a:lstStyle/>{lines or '<a:p/>'}</p:txBody>"
    )


def format_connector(
    number: int,
    edge: EdgeShape,
    kind: str,
    ends: tuple[FloatArray, FloatArray],
    glue: tuple[tuple[int, int] | None, tuple[int, int] | None],
    marks: tuple[bool, bool],
    upright: bool = False,
) -> str:
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
    properties = f"<p:cNvCxnSpPr>{sites}</p:cNvCxnSpPr>"
    identity = _format_identity("p:nvCxnSpPr", number, edge.key, edge.description, properties)
    geometry = f'<a:prstGeom prst="{kind}"><a:avLst/></a:prstGeom>'
    return f"<p:cxnSp>{identity}<p:spPr>{place}{geometry}{_format_line(edge, marks)}</p:spPr></p:cxnSp>"


def format_curve(number: int, edge: EdgeShape) -> str:
    """A path as a free curve, for courses that no connector of Office's takes."""
    points = flatten_curve(edge.curve, 24)
    low = points.min(axis=0)
    width, height = np.maximum(points.max(axis=0) - low, 0.1)
    texts = [f'<a:pt x="{_round(x)}" y="{_round(y)}"/>' for x, y in edge.curve - low]
    pieces = "".join(f"<a:cubicBezTo>{''.join(texts[k : k + 3])}</a:cubicBezTo>" for k in range(1, len(texts), 3))
    course = f"<a:moveTo>{texts[0]}</a:moveTo>{pieces}"
    geometry = _format_geometry(f'<a:path w="{_round(width)}" h="{_round(height)}" fill="none">{course}</a:path>', "")
    place = _format_place(Rectangle(float(low[0] + width / 2), float(low[1] + height / 2), float(width), float(height)))
    identity = _format_identity("p:nvSpPr", number, edge.key, edge.description, "<p:cNvSpPr/>")
    line = _format_line(edge, (edge.tail, edge.head))
    return f"<p:sp>{identity}<p:spPr>{place}{geometry}<a:noFill/>{line}</p:spPr></p:sp>"


def _format_line(edge: EdgeShape, marks: tuple[bool, bool]) -> str:
    # Office calls the decoration of a line's start its head.
    heads = "".join(
        f'<a:{tag} type="triangle" w="med" len="med"/>'
        for tag, marked in zip(("headEnd", "tailEnd"), marks, strict=True)
        if marked
    )
    dash = f'<a:prstDash val="{DASHES[edge.pattern]}"/>'
    return f'<a:ln w="{_round(edge.width)}">{_format_fill(edge.colour)}{dash}<a:round/>{heads}</a:ln>'


def _format_geometry(path: str, sites: str) -> str:
    return (
        f"<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst>{sites}</a:cxnLst>"
        f'<a:rect l="0" t="0" r="r" b="b"/><a:pathLst>{path}</a:pathLst></a:custGeom>'
    )


def _format_identity(tag: str, number: int, name: str, description: str, kind: str) -> str:
    texts = f"name={quoteattr(format_printable(name))} descr={quoteattr(format_printable(description))}"
    return f'<{tag}><p:cNvPr id="{number}" {texts}/>{kind}<p:nvPr/></{tag}>'


def _format_place(box: Rectangle, turns: str = "") -> str:
    return (
        f'<a:xfrm{turns}><a:off x="{_round(box.left)}" y="{_round(box.top)}"/>'
        f'<a:ext cx="{_round(box.width)}" cy="{_round(box.height)}"/></a:xfrm>'
    )


def _format_fill(colour: str) -> str:
    return f'<a:solidFill><a:srgbClr val="{colour[1:].upper()}"/></a:solidFill>'


def _round(points: float) -> int:
    """Points in whole English metric units."""
    return round(float(points) * EMU)
