"""Factors of several occasions in a row, their indicators below, the residual covariances over time under these."""

from sem_toolkit.diagram.content.figure import Figure, Side
from sem_toolkit.diagram.content.structure import Structure

LEAST_COVARIANCES = 3
MOST_ITEMS = 24


def recognise_waves(structure: Structure) -> Figure | None:
    """A measurement model whose indicators covary across factors: longitudinal factor analysis."""
    if structure.links or len(structure.cores) < 2 or structure.satellites:
        return None
    owners = [(structure.owner.get(a), structure.owner.get(b)) for a, b in structure.covariances]
    across = sum(one is not None and other is not None and one != other for one, other in owners)
    items = sum(len(names) for names in structure.indicators.values())
    cross = len(structure.loadings) - len(structure.owner)
    if across < LEAST_COVARIANCES or items > MOST_ITEMS or cross > 0.15 * items:
        return None
    if any(not structure.indicators.get(name) for name in structure.cores):
        return None
    cells = {name: (float(k), 0.0) for k, name in enumerate(structure.cores)}
    outer: dict[str, Side] = dict.fromkeys(structure.cores, "top")
    outer |= dict.fromkeys(structure.owner, "bottom")
    return Figure("waves", cells, dict.fromkeys(structure.cores, "bottom"), outer)
