"""Two traits and their states on several occasions: occasions from left to right, one trait above, one below.

Steyer, Schmitt and Eid (1999), European Journal of Personality 13, 389-408: the states of both traits are in the same
columns, the traits between them, the measures outside, so that what covaries across is near each other.
"""

from math import ceil

from sem_toolkit.diagram.content.figure import Cell, Figure, Side
from sem_toolkit.diagram.content.structure import Structure

LEAST_STATES, MOST_STATES = 3, 5


def recognise_traits(structure: Structure) -> Figure | None:
    """The figure of two factors of as many measured factors each, which covary by pairs; otherwise None."""
    cores = set(structure.cores)
    states = {name: [b for a, b in structure.loadings if a == name and b in cores] for name in structure.cores}
    states = {trait: names for trait, names in states.items() if names}
    if len(states) != 2 or structure.satellites or set(structure.links) - set(structure.loadings):
        return None
    one, other = states.values()
    placed = {*states, *one, *other}
    if len(placed) != len(cores) or len(one) != len(other) or not LEAST_STATES <= len(one) <= MOST_STATES:
        return None
    if any(not structure.indicators.get(name) for name in (*one, *other)) or len(structure.loadings) > _count(
        structure
    ):
        return None
    pairs = {frozenset(pair) for pair in structure.covariances}
    if any(frozenset(pair) not in pairs for pair in zip(one, other, strict=True)):
        return None
    # Of an odd number of occasions the traits leave the middle to the states that covary there.
    middle = (len(one) - 1) / 2 if len(one) % 2 == 0 else ceil(len(one) / 2) - 1.5
    cells: dict[str, Cell] = {}
    sides: dict[str, Side] = {}
    outer: dict[str, Side] = {}
    for (trait, names), level, row in zip(states.items(), (1.0, 2.0), (0.0, 3.0), strict=True):
        cells |= {trait: (middle, level)} | {name: (float(k), row) for k, name in enumerate(names)}
        sides |= dict.fromkeys(names, "top" if row == 0 else "bottom")
        outer |= {names[0]: "left", names[-1]: "right"}
    return Figure("traits", cells, sides, outer)


def _count(structure: Structure) -> int:
    """How many loadings there are where each indicator and each state has one."""
    return sum(map(len, structure.indicators.values())) + len(structure.cores) - 2
