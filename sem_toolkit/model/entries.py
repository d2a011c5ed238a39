"""Matrices whose elements are rows of numbers, with what is known to be 0 left out (see `sums`)."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.sums import ONE, Entry, SumsBuilder, Term

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Place = tuple[int, int]
Matrix = dict[Place, Entry]
"""The elements that may be other than 0, by row and column."""


def read_matrix(matrix: FloatArray) -> Matrix:
    """The elements of a matrix of numbers that are not 0."""
    return {(int(i), int(j)): (float(matrix[i, j]), ONE) for i, j in zip(*np.nonzero(matrix), strict=True)}


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
