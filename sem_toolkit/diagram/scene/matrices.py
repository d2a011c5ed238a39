"""Covariances that are not drawn as arcs → their numbers in a lower triangle, or in a list where they are few.

A pair that covaries with nothing else stands in a line below the triangle.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sem_toolkit.diagram.content.hints import DiagramHints
from sem_toolkit.diagram.content.matrix_choice import DENSE, compute_density
from sem_toolkit.diagram.content.style import SMALLEST_FONT, DiagramStyle
from sem_toolkit.diagram.content.words import format_edge_text, format_name
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING, measure_line
from sem_toolkit.diagram.scene.elements import TextItem
from sem_toolkit.diagram.scene.lines import build_text
from sem_toolkit.libraries import nx

LONG_MATRIX = 13
"""From so many rows on they are set closer."""


def build_matrix(
    graph: "nx.MultiDiGraph[str]", keys: Sequence[str], style: DiagramStyle, hints: DiagramHints, width: float
) -> list[TextItem]:
    """The covariances that are not drawn as a lower triangle, centred at x = 0, its top at y = 0; none if too wide."""
    edges = {key: (a, b, data) for a, b, key, data in graph.edges(keys=True, data=True) if key in set(keys)}
    size, font = SMALLEST_FONT, style.font
    alone = _find_alone([edge[:2] for edge in edges.values()])
    pairs = {key: edge for key, edge in edges.items() if edge[0] in alone}
    edges = {key: edge for key, edge in edges.items() if key not in pairs}
    if compute_density(edge[:2] for edge in edges.values()) < DENSE:
        return _build_list([*edges.values(), *pairs.values()], style, hints, width)
    names = [name for name in graph if any(name in edge[:2] for edge in edges.values())]
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
        items.append(build_text(f"matrix column {k + 1}", str(k + 1), x, row * 1.5, style, centre=True))
    for k, text in enumerate(titles):
        items.append(build_text(f"matrix row {k + 1}", text, left, row * (k + 1.5), style))
        for m in range(k):
            value = cells.get(frozenset((names[k], names[m])), "")
            if value:
                x = left + first + cell * (m + 0.5)
                items.append(build_text(f"matrix {k + 1} {m + 1}", value, x, row * (k + 1.5), style, centre=True))
    for k, (a, b, data) in enumerate(pairs.values()):
        text = _format_pair(a, b, format_edge_text(data, style), style, hints)
        items.append(build_text(f"matrix pair {k + 1}", text, left, row * (len(names) + k + 1.5), style))
    return items


def _find_alone(pairs: Sequence[tuple[str, str]]) -> frozenset[str]:
    """Variables with one covariance only, that with each other, where others have more."""
    count = Counter(name for pair in pairs for name in pair)
    alone = {name for pair in pairs if count[pair[0]] == count[pair[1]] == 1 for name in pair}
    return frozenset(alone if len(alone) < len(count) else ())


def _format_pair(a: str, b: str, value: str, style: DiagramStyle, hints: DiagramHints) -> str:
    one, other = (" ".join(format_name(name, style, hints.labels).split()) for name in (a, b))
    return f"{one} with {other}  {value}"


def _build_heading(left: float, style: DiagramStyle) -> TextItem:
    word = "Correlations" if style.values in ("standardized", "both") else "Covariances"
    y = (SMALLEST_FONT * LINE_SPACING + 1.5) / 2
    return build_text("matrix heading", f"{word} (estimated, not drawn)", left, y, style, bold=True)


def _build_list(
    edges: Sequence[tuple[str, str, Mapping[str, Any]]], style: DiagramStyle, hints: DiagramHints, width: float
) -> list[TextItem]:
    """A few of many possible covariances pair by pair, in columns that fill from the top; around x = 0 from y = 0."""
    texts = [_format_pair(a, b, format_edge_text(data, style), style, hints) for a, b, data in edges]
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
            build_text(f"matrix pair {k + 1}", text, left + across * (k // rows), row * (k % rows + 1.5), style)
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
