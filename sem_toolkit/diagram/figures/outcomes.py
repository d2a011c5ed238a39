"""Mediators of one cause that all lead to the same two outcomes: three columns, mirrored about the middle row.

Two mediators stand in the rows of the outcomes, so that one path to each outcome is level and the others cross as in a
panel; with more of them the outcomes stand in the rows of the outermost (MacKinnon 2008, Introduction to Statistical
Mediation Analysis).
"""

from collections.abc import Sequence

from sem_toolkit.diagram.content.figure import Cell, Figure, Side
from sem_toolkit.diagram.content.structure import Structure

LEAST_MEDIATORS, MOST_MEDIATORS, MOST_MEASURED = 2, 4, 2
"""How many mediators there are, and the most of them where they have indicators."""

OUTCOMES = 2


def recognise_outcomes(structure: Structure) -> Figure | None:
    """The figure of one cause, its mediators and their two outcomes, which the cause may reach as well; or None."""
    causes = {b: {a for a, other in structure.links if other == b} for b in structure.cores}
    effects = {a: {b for other, b in structure.links if other == a} for a in structure.cores}
    first = [name for name in structure.cores if not causes[name]]
    last = [name for name in structure.cores if not effects[name]]
    between = [name for name in structure.cores if name not in (*first, *last)]
    if len(first) != 1 or len(last) != OUTCOMES or not LEAST_MEDIATORS <= len(between) <= MOST_MEDIATORS:
        return None
    if structure.satellites or any(causes[name] != {*first} or effects[name] != {*last} for name in between):
        return None
    if (effects[first[0]] - {*between}) not in (set(), {*last}) or _has_covariances_across(structure):
        return None
    if len(between) > MOST_MEASURED and any(structure.indicators.get(name) for name in between):
        return None
    return _arrange(structure, first[0], between, last)


def _has_covariances_across(structure: Structure) -> bool:
    """Whether indicators of two factors covary, which asks for these beside each other."""
    owners = [(structure.owner.get(a), structure.owner.get(b)) for a, b in structure.covariances]
    return any(one is not None and other is not None and one != other for one, other in owners)


def _arrange(structure: Structure, cause: str, between: Sequence[str], outcomes: Sequence[str]) -> Figure:
    # Direct paths need room between two mediators; indicators keep these apart anyway.
    narrow = len(between) == LEAST_MEDIATORS and not structure.owner
    step = 2.0 if narrow and (cause, outcomes[0]) in structure.links else 1.0
    bottom = step * (len(between) - 1)
    cells: dict[str, Cell] = {name: (1.0, step * k) for k, name in enumerate(between)}
    cells |= {cause: (0.0, bottom / 2), outcomes[0]: (2.0, 0.0), outcomes[1]: (2.0, bottom)}
    sides: dict[str, Side] = {cause: "left", **dict.fromkeys(outcomes, "right")}
    sides |= {name: "top" if k < len(between) / 2 else "bottom" for k, name in enumerate(between)}
    plain = not any(structure.indicators.get(name) for name in outcomes)
    return Figure("outcomes", cells, sides, dict.fromkeys(outcomes, "right") if plain else {})
