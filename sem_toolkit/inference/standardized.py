"""Standardised estimates and their exact derivatives by the free parameters.

std.lv divides by the standard deviations of latent variables, std.all by those of all variables, std.nox by those of
all but exogenous observed ones. Covariances become correlations of the residuals concerned. Standard deviations are
the model's own (Bollen, 1989, Structural equations with latent variables, 123-126).
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from sem_toolkit.inference.evaluation import Evaluation
from sem_toolkit.model.kernels import pull_back
from sem_toolkit.model.moments import compute_cell_values
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.table import Parameter

Scale = Literal["std.lv", "std.all", "std.nox"]


@dataclass(frozen=True, eq=False)
class Standardization:
    """Everything about standardising the rows of a table at one x.

    The rows are those of `table.parameters` (k of them), then the definitions (d).
    """

    evaluation: Evaluation

    @cached_property
    def rows(self) -> tuple[Parameter, ...]:
        return self.evaluation.model.table.parameters

    @cached_property
    def estimates(self) -> FloatArray:
        """Values of the rows (k): free from x, fixed as they stand; a composite's variance follows from its weights."""
        x = self.evaluation.x
        values = np.array([x[row.free - 1] if row.free else (row.ustart or 0.0) for row in self.rows])
        for k, (value, _) in self._composite_variances.items():
            values[k] = value
        return values

    @cached_property
    def free_by_x(self) -> FloatArray:
        """1 where a row (k) is a parameter (q), else 0."""
        slopes = np.zeros((len(self.rows), len(self.evaluation.x)))
        for k, row in enumerate(self.rows):
            if row.free:
                slopes[k, row.free - 1] = 1.0
        return slopes

    @cached_property
    def estimates_by_x(self) -> FloatArray:
        """Derivatives of the values by x, k × q."""
        slopes = self.free_by_x.copy()
        for k, (_, slope) in self._composite_variances.items():
            slopes[k] = slope
        return slopes

    @cached_property
    def _composite_variances(self) -> dict[int, tuple[float, FloatArray]]:
        """Value and derivative by x (q) of the (residual) variance of each composite, by row."""
        model, x = self.evaluation.model, self.evaluation.x
        if model.composites is None:
            return {}
        values, slopes = compute_cell_values(model, x), model.composites.cell_jacobian(model, x)
        found = {}
        for member in model.composites.members:
            cells, name = model.cells[member.group], model.variables[member.variable]
            at = np.flatnonzero(
                (cells.row == member.variable) & (cells.column == member.variable) & (cells.weight == 0.5)
            )
            place = int(cells.position[at[-1]])
            k = self._variance_rows.get((member.group + 1, name))
            if k is not None and not self.rows[k].free:
                found[k] = float(values[place]), slopes[place]
        return found

    @cached_property
    def variances(self) -> FloatArray:
        """Variances of all variables as implied, G × t."""
        return np.diagonal(self.evaluation.moments.all_covariance, axis1=-2, axis2=-1)

    @cached_property
    def variances_by_x(self) -> FloatArray:
        """Derivatives of these by x, G × t × q.

        V = BSBᵀ gives ∂V_kk/∂A_ij = 2 B_ki V_jk and ∂V_kk/∂S_ij = 2 B_ki B_kj (half of it for i = j).
        """
        model, moments = self.evaluation.model, self.evaluation.moments
        width = max([model.n_parameters, *(int(cells.position.max(initial=-1)) + 1 for cells in model.cells)])
        by_cells = np.zeros((model.n_groups, model.n_variables, width))
        for g, cells in enumerate(model.cells):
            both = np.concatenate([moments.total_effects[g], moments.all_covariance[g]], axis=1)
            by_cells[g][:, cells.position] = 2.0 * cells.weight * both[:, cells.row] * both[:, cells.right]
        return pull_back(model, self.evaluation.x, by_cells)

    def values(self, scale: Scale) -> FloatArray:
        """Standardised values of the rows, then of the definitions (k + d)."""
        inner = self._inner_values(scale)
        return np.concatenate([inner, self.evaluation.model.definitions.values(self._vector(inner))])

    def jacobian(self, scale: Scale) -> FloatArray:
        """Derivatives of these by x, (k + d) × q."""
        inner, slopes = self._inner_values(scale), self._inner_slopes(scale)
        free = [k for k, row in enumerate(self.rows) if row.free]
        order = np.argsort([self.rows[k].free for k in free])
        of_vector = slopes[np.array(free, dtype=np.intp)[order]]
        by_vector = self.evaluation.model.definitions.jacobian(self._vector(inner))
        return np.concatenate([slopes, by_vector @ of_vector])

    def _vector(self, values: FloatArray) -> FloatArray:
        """The values of the free rows in the order of x (q)."""
        vector = np.zeros(len(self.evaluation.x))
        for row, value in zip(self.rows, values, strict=True):
            if row.free:
                vector[row.free - 1] = value
        return vector

    def _inner_values(self, scale: Scale) -> FloatArray:
        """Values of the rows (k): est · Π sd ** power, by the rule of each operator."""
        with np.errstate(divide="ignore", invalid="ignore"):  # by a variance of 0: there is no standardised value
            return np.array([self.estimates[k] * self._factor(row, scale) for k, row in enumerate(self.rows)])

    def _inner_slopes(self, scale: Scale) -> FloatArray:
        """Derivatives of these by x (k × q)."""
        slopes = np.empty((len(self.rows), len(self.evaluation.x)))
        with np.errstate(divide="ignore", invalid="ignore"):
            for k, row in enumerate(self.rows):
                of_logarithm = sum(p * self._log_slope(row, name) for name, p in self._scaled_powers(row, scale))
                slopes[k] = self._factor(row, scale) * (self.estimates_by_x[k] + self.estimates[k] * of_logarithm)
        return slopes

    def _factor(self, row: Parameter, scale: Scale) -> np.float64:
        """What a row is multiplied by."""
        return np.float64(1.0) * math.prod(
            self._spread(row, name) ** power for name, power in self._scaled_powers(row, scale)
        )

    def _scaled_powers(self, row: Parameter, scale: Scale) -> list[tuple[str, int]]:
        return [(name, power) for name, power in _powers(row) if self._is_scaled(name, scale)]

    def _spread(self, row: Parameter, name: str) -> np.float64:
        """The standard deviation that a name stands for in a row.

        In covariances it is that of the residual, taken from its variance without the sign, as in lavaan.
        """
        variance = self._spread_variance(row, name)
        if row.op == "~~" and row.lhs != row.rhs:
            return np.float64(math.sqrt(abs(variance)))
        return np.float64(math.sqrt(variance) if variance > 0 else math.nan)

    def _spread_variance(self, row: Parameter, name: str) -> float:
        if row.op == "~~" and row.lhs != row.rhs:
            k = self._variance_rows.get((row.group, name))
            return math.nan if k is None else float(self.estimates[k])
        return float(self.variances[row.group - 1, self._places[name]])

    def _log_slope(self, row: Parameter, name: str) -> FloatArray:
        """The derivative of the logarithm of this standard deviation by x (q)."""
        variance = self._spread_variance(row, name)
        if row.op == "~~" and row.lhs != row.rhs:
            k = self._variance_rows.get((row.group, name))
            by_x = np.zeros(len(self.evaluation.x)) if k is None else self.estimates_by_x[k]
        else:
            by_x = self.variances_by_x[row.group - 1, self._places[name]]
        return 0.5 * by_x / np.float64(variance)

    def _is_scaled(self, name: str, scale: Scale) -> bool:
        place = self._places.get(name)
        if place is None:
            return False
        if place >= self.evaluation.model.n_observed:
            return True
        return scale == "std.all" or (scale == "std.nox" and place not in self.evaluation.exogenous)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.evaluation.model.variables)}

    @cached_property
    def _variance_rows(self) -> dict[tuple[int, str], int]:
        return {(row.group, row.lhs): k for k, row in enumerate(self.rows) if row.op == "~~" and row.lhs == row.rhs}


def _powers(row: Parameter) -> tuple[tuple[str, int], ...]:
    """Which standard deviations a row is multiplied by (1) or divided by (−1)."""
    if row.op == "=~":
        return (row.lhs, 1), (row.rhs, -1)
    if row.op in ("~", "<~"):
        return (row.rhs, 1), (row.lhs, -1)
    if row.op == "~~":
        return (row.lhs, -1), (row.rhs, -1)
    return ((row.lhs, -1),) if row.op == "~1" else ()


def standardize(evaluation: Evaluation, x: FloatArray | None = None) -> Standardization:
    """The standardisation at the estimate, or at another x."""
    return Standardization(evaluation if x is None else replace(evaluation, x=x))
