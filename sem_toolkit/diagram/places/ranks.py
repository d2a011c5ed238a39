"""Columns by rank: causes left, outcomes right, each column in an order that crosses little, as close as shapes allow.

Turned, the same arrangement runs downwards: causes at the top, outcomes at the bottom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle, compute_bounds
from sem_toolkit.diagram.places.blocks import Block, build_block
from sem_toolkit.diagram.places.columns import FILLED, STRETCH, WIDEST_GAP, ColumnShape, fit_columns, measure_columns
from sem_toolkit.diagram.places.height_costs import Aims
from sem_toolkit.diagram.places.measures import OPPOSITE, Measures, Side, Spacing
from sem_toolkit.diagram.places.ordering import build_columns
from sem_toolkit.diagram.places.stacking import (
    Room,
    build_slot,
    collect_linked,
    find_distance,
    find_room,
    stack_columns,
)
from sem_toolkit.diagram.places.straightening import count_faults, straighten

STEEPEST = 0.36
"""Columns are apart by this share of the height that a path between cores climbs, where the page has room."""

LEAST_STRETCHED = 4
"""Ranks that so many paths connect are drawn apart."""

FLATTEST = 0.3
"""What they fill then across ranks, as a share of their length."""

NEARLY = 1.15
"""Ranks that are longer than they may be by no more than this factor may be shorter once they are straightened."""

CLEAR = 7.0
"""Distance of a row of indicators from a path that leads past it, in points."""

WIDER = (1.0, 1.1, 1.2, 1.35, 1.5)
"""By how much columns are wider apart where that clears the ways of straight paths."""

NUMBER_SHARE = 0.58
"""Where the first numbers of such a row stand on the way from their core."""

TURNED: Mapping[Side, Side] = {"left": "top", "top": "left", "right": "bottom", "bottom": "right"}


def place_ranks(
    structure: Structure,
    measures: Measures,
    spacing: Spacing,
    limit: float | None,
    downward: bool,
    apart: bool,
    inner: Side | None = None,
    page: float | None = None,
    hidden: frozenset[frozenset[str]] = frozenset(),
) -> tuple[dict[str, Rectangle], dict[str, Side]]:
    """Boxes of all variables, and the side on which each core has its indicators.

    limit     the extent along the ranks that is not to be exceeded if it can be
    page      the width across ranks that run downwards, up to which they may be drawn out
    downward  ranks run from top to bottom instead of from left to right
    apart     True where columns may not reach into each other (stages with a ground of their own)
    hidden    pairs of cores whose covariance is not drawn
    inner     side of the indicators of single cores between the first and the last rank; None for both in turn
    """
    columns, neighbours = build_columns(structure)
    sides = choose_sides(structure, columns, apart, inner)
    actual = {core: TURNED[side] for core, side in sides.items()} if downward else sides
    blocks = {core: build_block(core, side, structure, measures, spacing) for core, side in actual.items()}
    if downward:
        blocks = {core: _turn_block(block) for core, block in blocks.items()}
    covarying = frozenset(frozenset(pair) for pair in structure.covariances)
    room = replace(find_room(measures, spacing, downward), covarying=covarying)
    slots = [[build_slot(name, blocks) for name in column] for column in columns]
    heights = stack_columns(slots, neighbours, spacing, room, collect_linked(structure))
    if not downward:
        # Steep paths need longer columns' distance, so that they come apart and miss what stands above their ends.
        steepest = max((abs(heights[a] - heights[b]) for a, b in structure.links), default=0.0)
        room = replace(room, along=max(room.along, min(STEEPEST * steepest, WIDEST_GAP)))
    stretch = len(structure.links) >= LEAST_STRETCHED
    found = [[(blocks[name], heights[name]) for name in column if name in blocks] for column in columns]
    offsets = fit_columns([ColumnShape(column) for column in found], room, limit, apart, stretch)
    length = measure_columns([ColumnShape(column) for column in found], offsets)
    factor = _find_stretch(found, structure, FILLED * page if downward and page else FLATTEST * length)
    found = [[(block, factor * y) for block, y in column] for column in found]
    if limit is None or length <= (limit if inner else NEARLY * limit):
        # What is far too long will be set in another way, as are rows of folded ranks with another cut.
        shown = replace(structure, covariances=tuple(p for p in structure.covariances if frozenset(p) not in hidden))
        aims = _build_aims(shown, actual, blocks, measures, spacing, room, downward, apart or inner)
        if not downward:
            found, room = _clear_ways(found, offsets, structure, measures, aims, room, limit, apart, stretch)
            offsets = fit_columns([ColumnShape(column) for column in found], room, limit, apart, stretch)
        found = straighten(found, offsets, aims)
        actual |= {block.core: block.side for column in found for block, _ in column}
        offsets = fit_columns([ColumnShape(column) for column in found], room, limit, apart, stretch)
    if not downward:
        found = _lean_rows(found, offsets, structure, measures)
        offsets = fit_columns([ColumnShape(column) for column in found], room, limit, apart, stretch)
    places = {
        name: box.moved(offset, height)
        for column, offset in zip(found, offsets.tolist(), strict=True)
        for block, height in column
        for name, box in block.places.items()
    }
    return {name: _turn(box) for name, box in places.items()} if downward else places, actual


def _clear_ways(
    columns: list[list[tuple[Block, float]]],
    offsets: FloatArray,
    structure: Structure,
    measures: Measures,
    aims: Aims,
    room: Room,
    limit: float | None,
    apart: bool,
    stretch: bool,
) -> tuple[list[list[tuple[Block, float]]], Room]:
    """The columns with rows of indicators aside, or further apart, where that mends faults at these heights.

    So the cores keep their order and their distances.
    """
    best, fewest = (columns, room), count_faults(columns, offsets, aims)
    for wider in WIDER if limit is not None else WIDER[:1]:
        if fewest == 0:
            break
        roomier = replace(room, along=wider * room.along)
        trial = fit_columns([ColumnShape(column) for column in columns], roomier, limit, apart, stretch)
        leaning = _lean_rows(columns, trial, structure, measures)
        trial = fit_columns([ColumnShape(column) for column in leaning], roomier, limit, apart, stretch)
        count = count_faults(leaning, trial, aims)
        if count < fewest:
            best, fewest = (leaning, roomier), count
    return best


def _build_aims(
    structure: Structure,
    sides: Mapping[str, Side],
    blocks: Mapping[str, Block],
    measures: Measures,
    spacing: Spacing,
    room: Room,
    downward: bool,
    fixed: object,
) -> Aims:
    """What the search for better heights keeps to; fixed: true where indicators keep their sides."""
    linked = collect_linked(structure)
    joined = {structure.owner[name] for pair in structure.covariances for name in pair if name in structure.owner}
    upright = ("left", "right") if downward else ("top", "bottom")
    last = max(structure.ranks.values(), default=0)
    turned = {}
    for core, side in sides.items():
        inside = 0 < structure.ranks[core] < last
        free = core not in structure.pinned and core not in joined and not fixed
        if free and inside and side in upright and structure.indicators.get(core):
            block = build_block(core, OPPOSITE[side], structure, measures, spacing)
            turned[core] = _turn_block(block) if downward else block

    def gap(above: Block, below: Block) -> float:
        one, other = (build_slot(block.core, {block.core: block}) for block in (above, below))
        return one.below + other.above + find_distance(one, other, spacing, room, linked)

    order = {name: k for k, name in enumerate(structure.cores)}
    covarying = [pair for pair in structure.covariances if {*pair} <= {*structure.cores}]
    return Aims(structure.links, covarying, order, frozenset(structure.order), turned, gap)


def _find_stretch(columns: Sequence[Sequence[tuple[Block, float]]], structure: Structure, wanted: float) -> float:
    """By how much cores of a rank are drawn apart so that a picture with paths between many is not flat or narrow."""
    ends = [(y + block.bounds.top, y + block.bounds.bottom) for column in columns for block, y in column]
    extent = max(high for _, high in ends) - min(low for low, _ in ends)
    centres = [y for column in columns for _, y in column]
    span = max(centres) - min(centres)
    if span < 1.0 or len(structure.links) < LEAST_STRETCHED:
        return 1.0
    return float(np.clip(1 + (wanted - extent) / span, 1.0, STRETCH))


def _lean_rows(
    columns: Sequence[Sequence[tuple[Block, float]]], offsets: FloatArray, structure: Structure, measures: Measures
) -> list[list[tuple[Block, float]]]:
    """Rows of indicators above or below their core, moved to the side where a steep path would run through them."""
    centres = {block.core: (x, y) for column, x in zip(columns, offsets.tolist(), strict=True) for block, y in column}
    return [[(_lean_row(block, centres, structure, measures), y) for block, y in column] for column in columns]


def _lean_row(
    block: Block, centres: Mapping[str, tuple[float, float]], structure: Structure, measures: Measures
) -> Block:
    if block.side not in ("top", "bottom") or len(block.places) < 2:
        return block
    up = -1.0 if block.side == "top" else 1.0
    rows = {name: box for name, box in block.extents.items() if name != block.core}
    left, right = min(box.left for box in rows.values()), max(box.right for box in rows.values())
    reach = max(abs(box.y) + box.height / 2 for box in rows.values())
    x, y = centres[block.core]
    # The numbers of the row stand nearer to the core, where the outermost loading is nearer to the path as well.
    number = max((measures.labels.get(f"{block.core} =~ {name}", 0.0) for name in rows), default=0.0)
    item = min(box.width for box in rows.values())
    clear = max(CLEAR, (number / 2 + 3) / NUMBER_SHARE - item / 2)
    low, high = 0.0, 0.0
    for pair in structure.links:
        if block.core not in pair:
            continue
        dx, dy = (a - b for a, b in zip(centres[pair[pair[0] == block.core]], (x, y), strict=True))
        if dy * up > reach:
            passes = dx / (dy * up) * reach
            if dx < 0:
                low = max(low, passes + clear - left)
            else:
                high = max(high, right + clear - passes)
    shift = low if high == 0 else -high if low == 0 else 0.0
    shift = float(np.clip(shift, -(right - left) / 2, (right - left) / 2))
    if shift == 0:
        return block
    moved = {name: box if name == block.core else box.moved(shift, 0) for name, box in block.places.items()}
    extents = {name: box if name == block.core else box.moved(shift, 0) for name, box in block.extents.items()}
    return replace(block, places=moved, extents=extents, bounds=compute_bounds(list(extents.values())))


def _turn(box: Rectangle) -> Rectangle:
    return Rectangle(box.y, box.x, box.height, box.width)


def _turn_block(block: Block) -> Block:
    """The block with across and down exchanged."""
    return replace(
        block,
        places={name: _turn(box) for name, box in block.places.items()},
        extents={name: _turn(box) for name, box in block.extents.items()},
        bounds=_turn(block.bounds),
    )


def choose_sides(
    structure: Structure, columns: Sequence[Sequence[str]], apart: bool = False, inner: Side | None = None
) -> dict[str, Side]:
    """Indicators of causes to the left, of outcomes to the right, between them above or below.

    In stages (`apart`) a single factor has them below, as titles are above.

    Where columns hold one factor each, they have them above and below in turn, so that they can stand closer.
    """
    sides: dict[str, Side] = {}
    last = len(columns) - 1
    alone = 0
    for rank, column in enumerate(columns):
        cores = [name for name in column if name in structure.ranks]
        alone += len(cores) == 1 and bool(structure.indicators.get(cores[0])) and 0 < rank < last
        for k, core in enumerate(cores):
            if last == 0:
                sides[core] = "right"
            elif rank == 0:
                sides[core] = "left"
            elif rank == last:
                sides[core] = "right"
            elif len(cores) == 1:
                sides[core] = inner or ("top" if alone % 2 and not apart else "bottom")
            else:
                sides[core] = "top" if k < len(cores) / 2 else "bottom"
    return _join_related(structure, sides) | {core: side for core, side in structure.pinned.items() if core in sides}


def _join_related(structure: Structure, sides: dict[str, Side]) -> dict[str, Side]:
    """Factors whose indicators covary across factors carry them on the same side, so that the arcs stay outside."""
    for a, b in structure.covariances:
        one, other = structure.owner.get(a), structure.owner.get(b)
        if one is None or other is None or one == other or structure.ranks[one] == structure.ranks[other]:
            continue
        if len(structure.links) == 0:
            continue
        inner: Side = next((sides[core] for core in (one, other) if sides[core] in ("top", "bottom")), "top")
        sides[one] = sides[other] = inner
    return sides
