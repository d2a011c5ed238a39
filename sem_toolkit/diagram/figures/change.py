"""Latent change scores: the scores of all occasions in a row, each change beside the score that it leads to.

McArdle (2009), Annual Review of Psychology 60, 577-605: of one variable, changes stand above the scores, what they have
in common above these, the measures below; two variables mirror each other with their changes inside, so that the paths
by which one drives the other are free.
"""

from collections.abc import Mapping, Sequence
from math import floor

from sem_toolkit.diagram.content.figure import Cell, Figure, Side
from sem_toolkit.diagram.content.structure import Structure

MOST_OTHERS = 3

BESIDE_PATHS = 1 / 6
"""How far right of a column, in columns, a factor stands that keeps clear of the paths between two mirrored rows."""

BEFORE_MEASURE = 0.15
"""How far left of its score, in columns, a change stands that others' paths reach between the scores."""


def recognise_change(structure: Structure) -> Figure | None:
    """The figure of one chain of scores or of two, every score but the first with a change of its own; or None."""
    changes = _find_changes(structure)
    chains = _follow_scores(structure, changes)
    starts = {chain[0]: changes.pop(chain[0]) for chain in chains if chain[0] in changes}
    if len(chains) not in (1, 2) or sum(map(len, chains)) != len(changes) + len(chains):
        return None
    if len({len(chain) for chain in chains}) > 1 or any(structure.indicators.get(name) for name in starts.values()):
        return None
    placed = {*changes, *changes.values(), *starts.values(), *(chain[0] for chain in chains)}
    others = [name for name in structure.cores if name not in placed]
    shared = {name: {b for a, b in structure.loadings if a == name} & {*changes.values()} for name in others}
    common = [name for name in others if len(shared[name]) > 1]
    rest = [name for name in others if name not in common]
    if len(rest) > MOST_OTHERS or any(structure.indicators.get(name) for name in (*changes.values(), *common)):
        return None
    if len(chains) == 1:
        return _arrange_one(structure, chains[0], changes, starts, common, rest)
    if any(sum(changes[chain[1]] in shared[name] for name in common) > 1 for chain in chains):
        return None
    common.sort(key=lambda name: changes[chains[1][1]] in shared[name])
    single = all(len(structure.indicators.get(score, ())) <= 1 for chain in chains for score in chain)
    if len(common) == len(chains) and len(chains[0]) > 2 and single and not rest:
        return _arrange_many(structure, chains, changes, starts, common)
    return None if starts else _arrange_two(structure, chains, changes, common, rest)


def _arrange_one(
    structure: Structure,
    scores: Sequence[str],
    changes: Mapping[str, str],
    starts: Mapping[str, str],
    common: list[str],
    rest: list[str],
) -> Figure | None:
    if len(common) + len(rest) > MOST_OTHERS:
        return None
    cells: dict[str, Cell] = {score: (float(k), 2.0) for k, score in enumerate(scores)}
    cells |= {changes[score]: (float(k), 1.0) for k, score in enumerate(scores) if k}
    cells |= dict.fromkeys(starts.values(), (0.0, 1.0))
    middle = len(scores) / 2
    cells |= {name: (middle + k - (len(common) - 1) / 2, 0.0) for k, name in enumerate(common)}
    cells |= _place_rest(structure, rest, len(scores), 1.5)
    outer: dict[str, Side] = dict.fromkeys(common, "top")
    outer |= dict.fromkeys(changes.values(), "right")
    outer |= dict.fromkeys(starts.values(), "left")
    outer |= {scores[0]: "left", scores[-1]: "right"}
    return Figure("latent change", cells, dict.fromkeys(scores, "bottom"), outer)


def _arrange_many(
    structure: Structure,
    chains: Sequence[Sequence[str]],
    changes: Mapping[str, str],
    starts: Mapping[str, str],
    common: Sequence[str],
) -> Figure:
    """Many occasions of two variables: each as it stands alone, the measures inside, mirrored.

    What the changes of a variable have in common, where it starts, and its first score are in one column, so that what
    covaries is near each other; each change stands before its score, so that paths of the other variable pass between
    the scores.
    """
    cells: dict[str, Cell] = {}
    outer: dict[str, Side] = {}
    for scores, name, rows in zip(chains, common, ((0.0, 1.0, 2.0, 3.0), (7.0, 6.0, 5.0, 4.0)), strict=True):
        cells |= {name: (0.0, rows[0]), scores[0]: (0.0, rows[2])}
        cells |= {starts[score]: (0.0, rows[1]) for score in scores if score in starts}
        for k, score in enumerate(scores):
            cells[score] = (float(k), rows[2])
            cells |= dict.fromkeys(structure.indicators.get(score, ()), (float(k), rows[3]))
            outer |= dict.fromkeys(structure.indicators.get(score, ()), "left")
            if k:
                cells[changes[score]] = (k - BEFORE_MEASURE, rows[1])
        column = (name, scores[0], *(starts[score] for score in scores if score in starts))
        outer |= dict.fromkeys(column, "left")
        outer |= dict.fromkeys((changes[score] for score in scores[1:]), "top" if rows[0] == 0 else "bottom")
    return Figure("latent change", cells, {}, outer, upright=True)


def _arrange_two(
    structure: Structure,
    chains: Sequence[Sequence[str]],
    changes: Mapping[str, str],
    common: Sequence[str],
    rest: Sequence[str],
) -> Figure:
    """Scores outside, changes inside.

    What the changes of both have in common stands in the middle.
    """
    count = len(chains[0])
    last = 4.0 if common else 3.0
    cells: dict[str, Cell] = {}
    outer: dict[str, Side] = {}
    sides: dict[str, Side] = {}
    for scores, row, inner in zip(chains, (0.0, last), (1.0, last - 1), strict=True):
        cells |= {score: (float(k), row) for k, score in enumerate(scores)}
        cells |= {changes[score]: (float(k), inner) for k, score in enumerate(scores) if k}
        sides |= dict.fromkeys(scores, "top" if row == 0 else "bottom")
        outer |= dict.fromkeys([changes[score] for score in scores[1:]], "right")
        outer |= {scores[0]: "left", scores[-1]: "right"}
    first = floor(count / 2 - 0.5) + BESIDE_PATHS
    cells |= {name: (first + k, last / 2) for k, name in enumerate(common)}
    return Figure("latent change", cells | _place_rest(structure, rest, count, last / 2), sides, outer)


def _place_rest(structure: Structure, rest: Sequence[str], count: int, row: float) -> dict[str, Cell]:
    """Cells before the first and after the last of so many columns, around a row."""
    causes = [name for name in rest if not any(b == name for _, b in structure.links)]
    effects = [name for name in rest if name not in causes]
    return {
        name: (column, row + k - (len(names) - 1) / 2)
        for column, names in ((-1.0, causes), (float(count), effects))
        for k, name in enumerate(names)
    }


def _find_changes(structure: Structure) -> dict[str, str]:
    """Score → the factor that has no other indicator than this score."""
    cores = set(structure.cores)
    targets: dict[str, list[str]] = {}
    for factor, name in structure.loadings:
        targets.setdefault(factor, []).append(name)
    return {names[0]: factor for factor, names in targets.items() if len(names) == 1 and names[0] in cores}


def _follow_scores(structure: Structure, changes: dict[str, str]) -> list[list[str]]:
    """The chains of scores in the order of the paths between them."""
    after = {a: b for a, b in structure.links if b in changes and changes[b] != a and a not in changes.values()}
    chains = []
    for first in [a for a in structure.cores if a in after and a not in after.values()]:
        scores = [first]
        while scores[-1] in after and after[scores[-1]] not in scores:
            scores.append(after[scores[-1]])
        chains.append(scores)
    return chains
