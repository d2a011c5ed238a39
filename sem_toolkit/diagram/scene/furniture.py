"""What stands around the picture: title, matrix of covariances, legend, caption; and the page that holds all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sem_toolkit.diagram.content.canvas import DENSE, Canvas, compute_density
from sem_toolkit.diagram.content.hints import DiagramHints
from sem_toolkit.diagram.content.style import SMALLEST_FONT, DiagramStyle
from sem_toolkit.diagram.content.words import format_edge_text, format_name
from sem_toolkit.diagram.geometry.curves import flatten_curve
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING, measure_line, measure_lines, wrap_text
from sem_toolkit.diagram.geometry.plane import Rectangle, compute_bounds
from sem_toolkit.diagram.places.placement import LINE_ROOM, MARGIN
from sem_toolkit.diagram.scene.elements import ADDED_WIDTH, Band, EdgeShape, Scene, TextItem
from sem_toolkit.libraries import nx

GAP = 9.0


def build_furniture(scene: Scene, canvas: Canvas) -> Scene:
    """The scene with everything around it, moved so that the page starts at (0, 0)."""
    graph, hints, matrix = canvas.graph, canvas.hints, canvas.matrix
    bounds = find_bounds(scene)
    style = scene.style
    shown = _shows_matrix(canvas)
    width = max(bounds.width, min(style.column_width or bounds.width, 240.0) - 2 * MARGIN - LINE_ROOM)
    if style.column_width and ((hints.caption and style.caption) or shown):
        width = max(width, style.column_width - 2 * MARGIN - LINE_ROOM)
    left = bounds.x - width / 2
    texts = list(scene.texts)
    samples: list[EdgeShape] = []
    y = bounds.bottom + GAP
    block = _build_matrix(graph, matrix, style, hints, width) if shown else []
    if matrix and not block:
        hints = replace(hints, legend=(*hints.legend, _format_note(canvas)))
    elif matrix:
        texts += [_move_text(item, left + width / 2, y) for item in block]
        y = max(item.box.bottom for item in texts) + GAP
    lines, items = (
        ([], [])
        if not style.legend
        else _build_legend(replace(scene, texts=tuple(texts)), hints, canvas.marks, left, y, width)
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


# --- texts -----------------------------------------------------------------------------------------------------------


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


# --- matrix ----------------------------------------------------------------------------------------------------------

LONG_MATRIX = 13
"""From so many rows on they are set closer."""


def _build_matrix(
    graph: "nx.MultiDiGraph[str]", keys: Sequence[str], style: DiagramStyle, hints: DiagramHints, width: float
) -> list[TextItem]:
    """The covariances that are not drawn as a lower triangle, centred at x = 0, its top at y = 0; none if too wide."""
    edges = {key: (a, b, data) for a, b, key, data in graph.edges(keys=True, data=True) if key in set(keys)}
    names = [name for name in graph if any(name in edge[:2] for edge in edges.values())]
    size, font = SMALLEST_FONT, style.font
    if compute_density(edge[:2] for edge in edges.values()) < DENSE:
        return _build_list(list(edges.values()), style, hints, width)
    titles = [f"{k + 1}  {' '.join(format_name(name, style, hints.labels).split())}" for k, name in enumerate(names)]
    first = max(measure_line(text, size, font) for text in titles) + 6
    columns = len(names) - 1
    for closer in _iterate_closer(style):
        cells = {frozenset(edge[:2]): format_edge_text(edge[2], closer) or "·" for edge in edges.values()}
        cell = max(measure_line(text, size, font) for text in cells.values()) + 5
        if first + cell * columns <= width:
            break
    if first + cell * columns > width:
        first = width - cell * columns
        if first < 60.0:
            return []
        titles = [_shorten(text, first - 6, size, font) for text in titles]
    left = -(first + cell * columns) / 2
    row = size * LINE_SPACING + (1.5 if len(names) < LONG_MATRIX else 0.4)
    items = [_build_heading(left, style)]
    for k in range(columns):
        x = left + first + cell * (k + 0.5)
        items.append(_build_text(f"matrix column {k + 1}", str(k + 1), x, row * 1.5, style, centre=True))
    for k, text in enumerate(titles):
        items.append(_build_text(f"matrix row {k + 1}", text, left, row * (k + 1.5), style))
        for m in range(k):
            value = cells.get(frozenset((names[k], names[m])), "")
            if value:
                x = left + first + cell * (m + 0.5)
                items.append(_build_text(f"matrix {k + 1} {m + 1}", value, x, row * (k + 1.5), style, centre=True))
    return items


def _build_heading(left: float, style: DiagramStyle) -> TextItem:
    word = "Correlations" if style.values in ("standardized", "both") else "Covariances"
    y = (SMALLEST_FONT * LINE_SPACING + 1.5) / 2
    return _build_text("matrix heading", f"{word} (estimated, not drawn)", left, y, style, bold=True)


def _build_list(
    edges: Sequence[tuple[str, str, Mapping[str, Any]]], style: DiagramStyle, hints: DiagramHints, width: float
) -> list[TextItem]:
    """A few of many possible covariances pair by pair, in columns that fill from the top; around x = 0 from y = 0."""
    labels = {name: " ".join(format_name(name, style, hints.labels).split()) for edge in edges for name in edge[:2]}
    texts = [f"{labels[a]} with {labels[b]}  {format_edge_text(data, style)}" for a, b, data in edges]
    across = max(measure_line(text, SMALLEST_FONT, style.font) for text in texts) + 16
    columns = max(1, min(int((width + 16) / across), len(texts)))
    if across - 16 > width:
        return []
    rows = -(-len(texts) // columns)
    columns = -(-len(texts) // rows)
    left, row = -(columns * across - 16) / 2, SMALLEST_FONT * LINE_SPACING + 1.5
    return [
        _build_heading(left, style),
        *(
            _build_text(f"matrix pair {k + 1}", text, left + across * (k // rows), row * (k % rows + 1.5), style)
            for k, text in enumerate(texts)
        ),
    ]


def _iterate_closer(style: DiagramStyle) -> Iterator[DiagramStyle]:
    """The style, and ones that set the numbers closer: without significance, then without the leading zero."""
    yield style
    values = style.values if style.values != "both" else "standardized"
    plain = replace(style, significance="none", standard_errors=False, values=values)
    yield plain
    yield replace(plain, leading_zero=False)


def _shorten(text: str, width: float, size: float, font: str) -> str:
    while len(text) > 4 and measure_line(text, size, font) > width:
        text = text[:-2].rstrip(" ,-–") + "…"
    return text


def _build_text(
    key: str, text: str, x: float, y: float, style: DiagramStyle, bold: bool = False, centre: bool = False
) -> TextItem:
    size = measure_lines((text,), SMALLEST_FONT, style.font, bold)
    box = Rectangle(x if centre else x + size.width / 2, y, size.width, size.height)
    align = "centre" if centre else "left"
    return TextItem(key, (text,), box, SMALLEST_FONT, style.colours.text, bold, align)  # type: ignore[arg-type]


# --- legend ----------------------------------------------------------------------------------------------------------


def _build_legend(
    scene: Scene, hints: DiagramHints, marks: Mapping[str, str], left: float, top: float, width: float
) -> tuple[list[EdgeShape], list[TextItem]]:
    """Entries only for what the picture shows, set like words in lines; one that is wider than these is broken."""
    style = scene.style
    samples: list[EdgeShape] = []
    texts: list[TextItem] = []
    x, y, row = left, top + 5, SMALLEST_FONT * LINE_SPACING + 2
    for number, (line, text) in enumerate(_iterate_entries(scene, hints, marks)):
        room = 24 if line is not None else 0
        lines = wrap_text(text, width - room, SMALLEST_FONT, style.font)
        used = room + measure_lines(lines, SMALLEST_FONT, style.font).width
        if x > left and x + used > left + width:
            x, y = left, y + row
        if line is not None:
            curve = np.array([[x, y], [x + 6, y], [x + 13, y], [x + 20, y]])
            samples.append(replace(line, key=f"legend {number}", curve=curve))
        for k, words in enumerate(lines):
            key = f"legend {number}" if k == 0 else f"legend {number} line {k + 1}"
            texts.append(_build_text(key, words, x + room, y + k * row, style))
        x, y = x + used + 14, y + (len(lines) - 1) * row
    return samples, texts


def _iterate_entries(
    scene: Scene, hints: DiagramHints, marks: Mapping[str, str]
) -> Iterator[tuple[EdgeShape | None, str]]:
    theme, style = scene.style.colours, scene.style
    plain = EdgeShape("", "", "", "legend", np.zeros((4, 2)), True, False, theme.line)
    roles = {edge.role for edge in scene.edges}
    known = [edge for edge in scene.edges if "estimate" in edge.description]
    estimated = [edge for edge in known if edge.label is not None]
    if not (known or hints.legend or marks or any(edge.key.startswith("candidate ") for edge in scene.edges)):
        return
    if estimated and "regression" in roles:
        yield replace(plain, width=1.0), "regression"
    if estimated and "covariance" in roles:
        yield replace(plain, tail=True, colour=theme.covariance, width=0.6), "covariance"
    if any(edge.pattern == "dashed" for edge in estimated):
        yield replace(plain, pattern="dashed"), "fixed"
    if any(edge.colour == theme.negative != theme.line for edge in known):
        yield replace(plain, colour=theme.negative), "negative"
    if any(edge.key.startswith("candidate ") for edge in scene.edges):
        yield replace(plain, colour=theme.added, pattern="dotted"), "suggested by misfit"
    if marked := [mark for mark in ("added", "dropped", "changed") if mark in marks.values()]:
        for mark in marked:
            sample = replace(plain, colour=getattr(theme, mark), width=ADDED_WIDTH if mark == "added" else plain.width)
            yield replace(sample, pattern="dotted") if mark == "dropped" else sample, mark
        yield replace(plain, colour=theme.faint), "as before"
    elif any(edge.colour == theme.faint for edge in known):
        yield replace(plain, colour=theme.faint), f"not significant (p ≥ {style.alpha:g})".replace("0.", ".")
    if estimated:
        meaning = {
            "standardized": "Standardised estimates",
            "raw": "Unstandardised estimates",
            "both": "Unstandardised estimates [standardised]",
            "none": "",
        }[style.values]
        if style.standard_errors and style.values in ("raw", "both"):
            meaning += " (standard errors)"
        if meaning:
            yield None, meaning
    written = [edge.label.text for edge in estimated if edge.label] + [item.lines[0] for item in scene.texts]
    if any("*" in text for text in written) and style.significance == "stars":
        yield None, "* p < .05  ** p < .01  *** p < .001"
    if style.significance == "interval" and any(edge.label and "[" in edge.label.text for edge in estimated):
        yield None, f"confidence intervals in {'the last ' if style.values == 'both' else ''}brackets"
    if estimated and style.hide_nonsignificant:
        yield None, f"paths and covariances with p ≥ {style.alpha:g} are not drawn".replace("0.", ".")
    for line in hints.legend:
        yield None, line
