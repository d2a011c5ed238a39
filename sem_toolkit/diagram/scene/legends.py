"""What a picture shows → the entries of its legend: samples of lines, and texts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from sem_toolkit.diagram.content.hints import DiagramHints
from sem_toolkit.diagram.content.style import SMALLEST_FONT
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING, measure_lines, wrap_text
from sem_toolkit.diagram.scene.elements import ADDED_WIDTH, EdgeShape, Scene, TextItem
from sem_toolkit.diagram.scene.lines import build_text


def build_legend(
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
            texts.append(build_text(key, words, x + room, y + k * row, style))
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
