"""Places for all variables: columns by rank, one column between two sides, tiles, or bands of stages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle, compute_bounds
from sem_toolkit.diagram.places.bands import PADDING, build_grounds, find_stages, place_bands, ranks_from_stages
from sem_toolkit.diagram.places.blocks import Measures, Side, Spacing, build_block
from sem_toolkit.diagram.places.grids import place_grid
from sem_toolkit.diagram.places.ranks import place_ranks, separate

MARGIN = 3.0
"""White around the whole picture, in points."""


Arrangement = Literal["across", "downward", "rows"]


@dataclass(frozen=True)
class Placement:
    """variable → box, the side on which each core has its indicators, and the grounds of stages.

    downward  whether ranks run from top to bottom
    outer     variable → the side to which its variance and its arcs go, where the arrangement says so
    """

    places: Mapping[str, Rectangle]
    sides: Mapping[str, Side]
    bands: Mapping[str, Rectangle] = field(default_factory=dict)
    downward: bool = False
    outer: Mapping[str, Side] = field(default_factory=dict)


@dataclass(frozen=True)
class Frame:
    """What a placement has to keep to.

    width   at most so many points wide where that can be; None for as wide as it comes
    tiled   True where covariances are not drawn, so that the blocks of a measurement model can stand in a grid
    stages  title → variables, for bands whose titles are `title_height` points high; they stand side by side where
            paths lead from one to the next, unless the arrangement is "rows"
    arrangement  ranks "across" the page, or "downward"
    """

    width: float | None
    tiled: bool = False
    stages: Mapping[str, Sequence[str]] = field(default_factory=dict)
    title_height: float = 0.0
    arrangement: Arrangement = "across"


def place_variables(structure: Structure, measures: Measures, spacing: Spacing, frame: Frame) -> Placement:
    """The arrangement that fits the structure, in a frame."""
    width, title_height = frame.width, frame.title_height
    bands = find_stages(structure, frame.stages)
    if bands:
        in_line = None if frame.arrangement == "rows" else ranks_from_stages(structure, bands)
        if in_line is not None:
            limit = width and width - 2 * len(bands) * PADDING
            places, sides = place_ranks(in_line, measures, spacing, limit, downward=False, apart=True)
            return Placement(places, sides, build_grounds(bands, structure, places, title_height))
        found = place_bands(structure, measures, spacing, bands, (width or 900.0) - 2 * MARGIN, title_height)
        return Placement(found.places, found.sides, found.bands)
    if structure.figure is not None:
        places, sides = place_grid(structure.figure, structure, measures, spacing, width)
        return Placement(places, sides, outer=structure.figure.outer)
    if structure.two_sided:
        return _place_two_sides(structure, measures, spacing)
    if frame.tiled and not structure.links and len(structure.cores) > 4:
        return _place_tiles(structure, measures, spacing, width)
    downward = frame.arrangement == "downward"
    limit = None if downward else width
    places, sides = place_ranks(structure, measures, spacing, limit, downward=downward, apart=False)
    return Placement(places, sides, downward=downward)


# --- one column of indicators between two sides ----------------------------------------------------------------------


def _place_two_sides(structure: Structure, measures: Measures, spacing: Spacing) -> Placement:
    assert structure.two_sided is not None  # noqa: S101 - a defect of ours
    left, right = structure.two_sided
    order = _order_between(structure, right if len(right) >= len(left) else left)
    items = [measures.nodes[name] for name in order]
    # Both sides are taken, so variances stand above their indicators.
    height = max(item.height for item in items) + spacing.item + measures.outer[1]
    places: dict[str, Rectangle] = {}
    y = 0.0
    before = ""
    for name in order:
        y += spacing.block * 0.6 if before and structure.owner[name] != before else 0.0
        places[name] = measures.nodes[name].moved(0, y)
        before = structure.owner[name]
        y += height
    half = max(item.width for item in items) / 2
    for side, factors in ((-1, left), (1, right)):
        for core, level in _level_factors(factors, structure, places, measures, spacing).items():
            reach = spacing.fan * (1.3 + 0.05 * max(0, len(order) - 9))
            places[core] = measures.nodes[core].moved(side * (half + reach + measures.nodes[core].width / 2), level)
    sides: dict[str, Side] = {}
    sides.update(dict.fromkeys(left, "right"))
    sides.update(dict.fromkeys(right, "left"))
    return Placement(places, sides)


def _order_between(structure: Structure, primary: tuple[str, ...]) -> list[str]:
    found = [name for core in primary for name in structure.indicators[core]]
    rest = [name for core in structure.cores for name in structure.indicators[core] if name not in found]
    return found + rest


def _level_factors(
    factors: tuple[str, ...],
    structure: Structure,
    places: Mapping[str, Rectangle],
    measures: Measures,
    spacing: Spacing,
) -> dict[str, float]:
    """Heights of the factors of one side: beside the middle of their own indicators."""
    if not factors:
        return {}
    low, high = min(box.y for box in places.values()), max(box.y for box in places.values())
    wanted = []
    for k, core in enumerate(factors):
        own = [places[name].y for name in structure.indicators[core]]
        spread = low + (high - low) * (k + 0.5) / len(factors)
        wanted.append(sum(own) / len(own) if own else spread)
    distances = [measures.nodes[core].height + spacing.block for core in factors][1:]
    return dict(zip(factors, separate(wanted, distances, [1.0] * len(factors)), strict=True))


# --- tiles -----------------------------------------------------------------------------------------------------------


def _place_tiles(structure: Structure, measures: Measures, spacing: Spacing, width: float | None) -> Placement:
    """Blocks of a measurement model in columns of about equal height, as many columns as the page holds."""
    blocks = [build_block(core, "right", structure, measures, spacing) for core in structure.cores]
    across = max(block.bounds.width for block in blocks) + 1.5 * spacing.block
    most = max(1, int(((width or 900.0) + 1.5 * spacing.block - 8) / across))
    heights = [block.bounds.height + spacing.block for block in blocks]
    columns = min(most, len(blocks), max(1, round((sum(heights) * 1.1 / across) ** 0.5)))
    target = sum(heights) / columns
    places: dict[str, Rectangle] = {}
    y, column, filled = 0.0, 0, 0.0
    for block, height in zip(blocks, heights, strict=True):
        if filled + height / 2 > target * (column + 1) and column < columns - 1:
            column, y = column + 1, 0.0
        for name, box in block.places.items():
            places[name] = box.moved(column * across - block.bounds.left, y - block.bounds.top)
        y += height
        filled += height
    return Placement(places, dict.fromkeys(structure.cores, "right"))


def find_extent(boxes: Iterable[Rectangle]) -> Rectangle:
    """The smallest rectangle around boxes."""
    return compute_bounds(list(boxes))
