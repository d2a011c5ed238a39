"""Finishing graphviz's SVG: real sizes, title and description for screen readers, ids, text that keeps its width."""

import re
from xml.etree import ElementTree

from sem_toolkit.diagram.content.words import format_printable
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING, measure_line
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.scene.elements import Scene

MIDDLE = 0.36
"""Half the height of capitals and digits over the base line, in font sizes."""

SVG = "{http://www.w3.org/2000/svg}"
FALLBACK = {"DejaVu Sans": "Verdana, sans-serif", "DejaVu Serif": "serif", "DejaVu Sans Mono": "monospace"}


def finish_svg(drawing: bytes, scene: Scene) -> bytes:
    """The SVG with physical size, role and texts for screen readers, and text lengths as measured."""
    ElementTree.register_namespace("", SVG[1:-1])
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    # Our own renderer wrote this text; it holds no entities beyond the five of XML.
    root = ElementTree.fromstring(drawing)  # noqa: S314
    root.set("width", f"{scene.width / 72 * 25.4:.2f}mm")
    root.set("height", f"{scene.height / 72 * 25.4:.2f}mm")
    root.set("role", "img")
    root.set("aria-labelledby", "diagram-title diagram-description")
    graph = root.find(f"{SVG}g")
    if graph is not None:
        _remove_title(graph)
        for element in graph.iter(f"{SVG}g"):
            _finish_group(element, scene)
    for text in root.iter(f"{SVG}text"):
        _finish_text(text)
    _insert(root, 0, "title", "diagram-title", scene.title or "Path diagram")
    _insert(root, 1, "desc", "diagram-description", scene.description)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _insert(root: ElementTree.Element, position: int, tag: str, identity: str, text: str) -> None:
    element = ElementTree.Element(f"{SVG}{tag}", {"id": identity})
    element.text = format_printable(text)
    root.insert(position, element)


def _remove_title(group: ElementTree.Element) -> None:
    title = group.find(f"{SVG}title")
    if title is not None:
        group.remove(title)


def _finish_group(group: ElementTree.Element, scene: Scene) -> None:
    """Titles become what a reader wants to see; ids name the element of the model."""
    identity = group.get("id", "")
    match = re.fullmatch(r"(node|edge|label|tail-of-edge|text|band|sample)(\d+)", identity)
    title = group.find(f"{SVG}title")
    if match is None or title is None:
        return
    kind, number = match.group(1), int(match.group(2)) - 1
    _centre_text(group, scene, _find_text_place(scene, kind, number))
    if kind == "text" and scene.texts[number].align == "left":
        _set_flush_left(group, scene.texts[number].box)
    if kind == "node":
        title.text = format_printable(scene.nodes[number].description)
        group.set("data-variable", format_printable(scene.nodes[number].name))
    elif kind == "edge":
        title.text = format_printable(scene.edges[number].description)
        group.set("data-path", format_printable(scene.edges[number].key))
    else:
        group.remove(title)
        if kind in ("label", "tail-of-edge"):
            group.set("data-path", format_printable(scene.edges[number].key))


def _find_text_place(scene: Scene, kind: str, number: int) -> Rectangle | None:
    """Where the text of an element stands; None where it has none."""
    if kind == "node":
        return scene.nodes[number].box
    if kind == "text":
        return scene.texts[number].box
    if kind == "band":
        return scene.bands[number].title_box
    label = scene.edges[number].label if kind == "label" else None
    return None if label is None else label.box


def _centre_text(group: ElementTree.Element, scene: Scene, place: Rectangle | None) -> None:
    """Set the lines of a text around its middle: where a base line lies, versions of graphviz do not agree."""
    lines = list(group.iter(f"{SVG}text"))
    if place is None or not lines:
        return
    size = float(lines[0].get("font-size", "8"))
    first = place.y - scene.height - size * LINE_SPACING * (len(lines) - 1) / 2 + MIDDLE * size
    for number, line in enumerate(lines):
        line.set("y", f"{first + size * LINE_SPACING * number:.2f}")


def _set_flush_left(group: ElementTree.Element, place: Rectangle) -> None:
    for line in group.iter(f"{SVG}text"):
        line.set("text-anchor", "start")
        line.set("x", f"{place.left:.2f}")


def _finish_text(text: ElementTree.Element) -> None:
    family = text.get("font-family", "")
    base = family.split(",")[0].replace(" Bold", "")
    if base not in FALLBACK:
        return
    bold = family.endswith("Bold") or text.get("font-weight") == "bold"
    size = float(text.get("font-size", "8"))
    text.set("font-family", f"{base}, {FALLBACK[base]}")
    if bold:
        text.set("font-weight", "bold")
    if text.text and len(text.text) > 1:
        # Another font than the measured one is squeezed to the measured width rather than running into its neighbours.
        text.set("textLength", f"{measure_line(text.text, size, base, bold):.2f}")
        text.set("lengthAdjust", "spacingAndGlyphs")
