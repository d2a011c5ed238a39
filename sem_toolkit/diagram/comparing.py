"""Two models or two groups in one picture: as an overlay, or side by side on a common layout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sem_toolkit.diagram.composition.composing import build_scene
from sem_toolkit.diagram.content.canvas import build_canvas, list_covariates, note_covariates, select_elements
from sem_toolkit.diagram.content.graph import build_path_graph
from sem_toolkit.diagram.content.hints import DiagramHints
from sem_toolkit.diagram.content.structure import build_structure
from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.content.words import format_edge_text
from sem_toolkit.diagram.diagram import Diagram, forget_gone, list_ignored
from sem_toolkit.diagram.places.pins import Layout
from sem_toolkit.diagram.scene.elements import Scene
from sem_toolkit.diagram.scene.furniture import build_furniture, list_notes
from sem_toolkit.diagram.scene.joining import fits_across, join_scenes
from sem_toolkit.libraries import nx
from sem_toolkit.spec.table import ParameterTable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Version:
    """One of the models that are compared: `name` is written over it."""

    name: str
    table: ParameterTable
    estimates: "pd.DataFrame | None" = None
    r2: Mapping[str, float] | None = None
    group: int = 1


def draw_overlay(
    before: Version,
    after: Version,
    style: DiagramStyle | None = None,
    hints: DiagramHints | None = None,
    tolerance: float = 0.05,
    layout: Layout | None = None,
) -> Diagram:
    """Both versions on top of each other: what was added, dropped (dotted) and changed, and what stayed in grey.

    tolerance  smallest difference of standardised (else raw) estimates that counts as a change
    layout     places that variables keep, as far as they are in either version
    """
    style, hints = style or DiagramStyle(), hints or DiagramHints()
    first, second = (build_path_graph(v.table, v.estimates, v.group) for v in (before, after))
    union, marks = merge_graphs(first, second, style, tolerance)
    legend = (f"from {before.name} to {after.name}", f"changed: by more than {tolerance:g}", *hints.legend)
    covariates = list_covariates(union, style, hints)
    legend = note_covariates(covariates, style, replace(hints, legend=legend)).legend
    chosen = select_elements(union, style, covariates)
    known, messages = forget_gone(layout, union)
    canvas = build_canvas(chosen, style, replace(hints, legend=legend), marks=marks)
    scene = build_scene(canvas, keep_known(known, chosen))
    return Diagram(scene, chosen, (*messages, *list_ignored(style, hints, scene)))


def merge_graphs(
    first: "nx.MultiDiGraph[str]", second: "nx.MultiDiGraph[str]", style: DiagramStyle, tolerance: float
) -> tuple["nx.MultiDiGraph[str]", dict[str, str]]:
    """All paths of two graphs, and for each by its key "added", "dropped", "changed" or "faint" (as before)."""
    union: nx.MultiDiGraph[str] = nx.MultiDiGraph(**second.graph)
    for graph in (second, first):
        for name, data in graph.nodes(data=True):
            if name not in union:
                union.add_node(name, **data)
    old = {key: (a, b, data) for a, b, key, data in first.edges(keys=True, data=True)}
    new = {key: (a, b, data) for a, b, key, data in second.edges(keys=True, data=True)}
    marks: dict[str, str] = {}
    for key, (a, b, data) in (old | new).items():
        marks[key] = _compare(old.get(key), new.get(key), tolerance)
        merged: dict[str, Any] = dict(data)
        if marks[key] == "changed":
            texts = [format_edge_text(entry[key][2], style) for entry in (old, new)]
            merged["text"] = " → ".join(text or "free" for text in texts) if any(texts) else ""
        union.add_edge(a, b, key=key, **merged)
    return union, marks


def _compare(
    old: tuple[str, str, dict[str, Any]] | None, new: tuple[str, str, dict[str, Any]] | None, tolerance: float
) -> str:
    if old is None:
        return "added"
    if new is None:
        return "dropped"
    if old[2]["fixed"] != new[2]["fixed"] or old[2]["value"] != new[2]["value"]:
        return "changed"
    for measure in ("std", "est"):
        values = old[2][measure], new[2][measure]
        if None not in values:
            return "changed" if abs(values[0] - values[1]) > tolerance else "faint"
    return "faint"


def draw_side_by_side(
    versions: Sequence[Version],
    style: DiagramStyle | None = None,
    hints: DiagramHints | None = None,
    layout: Layout | None = None,
) -> Diagram:
    """The versions beside each other, or below where that is too wide; every variable at the same place in each.

    Versions that have no core in common, such as the levels of a two-level model, have places of their own.

    layout  places that variables keep, as far as they are in any version
    """
    style, hints = style or DiagramStyle(), hints or DiagramHints()
    wholes = [build_path_graph(v.table, v.estimates, v.group) for v in versions]
    covariates = tuple(dict.fromkeys(name for whole in wholes for name in list_covariates(whole, style, hints)))
    hints = note_covariates(covariates, style, hints)
    plain = replace(hints, title="", caption="", legend=())
    graphs = [select_elements(whole, style, covariates) for whole in wholes]
    union = merge_all(graphs, style)
    for a, b, key, data in union.edges(keys=True, data=True):
        # Each picture has its own number only; the places must hold the longest.
        own = [format_edge_text(graph.edges[a, b, key], style) for graph in graphs if graph.has_edge(a, b, key)]
        data["text"] = max(own, key=len, default="")
    r2 = {name: value for version in versions for name, value in (version.r2 or {}).items()}
    known, messages = forget_gone(layout, merge_all(wholes, style))
    fixed = keep_known(known, union)
    apart = _are_apart(graphs)
    # Beside each other where that fits, otherwise below each other, each as wide as the column at most.
    for column in ("free", style.column):
        part = replace(style, column=column, legend=False)
        if apart:
            scenes = _draw_apart(versions, graphs, part, plain, known)
            if fits_across(scenes, style):
                break
            continue
        whole = build_canvas(union, part, plain, r2)
        pattern = build_scene(whole, fixed)
        common = take_layout(pattern)
        # Its places hold shapes of its size of type, which is smaller in a narrow column.
        same = replace(part, font_size=pattern.style.font_size)
        scenes = []
        for version, graph in zip(versions, graphs, strict=True):
            names = {name: place for name, place in common.positions.items() if name in graph}
            # An indicator of one version may be explained in another, where its place has no room for an R².
            explained = {name: value for name, value in (version.r2 or {}).items() if name in whole.structure.cores}
            scenes.append(build_scene(build_canvas(graph, same, plain, explained), Layout(names)))
        if fits_across(scenes, style):
            break
    joined = join_scenes([version.name for version in versions], scenes, style, hints, aligned=not apart)
    canvas = build_canvas(union, style, hints)
    noted = replace(canvas, matrix=(), hints=replace(hints, legend=(*list_notes(canvas), *hints.legend)))
    scene = replace(build_furniture(joined, noted), title=joined.title)
    return Diagram(scene, union, (*messages, *list_ignored(style, hints, scene)))


def _are_apart(graphs: "Sequence[nx.MultiDiGraph[str]]") -> bool:
    """Whether the versions have no core in common, so that one place for each variable would suit none of them."""
    cores = [{*build_structure(graph).cores} for graph in graphs]
    return not set.intersection(*cores)


def _draw_apart(
    versions: Sequence[Version],
    graphs: "Sequence[nx.MultiDiGraph[str]]",
    style: DiagramStyle,
    hints: DiagramHints,
    layout: Layout | None,
) -> list[Scene]:
    """A scene for each version with places of its own, all in the smallest size of type that one of them needs."""
    for _ in range(2):
        scenes = [
            build_scene(build_canvas(graph, style, hints, version.r2), keep_known(layout, graph))
            for version, graph in zip(versions, graphs, strict=True)
        ]
        smallest = min(scene.style.font_size for scene in scenes)
        if all(scene.style.font_size == smallest for scene in scenes):
            break
        style = replace(style, font_size=smallest)
    return scenes


def merge_all(graphs: "Sequence[nx.MultiDiGraph[str]]", style: DiagramStyle) -> "nx.MultiDiGraph[str]":
    """All variables and paths of graphs, those of the last one first."""
    union, _ = merge_graphs(graphs[0], graphs[-1], style, 0.0)
    for graph in graphs[1:-1]:
        union, _ = merge_graphs(union, graph, style, 0.0)
    return union


def keep_known(layout: Layout | None, graph: "nx.MultiDiGraph[str]") -> Layout | None:
    """A layout without the variables that are not in the picture."""
    if layout is None:
        return None
    return layout.keep(graph)


def take_layout(scene: Scene) -> Layout:
    """The places of all variables of a scene."""
    return Layout({node.name: (node.box.x, node.box.y) for node in scene.nodes if not node.name.startswith("1 → ")})
