"""Composites (`<~`): the cells of the RAM matrices that follow from the weights.

A composite C = wᵀx of indicators with covariance matrix T has variance v = wᵀTw, and reaches the rest of the model as
if it were a factor with loadings λ = Tw / v and residual covariances T − v λλᵀ, so that Cov(x) = T whatever w is
(Dijkstra 2017, in Partial Least Squares Path Modeling, 55-80; Schuberth 2023, Psychological Methods 28, 843-859).
Where C has predictors, its residual variance is what they leave of v.

With means E(C) = wᵀν of the indicators' intercepts ν, which are their means: what reaches the matrices is ν − λ E(C) of
the indicators, and what the predictors of C leave of E(C).
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.cells import DIRECTED, INTERCEPT, SYMMETRIC
from sem_toolkit.model.derived_cells import differentiate_variances, pick_values, solve_residual_variances

if TYPE_CHECKING:
    from sem_toolkit.model.moments import RamMatrices
    from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Composite:
    """One composite in one group, with k indicators.

    Its cells are k loadings, k(k + 1)/2 residual (co)variances and the composite's own (residual) variance; with means
    also k intercepts and the composite's own.

    indicators   k positions among the variables; variable: position of the composite itself
    weights      k fixed weights, 0 where free; free: k positions in x, -1 where fixed
    block        k × k covariance matrix of the indicators
    means        k fixed intercepts of the indicators, 0 where free; None without means
    free_means   k positions in x, -1 where fixed
    """

    group: int
    variable: int
    indicators: IntArray
    weights: FloatArray
    free: IntArray
    block: FloatArray
    means: FloatArray | None
    free_means: IntArray

    @property
    def n_inner(self) -> int:
        """How many loadings and residual (co)variances there are; what follows is the composite's own variance."""
        k = len(self.indicators)
        return k + k * (k + 1) // 2

    @property
    def n_derived(self) -> int:
        return self.n_inner + 1 + (0 if self.means is None else len(self.indicators) + 1)

    def weight_values(self, x: FloatArray) -> FloatArray:
        """The weights at x (... × q): ... × k."""
        return pick_values(self.weights, self.free, x)

    def variance(self, x: FloatArray) -> FloatArray:
        """The variance of the composite at x (... × q): (...)."""
        weights = self.weight_values(x)
        return np.asarray(((weights @ self.block) * weights).sum(axis=-1))

    def variance_slope(self, x: FloatArray) -> FloatArray:
        """Derivative of `variance` by x (... × q)."""
        slope, free = np.zeros(x.shape), np.flatnonzero(self.free >= 0)
        slope[..., self.free[free]] = 2.0 * (self.weight_values(x) @ self.block)[..., free]
        return slope

    def mean_values(self, x: FloatArray) -> FloatArray:
        """The indicators' intercepts at x (... × q): ... × k."""
        return pick_values(np.zeros(len(self.indicators)) if self.means is None else self.means, self.free_means, x)

    def mean(self, x: FloatArray) -> FloatArray:
        """The mean of the composite at x (... × q): (...)."""
        return np.asarray((self.weight_values(x) * self.mean_values(x)).sum(axis=-1))

    def mean_slope(self, x: FloatArray) -> FloatArray:
        """Derivative of `mean` by x (... × q)."""
        slope = np.zeros(x.shape)
        weight, mean = np.flatnonzero(self.free >= 0), np.flatnonzero(self.free_means >= 0)
        slope[..., self.free[weight]] = self.mean_values(x)[..., weight]
        slope[..., self.free_means[mean]] = self.weight_values(x)[..., mean]
        return slope

    def in_units(self, scale: FloatArray) -> "Composite":
        """The same composite of variables that are divided by `scale` (t)."""
        own = scale[self.indicators]
        return replace(
            self,
            weights=self.weights / (scale[self.variable] / own),
            block=self.block / (own[:, None] * own),
            means=None if self.means is None else self.means / own,
        )

    def inner_values(self, x: FloatArray) -> FloatArray:
        """Loadings and residual (co)variances, lower triangle column by column, at x (... × q)."""
        along = self.weight_values(x) @ self.block
        loadings = along / self.variance(x)[..., None]
        columns, rows = np.triu_indices(len(self.indicators))
        residual = self.block[rows, columns] - along[..., rows] * loadings[..., columns]
        return np.concatenate([loadings, residual], axis=-1)

    def inner_jacobian(self, x: FloatArray) -> FloatArray:
        """Derivative of `inner_values` by the k weights (... × inner × k)."""
        along, variance = self.weight_values(x) @ self.block, self.variance(x)[..., None]
        loadings = along / variance
        by_loading = self.block / variance[..., None] - 2.0 * loadings[..., :, None] * loadings[..., None, :]
        columns, rows = np.triu_indices(len(self.indicators))
        residual = -(
            self.block[rows] * loadings[..., columns, None]
            + self.block[columns] * loadings[..., rows, None]
            - 2.0 * (loadings[..., rows] * loadings[..., columns])[..., None] * along[..., None, :]
        )
        return np.concatenate([by_loading, residual], axis=-2)


@dataclass(frozen=True, eq=False)
class Composites:
    """All composites of a model. The vector of cells is x (q), then the derived cells composite by composite.

    hidden   q: whether a parameter is no cell of its own: weights, and intercepts of indicators
    """

    members: tuple[Composite, ...]
    hidden: NDArray[np.bool_]

    def in_units(self, scale: FloatArray) -> "Composites":
        """The same composites of variables that are divided by `scale` (t)."""
        return replace(self, members=tuple(member.in_units(scale) for member in self.members))

    @property
    def n_derived(self) -> int:
        return sum(member.n_derived for member in self.members)

    def cells(self, q: int) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
        """Position in the vector of cells, kind, group, row and column of every derived cell."""
        found: list[tuple[int, int, int, int]] = []
        for member in self.members:
            names, variable, group = member.indicators, member.variable, member.group
            columns, rows = np.triu_indices(len(names))
            found += [(DIRECTED, group, int(name), variable) for name in names]
            found += [(SYMMETRIC, group, int(names[i]), int(names[j])) for i, j in zip(rows, columns, strict=True)]
            found.append((SYMMETRIC, group, variable, variable))
            if member.means is not None:
                found += [(INTERCEPT, group, int(name), 0) for name in (*names, variable)]
        table = np.array(found, dtype=np.intp)
        return q + np.arange(len(found)), table[:, 0], table[:, 1], table[:, 2], table[:, 3]

    def values(self, model: "Model", x: FloatArray) -> FloatArray:
        """The derived cells at x (... × q)."""
        return self._solve(model, x, with_slopes=False)[0]

    def jacobian(self, model: "Model", x: FloatArray) -> FloatArray:
        """Derivatives of the derived cells by x (... × q): ... × derived × q."""
        x = np.asarray(x, dtype=np.float64)
        return self._solve(model, x, with_slopes=True)[1]

    def _solve(self, model: "Model", x: FloatArray, with_slopes: bool) -> tuple[FloatArray, FloatArray]:
        values = np.zeros((*x.shape[:-1], self.n_derived))
        slopes = np.zeros((*values.shape, x.shape[-1] if with_slopes else 0))
        places, start = [], 0
        for member in self.members:
            places.append(start)
            values[..., start : start + member.n_inner] = member.inner_values(x)
            if with_slopes:
                free, inner = np.flatnonzero(member.free >= 0), np.arange(start, start + member.n_inner)
                slopes[..., inner[:, None], member.free[free]] = member.inner_jacobian(x)[..., free]
            if member.means is not None:
                _fill_intercepts(member, x, start, values, slopes if with_slopes else None)
            start += member.n_derived
        for group in sorted({member.group for member in self.members}):
            own = [pair for pair in zip(self.members, places, strict=True) if pair[0].group == group]
            _solve_variances(model, x, own, values, slopes if with_slopes else None)
            if model.has_means:
                _solve_means(model, x, own, values, slopes if with_slopes else None)
        return values, slopes


def _solve_variances(
    model: "Model", x: FloatArray, members: list[tuple[Composite, int]], values: FloatArray, slopes: FloatArray | None
) -> None:
    """Residual variances such that each composite of a group has its variance, in place, with their derivatives."""
    group, at = members[0][0].group, np.array([member.variable for member, _ in members])
    places = np.array([start + member.n_inner for member, start in members])
    matrices, B = _fill_group(model, x, values, group)
    variances = np.stack([member.variance(x) for member, _ in members], axis=-1)
    values[..., places], S = solve_residual_variances(B, matrices.symmetric[..., group, :, :], at, variances)
    if slopes is None:
        return
    by_cell = differentiate_variances(model.cells[group], B, S, at, x.shape[-1] + values.shape[-1])
    by_target = np.stack([member.variance_slope(x) for member, _ in members], axis=-2)
    _differentiate_solution(B[..., at[:, None], at] ** 2, by_target, by_cell, places, slopes)


def _solve_means(
    model: "Model", x: FloatArray, members: list[tuple[Composite, int]], values: FloatArray, slopes: FloatArray | None
) -> None:
    """Intercepts α such that each composite of a group has its mean: Σ_c' B_cc' α_c' = E(C_c) − (B m₀)_c."""
    group, at = members[0][0].group, np.array([member.variable for member, _ in members])
    places = np.array([start + member.n_derived - 1 for member, start in members])
    matrices, B = _fill_group(model, x, values, group)
    m = matrices.intercepts[..., group, :].copy()
    m[..., at] = 0.0
    rows = B[..., at, :]
    means = np.stack([member.mean(x) for member, _ in members], axis=-1)
    left = means[..., None] - rows @ m[..., None]
    values[..., places] = m[..., at] = np.linalg.solve(rows[..., at], left)[..., 0]
    if slopes is None:
        return
    mean = (B @ m[..., None])[..., 0]
    cells = model.cells[group]
    by_cell = np.zeros((*rows.shape[:-1], x.shape[-1] + values.shape[-1]))
    a, intercept = cells.directed, cells.intercept
    by_cell[..., cells.position[a]] = rows[..., cells.row[a]] * mean[..., None, cells.column[a]]
    by_cell[..., cells.position[intercept]] = rows[..., cells.row[intercept]]
    by_target = np.stack([member.mean_slope(x) for member, _ in members], axis=-2)
    _differentiate_solution(rows[..., at], by_target, by_cell, places, slopes)


def _fill_group(model: "Model", x: FloatArray, values: FloatArray, group: int) -> "tuple[RamMatrices, FloatArray]":
    """The matrices with the derived cells as far as they are known, and the total effects of one group."""
    from sem_toolkit.model.moments import compute_total_effects, fill_matrices

    matrices = fill_matrices(model, np.concatenate([x, values], axis=-1))
    return matrices, compute_total_effects(matrices.directed[..., group, :, :], model.depth)


def _differentiate_solution(
    mixing: FloatArray, by_target: FloatArray, by_cell: FloatArray, places: IntArray, slopes: FloatArray
) -> None:
    """Derivatives by x of what solves `mixing` (c × c) for targets that the other cells have a part in, in place."""
    q = slopes.shape[-1]
    by_cell[..., q + places] = 0.0
    right = by_target - by_cell[..., :q] - by_cell[..., q:] @ slopes
    slopes[..., places, :] = np.linalg.solve(mixing, right)


def _fill_intercepts(
    member: Composite, x: FloatArray, start: int, values: FloatArray, slopes: FloatArray | None
) -> None:
    """ν − λ E(C) of the indicators, in place, with their derivatives by x; the loadings are there already."""
    own = np.arange(len(member.indicators))
    at = start + member.n_inner + 1 + own
    loadings, mean = values[..., start + own], member.mean(x)[..., None]
    values[..., at] = member.mean_values(x) - loadings * mean
    if slopes is None:
        return
    found = -mean[..., None] * slopes[..., start + own, :] - loadings[..., None] * member.mean_slope(x)[..., None, :]
    free = np.flatnonzero(member.free_means >= 0)
    found[..., free, member.free_means[free]] += 1.0
    slopes[..., at, :] = found
