"""Variances and covariances given the coefficients: least squares, which is linear in them.

With Δ₂ the derivatives of the moments by them and s₀ what the moments would be without them, they solve
Δ₂ᵀVΔ₂ θ = Δ₂ᵀV(s − s₀). V is the identity (ULS), that of normal theory at the sample covariances (GLS), at what ULS
implies (2RLS), or at what the solution itself implies (RLS). Source: Fisher & Bollen (2020), Structural Equation
Modeling 27, 525-543.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import DenseWeight, MomentPair, NormalWeight, Weight, invert_symmetric
from sem_toolkit.discrepancy.weights import compute_delta, compute_residual_moments
from sem_toolkit.estimation.exogenous import is_positive_definite
from sem_toolkit.estimation.instruments.first_stage import Space

FloatArray = NDArray[np.float64]

_MOST = 500
_SETTLED = 1e-12


@dataclass(frozen=True, eq=False)
class SecondStage:
    """The solution: x (q) with variances and covariances; whether reweighting settled, and at what it is weighted.

    covariance  G × p × p that V is of normal theory at; None for the identity
    """

    x: FloatArray
    settled: bool
    covariance: FloatArray | None


def solve_second_stage(pair: MomentPair, space: Space, method: str) -> SecondStage:
    """Fill in variances and covariances at the coefficients of pair.x (q)."""
    if not len(space.places):
        return SecondStage(pair.x, True, None)
    start = pair.x.copy()
    start[space.places] = 0.0
    pair = replace(pair, x=start)
    problem = _Problem(pair, space, compute_delta(pair), compute_residual_moments(pair))
    if pair.kind.is_categorical:
        return SecondStage(problem.solve(None), True, None)
    if method == "GLS":
        return SecondStage(problem.solve(pair.sample_cov), True, pair.sample_cov)
    x = problem.solve(None)
    if method == "ULS":
        return SecondStage(x, True, None)
    before: FloatArray | None = None
    for _ in range(1 if method == "2RLS" else _MOST):
        implied = replace(pair, x=x).implied_cov
        if not is_positive_definite(implied):
            return SecondStage(x, False, before)
        last, x, before = x, problem.solve(implied), implied
        if method == "2RLS" or np.abs(x - last).max() <= _SETTLED * (1.0 + np.abs(x).max()):
            return SecondStage(x, True, before)
    return SecondStage(x, False, before)


@dataclass(frozen=True, eq=False)
class _Problem:
    """The linear problem at variances of 0: delta G × m × q, gap G × m."""

    pair: MomentPair
    space: Space
    delta: FloatArray
    gap: FloatArray

    def solve(self, covariance: FloatArray | None) -> FloatArray:
        weight = build_weight(self.pair, covariance)
        square, right = 0.0, 0.0
        for g, size in enumerate(self.pair.rows):
            columns = self.delta[g][:, self.space.places]
            weighted = weight.times(g, columns)
            square = square + size * columns.T @ weighted
            right = right + size * weighted.T @ self.gap[g]
        x = self.pair.x.copy()
        x[self.space.places] = self.space.project(np.asarray(square), np.asarray(right))
        return x


def build_weight(pair: MomentPair, covariance: FloatArray | None) -> Weight:
    """V of normal theory at a covariance matrix (G × p × p); for None that of unweighted elements of Σ.

    Without weights an off-diagonal element counts twice, for it is in the matrix twice. Thresholds and means count for
    nothing: they do not depend on variances.
    """
    if covariance is not None:
        return NormalWeight(invert_symmetric(covariance))
    if pair.kind.is_categorical:
        layout = pair.model.layout
        values = np.zeros(layout.size)
        values[layout.parts[2]] = 0.5  # type: ignore[attr-defined]
        values[layout.parts[3]] = 1.0  # type: ignore[attr-defined]
        return DenseWeight(tuple(values for _ in pair.rows))
    identity = np.broadcast_to(np.eye(pair.model.n_observed), pair.sample_cov.shape)
    return NormalWeight(np.asarray(identity))
