"""Long chains across the page: two ranks of one core each share a column, with the path between them upright.

Published chains of five and more steps are drawn so, as in the technology acceptance model (Davis 1989): fewer columns
leave room for numbers, and the rows are as high as the indicators beside them anyway.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from sem_toolkit.diagram.content.structure import Structure

LEAST_RANKS = 5
"""Shorter chains fit a page as they are."""

COLUMN, SKIPPED, END = 0.4, 1.0, 1.0
"""What counts against a choice: each column, each that a path passes, and a first or last column that is shared."""


def share_columns(structure: Structure) -> Structure | None:
    """The structure with the ranks of a long chain joined in pairs; None for a shorter one, or where none can be."""
    depth = max(structure.ranks.values(), default=0) + 1
    if depth < LEAST_RANKS:
        return None
    best = _choose_ranks(structure.cores, tuple(structure.ranks[core] for core in structure.cores), structure.links)
    if best == tuple(range(depth)):
        return None
    return replace(structure, ranks={core: best[rank] for core, rank in structure.ranks.items()})


@lru_cache(maxsize=64)
def _choose_ranks(
    cores: tuple[str, ...], numbers: tuple[int, ...], links: tuple[tuple[str, str], ...]
) -> tuple[int, ...]:
    """Rank → column; it depends on names alone, so that one choice serves every density and spacing."""
    ranks = dict(zip(cores, numbers, strict=True))
    depth = max(numbers) + 1
    columns = [[core for core in cores if ranks[core] == rank] for rank in range(depth)]
    single = {rank: columns[rank][0] for rank in range(depth) if len(columns[rank]) == 1}
    joined = [
        rank
        for rank, core in single.items()
        if rank + 1 in single and _are_beside(core, single[rank + 1], links, rank == 0, rank + 2 == depth)
    ]
    spans = [(ranks[a], ranks[b]) for a, b in links]
    choices = [tuple(_build_ranks(depth, chosen)) for chosen in _iterate_apart(joined)]
    return min(choices, key=lambda choice: _assess(choice, spans))


def _are_beside(core: str, following: str, links: tuple[tuple[str, str], ...], first: bool, last: bool) -> bool:
    """Whether a path leads from one to the other and each has paths of its own to what stands left or right of both.

    Nothing is left of the first two, and nothing right of the last two.
    """
    causes = {a for a, b in links if b == following}
    effects = {b for a, b in links if a == core}
    return core in causes and (first or len(causes) > 1) and (last or len(effects) > 1)


def _iterate_apart(ranks: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """All choices of ranks of which no two follow each other."""
    yield ()
    for k, rank in enumerate(ranks):
        for rest in _iterate_apart([other for other in ranks[k + 1 :] if other > rank + 1]):
            yield (rank, *rest)


def _build_ranks(depth: int, joined: Sequence[int]) -> list[int]:
    """Rank → column, where each of the ranks `joined` shares its column with the next."""
    found: list[int] = []
    for rank in range(depth):
        found.append(found[-1] + (rank - 1 not in joined) if found else 0)
    return found


def _assess(ranks: Sequence[int], links: Sequence[tuple[int, int]]) -> float:
    spans = [abs(ranks[a] - ranks[b]) for a, b in links]
    ends = (ranks[1] == ranks[0]) + (ranks[-1] == ranks[-2])
    return COLUMN * (ranks[-1] + 1) + SKIPPED * sum(max(0, span - 1) for span in spans) + END * ends
