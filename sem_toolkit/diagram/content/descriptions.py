"""Canvas → words for readers who do not see the picture, with the names that it shows."""

from collections.abc import Mapping
from typing import Any

from sem_toolkit.diagram.content.canvas import Canvas
from sem_toolkit.diagram.content.words import format_edge_description, format_name

KINDS = {"latent": "latent variable", "composite": "composite", "observed": "observed variable"}


def describe_model(canvas: Canvas) -> str:
    """What kind of model this is, and each of its paths and covariances."""
    kinds = [kind for _, kind in canvas.graph.nodes(data="kind")]
    counts = [f"{kinds.count(kind)} {kind}" for kind in KINDS if kind in kinds]
    listed = " and ".join(filter(None, (", ".join(counts[:-1]), counts[-1])))
    parts = [
        f"{describe_path(canvas, source, target, data)}."
        for source, target, data in canvas.graph.edges(data=True)
        if data["role"] not in ("variance", "intercept")
    ]
    return " ".join([f"Path diagram with {listed} variables.", *parts])


def describe_variable(canvas: Canvas, name: str) -> str:
    """Its name, its kind, and how much of it is explained."""
    text = f"{_format_shown_name(canvas, name)} ({KINDS[canvas.graph.nodes[name]['kind']]})"
    return f"{text}, R² {canvas.r2[name]:.3f}" if name in canvas.r2 else text


def describe_path(canvas: Canvas, source: str, target: str, data: Mapping[str, Any]) -> str:
    """What leads to what, with its numbers."""
    return format_edge_description(_format_shown_name(canvas, source), _format_shown_name(canvas, target), data)


def _format_shown_name(canvas: Canvas, name: str) -> str:
    return " ".join(format_name(name, canvas.style, canvas.hints.labels).split())
