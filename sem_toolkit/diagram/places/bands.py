"""Stages as bands: side by side where paths only lead to the next, otherwise in rows with the outcome below."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle, build_rectangle, compute_bounds
from sem_toolkit.diagram.places.blocks import Block, build_block
from sem_toolkit.diagram.places.measures import Measures, Side, Spacing

MOST_SKIPS = 2
"""Bands stand in one row as long as no more paths than this lead over a band between."""

PADDING = 3.5
BETWEEN = 3.0
"""Distance of bands that stand side by side."""


@dataclass(frozen=True)
class BandPlacement:
    """variable → box, sides of the indicators, and the ground of each band."""

    places: Mapping[str, Rectangle]
    sides: Mapping[str, Side]
    bands: Mapping[str, Rectangle]


def find_stages(structure: Structure, stages: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Band title → its cores, bands without any left out, cores in no band in one without a title."""
    found: dict[str, tuple[str, ...]] = {}
    for title, names in stages.items():
        cores = [structure.owner.get(name, name) for name in names]
        kept = tuple(dict.fromkeys(core for core in cores if core in structure.ranks))
        if kept:
            found[title] = kept
    named = {core for cores in found.values() for core in cores}
    rest = tuple(core for core in structure.cores if core not in named)
    return found | {"": rest} if rest and found else found


def ranks_from_stages(structure: Structure, stages: Mapping[str, Sequence[str]]) -> Structure | None:
    """The structure with bands as ranks, when hardly a path skips a band; otherwise None."""
    if not stages:
        return None
    rank = {core: k for k, cores in enumerate(stages.values()) for core in cores}
    skips = sum(abs(rank[a] - rank[b]) > 1 for a, b in structure.links)
    if skips > MOST_SKIPS or not structure.links:
        return None
    return replace(structure, ranks=rank)


def build_grounds(
    stages: Mapping[str, Sequence[str]],
    structure: Structure,
    places: Mapping[str, Rectangle],
    title_height: float,
    downward: bool = False,
) -> dict[str, Rectangle]:
    """Grounds for bands whose variables are placed: as wide as their content and all equally high.

    downward  they lie below each other, as high as their content with its title and all equally wide
    """
    content = {title: _find_content(cores, structure, places) for title, cores in stages.items() if title}
    whole = compute_bounds(list(content.values()))
    if downward:
        left, right = whole.left - PADDING, whole.right + PADDING
        return {
            title: build_rectangle(left, box.top - title_height - 2 * PADDING, right, box.bottom + PADDING)
            for title, box in content.items()
        }
    top, bottom = whole.top - title_height - 2 * PADDING, whole.bottom + PADDING
    ordered = sorted(content, key=lambda title: content[title].left)
    grounds: dict[str, Rectangle] = {}
    for k, title in enumerate(ordered):
        left, right = content[title].left - PADDING, content[title].right + PADDING
        if k > 0:
            left = max(left, (content[ordered[k - 1]].right + content[title].left) / 2 + BETWEEN / 2)
        if k < len(ordered) - 1:
            right = min(right, (content[title].right + content[ordered[k + 1]].left) / 2 - BETWEEN / 2)
        grounds[title] = build_rectangle(left, top, right, bottom)
    return {title: grounds[title] for title in content}


def are_below_each_other(grounds: Iterable[Rectangle]) -> bool:
    """Whether each ground begins below the end of the one before."""
    return all(above.bottom <= below.top for above, below in pairwise(grounds))


def _find_content(cores: Sequence[str], structure: Structure, places: Mapping[str, Rectangle]) -> Rectangle:
    members = [name for name in places if structure.owner.get(name, name) in cores]
    return compute_bounds([places[name] for name in members])


def place_bands(
    structure: Structure,
    measures: Measures,
    spacing: Spacing,
    stages: Mapping[str, Sequence[str]],
    width: float,
    title_height: float,
) -> BandPlacement:
    """Rows of bands, each a column of blocks; bands that only receive paths come last, in the bottom row."""
    sinks = [title for title in stages if _is_sink(title, stages, structure)]
    others = [title for title in stages if title not in sinks]
    blocks = {core: build_block(core, "left", structure, measures, spacing) for core in structure.cores}
    rows = _split_rows(others, stages, blocks, width)
    if sinks:
        rows = [*rows[:-1], [*rows[-1], *sinks]] if len(rows) > 1 else [*rows, sinks]
    target = _find_target(rows, sinks, width)
    places: dict[str, Rectangle] = {}
    sides: dict[str, Side] = {}
    grounds: dict[str, Rectangle] = {}
    top = 0.0
    for row in rows:
        widths = _share_width(row, sinks, stages, blocks, width, target)
        left, lowest = 0.0, top
        height = max(_find_height(stages[title], blocks, spacing) for title in row)
        for title, across in zip(row, widths, strict=True):
            side: Side = "right" if title in sinks or left + across / 2 > target + 20 else "left"
            start = top + (title_height + 2 * PADDING if title else PADDING)
            centre = target if title in sinks and left < target < left + across else None
            column = [build_block(core, side, structure, measures, spacing) for core in stages[title]]
            placed = _stack_blocks(column, left, across, start, height, spacing, centre)
            places |= placed
            sides |= dict.fromkeys(stages[title], side)
            lowest = max(lowest, start + height + PADDING)
            left += across + BETWEEN
        left = 0.0
        for title, across in zip(row, widths, strict=True):
            if title:
                grounds[title] = build_rectangle(left, top, left + across, lowest)
            left += across + BETWEEN
        # Without paths from one row to the next nothing stands between them.
        top = lowest + (max(34.0, spacing.rank * 0.8) if structure.links else 2 * BETWEEN)
    return BandPlacement(places, sides, {title: grounds[title] for title in stages if title in grounds})


def _is_sink(title: str, stages: Mapping[str, Sequence[str]], structure: Structure) -> bool:
    inside = set(stages[title])
    receives = any(b in inside and a not in inside for a, b in structure.links)
    gives = any(a in inside and b not in inside for a, b in structure.links)
    return receives and not gives


def _split_rows(
    titles: Sequence[str], stages: Mapping[str, Sequence[str]], blocks: Mapping[str, Block], width: float
) -> list[list[str]]:
    rows: list[list[str]] = [[]]
    used = 0.0
    for title in titles:
        across = max(blocks[core].bounds.width for core in stages[title]) + 2 * PADDING + BETWEEN
        if rows[-1] and used + across > width + BETWEEN:
            rows.append([])
            used = 0.0
        rows[-1].append(title)
        used += across
    return rows


def _find_target(rows: Sequence[Sequence[str]], sinks: Sequence[str], width: float) -> float:
    """Where the outcome stands: under the gap between the middle columns of the row above."""
    count = len(rows[0])
    if not sinks or len(rows) < 2:
        return width
    share = (count + 1) // 2 if len(rows[-1]) == 1 else count - 1
    return width * share / count if count > 1 else width / 2


def _share_width(
    row: Sequence[str],
    sinks: Sequence[str],
    stages: Mapping[str, Sequence[str]],
    blocks: Mapping[str, Block],
    width: float,
    target: float,
) -> list[float]:
    """Natural widths; what is left over goes to the outcome's band, or to those beside the outcome's place.

    The cores of the latter look at each other, and the paths to the outcome run down between them.
    """
    natural = [max(blocks[core].bounds.width for core in stages[title]) + 2 * PADDING for title in row]
    spare = max(0.0, width - sum(natural) - BETWEEN * (len(row) - 1))
    last = [title in sinks for title in row]
    if any(last):
        share = spare / sum(last)
        return [size + (share if is_last else 0.0) for size, is_last in zip(natural, last, strict=True)]
    facing = _find_facing(natural, spare, target)
    if not facing:
        return [size + spare / len(row) for size in natural]
    # The others keep room for a single path.
    single = min(6.0, spare / len(row))
    rest = (spare - single * (len(row) - len(facing))) / len(facing)
    return [size + (rest if k in facing else single) for k, size in enumerate(natural)]


def _find_facing(natural: Sequence[float], spare: float, target: float) -> set[int]:
    """The two bands between which the outcome's place lies, if it lies between two."""
    left = 0.0
    for k, size in enumerate(natural[:-1]):
        left += size + spare / len(natural) + BETWEEN
        if abs(left - target) < 20:
            return {k, k + 1}
    return set()


def _find_height(cores: Sequence[str], blocks: Mapping[str, Block], spacing: Spacing) -> float:
    return sum(blocks[core].bounds.height for core in cores) + spacing.block * (len(cores) - 1)


def _stack_blocks(
    column: Sequence[Block],
    left: float,
    across: float,
    top: float,
    height: float,
    spacing: Spacing,
    centre: float | None,
) -> dict[str, Rectangle]:
    """Blocks under each other, spread over the height of the row; cores in line."""
    used = sum(block.bounds.height for block in column)
    gap = (height - used) / len(column)
    places: dict[str, Rectangle] = {}
    y = top + gap / 2
    for block in column:
        # Indicators stand at the outer edge of the band, so that the room left over lies beside the cores.
        x = left + PADDING - block.bounds.left if block.side == "left" else left + across - PADDING - block.bounds.right
        if centre is not None:
            x = min(centre, x)
        for name, box in block.places.items():
            places[name] = box.moved(x, y - block.bounds.top)
        y += block.bounds.height + gap
    return places
