"""Rotation criteria of information and of products over whole matrices, by the names of the GPA literature.

Source: Bernaards & Jennrich (2005), Educational and Psychological Measurement 65, 676-696, who give each with its
gradient. As those of `rotation.criteria` they take stacks of loadings (... × p × m), real or complex.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Stack = NDArray[Any]
"""Loadings or their likes, float64 or complex128."""


@dataclass(frozen=True)
class Entropy:
    """−½ Σ λ² log λ²: minimum entropy of Jennrich (2004), for orthogonal rotations."""

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        squares = loadings * loadings
        logs = _log(squares)
        return -(squares * logs).sum(axis=(-2, -1)) / 2.0, -loadings * (logs + (squares != 0.0))


@dataclass(frozen=True)
class Infomax:
    """log m + H(all shares) − H(shares of factors) − H(shares of items), H the entropy: McKeon (1968)."""

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        squares = loadings * loadings
        total = squares.sum(axis=(-2, -1), keepdims=True)
        parts = (squares, squares.sum(axis=-2, keepdims=True), squares.sum(axis=-1, keepdims=True))
        (own, slope), *margins = (_compute_entropy(part / total) for part in parts)
        value = np.log(loadings.shape[-1]) + own - sum(entropy for entropy, _ in margins)
        return value[..., 0, 0], 2.0 * loadings / total * (slope - sum(slopes for _, slopes in margins))


@dataclass(frozen=True)
class McCammon:
    """Log of the sum of the entropies within factors over that of the shares of factors: McCammon (1966)."""

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        squares = loadings * loadings
        by_factor = squares.sum(axis=-2, keepdims=True)
        total = by_factor.sum(axis=-1, keepdims=True)
        shares = squares / by_factor
        logs = -_log(shares)
        inner = (shares * logs).sum(axis=-2, keepdims=True)
        within = inner.sum(axis=-1, keepdims=True)
        between, slope = _compute_entropy(by_factor / total)
        by_squares = (logs - inner) / by_factor / within - slope / total / between
        return (np.log(within) - np.log(between))[..., 0, 0], 2.0 * loadings * by_squares


@dataclass(frozen=True)
class Oblimax:
    """2 log Σλ² − log Σλ⁴: Saunders (1961)."""

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        squares = loadings * loadings
        second = squares.sum(axis=(-2, -1), keepdims=True)
        fourth = (squares * squares).sum(axis=(-2, -1), keepdims=True)
        slope = 4.0 * loadings * (1.0 / second - squares / fourth)
        return (2.0 * np.log(second) - np.log(fourth))[..., 0, 0], slope


@dataclass(frozen=True)
class Bentler:
    """¼ (log |diag M| − log |M|), M the products of squared loadings of pairs of factors: Bentler (1977)."""

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        squares = loadings * loadings
        products = np.swapaxes(squares, -1, -2) @ squares
        own = np.diagonal(products, axis1=-2, axis2=-1)
        outer = np.linalg.inv(products)
        rows = np.arange(loadings.shape[-1])
        outer[..., rows, rows] -= 1.0 / own
        # the determinant of M over its diagonal, whose logarithm is analytic where that of its size is not
        value = -np.log(np.linalg.det(products / own[..., None])) / 4.0
        return value, -loadings * (squares @ outer)


@dataclass(frozen=True)
class Tandem:
    """Σ over pairs of items of λ²ᵢₖλ²ⱼₖ weighed by (ΛΛᵀ)²ᵢⱼ, with its sign turned, or (second) by 1 − (ΛΛᵀ)²ᵢⱼ.

    Source: Comrey (1967), Multivariate Behavioral Research 2, 143-154: items of one factor are to correlate.
    """

    second: bool

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        squares = loadings * loadings
        common = loadings @ np.swapaxes(loadings, -1, -2)
        across = squares @ np.swapaxes(squares, -1, -2)
        weights = float(self.second) - common * common
        weighed = weights @ squares
        slope = 4.0 * loadings * weighed - 4.0 * (common * across) @ loadings
        return (squares * weighed).sum(axis=(-2, -1)), slope


@dataclass(frozen=True)
class Simplimax:
    """Sum of the p smallest squared loadings: Kiers (1994), Psychometrika 59, 567-579, with as many zeros as items."""

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        squares = loadings * loadings
        size = squares.real.reshape(*squares.shape[:-2], -1)
        limit = np.sort(size, axis=-1)[..., loadings.shape[-2] - 1]
        small = squares.real <= limit[..., None, None]
        return (squares * small).sum(axis=(-2, -1)), 2.0 * loadings * small


def _compute_entropy(shares: Stack) -> tuple[Stack, Stack]:
    """−Σ s log s over the shares of a matrix (... × 1 × 1), and total × its slope by what the shares are of."""
    logs = -_log(shares)
    entropy = (shares * logs).sum(axis=(-2, -1), keepdims=True)
    return entropy, logs - entropy


def _log(values: Stack) -> Stack:
    """Logarithms, 0 of 0: what multiplies them is 0 there."""
    return np.asarray(np.log(np.where(values == 0.0, 1.0, values)))


CRITERIA: dict[str, Callable[[], Entropy | Infomax | McCammon | Oblimax | Bentler | Tandem | Simplimax]] = {
    "entropy": Entropy,
    "infomax": Infomax,
    "mccammon": McCammon,
    "oblimax": Oblimax,
    "bentler": Bentler,
    "tandem1": lambda: Tandem(second=False),
    "tandem2": lambda: Tandem(second=True),
    "simplimax": Simplimax,
}
