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
IntArray = NDArray[np.intp]

_MOST = 500
_SETTLED = 1e-12
_CLOSE = 1e-2
"""Promised decrease of the discrepancy a row, doubled, below which steps are Newton's."""


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
    if pair.model.responses is not None:
        return SecondStage(_solve_statistics(pair, space), True, None)
    problem = _build_problem(pair, space)
    if method == "GLS":
        return SecondStage(problem.fill(problem.solve(pair.sample_cov)), True, pair.sample_cov)
    theta = problem.solve(np.broadcast_to(np.eye(pair.model.n_observed), pair.sample_cov.shape))
    if method == "ULS":
        return SecondStage(problem.fill(theta), True, None)
    before: FloatArray | None = None
    for _ in range(1 if method == "2RLS" else _MOST):
        implied = problem.imply(theta)
        if not is_positive_definite(implied):
            return SecondStage(problem.fill(theta), False, before)
        solved = problem.solve(implied) if method == "2RLS" else problem.improve(theta, implied)
        last, theta, before = theta, solved, implied
        if method == "2RLS" or np.abs(theta - last).max() <= _SETTLED * (1.0 + np.abs(problem.fill(theta)).max()):
            return SecondStage(problem.fill(theta), True, before)
    return SecondStage(problem.fill(theta), False, before)


@dataclass(frozen=True, eq=False)
class _Part:
    """The variances and covariances of one group: places among all k, rows and columns in S, and the products of their
    weights (½ for a variance) with twice the rows of the group.
    """

    places: IntArray
    rows: IntArray
    columns: IntArray
    square_scale: FloatArray
    right_scale: FloatArray


@dataclass(frozen=True, eq=False)
class _Problem:
    """The linear problem at variances of 0: Σ(θ) = Σ₀ + U S(θ) Uᵀ.

    effects  U, G × p × t; base Σ₀, G × p × p; gap S − Σ₀; parts: the k cells of θ, by group
    """

    pair: MomentPair
    space: Space
    effects: FloatArray
    base: FloatArray
    gap: FloatArray
    parts: tuple[_Part, ...]

    def fill(self, theta: FloatArray) -> FloatArray:
        """x (q) with these variances and covariances (k)."""
        x = self.pair.x.copy()
        x[self.space.places] = theta
        return x

    def imply(self, theta: FloatArray) -> FloatArray:
        """Σ at θ (k), G × p × p."""
        t = self.effects.shape[-1]
        S = np.zeros((len(self.parts), t, t))
        for own, part in zip(S, self.parts, strict=True):
            own[part.rows, part.columns] = own[part.columns, part.rows] = theta[part.places]
        return np.asarray(self.base + self.effects @ S @ self.effects.swapaxes(1, 2))

    def solve(self, covariance: FloatArray) -> FloatArray:
        """θ with V of normal theory at a covariance matrix: tr(D_k V D_l V) θ_l = tr(D_k V gap V), V its inverse.

        D_k is what θ_k adds to Σ, w(u_i u_jᵀ + u_j u_iᵀ) of columns of U, so that both traces are elements of UᵀVU and
        UᵀV gap VU.
        """
        return self.space.project(*self._gather(covariance, self.gap)[:2])

    def improve(self, theta: FloatArray, implied: FloatArray) -> FloatArray:
        """θ where V at Σ(θ) would solve for it; close to where both agree, a step of Newton's to there."""
        square, right, along, products = self._gather(implied, self.pair.sample_cov - implied)
        step = self.space.step(square, right)
        if step @ right <= _CLOSE * self.pair.rows.sum():
            curved = square + self._bend(products, along)
            if is_positive_definite(self.space.basis.T @ curved @ self.space.basis):
                step = self.space.step(curved, right)
        return np.asarray(theta + step)

    def _gather(self, covariance: FloatArray, gap: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Both traces (k × k and k), UᵀV gap VU and UᵀVU (G × t × t)."""
        weighted = invert_symmetric(covariance) @ self.effects
        products = self.effects.swapaxes(1, 2) @ weighted
        along = weighted.swapaxes(1, 2) @ gap @ weighted
        k = len(self.space.places)
        square, right = np.zeros((k, k)), np.zeros(k)
        for E, own_gap, part in zip(products, along, self.parts, strict=True):
            i, j = part.rows, part.columns
            first, second = E[i], E[j]
            own = part.square_scale * (first[:, i] * second[:, j] + first[:, j] * second[:, i])
            square[part.places[:, None], part.places] = own
            right[part.places] = part.right_scale * own_gap[i, j]
        return square, right, along, products

    def _bend(self, products: FloatArray, along: FloatArray) -> FloatArray:
        """What the change of V adds to the slope of the right side (k × k): 2 tr(D_k V D_l V gap V)."""
        k = len(self.space.places)
        result = np.zeros((k, k))
        for E, gap, part in zip(products, along, self.parts, strict=True):
            i, j = part.rows, part.columns
            (e_i, e_j), (g_i, g_j) = (E[i], E[j]), (gap[i], gap[j])
            own = e_i[:, i] * g_j[:, j] + e_j[:, j] * g_i[:, i] + e_i[:, j] * g_j[:, i] + e_j[:, i] * g_i[:, j]
            result[part.places[:, None], part.places] = part.square_scale * own
        return result


def _build_problem(pair: MomentPair, space: Space) -> _Problem:
    where, implied, p = pair.model.locations, pair.implied_cov, pair.model.n_observed
    group, rows, columns = where.group[space.places], where.row[space.places], where.column[space.places]
    scale = np.where(rows == columns, 0.5, 1.0)
    parts = []
    for g, size in enumerate(pair.rows):
        own = np.flatnonzero(group == g)
        products = 2.0 * size * np.outer(scale[own], scale[own])
        parts.append(_Part(own, rows[own], columns[own], products, 2.0 * size * scale[own]))
    effects = pair.moments.total_effects[:, :p]
    return _Problem(pair, space, effects, implied, pair.sample_cov - implied, tuple(parts))


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
    if pair.model.responses is not None:
        layout = pair.model.layout
        values = np.zeros(layout.size)
        values[layout.parts[2]] = 0.5  # type: ignore[attr-defined]
        values[layout.parts[3]] = 1.0  # type: ignore[attr-defined]
        return DenseWeight(tuple(values for _ in pair.rows))
    identity = np.broadcast_to(np.eye(pair.model.n_observed), pair.sample_cov.shape)
    return NormalWeight(np.asarray(identity))
