"""Places for all variables: columns by rank, one column between two sides, tiles, or bands of stages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle, compute_bounds
from sem_toolkit.diagram.places.bands import PADDING, build_grounds, find_stages, place_bands, ranks_from_stages
from sem_toolkit.diagram.places.blocks import Measures, Side, Spacing, build_block
from sem_toolkit.diagram.places.converging import find_outcome, place_converging
from sem_toolkit.diagram.places.folds import place_folded
from sem_toolkit.diagram.places.grids import ARC_ROOM, place_grid
from sem_toolkit.diagram.places.ranks import place_ranks, separate

MARGIN = 3.0
"""White around the whole picture, in points."""


FOLD_ROOM = 16.0
"""What arcs beyond the outermost shapes take of the width of folded ranks."""

Arrangement = Literal["across", "downward", "folded", "rows", "converging"]


@dataclass(frozen=True)
class Placement:
    """variable → box, the side on which each core has its indicators, and the grounds of stages.

    downward  whether ranks run from top to bottom
    right_titles  stages whose title stands in the upper right corner instead of the upper left one
    legs      indicator → where the upright piece of its loading runs, across the page
    outer     variable → the side to which its variance and its arcs go, where the arrangement says so
    """

    places: Mapping[str, Rectangle]
    sides: Mapping[str, Side]
    bands: Mapping[str, Rectangle] = field(default_factory=dict)
    downward: bool = False
    outer: Mapping[str, Side] = field(default_factory=dict)
    legs: Mapping[str, float] = field(default_factory=dict)
    right_titles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Frame:
    """What a placement has to keep to.

    width   at most so many points wide where that can be; None for as wide as it comes
    tiled   True where covariances are not drawn, so that the blocks of a measurement model can stand in a grid
    stages  title → variables, for bands whose titles are `title_height` points high; they stand side by side where
            paths lead from one to the next, unless the arrangement is "rows"
    title_widths  how wide each of these titles is
    arrangement  ranks "across" the page, "downward", or "folded" into rows where they are longer than the page
    """

    width: float | None
    tiled: bool = False
    stages: Mapping[str, Sequence[str]] = field(default_factory=dict)
    title_height: float = 0.0
    title_widths: Mapping[str, float] = field(default_factory=dict)
    arrangement: Arrangement = "across"


def place_variables(structure: Structure, measures: Measures, spacing: Spacing, frame: Frame) -> Placement:
    """The arrangement that fits the structure, in a frame."""
    width, title_height = frame.width, frame.title_height
    bands = find_stages(structure, frame.stages)
    outcome = find_outcome(structure, bands) if frame.arrangement == "converging" else None
    if outcome is not None:
        converging = place_converging(structure, measures, spacing, bands, outcome, title_height, frame.title_widths)
        return Placement(
            converging.places,
            converging.sides,
            converging.bands,
            legs=converging.legs,
            right_titles=frozenset({outcome}),
        )
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
        return _place_two_sides(structure, measures, spacing, width)
    if frame.tiled and not structure.links and len(structure.cores) > 4:
        return _place_tiles(structure, measures, spacing, width)
    if frame.arrangement == "folded" and width is not None:
        folded = place_folded(structure, measures, spacing, width - FOLD_ROOM)
        if folded is not None:
            return Placement(*folded)
    downward = frame.arrangement == "downward"
    limit = None if downward else width
    places, sides = place_ranks(structure, measures, spacing, limit, downward=downward, apart=False, page=width)
    return Placement(places, sides, downward=downward)


# --- one column of indicators between two sides ----------------------------------------------------------------------


def _place_two_sides(structure: Structure, measures: Measures, spacing: Spacing, limit: float | None) -> Placement:
    assert structure.two_sided is not None  # noqa: S101 - a defect of ours
    left, right = structure.two_sided
    primary = right if len(right) > len(left) else left
    order, group = _order_between(structure, primary)
    items = [measures.nodes[name] for name in order]
    # Both sides are taken, so variances stand above their indicators.
    height = max(item.height for item in items) + spacing.item + measures.outer[1]
    places: dict[str, Rectangle] = {}
    y = 0.0
    before = ""
    for name in order:
        y += spacing.block * 0.6 if before and group[name] != before else 0.0
        places[name] = measures.nodes[name].moved(0, y)
        before = group[name]
        y += height
    half = max(item.width for item in items) / 2
    sides: dict[str, Side] = {}
    reach = _find_reach(structure, measures, spacing, len(order), 2 * half, limit)
    for side, factors, facing in ((-1, left, "right"), (1, right, "left")):
        edge = half + reach
        spread = 0.0 if factors == primary else 0.6
        for core, level in _level_factors(factors, structure, places, measures, spacing, spread).items():
            places[core] = measures.nodes[core].moved(side * (edge + measures.nodes[core].width / 2), level)
        edge += max((measures.nodes[core].width for core in factors), default=0.0) + spacing.rank
        above = [core for core in structure.cores if any(a == core and b in factors for a, b in structure.loadings)]
        if side > 0:
            linked = {name for link in structure.links for name in link}
            above += [
                core for core in structure.cores if core in linked and core not in {*left, *right, *above, *places}
            ]
        for core, level in _level_factors(tuple(above), structure, places, measures, spacing).items():
            places[core] = measures.nodes[core].moved(side * (edge + measures.nodes[core].width / 2), level)
        sides |= dict.fromkeys((*factors, *above), facing)  # type: ignore[arg-type]
    return Placement(places, sides)


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
    order = list(dict.fromkeys(item for _, item in structure.loadings if item in structure.owner))
    group: dict[str, str] = {}
    for factor, item in structure.loadings:
        if factor in primary and item in structure.owner:
            group.setdefault(item, factor)
    first: dict[str, int] = {}
    for k, item in enumerate(order):
        first.setdefault(group.setdefault(item, ""), k)
    return sorted(order, key=lambda item: (first[group[item]], order.index(item))), group


def _level_factors(
    factors: tuple[str, ...],
    structure: Structure,
    places: Mapping[str, Rectangle],
    measures: Measures,
    spacing: Spacing,
    spread: float = 0.0,
) -> dict[str, float]:
    """Heights of the factors of one side: beside the middle of what they load on, in the order that this gives.

    spread  how far they are drawn apart towards even distances over the whole height, from 0 to 1
    """
    if not factors:
        return {}
    wanted = {}
    for core in factors:
        pairs = [*structure.loadings, *structure.links, *((b, a) for a, b in structure.links)]
        own = [places[item].y for factor, item in pairs if factor == core and item in places]
        wanted[core] = sum(own) / max(1, len(own))
    ordered = sorted(factors, key=lambda core: (round(wanted[core], 3), factors.index(core)))
    heights = [places[item].y for item in structure.owner if item in places]
    low, high = min(heights), max(heights)
    for k, core in enumerate(ordered):
        even = low + (high - low) * (k + 0.5) / len(ordered)
        wanted[core] += spread * (even - wanted[core])
    distances = [measures.nodes[core].height + spacing.block for core in ordered][1:]
    return dict(
        zip(ordered, separate([wanted[core] for core in ordered], distances, [1.0] * len(ordered)), strict=True)
    )


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
