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
from sem_toolkit.model.jacobian import vech_indices

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
    if pair.kind.is_categorical:
        return SecondStage(_solve_statistics(pair, space), True, None)
    problem = _build_problem(pair, space)
    if method == "GLS":
        return SecondStage(problem.solve(pair.sample_cov), True, pair.sample_cov)
    x = problem.solve(np.broadcast_to(np.eye(pair.model.n_observed), pair.sample_cov.shape))
    if method == "ULS":
        return SecondStage(x, True, None)
    before: FloatArray | None = None
    for _ in range(1 if method == "2RLS" else _MOST):
        implied = problem.imply(x)
        if not is_positive_definite(implied):
            return SecondStage(x, False, before)
        last, x, before = x, problem.solve(implied), implied
        if method == "2RLS" or np.abs(x - last).max() <= _SETTLED * (1.0 + np.abs(x).max()):
            return SecondStage(x, True, before)
    return SecondStage(x, False, before)


@dataclass(frozen=True, eq=False)
class _Problem:
    """The linear problem at variances of 0, as matrices: Σ(θ) = Σ₀ + Σ_k θ_k D_k.

    patterns  D, G × k × p × p; base Σ₀, G × p × p; gap S − Σ₀
    """

    pair: MomentPair
    space: Space
    patterns: FloatArray
    base: FloatArray
    gap: FloatArray

    def imply(self, x: FloatArray) -> FloatArray:
        """Σ at x (q), G × p × p."""
        theta = x[self.space.places]
        k, p = self.patterns.shape[1:3]
        return np.asarray(self.base + (theta @ self.patterns.reshape(-1, k, p * p)).reshape(-1, p, p))

    def solve(self, covariance: FloatArray) -> FloatArray:
        """x with V of normal theory at a covariance matrix: tr(D_k V D_l V) θ_l = tr(D_k V gap V), V its inverse."""
        inverse = invert_symmetric(covariance)
        _, k, p, _ = self.patterns.shape
        turned = (inverse[:, None] @ self.patterns @ inverse[:, None]).reshape(-1, k, p * p)
        turned = turned * self.pair.rows[:, None, None]
        square = (turned @ self.patterns.reshape(-1, k, p * p).swapaxes(1, 2)).sum(axis=0)
        right = (turned @ self.gap.reshape(-1, p * p, 1)).sum(axis=0)[:, 0]
        x = self.pair.x.copy()
        x[self.space.places] = self.space.project(square, right)
        return x


def _build_problem(pair: MomentPair, space: Space) -> _Problem:
    p = pair.model.n_observed
    rows, columns = vech_indices(p)
    delta = compute_delta(pair)[:, -len(rows) :, space.places]
    patterns = np.zeros((len(delta), len(space.places), p, p))
    patterns[:, :, rows, columns] = patterns[:, :, columns, rows] = delta.swapaxes(1, 2)
    return _Problem(pair, space, patterns, pair.implied_cov, pair.sample_cov - pair.implied_cov)


def _solve_statistics(pair: MomentPair, space: Space) -> FloatArray:
    """The same of the statistics of ordered variables, by least squares without weights."""
    weight, delta, gap = build_weight(pair, None), compute_delta(pair), compute_residual_moments(pair)
    square, right = 0.0, 0.0
    for g, size in enumerate(pair.rows):
        columns = delta[g][:, space.places]
        weighted = weight.times(g, columns)
        square = square + size * columns.T @ weighted
        right = right + size * weighted.T @ gap[g]
    x = pair.x.copy()
    x[space.places] = space.project(np.asarray(square), np.asarray(right))
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
