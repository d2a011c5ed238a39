"""Places for all variables: columns by rank, one column between two sides, tiles, or bands of stages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle, compute_bounds
from sem_toolkit.diagram.places.bands import PADDING, build_grounds, find_stages, place_bands, ranks_from_stages
from sem_toolkit.diagram.places.blocks import build_block
from sem_toolkit.diagram.places.converging import find_outcome, place_converging
from sem_toolkit.diagram.places.folds import place_folded
from sem_toolkit.diagram.places.grids import place_grid
from sem_toolkit.diagram.places.measures import Measures, Side, Spacing
from sem_toolkit.diagram.places.ranks import place_ranks
from sem_toolkit.diagram.places.shared_columns import share_columns
from sem_toolkit.diagram.places.stacking import ALONG_DOWNWARD
from sem_toolkit.diagram.places.two_sides import place_two_sides

MARGIN = 3.0
"""White around the whole picture, in points."""

LINE_ROOM = 2.0
"""What the page holds for the width of lines at its left and right edges, in points."""

FOLD_ROOM = 16.0
"""What arcs beyond the outermost shapes take of the width of folded ranks."""

Arrangement = Literal["across", "shared", "downward", "folded", "rows", "converging"]


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
    hidden  pairs of cores whose covariance is not drawn
    title_widths  how wide each of these titles is
    arrangement  ranks "across" the page, of a long chain two in a column ("shared"), "downward", or "folded" into rows
                 where they are longer than the page
    """

    width: float | None
    tiled: bool = False
    stages: Mapping[str, Sequence[str]] = field(default_factory=dict)
    title_height: float = 0.0
    title_widths: Mapping[str, float] = field(default_factory=dict)
    arrangement: Arrangement = "across"
    hidden: frozenset[frozenset[str]] = frozenset()


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
        if in_line is not None and frame.arrangement == "downward":
            # The title of a band stands between its variables and those of the band before.
            roomy = replace(spacing, rank=spacing.rank + (title_height + 4 * PADDING) / ALONG_DOWNWARD)
            page = width and width - 2 * PADDING
            places, sides = place_ranks(in_line, measures, roomy, None, downward=True, apart=True, page=page)
            return Placement(places, sides, build_grounds(bands, structure, places, title_height, True), downward=True)
        if in_line is not None:
            limit = width and width - 2 * len(bands) * PADDING
            places, sides = place_ranks(in_line, measures, spacing, limit, downward=False, apart=True)
            return Placement(places, sides, build_grounds(bands, structure, places, title_height))
        page = (width or 900.0) - 2 * MARGIN - LINE_ROOM
        found = place_bands(structure, measures, spacing, bands, page, title_height)
        return Placement(found.places, found.sides, found.bands)
    if structure.figure is not None:
        places, sides = place_grid(structure.figure, structure, measures, spacing, width)
        return Placement(places, sides, outer=structure.figure.outer)
    if structure.two_sided:
        return Placement(*place_two_sides(structure, measures, spacing, width))
    if frame.tiled and not structure.links and len(structure.cores) > 4:
        return _place_tiles(structure, measures, spacing, width)
    if frame.arrangement == "folded" and width is not None:
        folded = place_folded(structure, measures, spacing, width - FOLD_ROOM)
        if folded is not None:
            return Placement(*folded)
    if frame.arrangement == "shared":
        structure = share_columns(structure) or structure
    downward = frame.arrangement == "downward"
    limit = None if downward else width
    places, sides = place_ranks(
        structure, measures, spacing, limit, downward=downward, apart=False, page=width, hidden=frame.hidden
    )
    return Placement(places, sides, downward=downward)


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
