"""Mediation: the cause at the left, the outcome at the right of one row, the mediators above it.

One mediator makes the triangle (Baron and Kenny 1986), several in a row the trapezium of serial mediation, several side
by side stand above each other (Hayes 2022). Control variables of the outcome stand below.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from sem_toolkit.diagram.content.figure import Cell, Figure, Side
from sem_toolkit.diagram.content.matrix_choice import MATRIX_FROM_OF_MEDIATORS
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.figures.controls import drop_cores, list_plain_causes, place_in_row

MOST_MEDIATORS, MOST_MEASURED, MOST_CONTROLS = 5, 4, 3

CLOSE = 0.6
"""Distance of controls below an outcome, in columns."""

MOST_MODERATED = 4
"""The most causes of a moderated mediation in one column; of more, those in no product stand below as controls."""


def recognise_mediation(structure: Structure) -> Figure | None:
    """The figure of one cause, its mediators and one outcome, all of which it reaches; otherwise None.

    Of several causes that one is meant which has indicators, or else the first of the model; the others are controls
    if they reach the outcome.
    """
    caused = {b for _, b in structure.links}
    first = [name for name in structure.cores if name not in caused]
    plain = list_plain_causes(structure)
    cause = next((name for name in first if name not in plain), first[0] if first else None)
    controls = [name for name in plain if name != cause]
    if not controls:
        return _recognise_plain(structure)
    products = _find_products(structure, first)
    if products:
        return _arrange_moderated(structure, first, products)
    if len(controls) > MOST_CONTROLS:
        return None
    figure = _recognise_plain(drop_cores(structure, controls))
    return None if figure is None else _add_controls(figure, structure, controls)


def _find_products(structure: Structure, causes: Sequence[str]) -> set[str]:
    """Causes that are products by their names, such as demands_x_autonomy, with what they are products of."""
    names = {name: name.lower() for name in structure.cores}
    return {
        name
        for cause in causes
        for a, b in combinations([name for name in names if name != cause], 2)
        if names[a] in names[cause] and names[b] in names[cause].replace(names[a], "", 1)
        for name in (cause, a, b)
    }


def _arrange_moderated(structure: Structure, causes: Sequence[str], products: Collection[str]) -> Figure | None:
    """Cause, moderator and product below each other, the mediator above and the outcome at the right of them.

    Hayes (2022) draws the statistical diagrams of his models 7, 8 and 14 so. Of many causes the controls, those that
    are in no product, stand below.
    """
    effects = {a for a, _ in structure.links}
    last = [name for name in structure.cores if name not in effects]
    between = [name for name in structure.cores if name not in (*causes, *last)]
    controls = [name for name in causes if name not in products] if len(causes) > MOST_MODERATED else []
    column = [name for name in causes if name not in controls]
    if len(last) != 1 or len(between) != 1 or len(column) > MOST_MODERATED or len(controls) > MOST_CONTROLS:
        return None
    outcome, mediator = last[0], between[0]
    if any(structure.indicators.get(name) or (name, outcome) not in structure.links for name in controls):
        return None
    middle = (len(column) - 1) / 2
    cells: dict[str, Cell] = {name: (0.0, float(k)) for k, name in enumerate(column)}
    cells |= {mediator: (1.0, -1.0), outcome: (2.0, middle)} | place_in_row(controls, 1.0, float(len(column)))
    sides: dict[str, Side] = dict.fromkeys(column, "left")
    outer: dict[str, Side] = {**dict.fromkeys(column, "left"), **dict.fromkeys(controls, "bottom"), mediator: "top"}
    return Figure("moderated mediation", cells, sides | {mediator: "top", outcome: "right"}, outer)


def _add_controls(figure: Figure, structure: Structure, controls: Sequence[str]) -> Figure | None:
    """The figure with controls below its lowest row, or, where mediators stand there, below the outcome.

    None where they lead to mediators that stand above each other, as their paths would run along these.
    """
    outcome = max(figure.cells, key=lambda name: figure.cells[name])
    last, base = figure.cells[outcome]
    reached = {name for control in controls for a, name in structure.links if a == control}
    columns = [column for name, (column, row) in figure.cells.items() if row < base and name in reached]
    if len(set(columns)) < len(columns) or any((name, outcome) not in structure.links for name in controls):
        return None
    lower = {name for name, (_, row) in figure.cells.items() if row > base}
    if lower & reached:
        return None
    row = place_in_row(controls, last, base + 1, CLOSE) if lower else place_in_row(controls, last / 2, base + 1)
    cells = {**figure.cells, **row}
    return replace(figure, cells=cells, outer={**figure.outer, **dict.fromkeys(controls, "bottom")})


def _recognise_plain(structure: Structure) -> Figure | None:
    """The figure of a model without controls."""
    causes = {b: {a for a, other in structure.links if other == b} for b in structure.cores}
    effects = {a: {b for other, b in structure.links if other == a} for a in structure.cores}
    first = [name for name in structure.cores if not causes[name]]
    last = [name for name in structure.cores if not effects[name]]
    if len(first) != 1 or len(last) != 1 or (first[0], last[0]) not in structure.links:
        return None
    cause, outcome = first[0], last[0]
    between = [name for name in structure.cores if name not in (cause, outcome)]
    if not 0 < len(between) <= MOST_MEDIATORS:
        return None
    owners = {
        frozenset({structure.owner[a], structure.owner[b]})
        for a, b in structure.covariances
        if a in structure.owner and b in structure.owner and structure.owner[a] != structure.owner[b]
    }
    if owners:
        return _arrange_repeated(structure, cause, between, outcome, owners)
    chain = sorted(between, key=lambda name: structure.ranks[name])
    if all((a, b) in structure.links for a, b in pairwise(chain)):
        return _arrange_serial(structure, cause, chain, outcome)
    if any(a in between and b in between for a, b in structure.links):
        return None
    if any((cause, name) not in structure.links or (name, outcome) not in structure.links for name in between):
        return None
    return _arrange_parallel(structure, cause, between, outcome)


def _arrange_repeated(
    structure: Structure, cause: str, between: Sequence[str], outcome: str, covarying: Collection[frozenset[str]]
) -> Figure | None:
    """The triangle in which two factors whose indicators covary have these on the same side; None for other models.

    A factor of two occasions, such as alienation with Wheaton et al. (1977), stands in one row with its cause below.
    """
    if len(between) != 1 or len(covarying) != 1 or (cause, between[0]) not in structure.links:
        return None
    (pair,), mediator = covarying, between[0]
    if pair == {mediator, outcome}:
        cells: dict[str, Cell] = {mediator: (0.0, 0.0), outcome: (1.0, 0.0), cause: (0.5, 1.0)}
        sides: dict[str, Side] = {mediator: "top", outcome: "top", cause: "bottom"}
        return Figure("mediation", cells, sides, {mediator: "left", outcome: "right", cause: "left"})
    if pair == {cause, outcome}:
        cells = {cause: (0.0, 1.0), outcome: (2.0, 1.0), mediator: (1.0, 0.0)}
        sides = {cause: "bottom", outcome: "bottom", mediator: "top"}
        return Figure("mediation", cells, sides, {cause: "left", outcome: "right", mediator: "left"})
    return None


def _arrange_serial(structure: Structure, cause: str, chain: list[str], outcome: str) -> Figure | None:
    count = len(chain)
    if count > 2 and any(structure.indicators.get(name) for name in chain):
        return None
    # Of three mediators and more, the inner ones rise above the outer ones, so that no path runs through a shape.
    rows = [abs(k - (count - 1) / 2) // 1 for k in range(count)]
    cells: dict[str, Cell] = {name: (k + 1.0, row) for k, (name, row) in enumerate(zip(chain, rows, strict=True))}
    base = max(rows) + 1
    cells |= {cause: (0.0, base), outcome: (count + 1.0, base)}
    sides: dict[str, Side] = dict.fromkeys(chain, "top")
    return Figure("mediation", cells, sides | {cause: "left", outcome: "right"}, dict.fromkeys(chain, "top"))


def _arrange_parallel(structure: Structure, cause: str, between: list[str], outcome: str) -> Figure | None:
    covary = any({a, b} <= set(between) for a, b in structure.covariances)
    measured = any(structure.indicators.get(name) for name in between)
    if len(between) == 2 and (measured or not covary):
        one, other = between
        cells: dict[str, Cell] = {cause: (0.0, 1.0), outcome: (2.0, 1.0), one: (1.0, 0.0), other: (1.0, 2.0)}
        sides: dict[str, Side] = {cause: "left", outcome: "right", one: "top", other: "bottom"}
        return Figure("mediation", cells, sides, {one: "top", other: "bottom"})
    if measured:
        return _arrange_measured(cause, between, outcome)
    # The direct path runs between the upper and the lower half, or below all where few of them covary across it.
    inner = [{a, b} for a, b in structure.covariances if {a, b} <= set(between)]
    count = len(between)
    base = count if 0 < len(inner) < MATRIX_FROM_OF_MEDIATORS else (count + 1) // 2
    cells = _place_around(cause, between, outcome, base)
    return Figure("mediation", cells, {cause: "left", outcome: "right"}, ports=count > 2)


def _place_around(cause: str, between: Sequence[str], outcome: str, base: int) -> dict[str, Cell]:
    """Mediators below each other, `base` of them above the row of cause and outcome."""
    cells: dict[str, Cell] = {name: (1.0, float(k + (k >= base))) for k, name in enumerate(between)}
    return cells | {cause: (0.0, float(base)), outcome: (2.0, float(base))}


def _arrange_measured(cause: str, between: Sequence[str], outcome: str) -> Figure | None:
    """Mediators with indicators below each other: those above the direct path have them above, the others below."""
    if len(between) > MOST_MEASURED:
        return None
    base = (len(between) + 1) // 2
    cells = _place_around(cause, between, outcome, base)
    sides: dict[str, Side] = {name: "top" if cells[name][1] < base else "bottom" for name in between}
    return Figure("mediation", cells, sides | {cause: "left", outcome: "right"})
