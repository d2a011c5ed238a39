"""Places for all variables: columns by rank, one column between two sides, tiles, or bands of stages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from sem_toolkit.diagram.bands import PADDING, build_grounds, find_stages, place_bands, ranks_from_stages
from sem_toolkit.diagram.blocks import Block, Measures, Side, Spacing, build_block
from sem_toolkit.diagram.geometry import Rectangle, compute_bounds
from sem_toolkit.diagram.structure import Structure

MARGIN = 3.0
"""White around the whole picture, in points."""


CHANNEL_WEIGHT = 0.1
"""How strongly a path that passes a column pulls, against 1 for a path between neighbouring columns."""


@dataclass(frozen=True)
class Placement:
    """variable → box, the side on which each core has its indicators, and the grounds of stages."""

    places: Mapping[str, Rectangle]
    sides: Mapping[str, Side]
    bands: Mapping[str, Rectangle] = field(default_factory=dict)


def place_variables(
    structure: Structure,
    measures: Measures,
    spacing: Spacing,
    width: float | None,
    tiled: bool,
    stages: Mapping[str, Sequence[str]],
    title_height: float,
    in_rows: bool = False,
) -> Placement:
    """The arrangement that fits the structure, at most `width` points wide where that can be.

    tiled   True where covariances are not drawn, so that the blocks of a measurement model can stand in a grid
    stages  title → variables, for bands whose titles are `title_height` points high; they stand side by side where
            paths lead from one to the next, unless in_rows is True
    """
    bands = find_stages(structure, stages)
    if bands:
        in_line = None if in_rows else ranks_from_stages(structure, bands)
        if in_line is not None:
            placed = _place_ranks(in_line, measures, spacing, width and width - 2 * len(bands) * PADDING)
            return replace(placed, bands=build_grounds(bands, structure, placed.places, title_height))
        found = place_bands(structure, measures, spacing, bands, (width or 900.0) - 2 * MARGIN, title_height)
        return Placement(found.places, found.sides, found.bands)
    if structure.two_sided:
        return _place_two_sides(structure, measures, spacing)
    if tiled and not structure.links and len(structure.cores) > 4:
        return _place_tiles(structure, measures, spacing, width)
    return _place_ranks(structure, measures, spacing, width)


# --- columns by rank -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Slot:
    """A place in a column: a block, or (block None) a channel for a path that passes through."""

    name: str
    above: float
    below: float
    block: Block | None = None


def _place_ranks(structure: Structure, measures: Measures, spacing: Spacing, width: float | None) -> Placement:
    columns, neighbours = _build_columns(structure)
    sides = choose_sides(structure, columns)
    blocks = {core: build_block(core, side, structure, measures, spacing) for core, side in sides.items()}
    slots = [[_build_slot(name, blocks) for name in column] for column in columns]
    heights = _stack_columns(slots, neighbours, spacing, _collect_linked(structure))
    gap = _fit_gap(columns, blocks, structure, measures, spacing, width)
    places: dict[str, Rectangle] = {}
    x = 0.0
    for column in columns:
        found = [blocks[name] for name in column if name in blocks]
        x -= min((block.bounds.left for block in found), default=0.0)
        for block in found:
            for name, box in block.places.items():
                places[name] = box.moved(x, heights[block.core])
        x += max((block.bounds.right for block in found), default=0.0) + gap
    return Placement(places, sides)


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
    return _order_columns(columns, neighbours), neighbours


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
    return best


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


def choose_sides(structure: Structure, columns: Sequence[Sequence[str]]) -> dict[str, Side]:
    """Indicators of causes to the left, of outcomes to the right, between them above or below."""
    sides: dict[str, Side] = {}
    last = len(columns) - 1
    for rank, column in enumerate(columns):
        cores = [name for name in column if name in structure.ranks]
        for k, core in enumerate(cores):
            if last == 0:
                sides[core] = "right"
            elif rank == 0:
                sides[core] = "left"
            elif rank == last:
                sides[core] = "right"
            else:
                sides[core] = "top" if k < len(cores) / 2 else "bottom"
    return _join_related(structure, sides)


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
    linked: Mapping[str, Sequence[str]],
) -> dict[str, float]:
    """Heights of all slots: each near its neighbours, in the order of its column, without overlap."""
    heights: dict[str, float] = {}
    for column in columns:
        distances = _find_distances(column, spacing, linked)
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
            placed = separate(wanted, _find_distances(column, spacing, linked), weights)
            heights.update(zip((slot.name for slot in column), placed, strict=True))
    return heights


def _find_distances(column: Sequence[_Slot], spacing: Spacing, linked: Mapping[str, Sequence[str]]) -> list[float]:
    return [a.below + b.above + _find_distance(a, b, spacing, linked) for a, b in pairwise(column)]


def _find_distance(a: _Slot, b: _Slot, spacing: Spacing, linked: Mapping[str, Sequence[str]]) -> float:
    """Between blocks, more where a path with its number runs from one to the other; little beside a channel."""
    if a.block is None or b.block is None:
        return 4.0
    inner = a.block.bounds.bottom - a.block.places[a.name].bottom + b.block.places[b.name].top - b.block.bounds.top
    return max(spacing.block, 34.0 - inner) if b.name in linked.get(a.name, ()) else spacing.block


def separate(wanted: Sequence[float], distances: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Values nearest to the wanted ones (weighted least squares) that keep given distances: isotonic regression."""
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    groups: list[tuple[float, float, int]] = []
    for value, offset, weight in zip(wanted, offsets, weights, strict=True):
        mean, total, count = value - offset, weight, 1
        while groups and groups[-1][0] > mean:
            before, heavy, many = groups.pop()
            mean = (mean * total + before * heavy) / (total + heavy)
            total, count = total + heavy, count + many
        groups.append((mean, total, count))
    levels = [mean for mean, _, count in groups for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def _fit_gap(
    columns: Sequence[Sequence[str]],
    blocks: Mapping[str, Block],
    structure: Structure,
    measures: Measures,
    spacing: Spacing,
    width: float | None,
) -> float:
    """Distance between columns: room for an arrow and its number, more where the page allows it."""
    wanted = max(spacing.rank, measures.widest_label + 30)
    if width is None or len(columns) < 2:
        return wanted
    used = 0.0
    for column in columns:
        found = [blocks[name] for name in column if name in blocks]
        used += max((b.bounds.right for b in found), default=0) - min((b.bounds.left for b in found), default=0)
    # Arcs outside the first and last column take room, too.
    free = (width - used - 16) / (len(columns) - 1)
    return max(min(wanted, free), min(wanted, measures.widest_label + 11, max(spacing.rank, 32)))


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
