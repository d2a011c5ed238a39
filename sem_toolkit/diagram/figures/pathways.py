"""Several measures of twins: what they have in common above them, what is each one's own below, twins mirrored.

Independent pathways lead from common components to all measures, a common pathway leads there through a latent
phenotype (Neale and Cardon 1992, Methodology for Genetic Studies of Twins and Families).
"""

from collections.abc import Mapping, Sequence

from sem_toolkit.diagram.content.figure import Cell, Figure, Side
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.figures.controls import place_in_row
from sem_toolkit.libraries import nx

LEAST_OWN, MOST_OWN = 2, 3
"""How many components of its own each measure has."""

MOST_MEASURES = 6

BESIDE_MEASURE = 0.38
"""How far beside its measure, in columns, a component of its own stands."""

BETWEEN_TWINS = 0.84 + 2 * BESIDE_MEASURE
"""Columns between the measures of two twins: those of their own components that stand innermost do not touch."""


def recognise_pathways(structure: Structure) -> Figure | None:
    """The figure of one person or two whose measures have components of their own; otherwise None."""
    if set(structure.links) - set(structure.loadings) or structure.satellites:
        return None
    targets: dict[str, list[str]] = {}
    for factor, name in structure.loadings:
        targets.setdefault(factor, []).append(name)
    own: dict[str, list[str]] = {}
    for factor, names in targets.items():
        if len(names) == 1 and names[0] in structure.owner:
            own.setdefault(names[0], []).append(factor)
    if set(own) != set(structure.owner) or not own or set(targets) != set(structure.cores):
        return None
    if any(not LEAST_OWN <= len(factors) <= MOST_OWN for factors in own.values()):
        return None
    graph: nx.Graph[str] = nx.Graph(list(structure.loadings))
    parts = [[name for name in own if name in part] for part in nx.connected_components(graph)]
    if not 1 <= len(parts) <= 2 or any(not 1 < len(part) <= MOST_MEASURES for part in parts):
        return None
    cells: dict[str, Cell] = {}
    sides: dict[str, Side] = {}
    outer: dict[str, Side] = {}
    left = 0.0
    for k, measures in enumerate(parts):
        mirrored = len(parts) == 2 and k == 0
        common = [name for name in structure.cores if graph.has_node(name) and _reaches(name, measures, targets, own)]
        found = _place_person(left, measures[::-1] if mirrored else measures, common, own, targets, mirrored)
        if found is None:
            return None
        cells |= found
        sides |= dict.fromkeys(common, "bottom")
        outer |= {name: "top" for name in common if found[name][1] == 0}
        for name in measures:
            sides |= dict.fromkeys(own[name], "top")
            outer |= dict.fromkeys(own[name], "bottom")
        left += len(measures) - 1 + BETWEEN_TWINS
    return Figure("pathways", cells, sides, outer, alone=True)


def _reaches(
    name: str, measures: Sequence[str], targets: Mapping[str, Sequence[str]], own: Mapping[str, Sequence[str]]
) -> bool:
    """Whether a common factor leads to these measures, itself or through another one."""
    if any(name in factors for factors in own.values()):
        return False
    return any(target in measures or _reaches(target, measures, targets, own) for target in targets.get(name, ()))


def _place_person(
    left: float,
    measures: Sequence[str],
    common: Sequence[str],
    own: Mapping[str, Sequence[str]],
    targets: Mapping[str, Sequence[str]],
    mirrored: bool,
) -> dict[str, Cell] | None:
    """Cells of the measures, of the components above them and of those below them; None for three levels above."""
    between = [name for name in common if any(name in targets[other] for other in common)]
    first = [name for name in common if name not in between]
    if any(set(targets[name]) & set(between) and set(targets[name]) & set(measures) for name in first):
        return None
    if any(set(targets[name]) & set(between) for name in between):
        return None
    width = len(measures) - 1.0
    row = 2.0 if between else 1.0
    step = max(1.0, width / max(1, len(first)))
    cells = place_in_row(first[::-1] if mirrored else first, left + width / 2, 0.0, step)
    cells |= place_in_row(between, left + width / 2, 1.0, step) if between else {}
    sign = -1.0 if mirrored else 1.0
    for k, name in enumerate(measures):
        cells[name] = (left + k, row)
        # The last one, which the twins do not share, next to the measure, so that arcs of the others run below.
        for level, factor in enumerate(own[name][::-1]):
            shift = (1.0, -1.0, 0.0)[level] * BESIDE_MEASURE
            cells[factor] = (left + k + sign * shift, row + 1 + level)
    return cells
