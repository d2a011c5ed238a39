"""Ranks in several rows: a chain that is longer than the page turns round at its edge and comes back below.

The first row runs from left to right, the second from right to left under it, and so on, so that the path from one row
to the next is short and leads straight down. Indicators stand outside: above the first row, below the last.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle, compute_bounds
from sem_toolkit.diagram.places.measures import Measures, Side, Spacing
from sem_toolkit.diagram.places.ranks import place_ranks

LEAST_RANKS, MOST_ROWS = 3, 6

TURN = 38.0
"""Distance of cores of which a path leads down from one row to the next, in points."""

LEAST_ARROW = 8.0
"""No two ranks are nearer to each other than this, in points."""

UNEVEN = 0.15
"""How much a difference in the length of rows weighs against height."""

LONELY = 60.0
"""What each factor of a chain that one row has more than another weighs, but for the first, in points of height."""

CLEAR = 10.0
"""How far shapes of two rows that stand beside each other are apart, in points."""

MIRRORED: Mapping[Side, Side] = {"left": "right", "right": "left", "top": "top", "bottom": "bottom"}


@dataclass(frozen=True)
class _Row:
    """Places around the core at which the row begins or ends."""

    places: Mapping[str, Rectangle]
    sides: Mapping[str, Side]

    @property
    def width(self) -> float:
        return compute_bounds(list(self.places.values())).width


def place_folded(
    structure: Structure, measures: Measures, spacing: Spacing, limit: float
) -> tuple[dict[str, Rectangle], dict[str, Side]] | None:
    """Boxes of all variables in as few rows as fit the limit, and the sides of the indicators; None where none do."""
    depth = max(structure.ranks.values(), default=0) + 1
    # What cannot fit is not even placed: a rank takes its widest core, and the arrow to the next.
    least = [
        LEAST_ARROW + max(measures.nodes[core].width for core in structure.cores if structure.ranks[core] == rank)
        for rank in range(depth)
    ]
    least[-1] -= LEAST_ARROW
    for count in range(2, min(MOST_ROWS, depth) + 1):
        found = []
        for cuts in _iterate_cuts(depth, count):
            if any(sum(least[low:high]) > limit for low, high in pairwise((0, *cuts, depth))):
                continue
            parts = [range(low, high) for low, high in pairwise((0, *cuts, depth))]
            placed: dict[int, _Row] = {}
            # The longest first: where it does not fit, the others need no places.
            for k in sorted(range(count), key=lambda k: -sum(least[parts[k].start : parts[k].stop])):
                placed[k] = _place_row(structure, parts[k], k, k == count - 1, measures, spacing, limit)
                if placed[k].width > limit:
                    break
            if len(placed) < count or max(row.width for row in placed.values()) > limit:
                continue
            rows = [placed[k] for k in range(count)]
            places = _stack_rows(rows, structure, cuts)
            bounds = compute_bounds(list(places.values()))
            if bounds.width <= limit:
                uneven = max(row.width for row in rows) - min(row.width for row in rows)
                counts = [high - low for low, high in pairwise((0, *cuts, depth))]
                lonely = LONELY * max(0, max(counts) - min(counts) - 1) if len(structure.cores) == depth else 0.0
                found.append((bounds.height + UNEVEN * uneven + lonely, places, rows))
        if found:
            _, places, rows = min(found, key=lambda entry: entry[0])
            return places, {core: side for row in rows for core, side in row.sides.items()}
    return None


def _iterate_cuts(depth: int, count: int) -> Iterator[tuple[int, ...]]:
    """Where rows may begin: everywhere for two rows, about equally far apart for more."""
    if count == 2:
        yield from combinations(range(1, depth), 1)
    else:
        yield tuple(round(depth * k / count) for k in range(1, count))


def _place_row(
    structure: Structure, ranks: range, number: int, last: bool, measures: Measures, spacing: Spacing, limit: float
) -> _Row:
    """The ranks of one row by themselves, mirrored in every second one."""
    cores = tuple(core for core in structure.cores if structure.ranks[core] in ranks)
    part = replace(
        structure,
        cores=cores,
        ranks={core: structure.ranks[core] - ranks.start for core in cores},
        links=tuple((a, b) for a, b in structure.links if a in cores and b in cores),
        covariances=tuple(
            (a, b) for a, b in structure.covariances if {structure.owner.get(name, name) for name in (a, b)} <= {*cores}
        ),
        two_sided=None,
        figure=None,
    )
    inner: Side = "bottom" if last else "top"
    places, sides = place_ranks(part, measures, spacing, limit, downward=False, apart=False, inner=inner)
    if number % 2 and len(ranks) > 1:
        places = _mirror(places, structure, {core for core, side in sides.items() if side in ("top", "bottom")})
        sides = {core: MIRRORED[side] for core, side in sides.items()}
    return _Row(places, sides)


def _mirror(places: Mapping[str, Rectangle], structure: Structure, upright: set[str]) -> dict[str, Rectangle]:
    """The places mirrored, but for the order of indicators above or below their core, which stays that of the spec."""
    found = {name: replace(box, x=-box.x) for name, box in places.items()}
    for core in upright:
        items = [name for name in structure.indicators.get(core, ()) if name in found]
        for name, x in zip(items, sorted(found[name].x for name in items), strict=True):
            beside = [name, *structure.satellites.get(name, ())]
            shift = x - found[name].x
            found |= {other: found[other].moved(shift, 0.0) for other in beside if other in found}
    return found


def _stack_rows(rows: Sequence[_Row], structure: Structure, cuts: Sequence[int]) -> dict[str, Rectangle]:
    """Rows under each other, each with its first column below the last one of the row before, as close as may be."""
    placed = dict(rows[0].places)
    linked = {frozenset(link) for link in structure.links}
    for row, cut in zip(rows[1:], cuts, strict=True):
        above = [placed[core].x for core in structure.cores if structure.ranks[core] == cut - 1]
        below = [row.places[core].x for core in structure.cores if structure.ranks[core] == cut]
        dx = sum(above) / len(above) - sum(below) / len(below)
        moved = {name: box.moved(dx, 0.0) for name, box in row.places.items()}
        dy = max(
            other.bottom - box.top + (TURN if frozenset((name, above_name)) in linked else 2 * CLEAR)
            for name, box in moved.items()
            for above_name, other in placed.items()
            if box.left - CLEAR < other.right and other.left - CLEAR < box.right
        )
        placed |= {name: box.moved(0.0, dy) for name, box in moved.items()}
    return placed
