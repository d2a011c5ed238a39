"""Finishing graphviz's SVG: real sizes, title and description for screen readers, ids, text that keeps its width."""

import re
from xml.etree import ElementTree

from sem_toolkit.diagram.metrics import measure_line
from sem_toolkit.diagram.scene import Scene

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
    element.text = text
    root.insert(position, element)


def _remove_title(group: ElementTree.Element) -> None:
    title = group.find(f"{SVG}title")
    if title is not None:
        group.remove(title)


def _finish_group(group: ElementTree.Element, scene: Scene) -> None:
    """Titles become what a reader wants to see; ids name the element of the model."""
    identity = group.get("id", "")
    match = re.fullmatch(r"(node|edge|label|text|band|sample)(\d+)", identity)
    title = group.find(f"{SVG}title")
    if match is None or title is None:
        return
    kind, number = match.group(1), int(match.group(2)) - 1
    if kind == "node":
        title.text = scene.nodes[number].description
        group.set("data-variable", scene.nodes[number].name)
    elif kind == "edge":
        title.text = scene.edges[number].description
        group.set("data-path", scene.edges[number].key)
    else:
        group.remove(title)
        if kind == "label":
            group.set("data-path", scene.edges[number].key)


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
