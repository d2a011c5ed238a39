"""Σ⁻¹ of measured factors by smaller inverses, laid out as sums of products (see `interleaved`)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.libraries import csgraph
from sem_toolkit.model.entries import (
    Matrix,
    add_symmetric_rows,
    list_lower,
    list_products,
    multiply,
    number_symmetric,
    scale,
    turn,
)
from sem_toolkit.model.sums import Sums, SumsBuilder

IntArray = NDArray[np.intp]
Blocks = tuple[IntArray, IntArray, int]
"""Variables (k × s) of s blocks of k variables, rows of these (k × k × s), and first of the rows for their inverses."""


@dataclass(frozen=True, eq=False)
class Factored:
    """Σ⁻¹ = Θ⁻¹ − T N Tᵀ of Σ = Θ + ΛΦΛᵀ, with T = Θ⁻¹Λ and N = (Φ⁻¹ + ΛᵀT)⁻¹, Θ in blocks (Woodbury 1950).

    blocks       those of Θ, of each size
    factors      rows of Φ (m × m); inverse: first of the m² rows for its inverse, inner: for N
    first        makes middle (m × m), which N is the inverse of, of these inverses; last: makes Σ⁻¹ of N
    """

    blocks: tuple[Blocks, ...]
    factors: IntArray
    inverse: int
    first: Sums
    middle: IntArray
    inner: int
    last: Sums


def find_blocks(directed: Matrix, symmetric: Matrix, p: int, t: int) -> list[IntArray] | None:
    """Blocks of Θ (variables of each); None where Σ is not Θ + ΛΦΛᵀ, or Θ in few or large ones.

    It is where observed variables have effects on nothing, and their residuals none in common with latent ones.
    """
    crosses = any(j < p for _, j in directed) or any((i < p) != (j < p) for i, j in symmetric)
    if not 0 < 2 * (t - p) <= p or crosses:
        return None
    related = np.zeros((p, p))
    for i, j in symmetric:
        if i < p:
            related[i, j] = 1.0
    count, labels = csgraph.connected_components(related, directed=False)
    blocks = [np.flatnonzero(labels == label) for label in range(count)]
    return blocks if max(len(block) for block in blocks) <= p // 2 and related.diagonal().all() else None


def factor_inverse(
    builder: SumsBuilder, matrices: tuple[Matrix, Matrix, IntArray], blocks: list[IntArray]
) -> tuple[Factored, IntArray]:
    """Lay out Σ⁻¹, and the rows (p²) where it stands.

    matrices  A and S (t × t), and the rows of Φ (m²)
    """
    directed, symmetric, factors = matrices
    p, m = sum(len(block) for block in blocks), round(len(factors) ** 0.5)
    latent = range(p, p + m)
    inverse: Matrix = {}
    listed = add_blocks(builder, symmetric, blocks, inverse)
    loadings = {(i, j): entry for (i, j), entry in directed.items() if i < p}
    turned = multiply(builder, inverse, loadings, ((i, j) for i in range(p) for j in latent))
    first = builder.reserve(m * m)
    outer = number_symmetric(first, m, p)
    terms = list_products(turn(loadings), turned, list_lower(latent))
    middle = add_symmetric_rows(builder, {place: scale(outer[place], 1.0) + own for place, own in terms.items()})
    before, inner = builder.finish(), builder.reserve(m * m)
    spread = multiply(builder, turned, number_symmetric(inner, m, p), ((i, j) for i in range(p) for j in latent))
    terms = list_products(spread, turn(turned), list_lower(range(p)), -1.0)
    rows = add_symmetric_rows(builder, {place: scale(inverse.get(place), 1.0) + own for place, own in terms.items()})
    square = (m, m)
    return Factored(
        listed, factors.reshape(square), first, before, middle.reshape(square), inner, builder.finish()
    ), rows


def add_blocks(builder: SumsBuilder, symmetric: Matrix, blocks: list[IntArray], inverse: Matrix) -> tuple[Blocks, ...]:
    """Rows for blocks and their inverses, the elements of which are put into `inverse`; those of a size together."""
    sizes = sorted({len(block) for block in blocks})
    alike = [np.stack([block for block in blocks if len(block) == size], axis=1) for size in sizes]
    return tuple(_add_blocks(builder, symmetric, own, inverse) for own in alike)


def _add_blocks(builder: SumsBuilder, symmetric: Matrix, own: IntArray, inverse: Matrix) -> Blocks:
    """Rows for blocks of one size and their inverses, the elements of which are put into `inverse`."""
    size, many = own.shape
    first = builder.reserve(size * size * many)
    wanted = []
    for i in range(size):
        for j in range(size):
            for s in range(many):
                place = int(own[i, s]), int(own[j, s])
                wanted.append(scale(symmetric.get(place), 1.0))
                inverse[place] = 1.0, first + (max(i, j) * size + min(i, j)) * many + s
    return own, builder.add_rows(wanted).reshape(size, size, many), first
