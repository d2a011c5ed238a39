"""Bounds on what any data behind the printed tables can say of all predictors at once.

The tables fix the correlations r of each predictor with the outcome, and of the predictors of one table with one
another; those across tables are free, as long as the whole is a correlation matrix S. Which standardised coefficients
β = S⁻¹r of the joint regression can come out?

Write each predictor as x = (r/R²)ŷ + u with u orthogonal to ŷ = Σ βx. Then Σ βu = 0, and the length of βu is
|β| √(1 − r²/R²): the pieces βu close a polygon, and any lengths that do (the longest at most the sum of the others) can
be had. So predictors that stand alone in their tables admit exactly those β with Σ rβ = R² whose lengths close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd

from sem_toolkit.study.intervals import FloatArray


@dataclass(frozen=True, eq=False)
class FixedCorrelations:
    """Correlations that the tables fix.

    names    predictors (k)
    matrix   k × k, correlations within a table; what is free does not matter
    fixed    k × k, True where the correlation is fixed (the diagonal is)
    outcome  correlations with the outcome (k)
    """

    names: tuple[str, ...]
    matrix: FloatArray
    fixed: np.ndarray
    outcome: FloatArray


def build_extreme_completion(known: FixedCorrelations, j: int, size: float, r2: float = 0.95) -> FloatArray | None:
    """Correlations of the predictors (k × k) among which predictor j has the coefficient `size`; None if none is found.

    Two others close the triangle: one with a large coefficient of the other sign, one that makes up the rest of R².
    Only predictors that stand alone in their tables are used; the others have the coefficient 0.
    """
    r = known.outcome
    alone = [i for i in range(len(r)) if known.fixed[i].sum() == 1]
    if j not in alone:
        return None
    length = np.sqrt(1.0 - r**2 / r2)
    for other, third in permutations([i for i in alone if i != j], 2):
        for rest in np.linspace(-2.0 * abs(size) - 2.0, 2.0 * abs(size) + 2.0, 801):
            against = (r2 - size * r[j] - rest * r[third]) / r[other]
            sides = np.abs([size * length[j], against * length[other], rest * length[third]])
            if sides.min() > 1e-6 and 2.0 * sides.max() < 0.9999 * sides.sum():
                beta = {j: size, other: float(against), third: float(rest)}
                return _close_triangle(known, beta, sides, r2)
    return None


def _close_triangle(known: FixedCorrelations, beta: dict[int, float], sides: FloatArray, r2: float) -> FloatArray:
    """S with Σ βu = 0 for three predictors whose pieces have these lengths; the others' u are orthogonal to them."""
    a, b, c = sides
    # Directions of the three pieces along a triangle's sides, one after the other.
    cosines = {(0, 1): (c * c - a * a - b * b) / (2 * a * b), (1, 2): (a * a - b * b - c * c) / (2 * b * c)}
    cosines[0, 2] = (b * b - a * a - c * c) / (2 * a * c)
    r = known.outcome
    rest = np.where(known.fixed, known.matrix - np.outer(r, r) / r2, 0.0)
    chosen, length = list(beta), np.sqrt(1.0 - r**2 / r2)
    for (p, q), cosine in cosines.items():
        i, k = chosen[p], chosen[q]
        rest[i, k] = rest[k, i] = cosine * np.sign(beta[i] * beta[k]) * length[i] * length[k]
    return np.asarray(rest + np.outer(r, r) / r2)


def bound_without_negative(known: FixedCorrelations, most_r2: float = 1.0, steps: int = 40) -> pd.DataFrame:
    """Lowest and highest coefficient of each predictor where none is negative: a linear programme for each R².

    All predictors stand alone in their tables; R² runs over `steps` equal steps from the largest of one table to
    `most_r2`. Columns: predictor, lowest, highest.
    """
    from scipy.optimize import linprog

    r, k = known.outcome, len(known.names)
    low, high = np.full(k, np.inf), np.full(k, -np.inf)
    for r2 in np.linspace(float((r**2).max()), most_r2, steps + 1):
        length = np.sqrt(np.maximum(1.0 - r**2 / r2, 0.0))
        closes = 2.0 * np.diag(length) - length  # row m: piece m less all others
        for j in range(k):
            for sign, ends, better in ((1.0, low, np.minimum), (-1.0, high, np.maximum)):
                cost = np.zeros(k)
                cost[j] = sign
                found = linprog(cost, A_ub=closes, b_ub=np.zeros(k), A_eq=r[None, :], b_eq=[r2], method="highs")
                if found.x is not None:
                    ends[j] = better(ends[j], found.x[j])
    return pd.DataFrame({"predictor": known.names, "lowest": low, "highest": high})


def combine_blocks(
    known: FixedCorrelations, sds: FloatArray, blocks: Sequence[Sequence[str]], names: Sequence[str]
) -> FixedCorrelations:
    """Equal-weight means of blocks, each of one table, in the place of its predictors; sds (k) are the predictors'."""
    outcome = []
    for block in blocks:
        chosen = [known.names.index(name) for name in block]
        spread = sds[chosen]
        variance = float(spread @ known.matrix[np.ix_(chosen, chosen)] @ spread)
        outcome.append(float(known.outcome[chosen] @ spread) / np.sqrt(variance))
    size = len(names)
    return FixedCorrelations(tuple(names), np.eye(size), np.eye(size, dtype=bool), np.array(outcome))
