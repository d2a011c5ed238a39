"""Scene → a file of diagrams.net (draw.io): shapes, and paths that stay attached and carry their numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from sem_toolkit.diagram.content.words import format_printable
from sem_toolkit.diagram.geometry.curves import compute_points, flatten_curve, is_straight, simplify_polyline
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle
from sem_toolkit.diagram.scene.connections import Port, collect_boxes, find_ports
from sem_toolkit.diagram.scene.elements import EdgeShape, NodeShape, Scene, TextItem

OUTLINES = {
    "ellipse": "ellipse",
    "rectangle": "rounded=0",
    "hexagon": "shape=hexagon;perimeter=hexagonPerimeter2;fixedSize=0;size=0.25",
    "triangle": "triangle;direction=north",
}
DASHES = {"solid": "", "dashed": "dashed=1;dashPattern=4 3", "dotted": "dashed=1;dashPattern=1 2"}
CORNER = 0.8
"""How far the bends of a path may be from its course, in points; draw.io rounds them itself."""

LAYER = "1"
"""The layer on which everything lies, as draw.io numbers it."""


@dataclass(frozen=True)
class Bends:
    """The points between a path's ends as draw.io takes them: a smooth curve by them, or lines with round corners."""

    points: FloatArray
    smooth: bool


def format_drawio(scene: Scene) -> bytes:
    """The content of a .drawio file: one page of the picture's size."""
    file = ElementTree.Element("mxfile", host="sem_toolkit")
    page = ElementTree.SubElement(file, "diagram", id="model", name=format_printable(scene.title or "Path diagram"))
    attributes = {"grid": "0", "page": "1", "pageWidth": f"{scene.width:.0f}", "pageHeight": f"{scene.height:.0f}"}
    model = ElementTree.SubElement(page, "mxGraphModel", attributes)
    root = ElementTree.SubElement(model, "root")
    ElementTree.SubElement(root, "mxCell", id="0")
    ElementTree.SubElement(root, "mxCell", {"id": LAYER, "parent": "0"})
    for cell in _iterate_cells(scene):
        root.append(cell)
    ElementTree.indent(file)
    text: bytes = ElementTree.tostring(file, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _iterate_cells(scene: Scene) -> Iterator[ElementTree.Element]:
    boxes = collect_boxes(scene)
    numbers = {node.name: f"variable-{k}" for k, node in enumerate(scene.nodes, 1)}
    for k, band in enumerate(scene.bands, 1):
        style = f"rounded=0;fillColor={band.fill};strokeColor=none;"
        yield _build_vertex(f"stage-{k}", "", style, band.box)
        title = TextItem("", (band.title,), band.title_box, scene.style.font_size, scene.style.colours.band_text, True)
        yield _build_text(scene, f"stage-{k}-title", title)
    for k, edge in enumerate(scene.edges, 1):
        yield from _iterate_path(scene, f"path-{k}", edge, find_ports(edge, boxes), numbers)
    for k, edge in enumerate(scene.samples, 1):
        yield from _iterate_path(scene, f"sample-{k}", edge, (None, None), numbers)
    for node in scene.nodes:
        yield _build_variable(scene, numbers[node.name], node)
    for k, item in enumerate(scene.texts, 1):
        yield _build_text(scene, f"text-{k}", item)


def _build_variable(scene: Scene, number: str, node: NodeShape) -> ElementTree.Element:
    style = (
        f"{OUTLINES[node.shape]};html=0;whiteSpace=wrap;fillColor={node.fill};strokeColor={node.outline};"
        f"strokeWidth=0.8;{_format_font(scene, node.font_size, scene.style.colours.text)}"
        f"{DASHES['dashed'] if node.dashed else ''}"
    )
    return _build_vertex(number, "\n".join(node.lines), style, node.box)


def _build_text(scene: Scene, number: str, item: TextItem) -> ElementTree.Element:
    bold = "fontStyle=1;" if item.bold else ""
    align = "left" if item.align == "left" else "center"
    style = (
        f"text;html=0;align={align};verticalAlign=middle;spacing=0;strokeColor=none;fillColor=none;{bold}"
        f"{_format_font(scene, item.font_size, item.colour)}"
    )
    return _build_vertex(number, "\n".join(item.lines), style, item.box)


def _format_font(scene: Scene, size: float, colour: str) -> str:
    return f"fontSize={size:g};fontColor={colour};fontFamily={scene.style.font};"


def _build_vertex(number: str, text: str, style: str, box: Rectangle) -> ElementTree.Element:
    attributes = {"id": number, "value": format_printable(text), "style": style, "vertex": "1", "parent": LAYER}
    cell = ElementTree.Element("mxCell", attributes)
    place = {"x": box.left, "y": box.top, "width": box.width, "height": box.height}
    ElementTree.SubElement(
        cell, "mxGeometry", {**{key: f"{value:.2f}" for key, value in place.items()}, "as": "geometry"}
    )
    return cell


def _iterate_path(
    scene: Scene,
    number: str,
    edge: EdgeShape,
    ports: tuple[Port | None, Port | None],
    numbers: dict[str, str],
) -> Iterator[ElementTree.Element]:
    """The line of a path, and its number as a label that moves with it."""
    bends = _find_bends(edge.curve)
    marks = [f"{end}Arrow={'block' if on else 'none'};{end}Fill=1;{end}Size=3.5;" for end, on in
             (("start", edge.tail), ("end", edge.head))]  # fmt: skip
    style = (
        f"html=0;rounded=1;arcSize=8;curved={int(bends.smooth)};strokeColor={edge.colour};strokeWidth={edge.width:g};"
        f"{''.join(marks)}{DASHES[edge.pattern]};"
    )
    attributes = {
        "id": number,
        "value": "",
        "edge": "1",
        "parent": LAYER,
        "tooltip": format_printable(edge.description),
    }
    geometry = ElementTree.Element("mxGeometry", {"relative": "1", "as": "geometry"})
    for key, prefix, port, point in (
        ("source", "exit", ports[0], edge.curve[0]),
        ("target", "entry", ports[1], edge.curve[-1]),
    ):
        if port is None:
            geometry.append(_build_point(point, f"{key}Point"))
            continue
        attributes[key] = numbers[port.name]
        style += f"{prefix}X={port.across:.4f};{prefix}Y={port.down:.4f};{prefix}Dx=0;{prefix}Dy=0;{prefix}Perimeter=0;"
    if len(bends.points):
        points = ElementTree.SubElement(geometry, "Array", {"as": "points"})
        points.extend(_build_point(point) for point in bends.points)
    cell = ElementTree.Element("mxCell", {**attributes, "style": style})
    cell.append(geometry)
    yield cell
    if edge.label is not None:
        course = np.vstack([edge.curve[:1], bends.points, edge.curve[-1:]])
        yield _build_label(scene, number, edge, course)


def _find_bends(curve: FloatArray) -> Bends:
    if is_straight(curve):
        return Bends(np.empty((0, 2)), smooth=False)
    if len(curve) == 4:
        # Two parabolas with these corners pass through the middle of the curve, in about its direction.
        start, first, second, end = curve
        return Bends(np.array([start + 0.75 * (first - start), end + 0.75 * (second - end)]), smooth=True)
    return Bends(simplify_polyline(flatten_curve(curve), CORNER)[1:-1], smooth=False)


def _build_label(scene: Scene, number: str, edge: EdgeShape, course: FloatArray) -> ElementTree.Element:
    """A number whose place is said from the nearest point of its path, as a share of its length and an offset."""
    label = edge.label
    assert label is not None  # noqa: S101 - the caller has looked
    middle = np.array([label.box.x, label.box.y])
    shares = np.linspace(0, 1, 201)
    points = compute_points(course, shares)[0]
    nearest = int(np.argmin(np.hypot(*(points - middle).T)))
    style = (
        f"edgeLabel;html=0;align=center;verticalAlign=middle;spacing=0;labelBackgroundColor="
        f"{scene.find_ground(label.box)};{_format_font(scene, label.font_size, label.colour)}"
    )
    attributes = {"id": f"{number}-number", "value": format_printable(label.text), "style": style}
    cell = ElementTree.Element("mxCell", {**attributes, "vertex": "1", "connectable": "0", "parent": number})
    along = f"{2 * shares[nearest] - 1:.3f}"
    geometry = ElementTree.SubElement(cell, "mxGeometry", {"x": along, "y": "0", "relative": "1", "as": "geometry"})
    geometry.append(_build_point(middle - points[nearest], "offset"))
    return cell


def _build_point(point: FloatArray, purpose: str = "") -> ElementTree.Element:
    attributes = {"x": f"{point[0]:.2f}", "y": f"{point[1]:.2f}"}
    return ElementTree.Element("mxPoint", attributes | ({"as": purpose} if purpose else {}))
