"""Heights of the blocks of all columns: each near its neighbours, in the order of its column, without overlap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.places.blocks import Block
from sem_toolkit.diagram.places.measures import Measures, Spacing
from sem_toolkit.diagram.places.spreading import separate

CHANNEL_WEIGHT = 0.1
"""How strongly a path that passes a column pulls, against 1 for a path between neighbouring columns."""

NEARLY_LEVEL = 16.0
"""Neighbouring cores that differ by less than this in height are set level, in points."""

ALONG_DOWNWARD = 0.7
"""Ranks that run downwards are apart by this share of what those across the page are, as numbers are flat."""

ARC_GAP = 24.0
"""Between cores of a column that an arc with its number connects, in points."""


@dataclass(frozen=True)
class Slot:
    """A place in a column: a block, or (block None) a channel for a path that passes through."""

    name: str
    above: float
    below: float
    block: Block | None = None


@dataclass(frozen=True)
class Room:
    """Least distances in points.

    along   wanted between columns; tight: the least that holds an arrow and its number
    across  between cores of one column that a path with its number connects; arc: or an arc
    beside  between indicators of neighbouring columns
    covarying  pairs of cores between which an arc has its number
    """

    along: float
    tight: float
    across: float
    beside: float
    arc: float
    covarying: frozenset[frozenset[str]] = frozenset()


def find_room(measures: Measures, spacing: Spacing, downward: bool) -> Room:
    if downward:
        wide = measures.widest_label + 30
        along = max(spacing.rank * ALONG_DOWNWARD, 34.0) + measures.more_lines
        return Room(along, 30.0 + measures.more_lines, wide, spacing.block, ARC_GAP)
    wanted = max(spacing.rank, measures.widest_label + 30)
    tight = min(wanted, measures.widest_label + 11, max(spacing.rank, 32))
    return Room(wanted, tight, 34.0 + measures.more_lines, spacing.block, ARC_GAP + measures.more_lines)


def collect_linked(structure: Structure) -> dict[str, list[str]]:
    linked: dict[str, list[str]] = {core: [] for core in structure.cores}
    for a, b in structure.links:
        linked[a].append(b)
        linked[b].append(a)
    return linked


def build_slot(name: str, blocks: Mapping[str, Block]) -> Slot:
    block = blocks.get(name)
    if block is None:
        return Slot(name, 6.0, 6.0)
    return Slot(name, -block.bounds.top, block.bounds.bottom, block)


def stack_columns(
    columns: Sequence[Sequence[Slot]],
    neighbours: Mapping[str, list[str]],
    spacing: Spacing,
    room: Room,
    linked: Mapping[str, Sequence[str]],
) -> dict[str, float]:
    """Heights of all slots: each near its neighbours, in the order of its column, without overlap."""
    heights: dict[str, float] = {}
    found = [_find_distances(column, spacing, room, linked) for column in columns]
    for column, distances in zip(columns, found, strict=True):
        total, y = sum(distances), 0.0
        for k, slot in enumerate(column):
            heights[slot.name] = y - total / 2
            y += distances[k] if k < len(distances) else 0.0
    for sweep in range(24):
        for k in range(len(columns)) if sweep % 2 == 0 else reversed(range(len(columns))):
            column = columns[k]
            wanted = []
            weights = []
            for slot in column:
                near = [(heights[other], CHANNEL_WEIGHT if "\0" in other else 1.0) for other in neighbours[slot.name]]
                total = sum(weight for _, weight in near)
                wanted.append(sum(y * weight for y, weight in near) / total if near else heights[slot.name])
                weights.append((CHANNEL_WEIGHT if slot.block is None else 1.0) * max(total, 0.2))
            placed = separate(wanted, found[k], weights)
            heights.update(zip((slot.name for slot in column), placed, strict=True))
    return heights | _align_single(columns, heights, linked)


def _align_single(
    columns: Sequence[Sequence[Slot]], heights: Mapping[str, float], linked: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """One height for cores that stand alone in their columns, follow each other and are nearly level anyway."""
    alone = [[slot for slot in column if slot.block is not None] for column in columns]
    runs: list[list[Slot]] = []
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
    column: Sequence[Slot], spacing: Spacing, room: Room, linked: Mapping[str, Sequence[str]]
) -> list[float]:
    return [a.below + b.above + find_distance(a, b, spacing, room, linked) for a, b in pairwise(column)]


def find_distance(a: Slot, b: Slot, spacing: Spacing, room: Room, linked: Mapping[str, Sequence[str]]) -> float:
    """Between blocks, more where a path with its number runs from one to the other; little beside a channel."""
    if a.block is None or b.block is None:
        return 4.0
    inner = a.block.bounds.bottom - a.block.places[a.name].bottom + b.block.places[b.name].top - b.block.bounds.top
    if b.name in linked.get(a.name, ()):
        return max(spacing.block, room.across - inner)
    return max(spacing.block, room.arc - inner) if frozenset((a.name, b.name)) in room.covarying else spacing.block
