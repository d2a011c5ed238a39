"""A core and its indicators as one block: the fan of indicators on one side of the core."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle, compute_bounds
from sem_toolkit.diagram.places.measures import OPPOSITE, Measures, Side, Spacing
from sem_toolkit.diagram.places.track_ends import widen_for_tracks

LONGEST_COLUMN = 14
"""A single factor with more indicators than this has them on both sides."""

BEHIND_NUMBERS = 30.0
"""Longer by this is a fan to one of whose indicators a path leads from elsewhere: it crosses loadings behind their
numbers.
"""


MORE_HEIGHTS = 3.5
"""How much longer a fan is for each line more of numbers that stand at several heights, in such lines."""


@dataclass(frozen=True)
class Block:
    """A core at (0, 0) with its indicators around it.

    extents  the places with the outer room that variances need; bounds holds them all
    """

    core: str
    side: Side
    places: Mapping[str, Rectangle]
    extents: Mapping[str, Rectangle]
    bounds: Rectangle


def build_block(core: str, side: Side, structure: Structure, measures: Measures, spacing: Spacing) -> Block:
    """Place the indicators of a core in a column or a row on one side of it, in the order of the spec."""
    names = structure.indicators.get(core, ())
    box = measures.nodes[core]
    places: dict[str, Rectangle] = {core: box}
    if names:
        if side in ("top", "bottom"):
            measures = widen_for_tracks(names, structure, measures, spacing)
        items = [measures.nodes[name] for name in names]
        label = max((measures.labels.get(key, 0.0) for key in _find_keys(core, names)), default=0.0)
        divided = _divide(core, names, side, structure)
        if divided is not None:
            placed = [
                place
                for part, at in divided
                for place in _place_items(box, [measures.nodes[name] for name in part], at, spacing, label, measures)
            ]
            names = tuple(name for part, _ in divided for name in part)
        else:
            placed = _place_items(box, items, side, spacing, label, measures)
            if side in ("left", "right"):
                reach = _find_reach(core, structure, measures, spacing)
                placed = [
                    replace(place, x=(reach + place.width / 2) * (-1 if side == "left" else 1)) for place in placed
                ]
        placed_names = dict(zip(names, placed, strict=True))
        places.update((name, placed_names[name]) for name in structure.indicators[core])
        places.update(_place_satellites(structure, measures, places, side, spacing))
    extents = {
        name: _extend(place, find_actual_side(side, place, box), measures.outer) if name != core else place
        for name, place in places.items()
    }
    return Block(core, side, places, extents, compute_bounds(list(extents.values())))


def _find_reach(core: str, structure: Structure, measures: Measures, spacing: Spacing) -> float:
    """From the middle of a core to the near edge of its indicators: the same for all cores of its rank."""
    peers = [name for name in structure.cores if structure.ranks[name] == structure.ranks[core]]
    return max(_reach_column(name, structure, measures, spacing) for name in peers if structure.indicators.get(name))


def _reach_column(core: str, structure: Structure, measures: Measures, spacing: Spacing) -> float:
    """Half the core and the room of its fan; long columns need a longer one, or the outer loadings run along them."""
    names = structure.indicators[core]
    label = max((measures.labels.get(key, 0.0) for key in _find_keys(core, names)), default=0.0)
    wide = max(spacing.fan, label + 7 + 0.6 * max(0.0, label - 35))
    if any(key.split(" ~ ")[0] in names for key in measures.labels if " ~ " in key):
        wide += BEHIND_NUMBERS
    return measures.nodes[core].width / 2 + wide + spacing.fan / 9 * max(0, len(names) - 4)


def _divide(
    core: str, names: tuple[str, ...], side: Side, structure: Structure
) -> tuple[tuple[tuple[str, ...], Side], ...] | None:
    """The indicators of both sides of a core, where it has them on two; otherwise None.

    What forms a core stands opposite what it shows itself in; many indicators of a single factor are halved.
    """
    effects = tuple(name for name in names if (core, name) in structure.loadings)
    if 0 < len(effects) < len(names):
        return (tuple(name for name in names if name not in effects), OPPOSITE[side]), (effects, side)
    if len(names) > LONGEST_COLUMN and len(structure.cores) == 1:
        half = (len(names) + 1) // 2
        return (names[:half], "left"), (names[half:], "right")
    return None


def find_actual_side(side: Side, item: Rectangle, core: Rectangle) -> Side:
    """The side of a core on which an indicator is: that of its block, or for a divided column the other one."""
    if side in ("left", "right"):
        return "left" if item.x < core.x else "right"
    return "top" if item.y < core.y else "bottom"


def _find_keys(core: str, names: tuple[str, ...]) -> list[str]:
    return [f"{core} =~ {name}" for name in names] + [f"{core} <~ {name}" for name in names]


def _place_items(
    box: Rectangle, items: list[Rectangle], side: Side, spacing: Spacing, label: float, measures: Measures
) -> list[Rectangle]:
    if side in ("left", "right"):
        return _place_column(box, items, side, spacing, label, measures)
    return _place_row(box, items, side, spacing, label, measures)


def _place_column(
    box: Rectangle, items: list[Rectangle], side: Side, spacing: Spacing, label: float, measures: Measures
) -> list[Rectangle]:
    # Numbers in two lines are higher than the items that they stand beside.
    apart = max(spacing.item, 0.75 * measures.more_lines)
    width = max(item.width for item in items)
    # Long columns need a longer fan, or the outer loadings run along the column.
    gap = max(spacing.fan, label + 7 + 0.6 * max(0.0, label - 35)) + spacing.fan / 9 * max(0, len(items) - 4)
    x = (box.width / 2 + gap + width / 2) * (-1 if side == "left" else 1)
    steps = [(above.height + below.height) / 2 + apart for above, below in pairwise(items)]
    middles = list(accumulate(steps, initial=-sum(steps) / 2))
    return [item.moved(x, y) for item, y in zip(items, middles, strict=True)]


def _place_row(
    box: Rectangle, items: list[Rectangle], side: Side, spacing: Spacing, label: float, measures: Measures
) -> list[Rectangle]:
    width, height = max(item.width for item in items), max(item.height for item in items)
    pitch = max(
        width + 0.7 * spacing.item, spacing.number_share * min(label, 40.0) + 2, measures.number + 0.8 * spacing.item
    )
    # Numbers wider than the pitch stand at several heights.
    gap = spacing.fan * 0.92 + max(0.0, label - 30) * 0.4 + spacing.fan / 8 * max(0, len(items) - 3)
    if pitch < label:
        gap += MORE_HEIGHTS * measures.more_lines
    y = (box.height / 2 + gap + height / 2) * (-1 if side == "top" else 1)
    first = -pitch * (len(items) - 1) / 2
    return [item.moved(first + pitch * k, y) for k, item in enumerate(items)]


def _place_satellites(
    structure: Structure, measures: Measures, places: Mapping[str, Rectangle], side: Side, spacing: Spacing
) -> dict[str, Rectangle]:
    """Covariates of single indicators stand beyond them, on the outer side."""
    found: dict[str, Rectangle] = {}
    for at, names in structure.satellites.items():
        if at not in places:
            continue
        for k, name in enumerate(names):
            box, anchor = measures.nodes[name], places[at]
            step = k - (len(names) - 1) / 2
            if side in ("left", "right"):
                away = (anchor.width / 2 + spacing.satellite + box.width / 2) * (-1 if side == "left" else 1)
                found[name] = box.moved(anchor.x + away, anchor.y + step * (box.height + 2))
            else:
                away = (anchor.height / 2 + spacing.satellite + box.height / 2) * (-1 if side == "top" else 1)
                found[name] = box.moved(anchor.x + step * (box.width + 2), anchor.y + away)
    return found


def _extend(box: Rectangle, side: Side, outer: tuple[float, float]) -> Rectangle:
    across, down = outer
    moves = {"left": (-across, 0.0), "right": (across, 0.0), "top": (0.0, -down), "bottom": (0.0, down)}
    return compute_bounds([box, box.moved(*moves[side])])
