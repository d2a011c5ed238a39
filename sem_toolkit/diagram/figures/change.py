"""Latent change scores: the scores of all occasions in a row, each change above the score that it leads to.

McArdle (2009), Annual Review of Psychology 60, 577-605: what all changes have in common stands above them, the
measures below the scores.
"""

from sem_toolkit.diagram.content.figure import Cell, Figure, Side
from sem_toolkit.diagram.content.structure import Structure

MOST_OTHERS = 3


def recognise_change(structure: Structure) -> Figure | None:
    """The figure of one chain of scores, every one but the first with a change of its own; otherwise None."""
    changes = _find_changes(structure)
    scores = _follow_scores(structure, changes)
    if len(scores) < 2 or len(scores) != len(changes) + 1:
        return None
    places = {changes[score]: float(k) for k, score in enumerate(scores) if k}
    cells: dict[str, Cell] = {score: (float(k), 2.0) for k, score in enumerate(scores)}
    cells |= {change: (column, 1.0) for change, column in places.items()}
    others = [name for name in structure.cores if name not in cells]
    common = [name for name in others if sum(a == name and b in places for a, b in structure.loadings) > 1]
    rest = [name for name in others if name not in common]
    if len(others) > MOST_OTHERS or any(structure.indicators.get(name) for name in (*places, *common)):
        return None
    middle = (1 + len(changes)) / 2
    cells |= {name: (middle + k - (len(common) - 1) / 2, 0.0) for k, name in enumerate(common)}
    causes = [name for name in rest if not any(b == name for _, b in structure.links)]
    effects = [name for name in rest if name not in causes]
    for column, names in ((-1.0, causes), (float(len(scores)), effects)):
        cells |= {name: (column, 1.5 + k - (len(names) - 1) / 2) for k, name in enumerate(names)}
    outer: dict[str, Side] = dict.fromkeys(common, "top")
    outer |= dict.fromkeys(places, "right")
    outer |= {scores[0]: "left", scores[-1]: "right"}
    sides: dict[str, Side] = dict.fromkeys(scores, "bottom")
    return Figure("latent change", cells, sides, outer)


def _find_changes(structure: Structure) -> dict[str, str]:
    """Score → the factor that has no other indicator than this score."""
    cores = set(structure.cores)
    targets: dict[str, list[str]] = {}
    for factor, name in structure.loadings:
        targets.setdefault(factor, []).append(name)
    return {names[0]: factor for factor, names in targets.items() if len(names) == 1 and names[0] in cores}


def _follow_scores(structure: Structure, changes: dict[str, str]) -> list[str]:
    """The scores in the order of the paths between them; empty where they make no single chain."""
    after = {a: b for a, b in structure.links if b in changes and changes[b] != a and a not in changes.values()}
    first = [a for a in after if a not in changes]
    if len(first) != 1:
        return []
    scores = first
    while scores[-1] in after and after[scores[-1]] not in scores:
        scores.append(after[scores[-1]])
    return scores
