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
from sem_toolkit.estimation.instruments.first_stage import Space, build_singular_equations
from sem_toolkit.libraries import lapack

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

_MOST = 500
_SETTLED = 1e-12
"""Change of a variance, relative to the largest parameter, that the next step is to be below."""
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
    theta = problem.solve(_repeat_identity(pair))
    if method == "ULS":
        return SecondStage(problem.fill(theta), True, None)
    if method == "2RLS":
        implied = problem.imply(theta)
        if not problem.can_weigh(implied):
            return SecondStage(problem.fill(theta), False, None)
        return SecondStage(problem.fill(problem.solve(implied)), True, implied)
    return _reweigh(problem, theta)


def _reweigh(problem: "_Problem", theta: FloatArray) -> SecondStage:
    """The variances that V at what they imply would solve for, from θ (k)."""
    before, moved = None, np.inf
    for _ in range(_MOST):
        implied = problem.imply(theta)
        step = problem.find_step(implied)
        if step is None:
            return SecondStage(problem.fill(theta), False, before)
        theta, before = theta + step.change, implied
        last, moved = moved, float(np.abs(step.change).max())
        # steps of Newton's shrink ever faster, so that the next one is below this one times how much it shrank
        ahead = moved * min(moved / last, 1.0) if step.is_newton and np.isfinite(last) else moved
        if ahead <= _SETTLED * (1.0 + np.abs(problem.fill(theta)).max()):
            return SecondStage(problem.fill(theta), True, before)
    return SecondStage(problem.fill(theta), False, before)


def _repeat_identity(pair: MomentPair) -> FloatArray:
    return np.broadcast_to(np.eye(pair.model.n_observed), pair.sample_cov.shape)


@dataclass(frozen=True, eq=False)
class _Part:
    """The k variances and covariances of one group.

    places       where they stand among all; rows, columns: in S
    both_rows    k × k: where S of rows i and i', of columns j and j', of row i and column j' stand in its elements
    square_scale products of their weights (½ for a variance) with twice the rows of the group, k × k; right_scale: k
    """

    places: IntArray
    rows: IntArray
    columns: IntArray
    both_rows: IntArray
    both_columns: IntArray
    across: IntArray
    square_scale: FloatArray
    right_scale: FloatArray


@dataclass(frozen=True)
class _Step:
    """A change of θ (k), and whether it is Newton's."""

    change: FloatArray
    is_newton: bool


@dataclass(frozen=True, eq=False)
class _Traces:
    """tr(D_k V D_l V) and tr(D_k V gap V) of all k (k × k and k), and UᵀV gap VU and UᵀVU of each group (t × t).

    D_k is what θ_k adds to Σ, w(u_i u_jᵀ + u_j u_iᵀ) of columns of U, so that both traces are elements of the latter.
    """

    square: FloatArray
    right: FloatArray
    along: list[FloatArray]
    products: list[FloatArray]


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

    def can_weigh(self, covariance: FloatArray) -> bool:
        """Whether V can be of normal theory at these covariance matrices (G × p × p): whether they are any."""
        return not any(lapack.dpotrf(own, lower=1)[1] for own in covariance)

    def solve(self, covariance: FloatArray) -> FloatArray:
        """θ with V of normal theory at a covariance matrix: tr(D_k V D_l V) θ_l = tr(D_k V gap V), V its inverse."""
        traces = self._gather(covariance, self.gap)
        if traces is None:
            raise build_singular_equations()
        return self.space.project(traces.square, traces.right)

    def find_step(self, implied: FloatArray) -> _Step | None:
        """From θ with Σ(θ) to where V at it would solve for it; close to where both agree, a step of Newton's to there.

        None where Σ(θ) is no covariance matrix.
        """
        traces = self._gather(implied, self.pair.sample_cov - implied)
        if traces is None:
            return None
        change = self.space.step(traces.square, traces.right)
        if change @ traces.right <= _CLOSE * self.pair.rows.sum():
            better = self.space.step_down(traces.square + self._bend(traces), traces.right)
            if better is not None:
                return _Step(better, True)
        return _Step(change, False)

    def _gather(self, covariance: FloatArray, gap: FloatArray) -> _Traces | None:
        """The traces with V at a covariance matrix (G × p × p); None where one of them is none."""
        k = len(self.space.places)
        square, right, along, products = np.zeros((k, k)), np.zeros(k), [], []
        for part, own, own_gap, U in zip(self.parts, covariance, gap, self.effects, strict=True):
            root, fault = lapack.dpotrf(own, lower=1)
            if fault:
                return None
            weighted = lapack.dpotrs(root, U, lower=1)[0]
            E, G = U.T @ weighted, weighted.T @ own_gap @ weighted
            twisted = E.take(part.across)
            pairs = E.take(part.both_rows) * E.take(part.both_columns) + twisted * twisted.T
            square[part.places[:, None], part.places] = part.square_scale * pairs
            right[part.places] = part.right_scale * G[part.rows, part.columns]
            products.append(E)
            along.append(G)
        return _Traces(square, right, along, products)

    def _bend(self, traces: _Traces) -> FloatArray:
        """What the change of V adds to the slope of the right side (k × k): 2 tr(D_k V D_l V gap V)."""
        k = len(self.space.places)
        result = np.zeros((k, k))
        for E, G, part in zip(traces.products, traces.along, self.parts, strict=True):
            own = E.take(part.both_rows) * G.take(part.both_columns) + E.take(part.both_columns) * G.take(
                part.both_rows
            )
            twisted = E.take(part.across) * G.take(part.across).T
            result[part.places[:, None], part.places] = part.square_scale * (own + twisted + twisted.T)
        return result


def _build_problem(pair: MomentPair, space: Space) -> _Problem:
    where, implied, p, t = pair.model.locations, pair.implied_cov, pair.model.n_observed, pair.model.n_variables
    group, rows, columns = where.group[space.places], where.row[space.places], where.column[space.places]
    scale = np.where(rows == columns, 0.5, 1.0)
    parts = []
    for g, size in enumerate(pair.rows):
        own = np.flatnonzero(group == g)
        i, j = rows[own], columns[own]
        places = (t * i[:, None] + i, t * j[:, None] + j, t * i[:, None] + j)
        products = 2.0 * size * np.outer(scale[own], scale[own])
        parts.append(_Part(own, i, j, *places, products, 2.0 * size * scale[own]))
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
