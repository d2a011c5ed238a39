"""Rivals of a model as small multiples: each drawn over the model itself, whose variables keep their places."""

from collections.abc import Sequence
from dataclasses import replace

from sem_toolkit.diagram.comparing import Version, keep_known, merge_graphs, take_layout
from sem_toolkit.diagram.composition.composing import build_scene
from sem_toolkit.diagram.content.canvas import build_canvas, select_elements
from sem_toolkit.diagram.content.graph import build_path_graph
from sem_toolkit.diagram.content.hints import DiagramHints
from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.diagram import Diagram
from sem_toolkit.diagram.places.pins import Layout
from sem_toolkit.diagram.scene.furniture import build_furniture
from sem_toolkit.diagram.scene.joining import join_scenes


def draw_small_multiples(
    given: Version,
    rivals: Sequence[Version],
    style: DiagramStyle | None = None,
    hints: DiagramHints | None = None,
    layout: Layout | None = None,
) -> Diagram:
    """The given model, then each rival over it: what it adds, what it drops (dotted), and what stays in grey.

    Numbers are left out: a table has them. Factors that only a rival has find a place of their own.

    layout  places that variables of the given model keep
    """
    style, hints = replace(style or DiagramStyle(), values="none"), hints or DiagramHints()
    part = replace(style, column="free", legend=False)
    plain = replace(hints, title="", caption="", legend=())
    base = select_elements(build_path_graph(given.table, None, given.group), part)
    first = build_scene(build_canvas(base, part, plain), keep_known(layout, base))
    places = take_layout(first)
    marks: dict[str, str] = {}
    scenes, union = [first], base
    for rival in rivals:
        own, own_marks = merge_graphs(base, build_path_graph(rival.table, None, rival.group), part, 0.0)
        for _, _, key, data in own.edges(keys=True, data=True):
            if own_marks[key] == "changed" and data["fixed"] and data["value"] == 0.0:
                own_marks[key] = "dropped"
        chosen = select_elements(own, part)
        scenes.append(build_scene(build_canvas(chosen, part, plain, marks=own_marks), keep_known(places, chosen)))
        union, _ = merge_graphs(union, chosen, part, 0.0)
        marks |= {f"{rival.name} {key}": mark for key, mark in own_marks.items()}
    joined = join_scenes([version.name for version in (given, *rivals)], scenes, style, hints)
    canvas = replace(build_canvas(union, style, hints, marks=marks), matrix=())
    return Diagram(replace(build_furniture(joined, canvas), title=joined.title), union)
