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

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model.held_variances import differentiate_variances, solve_residual_variances
from sem_toolkit.spec.table import Parameter, ParameterTable

if TYPE_CHECKING:
    from sem_toolkit.model.ram import Locations, Model

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
        return np.where(self.free >= 0, x[self.free], self.weights) if x.size else self.weights

    def variance(self, x: FloatArray) -> float:
        weights = self.weight_values(x)
        return float(weights @ self.block @ weights)

    def mean_values(self, x: FloatArray) -> FloatArray:
        """The indicators' intercepts (k)."""
        means = np.zeros(len(self.indicators)) if self.means is None else self.means
        return np.where(self.free_means >= 0, x[self.free_means], means) if x.size else means

    def mean(self, x: FloatArray) -> float:
        return float(self.weight_values(x) @ self.mean_values(x))

    def mean_slope(self, x: FloatArray) -> FloatArray:
        """Derivative of `mean` by x (q)."""
        slope = np.zeros(len(x))
        weight, mean = np.flatnonzero(self.free >= 0), np.flatnonzero(self.free_means >= 0)
        np.add.at(slope, self.free[weight], self.mean_values(x)[weight])
        np.add.at(slope, self.free_means[mean], self.weight_values(x)[mean])
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
        """Loadings and residual (co)variances, lower triangle column by column."""
        weights = self.weight_values(x)
        along = self.block @ weights
        variance = weights @ along
        columns, rows = np.triu_indices(len(weights))
        return np.concatenate([along / variance, (self.block - np.outer(along, along) / variance)[rows, columns]])

    def inner_jacobian(self, x: FloatArray) -> FloatArray:
        """Derivative of `inner_values` by the k weights."""
        weights = self.weight_values(x)
        along = self.block @ weights
        variance = weights @ along
        loadings = along / variance
        by_loading = self.block / variance - 2.0 * np.outer(loadings, loadings)
        columns, rows = np.triu_indices(len(weights))
        residual = -(
            self.block[rows] * loadings[columns, None]
            + self.block[columns] * loadings[rows, None]
            - 2.0 * (loadings[rows] * loadings[columns])[:, None] * along
        )
        return np.concatenate([by_loading, residual])


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
        from sem_toolkit.model.ram import DIRECTED, INTERCEPT, SYMMETRIC

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
        if x.ndim > 1:
            return np.stack([self.values(model, row) for row in x])
        return self._solve(model, x)[0]

    def jacobian(self, model: "Model", x: FloatArray) -> FloatArray:
        """Derivatives of the derived cells by x: derived × q."""
        x = np.asarray(x, dtype=np.float64)
        if x.ndim > 1:
            return np.stack([self.jacobian(model, row) for row in x])
        return self._solve(model, x)[1][len(x) :]

    def _solve(self, model: "Model", x: FloatArray) -> tuple[FloatArray, FloatArray]:
        q = len(x)
        values, jacobian = np.zeros(self.n_derived), np.zeros((q + self.n_derived, q))
        jacobian[:q] = np.eye(q)
        start, variance_places = 0, []
        for member in self.members:
            inner, slopes = member.inner_values(x), member.inner_jacobian(x)
            free = np.flatnonzero(member.free >= 0)
            values[start : start + len(inner)] = inner
            jacobian[q + start : q + start + len(inner), member.free[free]] = slopes[:, free]
            variance_places.append(start + len(inner))
            if member.means is not None:
                _fill_intercepts(member, x, start, values, jacobian)
            start += member.n_derived
        for group in sorted({member.group for member in self.members}):
            self._solve_variances(model, x, group, values, jacobian, variance_places)
            if model.has_means:
                self._solve_means(model, x, group, values, jacobian, variance_places)
        return values, jacobian

    def _solve_variances(
        self,
        model: "Model",
        x: FloatArray,
        group: int,
        values: FloatArray,
        jacobian: FloatArray,
        places: list[int],
    ) -> None:
        """Residual variances such that each composite has its variance, in place."""
        from sem_toolkit.model.moments import compute_total_effects, fill_matrices

        q = len(x)
        members = [(member, place) for member, place in zip(self.members, places, strict=True) if member.group == group]
        at = np.array([member.variable for member, _ in members])
        target_places = np.array([place for _, place in members])
        matrices = fill_matrices(model, np.concatenate([x, values]))
        B = compute_total_effects(matrices.directed[group], model.depth)
        variances = np.array([member.variance(x) for member, _ in members])
        values[target_places], S = solve_residual_variances(B, matrices.symmetric[group], at, variances)
        by_cell = differentiate_variances(model.cells[group], B, S, at, q + self.n_derived)
        by_cell[:, q + target_places] = 0.0
        by_target = np.zeros((len(at), q))
        for number, (member, _) in enumerate(members):
            free = np.flatnonzero(member.free >= 0)
            by_target[number, member.free[free]] = 2.0 * (member.block @ member.weight_values(x))[free]
        jacobian[q + target_places] = np.linalg.solve(B[np.ix_(at, at)] ** 2, by_target - by_cell @ jacobian)

    def _solve_means(
        self,
        model: "Model",
        x: FloatArray,
        group: int,
        values: FloatArray,
        jacobian: FloatArray,
        places: list[int],
    ) -> None:
        """Intercepts α such that each composite has its mean: Σ_c' B_cc' α_c' = E(C_c) − (B m₀)_c."""
        from sem_toolkit.model.moments import compute_total_effects, fill_matrices

        q = len(x)
        members = [(member, place) for member, place in zip(self.members, places, strict=True) if member.group == group]
        at = np.array([member.variable for member, _ in members])
        target_places = np.array([place + len(member.indicators) + 1 for member, place in members])
        matrices = fill_matrices(model, np.concatenate([x, values]))
        B, m = compute_total_effects(matrices.directed[group], model.depth), matrices.intercepts[group].copy()
        m[at] = 0.0
        mixing = B[np.ix_(at, at)]
        alpha = np.linalg.solve(mixing, np.array([member.mean(x) for member, _ in members]) - B[at] @ m)
        values[target_places] = m[at] = alpha
        mean = B @ m
        cells = model.cells[group]
        by_cell = np.zeros((len(at), q + self.n_derived))
        a, intercept = cells.directed, cells.intercept
        by_cell[:, cells.position[a]] = B[np.ix_(at, cells.row[a])] * mean[cells.column[a]]
        by_cell[:, cells.position[intercept]] = B[np.ix_(at, cells.row[intercept])]
        by_cell[:, q + target_places] = 0.0
        by_target = np.array([member.mean_slope(x) for member, _ in members])
        jacobian[q + target_places] = np.linalg.solve(mixing, by_target - by_cell @ jacobian)


def _fill_intercepts(member: Composite, x: FloatArray, start: int, values: FloatArray, jacobian: FloatArray) -> None:
    """ν − λ E(C) of the indicators, in place, with their derivatives by x; the loadings are there already."""
    q, k = len(x), len(member.indicators)
    at = start + member.n_inner + 1
    loadings, mean = values[start : start + k], member.mean(x)
    values[at : at + k] = member.mean_values(x) - loadings * mean
    slopes = -mean * jacobian[q + start : q + start + k] - np.outer(loadings, member.mean_slope(x))
    free = np.flatnonzero(member.free_means >= 0)
    slopes[free, member.free_means[free]] += 1.0
    jacobian[q + at : q + at + k] = slopes


def build_composites(
    table: ParameterTable, place: dict[str, int], locations: "Locations", parameters: tuple[Parameter, ...]
) -> Composites:
    """Collect weights and indicator covariances; raises ModelError for a composite whose weights are all fixed at 0."""
    position = {row.free: number for number, row in enumerate(parameters)}
    members: dict[tuple[int, str], list[Parameter]] = {}
    for row in table.parameters:
        if row.op == "<~":
            members.setdefault((row.group, row.lhs), []).append(row)
    moments = {
        (row.group, *sorted((row.lhs, row.rhs))): row.ustart or 0.0 for row in table.parameters if row.op == "~~"
    }
    means = {(row.group, row.lhs): row for row in table.parameters if row.op == "~1"}
    found = tuple(
        _build_composite(name, group, rows, moments, means, place, position) for (group, name), rows in members.items()
    )
    hidden = np.array([row.op == "<~" for row in parameters], dtype=np.bool_)
    for member in found:
        hidden[member.free_means[member.free_means >= 0]] = True
    return Composites(found, hidden)


def _build_composite(
    name: str,
    group: int,
    rows: list[Parameter],
    moments: dict[tuple[object, ...], float],
    means: dict[tuple[int, str], Parameter],
    place: dict[str, int],
    position: dict[int, int],
) -> Composite:
    names = [row.rhs for row in rows]
    block = np.array([[moments.get((group, *sorted((one, other))), 0.0) for other in names] for one in names])
    if all(row.free == 0 and not row.ustart for row in rows):
        raise ModelError(
            Diagnostic("error", "empty-composite", f'every weight of the composite "{name}" is fixed at 0')
        )
    own = [means.get((group, indicator)) for indicator in names]
    return Composite(
        group=group - 1,
        variable=place[name],
        indicators=np.array([place[indicator] for indicator in names]),
        weights=np.array([0.0 if row.free or row.ustart is None else row.ustart for row in rows]),
        free=np.array([position[row.free] if row.free else -1 for row in rows]),
        block=block,
        means=np.array([0.0 if row is None or row.free else row.ustart or 0.0 for row in own]) if means else None,
        free_means=np.array([position[row.free] if row is not None and row.free else -1 for row in own]),
    )
