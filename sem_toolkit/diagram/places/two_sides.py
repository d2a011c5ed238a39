"""One column of indicators between two sides of factors: bifactor models, traits and methods, states of a trait.

What loads on the factors or predicts them stands beyond the left side, what they predict beyond the right one, factors
of higher order beyond those they load on.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.hits import Shapes
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.blocks import Block, build_block
from sem_toolkit.diagram.places.grids import ARC_ROOM
from sem_toolkit.diagram.places.measures import OPPOSITE, Measures, Side, Spacing
from sem_toolkit.diagram.places.spreading import separate
from sem_toolkit.libraries import nx

CLEAR = 5.0
"""How far straight paths between the two ends of a picture keep from what they pass, in points."""

LEVELS = 41
"""How many heights are tried for what stands beyond the sides."""


ARRIVAL = 10.4
"""Height that each of several loadings with a number takes where they meet one side of an indicator, in points."""

PAIRS_APART = 3.0
"""How much further indicators are apart on whose side a variance follows a loading, so that the two are seen as one."""

LEAST_SHARED, SHARE_SHARED = 3, 0.25
"""From so many cross-loadings on, and from this share of the indicators, all indicators stand in one column."""


def share_column(structure: Structure) -> Structure | None:
    """The reading of a measurement model with many cross-loadings (ESEM): all factors on one side of one column.

    None for other models.
    """
    cross = len(structure.loadings) - len(structure.owner)
    measured = {core for core, item in structure.loadings if item in structure.owner} == {*structure.cores}
    many = cross >= max(LEAST_SHARED, SHARE_SHARED * len(structure.owner))
    if structure.links or structure.two_sided or structure.satellites or not measured or not many:
        return None
    return replace(structure, two_sided=(structure.cores, ()))


def find_variance_side(structure: Structure, measures: Measures) -> Side | None:
    """The side of the one column on which the variances of its indicators stand; None where they stand above these.

    Short arrows take no more of a side than a loading, so that both come in below each other, each with its number.
    """
    if structure.two_sided is None or structure.figure is not None or measures.variances == "clean":
        return None
    return "right" if measures.variances == "lisrel" or not structure.two_sided[1] else None


def place_two_sides(
    structure: Structure, measures: Measures, spacing: Spacing, limit: float | None
) -> tuple[dict[str, Rectangle], dict[str, Side]]:
    """Boxes of all variables, and the side on which each core has its indicators."""
    assert structure.two_sided is not None  # noqa: S101 - a defect of ours
    left, right = structure.two_sided
    primary = right if len(right) > len(left) else left
    order, group = _order_between(structure, primary)
    boxes = {name: _make_room(measures.nodes[name], name, structure, measures) for name in order}
    beside = find_variance_side(structure, measures) is not None
    above = measures.outer[1] if not beside else PAIRS_APART if structure.two_sided[1] else 0.0
    places = _stack_items(boxes, group, above, spacing)
    half = max(box.width for box in places.values()) / 2
    sides: dict[str, Side] = {}
    reach = _find_reach(structure, measures, spacing, len(order), 2 * half, limit)
    edges = {}
    for side, factors, away in ((-1, left, "left"), (1, right, "right")):
        edge = half + reach
        heights = {core: measures.nodes[core] for core in factors}
        spread = 0.0 if factors == primary and all(structure.two_sided) else 0.6
        for core, level in _level_cores(heights, structure, places, spacing, spread).items():
            places[core] = heights[core].moved(side * (edge + heights[core].width / 2), level)
        edges[away] = edge + max((box.width for box in heights.values()), default=0.0) + spacing.rank
        sides |= dict.fromkeys(factors, OPPOSITE[away])  # type: ignore[index]
    for core, away in _find_beyond(structure).items():
        sides[core] = away if structure.indicators.get(core) else OPPOSITE[away]
    for sign, at in ((-1, "left"), (1, "right")):
        names = [core for core, away in _find_beyond(structure).items() if away == at]
        blocks = {core: build_block(core, at, structure, measures, spacing) for core in names}  # type: ignore[arg-type]
        places |= _place_beyond(blocks, sign, edges[at], structure, places, spacing)
    return places, sides


def _make_room(box: Rectangle, item: str, structure: Structure, measures: Measures) -> Rectangle:
    """The shape of an indicator, as high as the loadings that meet one side of it."""
    assert structure.two_sided is not None  # noqa: S101 - a defect of ours
    counts = [sum(b == item and a in side for a, b in structure.loadings) for side in structure.two_sided]
    if find_variance_side(structure, measures) is not None:
        counts[1] += 1
    meeting = max(counts)
    numbered = any(" =~ " in key and width > 0 for key, width in measures.labels.items())
    return replace(box, height=max(box.height, 3 + ARRIVAL * (meeting - 1))) if meeting > 1 and numbered else box


def _stack_items(
    boxes: Mapping[str, Rectangle], group: Mapping[str, str], outer: float, spacing: Spacing
) -> dict[str, Rectangle]:
    """One column in the order of the boxes; where both sides are taken, variances (`outer` high) stand above."""
    places: dict[str, Rectangle] = {}
    y = 0.0
    before = None
    for name, box in boxes.items():
        if before is not None:
            y += box.height / 2 + (spacing.block * 0.6 if group[name] != before else 0.0)
        places[name] = box.moved(0, y)
        before = group[name]
        y += box.height / 2 + spacing.item + outer
    return places


def _find_beyond(structure: Structure) -> dict[str, Side]:
    """Cores that are on neither side: those of higher order at their factors' side, causes left, effects right."""
    assert structure.two_sided is not None  # noqa: S101 - a defect of ours
    left, right = structure.two_sided
    found: dict[str, Side] = {}
    for core in structure.cores:
        if core in (*left, *right):
            continue
        targets = {b for a, b in structure.loadings if a == core}
        if targets & {*left, *right}:
            found[core] = "left" if targets & {*left} else "right"
        else:
            found[core] = "right" if any(b == core for _, b in structure.links) else "left"
    return found


def _place_beyond(
    blocks: Mapping[str, Block],
    sign: int,
    edge: float,
    structure: Structure,
    places: Mapping[str, Rectangle],
    spacing: Spacing,
) -> dict[str, Rectangle]:
    levels = _level_cores({core: block.bounds for core, block in blocks.items()}, structure, places, spacing)
    found: dict[str, Rectangle] = {}
    for core, level in levels.items():
        x = sign * (edge + blocks[core].places[core].width / 2)
        if len(blocks) == 1:
            level = _find_free_level(core, x, level, structure, places)
        found |= {name: box.moved(x, level) for name, box in blocks[core].places.items()}
    return found


def _find_free_level(core: str, x: float, level: float, structure: Structure, places: Mapping[str, Rectangle]) -> float:
    """The height nearest to the wanted one at which straight paths to a core run through the fewest shapes."""
    ends = [a if b == core else b for a, b in structure.links if core in (a, b)]
    boxes = [places[name] for name in ends if name in places]
    if not boxes:
        return level
    low, high = min(box.top for box in places.values()), max(box.bottom for box in places.values())
    tried = np.concatenate([[level], np.linspace(low, high, LEVELS)])
    shapes = Shapes.of([box.grown(CLEAR) for name, box in places.items() if name not in ends])
    lines = np.array([[[box.x, box.y], [x, y]] for y in tried for box in boxes])
    hits = shapes.hit_by_many(lines).sum(axis=1).reshape(len(tried), len(boxes)).sum(axis=1)
    return float(tried[np.lexsort((np.abs(tried - level), hits))[0]])


def _find_reach(
    structure: Structure, measures: Measures, spacing: Spacing, items: int, width: float, limit: float | None
) -> float:
    """From the column of indicators to the factors: room for a number and for the lines to come apart."""
    assert structure.two_sided is not None  # noqa: S101 - a defect of ours
    number = max((size for key, size in measures.labels.items() if " =~ " in key), default=0.0)
    wanted = max(spacing.fan * (1.3 + 0.05 * max(0, items - 9)), number + 0.9 * spacing.fan)
    if limit is None:
        return wanted
    sides = [[measures.nodes[core].width for core in factors] for factors in structure.two_sided]
    spare = limit - ARC_ROOM - width - sum(max(side, default=0.0) for side in sides) - 2 * wanted
    return wanted if spare >= 0 else max(number + 36.0, wanted + spare / 2)


def _order_between(structure: Structure, primary: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """Indicators by their factors on the side with more of them, in the order of the model; and the factor of each."""
    assert structure.two_sided is not None  # noqa: S101 - a defect of ours
    inner = {factor for side in structure.two_sided for factor in side}
    order = list(
        dict.fromkeys(item for factor, item in structure.loadings if item in structure.owner and factor in inner)
    )
    if not all(structure.two_sided):
        return _merge_orders(order, structure), dict.fromkeys(order, "")
    group: dict[str, str] = {}
    for factor, item in structure.loadings:
        if factor in primary and item in structure.owner:
            group.setdefault(item, factor)
    first: dict[str, int] = {}
    for k, item in enumerate(order):
        first.setdefault(group.setdefault(item, ""), k)
    return sorted(order, key=lambda item: (first[group[item]], order.index(item))), group


def _merge_orders(order: list[str], structure: Structure) -> list[str]:
    """Indicators in an order that agrees with those of all factors; as they are where the factors do not agree."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(order)
    for core in structure.cores:
        graph.add_edges_from(pairwise(item for factor, item in structure.loadings if factor == core))
    if not nx.is_directed_acyclic_graph(graph):
        return order
    return list(nx.lexicographical_topological_sort(graph, key=order.index))


def _level_cores(
    boxes: Mapping[str, Rectangle],
    structure: Structure,
    places: Mapping[str, Rectangle],
    spacing: Spacing,
    spread: float = 0.0,
) -> dict[str, float]:
    """Heights of the cores of one column: beside the middle of what they are linked to, in the order that this gives.

    boxes   core → what it takes around its middle
    spread  how far they are drawn apart towards even distances over the whole height, from 0 to 1
    """
    if not boxes:
        return {}
    wanted = {}
    for core in boxes:
        pairs = [*structure.loadings, *structure.links, *((b, a) for a, b in structure.links)]
        own = [places[item].y for factor, item in pairs if factor == core and item in places]
        wanted[core] = sum(own) / max(1, len(own))
    ordered = sorted(boxes, key=lambda core: (round(wanted[core], 3), list(boxes).index(core)))
    heights = [places[item].y for item in structure.owner if item in places]
    low, high = min(heights), max(heights)
    for k, core in enumerate(ordered):
        even = low + (high - low) * (k + 0.5) / len(ordered)
        wanted[core] += spread * (even - wanted[core])
    distances = [boxes[above].bottom - boxes[below].top + spacing.block for above, below in pairwise(ordered)]
    levels = separate([wanted[core] for core in ordered], distances, [1.0] * len(ordered))
    return dict(zip(ordered, levels, strict=True))
