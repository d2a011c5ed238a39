"""Places and courses → scene: colours, line kinds, numbers, R², matrix of covariances, legend, title and caption."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from sem_toolkit.diagram.content.descriptions import describe_model, describe_path, describe_variable
from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.content.words import is_significant
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.measures import SHAPES
from sem_toolkit.diagram.scene.elements import (
    ADDED_WIDTH,
    Band,
    EdgeShape,
    Label,
    NodeShape,
    Scene,
    ShapeKind,
)
from sem_toolkit.diagram.scene.furniture import build_furniture
from sem_toolkit.diagram.scene.texts import Sketch, Texts, find_kind, place_band_titles


def paint_scene(sketch: Sketch, texts: Texts) -> Scene:
    """The scene of a sketch."""
    nodes = _paint_nodes(sketch)
    labels, r2_items = texts
    edges = tuple(
        _paint_edge(sketch, source, target, key, data, labels)
        for source, target, key, data in sketch.graph.edges(keys=True, data=True)
        if key in sketch.routes
    )
    bands = _paint_bands(sketch)
    scene = Scene(
        width=0,
        height=0,
        style=sketch.style,
        nodes=nodes,
        edges=edges,
        texts=r2_items,
        bands=bands,
        title=sketch.canvas.hints.title,
        description=describe_model(sketch.canvas),
        caption=sketch.canvas.hints.caption,
    )
    return build_furniture(scene, sketch.canvas)


def _paint_nodes(sketch: Sketch) -> tuple[NodeShape, ...]:
    return tuple(_paint_node(sketch, name, box) for name, box in sketch.placement.places.items())


def _paint_node(sketch: Sketch, name: str, box: Rectangle) -> NodeShape:
    kind, style = find_kind(sketch, name), sketch.style
    return NodeShape(
        name=name,
        shape=cast("ShapeKind", SHAPES[kind]),
        box=box,
        lines=sketch.measures.lines.get(name, ()),
        fill=getattr(style.colours, kind),
        outline=style.colours.outline,
        font_size=style.font_size,
        description=describe_variable(sketch.canvas, name) if name in sketch.graph else "constant 1",
    )


def _paint_edge(
    sketch: Sketch,
    source: str,
    target: str,
    key: str,
    data: Mapping[str, Any],
    labels: Mapping[str, Label],
) -> EdgeShape:
    style, theme, marks = sketch.style, sketch.style.colours, sketch.canvas.marks
    route = sketch.routes[key]
    double = data["role"] == "covariance" or (data["role"] == "variance" and style.variances == "ram")
    faint = style.grey_nonsignificant and not is_significant(data, style.alpha)
    colour = theme.covariance if double else theme.line
    if faint:
        colour = theme.faint
    elif data["role"] in ("regression", "loading", "weight") and _find_shown_value(data) < 0:
        colour = theme.negative
    if data.get("candidate"):
        colour = theme.added
    if key in marks:
        colour = getattr(theme, marks[key])
    return EdgeShape(
        key=key,
        source=route.source,
        target=route.target,
        role=data["role"],
        curve=route.curve,
        head=True,
        tail=double,
        colour=colour,
        width=ADDED_WIDTH if marks.get(key) == "added" else _find_width(data, style),
        pattern=_find_pattern(data, style, marks.get(key)),
        label=_tint(labels.get(key), colour if faint else None),
        description=describe_path(sketch.canvas, source, target, data),
    )


def _find_shown_value(data: Mapping[str, Any]) -> float:
    """The number whose sign decides the colour of a path."""
    return float((data["value"] if data.get("given") else data["std"]) or 0.0)


def _tint(label: Label | None, colour: str | None) -> Label | None:
    """Numbers of grey paths are grey as well, but dark enough to be read."""
    return replace(label, colour="#5f5f5f") if label is not None and colour is not None else label


def _find_pattern(data: Mapping[str, Any], style: DiagramStyle, mark: str | None) -> Any:
    if mark == "dropped" or data.get("candidate"):
        return "dotted"
    # In a schematic without numbers it does not matter which path sets the scale.
    return "dashed" if data["fixed"] and not data["exogenous"] and style.values != "none" else "solid"


def _find_width(data: Mapping[str, Any], style: DiagramStyle) -> float:
    usual = {"regression": 1.0, "loading": 0.7, "weight": 0.7}.get(data["role"], 0.6)
    if not style.width_by_estimate or data["std"] is None or data["role"] in ("variance", "intercept"):
        return usual
    return float(0.4 + 2.2 * min(1.0, abs(data["std"])))


def _paint_bands(sketch: Sketch) -> tuple[Band, ...]:
    tints = sketch.style.colours.bands
    titles = place_band_titles(sketch.placement, sketch.style)
    return tuple(
        Band(f"band {k + 1}", box, title, titles[title], tints[k % len(tints)])
        for k, (title, box) in enumerate(sketch.placement.bands.items())
    )
