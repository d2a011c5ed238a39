"""Scene → SVG to be edited as well as shown: one group an element, native dashes, arrowheads as markers.

Groups carry the variable or path they draw (`data-variable`, `data-path`) and say in words what it is (`title`).
Texts have the width that was measured, so that another font is squeezed rather than runs into its neighbours.
"""

from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np

from sem_toolkit.diagram.content.style import POINTS_PER_MILLIMETRE
from sem_toolkit.diagram.content.words import format_printable
from sem_toolkit.diagram.geometry.curves import trim_curve
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING, measure_line
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle
from sem_toolkit.diagram.scene.elements import (
    ARROW_LENGTH,
    ARROW_WIDTH,
    CORNERS,
    DASHES,
    PAGE,
    Band,
    EdgeShape,
    NodeShape,
    Scene,
    TextItem,
    grow_halo,
)

SVG = "http://www.w3.org/2000/svg"
FALLBACK = {"DejaVu Sans": "Verdana, sans-serif", "DejaVu Serif": "serif", "DejaVu Sans Mono": "monospace"}

MIDDLE = 0.36
"""Half the height of capitals and digits over the base line, in font sizes."""


def format_svg(scene: Scene) -> bytes:
    """The content of an SVG file in the picture's real size, with texts for screen readers."""
    ElementTree.register_namespace("", SVG)
    size = {"width": scene.width, "height": scene.height}
    attributes = {name: f"{length / POINTS_PER_MILLIMETRE:.2f}mm" for name, length in size.items()}
    attributes |= {
        "viewBox": f"0 0 {scene.width:.2f} {scene.height:.2f}",
        "role": "img",
        "aria-labelledby": "diagram-title diagram-description",
    }
    root = ElementTree.Element(f"{{{SVG}}}svg", attributes)
    _add(root, "title", {"id": "diagram-title"}, scene.title or "Path diagram")
    _add(root, "desc", {"id": "diagram-description"}, scene.description)
    _add_markers(_add(root, "defs"), scene)
    _add(root, "rect", {"width": f"{scene.width:.2f}", "height": f"{scene.height:.2f}", "fill": PAGE})
    # Numbers lie above all lines: the ground of each covers its own line and whatever runs close by.
    for name, groups in (
        ("stages", (_build_band(scene, number, band) for number, band in enumerate(scene.bands, 1))),
        ("legend", (_build_sample(number, edge) for number, edge in enumerate(scene.samples, 1))),
        ("paths", (_build_path(number, edge) for number, edge in enumerate(scene.edges, 1))),
        ("numbers", _iterate_numbers(scene)),
        ("variables", (_build_variable(scene, number, node) for number, node in enumerate(scene.nodes, 1))),
        ("texts", (_build_text_item(scene, number, item) for number, item in enumerate(scene.texts, 1))),
    ):
        _add(root, "g", {"id": name}).extend(groups)
    ElementTree.indent(root)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _add(
    parent: ElementTree.Element, tag: str, attributes: dict[str, str] | None = None, text: str = ""
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{SVG}}}{tag}", attributes or {})
    if text:
        element.text = format_printable(text)
    return element


def _build_group(identity: str, kind: str, title: str = "", **data: str) -> ElementTree.Element:
    attributes = {"id": identity, "class": kind}
    attributes |= {f"data-{name}": format_printable(value) for name, value in data.items()}
    group = ElementTree.Element(f"{{{SVG}}}g", attributes)
    if title:
        _add(group, "title", text=title)
    return group


def _add_markers(defs: ElementTree.Element, scene: Scene) -> None:
    """An arrowhead for either end in every colour: not all programs let a marker take the colour of its line."""
    ends = sorted(
        {
            (colour, end)
            for edge in (*scene.edges, *scene.samples)
            for colour, end in ((edge.colour, "start" if edge.tail else ""), (edge.colour, "end" if edge.head else ""))
            if end
        }
    )
    half = ARROW_WIDTH / 2
    for colour, end in ends:
        at_end = end == "end"
        attributes = {
            "id": _name_marker(colour, end),
            "markerUnits": "userSpaceOnUse",
            "orient": "auto",
            "markerWidth": f"{ARROW_LENGTH:g}",
            "markerHeight": f"{ARROW_WIDTH:g}",
            "refX": "0" if at_end else f"{ARROW_LENGTH:g}",
            "refY": f"{half:g}",
        }
        tip, base = (ARROW_LENGTH, 0.0) if at_end else (0.0, ARROW_LENGTH)
        course = f"M{tip:g},{half:g} L{base:g},0 L{base:g},{ARROW_WIDTH:g} Z"
        _add(_add(defs, "marker", attributes), "path", {"d": course, "fill": colour})


def _name_marker(colour: str, end: str) -> str:
    return f"arrow-{end}-{colour[1:].lower()}"


def _build_band(scene: Scene, number: int, band: Band) -> ElementTree.Element:
    group = _build_group(f"stage-{number}", "stage")
    _add(group, "rect", _format_box(band.box) | {"fill": band.fill})
    size, colour = scene.style.font_size, scene.style.colours.band_text
    _add_text(group, scene, TextItem("", (band.title,), band.title_box, size, colour, bold=True))
    return group


def _build_sample(number: int, edge: EdgeShape) -> ElementTree.Element:
    group = _build_group(f"sample-{number}", "sample")
    _add_line(group, edge)
    return group


def _build_path(number: int, edge: EdgeShape) -> ElementTree.Element:
    group = _build_group(f"path-{number}", f"path {edge.role}", edge.description, path=edge.key)
    _add_line(group, edge)
    return group


def _add_line(group: ElementTree.Element, edge: EdgeShape) -> None:
    attributes = {
        "d": _format_course(edge),
        "fill": "none",
        "stroke": edge.colour,
        "stroke-width": f"{edge.width:g}",
    }
    if edge.pattern != "solid":
        attributes["stroke-dasharray"] = " ".join(f"{length:g}" for length in DASHES[edge.pattern])
    for end, marked in (("start", edge.tail), ("end", edge.head)):
        if marked:
            attributes[f"marker-{end}"] = f"url(#{_name_marker(edge.colour, end)})"
    _add(group, "path", attributes)


def _format_course(edge: EdgeShape) -> str:
    """The curve up to the bases of its arrowheads, ending in the directions in which these point."""
    curve = trim_curve(edge.curve, ARROW_LENGTH if edge.tail else 0.0, ARROW_LENGTH if edge.head else 0.0)
    parts = [f"M{_format_point(curve[0])}"]
    if edge.tail:
        # A marker takes the direction of the line's first and last piece, so these are as short as can be.
        parts = [f"M{_format_point(_step_towards(curve[0], edge.curve[0]))} L{_format_point(curve[0])}"]
    for k in range(1, len(curve), 3):
        parts.append("C" + " ".join(_format_point(point) for point in curve[k : k + 3]))
    if edge.head:
        parts.append(f"L{_format_point(_step_towards(curve[-1], edge.curve[-1]))}")
    return " ".join(parts)


def _step_towards(start: FloatArray, end: FloatArray) -> FloatArray:
    step = end - start
    return np.asarray(start + 0.05 * step / max(float(np.hypot(*step)), 1e-9))


def _format_point(point: FloatArray) -> str:
    return f"{point[0]:.3f},{point[1]:.3f}"


def _iterate_numbers(scene: Scene) -> Iterator[ElementTree.Element]:
    for number, edge in enumerate(scene.edges, 1):
        if edge.label is None:
            continue
        group = _build_group(f"number-{number}", "number", path=edge.key)
        ground = scene.find_ground(edge.label.box)
        _add(group, "rect", _format_box(grow_halo(edge.label.box)) | {"fill": ground})
        _add_text(group, scene, TextItem("", edge.label.lines, edge.label.box, edge.label.font_size, edge.label.colour))
        yield group


def _build_variable(scene: Scene, number: int, node: NodeShape) -> ElementTree.Element:
    group = _build_group(f"variable-{number}", f"variable {node.shape}", node.description, variable=node.name)
    paint = {"fill": node.fill, "stroke": node.outline, "stroke-width": "0.8"}
    if node.dashed:
        paint["stroke-dasharray"] = " ".join(f"{length:g}" for length in DASHES["dashed"])
    box = node.box
    if node.shape == "ellipse":
        centre = {"cx": box.x, "cy": box.y, "rx": box.width / 2, "ry": box.height / 2}
        _add(group, "ellipse", {name: f"{value:.2f}" for name, value in centre.items()} | paint)
    elif node.shape == "rectangle":
        _add(group, "rect", _format_box(box) | paint)
    else:
        corners = [(box.left + x * box.width, box.top + y * box.height) for x, y in CORNERS[node.shape]]
        _add(group, "polygon", {"points": " ".join(f"{x:.2f},{y:.2f}" for x, y in corners)} | paint)
    _add_text(group, scene, TextItem("", node.lines, box, node.font_size, scene.style.colours.text))
    return group


def _build_text_item(scene: Scene, number: int, item: TextItem) -> ElementTree.Element:
    group = _build_group(f"text-{number}", f"text {item.key.split()[0]}" if item.key else "text")
    _add_text(group, scene, item)
    return group


def _add_text(group: ElementTree.Element, scene: Scene, item: TextItem) -> None:
    """The lines of a text around the middle of its box, or from its left side."""
    family, size, box = scene.style.font, item.font_size, item.box
    left = item.align == "left"
    first = box.y - size * LINE_SPACING * (len(item.lines) - 1) / 2 + MIDDLE * size
    attributes = {
        "text-anchor": "start" if left else "middle",
        "x": f"{box.left if left else box.x:.2f}",
        "font-family": f"{family}, {FALLBACK[family]}",
        "font-size": f"{size:g}",
        "fill": item.colour,
    }
    if item.bold:
        attributes["font-weight"] = "bold"
    for number, line in enumerate(item.lines):
        place = {"y": f"{first + size * LINE_SPACING * number:.2f}"}
        if len(line) > 1:
            place["textLength"] = f"{measure_line(format_printable(line), size, family, item.bold):.2f}"
            place["lengthAdjust"] = "spacingAndGlyphs"
        _add(group, "text", attributes | place, line)


def _format_box(box: Rectangle) -> dict[str, str]:
    sides = {"x": box.left, "y": box.top, "width": box.width, "height": box.height}
    return {name: f"{value:.2f}" for name, value in sides.items()}
