"""Symmetric systems of many searches: their solutions, with damping where they are not definite, and their factors."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.libraries import lapack

FloatArray = NDArray[np.float64]

FIRST_DAMPING, MOST_DAMPING, HARDER = 0.03, 1e4, 4.0
"""In units of the information of each parameter: the least that is tried, the most, and how it grows."""


def restore(matrices: FloatArray, diagonal: FloatArray, chosen: NDArray[np.intp]) -> None:
    """Put some symmetric matrices (s × r × r) together again of the triangle that no factor was written to."""
    if len(chosen):
        kept = np.tril(matrices[chosen], -1)
        matrices[chosen] = kept + kept.swapaxes(-1, -2) + diagonal[chosen, :, None] * np.eye(diagonal.shape[1])


def solve(matrices: FloatArray, sides: FloatArray, chosen: Iterable[int]) -> NDArray[np.bool_]:
    """Solve some of the symmetric systems (s × r × r, s × r), which their factors and solutions replace; which of them
    are definite.
    """
    # a C-ordered symmetric matrix is its own transpose, which LAPACK takes as it lies, and overwrites
    turned = matrices.swapaxes(-1, -2)
    return np.array(
        [lapack.dposv(turned[i], sides[i], lower=1, overwrite_a=1, overwrite_b=1)[2] == 0 for i in chosen],
        dtype=np.bool_,
    )


def invert_factored(factors: FloatArray) -> FloatArray:
    """Inverses (b × r × r) of systems by their factors, which are used up."""
    for turned in factors.swapaxes(-1, -2):
        lapack.dpotri(turned, lower=1, overwrite_c=1)
    upper = np.triu(factors, 1)
    np.einsum("bii->bi", upper)[:] = 0.5 * factors.diagonal(axis1=-2, axis2=-1)
    return np.asarray(upper + upper.swapaxes(-1, -2))


def solve_damped(curvature: FloatArray, sides: FloatArray, damping: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Solutions of scaled systems (s × r) with as much damping as makes them definite, and that (s)."""
    damping, found = damping.copy(), np.zeros_like(sides)
    left = np.arange(len(damping))
    while len(left):
        damped, own = curvature[left] + damping[left, None, None] * np.eye(sides.shape[1]), sides[left].copy()
        definite = solve(damped, own, range(len(left)))
        found[left[definite]] = own[definite]
        left = left[~definite]
        damping[left] = np.maximum(HARDER * damping[left], FIRST_DAMPING)
        left = left[damping[left] <= MOST_DAMPING]
    return found, damping
