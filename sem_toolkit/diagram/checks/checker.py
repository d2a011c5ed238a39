"""What is wrong with a picture: what covers something, numbers whose path is in doubt, crossings, sizes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sem_toolkit.diagram.checks.pages import list_overflows
from sem_toolkit.diagram.content.style import SMALLEST_FONT
from sem_toolkit.diagram.geometry.curves import flatten_curve
from sem_toolkit.diagram.geometry.hits import Shapes, compute_crossings, measure_distance
from sem_toolkit.diagram.geometry.plane import Rectangle, measure_gap
from sem_toolkit.diagram.geometry.segments import Segments
from sem_toolkit.diagram.scene.elements import Scene

ProblemKind = Literal[
    "label-label",
    "label-node",
    "label-edge",
    "edge-node",
    "node-node",
    "cut-off",
    "foreign-path",
    "r2-away",
    "crossing",
    "too-wide",
    "too-high",
    "small-font",
]
INSIDE = {"ellipse": 2.0, "rectangle": 2.0, "hexagon": 7.5, "triangle": 5.0}
"""How far inside its box a shape surely is, once the box is taken as a rectangle or else as an ellipse."""

COVERED = ("label-label", "label-node", "label-edge", "edge-node", "node-node", "cut-off")
IN_DOUBT = ("foreign-path", "r2-away")
HITS: frozenset[str] = frozenset({*COVERED, *IN_DOUBT})

R2_REACH = 4.0
"""An R² stands no further from its variable than this, in points."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a picture: its kind, the elements by name, and a line for people."""

    kind: ProblemKind
    elements: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        return self.message

    @property
    def is_hit(self) -> bool:
        """Whether something covers something or a number is in doubt; crossings of paths and sizes are not hits."""
        return self.kind in HITS


def check_scene(scene: Scene) -> tuple[Problem, ...]:
    """Every problem of a scene, hits first."""
    texts = _collect_texts(scene)
    found = [
        *_check_texts(texts),
        *_check_texts_on_shapes(scene, texts),
        *_check_paths(scene, texts),
        *_check_shapes(scene),
        *_check_page(scene, texts),
        *_check_owners(scene),
        *_check_r2(scene),
        *_check_crossings(scene),
    ]
    return tuple(sorted(found, key=lambda problem: not problem.is_hit))


def _collect_texts(scene: Scene) -> list[tuple[str, Rectangle]]:
    texts = [(f"number of {edge.key}", edge.label.box) for edge in scene.edges if edge.label is not None]
    texts += [(f"text {item.key}", item.box) for item in scene.texts]
    return texts + [(f"title of {band.title}", band.title_box) for band in scene.bands]


def _check_texts(texts: list[tuple[str, Rectangle]]) -> Iterator[Problem]:
    for k, m in _find_overlaps([box for _, box in texts], -0.2):
        name, other = texts[k][0], texts[m][0]
        yield Problem("label-label", (name, other), f"{name} lies on {other}")


def _find_overlaps(boxes: list[Rectangle], gap: float) -> Iterator[tuple[int, int]]:
    """The pairs of boxes that are closer than `gap` in both directions, the lower number first."""
    x, y, width, height = np.array([[box.x, box.y, box.width, box.height] for box in boxes]).reshape(-1, 4).T
    touch = np.abs(x[:, None] - x) < (width[:, None] + width) / 2 + gap
    touch &= np.abs(y[:, None] - y) < (height[:, None] + height) / 2 + gap
    yield from ((int(k), int(m)) for k, m in np.argwhere(touch) if m > k)


def _check_texts_on_shapes(scene: Scene, texts: list[tuple[str, Rectangle]]) -> Iterator[Problem]:
    shapes = _collect_shapes(scene)
    for name, box in texts:
        for m in np.flatnonzero(shapes.covered_by(box.grown(-0.2))):
            node = scene.nodes[m].name
            yield Problem("label-node", (name, node), f"{name} lies on {node}")


def _collect_shapes(scene: Scene) -> Shapes:
    return Shapes.of([node.box for node in scene.nodes], [node.is_round for node in scene.nodes])


def _check_paths(scene: Scene, texts: list[tuple[str, Rectangle]]) -> Iterator[Problem]:
    """Paths through shapes other than their own two, through their own further than the boundary, and under texts."""
    names = [node.name for node in scene.nodes]
    shapes = _collect_shapes(scene)
    # The box of a hexagon or triangle is larger than the shape: there the ellipse in the box is the inside.
    inner = Shapes.of(
        [node.box.grown(-INSIDE[node.shape]) for node in scene.nodes],
        [node.shape != "rectangle" for node in scene.nodes],
    )
    boxes = Shapes.of([box for _, box in texts])
    courses = [flatten_curve(edge.curve, 24) for edge in scene.edges]
    found = shapes.hit_by_each(courses), inner.hit_by_each(courses), boxes.hit_by_each(courses, -0.3)
    for edge, touched, through, covered in zip(scene.edges, *found, strict=True):
        for k in np.flatnonzero(touched):
            if through[k] or names[k] not in (edge.source, edge.target):
                yield Problem("edge-node", (edge.key, names[k]), f"the path {edge.key} runs through {names[k]}")
        own = f"number of {edge.key}"
        for m in np.flatnonzero(covered):
            if texts[m][0] != own:
                yield Problem("label-edge", (edge.key, texts[m][0]), f"the path {edge.key} runs under {texts[m][0]}")


def _check_shapes(scene: Scene) -> Iterator[Problem]:
    for k, m in _find_overlaps([node.box for node in scene.nodes], 0.0):
        name, other = scene.nodes[k].name, scene.nodes[m].name
        yield Problem("node-node", (name, other), f"{name} lies on {other}")


def _check_page(scene: Scene, texts: list[tuple[str, Rectangle]]) -> Iterator[Problem]:
    things = [*texts, *((node.name, node.box) for node in scene.nodes)]
    for name, box in things:
        if box.left < 0 or box.top < 0 or box.right > scene.width or box.bottom > scene.height:
            yield Problem("cut-off", (name,), f"{name} reaches over the edge of the page")
    for kind, message in list_overflows(scene):
        yield Problem(kind, (), message)
    sizes = [node.font_size for node in scene.nodes] + [item.font_size for item in scene.texts]
    sizes += [edge.label.font_size for edge in scene.edges if edge.label is not None]
    if min(sizes, default=SMALLEST_FONT) < SMALLEST_FONT:
        yield Problem("small-font", (), f"text of {min(sizes):g} points is too small to print")


def _check_crossings(scene: Scene) -> Iterator[Problem]:
    later = Segments()
    for edge in reversed(scene.edges):
        points = flatten_curve(edge.curve)
        starts, ends, rows = later.find_near(points.min(axis=0), points.max(axis=0))
        for other in later.find_owners(rows[compute_crossings(points, starts, ends)]):
            yield Problem("crossing", (edge.key, other), f"{edge.key} crosses {other}")
        later.add(edge.key, points)


def _check_owners(scene: Scene) -> Iterator[Problem]:
    """Numbers that stand nearer a foreign path than their own: a reader gives them to the wrong one."""
    numbered = [edge for edge in scene.edges if edge.label is not None]
    if not numbered:
        return
    curves = {edge.key: flatten_curve(edge.curve, 24) for edge in scene.edges}
    shapes = {node.name: node.box for node in scene.nodes}
    segments = Segments()
    for key, points in curves.items():
        segments.add(key, points)
    for edge in numbered:
        assert edge.label is not None  # noqa: S101 - chosen so
        box = edge.label.box
        own = measure_distance(box, curves[edge.key])
        if edge.role == "intercept":
            # The number of a mean belongs to its triangle.
            own = min(own, measure_gap(box, shapes[edge.source]))
        if own <= 0.0:
            continue
        reach = np.array([box.width, box.height]) / 2 + own
        middle = np.array([box.x, box.y])
        _, _, rows = segments.find_near(middle - reach, middle + reach, edge.key)
        for other in segments.find_owners(rows):
            if measure_distance(box, curves[other]) < own:
                message = f"the number of {edge.key} stands nearer {other} than its own path"
                yield Problem("foreign-path", (edge.key, other), message)


def _check_r2(scene: Scene) -> Iterator[Problem]:
    """R² that stand away from their variable, or nearer another."""
    for item in scene.texts:
        if not item.key.startswith("r2 "):
            continue
        gaps = {node.name: measure_gap(item.box, node.box) for node in scene.nodes}
        name = item.key.removeprefix("r2 ")
        if name in gaps and (gaps[name] > R2_REACH or gaps[name] > min(gaps.values())):
            yield Problem("r2-away", (item.key, name), f"the R² of {name} stands away from it")
