"""Order of cores in their columns, in which paths between ranks cross little."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations, pairwise, product

from sem_toolkit.diagram.content.structure import Structure

MOST_MOVES, MOST_PASSED = 120, 1
"""How many moves of single cores are tried for fewer crossings, at most; how many others one passes for each."""


def build_columns(structure: Structure) -> tuple[list[list[str]], dict[str, list[str]]]:
    """Cores by rank, with channels for paths that pass a rank, ordered to cross little; and who is next to whom."""
    depth = max(structure.ranks.values(), default=0) + 1
    columns: list[list[str]] = [[] for _ in range(depth)]
    for core in structure.cores:
        columns[structure.ranks[core]].append(core)
    neighbours: dict[str, list[str]] = {core: [] for core in structure.cores}
    for a, b in structure.links:
        low, high = sorted((structure.ranks[a], structure.ranks[b]))
        if low == high:
            continue
        first, last = (a, b) if structure.ranks[a] == low else (b, a)
        chain = [first, *(f"{first}\0{last}\0{rank}" for rank in range(low + 1, high)), last]
        for rank, name in zip(range(low + 1, high), chain[1:-1], strict=True):
            if name not in neighbours:
                columns[rank].append(name)
                neighbours[name] = []
        for one, other in pairwise(chain):
            neighbours[one].append(other)
            neighbours[other].append(one)
    links = tuple((name, tuple(others)) for name, others in neighbours.items())
    ordered = [list(column) for column in _order_columns(tuple(map(tuple, columns)), links)]
    order = {name: k for k, name in enumerate(structure.cores)}
    # Upside down it crosses as little.
    ordered = min(ordered, [column[::-1] for column in ordered], key=lambda found: _count_turned(order, found))
    ordered = [_keep_order(column, structure.order) for column in ordered]
    return ordered, neighbours


def _count_turned(order: Mapping[str, int], columns: Sequence[Sequence[str]]) -> int:
    """How many pairs of cores of one column stand against the order of the model."""
    return sum(
        order[one] > order[other]
        for column in columns
        for one, other in combinations([name for name in column if "\0" not in name], 2)
    )


def _keep_order(column: list[str], order: Sequence[str]) -> list[str]:
    """The column with the names that have an order in it, at the places where they are."""
    following = iter([name for name in order if name in column])
    return [next(following) if name in order else name for name in column]


@lru_cache(maxsize=256)
def _order_columns(
    columns: tuple[tuple[str, ...], ...], links: tuple[tuple[str, tuple[str, ...]], ...]
) -> tuple[tuple[str, ...], ...]:
    """Barycentre sweeps (Sugiyama, Tagawa and Toda 1981); the model's order decides between equals.

    It depends on names alone, so that one search serves every density and spacing that a picture is tried at.
    """
    neighbours = dict(links)
    best, fewest = [list(column) for column in columns], _count_crossings(columns, neighbours)
    current = [list(column) for column in columns]
    for sweep in range(8):
        order = range(1, len(current)) if sweep % 2 == 0 else range(len(current) - 2, -1, -1)
        for rank in order:
            other = current[rank - 1 if sweep % 2 == 0 else rank + 1]
            place = {name: (k + 0.5) / len(other) for k, name in enumerate(other)}
            current[rank] = _sort_column(current[rank], place, neighbours)
        count = _count_crossings(current, neighbours)
        if count < fewest:
            best, fewest = [list(column) for column in current], count
    return tuple(map(tuple, _move_single(best, fewest, neighbours)))


def _move_single(columns: list[list[str]], fewest: int, neighbours: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """One core at a time goes elsewhere in its column where that saves crossings once the other columns have followed.

    As readers know the order of the model, no more than MOST_PASSED cores are passed for a crossing saved.
    """
    order = {name: k for k, name in enumerate(neighbours)}
    cores = [[name for name in column if "\0" not in name] for column in columns]
    if sum(len(column) ** 2 for column in cores) > MOST_MOVES:
        return columns
    improved = fewest > 0
    while improved:
        improved = False
        turned = _count_turned(order, columns)
        for rank, column in enumerate(cores):
            for name, place in product(column, range(len(columns[rank]))):
                changed = [list(column) for column in columns]
                changed[rank].remove(name)
                changed[rank].insert(place, name)
                _follow(changed, rank, neighbours)
                count = _count_crossings(changed, neighbours)
                passed = _count_turned(order, changed) - turned
                if count < fewest and passed <= MOST_PASSED * (fewest - count):
                    columns, fewest, improved = changed, count, count > 0
                    turned += passed
    return columns


def _follow(columns: list[list[str]], rank: int, neighbours: Mapping[str, Sequence[str]]) -> None:
    """Order the columns on both sides of one by that one, in place, the nearest first."""
    for step, last in ((1, len(columns)), (-1, -1)):
        for k in range(rank + step, last, step):
            before = columns[k - step]
            place = {name: (m + 0.5) / len(before) for m, name in enumerate(before)}
            columns[k] = _sort_column(columns[k], place, neighbours)


def _sort_column(column: list[str], place: Mapping[str, float], neighbours: Mapping[str, Sequence[str]]) -> list[str]:
    weights: dict[str, float] = {}
    for k, name in enumerate(column):
        seen = [place[other] for other in neighbours[name] if other in place]
        weights[name] = sum(seen) / len(seen) if seen else (k + 0.5) / len(column)
    return sorted(column, key=lambda name: round(weights[name], 9))


def _count_crossings(columns: Sequence[Sequence[str]], neighbours: Mapping[str, Sequence[str]]) -> int:
    count = 0
    for left, right in pairwise(columns):
        place = {name: k for k, name in enumerate(right)}
        ends = [place[other] for name in left for other in sorted(set(neighbours[name]), key=lambda n: place.get(n, -1))
                if other in place]  # fmt: skip
        count += sum(a > b for i, a in enumerate(ends) for b in ends[i + 1 :])
    return count
