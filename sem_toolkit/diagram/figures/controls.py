"""Control variables: observed causes of much of a model, which stand outside of the figure that the others make."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sem_toolkit.diagram.content.figure import Cell
from sem_toolkit.diagram.content.structure import Structure, compute_ranks


def list_plain_causes(structure: Structure) -> list[str]:
    """Cores without causes and without indicators."""
    caused = {b for _, b in structure.links}
    return [name for name in structure.cores if name not in caused and not structure.indicators.get(name)]


def drop_cores(structure: Structure, names: Collection[str]) -> Structure:
    """The structure without some cores and their paths."""
    cores = tuple(name for name in structure.cores if name not in names)
    links = tuple(link for link in structure.links if not set(link) & set(names))
    covariances = tuple(pair for pair in structure.covariances if not set(pair) & set(names))
    ranks = compute_ranks(cores, links)
    return replace(structure, cores=cores, links=links, covariances=covariances, ranks=ranks)


def place_in_row(names: Sequence[str], middle: float, row: float, step: float = 1.0) -> dict[str, Cell]:
    """Cells of columns that are `step` apart around a middle."""
    return {name: (middle + step * (k - (len(names) - 1) / 2), row) for k, name in enumerate(names)}
