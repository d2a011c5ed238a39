"""Places on the grid of a figure: equal columns, rows that do not touch, both as wide as numbers and shapes need."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from sem_toolkit.diagram.content.figure import Figure
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle, compute_bounds
from sem_toolkit.diagram.places.blocks import Block, build_block
from sem_toolkit.diagram.places.clearing import iterate_crossed_pitches, list_passed
from sem_toolkit.diagram.places.measures import Measures, Side, Spacing
from sem_toolkit.diagram.places.track_ends import widen_for_tracks

DIAGONAL = 0.75
"""How much of a number's width the gap between two columns must hold that only slanting paths cross."""

STRETCH = 1.45
"""A figure that is narrower than its column is drawn out by this at most."""

ROOMY_SHARE = 0.95
"""In a row of indicators that has room each number has a place of its own."""

MANY_ARRIVING, NARROW_NUMBER = 3, 18.0
"""Of so many loadings of one measure those of a few measures have room; numbers narrower than this need less of it."""

ROOM_OF_NARROW = 0.25
"""What narrow ones take for each measure beyond two, as a share of the length of a fan: there they stand in a row."""

ROOM_OF_ARRIVING = 20.0
"""What each of many growth factors of one measure takes of the distance of the columns, in points."""

NEARLY_ABOVE = 0.25
"""Up to so many columns beside what it loads on a factor stands above it."""

SAME_COLUMN = 0.5
"""Shapes that are less than so many columns beside each other must not touch in height."""

ARC_ROOM = 8.0
"""What arcs and numbers beyond the outermost shapes take of the width at first."""


def place_grid(
    figure: Figure, structure: Structure, measures: Measures, spacing: Spacing, limit: float | None
) -> tuple[dict[str, Rectangle], dict[str, Side]]:
    """Boxes of all variables of a figure, and the sides on which cores have their indicators.

    limit  the width up to which the columns may be drawn out
    """
    figure = replace(figure, sides={**figure.sides, **structure.pinned})
    shares = sorted({ROOMY_SHARE, spacing.number_share}, reverse=True)
    # Narrower indicators only help where the figure fits so.
    ways = [*((share, True) for share in shares), (shares[-1], False), (shares[-1], True)]
    for share, beside in ways:
        spacing = replace(spacing, number_share=share, beside=beside)
        blocks = {name: _build_cell(name, figure, structure, measures, spacing) for name in figure.cells}
        heights = _find_heights(figure, blocks, structure, measures, spacing)
        wanted, tight = (
            max([20.0, *_iterate_pitches(figure, blocks, heights, structure, measures, spacing, tight)])
            for tight in (False, True)
        )
        if limit is None or _find_width(figure, blocks, tight) <= limit - ARC_ROOM:
            break
    passed = list_passed(figure, blocks, structure)
    wider = max((place.find_pitch(heights) for place in passed), default=0.0)
    wanted = max(wanted, min(wider, STRETCH * wanted))
    pitch = wanted if limit is None else _fit_pitch(wanted, tight, figure, blocks, limit)
    for place in passed:
        heights = place.move_rows(heights, pitch)
    places = {
        name: box.moved(column * pitch, heights[row])
        for core, (column, row) in figure.cells.items()
        for name, box in blocks[core].places.items()
    }
    sides = {core: figure.sides.get(core) or _find_side(core, structure, places) for core in structure.cores}
    return places, sides


def _build_cell(name: str, figure: Figure, structure: Structure, measures: Measures, spacing: Spacing) -> Block:
    """The block of a core whose indicators have no cells, otherwise the shape alone with the room of its variance."""
    items = structure.indicators.get(name, ())
    side = figure.sides.get(name, "right")
    if items and not any(item in figure.cells for item in items):
        return build_block(name, side, structure, measures, spacing)
    outer = figure.outer.get(name)
    if name in structure.owner and outer in ("top", "bottom"):
        row = [item for item in structure.owner if figure.outer.get(item) == outer and item in figure.cells]
        measures = widen_for_tracks(row, structure, measures, spacing)
    box = measures.nodes[name]
    extent = box if outer is None else _extend(box, outer, measures.outer)
    return Block(name, side, {name: box}, {name: extent}, extent)


def _extend(box: Rectangle, side: Side, room: tuple[float, float]) -> Rectangle:
    across, down = room
    moves = {"left": (-across, 0.0), "right": (across, 0.0), "top": (0.0, -down), "bottom": (0.0, down)}
    return compute_bounds([box, box.moved(*moves[side])])


def _find_side(core: str, structure: Structure, places: Mapping[str, Rectangle]) -> Side:
    """The side of a core on which most of its indicators stand, or else most of what it loads on besides."""
    names = structure.indicators.get(core) or [name for factor, name in structure.loadings if factor == core]
    items = [places[name] for name in names if name in places]
    if not items or core not in places:
        return "right"
    dx = sum(item.x for item in items) / len(items) - places[core].x
    dy = sum(item.y for item in items) / len(items) - places[core].y
    if abs(dy) >= abs(dx):
        return "bottom" if dy > 0 else "top"
    return "right" if dx > 0 else "left"


def _find_heights(
    figure: Figure, blocks: Mapping[str, Block], structure: Structure, measures: Measures, spacing: Spacing
) -> dict[float, float]:
    """Row → height: whole rows and those beyond them below each other without touching, the others in between."""
    rows = sorted({row for _, row in figure.cells.values()})
    steps = [row for row in rows if row == round(row)]
    whole = [row for row in rows if row in steps or not steps[0] < row < steps[-1]]
    heights: dict[float, float] = {}
    y = 0.0
    for k, row in enumerate(whole):
        above = [blocks[name].bounds for name, (_, at) in figure.cells.items() if at == row]
        if k:
            before = [blocks[name].bounds for name, (_, at) in figure.cells.items() if at == whole[k - 1]]
            gap = _find_row_gap(figure, whole[k - 1], row, structure, measures, spacing)
            y += max(box.bottom for box in before) - min(box.top for box in above) + gap
        heights[row] = y
    for row in rows:
        if row not in heights:
            low = max((at for at in whole if at < row), default=whole[0])
            high = min((at for at in whole if at > row), default=whole[-1])
            share = (row - low) / (high - low) if high > low else 0.0
            heights[row] = heights[low] + share * (heights[high] - heights[low])
    if figure.turned and (not structure.links or _do_touch(figure, blocks, heights)):
        # Former columns stay equally far apart where no structural paths ask for different gaps.
        pitch = _find_row_pitch(figure, blocks, structure, spacing)
        return {row: row * pitch for row in rows}
    return heights


def _iterate_above(figure: Figure) -> Iterator[tuple[str, str]]:
    """Pairs of variables that stand in one column, the upper one first."""
    for one, other in combinations(figure.cells, 2):
        (x, y), (other_x, other_y) = figure.cells[one], figure.cells[other]
        if y != other_y and abs(x - other_x) < SAME_COLUMN:
            yield (one, other) if y < other_y else (other, one)


def _do_touch(figure: Figure, blocks: Mapping[str, Block], heights: Mapping[float, float]) -> bool:
    """Whether at these heights of the rows something lies on what stands below it."""
    boxes = {name: blocks[name].bounds.moved(0, heights[row]) for name, (_, row) in figure.cells.items()}
    return any(boxes[above].bottom > boxes[below].top for above, below in _iterate_above(figure))


def _find_row_pitch(figure: Figure, blocks: Mapping[str, Block], structure: Structure, spacing: Spacing) -> float:
    """The distance of equally distant rows at which nothing touches."""
    items = set(structure.owner)
    return max(
        (
            blocks[above].bounds.bottom
            - blocks[below].bounds.top
            + (spacing.item if {above, below} <= items else spacing.block)
        )
        / (figure.cells[below][1] - figure.cells[above][1])
        for above, below in _iterate_above(figure)
    )


def _find_row_gap(
    figure: Figure, upper: float, lower: float, structure: Structure, measures: Measures, spacing: Spacing
) -> float:
    """Between two rows: a fan of loadings, paths with numbers, or little where nothing leads from one to the other."""
    rows = {name: row for name, (_, row) in figure.cells.items()}
    between = {upper, lower}
    fans = [(a, b) for a, b in structure.loadings if {rows.get(a), rows.get(b)} == between]
    columns = [abs(figure.cells[a][0] - figure.cells[b][0]) for a, b in fans]
    label = measures.widest_label
    if fans and max(columns) > NEARLY_ABOVE:
        # The flatter the outermost lines, the further the rows are apart.
        plain = spacing.fan * (1.0 + 0.16 * max(columns)) + 0.35 * max(0.0, label - 30)
        return plain + _find_room_of_numbers(fans, measures, spacing)
    if fans:
        return max(0.6 * spacing.fan, 26.0)
    beside = [(name, at) for at, names in structure.satellites.items() for name in names]
    links = [
        (a, b) for a, b in (*structure.links, *structure.covariances, *beside) if {rows.get(a), rows.get(b)} == between
    ]
    columns = [abs(figure.cells[a][0] - figure.cells[b][0]) for a, b in links]
    if any(columns):
        # Paths that pass over a column between need to rise steeply enough to miss what stands there, and many that
        # cross each other need room for their numbers.
        steeper = (
            1 + 0.2 * max(0.0, max(columns) - 1) + 0.4 * max(0, _count_slanting(figure, structure, upper, lower) - 2)
        )
        return max(0.75 * spacing.rank, 34.0) * steeper + 0.3 * max(0.0, label - 30)
    return max(spacing.block, 34.0) if links else spacing.block


def _find_room_of_numbers(fans: Sequence[tuple[str, str]], measures: Measures, spacing: Spacing) -> float:
    """What a row gap takes more where three factors or more load on many measures each, with numbers of some width."""
    widest = max(measures.labels.get(f"{a} =~ {b}", 0.0) for a, b in fans)
    arriving, leaving = (max(Counter(pair[k] for pair in fans).values()) for k in (1, 0))
    if arriving < MANY_ARRIVING:
        return 0.0
    if widest < NARROW_NUMBER:
        return ROOM_OF_NARROW * spacing.fan * max(0, leaving - 2)
    return spacing.fan * max(0, leaving - MANY_ARRIVING)


def _count_slanting(figure: Figure, structure: Structure, upper: float, lower: float) -> int:
    """How many paths from one column to the next cross the room between two rows, where they are most."""
    counts: Counter[float] = Counter()
    for pair in structure.links:
        if all(name in figure.cells for name in pair):
            (x, y), (other_x, other_y) = sorted(figure.cells[name] for name in pair)
            if other_x - x == 1 and min(y, other_y) <= upper and max(y, other_y) >= lower:
                counts[x] += 1
    return max(counts.values(), default=0)


def _iterate_pitches(
    figure: Figure,
    blocks: Mapping[str, Block],
    heights: Mapping[float, float],
    structure: Structure,
    measures: Measures,
    spacing: Spacing,
    tight: bool,
) -> Iterator[float]:
    """What each pair of shapes asks of the distance of the columns; `tight`: the least that numbers and arrows need."""
    linked = {frozenset(link) for link in structure.links}
    loaded = {frozenset(pair) for pair in structure.loadings}
    covarying = {frozenset(pair): measures.labels.get(" ~~ ".join(pair), 0.0) for pair in structure.covariances}
    items = set(structure.owner)
    for one, other in combinations(figure.cells, 2):
        a, b = (one, other) if figure.cells[one][0] <= figure.cells[other][0] else (other, one)
        apart = figure.cells[b][0] - figure.cells[a][0]
        if apart < 1e-6:
            continue
        pair = frozenset((a, b))
        box, beside = (blocks[name].bounds.moved(0, heights[figure.cells[name][1]]) for name in (a, b))
        level = box.top - 4 < beside.bottom and beside.top - 4 < box.bottom
        inner = blocks[a].places[a].right - blocks[b].places[b].left
        if pair in linked and level and figure.cells[a][1] == figure.cells[b][1]:
            label = measures.find_number(a, b) if tight else measures.widest_label
            # Where all variables of a wave lead to all of the next, the numbers stand before the paths cross.
            roomy = 2 * label + 12 if figure.is_dense else label + 30
            yield (inner + (label + 12 if tight else max(spacing.rank, roomy))) / apart
        elif pair in linked and apart >= 1 - 1e-6 and pair not in loaded:
            label = measures.find_number(a, b) if tight else measures.widest_label
            gap = max(22.0, DIAGONAL * label + (2 if tight else 14))
            yield (inner + (gap if tight else max(gap, 0.8 * spacing.rank))) / apart
        elif pair in loaded and level:
            yield (inner + measures.find_number(a, b) + 16) / apart
        elif pair in covarying and level and not figure.has_arcs_beyond(a, b):
            yield (inner + 22 + (0.0 if tight else covarying[pair])) / apart
        if level:
            gap = spacing.item if {a, b} <= items else spacing.block
            yield (box.right - beside.left + gap) / apart
    yield from iterate_crossed_pitches(figure, blocks, heights, structure, measures)
    # Numbers of loadings that arrive side by side.
    columns = sorted({column for name, (column, _) in figure.cells.items() if name in items})
    if len(columns) > 1:
        yield 0.75 * max((width for key, width in measures.labels.items() if " =~ " in key), default=0.0)
        arriving = Counter(item for factor, item in structure.loadings if {factor, item} <= {*figure.cells})
        if figure.name == "growth" and max(arriving.values(), default=0) >= MANY_ARRIVING:
            yield ROOM_OF_ARRIVING * max(arriving.values())


def _fit_pitch(wanted: float, tight: float, figure: Figure, blocks: Mapping[str, Block], limit: float) -> float:
    """The distance of the columns: smaller than wanted, or larger, where the page asks for it or has room.

    A small figure is drawn out, so that it is not a small picture.
    """
    columns = [column for column, _ in figure.cells.values()]
    span = max(columns) - min(columns)
    if span == 0:
        return wanted
    width = _find_width(figure, blocks, wanted)
    spare = limit - ARC_ROOM - width
    if spare < 0:
        return max(tight, wanted + spare / span)
    return min(STRETCH * wanted, wanted + max(0.0, 0.8 * (limit - ARC_ROOM) - width) / span)


def _find_width(figure: Figure, blocks: Mapping[str, Block], pitch: float) -> float:
    left = min(blocks[name].bounds.left + column * pitch for name, (column, _) in figure.cells.items())
    return max(blocks[name].bounds.right + column * pitch for name, (column, _) in figure.cells.items()) - left
