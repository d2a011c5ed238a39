"""Panels: waves from left to right, the same variables in the same rows.

Actor–partner models (two persons, causes and outcomes) and cross-lagged panels have this grid; panels with random
intercepts (Hamaker, Kuiper and Grasman 2015) mirror it: within-person parts inside, measures around them, the random
intercepts outermost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from sem_toolkit.diagram.content.figure import Cell, Figure, Side
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.figures.controls import list_plain_causes, place_in_row
from sem_toolkit.diagram.figures.names import find_families, measure_likeness
from sem_toolkit.libraries import nx

MOST_ROWS = 6

BESIDE, CLOSER, LONG = 0.75, 0.6, 4
"""How far, in columns, random intercepts stand beside the waves, and their causes or effects beside them; closer from
LONG waves on.
"""

MOST_INTERCEPTS = 3
"""How many variables with random intercepts there is an arrangement for."""


def recognise_panel(structure: Structure) -> Figure | None:
    """The grid of families by waves, when (nearly) all cores are in it; None otherwise.

    A few others may precede or follow the grid: causes of the first wave stand at its left, outcomes at its right,
    controls of all waves above and below.
    """
    if len(structure.links) < 2:
        return None
    grid = _read_names(structure) or _read_ranks(structure)
    if grid is None or len(grid) > MOST_ROWS:
        return None
    count, waves = len(grid), len(grid[0])
    measured = any(structure.indicators.get(name) for row in grid for name in row)
    if measured and count > 2:
        return None
    cells: dict[str, Cell] = {
        name: (float(k), float(row)) for row, names in enumerate(grid) for k, name in enumerate(names)
    }
    controls = [] if measured or count > 2 else _find_controls(structure, grid)
    cells |= _place_controls(controls, waves, count)
    extra = [name for name in structure.cores if name not in cells]
    before = [name for name in extra if not any(b == name for _, b in structure.links)]
    for column, names in ((-1.0, before), (float(waves), [name for name in extra if name not in before])):
        middle = (count - 1) / 2 - (len(names) - 1) / 2
        cells |= {name: (column, middle + k) for k, name in enumerate(names)}
    sides = _find_sides(structure, grid)
    outer: dict[str, Side] = {}
    for row in grid:
        outer |= {row[0]: "left", row[-1]: "right"}
    outer |= dict.fromkeys(controls, "left")
    return Figure("panel", cells, sides, outer, ports=count > 2)


def _find_controls(structure: Structure, grid: Sequence[Sequence[str]]) -> list[str]:
    """Plain causes of more than the first wave."""
    later = {name for row in grid for name in row[1:]}
    members = {name for row in grid for name in row}
    return [
        name
        for name in list_plain_causes(structure)
        if name not in members and any((name, other) in structure.links for other in later)
    ]


def _place_controls(controls: Sequence[str], waves: int, rows: int) -> dict[str, Cell]:
    """Cells above the first and below the last row in turn, between two waves, whence straight paths reach all."""
    middle = (waves - 1) / 2 if waves % 2 == 0 else (waves - 2) / 2
    return place_in_row(controls[::2], middle, -1.0) | place_in_row(controls[1::2], middle, float(rows))


def _read_names(structure: Structure) -> list[list[str]] | None:
    """Rows of the grid by the names of the variables, where paths lead from wave to wave."""
    candidates = [name for name in structure.cores if any(name in link for link in structure.links)]
    families = find_families([name for name in candidates if any(character.isdigit() for character in name)])
    grid = list(families.values())
    members = {name: k for row in grid for k, name in enumerate(row)}
    if len(grid) < 2 or len(structure.cores) - len(members) > 3:
        return None
    inside = [(members[a], members[b]) for a, b in structure.links if a in members and b in members]
    forward = sum(b > a for a, b in inside)
    linked = all((a, b) in structure.links for row in grid for a, b in pairwise(row))
    return grid if linked and inside and forward >= 0.8 * len(inside) else None


def _read_ranks(structure: Structure) -> list[list[str]] | None:
    """The same by ranks of equal size in which every variable has one of its own before it."""
    depth = max(structure.ranks.values(), default=0) + 1
    columns = [[name for name in structure.cores if structure.ranks[name] == rank] for rank in range(depth)]
    if depth < 2 or len(columns[0]) < 2 or any(len(column) != len(columns[0]) for column in columns):
        return None
    rows = [[name] for name in columns[0]]
    for column in columns[1:]:
        graph: nx.Graph[tuple[int, str]] = nx.Graph()
        for k, row in enumerate(rows):
            for order, name in enumerate(column):
                if (row[-1], name) in structure.links:
                    likeness = measure_likeness(row[-1], name) - 0.1 * abs(order - k)
                    graph.add_edge((0, row[0]), (1, name), weight=100 + likeness)
        pairs = nx.max_weight_matching(graph, maxcardinality=True)
        after = {min(pair)[1]: max(pair)[1] for pair in pairs}
        if len(after) < len(rows):
            return None
        for row in rows:
            row.append(after[row[0]])
    return rows


def _find_sides(structure: Structure, grid: Sequence[Sequence[str]]) -> dict[str, Side]:
    """Indicators above the first and below the last row; beside two waves, unless those of both covary."""
    waves = {name: k for row in grid for k, name in enumerate(row)}
    across = 0
    for a, b in structure.covariances:
        one, other = (waves.get(structure.owner.get(name, "")) for name in (a, b))
        across += one is not None and other is not None and one != other
    if len(grid[0]) == 2 and not across:
        ends: dict[str, Side] = {row[0]: "left" for row in grid}
        return ends | {row[1]: "right" for row in grid}
    above: dict[str, Side] = dict.fromkeys(grid[0], "top")
    return above | dict.fromkeys(grid[-1], "bottom")


def recognise_random_intercepts(structure: Structure) -> Figure | None:
    """Measures that have a factor of their own each and share another one: panels with random intercepts."""
    loads: dict[str, list[str]] = {}
    for factor, item in structure.loadings:
        loads.setdefault(item, []).append(factor)
    reach = {
        factor: [item for other, item in structure.loadings if other == factor] for factor, _ in structure.loadings
    }
    families: dict[str, list[str]] = {}
    within: dict[str, str] = {}
    for item, factors in loads.items():
        single = [factor for factor in factors if len(reach[factor]) == 1]
        shared = [factor for factor in factors if len(reach[factor]) > 1]
        if len(single) == 1 and len(shared) == 1:
            families.setdefault(shared[0], []).append(item)
            within[item] = single[0]
    waves = {len(items) for items in families.values()}
    if len(within) < len(loads) or not 1 <= len(families) <= MOST_INTERCEPTS or len(waves) != 1 or waves == {1}:
        return None
    if len(families) == MOST_INTERCEPTS:
        return _arrange_three(structure, families, within)
    count = waves.pop()
    cells: dict[str, Cell] = {}
    outer: dict[str, Side] = {}
    for (factor, items), rows in zip(families.items(), ((0, 1, 2), (5, 4, 3)), strict=False):
        cells[factor] = ((count - 1) / 2, float(rows[0]))
        for k, item in enumerate(items):
            cells[item], cells[within[item]] = (float(k), float(rows[1])), (float(k), float(rows[2]))
        outer |= {within[items[0]]: "left", within[items[-1]]: "right", factor: "left"}
        outer |= dict.fromkeys(items, "left")
    return _add_to_intercepts(Figure("random intercepts", cells, {}, outer), structure, [*families], count)


def _arrange_three(
    structure: Structure, families: Mapping[str, Sequence[str]], within: Mapping[str, str]
) -> Figure | None:
    """Within-person parts in three rows, the measures of the first two above them in one row, of the third below.

    Those of the second stand half a column before their wave, so that their loadings pass the first row.
    """
    if len(structure.cores) > len(families) + len(within):
        return None
    rows = zip(families.items(), ((0.0, 1.0, 2.0, 0.0), (0.0, 1.0, 3.0, -0.5), (6.0, 5.0, 4.0, 0.0)), strict=True)
    cells: dict[str, Cell] = {}
    outer: dict[str, Side] = {}
    for (factor, items), (top, middle, inner, shift) in rows:
        for k, item in enumerate(items):
            cells[item], cells[within[item]] = (k + shift, middle), (float(k), inner)
        outer |= {within[items[0]]: "left", within[items[-1]]: "right"}
        cells[factor] = ((len(items) - 1) / 2, top)
    (first, second), centre = [*families][:2], (len(within) / len(families) - 1) / 2
    cells |= {second: (centre - 1.25, 0.0), first: (centre + 0.75, 0.0)}
    return Figure("random intercepts", cells, {}, outer, ports=True, upright=True)


def _add_to_intercepts(figure: Figure, structure: Structure, intercepts: Sequence[str], waves: int) -> Figure | None:
    """The figure with a few causes of the random intercepts before the first wave and their effects after the last.

    Where no paths lead from these to anything else, two intercepts stand beside the waves, and their causes, or else
    their effects, beside them, so that every path between them is straight.
    """
    cells, outer = dict(figure.cells), dict(figure.outer)
    extra = [name for name in structure.cores if name not in cells]
    if len(extra) > 3:
        return None
    causes = [name for name in extra if not any(b == name for _, b in structure.links)]
    effects = [name for name in extra if name not in causes]
    touched = {name for link in structure.links if set(link) & set(extra) for name in link} - set(extra)
    middle = 2.5 if len(intercepts) == 2 else 0.0
    if len(intercepts) == 2 and extra and touched <= set(intercepts):
        step = CLOSER if waves >= LONG else BESIDE
        first, away = (0.0, -step) if causes else (waves - 1.0, step)
        cells |= {name: (first + away, cells[name][1]) for name in intercepts}
        # Of many waves effects stand there too, as no page has room for paths around all of these.
        beside = [*causes, *effects] if waves >= LONG or not causes else causes
        cells |= _place_in_column(beside, first + 2 * away, middle)
        cells |= _place_in_column([name for name in effects if name not in beside], float(waves), middle)
        outer = {name: side for name, side in outer.items() if name not in intercepts}
        return replace(figure, cells=cells, outer=outer)
    cells |= _place_in_column(causes, -1.0, middle) | _place_in_column(effects, float(waves), middle)
    return replace(figure, cells=cells, outer=outer)


def _place_in_column(names: Sequence[str], column: float, middle: float) -> dict[str, Cell]:
    return {name: (column, middle + k - (len(names) - 1) / 2) for k, name in enumerate(names)}
