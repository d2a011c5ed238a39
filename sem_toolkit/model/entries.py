"""Matrices whose elements are rows of numbers, with what is known to be 0 left out (see `sums`)."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.cells import DIRECTED, INTERCEPT
from sem_toolkit.model.ram import Model
from sem_toolkit.model.sums import ONE, Entry, SumsBuilder, Term

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Place = tuple[int, int]
Matrix = dict[Place, Entry]
"""The elements that may be other than 0, by row and column."""


def read_matrix(matrix: FloatArray) -> Matrix:
    """The elements of a matrix of numbers that are not 0."""
    return {(int(i), int(j)): (float(matrix[i, j]), ONE) for i, j in zip(*np.nonzero(matrix), strict=True)}


def read_group(model: Model, group: int) -> tuple[Matrix, Matrix, dict[int, Entry]]:
    """A, S and m of a group, the free cells of which are the rows of x, from 2 on."""
    directed, symmetric = read_matrix(model.directed[group]), read_matrix(model.symmetric[group])
    intercepts = {i: (float(value), ONE) for i, value in enumerate(model.intercepts[group]) if value}
    cells = model.cells[group]
    listed = zip(cells.position, cells.kind, cells.row, cells.column, strict=True)
    for position, kind, i, j in (tuple(int(n) for n in cell) for cell in listed):
        entry = (1.0, 2 + position)
        if kind == INTERCEPT:
            intercepts[i] = entry
        elif kind == DIRECTED:
            directed[i, j] = entry
        else:
            symmetric[i, j] = symmetric[j, i] = entry
    return directed, symmetric, intercepts


def turn(matrix: Matrix) -> Matrix:
    """The transpose."""
    return {(j, i): entry for (i, j), entry in matrix.items()}


def number_symmetric(first: int, size: int, offset: int = 0) -> Matrix:
    """A symmetric matrix (size × size) in the rows from `first` on, of which those of its lower triangle are read."""
    places = [(i, j) for i in range(size) for j in range(size)]
    return {(offset + i, offset + j): (1.0, first + max(i, j) * size + min(i, j)) for i, j in places}


def scale(entry: Entry | None, factor: float) -> list[Term]:
    """A multiple of an entry."""
    return [] if entry is None else [(factor * entry[0], entry[1], ONE)]


def join(one: Entry | None, other: Entry | None, factor: float) -> list[Term]:
    """The product of two entries, times a factor."""
    return [] if one is None or other is None else [(factor * one[0] * other[0], one[1], other[1])]


def add_matrix(builder: SumsBuilder, terms: dict[Place, list[Term]]) -> Matrix:
    """A matrix of these sums."""
    entries = builder.add(terms.values())
    return {place: entry for place, entry in zip(terms, entries, strict=True) if entry is not None}


def add_matrices(builder: SumsBuilder, *wanted: dict[Place, list[Term]]) -> tuple[Matrix, ...]:
    """Several matrices of sums that do not depend on each other, in one step."""
    entries = iter(builder.add([own for terms in wanted for own in terms.values()]))
    found = [{place: next(entries) for place in terms} for terms in wanted]
    return tuple({place: entry for place, entry in own.items() if entry is not None} for own in found)


def list_products(left: Matrix, right: Matrix, wanted: Iterable[Place], factor: float = 1.0) -> dict[Place, list[Term]]:
    """The terms of some elements of a product of matrices."""
    rows: dict[int, list[tuple[int, Entry]]] = {}
    for (i, k), entry in left.items():
        rows.setdefault(i, []).append((k, entry))
    return {
        (i, j): [term for k, entry in rows.get(i, ()) for term in join(entry, right.get((k, j)), factor)]
        for i, j in wanted
    }


def multiply(builder: SumsBuilder, left: Matrix, right: Matrix, wanted: Iterable[Place]) -> Matrix:
    """Some elements of a product of matrices."""
    return add_matrix(builder, list_products(left, right, wanted))


def add_symmetric_rows(builder: SumsBuilder, terms: dict[Place, list[Term]]) -> IntArray:
    """Rows (size²) of a symmetric matrix, given the terms of its lower triangle row by row."""
    rows = dict(zip(terms, builder.add_rows(terms.values()).tolist(), strict=True))
    names = sorted({i for i, _ in rows})
    return np.array([rows[max(i, j), min(i, j)] for i in names for j in names], dtype=np.intp)


def list_lower(names: Iterable[int]) -> list[Place]:
    """The places of the lower triangle, row by row."""
    names = list(names)
    return [(i, j) for i in names for j in names if i >= j]


def add_effects(builder: SumsBuilder, directed: Matrix, names: Iterable[int]) -> Matrix:
    """B = (I − A)⁻¹ of these variables row by row, what affects others first."""
    names = list(names)
    causes: dict[int, list[tuple[int, Entry]]] = {i: [] for i in names}
    for (i, j), entry in directed.items():
        causes[i].append((j, entry))
    found: Matrix = {}
    done: set[int] = set()
    while len(done) < len(names):
        ready = [i for i in causes if i not in done and all(j in done for j, _ in causes[i])]
        wanted: dict[Place, list[Term]] = {(i, i): [(1.0, ONE, ONE)] for i in ready}
        for i in ready:
            for j, (factor, row) in causes[i]:
                for k in names:
                    if (j, k) in found:
                        more, other = found[j, k]
                        wanted.setdefault((i, k), []).append((factor * more, row, other))
        found |= add_matrix(builder, wanted)
        done |= set(ready)
    return found
