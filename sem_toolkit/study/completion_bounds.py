"""Bounds on what any data behind the printed tables can say of all predictors at once.

The tables fix the correlations r of each predictor with the outcome, and of the predictors of one table with one
another; those across tables are free, as long as the whole is a correlation matrix S. Which standardised coefficients
β = S⁻¹r of the joint regression can come out?

Write each predictor as x = (r/R²)ŷ + u with u orthogonal to ŷ = Σ βx. Then Σ βu = 0, and the length of βu is
|β| √(1 − r²/R²): the pieces βu close a polygon, and any lengths that do (the longest at most the sum of the others) can
be had. So predictors that stand alone in their tables admit exactly those β with Σ rβ = R² whose lengths close. The
predictors of one table are one piece: its length is √(β'Gβ) over them, with G = S − rr'/R², which the table fixes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from sem_toolkit.libraries import pd
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

    Two others, of two other tables, close the triangle: one with a large coefficient of the other sign, one that makes
    up the rest of R². All further coefficients are 0.
    """
    r = known.outcome
    length = np.sqrt(1.0 - r**2 / r2)
    for other, third in permutations([i for i in range(len(r)) if not known.fixed[i, j]], 2):
        if known.fixed[other, third]:
            continue
        for rest in np.linspace(-2.0 * abs(size) - 2.0, 2.0 * abs(size) + 2.0, 801):
            against = (r2 - size * r[j] - rest * r[third]) / r[other]
            sides = np.abs([size * length[j], against * length[other], rest * length[third]])
            if sides.min() > 1e-6 and 2.0 * sides.max() < 0.9999 * sides.sum():
                beta = {j: size, other: float(against), third: float(rest)}
                return _close_triangle(known, beta, sides, r2)
    return None


def _close_triangle(known: FixedCorrelations, beta: dict[int, float], sides: FloatArray, r2: float) -> FloatArray:
    """S with Σ βu = 0 for three predictors whose pieces have these lengths.

    Others of their tables follow them as far as their own correlation goes; the rest of every u is orthogonal to all.
    """
    a, b, c = sides
    # Directions of the three pieces along a triangle's sides, one after the other.
    cosines = {(0, 1): (c * c - a * a - b * b) / (2 * a * b), (1, 2): (a * a - b * b - c * c) / (2 * b * c)}
    cosines[0, 2] = (b * b - a * a - c * c) / (2 * a * c)
    r = known.outcome
    rest = np.where(known.fixed, known.matrix - np.outer(r, r) / r2, 0.0)
    chosen, length = list(beta), np.sqrt(1.0 - r**2 / r2)
    for (p, q), cosine in cosines.items():
        i, k = chosen[p], chosen[q]
        product = cosine * np.sign(beta[i] * beta[k]) * length[i] * length[k]
        mine, theirs = np.flatnonzero(known.fixed[i]), np.flatnonzero(known.fixed[k])
        shared = product * np.outer(rest[mine, i] / rest[i, i], rest[k, theirs] / rest[k, k])
        rest[np.ix_(mine, theirs)], rest[np.ix_(theirs, mine)] = shared, shared.T
    return np.asarray(rest + np.outer(r, r) / r2)


def bound_without_negative(known: FixedCorrelations, most_r2: float = 1.0, steps: int = 40) -> pd.DataFrame:
    """Lowest and highest coefficient of each predictor where none is negative: a linear programme for each R².

    All predictors stand alone in their tables (`bound_blocks_without_negative` where they do not); R² runs over `steps`
    equal steps from the largest of one table to `most_r2`. Columns: predictor, lowest, highest.
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


def bound_blocks_without_negative(
    known: FixedCorrelations, most_r2: float = 1.0, starts: int = 8, seed: int = 1
) -> pd.DataFrame:
    """Lowest and highest coefficient of each predictor where none is negative, for tables with several predictors.

    The lengths of pieces are convex in β, so that closing them is not a convex condition: the best end of `starts`
    searches by sequential quadratic programming. Columns: predictor, lowest, highest.
    """
    from scipy.optimize import minimize

    k, rng = len(known.names), np.random.default_rng(seed)
    pieces = _Pieces(known)
    ends = {}
    for j in range(k):
        for sign in (1.0, -1.0):
            found = []
            for _ in range(starts):
                start = np.append(rng.dirichlet(np.full(k, 0.5)), rng.uniform(pieces.least_r2, most_r2))
                slope = np.zeros(k + 1)
                slope[j] = sign
                outcome = minimize(
                    lambda x, slope=slope: float(slope @ x),
                    start,
                    jac=lambda x, slope=slope: slope,
                    bounds=[*[(0.0, None)] * k, (pieces.least_r2, most_r2)],
                    constraints=[
                        {"type": "eq", "fun": pieces.explain, "jac": pieces.explain_slope},
                        {"type": "ineq", "fun": pieces.close, "jac": pieces.close_slope},
                    ],
                    method="SLSQP",
                    options={"maxiter": 300, "ftol": 1e-10},
                )
                if outcome.success and abs(pieces.explain(outcome.x)) < 1e-7 and pieces.close(outcome.x).min() > -1e-6:
                    found.append(float(outcome.x[j]))
            ends[j, sign] = sign * min((sign * value for value in found), default=np.nan)
    low, high = [ends[j, 1.0] for j in range(k)], [ends[j, -1.0] for j in range(k)]
    return pd.DataFrame({"predictor": known.names, "lowest": low, "highest": high})


class _Pieces:
    """Lengths of the pieces of a completion, x = (β, R²), with their slopes."""

    def __init__(self, known: FixedCorrelations) -> None:
        blocks = {tuple(np.flatnonzero(row)) for row in known.fixed}
        self._blocks = [np.array(block) for block in sorted(blocks)]
        self._r, self._matrix = known.outcome, np.where(known.fixed, known.matrix, 0.0)
        own = [(known.matrix[np.ix_(block, block)], self._r[block]) for block in self._blocks]
        self.least_r2 = max(float(r @ np.linalg.solve(matrix, r)) for matrix, r in own)

    def explain(self, x: FloatArray) -> float:
        """What the coefficients explain, less R²."""
        return float(self._r @ x[:-1] - x[-1])

    def explain_slope(self, x: FloatArray) -> FloatArray:
        """Slope of `explain`."""
        return np.append(self._r, -1.0)

    def close(self, x: FloatArray) -> FloatArray:
        """For each piece, the sum of all others less its own length: none may be negative."""
        lengths = self._measure(x)[0]
        return np.asarray(lengths.sum() - 2.0 * lengths)

    def close_slope(self, x: FloatArray) -> FloatArray:
        """Slopes of `close`, pieces × (k + 1)."""
        slopes = self._measure(x)[1]
        return np.asarray(slopes.sum(axis=0) - 2.0 * slopes)

    def _measure(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        beta, r2 = x[:-1], x[-1]
        lengths, slopes = np.zeros(len(self._blocks)), np.zeros((len(self._blocks), len(x)))
        for number, block in enumerate(self._blocks):
            own, r = beta[block], self._r[block]
            gram = self._matrix[np.ix_(block, block)] - np.outer(r, r) / r2
            lengths[number] = np.sqrt(max(float(own @ gram @ own), 0.0) + 1e-16)  # smooth where a piece vanishes
            slopes[number, block] = gram @ own / lengths[number]
            slopes[number, -1] = (r @ own) ** 2 / (2.0 * r2**2 * lengths[number])
        return lengths, slopes


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
