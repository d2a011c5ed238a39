"""Columns by rank: causes left, outcomes right, each column in an order that crosses little, as close as shapes allow.

Turned, the same arrangement runs downwards: causes at the top, outcomes at the bottom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, product

import numpy as np

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle, compute_bounds
from sem_toolkit.diagram.places.blocks import OPPOSITE, Block, Measures, Side, Spacing, build_block
from sem_toolkit.diagram.places.spreading import separate
from sem_toolkit.diagram.places.straightening import Aims, straighten

CHANNEL_WEIGHT = 0.1
"""How strongly a path that passes a column pulls, against 1 for a path between neighbouring columns."""

NEARLY_LEVEL = 16.0
"""Neighbouring cores that differ by less than this in height are set level, in points."""

STEEPEST, WIDEST_GAP = 0.36, 130.0
"""Columns are apart by this share of the height that a path between cores climbs, where the page has room; at most so
many points.
"""

MOST_MOVES, MOST_PASSED = 120, 1
"""How many moves of single cores are tried for fewer crossings, at most; how many others one passes for each."""

STRETCH, LEAST_STRETCHED = 1.5, 4
"""Ranks are drawn apart by this factor at most, where so many paths connect them."""

FLATTEST, FILLED = 0.3, 0.7
"""What they fill then: across ranks this share of their length, along them this share of the column."""

ARC_GAP = 24.0
"""Between cores of a column that an arc with its number connects, in points."""

CLEAR = 7.0
"""Distance of a row of indicators from a path that leads past it, in points."""

NUMBER_SHARE = 0.58
"""Where the first numbers of such a row stand on the way from their core."""

TURNED: Mapping[Side, Side] = {"left": "top", "top": "left", "right": "bottom", "bottom": "right"}


@dataclass(frozen=True)
class _Slot:
    """A place in a column: a block, or (block None) a channel for a path that passes through."""

    name: str
    above: float
    below: float
    block: Block | None = None


@dataclass(frozen=True)
class _Room:
    """Least distances in points.

    along   wanted between columns; tight: the least that holds an arrow and its number
    across  between cores of one column that a path with its number connects
    beside  between indicators of neighbouring columns
    covarying  pairs of cores between which an arc has its number
    """

    along: float
    tight: float
    across: float
    beside: float
    covarying: frozenset[frozenset[str]] = frozenset()


def place_ranks(
    structure: Structure,
    measures: Measures,
    spacing: Spacing,
    limit: float | None,
    downward: bool,
    apart: bool,
    inner: Side | None = None,
    page: float | None = None,
) -> tuple[dict[str, Rectangle], dict[str, Side]]:
    """Boxes of all variables, and the side on which each core has its indicators.

    limit     the extent along the ranks that is not to be exceeded if it can be
    page      the width across ranks that run downwards, up to which they may be drawn out
    downward  ranks run from top to bottom instead of from left to right
    apart     True where columns may not reach into each other (stages with a ground of their own)
    inner     side of the indicators of single cores between the first and the last rank; None for both in turn
    """
    columns, neighbours = _build_columns(structure)
    sides = choose_sides(structure, columns, apart, inner)
    actual = {core: TURNED[side] for core, side in sides.items()} if downward else sides
    blocks = {core: build_block(core, side, structure, measures, spacing) for core, side in actual.items()}
    if downward:
        blocks = {core: _turn_block(block) for core, block in blocks.items()}
    covarying = frozenset(frozenset(pair) for pair in structure.covariances)
    room = replace(_find_room(measures, spacing, downward), covarying=covarying)
    slots = [[_build_slot(name, blocks) for name in column] for column in columns]
    heights = _stack_columns(slots, neighbours, spacing, room, _collect_linked(structure))
    if not downward:
        # Steep paths need longer columns' distance, so that they come apart and miss what stands above their ends.
        steepest = max((abs(heights[a] - heights[b]) for a, b in structure.links), default=0.0)
        room = replace(room, along=max(room.along, min(STEEPEST * steepest, WIDEST_GAP)))
    stretch = len(structure.links) >= LEAST_STRETCHED
    found = [[(blocks[name], heights[name]) for name in column if name in blocks] for column in columns]
    offsets = _fit_columns([_ColumnShape(column) for column in found], room, limit, apart, stretch)
    length = _measure_columns([_ColumnShape(column) for column in found], offsets)
    factor = _find_stretch(found, structure, FILLED * page if downward and page else FLATTEST * length)
    found = [[(block, factor * y) for block, y in column] for column in found]
    if limit is None or length <= limit:
        # What does not fit will be set in another way.
        aims = _build_aims(structure, actual, blocks, measures, spacing, room, downward, apart or inner)
        found = straighten(found, offsets, aims)
        actual |= {block.core: block.side for column in found for block, _ in column}
        offsets = _fit_columns([_ColumnShape(column) for column in found], room, limit, apart, stretch)
    if not downward:
        found = _lean_rows(found, offsets, structure, measures)
        offsets = _fit_columns([_ColumnShape(column) for column in found], room, limit, apart, stretch)
    places = {
        name: box.moved(offset, height)
        for column, offset in zip(found, offsets.tolist(), strict=True)
        for block, height in column
        for name, box in block.places.items()
    }
    return {name: _turn(box) for name, box in places.items()} if downward else places, actual


def _build_aims(
    structure: Structure,
    sides: Mapping[str, Side],
    blocks: Mapping[str, Block],
    measures: Measures,
    spacing: Spacing,
    room: _Room,
    downward: bool,
    fixed: object,
) -> Aims:
    """What the search for better heights keeps to; fixed: true where indicators keep their sides."""
    linked = _collect_linked(structure)
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
        one, other = (_build_slot(block.core, {block.core: block}) for block in (above, below))
        return one.below + other.above + _find_distance(one, other, spacing, room, linked)

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


def _find_room(measures: Measures, spacing: Spacing, downward: bool) -> _Room:
    if downward:
        wide = measures.widest_label + 30
        return _Room(max(spacing.rank * 0.7, 34.0), 30.0, wide, spacing.block)
    wanted = max(spacing.rank, measures.widest_label + 30)
    tight = min(wanted, measures.widest_label + 11, max(spacing.rank, 32))
    return _Room(wanted, tight, 34.0, spacing.block)


def _build_columns(structure: Structure) -> tuple[list[list[str]], dict[str, list[str]]]:
    """Cores by rank, with channels for paths that pass a rank, ordered to cross little; and who is next to whom."""
    depth = max(structure.ranks.values(), default=0) + 1
    columns: list[list[str]] = [[] for _ in range(depth)]
    for core in structure.cores:
        columns[structure.ranks[core]].append(core)
    neighbours: dict[str, list[str]] = {core: [] for core in structure.cores}
    for a, b in structure.links:
        low, high = sorted((structure.ranks[a], structure.ranks[b]))
        if low == high:
            continue
        first, last = (a, b) if structure.ranks[a] == low else (b, a)
        chain = [first, *(f"{first}\0{last}\0{rank}" for rank in range(low + 1, high)), last]
        for rank, name in zip(range(low + 1, high), chain[1:-1], strict=True):
            if name not in neighbours:
                columns[rank].append(name)
                neighbours[name] = []
        for one, other in pairwise(chain):
            neighbours[one].append(other)
            neighbours[other].append(one)
    ordered = _order_columns(columns, neighbours)
    order = {name: k for k, name in enumerate(structure.cores)}
    # Upside down it crosses as little.
    ordered = min(ordered, [column[::-1] for column in ordered], key=lambda found: _count_turned(order, found))
    ordered = [_keep_order(column, structure.order) for column in ordered]
    return ordered, neighbours


def _count_turned(order: Mapping[str, int], columns: Sequence[Sequence[str]]) -> int:
    """How many pairs of cores of one column stand against the order of the model."""
    return sum(
        order[one] > order[other]
        for column in columns
        for one, other in combinations([name for name in column if "\0" not in name], 2)
    )


def _keep_order(column: list[str], order: Sequence[str]) -> list[str]:
    """The column with the names that have an order in it, at the places where they are."""
    following = iter([name for name in order if name in column])
    return [next(following) if name in order else name for name in column]


def _order_columns(columns: list[list[str]], neighbours: Mapping[str, list[str]]) -> list[list[str]]:
    """Barycentre sweeps (Sugiyama, Tagawa and Toda 1981); the model's order decides between equals."""
    best, fewest = [list(column) for column in columns], _count_crossings(columns, neighbours)
    current = [list(column) for column in columns]
    for sweep in range(8):
        order = range(1, len(current)) if sweep % 2 == 0 else range(len(current) - 2, -1, -1)
        for rank in order:
            other = current[rank - 1 if sweep % 2 == 0 else rank + 1]
            place = {name: (k + 0.5) / len(other) for k, name in enumerate(other)}
            current[rank] = _sort_column(current[rank], place, neighbours)
        count = _count_crossings(current, neighbours)
        if count < fewest:
            best, fewest = [list(column) for column in current], count
    return _move_single(best, fewest, neighbours)


def _move_single(columns: list[list[str]], fewest: int, neighbours: Mapping[str, list[str]]) -> list[list[str]]:
    """One core at a time goes elsewhere in its column where that saves crossings once the other columns have followed.

    As readers know the order of the model, no more than MOST_PASSED cores are passed for a crossing saved.
    """
    order = {name: k for k, name in enumerate(neighbours)}
    cores = [[name for name in column if "\0" not in name] for column in columns]
    if sum(len(column) ** 2 for column in cores) > MOST_MOVES:
        return columns
    improved = fewest > 0
    while improved:
        improved = False
        turned = _count_turned(order, columns)
        for rank, column in enumerate(cores):
            for name, place in product(column, range(len(columns[rank]))):
                changed = [list(column) for column in columns]
                changed[rank].remove(name)
                changed[rank].insert(place, name)
                _follow(changed, rank, neighbours)
                count = _count_crossings(changed, neighbours)
                passed = _count_turned(order, changed) - turned
                if count < fewest and passed <= MOST_PASSED * (fewest - count):
                    columns, fewest, improved = changed, count, count > 0
                    turned += passed
    return columns


def _follow(columns: list[list[str]], rank: int, neighbours: Mapping[str, list[str]]) -> None:
    """Order the columns on both sides of one by that one, in place, the nearest first."""
    for step, last in ((1, len(columns)), (-1, -1)):
        for k in range(rank + step, last, step):
            before = columns[k - step]
            place = {name: (m + 0.5) / len(before) for m, name in enumerate(before)}
            columns[k] = _sort_column(columns[k], place, neighbours)


def _sort_column(column: list[str], place: Mapping[str, float], neighbours: Mapping[str, list[str]]) -> list[str]:
    weights: dict[str, float] = {}
    for k, name in enumerate(column):
        seen = [place[other] for other in neighbours[name] if other in place]
        weights[name] = sum(seen) / len(seen) if seen else (k + 0.5) / len(column)
    return sorted(column, key=lambda name: round(weights[name], 9))


def _count_crossings(columns: Sequence[Sequence[str]], neighbours: Mapping[str, list[str]]) -> int:
    count = 0
    for left, right in pairwise(columns):
        place = {name: k for k, name in enumerate(right)}
        ends = [place[other] for name in left for other in sorted(set(neighbours[name]), key=lambda n: place.get(n, -1))
                if other in place]  # fmt: skip
        count += sum(a > b for i, a in enumerate(ends) for b in ends[i + 1 :])
    return count


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


def _collect_linked(structure: Structure) -> dict[str, list[str]]:
    linked: dict[str, list[str]] = {core: [] for core in structure.cores}
    for a, b in structure.links:
        linked[a].append(b)
        linked[b].append(a)
    return linked


def _build_slot(name: str, blocks: Mapping[str, Block]) -> _Slot:
    block = blocks.get(name)
    if block is None:
        return _Slot(name, 6.0, 6.0)
    return _Slot(name, -block.bounds.top, block.bounds.bottom, block)


def _stack_columns(
    columns: Sequence[Sequence[_Slot]],
    neighbours: Mapping[str, list[str]],
    spacing: Spacing,
    room: _Room,
    linked: Mapping[str, Sequence[str]],
) -> dict[str, float]:
    """Heights of all slots: each near its neighbours, in the order of its column, without overlap."""
    heights: dict[str, float] = {}
    for column in columns:
        distances = _find_distances(column, spacing, room, linked)
        total, y = sum(distances), 0.0
        for k, slot in enumerate(column):
            heights[slot.name] = y - total / 2
            y += distances[k] if k < len(distances) else 0.0
    for sweep in range(24):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wanted = []
            weights = []
            for slot in column:
                near = [(heights[other], CHANNEL_WEIGHT if "\0" in other else 1.0) for other in neighbours[slot.name]]
                total = sum(weight for _, weight in near)
                wanted.append(sum(y * weight for y, weight in near) / total if near else heights[slot.name])
                weights.append((CHANNEL_WEIGHT if slot.block is None else 1.0) * max(total, 0.2))
            placed = separate(wanted, _find_distances(column, spacing, room, linked), weights)
            heights.update(zip((slot.name for slot in column), placed, strict=True))
    return heights | _align_single(columns, heights, linked)


def _align_single(
    columns: Sequence[Sequence[_Slot]], heights: Mapping[str, float], linked: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """One height for cores that stand alone in their columns, follow each other and are nearly level anyway."""
    alone = [[slot for slot in column if slot.block is not None] for column in columns]
    runs: list[list[_Slot]] = []
    for column in alone:
        if len(column) == 1 and runs and runs[-1]:
            before, slot = runs[-1][-1], column[0]
            is_level = abs(heights[before.name] - heights[slot.name]) < NEARLY_LEVEL
            if is_level and slot.name in linked[before.name]:
                runs[-1].append(slot)
                continue
        runs.append(column if len(column) == 1 else [])
    levels: dict[str, float] = {}
    for run in runs:
        level = sum(heights[slot.name] for slot in run) / len(run) if run else 0.0
        # A path from the middle of a column of an odd number runs level, too.
        names = {slot.name for slot in run}
        beside = [heights[other] for name in names for other in linked[name] if other not in names]
        nearest = min(beside, key=lambda height: abs(height - level), default=level)
        levels |= dict.fromkeys(names, nearest if abs(nearest - level) < NEARLY_LEVEL else level)
    return levels


def _find_distances(
    column: Sequence[_Slot], spacing: Spacing, room: _Room, linked: Mapping[str, Sequence[str]]
) -> list[float]:
    return [a.below + b.above + _find_distance(a, b, spacing, room, linked) for a, b in pairwise(column)]


def _find_distance(a: _Slot, b: _Slot, spacing: Spacing, room: _Room, linked: Mapping[str, Sequence[str]]) -> float:
    """Between blocks, more where a path with its number runs from one to the other; little beside a channel."""
    if a.block is None or b.block is None:
        return 4.0
    inner = a.block.bounds.bottom - a.block.places[a.name].bottom + b.block.places[b.name].top - b.block.bounds.top
    if b.name in linked.get(a.name, ()):
        return max(spacing.block, room.across - inner)
    return max(spacing.block, ARC_GAP - inner) if frozenset((a.name, b.name)) in room.covarying else spacing.block


class _ColumnShape:
    """The extents of a column's variables as arrays, around the middle of its cores."""

    def __init__(self, blocks: Sequence[tuple[Block, float]]) -> None:
        named = [(name, box.moved(0, y), block.core) for block, y in blocks for name, box in block.extents.items()]
        boxes = [box for _, box, _ in named]
        self.left, self.right = np.array([box.left for box in boxes]), np.array([box.right for box in boxes])
        self.top, self.bottom = np.array([box.top for box in boxes]), np.array([box.bottom for box in boxes])
        self.is_core = np.array([name == core for name, _, core in named], bool)

    def find_distance(self, other: "_ColumnShape", gap: float, beside: float, apart: bool) -> float:
        """How far the middle of another column must lie to the right of this one's."""
        if len(self.left) == 0 or len(other.left) == 0:
            return 0.0
        if apart:
            return float(self.right.max() - other.left.min() + gap)
        cores = self.is_core[:, None] & other.is_core[None]
        level = (self.bottom[:, None] + beside > other.top) & (self.top[:, None] - beside < other.bottom)
        needed = self.right[:, None] - other.left + np.where(cores, gap, beside)
        return float(np.where(level | cores, needed, -np.inf).max())


def _fit_columns(
    columns: Sequence[_ColumnShape], room: _Room, limit: float | None, apart: bool, stretch: bool
) -> FloatArray:
    """Where the columns stand: as far apart as wanted, closer where the page is too small; length of columns.

    stretch  whether they are drawn out where they would take little of the page
    """
    offsets = _line_up(columns, room.along, room.beside, apart)
    # Arcs outside the first and last column take room, too.
    free = None if limit is None else limit - 16
    if free is None:
        return offsets
    low, high = room.tight, room.along
    if _measure_columns(columns, offsets) <= free:
        if not stretch or _measure_columns(columns, offsets) >= FILLED * free:
            return offsets
        low, high, free = room.along, max(STRETCH * room.along, WIDEST_GAP), FILLED * free
    for _ in range(6):
        middle = (low + high) / 2
        fits = _measure_columns(columns, _line_up(columns, middle, room.beside, apart)) <= free
        low, high = (middle, high) if fits else (low, middle)
    return _line_up(columns, low, room.beside, apart)


def _line_up(columns: Sequence[_ColumnShape], gap: float, beside: float, apart: bool) -> FloatArray:
    offsets = np.zeros(len(columns))
    for k, column in enumerate(columns[1:], start=1):
        wanted = [offsets[m] + columns[m].find_distance(column, gap, beside, apart) for m in range(k)]
        # A column of channels only is passed by paths.
        offsets[k] = max([*wanted, offsets[k - 1] + (gap if len(column.left) == 0 else 0.0)])
    return offsets


def _measure_columns(columns: Sequence[_ColumnShape], offsets: FloatArray) -> float:
    filled = [(column, x) for column, x in zip(columns, offsets, strict=True) if len(column.left)]
    right = max(float(column.right.max() + x) for column, x in filled)
    return right - min(float(column.left.min() + x) for column, x in filled)
