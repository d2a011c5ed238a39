"""Several scenes in one, each under its name, in as many rows as the column takes."""

from collections.abc import Sequence
from dataclasses import replace

from sem_toolkit.diagram.content.hints import DiagramHints
from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.geometry.metrics import measure_lines
from sem_toolkit.diagram.geometry.plane import build_rectangle
from sem_toolkit.diagram.places.placement import MARGIN
from sem_toolkit.diagram.scene.elements import Scene, TextItem
from sem_toolkit.diagram.scene.furniture import move_scene

GAP = 18.0


def fits_across(scenes: Sequence[Scene], style: DiagramStyle) -> bool:
    """Whether scenes fit the column beside each other."""
    return style.column_width is None or sum(scene.width + GAP for scene in scenes) - GAP <= style.column_width


def join_scenes(
    names: Sequence[str], scenes: Sequence[Scene], style: DiagramStyle, hints: DiagramHints, *, aligned: bool = True
) -> Scene:
    """One scene of several, row by row, without a page of its own; `aligned`: a variable at the same place in each."""
    heading = style.font_size * 1.2 + 4
    parts: list[Scene] = []
    titles: list[TextItem] = []
    x = y = high = 0.0
    for number, (name, scene) in enumerate(zip(names, _align(scenes, style) if aligned else scenes, strict=True)):
        size = measure_lines((name,), style.font_size, style.font, bold=True)
        width = max(scene.width, size.width + 2 * MARGIN)
        if x > 0 and style.column_width is not None and x + width > style.column_width:
            x, y, high = 0.0, y + high + heading + GAP, 0.0
        box = build_rectangle(x + MARGIN, y, x + MARGIN + size.width, y + size.height)
        colour = style.colours.text
        titles.append(TextItem(f"name {number + 1}", (name,), box, style.font_size, colour, bold=True, align="left"))
        parts.append(_rename(move_scene(scene, x, y + heading), number))
        x, high = x + width + GAP, max(high, scene.height)
    return Scene(
        width=0,
        height=0,
        style=style,
        nodes=tuple(node for part in parts for node in part.nodes),
        edges=tuple(edge for part in parts for edge in part.edges),
        texts=(*titles, *(item for part in parts for item in part.texts)),
        bands=tuple(band for part in parts for band in part.bands),
        samples=tuple(sample for part in parts for sample in part.samples),
        title=hints.title or " and ".join(names),
        description=" ".join(f"{name}: {scene.description}" for name, scene in zip(names, scenes, strict=True)),
        caption=hints.caption,
    )


def _align(scenes: Sequence[Scene], style: DiagramStyle) -> list[Scene]:
    """The scenes with room at the left and on top, so that a variable that all have is at the same place in each.

    As they are where no variable is in all of them, or that would be wider than the column.
    """
    places = [{node.name: node.box for node in scene.nodes} for scene in scenes]
    shared = next((name for name in places[0] if all(name in known for known in places)), None)
    if shared is None:
        return list(scenes)
    boxes = [known[shared] for known in places]
    left, top = max(box.x for box in boxes), max(box.y for box in boxes)
    aligned = [
        replace(
            move_scene(scene, left - box.x, top - box.y),
            width=scene.width + left - box.x,
            height=scene.height + top - box.y,
        )
        for scene, box in zip(scenes, boxes, strict=True)
    ]
    fits = style.column_width is None or max(scene.width for scene in aligned) <= style.column_width
    return aligned if fits else list(scenes)


def _rename(scene: Scene, number: int) -> Scene:
    """Names that stay apart when scenes are joined."""
    mark = f" ({number + 1})"
    return replace(
        scene,
        nodes=tuple(replace(node, name=node.name + mark) for node in scene.nodes),
        edges=tuple(
            replace(edge, key=edge.key + mark, source=edge.source + mark, target=edge.target + mark)
            for edge in scene.edges
        ),
        texts=tuple(replace(item, key=item.key + mark) for item in scene.texts),
        bands=tuple(replace(band, name=band.name + mark) for band in scene.bands),
    )
