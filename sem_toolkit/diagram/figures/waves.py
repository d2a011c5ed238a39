"""Factors of several occasions in a row, their indicators below, the residual covariances over time under these.

A factor that all occasions share, such as a trait of which they are the states, stands above them.
"""

from sem_toolkit.diagram.content.figure import Cell, Figure, Side
from sem_toolkit.diagram.content.structure import Structure

LEAST_COVARIANCES = 3
MOST_ITEMS = 24
MOST_BESIDE = 12
"""The most covariances over time that a column of indicators may have beside it where their row is too wide."""


def recognise_waves(structure: Structure) -> Figure | None:
    """A measurement model whose indicators covary across factors: longitudinal factor analysis, states of a trait."""
    trait = _find_trait(structure)
    occasions = [name for name in structure.cores if name != trait]
    if (structure.links and trait is None) or len(occasions) < 2 or structure.satellites:
        return None
    owners = [(structure.owner.get(a), structure.owner.get(b)) for a, b in structure.covariances]
    across = sum(one is not None and other is not None and one != other for one, other in owners)
    items = sum(len(names) for names in structure.indicators.values())
    cross = sum(b in structure.owner for _, b in structure.loadings) - len(structure.owner)
    if across < LEAST_COVARIANCES or items > MOST_ITEMS or cross > 0.15 * items:
        return None
    if any(not structure.indicators.get(name) for name in occasions):
        return None
    row = 0.0 if trait is None else 1.0
    cells: dict[str, Cell] = {name: (float(k), row) for k, name in enumerate(occasions)}
    outer: dict[str, Side] = dict.fromkeys(occasions, "top" if trait is None else "left")
    outer |= dict.fromkeys(structure.owner, "bottom")
    if trait is not None:
        cells[trait] = ((len(occasions) - 1) / 2, 0.0)
        outer[trait] = "top"
    # So many arcs beside a column of indicators could not be told apart.
    alone = across > MOST_BESIDE
    return Figure("waves", cells, dict.fromkeys(occasions, "bottom"), outer, alone=alone)


def _find_trait(structure: Structure) -> str | None:
    """The one factor that loads on all others, where nothing else leads from factor to factor."""
    higher = {(a, b) for a, b in structure.loadings if b in structure.ranks}
    factors = {a for a, _ in higher}
    others = {*structure.cores} - factors
    if len(factors) != 1 or {b for _, b in higher} != others or not {*structure.links} <= higher:
        return None
    return factors.pop()
