"""What stands around the picture: title, matrix of covariances, legend, caption; and the page that holds all."""

from dataclasses import replace

import numpy as np

from sem_toolkit.diagram.content.canvas import Canvas
from sem_toolkit.diagram.content.style import SMALLEST_FONT, DiagramStyle
from sem_toolkit.diagram.geometry.curves import flatten_curve
from sem_toolkit.diagram.geometry.metrics import measure_lines, wrap_text
from sem_toolkit.diagram.geometry.plane import Rectangle, compute_bounds
from sem_toolkit.diagram.places.placement import LINE_ROOM, MARGIN
from sem_toolkit.diagram.scene.elements import Band, EdgeShape, Scene, TextItem
from sem_toolkit.diagram.scene.legends import build_legend
from sem_toolkit.diagram.scene.matrices import build_matrix

GAP = 9.0

NEARLY_FULL = 0.85
"""A picture that takes this share of its column has its caption and matrix no wider than itself."""


def build_furniture(scene: Scene, canvas: Canvas) -> Scene:
    """The scene with everything around it, moved so that the page starts at (0, 0)."""
    graph, hints, matrix = canvas.graph, canvas.hints, canvas.matrix
    bounds = find_bounds(scene)
    style = scene.style
    shown = _shows_matrix(canvas)
    width = max(bounds.width, min(style.column_width or bounds.width, 240.0) - 2 * MARGIN - LINE_ROOM)
    page = (style.column_width or width) - 2 * MARGIN - LINE_ROOM
    if ((hints.caption and style.caption) or shown) and bounds.width < NEARLY_FULL * page:
        width = max(width, page)
    left = bounds.x - width / 2
    texts = list(scene.texts)
    samples: list[EdgeShape] = []
    y = bounds.bottom + GAP
    block = build_matrix(graph, matrix, style, hints, max(width, page)) if shown else []
    if matrix and not block:
        hints = replace(hints, legend=(*hints.legend, _format_note(canvas)))
    elif matrix:
        texts += [_move_text(item, left + width / 2, y) for item in block]
        y = max(item.box.bottom for item in texts) + GAP
    lines, items = (
        ([], [])
        if not style.legend
        else build_legend(replace(scene, texts=tuple(texts)), hints, canvas.marks, left, y, width)
    )
    samples += lines
    texts += items
    y = max((item.box.bottom for item in items), default=y - GAP * 0.6) + GAP * 0.6
    if hints.caption and style.caption:
        texts.append(_build_paragraph("caption", hints.caption, left, y, width, style))
    if hints.title and style.title:
        texts.append(_build_title(hints.title, left, bounds.top - GAP * 0.7, width, style))
    return fit_page(replace(scene, texts=tuple(texts), samples=tuple(samples)))


def list_notes(canvas: Canvas) -> tuple[str, ...]:
    """What the legend says about covariances that are neither arcs nor a matrix."""
    return (_format_note(canvas),) if canvas.matrix and not _shows_matrix(canvas) else ()


def _is_given(canvas: Canvas) -> bool:
    """Whether the covariances that are no arcs are all taken from the data."""
    kept = [data for _, _, key, data in canvas.graph.edges(keys=True, data=True) if key in set(canvas.matrix)]
    return canvas.style.covariances == "auto" and all(data["exogenous"] for data in kept)


def _shows_matrix(canvas: Canvas) -> bool:
    data = [data for _, _, data in canvas.graph.edges(data=True)]
    known = any(entry["est"] is not None or entry["std"] is not None for entry in data)
    return bool(canvas.matrix) and known and canvas.style.values != "none" and not _is_given(canvas)


def _format_note(canvas: Canvas) -> str:
    kept = set(canvas.matrix)
    names = {name for a, b, key in canvas.graph.edges(keys=True) if key in kept for name in (a, b)}
    how = "as in the data" if _is_given(canvas) else "freely with each other"
    return f"{len(names)} variables covary {how} ({len(kept)} covariances, not drawn)"


def find_bounds(scene: Scene) -> Rectangle:
    """What the shapes of a scene cover."""
    boxes = [node.box.grown(0.6) for node in scene.nodes] + [band.box for band in scene.bands]
    boxes += [item.box for item in scene.texts]
    boxes += [edge.label.box for edge in scene.edges if edge.label is not None]
    for edge in (*scene.edges, *scene.samples):
        points = flatten_curve(edge.curve)
        low, high = points.min(axis=0), points.max(axis=0)
        middle, size = (low + high) / 2, high - low
        boxes.append(
            Rectangle(float(middle[0]), float(middle[1]), float(size[0]) + LINE_ROOM, float(size[1]) + LINE_ROOM)
        )
    return compute_bounds(boxes)


def fit_page(scene: Scene) -> Scene:
    """The scene on a page that holds it with a margin."""
    bounds = find_bounds(scene).grown(MARGIN)
    moved = move_scene(scene, -bounds.left, -bounds.top)
    return replace(moved, width=bounds.width, height=bounds.height)


def move_scene(scene: Scene, dx: float, dy: float) -> Scene:
    """The same scene elsewhere on its page."""
    return replace(
        scene,
        nodes=tuple(replace(node, box=node.box.moved(dx, dy)) for node in scene.nodes),
        edges=tuple(_move_edge(edge, dx, dy) for edge in scene.edges),
        samples=tuple(_move_edge(edge, dx, dy) for edge in scene.samples),
        texts=tuple(_move_text(item, dx, dy) for item in scene.texts),
        bands=tuple(_move_band(band, dx, dy) for band in scene.bands),
    )


def _move_edge(edge: EdgeShape, dx: float, dy: float) -> EdgeShape:
    label = edge.label and replace(edge.label, box=edge.label.box.moved(dx, dy))
    return replace(edge, curve=edge.curve + np.array([dx, dy]), label=label)


def _move_text(item: TextItem, dx: float, dy: float) -> TextItem:
    return replace(item, box=item.box.moved(dx, dy))


def _move_band(band: Band, dx: float, dy: float) -> Band:
    return replace(band, box=band.box.moved(dx, dy), title_box=band.title_box.moved(dx, dy))


def _build_paragraph(key: str, text: str, left: float, top: float, width: float, style: DiagramStyle) -> TextItem:
    lines = wrap_text(text, width, SMALLEST_FONT + 0.5, style.font)
    size = measure_lines(lines, SMALLEST_FONT + 0.5, style.font)
    box = Rectangle(left + size.width / 2, top + size.height / 2, size.width, size.height)
    return TextItem(key, lines, box, SMALLEST_FONT + 0.5, style.colours.text, align="left")


def _build_title(text: str, left: float, bottom: float, width: float, style: DiagramStyle) -> TextItem:
    font_size = style.font_size + 1.5
    lines = wrap_text(text, width, font_size, style.font, bold=True)
    size = measure_lines(lines, font_size, style.font, bold=True)
    box = Rectangle(left + size.width / 2, bottom - size.height / 2, size.width, size.height)
    return TextItem("title", lines, box, font_size, style.colours.text, bold=True, align="left")
