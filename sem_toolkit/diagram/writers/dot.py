"""Scene → DOT text in which every position is fixed; graphviz's engine nop2 draws it as it stands."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sem_toolkit.diagram.content.words import format_printable
from sem_toolkit.diagram.geometry.curves import cut_curve_at, cut_into_dashes, draw_in_controls, trim_curve
from sem_toolkit.diagram.geometry.plane import FloatArray
from sem_toolkit.diagram.scene.elements import (
    ARROW_LENGTH,
    DASHES,
    PAGE,
    Band,
    EdgeShape,
    NodeShape,
    Scene,
    TextItem,
    grow_halo,
)

SPILL = 0.02
"""Share of its width by which a centred line may stand out on each side: hinted letters are wider than measured."""


def format_dot(scene: Scene, dpi: int | None = None) -> str:
    """The DOT text of a scene: bands as clusters, then paths, then shapes and texts.

    dpi  for bitmaps only: graphviz would scale the pages of vector formats by it
    """
    font = scene.style.font
    lines = [
        "digraph model {",
        _format_attributes(
            "graph",
            bb=f"0,0,{scene.width:.2f},{scene.height:.2f}",
            outputorder="edgesfirst",
            fontname=font,
            **({} if dpi is None else {"dpi": dpi}),
            pad="0",
            margin="0",
            bgcolor=PAGE,
        ),
        _format_attributes("node", fontname=font, fixedsize="true", margin="0", penwidth="0.8", style="filled"),
        _format_attributes("edge", fontname=font, arrowsize=f"{ARROW_LENGTH / 10:g}", arrowhead="normal"),
        *_format_page_corners(scene),
    ]
    lines += [_format_band(scene, number, band) for number, band in enumerate(scene.bands)]
    lines += [_format_node(scene, number, node) for number, node in enumerate(scene.nodes)]
    lines += [_format_label(scene, number, edge) for number, edge in enumerate(scene.edges) if edge.label is not None]
    lines += [_format_text(scene, number, item) for number, item in enumerate(scene.texts)]
    for number, edge in enumerate(scene.edges):
        lines += _iterate_edge(scene, f"edge{number + 1}", edge, (quote_name(edge.source), quote_name(edge.target)))
    for number, edge in enumerate(scene.samples):
        lines += _iterate_edge(scene, f"sample{number + 1}", edge, (_CORNERS[0], _CORNERS[1]))
    return "\n".join([*lines, "}"]) + "\n"


def quote(text: str) -> str:
    """A DOT string that shows the text as it is: no escapes, no entities, no HTML."""
    text = format_printable(text.replace("\r", " "))
    for old, new in (("\\", "\\\\"), ('"', '\\"'), ("&", "&amp;"), ("\n", " ")):
        text = text.replace(old, new)
    return f'"{text}"'


def quote_name(name: str) -> str:
    """A node name as a DOT string; names are not escape strings, so only the quote needs care."""
    # A backslash before the closing quote would escape it; names that differ must differ here, too.
    text = name.replace("\\", "∖").replace('"', "″").replace("\n", " ")
    plain = "".join(c if format_printable(c) == c else f"␛{ord(c):x}" for c in text)
    return f'"variable {plain}"'


def _join_lines(lines: tuple[str, ...], align: str = "centre") -> str:
    """Several lines in one label: justified left or centred."""
    end = "\\l" if align == "left" else "\\n"
    inner = end.join(quote(line)[1:-1] for line in lines)
    return f'"{inner}{end}"' if align == "left" else f'"{inner}"'


def _format_attributes(name: str, **attributes: Any) -> str:
    inner = ", ".join(f"{key}={quote(str(value))}" for key, value in attributes.items())
    return f"  {name} [{inner}];"


_CORNERS = ('"_corner 1"', '"_corner 2"')


def _format_page_corners(scene: Scene) -> Iterator[str]:
    """Two invisible points that keep the page as large as it is meant to be."""
    # Old versions of graphviz round sizes to whole points: these are two points wide, inside the page's corners.
    corners = ((1.0, 1.0), (scene.width - 1.0, scene.height - 1.0))
    size = f"{2 / 72:.4f}"
    for name, (x, y) in zip(_CORNERS, corners, strict=True):
        yield (
            f'  {name} [pos="{x:.2f},{y:.2f}", shape=point, width="{size}", height="{size}", style=invis, label=""];'
        )


def _format_band(scene: Scene, number: int, band: Band) -> str:
    low, high = scene.height - band.box.bottom, scene.height - band.box.top
    title = scene.height - band.title_box.y
    bold = f"{scene.style.font} Bold"
    return (
        f'  subgraph cluster_{number + 1} {{ graph [id="band{number + 1}", '
        f'bb="{band.box.left:.2f},{low:.2f},{band.box.right:.2f},{high:.2f}", '
        f'lp="{band.title_box.x:.2f},{title:.2f}", label={quote(band.title)}, fontname="{bold}", '
        f"fontsize={scene.style.font_size:g}, fontcolor={quote(scene.style.colours.band_text)}, "
        f'style="filled", color={quote(band.fill)}, fillcolor={quote(band.fill)}, penwidth=0]; '
        f'"_band {number + 1}" [pos="{band.box.x:.2f},{(low + high) / 2:.2f}", shape=point, width=0, height=0, '
        'style=invis, label=""]; }'
    )


def _format_node(scene: Scene, number: int, node: NodeShape) -> str:
    shape = {"ellipse": "ellipse", "rectangle": "box", "hexagon": "hexagon", "triangle": "triangle"}[node.shape]
    style = "filled,dashed" if node.dashed else "filled"
    return (
        f'  {quote_name(node.name)} [id="node{number + 1}", shape={shape}, label={_join_lines(node.lines)}, '
        f'pos="{node.box.x:.2f},{scene.height - node.box.y:.2f}", '
        f'width="{node.box.width / 72:.4f}", height="{node.box.height / 72:.4f}", fontsize="{node.font_size:g}", '
        f"fillcolor={quote(node.fill)}, color={quote(node.outline)}, fontcolor={quote(scene.style.colours.text)}, "
        f"tooltip={quote(node.description)}, style={quote(style)}];"
    )


def _format_text(scene: Scene, number: int, item: TextItem) -> str:
    font = f', fontname="{scene.style.font} Bold"' if item.bold else ""
    alone = item.align == "left" and len(item.lines) == 1
    x = item.box.x + (SPILL * item.box.width if alone else 0.0)
    return (
        f'  "_text {number + 1}" [id="text{number + 1}", shape=plaintext, style="", '
        f"label={_join_lines(item.lines, 'centre' if alone else item.align)}, "
        f'pos="{x:.2f},{scene.height - item.box.y:.2f}", '
        f'width="{item.box.width / 72:.4f}", height="{item.box.height / 72:.4f}", fontsize="{item.font_size:g}", '
        f"fontcolor={quote(item.colour)}, tooltip={quote(' '.join(item.lines))}{font}];"
    )


def _format_label(scene: Scene, number: int, edge: EdgeShape) -> str:
    """The number of a path as a shape of its own on a ground that is drawn over all lines: its halo."""
    label = edge.label
    assert label is not None  # noqa: S101 - the caller has looked
    box, ground = grow_halo(label.box), scene.find_ground(label.box)
    return (
        f'  "_label {number + 1}" [id="label{number + 1}", shape=box, label={_join_lines(label.lines)}, '
        f'pos="{box.x:.2f},{scene.height - box.y:.2f}", width="{box.width / 72:.4f}", height="{box.height / 72:.4f}", '
        f"fontsize={label.font_size:g}, fontcolor={quote(label.colour)}, fillcolor={quote(ground)}, "
        f"color={quote(ground)}, penwidth=0, tooltip={quote(edge.description or edge.key)}];"
    )


def _iterate_edge(scene: Scene, identity: str, edge: EdgeShape, ends: tuple[str, str]) -> Iterator[str]:
    """The edge of a path; one with two heads that is drawn in pieces is two edges, the first piece apart.

    Graphviz gives the head at the beginning of one piece to all pieces that follow it in the same edge.
    """
    # Graphviz makes the page as large as the control points need it.
    pieces = [draw_in_controls(piece, scene.width, scene.height) for piece in split_into_pieces(edge)]
    if edge.tail and len(pieces) > 1:
        yield _format_pieces(scene, f"tail-of-{identity}", edge, pieces[:1], ends, "back")
        yield _format_pieces(scene, identity, edge, pieces[1:], ends, "forward")
    else:
        yield _format_pieces(scene, identity, edge, pieces, ends, "both" if edge.tail else "forward")


def _format_pieces(
    scene: Scene, identity: str, edge: EdgeShape, pieces: list[FloatArray], ends: tuple[str, str], direction: str
) -> str:
    marks = {"both": (True, True), "back": (True, False), "forward": (False, edge.head)}[direction]
    parts = [
        f'id="{identity}"',
        f'pos="{_format_splines(scene, edge, pieces, *marks)}"',
        f"color={quote(edge.colour)}",
        f'penwidth="{edge.width:g}"',
        f"dir={direction}",
        f"tooltip={quote(edge.description or edge.key)}",
    ]
    return f"  {ends[0]} -> {ends[1]} [{', '.join(parts)}];"


def split_into_pieces(edge: EdgeShape) -> list[FloatArray]:
    """The strokes of a path from its tail to its head, without arrowheads.

    A solid line is one, as the ground of its number covers it; dashes leave the number free.
    """
    curve = trim_curve(edge.curve, ARROW_LENGTH if edge.tail else 0.0, ARROW_LENGTH if edge.head else 0.0)
    if edge.pattern == "solid":
        return [curve]
    pieces = [curve] if edge.label is None else cut_curve_at(curve, edge.label.box.grown(1.0))
    # Dashes are pieces of their own, so that all renderers draw the same ones.
    on, off = DASHES[edge.pattern]
    return [dash for piece in pieces for dash in cut_into_dashes(piece, on, off)]


def _format_splines(scene: Scene, edge: EdgeShape, pieces: list[FloatArray], tail: bool, head: bool) -> str:
    texts = []
    for number, piece in enumerate(pieces):
        marks = []
        if tail and number == 0:
            marks.append("s," + _format_point(scene, edge.curve[0]))
        if head and number == len(pieces) - 1:
            marks.append("e," + _format_point(scene, edge.curve[-1]))
        texts.append(" ".join([*marks, *(_format_point(scene, point) for point in piece)]))
    return ";".join(texts)


def _format_point(scene: Scene, point: FloatArray) -> str:
    return f"{np.round(point[0], 2):.2f},{np.round(scene.height - point[1], 2):.2f}"
